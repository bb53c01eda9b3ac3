//! `columns.column`.

use arrow_array::Array;
use sluicegate_interface::{Failure, check, nested, read, shape, size, write};
use sluicegate_model::{ByteSize, Column};
use wasmtime::component::Resource;

use super::Answer;
use crate::bindings::sluicegate::transform::columns::{Buffers, Cells, Host, HostColumn};
use crate::handles::ColumnHandle;
use crate::state::State;

/// Most columns that one call of the interface takes: a bound for work that a guest can ask for in one go.
pub(crate) const INPUTS: usize = 4_096;

impl Host for State {}

impl State {
    /// A handle for a column that the guest or a kernel made, counted against the step's bytes.
    pub(crate) fn made(&mut self, column: Column) -> wasmtime::Result<Resource<ColumnHandle>> {
        self.charge(size::whole(column.values()))?;
        self.handles.add(column.into())
    }

    /// The columns of several handles.
    pub(crate) fn columns(&self, handles: &[Resource<ColumnHandle>]) -> wasmtime::Result<Vec<Column>> {
        if handles.len() > INPUTS {
            return Err(wasmtime::format_err!(
                "the guest gave {} columns to one call, {INPUTS} are allowed",
                handles.len()
            ));
        }
        handles.iter().map(|handle| Ok(self.handles.get(handle)?.column.clone())).collect()
    }

    fn column(&self, handle: &Resource<ColumnHandle>) -> wasmtime::Result<&Column> {
        Ok(&self.handles.get(handle)?.column)
    }

    /// Whether the guest's memory could take a run of a column; `each` are bytes beside its cells.
    ///
    /// # Errors
    /// Where it could not: then it is not brought together in the host first.
    fn fits(&self, column: &Column, start: u32, count: u32, each: u64) -> wasmtime::Result<()> {
        let limit = self.limits().memory;
        let bytes = |column: &Column| size::whole(column.values()) + column.len() as u64 * each;
        if bytes(column) <= limit.0 {
            return Ok(());
        }
        let start = (start as usize).min(column.len());
        let run = column.slice(start, (count as usize).min(column.len() - start));
        if bytes(&run) <= limit.0 {
            return Ok(());
        }
        Err(wasmtime::format_err!(
            "the guest reads {} of a column at once, more than its memory can take ({limit}, `limits.memory`)",
            ByteSize(bytes(&run).div_ceil(1 << 20) << 20)
        ))
    }

    /// A column that the guest described, or the failure that says what is wrong with it.
    fn described(&mut self, made: Result<Column, String>) -> Answer<Resource<ColumnHandle>> {
        match made {
            Ok(column) => self.made(column).map(Ok),
            Err(why) => Ok(Err(Failure::no_column(why).into())),
        }
    }
}

impl HostColumn for State {
    fn data_type(&mut self, column: Resource<ColumnHandle>) -> wasmtime::Result<String> {
        Ok(shape::name_of(self.column(&column)?.data_type()))
    }

    fn len(&mut self, column: Resource<ColumnHandle>) -> wasmtime::Result<u32> {
        Ok(self.column(&column)?.len() as u32)
    }

    fn null_count(&mut self, column: Resource<ColumnHandle>) -> wasmtime::Result<u32> {
        Ok(self.column(&column)?.values().logical_null_count() as u32)
    }

    fn size(&mut self, column: Resource<ColumnHandle>) -> wasmtime::Result<u64> {
        Ok(read::size(self.column(&column)?))
    }

    fn read(&mut self, column: Resource<ColumnHandle>, start: u32, count: u32) -> wasmtime::Result<Cells> {
        let column = self.column(&column)?;
        self.fits(column, start, count, 0)?;
        read::cells(column, start, count).map(Into::into).map_err(wasmtime::Error::msg)
    }

    fn read_buffers(
        &mut self,
        column: Resource<ColumnHandle>,
        start: u32,
        count: u32,
    ) -> wasmtime::Result<Buffers> {
        let column = self.column(&column)?;
        self.fits(column, start, count, 0)?;
        read::buffers(column, start, count).map(Into::into).map_err(wasmtime::Error::msg)
    }

    fn read_text(
        &mut self,
        column: Resource<ColumnHandle>,
        start: u32,
        count: u32,
    ) -> Answer<Vec<Option<String>>> {
        let column = self.column(&column)?;
        // A flag, an address and a length a cell.
        self.fits(column, start, count, 12)?;
        Ok(read::texts(column, start, count).map_err(|why| Failure::stop(why).into()))
    }

    fn children(&mut self, column: Resource<ColumnHandle>) -> wasmtime::Result<Vec<Resource<ColumnHandle>>> {
        let children = nested::children(self.column(&column)?);
        children.into_iter().map(|column| self.handles.add(column.into())).collect()
    }

    fn of(&mut self, data_type: String, rows: u32, cells: Cells) -> Answer<Resource<ColumnHandle>> {
        match check::data_type(&data_type) {
            Ok(data_type) => self.described(write::column(&data_type, rows, cells.into())),
            Err(why) => Ok(Err(Failure::stop(why).into())),
        }
    }

    fn of_buffers(
        &mut self,
        data_type: String,
        rows: u32,
        buffers: Buffers,
    ) -> Answer<Resource<ColumnHandle>> {
        match check::data_type(&data_type) {
            Ok(data_type) => self.described(write::column_of_buffers(&data_type, rows, buffers.into())),
            Err(why) => Ok(Err(Failure::stop(why).into())),
        }
    }

    fn of_text(&mut self, cells: Vec<Option<String>>) -> Answer<Resource<ColumnHandle>> {
        self.described(write::column_of_texts(&cells))
    }

    fn of_children(
        &mut self,
        data_type: String,
        rows: u32,
        cells: Cells,
        children: Vec<Resource<ColumnHandle>>,
    ) -> Answer<Resource<ColumnHandle>> {
        let children = self.columns(&children)?;
        match check::data_type(&data_type) {
            Ok(data_type) => self.described(nested::column(&data_type, rows, cells.into(), children)),
            Err(why) => Ok(Err(Failure::stop(why).into())),
        }
    }

    fn drop(&mut self, column: Resource<ColumnHandle>) -> wasmtime::Result<()> {
        self.handles.remove(column).map(drop)
    }
}
