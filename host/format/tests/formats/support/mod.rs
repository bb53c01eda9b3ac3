//! Messages in, cells out: what the tests of this crate share.

#![allow(dead_code)]

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_array::cast::AsArray;
use arrow_schema::{DataType, Field, Schema};
use serde_json::{Value, json};
use sluicegate_format::{Decode, Encode, FormatOptions, LaneInfo, Messages, Record};
use sluicegate_model::{Cell, ChangeBatch, Column, ControlEvent, Decoded, Item, Lane, Meta, Origin, field};

pub fn options(yaml: &str) -> FormatOptions {
    serde_saphyr::from_str(yaml).unwrap_or_else(|error| panic!("{yaml}: {error}"))
}

pub fn decoder(yaml: &str) -> Arc<dyn Decode> {
    options(yaml).decoder().unwrap()
}

pub fn encoder(yaml: &str) -> Arc<dyn Encode> {
    options(yaml).encoder().unwrap()
}

/// Rows of typed columns.
pub fn batch(
    table: &str,
    primary_key: &[&str],
    columns: Vec<(&str, ArrayRef)>,
    kinds: &[u8],
    ordinals: &[u64],
) -> ChangeBatch {
    let fields: Vec<Field> =
        columns.iter().map(|(name, column)| Field::new(*name, column.data_type().clone(), true)).collect();
    ChangeBatch::new(
        table.into(),
        Arc::new(Schema::new(fields)),
        columns.into_iter().map(|(_, column)| Column::new(column)).collect(),
        kinds.to_vec().into(),
        Origin { lane: "topic/3".into(), ordinals: ordinals.to_vec().into(), parts: None },
        primary_key.iter().map(|name| (*name).to_owned()).collect(),
        Meta::new(),
    )
    .unwrap()
}

/// What came of messages, in order: how many rows, and events.
pub fn items(decoded: &Decoded) -> Vec<String> {
    let item = |item: &Item| match item {
        Item::Rows(batch) => format!("{} rows", batch.len()),
        Item::Control(ControlEvent::SchemaChange { table, ddl, .. }) => {
            format!("{table}: {}", ddl.as_ref().unwrap())
        }
        Item::Control(ControlEvent::Truncate { table }) => format!("truncate {table}"),
        Item::Control(event) => event.name().to_owned(),
    };
    decoded.items.iter().map(item).collect()
}

/// Decodes messages with the ordinals 100, 101, ...
pub fn decode<T: AsRef<[u8]>>(decoder: &dyn Decode, messages: &[T]) -> Decoded {
    let records: Vec<Record<'_>> = (100..)
        .zip(messages)
        .map(|(ordinal, message)| Record {
            ordinal,
            key: None,
            value: Some(message.as_ref()),
            timestamp_us: None,
            headers: &[],
        })
        .collect();
    decode_records(decoder, &records)
}

pub fn decode_records(decoder: &dyn Decode, records: &[Record<'_>]) -> Decoded {
    let lane = Lane::from("topic/3");
    decoder.decode(&LaneInfo { lane: &lane, topic: "topic", partition: 3 }, records)
}

/// The values of a batch's messages as text; `None` for a tombstone.
pub fn encode(encoder: &dyn Encode, batch: &ChangeBatch) -> Vec<Option<String>> {
    let mut messages = Messages::default();
    let rejects = encoder.encode(batch, &mut messages).unwrap();
    assert_eq!(rejects, []);
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    messages.messages.iter().map(|message| messages.value(message).map(text)).collect()
}

pub fn batches(decoded: &Decoded) -> Vec<&ChangeBatch> {
    fn rows(item: &Item) -> Option<&ChangeBatch> {
        if let Item::Rows(batch) = item { Some(batch) } else { None }
    }
    decoded.items.iter().filter_map(rows).collect()
}

/// A row as its cells without the missing ones, JSON numbers and JSON as what they stand for.
pub fn cells(batch: &ChangeBatch, row: usize) -> BTreeMap<String, Value> {
    let fields = batch.schema().fields().iter().zip(batch.columns());
    let cells = fields.filter(|(_, column)| column.cell(row) != Cell::Missing).map(|(field, column)| {
        let value = match (column.cell(row), field.data_type()) {
            (Cell::Null, _) => Value::Null,
            (_, DataType::Boolean) => json!(column.values().as_boolean().value(row)),
            (_, DataType::Utf8) => {
                let text = column.values().as_string::<i32>().value(row);
                match field.metadata().get(field::JSON).map(String::as_str) {
                    None => json!(text),
                    Some(_) => serde_json::from_str(text).unwrap(),
                }
            }
            (_, other) => panic!("no test has {other}"),
        };
        (field.name().clone(), value)
    });
    cells.collect()
}

/// Every row of a table in order: its kind and cells.
pub fn changes(decoded: &Decoded, table: &str) -> Vec<(&'static str, Value)> {
    let of_table = batches(decoded).into_iter().filter(|batch| batch.table().as_str() == table);
    of_table
        .flat_map(|batch| (0..batch.len()).map(|row| (batch.kind(row).short(), json!(cells(batch, row)))))
        .collect()
}

/// The rows of one message as JSON objects, each behind its table and kind, whatever their types.
pub fn objects_of(decoded: &Decoded, ordinal: u64) -> Vec<String> {
    let writer = encoder("json: { deletes: flag, timestamps: sql, decimals: string }");
    let mut objects = Vec::new();
    for batch in batches(decoded) {
        for row in (0..batch.len()).filter(|row| batch.origin().ordinals[*row] == ordinal) {
            let object = encode(&*writer, &batch.slice(row, 1)).remove(0).unwrap_or_default();
            objects.push(format!("{} {} {object}", batch.table(), batch.kind(row)));
        }
    }
    objects
}
