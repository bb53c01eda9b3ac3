//! Rows as an Arrow IPC stream.

use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::{Array, ArrayRef, Int8Array, RecordBatch};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{ArrowError, DataType, Field, Schema};
use arrow_select::interleave::interleave;
use sluicegate_format::values::TextValues;

use super::plan::{OP, Plan};
use crate::table::ColumnType;

/// Rows of a batch in the stream.
const ROWS: usize = 8_192;

/// A column as the server reads it without a loss: what it has no type for is text, which it casts.
///
/// # Errors
/// Where a value has no such form.
pub fn column(array: &ArrayRef, to: ColumnType) -> Result<ArrayRef, ArrowError> {
    let target = match to {
        // Arrow has no integers of 128 bits, and unsigned ones of 64 would be taken for signed ones.
        ColumnType::LargeInt | ColumnType::Text(_) => return text(array),
        // The nearest is found there.
        ColumnType::Float | ColumnType::Double if array.data_type().is_floating() => {
            return Ok(Arc::clone(array));
        }
        other => other.arrow(),
    };
    if matches!(target, DataType::Decimal256(..)) {
        return text(array);
    }
    cast_with_options(array, &target, &CastOptions { safe: false, ..CastOptions::default() })
}

/// Values as text, as they stand in CSV.
fn text(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    if *array.data_type() == DataType::Utf8 {
        return Ok(Arc::clone(array));
    }
    let field = Field::new("", array.data_type().clone(), true);
    let values = TextValues::new(&field, array.as_ref())
        .ok_or_else(|| ArrowError::CastError(format!("{} has no form as text", array.data_type())))?;
    let (mut texts, mut one) = (StringBuilder::new(), Vec::new());
    for row in 0..array.len() {
        if array.is_null(row) {
            texts.append_null();
            continue;
        }
        one.clear();
        values.write(row, &mut one).map_err(|why| ArrowError::CastError(why.to_owned()))?;
        texts.append_value(String::from_utf8_lossy(&one));
    }
    Ok(Arc::new(texts.finish()))
}

/// A stream of rows, given as places in batches, with whether each is removed.
///
/// # Errors
/// The writer's.
pub fn stream(
    plan: &Plan,
    batches: &[&[ArrayRef]],
    rows: &[(usize, usize)],
    removed: Option<&[bool]>,
) -> Result<Vec<u8>, ArrowError> {
    let mut fields = Vec::new();
    for (place, column) in plan.columns.iter().enumerate() {
        let data_type = batches.first().map_or(DataType::Null, |batch| batch[place].data_type().clone());
        fields.push(Field::new(&column.name, data_type, true));
    }
    if removed.is_some() {
        fields.push(Field::new(OP, DataType::Int8, false));
    }
    let schema = Arc::new(Schema::new(fields));
    let mut writer = StreamWriter::try_new(Vec::new(), &schema)?;
    for (number, rows) in rows.chunks(ROWS).enumerate() {
        let mut columns = Vec::with_capacity(schema.fields().len());
        for place in 0..plan.columns.len() {
            let arrays: Vec<&dyn Array> = batches.iter().map(|batch| batch[place].as_ref()).collect();
            columns.push(interleave(&arrays, rows)?);
        }
        if let Some(removed) = removed {
            let removed = removed.iter().skip(number * ROWS).take(rows.len());
            columns.push(Arc::new(removed.map(|removed| i8::from(*removed)).collect::<Int8Array>()));
        }
        writer.write(&RecordBatch::try_new(Arc::clone(&schema), columns)?)?;
    }
    writer.finish()?;
    writer.into_inner()
}
