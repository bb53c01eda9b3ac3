//! A column that is made in pieces: `columns.column-builder`.

use arrow_array::{Array, ArrayRef, new_empty_array};
use arrow_buffer::BooleanBufferBuilder;
use arrow_schema::DataType;
use sluicegate_model::Column;

use crate::{Cells, Failure, check, write};

/// A column that is being made in pieces.
#[derive(Debug)]
pub struct Building {
    /// A constructor cannot fail: a bad type is said by the first call that can.
    data_type: Result<DataType, String>,
    pieces: Vec<Column>,
}

impl Building {
    /// Begins a column of a type.
    pub fn new(data_type: &str) -> Self {
        Self { data_type: check::data_type(data_type), pieces: Vec::new() }
    }

    /// Checks a piece; [`Self::push`] adds it.
    ///
    /// # Errors
    /// What does not fit.
    pub fn piece(&self, rows: u32, cells: Cells) -> Result<Column, Failure> {
        let data_type = self.data_type.as_ref().map_err(|why| Failure::stop(why.clone()))?;
        write::column(data_type, rows, cells).map_err(Failure::no_column)
    }

    /// Adds a piece that [`Self::piece`] made.
    pub fn push(&mut self, piece: Column) {
        self.pieces.push(piece);
    }

    /// The column.
    ///
    /// # Errors
    /// Where the type is none, or the pieces are more than a column holds.
    pub fn finish(self) -> Result<Column, Failure> {
        self.joined().map_err(Failure::stop)
    }

    fn joined(self) -> Result<Column, String> {
        let data_type = self.data_type?;
        if self.pieces.is_empty() {
            return Ok(Column::new(new_empty_array(&data_type)));
        }
        join(self.pieces)
    }
}

/// One column of pieces of one type. There is at least one.
///
/// # Errors
/// Where they are more than a column holds.
pub fn join(mut pieces: Vec<Column>) -> Result<Column, String> {
    if pieces.len() == 1 {
        return Ok(pieces.remove(0));
    }
    let arrays: Vec<&dyn Array> = pieces.iter().map(|piece| piece.values().as_ref()).collect();
    let values: ArrayRef = arrow_select::concat::concat(&arrays).map_err(|error| error.to_string())?;
    let presence = pieces.iter().any(Column::has_missing).then(|| {
        let mut mask = BooleanBufferBuilder::new(values.len());
        for piece in &pieces {
            match piece.presence() {
                Some(presence) => mask.append_buffer(presence),
                None => mask.append_n(piece.len(), true),
            }
        }
        mask.finish()
    });
    Ok(Column::with_presence(values, presence))
}
