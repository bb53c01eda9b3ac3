//! `columns.output`: what a guest says that differs from its input.

use std::sync::Arc;

use arrow_schema::FieldRef;
use sluicegate_kernels::{partition, rows_where};
use sluicegate_model::{ChangeBatch, Column, TableName, field, meta};
use wasmtime::component::Resource;

use super::kernels::failure_of;
use super::{Answer, stop};
use crate::bindings::sluicegate::transform::columns::{Alignment, HostOutput};
use crate::bindings::sluicegate::transform::types::Failure;
use crate::handles::{BatchHandle, ColumnHandle, ColumnRef, OutputHandle};
use crate::layout::{check, shape};
use crate::state::State;

/// Meta columns that a step may set.
pub(crate) const SETTABLE: [&str; 5] =
    [meta::KIND, meta::KEY, meta::PARTITION, meta::HEADERS, meta::EVENT_TIME];

/// Most fields of a table.
const FIELDS: usize = 10_000;

/// Where the cells of an output's column come from.
#[derive(Clone)]
pub(crate) enum Cells {
    /// The input's field at this place.
    Input(usize),
    /// A column that the guest put there.
    Put(Column, Alignment),
}

/// A field of an output.
#[derive(Clone)]
pub(crate) struct DraftField {
    pub(crate) field: FieldRef,
    pub(crate) cells: Cells,
}

/// An output as far as the guest has described it. What is `None` is as in the input.
pub struct Draft {
    pub(crate) input: Arc<ChangeBatch>,
    pub(crate) table: Option<TableName>,
    pub(crate) rows: Option<Vec<u32>>,
    pub(crate) fields: Option<Vec<DraftField>>,
    pub(crate) primary_key: Option<Vec<String>>,
    /// Whether the guest said the key itself: then every name of it must be a field.
    pub(crate) own_key: bool,
    pub(crate) meta: Vec<(&'static str, Column, Alignment)>,
}

impl Draft {
    fn of(input: Arc<ChangeBatch>) -> Self {
        Self {
            input,
            table: None,
            rows: None,
            fields: None,
            primary_key: None,
            own_key: false,
            meta: Vec::new(),
        }
    }

    /// The fields, to be changed.
    fn fields(&mut self) -> &mut Vec<DraftField> {
        let schema = self.input.schema();
        self.fields.get_or_insert_with(|| {
            let fields = schema.fields().iter().enumerate();
            fields
                .map(|(place, field)| DraftField { field: Arc::clone(field), cells: Cells::Input(place) })
                .collect()
        })
    }

    fn put(&mut self, name: &str, put: ColumnRef, aligned: Alignment) -> Result<(), String> {
        check::name("field", name)?;
        let input = Arc::clone(&self.input);
        if aligned == Alignment::Input && put.column.len() != input.len() {
            return Err(format!(
                "the column put as {name:?} has {} rows and is aligned to the input, which has {}",
                put.column.len(),
                input.len()
            ));
        }
        let fields = self.fields();
        let place = fields.iter().position(|field| field.field.name() == name);
        let replaced = place.map(|place| &fields[place]);
        let mut column = put.column;
        // What the source did not say it has not said of what was made of it either.
        if let (Alignment::Input, false, Some(old)) = (aligned, column.has_missing(), replaced) {
            let presence = match &old.cells {
                Cells::Input(place) => input.columns()[*place].presence(),
                Cells::Put(old, Alignment::Input) => old.presence(),
                Cells::Put(_, Alignment::Output) => None,
            };
            column = column.masked_by(presence);
        }
        let field = field_for(name, &column, put.field.as_ref(), replaced.map(|old| &old.field));
        let new = DraftField { field, cells: Cells::Put(column, aligned) };
        match place {
            Some(place) => fields[place] = new,
            None if fields.len() >= FIELDS => return Err(format!("an output has {FIELDS} fields at most")),
            None => fields.push(new),
        }
        Ok(())
    }

    fn rename(&mut self, name: &str, to: &str) -> Result<bool, String> {
        check::name("field", to)?;
        let known = |fields: &[DraftField], name: &str| fields.iter().position(|f| f.field.name() == name);
        let fields = self.fields();
        let Some(place) = known(fields, name) else { return Ok(false) };
        if name == to {
            return Ok(true);
        }
        if known(fields, to).is_some() {
            return Err(format!(
                "the guest renamed field {name:?} to {to:?}, which there is already: rename or remove that one first"
            ));
        }
        fields[place].field = Arc::new(fields[place].field.as_ref().clone().with_name(to));
        // The key names fields: it follows them.
        let key = self.primary_key.as_deref().unwrap_or(self.input.primary_key());
        if key.iter().any(|part| part == name) {
            let renamed = |part: &String| if part == name { to.to_owned() } else { part.clone() };
            self.primary_key = Some(key.iter().map(renamed).collect());
        }
        Ok(true)
    }

    fn remove(&mut self, name: &str) -> bool {
        let has = match &self.fields {
            Some(fields) => fields.iter().any(|field| field.field.name() == name),
            None => self.input.schema().column_with_name(name).is_some(),
        };
        if has {
            self.fields().retain(|field| field.field.name() != name);
        }
        has
    }

    fn set_meta(&mut self, name: &str, column: Column, aligned: Alignment) -> Result<(), String> {
        let Some(&name) = SETTABLE.iter().find(|known| **known == name) else {
            return Err(format!(
                "the guest set the meta column {name:?}: there are {} to be set",
                SETTABLE.join(", ")
            ));
        };
        let expected = meta::data_type_of(name);
        if expected.as_ref().map(shape::name_of) != Some(shape::name_of(column.data_type())) {
            return Err(format!(
                "the guest set the meta column {name:?} as {}: it is {}",
                shape::name_of(column.data_type()),
                expected.as_ref().map(shape::name_of).unwrap_or_default()
            ));
        }
        if aligned == Alignment::Input && column.len() != self.input.len() {
            return Err(format!(
                "the meta column {name:?} has {} rows and is aligned to the input, which has {}",
                column.len(),
                self.input.len()
            ));
        }
        self.meta.retain(|(known, ..)| *known != name);
        self.meta.push((name, column, aligned));
        Ok(())
    }
}

/// The field of a column that was put. The input's own column keeps its metadata wherever it goes. A new column in
/// an old place keeps the comment, and what the source said of the type where the type is the same; never how JSON
/// is to be written, which the new cells need not fit.
fn field_for(name: &str, column: &Column, own: Option<&FieldRef>, replaced: Option<&FieldRef>) -> FieldRef {
    let data_type = column.data_type();
    if let Some(own) = own.filter(|own| own.data_type() == data_type) {
        return if own.name() == name {
            Arc::clone(own)
        } else {
            Arc::new(own.as_ref().clone().with_name(name))
        };
    }
    let mut field = arrow_schema::Field::new(name, data_type.clone(), true);
    if let Some(old) = replaced {
        let kept =
            |key: &str| key == field::COMMENT || (key == field::SOURCE_TYPE && old.data_type() == data_type);
        let metadata = old.metadata().iter().filter(|(key, _)| kept(key));
        field.set_metadata(metadata.map(|(key, value)| (key.clone(), value.clone())).collect());
    }
    Arc::new(field)
}

/// By what an output's rows are picked: a cell a row of the input.
fn aligned(by: &Column, input: &ChangeBatch) -> Result<(), Failure> {
    if by.len() == input.len() {
        return Ok(());
    }
    Err(stop(format!("the column to pick rows by has {} rows, the input has {}", by.len(), input.len())))
}

impl State {
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
        check::name("table", &name).map_err(wasmtime::Error::msg)?;
        self.draft(&output)?.table = Some(TableName::new(name));
        Ok(())
    }

    fn set_rows(&mut self, output: Resource<OutputHandle>, rows: Vec<u32>) -> wasmtime::Result<()> {
        let most = self.limits().output_rows;
        if rows.len() as u64 > most {
            return Err(wasmtime::format_err!(
                "an output of {} rows is over the limit of {most} (`limits.output_rows`)",
                rows.len()
            ));
        }
        let draft = self.draft(&output)?;
        let input = draft.input.len();
        if let Some(row) = rows.iter().find(|row| **row as usize >= input) {
            return Err(wasmtime::format_err!("the guest set row {row} of a batch of {input} rows"));
        }
        draft.rows = Some(rows);
        Ok(())
    }

    fn keep_where(
        &mut self,
        output: Resource<OutputHandle>,
        by: Resource<ColumnHandle>,
        value: u64,
    ) -> Answer<()> {
        let by = self.handles.get(&by)?.column.clone();
        let draft = self.draft(&output)?;
        let rows = aligned(&by, &draft.input)
            .and_then(|()| rows_where(&by, value).map_err(|error| failure_of(&error, None)));
        Ok(rows.map(|rows| draft.rows = Some(rows)))
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
        let parts = match aligned(&by, &input)
            .and_then(|()| partition(&by, into).map_err(|error| failure_of(&error, None)))
        {
            Ok(parts) => parts,
            Err(failure) => return Ok(Err(failure)),
        };
        let add = |rows| self.handles.add(Draft { rows: Some(rows), ..Draft::of(Arc::clone(&input)) });
        parts.into_iter().map(add).collect::<wasmtime::Result<_>>().map(Ok)
    }

    fn set_primary_key(
        &mut self,
        output: Resource<OutputHandle>,
        names: Vec<String>,
    ) -> wasmtime::Result<()> {
        for (place, name) in names.iter().enumerate() {
            check::name("key field", name).map_err(wasmtime::Error::msg)?;
            if names[..place].contains(name) {
                return Err(wasmtime::format_err!("the guest named field {name:?} twice in a primary key"));
            }
        }
        let draft = self.draft(&output)?;
        draft.primary_key = Some(names);
        draft.own_key = true;
        Ok(())
    }

    fn put(
        &mut self,
        output: Resource<OutputHandle>,
        name: String,
        column: Resource<ColumnHandle>,
        aligned: Alignment,
    ) -> wasmtime::Result<()> {
        let column = self.handles.get(&column)?.clone();
        self.draft(&output)?.put(&name, column, aligned).map_err(wasmtime::Error::msg)
    }

    fn rename(&mut self, output: Resource<OutputHandle>, name: String, to: String) -> wasmtime::Result<bool> {
        self.draft(&output)?.rename(&name, &to).map_err(wasmtime::Error::msg)
    }

    fn remove(&mut self, output: Resource<OutputHandle>, name: String) -> wasmtime::Result<bool> {
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
        self.draft(&output)?.set_meta(&name, column, aligned).map_err(wasmtime::Error::msg)
    }

    fn drop(&mut self, output: Resource<OutputHandle>) -> wasmtime::Result<()> {
        self.handles.remove(output).map(drop)
    }
}
