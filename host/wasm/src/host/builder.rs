//! `columns.column-builder`.

use arrow_array::{Array, ArrayRef, new_empty_array};
use arrow_buffer::BooleanBufferBuilder;
use arrow_schema::DataType;
use sluicegate_model::Column;
use wasmtime::component::Resource;

use super::{Answer, reject, stop};
use crate::bindings::sluicegate::transform::columns::{Cells, HostColumnBuilder};
use crate::handles::{BuilderHandle, ColumnHandle};
use crate::layout::{check, size, write};
use crate::state::State;

/// A column that is being made in pieces.
pub struct Building {
    /// A constructor cannot fail: a bad type is said by the first call that can.
    data_type: Result<DataType, String>,
    pieces: Vec<Column>,
}

impl Building {
    fn finish(self) -> Result<Column, String> {
        let data_type = self.data_type?;
        let mut pieces = self.pieces;
        if pieces.len() == 1 {
            return Ok(pieces.remove(0));
        }
        if pieces.is_empty() {
            return Ok(Column::new(new_empty_array(&data_type)));
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
}

impl HostColumnBuilder for State {
    fn new(&mut self, data_type: String) -> wasmtime::Result<Resource<BuilderHandle>> {
        self.handles.add(Building { data_type: check::data_type(&data_type), pieces: Vec::new() })
    }

    fn append(&mut self, builder: Resource<BuilderHandle>, rows: u32, cells: Cells) -> Answer<()> {
        let piece = match &self.handles.get(&builder)?.data_type {
            Ok(data_type) => write::column(data_type, rows, cells),
            Err(why) => return Ok(Err(stop(why.clone()))),
        };
        let piece = match piece {
            Ok(piece) => piece,
            Err(why) => return Ok(Err(reject(format!("the guest made a column that is none: {why}")))),
        };
        // Pieces without rows cost something too.
        self.charge(size::whole(piece.values()) + 64)?;
        self.handles.get_mut(&builder)?.pieces.push(piece);
        Ok(Ok(()))
    }

    fn finish(&mut self, builder: Resource<BuilderHandle>) -> Answer<Resource<ColumnHandle>> {
        match self.handles.take(&builder)?.finish() {
            Ok(column) => self.made(column).map(Ok),
            Err(why) => Ok(Err(stop(why))),
        }
    }

    fn drop(&mut self, builder: Resource<BuilderHandle>) -> wasmtime::Result<()> {
        self.handles.remove(builder).map(drop)
    }
}
