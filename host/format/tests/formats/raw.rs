//! `raw`, both ways.

use std::sync::Arc;

use crate::support::{batches, decode_records, decoder, encoder, options};
use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef, BinaryArray, Int64Array, StringArray};
use arrow_schema::DataType;
use sluicegate_format::{Messages, Record};
use sluicegate_model::{ChangeBatch, meta};

const HEADERS: &[(&str, Option<&[u8]>)] = &[("h", Some(b"v")), ("h", None)];

fn headers() -> Vec<(String, Option<Vec<u8>>)> {
    HEADERS.iter().map(|(name, value)| ((*name).to_owned(), value.map(<[u8]>::to_vec))).collect()
}

fn records(headers: &[(String, Option<Vec<u8>>)]) -> Vec<Record<'_>> {
    let record =
        |ordinal, key, value, headers| Record { ordinal, key, value, timestamp_us: Some(7), headers };
    vec![
        record(4, Some(&b"k\xff"[..]), Some(&b"\x00\xff"[..]), headers),
        record(5, None, None, &[]),
        record(6, Some(b"k"), Some(b""), &[]),
    ]
}

#[test]
fn everything_about_a_message_is_a_column() {
    let headers = headers();
    let decoded = decode_records(&*decoder("raw"), &records(&headers));
    assert_eq!(decoded.rejects, []);
    let batch = batches(&decoded)[0];
    assert_eq!((batch.table().as_str(), batch.len()), ("topic", 3));
    let column = |name: &str| batch.column(name).unwrap().values();
    assert_eq!(
        column("value").as_binary::<i32>().iter().collect::<Vec<_>>(),
        [Some(&b"\x00\xff"[..]), None, Some(b"")]
    );
    assert_eq!(column("key").as_binary::<i32>().value(0), b"k\xff");
    assert_eq!(
        (column("headers").as_map().value(0).len(), column("headers").as_map().value(1).len()),
        (2, 0)
    );
    assert_eq!(column("topic").as_string::<i32>().value(2), "topic");
    assert_eq!(column("partition").as_primitive::<Int32Type>().value(2), 3);
    assert_eq!(column("offset").as_primitive::<Int64Type>().values(), &[4, 5, 6]);
    assert_eq!(column("timestamp").as_primitive::<TimestampMicrosecondType>().value(0), 7);
    for name in [meta::KEY, meta::HEADERS, meta::OFFSET, meta::PARTITION, meta::INGEST_TIME] {
        let column = batch.meta().get(name).unwrap();
        assert_eq!(Some(column.data_type()), meta::data_type_of(name).as_ref(), "{name}");
    }
}

#[test]
fn text_is_checked_and_the_schema_is_known_beforehand() {
    let decoded = decode_records(&*decoder("raw: { text: true, table: t }"), &records(&[]));
    let batch = batches(&decoded)[0];
    assert_eq!((batch.table().as_str(), &batch.origin().ordinals[..]), ("t", &[5, 6][..]));
    assert_eq!(batch.column("value").unwrap().data_type(), &DataType::Utf8);
    assert_eq!(decoded.rejects[0].reason, "byte 1: the value is not UTF-8");
    let declared = options("raw: { text: true, table: t }").declared();
    let fields = batch.schema().fields().iter();
    let known: Vec<(String, DataType)> =
        fields.map(|field| (field.name().clone(), field.data_type().clone())).collect();
    assert_eq!(declared[0].columns, known);
}

#[test]
fn messages_are_written_as_they_were() {
    let headers = headers();
    let records = records(&headers);
    let decoded = decode_records(&*decoder("raw"), &records);
    let batch = batches(&decoded)[0];
    let mut messages = Messages::default();
    let encoder = encoder("raw");
    assert_eq!(encoder.encode(batch, &mut messages).unwrap(), []);
    let values: Vec<Option<&[u8]>> =
        messages.messages.iter().map(|message| messages.value(message)).collect();
    assert_eq!(values, records.iter().map(|record| record.value).collect::<Vec<_>>());
    let parts = encoder.parts(batch);
    assert_eq!(parts.key.unwrap().values().as_binary::<i32>().value(0), b"k\xff");
    assert_eq!(parts.headers.unwrap().data_type(), &meta::headers_type());
}

fn batch(columns: Vec<(&str, ArrayRef)>, kinds: &[u8], ordinals: &[u64]) -> ChangeBatch {
    crate::support::batch("t", &[], columns, kinds, ordinals)
}

#[test]
fn of_a_pair_the_new_half_is_written_and_other_columns_are_refused() {
    let values: ArrayRef = Arc::new(StringArray::from(vec![Some("old"), Some("new"), Some("gone"), None]));
    let mut messages = Messages::default();
    let own = batch(vec![("value", values)], &[1, 2, 3, 0], &[1, 1, 2, 3]);
    encoder("raw").encode(&own, &mut messages).unwrap();
    let rows: Vec<(u32, Option<&[u8]>)> =
        messages.messages.iter().map(|message| (message.row, messages.value(message))).collect();
    assert_eq!(rows, [(1, Some(&b"new"[..])), (2, Some(b"gone")), (3, None)]);

    let bytes = || Arc::new(BinaryArray::from(vec![&b"x"[..]])) as ArrayRef;
    let numbers = Arc::new(Int64Array::from(vec![1])) as ArrayRef;
    for (columns, part) in [
        (vec![("key", bytes())], "column \"value\" of table t: it is not there"),
        (vec![("value", bytes()), ("id", bytes())], "column \"id\" of table t: a message is"),
        (vec![("value", numbers)], "column \"value\" of table t, a Int64"),
    ] {
        let error = encoder("raw").encode(&batch(columns, &[0], &[1]), &mut messages).unwrap_err();
        assert!(error.to_string().contains(part), "{error}");
    }
    assert!(options("raw: { text: true }").encoder().is_err());
}
