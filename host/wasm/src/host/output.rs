//! `columns.output`: what a guest says that differs from its input.

use std::sync::Arc;

use sluicegate_interface::Draft;
use wasmtime::component::Resource;

use super::Answer;
use crate::bindings::sluicegate::transform::columns::{Alignment, HostOutput};
use crate::handles::{BatchHandle, ColumnHandle, OutputHandle};
use crate::state::State;

/// Bytes that the host holds for a field of an output, beside its name.
const FIELD: u64 = 512;
/// Bytes for a field that is as in the input, in an output that has changed another.
const OTHER_FIELD: u64 = 96;
/// Bytes for the number of a row.
const ROW: u64 = 4;

impl State {
    /// Counts what a change of a field makes the host hold.
    fn charge_field(&mut self, output: &Resource<OutputHandle>, names: &[&str]) -> wasmtime::Result<()> {
        let draft = self.draft(output)?;
        let others = if draft.has_own_fields() { 0 } else { draft.input().columns().len() as u64 };
        // A field that takes the presence of another has a mask of its own, or two.
        let masks = draft.input().len() as u64 / 4;
        let names = names.iter().map(|name| name.len() as u64).sum::<u64>();
        self.charge(names + FIELD + masks + others * OTHER_FIELD)
    }

    fn draft(&mut self, output: &Resource<OutputHandle>) -> wasmtime::Result<&mut Draft> {
        self.handles.get_mut(output)
    }
}

impl HostOutput for State {
    fn new(&mut self, input: Resource<BatchHandle>) -> wasmtime::Result<Resource<OutputHandle>> {
        let input = Arc::clone(self.handles.get(&input)?);
        self.handles.add(Draft::of(input))
    }

    fn set_table(&mut self, output: Resource<OutputHandle>, name: String) -> wasmtime::Result<()> {
        self.draft(&output)?.set_table(&name).map_err(wasmtime::Error::msg)
    }

    fn set_rows(&mut self, output: Resource<OutputHandle>, rows: Vec<u32>) -> wasmtime::Result<()> {
        let most = self.limits().output_rows;
        if rows.len() as u64 > most {
            return Err(wasmtime::format_err!(
                "an output of {} rows is over the limit of {most} (`limits.output_rows`)",
                rows.len()
            ));
        }
        self.charge(rows.len() as u64 * ROW)?;
        self.draft(&output)?.set_rows(rows).map_err(wasmtime::Error::msg)
    }

    fn keep_where(
        &mut self,
        output: Resource<OutputHandle>,
        by: Resource<ColumnHandle>,
        value: u64,
    ) -> Answer<()> {
        let by = self.handles.get(&by)?.column.clone();
        self.charge(by.len() as u64 * ROW)?;
        Ok(self.draft(&output)?.keep_where(&by, value).map_err(Into::into))
    }

    fn split(
        &mut self,
        input: Resource<BatchHandle>,
        by: Resource<ColumnHandle>,
        into: u32,
    ) -> Answer<Vec<Resource<OutputHandle>>> {
        let input = Arc::clone(self.handles.get(&input)?);
        let by = self.handles.get(&by)?.column.clone();
        let most = self.limits().handles as usize;
        if into as usize > most {
            return Err(wasmtime::format_err!(
                "{into} outputs are more than {most} handles (`limits.handles`)"
            ));
        }
        self.charge(2 * by.len() as u64 * ROW + u64::from(into) * FIELD)?;
        match Draft::split(&input, &by, into) {
            Ok(drafts) => {
                let handles = drafts.into_iter().map(|draft| self.handles.add(draft));
                handles.collect::<wasmtime::Result<_>>().map(Ok)
            }
            Err(failure) => Ok(Err(failure.into())),
        }
    }

    fn set_primary_key(
        &mut self,
        output: Resource<OutputHandle>,
        names: Vec<String>,
    ) -> wasmtime::Result<()> {
        self.charge(names.iter().map(|name| name.len() as u64 + OTHER_FIELD).sum())?;
        self.draft(&output)?.set_primary_key(names).map_err(wasmtime::Error::msg)
    }

    fn put(
        &mut self,
        output: Resource<OutputHandle>,
        name: String,
        column: Resource<ColumnHandle>,
        aligned: Alignment,
    ) -> wasmtime::Result<()> {
        let column = self.handles.get(&column)?.clone();
        self.charge_field(&output, &[&name])?;
        self.draft(&output)?.put(&name, column, aligned.into()).map_err(wasmtime::Error::msg)
    }

    fn rename(&mut self, output: Resource<OutputHandle>, name: String, to: String) -> wasmtime::Result<bool> {
        self.charge_field(&output, &[&name, &to])?;
        self.draft(&output)?.rename(&name, &to).map_err(wasmtime::Error::msg)
    }

    fn remove(&mut self, output: Resource<OutputHandle>, name: String) -> wasmtime::Result<bool> {
        self.charge_field(&output, &[])?;
        Ok(self.draft(&output)?.remove(&name))
    }

    fn set_meta(
        &mut self,
        output: Resource<OutputHandle>,
        name: String,
        column: Resource<ColumnHandle>,
        aligned: Alignment,
    ) -> wasmtime::Result<()> {
        let column = self.handles.get(&column)?.column.clone();
        self.draft(&output)?.set_meta(&name, column, aligned.into()).map_err(wasmtime::Error::msg)
    }

    fn drop(&mut self, output: Resource<OutputHandle>) -> wasmtime::Result<()> {
        self.handles.remove(output).map(drop)
    }
}
