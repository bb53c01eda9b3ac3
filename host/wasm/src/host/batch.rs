//! `columns.batch`.

use std::sync::Arc;

use arrow_array::{ArrayRef, UInt8Array};
use sluicegate_model::{ChangeBatch, field, meta};
use wasmtime::component::Resource;

use crate::bindings::sluicegate::transform::columns::{Field, HostBatch};
use crate::handles::{BatchHandle, ColumnHandle, ColumnRef};
use crate::layout::shape;
use crate::state::State;

/// Properties that a field's metadata may carry for guests, by the same names.
const FIELD_PROPERTIES: [&str; 3] = [field::SOURCE_TYPE, field::JSON, field::COMMENT];

impl State {
    fn batch(&self, batch: &Resource<BatchHandle>) -> wasmtime::Result<&Arc<ChangeBatch>> {
        self.handles.get(batch)
    }

    fn field_column(
        &mut self,
        batch: &Resource<BatchHandle>,
        place: usize,
    ) -> wasmtime::Result<Resource<ColumnHandle>> {
        let batch = self.batch(batch)?;
        let Some(column) = batch.columns().get(place) else {
            return Err(wasmtime::format_err!(
                "the guest asked for field {place} of a batch of {}",
                batch.columns().len()
            ));
        };
        let of =
            ColumnRef { column: column.clone(), field: Some(Arc::clone(&batch.schema().fields()[place])) };
        self.handles.add(of)
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
        let mut properties = vec![("nullable".to_owned(), field.is_nullable().to_string())];
        for name in FIELD_PROPERTIES {
            if let Some(value) = field.metadata().get(name) {
                properties.push((name.to_owned(), value.clone()));
            }
        }
        Ok(properties)
    }

    fn column(
        &mut self,
        batch: Resource<BatchHandle>,
        place: u32,
    ) -> wasmtime::Result<Resource<ColumnHandle>> {
        self.field_column(&batch, place as usize)
    }

    fn find(
        &mut self,
        batch: Resource<BatchHandle>,
        name: String,
    ) -> wasmtime::Result<Option<Resource<ColumnHandle>>> {
        match self.batch(&batch)?.schema().column_with_name(&name) {
            Some((place, _)) => self.field_column(&batch, place).map(Some),
            None => Ok(None),
        }
    }

    fn meta(
        &mut self,
        batch: Resource<BatchHandle>,
        name: String,
    ) -> wasmtime::Result<Option<Resource<ColumnHandle>>> {
        let batch = self.batch(&batch)?;
        let column: Option<ArrayRef> = if name == meta::KIND {
            Some(Arc::new(UInt8Array::new(batch.kinds().clone(), None)))
        } else {
            batch.meta().get(&name).cloned()
        };
        column.map(|column| self.handles.add(ColumnRef { column: column.into(), field: None })).transpose()
    }

    fn drop(&mut self, batch: Resource<BatchHandle>) -> wasmtime::Result<()> {
        self.handles.remove(batch).map(drop)
    }
}
