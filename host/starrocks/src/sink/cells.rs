//! The cells of one column, as they are sent.

use std::collections::HashMap;

use arrow_array::Array;
use arrow_array::cast::AsArray as _;
use arrow_schema::{DataType, Field};
use sluicegate_format::values::{JsonValues, push_text};
use sluicegate_model::field::{JSON, JSON_RAW};
use sluicegate_model::{Cell, Column, States};
use sluicegate_tables::{CellWriter, PlannedValues};

use super::csv::{self, FieldValues};
use super::plan::PlannedColumn;
use crate::client::Format;
use crate::table::ColumnType;

/// How the values of a column are written.
enum Form<'a> {
    /// With a comma, the name in quotes, and a colon before.
    Json(Vec<u8>, JsonValues<'a>),
    /// Where Arrow is sent, keys are as in CSV.
    Csv(FieldValues<'a>),
}

impl<'a> Form<'a> {
    fn new(format: Format, planned: &PlannedColumn, column: &'a Column) -> Option<Self> {
        let field = field_of(planned, column.data_type());
        Some(match format {
            Format::Json => {
                Self::Json(prefix(&planned.name), JsonValues::new(&field, column.values().as_ref())?)
            }
            Format::Csv | Format::Arrow => Self::Csv(FieldValues::new(&field, column)?),
        })
    }
}

/// A comma, a name in quotes, and a colon.
fn prefix(name: &str) -> Vec<u8> {
    let mut prefix = vec![b','];
    push_text(name, &mut prefix);
    prefix.push(b':');
    prefix
}

/// A field by which values are written: text for a JSON column is a document where it can be one.
fn field_of(planned: &PlannedColumn, data_type: &DataType) -> Field {
    let field = Field::new(&planned.name, data_type.clone(), true);
    if planned.column_type == ColumnType::Json && *data_type == DataType::Utf8 {
        return field.with_metadata(HashMap::from([(JSON.to_owned(), JSON_RAW.to_owned())]));
    }
    field
}

/// Writes the cells of a column.
pub struct Cells<'a> {
    form: Form<'a>,
    values: &'a PlannedValues<'a>,
    states: States<'a>,
    planned: &'a PlannedColumn,
    /// Where some value is longer than the column holds, the bytes that it holds, and where each value ends.
    too_long: Option<(usize, &'a [i32])>,
}

impl<'a> Cells<'a> {
    /// Of values for a column; `None` where their type has no form.
    pub fn new(format: Format, planned: &'a PlannedColumn, values: &'a PlannedValues<'a>) -> Option<Self> {
        let column = values.column();
        Some(Self {
            form: Form::new(format, planned, column)?,
            values,
            states: column.states(),
            planned,
            too_long: too_long(planned.column_type, column.values()),
        })
    }

    /// Whether a cell is a value that the column takes, or NULL; `None` where it is missing.
    ///
    /// # Errors
    /// Why the table cannot hold it, in words.
    #[inline]
    pub fn check(&self, row: usize) -> Result<Option<bool>, String> {
        match self.states.cell(row) {
            Cell::Missing => Ok(None),
            Cell::Null => self.check_null(row).map(|()| Some(false)),
            Cell::Value => {
                if let Some((most, ends)) = self.too_long {
                    self.check_length((ends[row + 1] - ends[row]) as usize, most)?;
                }
                Ok(Some(true))
            }
        }
    }

    fn check_null(&self, row: usize) -> Result<(), String> {
        let name = &self.planned.name;
        if let Some(why) = self.values.failure(row) {
            return Err(format!("column {name}: {why}"));
        }
        if self.planned.nullable { Ok(()) } else { Err(format!("column {name}: it may not be NULL, and is")) }
    }

    fn check_length(&self, length: usize, most: usize) -> Result<(), String> {
        if length <= most {
            return Ok(());
        }
        Err(format!("column {}: it has {length} bytes, and the column holds {most}", self.planned.name))
    }

    /// Appends a cell; in JSON, with a comma before where it is not the `first`. Nothing, and `false`, for one that is
    /// missing.
    ///
    /// # Errors
    /// Why the table cannot hold it, in words.
    #[inline]
    pub fn append(&self, row: usize, first: bool, into: &mut Vec<u8>) -> Result<bool, String> {
        let Some(is_value) = self.check(row)? else { return Ok(false) };
        let written = match &self.form {
            Form::Json(prefix, values) => {
                into.extend_from_slice(&prefix[usize::from(first)..]);
                if is_value {
                    values.write(row, into)
                } else {
                    into.extend_from_slice(b"null");
                    Ok(())
                }
            }
            Form::Csv(values) if is_value => values.write(row, into),
            Form::Csv(_) => {
                into.extend_from_slice(csv::NULL);
                Ok(())
            }
        };
        match written {
            Ok(()) => Ok(true),
            Err(why) => Err(format!("column {}: {why}", self.planned.name)),
        }
    }
}

/// The server measures text in bytes.
fn too_long(column_type: ColumnType, array: &dyn Array) -> Option<(usize, &[i32])> {
    let (most, ends): (usize, &[i32]) = match (column_type, array.data_type()) {
        (ColumnType::Text(most), DataType::Utf8) => (most, array.as_string::<i32>().value_offsets()),
        (ColumnType::Bytes(most), DataType::Binary) => (most, array.as_binary::<i32>().value_offsets()),
        _ => return None,
    };
    ends.windows(2).any(|value| (value[1] - value[0]) as usize > most).then_some((most, ends))
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
        self.append(row, true, into)
    }
}
