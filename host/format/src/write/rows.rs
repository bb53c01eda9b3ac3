//! Rows as objects.

use arrow_buffer::BooleanBuffer;
use sluicegate_model::ChangeBatch;

use super::cell::{NoForm, Nullable};
use super::object::{KeyedCells, member, open_brace};
use super::short::Repeated;
use super::{Decimals, Timestamps};
use crate::EncodeError;

/// How values are written that have more than one form.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    pub(crate) decimals: Decimals,
    pub(crate) timestamps: Timestamps,
}

struct Column<'a> {
    /// A comma, the name in quotes, a colon.
    key: Repeated,
    presence: Option<&'a BooleanBuffer>,
    cells: Nullable<'a>,
}

/// Writes the rows of one batch.
pub(crate) struct RowWriter<'a> {
    names: Vec<&'a str>,
    columns: Vec<Column<'a>>,
}

impl<'a> RowWriter<'a> {
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
            let cells = Nullable::new(field, column.values(), style)
                .ok_or_else(|| EncodeError::of_type(format, batch, field))?;
            Ok(Column { key: member(field.name()), presence: column.presence(), cells })
        });
        let columns = columns.collect::<Result<_, _>>()?;
        Ok(Self { names: fields.iter().map(|field| field.name().as_str()).collect(), columns })
    }

    /// Appends a row as an object of its columns, without those that are missing.
    ///
    /// # Errors
    /// The reason where a value has no form. What was appended must then be cut off.
    #[inline]
    pub(crate) fn object(&self, row: usize, out: &mut Vec<u8>) -> Result<(), String> {
        self.open_object(row, out)?;
        out.push(b'}');
        Ok(())
    }

    /// As [`RowWriter::object`], but without its end, so that more can be put into it.
    #[inline]
    pub(crate) fn open_object(&self, row: usize, out: &mut Vec<u8>) -> Result<(), String> {
        let start = out.len();
        for (place, column) in self.columns.iter().enumerate() {
            if column.is_missing(row) {
                continue;
            }
            column.key.append(out);
            column.cells.write(row, out).map_err(|why| self.fault(place, why))?;
        }
        open_brace(start, out);
        Ok(())
    }

    #[cold]
    fn fault(&self, column: usize, why: NoForm) -> String {
        format!("column {:?}: {why}", self.names[column])
    }
}

impl Column<'_> {
    #[inline]
    fn is_missing(&self, row: usize) -> bool {
        self.presence.is_some_and(|presence| !presence.value(row))
    }
}

impl KeyedCells for RowWriter<'_> {
    fn columns(&self) -> usize {
        self.names.len()
    }

    fn name(&self, column: usize) -> &str {
        self.names[column]
    }

    fn key(&self, column: usize) -> &Repeated {
        &self.columns[column].key
    }

    fn cell(&self, column: usize, row: usize, out: &mut Vec<u8>) -> Result<bool, String> {
        let of = &self.columns[column];
        if of.is_missing(row) {
            return Ok(false);
        }
        of.cells.write(row, out).map_err(|why| self.fault(column, why))?;
        Ok(true)
    }
}
