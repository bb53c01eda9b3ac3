//! Values as plain text, for forms that have quotes of their own or none.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_schema::{DataType, Field};
use sluicegate_model::{Cell, ChangeBatch, States};

use super::cell::{CellWriter, NoForm};
use super::rows::Style;
use super::short::Texts;
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

/// Writes the values of one column: text as it is, everything else as in JSON, without the quotes.
pub(crate) enum PlainValues<'a> {
    Text(Texts<'a>),
    Other(CellWriter<'a>),
}

impl<'a> PlainValues<'a> {
    /// The writer of an array; `None` where its type, or one within it, has no form.
    pub(crate) fn new(field: &Field, values: &'a dyn Array, style: Style) -> Option<Self> {
        Some(match field.data_type() {
            DataType::Utf8 => Self::Text(Texts::new(values.as_string())),
            _ => Self::Other(CellWriter::new(field, values, style)?),
        })
    }

    /// Whether a value may have what `finds` looks for in a text: it is asked once, of all that the values are made of.
    pub(crate) fn may_hold(&self, finds: impl Fn(&[u8]) -> bool) -> bool {
        match self {
            Self::Text(texts) => finds(texts.all()),
            Self::Other(writer) => writer.alphabet().is_none_or(finds),
        }
    }

    /// Appends the text of a value, which is neither null nor missing.
    #[inline(always)]
    pub(crate) fn write(&self, row: usize, out: &mut Vec<u8>) -> Result<(), NoForm> {
        match self {
            Self::Text(texts) => texts.append(row, out),
            Self::Other(writer) => writer.write_bare(row, out)?,
        }
        Ok(())
    }
}

/// Writes the cells of one batch.
pub(crate) struct PlainWriter<'a> {
    columns: Vec<(&'a str, States<'a>, PlainValues<'a>)>,
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
            let values = PlainValues::new(field, column.values(), style)
                .ok_or_else(|| EncodeError::of_type(format, batch, field))?;
            Ok((field.name().as_str(), column.states(), values))
        });
        Ok(Self { columns: columns.collect::<Result<_, EncodeError>>()? })
    }

    /// Number of columns.
    pub(crate) fn len(&self) -> usize {
        self.columns.len()
    }

    /// Answers a question about each column.
    pub(crate) fn each_column<T>(&self, answer: impl Fn(&PlainValues<'a>) -> T) -> impl Iterator<Item = T> {
        self.columns.iter().map(move |(_, _, values)| answer(values))
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
        let (name, cells, values) = &self.columns[column];
        match cells.cell(row) {
            Cell::Missing => return Ok(Plain::Missing),
            Cell::Null => return Ok(Plain::Null),
            Cell::Value => {}
        }
        values.write(row, out).map_err(|why| format!("column {name:?}: {why}"))?;
        Ok(Plain::Value)
    }
}
