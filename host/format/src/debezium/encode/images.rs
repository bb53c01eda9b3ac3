//! Rows as images.

use sluicegate_model::{Cell, ChangeBatch, States};

use super::Modes;
use super::column::Column;
use crate::EncodeError;
use crate::write::{KeyedCells, Repeated, member, write_object};

/// Writes the rows of one batch.
pub(super) struct Images<'a> {
    columns: Vec<Placed<'a>>,
}

struct Placed<'a> {
    name: &'a str,
    /// A comma, the name in quotes, a colon.
    key: Repeated,
    states: States<'a>,
    column: Column<'a>,
}

impl<'a> Images<'a> {
    /// Decides how each column is written.
    ///
    /// # Errors
    /// [`EncodeError::Type`] for a column whose type has no form.
    pub(super) fn new(
        batch: &'a ChangeBatch,
        modes: &Modes,
        format: &'static str,
    ) -> Result<Self, EncodeError> {
        let fields = batch.schema().fields().iter().zip(batch.columns());
        let columns = fields.map(|(field, cells)| {
            let column = Column::new(field, cells.values(), modes)
                .ok_or_else(|| EncodeError::of_type(format, batch, field))?;
            Ok(Placed { name: field.name(), key: member(field.name()), states: cells.states(), column })
        });
        Ok(Self { columns: columns.collect::<Result<_, EncodeError>>()? })
    }

    /// The fields of an image in the schema.
    pub(super) fn fields(&self) -> Vec<serde_json::Value> {
        self.columns.iter().map(|placed| placed.column.field(placed.name)).collect()
    }

    /// Appends a row, or null for none.
    ///
    /// # Errors
    /// The reason where a value has no form. What was appended must then be cut off.
    pub(super) fn write(&self, row: Option<usize>, out: &mut Vec<u8>) -> Result<(), String> {
        let Some(row) = row else {
            out.extend_from_slice(b"null");
            return Ok(());
        };
        write_object(self, row, out)
    }
}

impl KeyedCells for Images<'_> {
    fn columns(&self) -> usize {
        self.columns.len()
    }

    fn name(&self, column: usize) -> &str {
        self.columns[column].name
    }

    fn key(&self, column: usize) -> &Repeated {
        &self.columns[column].key
    }

    /// A missing cell is the text that stands for it where the type can hold one; else it is left out.
    fn cell(&self, column: usize, row: usize, out: &mut Vec<u8>) -> Result<bool, String> {
        let Placed { name, states, column, .. } = &self.columns[column];
        match states.cell(row) {
            Cell::Missing => {
                let Some(text) = column.unavailable() else { return Ok(false) };
                out.extend_from_slice(text);
            }
            Cell::Null => out.extend_from_slice(b"null"),
            Cell::Value => column.write(row, out).map_err(|why| format!("column {name:?}: {why}"))?,
        }
        Ok(true)
    }
}
