//! Rows as images.

use sluicegate_model::{Cell, ChangeBatch};

use super::Modes;
use super::column::Column;
use crate::EncodeError;
use crate::write::write_string;

/// Writes the rows of one batch.
pub(super) struct Images<'a> {
    columns: Vec<Placed<'a>>,
}

struct Placed<'a> {
    name: &'a str,
    /// A comma, the name in quotes, a colon.
    key: Vec<u8>,
    cells: &'a sluicegate_model::Column,
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
            let column = Column::new(field, cells.values(), modes).ok_or_else(|| EncodeError::Type {
                format,
                table: batch.table().clone(),
                column: field.name().clone(),
                data_type: field.data_type().to_string(),
            })?;
            let mut key = vec![b','];
            write_string(field.name().as_bytes(), &mut key);
            key.push(b':');
            Ok(Placed { name: field.name(), key, cells, column })
        });
        Ok(Self { columns: columns.collect::<Result<_, EncodeError>>()? })
    }

    /// The fields of an image in the schema.
    pub(super) fn fields(&self) -> Vec<serde_json::Value> {
        self.columns.iter().map(|placed| placed.column.field(placed.name)).collect()
    }

    /// Appends a row, or null for none. A missing cell is the text that stands for it where the type can hold one;
    /// else it is left out.
    ///
    /// # Errors
    /// The reason where a value has no form. What was appended must then be cut off.
    pub(super) fn write(&self, row: Option<usize>, out: &mut Vec<u8>) -> Result<(), String> {
        let Some(row) = row else {
            out.extend_from_slice(b"null");
            return Ok(());
        };
        let start = out.len();
        for Placed { name, key, cells, column } in &self.columns {
            match (cells.cell(row), column.unavailable()) {
                (Cell::Missing, None) => {}
                (Cell::Missing, Some(text)) => {
                    out.extend_from_slice(key);
                    out.extend_from_slice(text);
                }
                (Cell::Null, _) => {
                    out.extend_from_slice(key);
                    out.extend_from_slice(b"null");
                }
                (Cell::Value, _) => {
                    out.extend_from_slice(key);
                    column.write(row, out).map_err(|why| format!("column {name:?}: {why}"))?;
                }
            }
        }
        // The brace takes the place of the first comma.
        match out.get_mut(start) {
            Some(comma) => *comma = b'{',
            None => out.push(b'{'),
        }
        out.push(b'}');
        Ok(())
    }
}
