//! `columns.batch`.

use std::sync::Arc;

use sluicegate_interface::{ColumnRef, input, shape};
use sluicegate_model::ChangeBatch;
use wasmtime::component::Resource;

use crate::bindings::sluicegate::transform::columns::{Field, HostBatch};
use crate::handles::{BatchHandle, ColumnHandle};
use crate::state::State;

impl State {
    fn batch(&self, batch: &Resource<BatchHandle>) -> wasmtime::Result<&Arc<ChangeBatch>> {
        self.handles.get(batch)
    }

    fn add_column(&mut self, column: Option<ColumnRef>) -> wasmtime::Result<Option<Resource<ColumnHandle>>> {
        column.map(|column| self.handles.add(column)).transpose()
    }
}

impl HostBatch for State {
    fn table(&mut self, batch: Resource<BatchHandle>) -> wasmtime::Result<String> {
        Ok(self.batch(&batch)?.table().as_str().to_owned())
    }

    fn len(&mut self, batch: Resource<BatchHandle>) -> wasmtime::Result<u32> {
        Ok(self.batch(&batch)?.len() as u32)
    }

    fn fields(&mut self, batch: Resource<BatchHandle>) -> wasmtime::Result<Vec<Field>> {
        let batch = self.batch(&batch)?;
        let of = |field: &arrow_schema::FieldRef| Field {
            name: field.name().clone(),
            data_type: shape::name_of(field.data_type()),
        };
        Ok(batch.schema().fields().iter().map(of).collect())
    }

    fn primary_key(&mut self, batch: Resource<BatchHandle>) -> wasmtime::Result<Vec<String>> {
        Ok(self.batch(&batch)?.primary_key().to_vec())
    }

    fn field_properties(
        &mut self,
        batch: Resource<BatchHandle>,
        place: u32,
    ) -> wasmtime::Result<Vec<(String, String)>> {
        let batch = self.batch(&batch)?;
        let Some(field) = batch.schema().fields().get(place as usize) else {
            return Err(wasmtime::format_err!(
                "the guest asked for the properties of field {place} of a batch of {}",
                batch.columns().len()
            ));
        };
        Ok(input::field_properties(field))
    }

    fn column(
        &mut self,
        batch: Resource<BatchHandle>,
        place: u32,
    ) -> wasmtime::Result<Resource<ColumnHandle>> {
        let batch = self.batch(&batch)?;
        let Some(column) = input::column(batch, place as usize) else {
            return Err(wasmtime::format_err!(
                "the guest asked for field {place} of a batch of {}",
                batch.columns().len()
            ));
        };
        self.handles.add(column)
    }

    fn find(
        &mut self,
        batch: Resource<BatchHandle>,
        name: String,
    ) -> wasmtime::Result<Option<Resource<ColumnHandle>>> {
        let column = input::find(self.batch(&batch)?, &name);
        self.add_column(column)
    }

    fn meta(
        &mut self,
        batch: Resource<BatchHandle>,
        name: String,
    ) -> wasmtime::Result<Option<Resource<ColumnHandle>>> {
        let column = input::meta_column(self.batch(&batch)?, &name);
        self.add_column(column)
    }

    fn drop(&mut self, batch: Resource<BatchHandle>) -> wasmtime::Result<()> {
        self.handles.remove(batch).map(drop)
    }
}
