//! `columns.column-builder`.

use sluicegate_interface::{Building, size};
use wasmtime::component::Resource;

use super::Answer;
use crate::bindings::sluicegate::transform::columns::{Cells, HostColumnBuilder};
use crate::handles::{BuilderHandle, ColumnHandle};
use crate::state::State;

/// Bytes that the host holds for a piece beside its cells.
const PIECE: u64 = 512;

impl HostColumnBuilder for State {
    fn new(&mut self, data_type: String) -> wasmtime::Result<Resource<BuilderHandle>> {
        self.handles.add(Building::new(&data_type))
    }

    fn append(&mut self, builder: Resource<BuilderHandle>, rows: u32, cells: Cells) -> Answer<()> {
        let piece = match self.handles.get(&builder)?.piece(rows, cells.into()) {
            Ok(piece) => piece,
            Err(failure) => return Ok(Err(failure.into())),
        };
        // Pieces without rows cost something too.
        self.charge(size::whole(piece.values()) + PIECE)?;
        self.handles.get_mut(&builder)?.push(piece);
        Ok(Ok(()))
    }

    fn finish(&mut self, builder: Resource<BuilderHandle>) -> Answer<Resource<ColumnHandle>> {
        match self.handles.take(&builder)?.finish() {
            Ok(column) => self.made(column).map(Ok),
            Err(failure) => Ok(Err(failure.into())),
        }
    }

    fn drop(&mut self, builder: Resource<BuilderHandle>) -> wasmtime::Result<()> {
        self.handles.remove(builder).map(drop)
    }
}
