//! Values as plain text, for forms that have quotes of their own or none.

use arrow_array::StringArray;
use arrow_array::cast::AsArray;
use arrow_schema::DataType;
use sluicegate_model::{Cell, ChangeBatch, Column};

use super::cell::CellWriter;
use super::rows::Style;
use crate::EncodeError;

/// What became of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plain {
    /// Its text was appended.
    Value,
    /// It is NULL; nothing was appended.
    Null,
    /// Its source did not send it; nothing was appended.
    Missing,
}

enum Form<'a> {
    Text(&'a StringArray),
    Other(CellWriter<'a>),
}

/// Writes the cells of one batch: text as it is, everything else as in JSON, without the quotes.
pub(crate) struct PlainWriter<'a> {
    columns: Vec<(&'a str, &'a Column, Form<'a>)>,
}

impl<'a> PlainWriter<'a> {
    /// Decides how each column is written.
    ///
    /// # Errors
    /// [`EncodeError::Type`] for a column whose type has no form.
    pub(crate) fn new(
        batch: &'a ChangeBatch,
        style: Style,
        format: &'static str,
    ) -> Result<Self, EncodeError> {
        let fields = batch.schema().fields();
        let columns = fields.iter().zip(batch.columns()).map(|(field, column)| {
            let form = match field.data_type() {
                DataType::Utf8 => Form::Text(column.values().as_string()),
                _ => Form::Other(
                    CellWriter::new(field, column.values(), style)
                        .ok_or_else(|| EncodeError::of_type(format, batch, field))?,
                ),
            };
            Ok((field.name().as_str(), column, form))
        });
        Ok(Self { columns: columns.collect::<Result<_, EncodeError>>()? })
    }

    /// Number of columns.
    pub(crate) fn len(&self) -> usize {
        self.columns.len()
    }

    /// The name of a column.
    pub(crate) fn name(&self, column: usize) -> &'a str {
        self.columns[column].0
    }

    /// Appends the text of a cell, where it has a value.
    ///
    /// # Errors
    /// The reason where a value has no form.
    #[inline]
    pub(crate) fn write(&self, column: usize, row: usize, out: &mut Vec<u8>) -> Result<Plain, String> {
        let (name, cells, form) = &self.columns[column];
        match cells.cell(row) {
            Cell::Missing => return Ok(Plain::Missing),
            Cell::Null => return Ok(Plain::Null),
            Cell::Value => {}
        }
        match form {
            Form::Text(array) => out.extend_from_slice(array.value(row).as_bytes()),
            Form::Other(writer) => {
                let start = out.len();
                writer.write(row, out).map_err(|why| format!("column {name:?}: {why}"))?;
                // Dates, times and base64 stand in quotes in JSON and hold nothing that is escaped there.
                if out.len() >= start + 2 && out[start] == b'"' {
                    out.pop();
                    out.remove(start);
                }
            }
        }
        Ok(Plain::Value)
    }
}
