//! One call of a function: its inputs and options, and the errors about them.

use std::ops::RangeInclusive;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, BooleanArray, StringArray};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use arrow_schema::DataType;
use sluicegate_model::Column;

use crate::options::Given;
use crate::{Checked, KernelError, Options};

/// What a function is given. `inputs` has at least one column, and all are of one length.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    pub function: &'static str,
    pub inputs: &'a [&'a Column],
    pub options: Options<'a>,
}

/// A column, or one value for all rows.
pub(super) struct Operand {
    column: Column,
    constant: bool,
}

impl Operand {
    /// A column with a cell for each row.
    pub fn rows(column: Column) -> Self {
        Self { column, constant: false }
    }

    /// The column; of a constant it has one row.
    pub fn column(&self) -> &Column {
        &self.column
    }

    pub fn is_constant(&self) -> bool {
        self.constant
    }

    /// The row of [`Self::column`] that stands for a row of the call.
    pub fn row(&self, row: usize) -> usize {
        if self.constant { 0 } else { row }
    }

    /// Nulls over the rows of the call.
    pub fn nulls(&self) -> Option<&NullBuffer> {
        if self.constant { None } else { self.column.values().nulls() }
    }

    /// Presence over the rows of the call.
    pub fn presence(&self) -> Option<&BooleanBuffer> {
        self.column.presence()
    }
}

impl<'a> Call<'a> {
    /// Rows of each input.
    pub fn rows(&self) -> usize {
        self.inputs[0].len()
    }

    /// The options, which must be among `known`.
    pub fn given(&self, known: &[&str]) -> Result<Given<'a>, KernelError> {
        Given::new(self.function, self.options, known)
    }

    /// That the function takes no options.
    pub fn no_options(&self) -> Result<(), KernelError> {
        self.given(&[]).map(|_| ())
    }

    /// That there are as many inputs as the function takes.
    pub fn counted(&self, counts: RangeInclusive<usize>, expected: &str) -> Result<(), KernelError> {
        if counts.contains(&self.inputs.len()) { Ok(()) } else { Err(self.count_error(expected)) }
    }

    /// The one input of a function that takes one.
    pub fn only(&self) -> Result<&'a Column, KernelError> {
        self.counted(1..=1, "one column")?;
        Ok(self.inputs[0])
    }

    /// The first input, and the second or the constant of option `value`, which is text of the first's type.
    pub fn pair(&self, given: &Given<'_>) -> Result<(&'a Column, Operand), KernelError> {
        let expected = "two columns, or one and option value";
        self.counted(1..=2, expected)?;
        let operand = self.operand_after(1, given)?;
        Ok((self.inputs[0], operand.ok_or_else(|| self.count_error(expected))?))
    }

    /// The input after the first `before`, or the constant of option `value`; both are refused.
    pub fn operand_after(&self, before: usize, given: &Given<'_>) -> Result<Option<Operand>, KernelError> {
        match (self.inputs.get(before), given.text("value")) {
            (None, None) => Ok(None),
            (Some(&column), None) => Ok(Some(Operand::rows(column.clone()))),
            (None, Some(value)) => {
                let like = self.inputs[before - 1].data_type();
                Ok(Some(Operand { column: constant("value", value, like)?, constant: true }))
            }
            (Some(_), Some(value)) => {
                let why = "it stands for a column that is left out, and none is";
                Err(KernelError::bad_option("value", value, why))
            }
        }
    }

    /// An input that must be text.
    pub fn text(&self, input: usize) -> Result<&'a StringArray, KernelError> {
        let column = self.inputs[input];
        column.values().as_string_opt().ok_or_else(|| self.wrong_type(input, "utf8"))
    }

    /// An input that must be boolean.
    pub fn boolean(&self, input: usize) -> Result<&'a BooleanArray, KernelError> {
        let column = self.inputs[input];
        column.values().as_boolean_opt().ok_or_else(|| self.wrong_type(input, "boolean"))
    }

    /// That two inputs are of one type.
    pub fn same_type(&self, input: usize, found: &DataType, first: &DataType) -> Result<(), KernelError> {
        if found == first {
            return Ok(());
        }
        Err(KernelError::WrongType {
            function: self.function.to_owned(),
            input,
            expected: format!("what the others are, {},", crate::error::type_name(first)),
            found: found.clone(),
        })
    }

    /// The error for an input of another type than the function takes.
    pub fn wrong_type(&self, input: usize, expected: &str) -> KernelError {
        KernelError::WrongType {
            function: self.function.to_owned(),
            input,
            expected: expected.to_owned(),
            found: self.inputs[input].data_type().clone(),
        }
    }

    fn count_error(&self, expected: &str) -> KernelError {
        KernelError::InputCount {
            function: self.function.to_owned(),
            expected: expected.to_owned(),
            found: self.inputs.len(),
        }
    }

    /// The answers to a question: NULL where the answer is `None`, never missing.
    pub fn answers(&self, answer: impl Fn(usize) -> Option<bool>) -> Checked {
        let answers: BooleanArray = (0..self.rows()).map(answer).collect();
        Checked::whole(Column::new(Arc::new(answers)))
    }

    /// The presence of a value that is computed from all inputs: missing where any of them is.
    pub fn presence(&self) -> Option<BooleanBuffer> {
        let masks = self.inputs.iter().filter_map(|input| input.presence().cloned());
        masks.reduce(|all, mask| &all & &mask)
    }

    /// The nulls of a value that is computed from all inputs: null where any of them is.
    pub fn nulls(&self) -> Option<NullBuffer> {
        NullBuffer::union_many(self.inputs.iter().map(|input| input.values().nulls()))
    }
}

/// A value from an option as a column of one row.
pub(super) fn constant(option: &str, value: &str, like: &DataType) -> Result<Column, KernelError> {
    let text = Column::new(Arc::new(StringArray::from(vec![value])));
    let Checked { column, failed } = crate::cast(&text, like, &[])?;
    match failed.into_iter().next() {
        None => Ok(column),
        Some(failed) => Err(KernelError::bad_option(option, value, failed.reason)),
    }
}
