//! Rows as objects.

use arrow_array::Array;
use arrow_buffer::{BooleanBuffer, NullBuffer};
use sluicegate_model::ChangeBatch;

use super::cell::CellWriter;
use super::text::write_string;
use super::{Decimals, Timestamps};
use crate::EncodeError;

/// How values are written that have more than one form.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    pub(crate) decimals: Decimals,
    pub(crate) timestamps: Timestamps,
}

pub(super) struct Column<'a> {
    /// A comma, the name in quotes, a colon.
    pub(super) key: Vec<u8>,
    pub(super) nulls: Option<&'a NullBuffer>,
    pub(super) presence: Option<&'a BooleanBuffer>,
    pub(super) cells: CellWriter<'a>,
}

/// Writes the rows of one batch.
pub(crate) struct RowWriter<'a> {
    pub(super) names: Vec<&'a str>,
    pub(super) columns: Vec<Column<'a>>,
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
            let cells = CellWriter::new(field, column.values(), style).ok_or_else(|| EncodeError::Type {
                format,
                table: batch.table().clone(),
                column: field.name().clone(),
                data_type: field.data_type().to_string(),
            })?;
            let mut key = vec![b','];
            write_string(field.name().as_bytes(), &mut key);
            key.push(b':');
            Ok(Column { key, nulls: column.values().nulls(), presence: column.presence(), cells })
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
            if column.presence.is_some_and(|presence| !presence.value(row)) {
                continue;
            }
            out.extend_from_slice(&column.key);
            if column.nulls.is_some_and(|nulls| nulls.is_null(row)) {
                out.extend_from_slice(b"null");
            } else if let Err(why) = column.cells.write(row, out) {
                return Err(format!("column {:?}: {why}", self.names[place]));
            }
        }
        // The brace takes the place of the first comma.
        match out.get_mut(start) {
            Some(comma) => *comma = b'{',
            None => out.push(b'{'),
        }
        Ok(())
    }
}
