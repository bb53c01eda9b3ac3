//! What a guest sees of a batch that comes in.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, StringArray, UInt8Array};
use arrow_schema::{Field, FieldRef};
use sluicegate_kernels::KernelError;
use sluicegate_model::{ChangeBatch, Column, field, meta};

/// A column, with the field it stood in where it came from the input: a field that gets it back keeps that field's
/// metadata.
#[derive(Clone, Debug)]
pub struct ColumnRef {
    /// The cells as a guest sees them.
    pub column: Column,
    /// The input's field, where it is one.
    pub field: Option<FieldRef>,
    /// The cells as the field has them, where a guest sees others.
    original: Option<Column>,
}

impl ColumnRef {
    /// A column of a field.
    ///
    /// A text in a column of mixed JSON kinds stands in quotes, in a column of texts alone it does not. Which of both a batch
    /// has is a matter of its other rows, and no guest may come to another outcome by that: it sees texts without quotes.
    pub fn of_field(column: Column, field: FieldRef) -> Self {
        let mixed = field.metadata().get(field::JSON).is_some_and(|json| json == field::JSON_RAW);
        match mixed.then(|| unquoted(&column)).flatten() {
            Some(unquoted) => Self { column: unquoted, field: Some(field), original: Some(column) },
            None => Self { column, field: Some(field), original: None },
        }
    }

    /// The cells at some rows, of the same field.
    ///
    /// # Errors
    /// The kernel's.
    pub fn take(&self, rows: &[u32]) -> Result<Self, KernelError> {
        let taken = sluicegate_kernels::take(self.original.as_ref().unwrap_or(&self.column), rows)?;
        Ok(match &self.field {
            Some(field) => Self::of_field(taken, Arc::clone(field)),
            None => taken.into(),
        })
    }

    /// The cells as an output gets them.
    pub(crate) fn into_output(self) -> Column {
        self.original.unwrap_or(self.column)
    }
}

/// The JSON texts of a column with the strings among them without their quotes; `None` where there is no such string.
fn unquoted(column: &Column) -> Option<Column> {
    let texts = column.values().as_string_opt::<i32>()?;
    if !texts.iter().flatten().any(|text| text.starts_with('"')) {
        return None;
    }
    let plain = |text: &str| match serde_json::from_str::<String>(text) {
        Ok(string) => string,
        Err(_) => text.to_owned(),
    };
    let texts: StringArray = texts.iter().map(|text| text.map(plain)).collect();
    Some(Column::with_presence(Arc::new(texts), column.presence().cloned()))
}

/// A column that was made.
impl From<Column> for ColumnRef {
    fn from(column: Column) -> Self {
        Self { column, field: None, original: None }
    }
}

/// The column of a field, by its place.
pub fn column(batch: &ChangeBatch, place: usize) -> Option<ColumnRef> {
    let column = batch.columns().get(place)?.clone();
    Some(ColumnRef::of_field(column, Arc::clone(&batch.schema().fields()[place])))
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

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn a_text_among_other_kinds_is_the_text() {
        let cells = [Some("1"), Some(r#""2""#), None, Some(r#"["a"]"#), Some(r#""\u674e""#)];
        let column = Column::new(Arc::new(StringArray::from(cells.to_vec())));
        let raw = HashMap::from([(field::JSON.to_owned(), field::JSON_RAW.to_owned())]);
        let field = Field::new("a", column.data_type().clone(), true).with_metadata(raw);
        let seen = ColumnRef::of_field(column.clone(), Arc::new(field));
        let texts: Vec<_> = seen.column.values().as_string::<i32>().iter().collect();
        assert_eq!(texts, [Some("1"), Some("2"), None, Some(r#"["a"]"#), Some("李")]);
        let taken = seen.take(&[1, 0]).unwrap();
        assert_eq!(taken.column.values().as_string::<i32>().value(0), "2");
        assert_eq!(taken.into_output().values().as_string::<i32>().value(0), r#""2""#);
        assert_eq!(seen.into_output(), column, "what is only passed on stays as it is");
    }
}
