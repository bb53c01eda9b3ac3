//! What the built-ins do, done natively: the same kernels and the same key ring over the same batches, without a guest.
//! Each gives the batches that its built-in gives.

use std::iter::repeat_n;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array as _, StringArray, UInt32Array};
use arrow_schema::{DataType, Field, Schema};
use sluicegate_kernels::{cast, compute, partition, rows_where};
use sluicegate_keys::KeyRing;
use sluicegate_model::{ChangeBatch, Column};

use crate::Fallible;

/// `schema-map`: two renames, a column dropped, two casts, another table.
pub fn map(given: &ChangeBatch) -> Fallible<Vec<ChangeBatch>> {
    let options = [("time-zone".to_owned(), "UTC".to_owned())];
    let mut parts = given.clone().into_parts();
    let mut fields = Vec::with_capacity(parts.columns.len());
    let mut columns = Vec::with_capacity(parts.columns.len());
    for (field, column) in parts.schema.fields().iter().zip(parts.columns) {
        let (name, to) = match field.name().as_str() {
            "ORDER_ID" => ("id", DataType::Int64),
            "AMOUNT" => ("amount", DataType::Decimal128(18, 2)),
            "c10" => continue,
            _ => {
                fields.push(Arc::clone(field));
                columns.push(column);
                continue;
            }
        };
        let made = cast(&column, &to, &options)?;
        if let Some(failed) = made.failed.first() {
            return Err(failed.reason.clone().into());
        }
        fields.push(Arc::new(Field::new(name, to, true)));
        columns.push(made.column);
    }
    parts.schema = Arc::new(Schema::new(fields));
    parts.columns = columns;
    parts.primary_key = ["id".to_owned()].into();
    parts.table = "ods.orders".into();
    Ok(vec![parts.build()?])
}

/// `crypt`: one column sealed.
pub fn seal(given: &ChangeBatch, ring: &KeyRing, key: &str) -> Fallible<Vec<ChangeBatch>> {
    let column = given.column("phone").ok_or("there is no column phone")?;
    let sealed = ring.seal(column, key, "", &[])?;
    with(given, "phone", sealed)
}

/// `split`: rows by the hash of a column modulo three.
pub fn split(given: &ChangeBatch) -> Fallible<Vec<ChangeBatch>> {
    let column = given.column("ORDER_ID").ok_or("there is no column ORDER_ID")?;
    let options = [("buckets", "3"), ("algorithm", "murmur2")];
    let options = options.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let rows = partition(&compute("hash-bucket", &[column], &options)?.column, 3)?;
    let rows = rows.into_iter().enumerate().filter(|(_, rows)| !rows.is_empty());
    let outputs = rows.map(|(number, rows)| {
        Ok(given.take(&UInt32Array::from(rows))?.with_table(format!("orders-{number}").as_str().into()))
    });
    outputs.collect()
}

/// `mask`: all but the first character of each text is hidden.
pub fn keep_first(given: &ChangeBatch) -> Fallible<Vec<ChangeBatch>> {
    let column = given.column("name").ok_or("there is no column name")?;
    let options = [("keep-first".to_owned(), "1".to_owned()), ("keep-last".to_owned(), "0".to_owned())];
    with(given, "name", compute("mask", &[column], &options)?.column)
}

/// `filter`: rows with an amount below a number.
pub fn filter(given: &ChangeBatch) -> Fallible<Vec<ChangeBatch>> {
    let column = given.column("AMOUNT").ok_or("there is no column AMOUNT")?;
    let below = compute("lt", &[column], &[("value".to_owned(), "50".to_owned())])?;
    let rows = rows_where(&below.column, 1)?;
    Ok(vec![given.take(&UInt32Array::from(rows))?])
}

/// `mask-name`: all but the first character of each text becomes `*`.
pub fn mask(given: &ChangeBatch) -> Fallible<Vec<ChangeBatch>> {
    let column = given.column("name").ok_or("there is no column name")?;
    let names = column.values().as_string::<i32>();
    let mut masked = arrow_array::builder::StringBuilder::with_capacity(names.len(), names.values().len());
    let mut text = String::new();
    for name in names {
        let Some(name) = name else {
            masked.append_null();
            continue;
        };
        text.clear();
        let mut rest = name.chars();
        text.extend(rest.by_ref().take(1));
        text.extend(repeat_n('*', rest.as_str().chars().count()));
        masked.append_value(&text);
    }
    let masked: StringArray = masked.finish();
    with(given, "name", Column::with_presence(Arc::new(masked), column.presence().cloned()))
}

/// A batch with another column in the place of one.
fn with(given: &ChangeBatch, name: &str, column: Column) -> Fallible<Vec<ChangeBatch>> {
    let mut parts = given.clone().into_parts();
    let (place, _) = parts.schema.column_with_name(name).ok_or("there is no such column")?;
    if parts.schema.field(place).data_type() != column.data_type() {
        let mut fields: Vec<_> = parts.schema.fields().iter().cloned().collect();
        fields[place] = Arc::new(Field::new(name, column.data_type().clone(), true));
        parts.schema = Arc::new(Schema::new(fields));
    }
    parts.columns[place] = column;
    Ok(vec![parts.build()?])
}
