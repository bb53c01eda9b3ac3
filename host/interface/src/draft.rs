//! An output as far as a guest has described it: `columns.output`, what differs from the input.

use std::collections::HashSet;
use std::sync::Arc;

use arrow_schema::FieldRef;
use sluicegate_kernels::{KernelError, partition, rows_where};
use sluicegate_model::{ChangeBatch, Column, TableName, field, meta};

use crate::{Alignment, ColumnRef, Failure, check, shape};

/// Meta columns that a step may set.
pub const SETTABLE: [&str; 5] = [meta::KIND, meta::KEY, meta::PARTITION, meta::HEADERS, meta::EVENT_TIME];

/// Most fields of a table.
const FIELDS: usize = 10_000;

/// Where the cells of an output's column come from.
#[derive(Clone, Debug)]
pub(crate) enum Cells {
    /// The input's field at this place.
    Input(usize),
    /// A column that the guest put there.
    Put(Column, Alignment),
}

/// A field of an output.
#[derive(Clone, Debug)]
pub(crate) struct DraftField {
    pub(crate) field: FieldRef,
    pub(crate) cells: Cells,
}

/// An output as far as the guest has described it. What is `None` is as in the input.
#[derive(Clone, Debug)]
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
    /// All rows of the input, as they are.
    pub fn of(input: Arc<ChangeBatch>) -> Self {
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

    /// An output for each number `0 .. into`, each with the rows whose cell in `by` is that number.
    ///
    /// # Errors
    /// Where `by` is no boolean or integer column with a cell a row.
    pub fn split(input: &Arc<ChangeBatch>, by: &Column, into: u32) -> Result<Vec<Self>, Failure> {
        let parts = picked(by, input, |by| partition(by, into))?;
        Ok(parts.into_iter().map(|rows| Self { rows: Some(rows), ..Self::of(Arc::clone(input)) }).collect())
    }

    /// The batch that it is made from.
    pub fn input(&self) -> &Arc<ChangeBatch> {
        &self.input
    }

    /// Names the table that the rows go to.
    ///
    /// # Errors
    /// Where the name is none.
    pub fn set_table(&mut self, name: &str) -> Result<(), String> {
        check::name("table", name)?;
        self.table = Some(TableName::new(name));
        Ok(())
    }

    /// The input's rows that go out, in this order; repeats are allowed.
    ///
    /// # Errors
    /// For a row that the input does not have.
    pub fn set_rows(&mut self, rows: Vec<u32>) -> Result<(), String> {
        let input = self.input.len();
        if let Some(row) = rows.iter().find(|row| **row as usize >= input) {
            return Err(format!("the guest set row {row} of a batch of {input} rows"));
        }
        self.rows = Some(rows);
        Ok(())
    }

    /// The input's rows whose cell in `by` is `value` go out, in their order.
    ///
    /// # Errors
    /// As [`Self::split`].
    pub fn keep_where(&mut self, by: &Column, value: u64) -> Result<(), Failure> {
        self.rows = Some(picked(by, &self.input, |by| rows_where(by, value))?);
        Ok(())
    }

    /// Names the fields of the primary key. That they are fields is seen to when the output is put together.
    ///
    /// # Errors
    /// Where a name is none, or stands twice.
    pub fn set_primary_key(&mut self, names: Vec<String>) -> Result<(), String> {
        if names.len() > FIELDS {
            return Err(format!("a primary key of {} fields, an output has {FIELDS} at most", names.len()));
        }
        let mut seen = HashSet::with_capacity(names.len());
        for name in &names {
            check::name("key field", name)?;
            if !seen.insert(name) {
                return Err(format!("the guest named field {name:?} twice in a primary key"));
            }
        }
        self.primary_key = Some(names);
        self.own_key = true;
        Ok(())
    }

    /// Whether it has a list of fields of its own, since one was changed.
    pub fn has_own_fields(&self) -> bool {
        self.fields.is_some()
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

    /// Adds a field, or replaces the one of that name in its place. A column without presence, aligned to the input,
    /// takes the presence of the field that it replaces.
    ///
    /// # Errors
    /// Where the name is none or the column does not fit the input.
    pub fn put(&mut self, name: &str, put: ColumnRef, aligned: Alignment) -> Result<(), String> {
        // A name that the source gave is a name.
        if self.input.schema().column_with_name(name).is_none() {
            check::name("field", name)?;
        }
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
        let own = put.field.clone();
        let mut column = put.into_output();
        // What the source did not say it has not said of what was made of it either.
        if let (Alignment::Input, false, Some(old)) = (aligned, column.has_missing(), replaced) {
            let presence = match &old.cells {
                Cells::Input(place) => input.columns()[*place].presence(),
                Cells::Put(old, Alignment::Input) => old.presence(),
                Cells::Put(_, Alignment::Output) => None,
            };
            column = column.masked_by(presence);
        }
        let field = field_for(name, &column, own.as_ref(), replaced.map(|old| &old.field));
        let new = DraftField { field, cells: Cells::Put(column, aligned) };
        match place {
            Some(place) => fields[place] = new,
            None if fields.len() >= FIELDS => return Err(format!("an output has {FIELDS} fields at most")),
            None => fields.push(new),
        }
        Ok(())
    }

    /// Renames a field; false where there is none.
    ///
    /// # Errors
    /// Where the new name is none, or another field's.
    pub fn rename(&mut self, name: &str, to: &str) -> Result<bool, String> {
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

    /// Removes a field; false where there is none.
    pub fn remove(&mut self, name: &str) -> bool {
        let has = match &self.fields {
            Some(fields) => fields.iter().any(|field| field.field.name() == name),
            None => self.input.schema().column_with_name(name).is_some(),
        };
        if has {
            self.fields().retain(|field| field.field.name() != name);
        }
        has
    }

    /// Sets a column about the rows.
    ///
    /// # Errors
    /// Where a step may not set it, or it is of another type or length.
    pub fn set_meta(&mut self, name: &str, column: Column, aligned: Alignment) -> Result<(), String> {
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
        let kept = |key: &str| match key {
            field::COMMENT | field::LINEAGE => true,
            field::SOURCE_TYPE => old.data_type() == data_type,
            _ => false,
        };
        let metadata = old.metadata().iter().filter(|(key, _)| kept(key));
        field.set_metadata(metadata.map(|(key, value)| (key.clone(), value.clone())).collect());
    }
    Arc::new(field)
}

/// The rows that a column picks: it has a cell a row of the input.
fn picked<T>(
    by: &Column,
    input: &ChangeBatch,
    pick: impl FnOnce(&Column) -> Result<T, KernelError>,
) -> Result<T, Failure> {
    if by.len() == input.len() {
        pick(by).map_err(|error| Failure::of_kernel(&error, None))
    } else {
        let (found, rows) = (by.len(), input.len());
        Err(Failure::stop(format!("the column to pick rows by has {found} rows, the input has {rows}")))
    }
}
