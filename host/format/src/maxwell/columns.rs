//! Columns as Maxwell writes them.

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, UInt64Array};
use arrow_schema::{Field, Schema};
use sluicegate_model::{ChangeBatch, Column, field};

use crate::MysqlType;
use crate::write::write_string;

/// The batch with its bits as numbers, its sets as arrays and its JSON as JSON. The other types are written by their
/// own form.
pub(super) fn as_written(batch: &ChangeBatch) -> Cow<'_, ChangeBatch> {
    let kinds = batch.schema().fields().iter().map(|field| MysqlType::of(field).0);
    let kinds: Vec<MysqlType> = kinds.collect();
    if !kinds.iter().any(is_other) {
        return Cow::Borrowed(batch);
    }
    let mut parts = batch.clone().into_parts();
    let mut fields = Vec::new();
    for ((kind, column), field) in kinds.iter().zip(&mut parts.columns).zip(parts.schema.fields()) {
        let values = match kind {
            MysqlType::Bit { .. } => bits(column.values()),
            MysqlType::Set(_) => sets(column.values()),
            _ => Arc::clone(column.values()),
        };
        let mut about = field.metadata().clone();
        if matches!(kind, MysqlType::Set(_) | MysqlType::Json) && is_text(field) {
            about.insert(field::JSON.to_owned(), field::JSON_RAW.to_owned());
        }
        fields.push(Field::clone(field).with_data_type(values.data_type().clone()).with_metadata(about));
        *column = Column::with_presence(values, column.presence().cloned());
    }
    parts.schema = Arc::new(Schema::new(fields));
    // Columns and fields were replaced together, by some of the same length.
    Cow::Owned(parts.build().expect("a batch of the same shape"))
}

fn is_other(kind: &MysqlType) -> bool {
    matches!(kind, MysqlType::Bit { .. } | MysqlType::Set(_) | MysqlType::Json)
}

fn is_text(field: &Field) -> bool {
    *field.data_type() == arrow_schema::DataType::Utf8
}

fn bits(bytes: &ArrayRef) -> ArrayRef {
    let number = |bytes: &[u8]| bytes.iter().fold(0, |bits, byte| bits << 8 | u64::from(*byte));
    Arc::new(bytes.as_binary::<i32>().iter().map(|bytes| bytes.map(number)).collect::<UInt64Array>())
}

fn sets(texts: &ArrayRef) -> ArrayRef {
    let texts = texts.as_string::<i32>();
    let mut arrays = StringBuilder::with_capacity(texts.len(), 2 * texts.value_data().len());
    let mut json = Vec::new();
    for text in texts {
        json.clear();
        for label in text.unwrap_or_default().split(',').filter(|label| !label.is_empty()) {
            json.push(if json.is_empty() { b'[' } else { b',' });
            write_string(label.as_bytes(), &mut json);
        }
        if json.is_empty() {
            json.push(b'[');
        }
        json.push(b']');
        // Text and the marks between.
        arrays.append_option(text.map(|_| String::from_utf8_lossy(&json)));
    }
    Arc::new(arrays.finish())
}
