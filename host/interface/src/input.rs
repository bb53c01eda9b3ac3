//! What a guest sees of a batch that comes in.

use std::sync::Arc;

use arrow_array::{ArrayRef, UInt8Array};
use arrow_schema::{Field, FieldRef};
use sluicegate_model::{ChangeBatch, Column, field, meta};

/// A column, with the field it stood in where it came from the input: a field that gets it back keeps that field's
/// metadata.
#[derive(Clone, Debug)]
pub struct ColumnRef {
    /// The cells.
    pub column: Column,
    /// The input's field, where it is one.
    pub field: Option<FieldRef>,
}

/// A column that was made.
impl From<Column> for ColumnRef {
    fn from(column: Column) -> Self {
        Self { column, field: None }
    }
}

/// The column of a field, by its place.
pub fn column(batch: &ChangeBatch, place: usize) -> Option<ColumnRef> {
    let column = batch.columns().get(place)?.clone();
    Some(ColumnRef { column, field: Some(Arc::clone(&batch.schema().fields()[place])) })
}

/// The column of a field, by its name.
pub fn find(batch: &ChangeBatch, name: &str) -> Option<ColumnRef> {
    let (place, _) = batch.schema().column_with_name(name)?;
    column(batch, place)
}

/// Properties that a field's metadata may carry for guests, by the same names.
const FIELD_PROPERTIES: [&str; 3] = [field::SOURCE_TYPE, field::JSON, field::COMMENT];

/// What is known about a field beside its type.
pub fn field_properties(field: &Field) -> Vec<(String, String)> {
    let mut properties = vec![("nullable".to_owned(), field.is_nullable().to_string())];
    for name in FIELD_PROPERTIES {
        if let Some(value) = field.metadata().get(name) {
            properties.push((name.to_owned(), value.clone()));
        }
    }
    properties
}

/// A column about the rows, the kinds among them.
pub fn meta_column(batch: &ChangeBatch, name: &str) -> Option<ColumnRef> {
    let column: ArrayRef = if name == meta::KIND {
        Arc::new(UInt8Array::new(batch.kinds().clone(), None))
    } else {
        Arc::clone(batch.meta().get(name)?)
    };
    Some(Column::new(column).into())
}
