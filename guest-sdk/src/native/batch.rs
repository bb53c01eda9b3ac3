//! Batches over Arrow.

use std::sync::Arc;

use sluicegate_interface::{input, shape};
use sluicegate_model::ChangeBatch;

use super::column::Column;
use super::session::Life;

/// A field of a table.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// The name of its type.
    pub data_type: String,
}

/// The rows that come in.
#[derive(Debug)]
pub struct Batch {
    of: Arc<ChangeBatch>,
    life: Life,
}

impl Batch {
    pub(crate) fn new(of: Arc<ChangeBatch>) -> Self {
        Self { of, life: Life::now() }
    }

    pub(crate) fn of_host(&self) -> &Arc<ChangeBatch> {
        self.life.check("batch");
        &self.of
    }

    /// The table.
    pub fn table(&self) -> String {
        self.of_host().table().as_str().to_owned()
    }

    /// Number of rows.
    pub fn len(&self) -> u32 {
        self.of_host().len() as u32
    }

    /// Names and types of the columns.
    pub fn fields(&self) -> Vec<Field> {
        let field = |field: &arrow_schema::FieldRef| Field {
            name: field.name().clone(),
            data_type: shape::name_of(field.data_type()),
        };
        self.of_host().schema().fields().iter().map(field).collect()
    }

    /// Names of the key's fields.
    pub fn primary_key(&self) -> Vec<String> {
        self.of_host().primary_key().to_vec()
    }

    /// What is known about a field beside its type: "nullable", "source-type", "json", "comment".
    ///
    /// # Panics
    /// Past the end: the guest would trap.
    pub fn field_properties(&self, field: u32) -> Vec<(String, String)> {
        input::field_properties(&self.of_host().schema().fields()[field as usize])
    }

    /// The column of a field, by its place.
    ///
    /// # Panics
    /// Past the end: the guest would trap.
    pub fn column(&self, field: u32) -> Column {
        let column = input::column(self.of_host(), field as usize);
        Column::new(column.unwrap_or_else(|| panic!("the guest asked for field {field}, which there is not")))
    }

    /// The column of a field, by its name.
    pub fn find(&self, name: &str) -> Option<Column> {
        input::find(self.of_host(), name).map(Column::new)
    }

    /// A column about the rows, by its name.
    pub fn meta(&self, name: &str) -> Option<Column> {
        input::meta_column(self.of_host(), name).map(Column::new)
    }
}
