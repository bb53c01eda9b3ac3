//! The cells of one column, as they are sent.

#![expect(clippy::inline_always, reason = "a call a cell costs as much as the digits of a number: measured")]

use std::collections::HashMap;

use arrow_array::Array;
use arrow_array::cast::AsArray as _;
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, Field};
use sluicegate_format::values::{JsonValues, Repeated, push_text};
use sluicegate_model::field::{JSON, JSON_RAW};
use sluicegate_model::{Cell, Column, States};
use sluicegate_tables::{CellWriter, PlannedValues};

use super::csv::{self, FieldValues};
use super::plan::PlannedColumn;
use crate::client::Format;
use crate::table::ColumnType;

/// How the values of a column are written.
enum Form<'a> {
    /// With the name in quotes and a colon before: after a comma, and, where the cell is the first, without one.
    Json([Repeated; 2], JsonValues<'a>),
    /// Where Arrow is sent, keys are as in CSV.
    Csv(FieldValues<'a>),
}

impl<'a> Form<'a> {
    fn new(format: Format, planned: &PlannedColumn, column: &'a Column) -> Option<Self> {
        let field = field_of(planned, column.data_type());
        Some(match format {
            Format::Json => {
                Self::Json(members(&planned.name), JsonValues::new(&field, column.values().as_ref())?)
            }
            Format::Csv | Format::Arrow => Self::Csv(FieldValues::new(&field, column)?),
        })
    }

    /// Appends a value.
    #[inline(always)]
    fn value(&self, row: usize, first: bool, into: &mut Vec<u8>) -> Result<(), &'static str> {
        match self {
            Self::Json(members, values) => {
                members[usize::from(first)].append(into);
                values.write(row, into)
            }
            Self::Csv(values) => values.write(row, into),
        }
    }

    /// Appends a NULL.
    fn null(&self, first: bool, into: &mut Vec<u8>) {
        match self {
            Self::Json(members, _) => {
                members[usize::from(first)].append(into);
                into.extend_from_slice(b"null");
            }
            Self::Csv(_) => into.extend_from_slice(csv::NULL),
        }
    }
}

/// A name in quotes and a colon, after a comma and without.
fn members(name: &str) -> [Repeated; 2] {
    let mut member = vec![b','];
    push_text(name, &mut member);
    member.push(b':');
    [Repeated::new(&member), Repeated::new(&member[1..])]
}

/// A field by which values are written: text for a JSON column is a document where it can be one.
fn field_of(planned: &PlannedColumn, data_type: &DataType) -> Field {
    let field = Field::new(&planned.name, data_type.clone(), true);
    if planned.column_type == ColumnType::Json && *data_type == DataType::Utf8 {
        return field.with_metadata(HashMap::from([(JSON.to_owned(), JSON_RAW.to_owned())]));
    }
    field
}

/// What a cell is to its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fits {
    /// A value that it takes.
    Value,
    /// A NULL that it takes.
    Null,
    /// The row does not have it.
    Missing,
    /// The column cannot hold it.
    Not,
}

/// A cell was not written: the column cannot hold it, or it has no form. [`Cells::why`] tells.
#[derive(Clone, Copy, Debug)]
pub struct Refused;

/// What is known of all cells of a column.
#[derive(Clone, Copy)]
enum Known<'a> {
    /// They are values that it takes.
    Values,
    /// They are these NULLs, and values, and it takes both.
    Nulls(&'a NullBuffer),
    /// Each has to be looked at.
    Nothing,
}

/// Writes the cells of a column.
pub struct Cells<'a> {
    form: Form<'a>,
    values: &'a PlannedValues<'a>,
    states: States<'a>,
    planned: &'a PlannedColumn,
    /// Where some value is longer than the column holds, the bytes that it holds, and where each value ends.
    too_long: Option<(usize, &'a [i32])>,
    known: Known<'a>,
}

impl<'a> Cells<'a> {
    /// Of values for a column; `None` where their type has no form.
    pub fn new(format: Format, planned: &'a PlannedColumn, values: &'a PlannedValues<'a>) -> Option<Self> {
        let column = values.column();
        let too_long = too_long(planned.column_type, column.values());
        let known = if too_long.is_some() || column.has_missing() {
            Known::Nothing
        } else if column.values().logical_null_count() == 0 {
            Known::Values
        } else {
            let nulls = column.values().nulls().filter(|_| planned.nullable && !values.has_failed());
            nulls.map_or(Known::Nothing, Known::Nulls)
        };
        Some(Self {
            form: Form::new(format, planned, column)?,
            values,
            states: column.states(),
            planned,
            too_long,
            known,
        })
    }

    /// What a cell is to the column.
    #[inline(always)]
    pub fn fits(&self, row: usize) -> Fits {
        match self.known {
            Known::Nulls(nulls) if nulls.is_null(row) => Fits::Null,
            Known::Values | Known::Nulls(_) => Fits::Value,
            Known::Nothing => self.look(row),
        }
    }

    fn look(&self, row: usize) -> Fits {
        match self.states.cell(row) {
            Cell::Missing => Fits::Missing,
            Cell::Null if self.planned.nullable && self.values.failure(row).is_none() => Fits::Null,
            Cell::Value if self.excess(row).is_none() => Fits::Value,
            Cell::Null | Cell::Value => Fits::Not,
        }
    }

    /// The bytes of a value that is longer than the column holds, and what it holds.
    fn excess(&self, row: usize) -> Option<(usize, usize)> {
        let (most, ends) = self.too_long?;
        let length = (ends[row + 1] - ends[row]) as usize;
        (length > most).then_some((length, most))
    }

    /// Appends a cell; in JSON, with a comma before where it is not the `first`. Nothing, and `false`, for one that is
    /// missing.
    ///
    /// # Errors
    /// Where the table cannot hold it.
    #[inline(always)]
    pub fn append(&self, row: usize, first: bool, into: &mut Vec<u8>) -> Result<bool, Refused> {
        match self.fits(row) {
            Fits::Value => self.form.value(row, first, into).map_err(|_| Refused)?,
            Fits::Null => self.form.null(first, into),
            Fits::Missing => return Ok(false),
            Fits::Not => return Err(Refused),
        }
        Ok(true)
    }

    /// The same where it is rare: not written into its caller once more.
    ///
    /// # Errors
    /// Why the table cannot hold it, in words.
    #[inline(never)]
    pub fn append_apart(&self, row: usize, first: bool, into: &mut Vec<u8>) -> Result<bool, String> {
        self.append(row, first, into).map_err(|Refused| self.why(row))
    }

    /// Why a cell is [`Refused`], in words.
    #[cold]
    pub fn why(&self, row: usize) -> String {
        let name = &self.planned.name;
        if self.states.cell(row) == Cell::Null {
            let why = self.values.failure(row).unwrap_or("it may not be NULL, and is");
            return format!("column {name}: {why}");
        }
        if let Some((length, most)) = self.excess(row) {
            return format!("column {name}: it has {length} bytes, and the column holds {most}");
        }
        let why = self.form.value(row, true, &mut Vec::new()).err();
        format!("column {name}: {}", why.unwrap_or("the value has no form"))
    }
}

/// The server measures text in bytes.
fn too_long(column_type: ColumnType, array: &dyn Array) -> Option<(usize, &[i32])> {
    let (most, ends): (usize, &[i32]) = match (column_type, array.data_type()) {
        (ColumnType::Text(most), DataType::Utf8) => (most, array.as_string::<i32>().value_offsets()),
        (ColumnType::Bytes(most), DataType::Binary) => (most, array.as_binary::<i32>().value_offsets()),
        _ => return None,
    };
    // Without a way out in the middle, so that it is done many values at a time.
    let longest = ends[1..].iter().zip(ends).fold(0, |longest, (end, start)| longest.max(end - start));
    (longest as usize > most).then_some((most, ends))
}

impl CellWriter for Cells<'_> {
    fn name(&self) -> &str {
        &self.planned.name
    }

    fn separator(&self) -> u8 {
        match self.form {
            Form::Json(..) => b',',
            Form::Csv(_) => Format::BETWEEN_FIELDS,
        }
    }

    fn cell(&self, row: usize) -> Cell {
        self.states.cell(row)
    }

    fn write(&self, row: usize, into: &mut Vec<u8>) -> Result<bool, String> {
        self.append_apart(row, true, into)
    }
}
