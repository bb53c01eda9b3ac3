//! `json`, both ways.

use std::sync::Arc;

use crate::support::{batches, changes, decode, decode_records, decoder, encode, encoder};
use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Int32Type, Int64Type, UInt64Type};
use arrow_array::{ArrayRef, Date32Array, Decimal128Array, Float64Array, StringArray, UInt64Array};
use arrow_schema::DataType;
use serde_json::json;
use sluicegate_format::{EncodeReject, Messages, Record};
use sluicegate_model::{Cell, ChangeBatch, meta};

#[test]
fn objects_become_rows_of_the_topic() {
    let decoded = decode(
        &*decoder("json"),
        &[
            r#"{"id":1,"name":"a\u00e9","on":true}"#,
            r#" { "name" : null , "id" : 18446744073709551615 , "x": [1, {"y":2}] } "#,
        ],
    );
    assert_eq!(decoded.rejects, []);
    let batch = batches(&decoded)[0];
    let names: Vec<&String> = batch.schema().fields().iter().map(|field| field.name()).collect();
    assert_eq!(names, ["id", "name", "on", "x"]);
    assert_eq!(&batch.origin().ordinals[..], [100, 101]);
    assert_eq!(batch.origin().parts, None);
    assert_eq!(
        changes(&decoded, "topic"),
        [
            ("+I", json!({"id": 1, "name": "aé", "on": true})),
            ("+I", json!({"id": 18_446_744_073_709_551_615_u64, "name": null, "x": [1, {"y": 2}]})),
        ]
    );
    let column = |name: &str| batch.column(name).unwrap();
    assert_eq!([column("on").cell(1), column("name").cell(1)], [Cell::Missing, Cell::Null]);
    assert_eq!(column("x").values().as_string::<i32>().value(1), r#"[1, {"y":2}]"#);
    assert_eq!(batch.meta().get(meta::OFFSET).unwrap().as_primitive::<Int64Type>().values(), &[100, 101]);
    assert_eq!(batch.meta().get(meta::PARTITION).unwrap().as_primitive::<Int32Type>().value(0), 3);
}

#[test]
fn of_equal_keys_the_last_one_counts() {
    let decoded = decode(&*decoder("json"), &[r#"{"a":1,"b":2,"a":"x"}"#, r#"{"a":"y","b":2}"#]);
    assert_eq!(
        changes(&decoded, "topic"),
        [("+I", json!({"a": "x", "b": 2})), ("+I", json!({"a": "y", "b": 2}))]
    );
}

#[test]
fn a_bad_message_is_rejected_alone_and_leaves_no_trace() {
    let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth)).into_bytes();
    let bad: Vec<(Vec<u8>, &str)> = vec![
        (b"".to_vec(), "byte 0: the message ends too early"),
        (b"[1]".to_vec(), "byte 0: an object is expected"),
        (b"{\"z\":1,\"a\":NaN}".to_vec(), "byte 11: a value is expected"),
        (b"{\"z\":1,\"a\":\"x".to_vec(), "byte 11: the string that begins here is not closed"),
        (b"{\"z\":1,\"a\":\"\\ud800\"}".to_vec(), "byte 12: a surrogate stands alone"),
        (b"{\"z\":1,\"a\":{\"b\":\"\\udc00\"}}".to_vec(), "byte 17: a surrogate stands alone"),
        (b"{\"z\":1,\"a\":\"\xff\"}".to_vec(), "byte 12: the message is not UTF-8"),
        (b"{\"z\":1,\"a\":01}".to_vec(), "byte 12: a number does not begin with 0"),
        (b"{\"z\":1} {\"a\":1}".to_vec(), "byte 8: the object has ended, and more follows"),
        (b"{\"z\":1,}".to_vec(), "byte 7: a key in double quotes is expected"),
        (nested(64), "byte 68: objects and arrays nest deeper than 64"),
    ];
    let good = decode(&*decoder("json"), &[r#"{"a":1,"b":2}"#, r#"{"b":3,"c":"x"}"#]);
    for (message, reason) in bad {
        let between = [br#"{"a":1,"b":2}"#.to_vec(), message.clone(), br#"{"b":3,"c":"x"}"#.to_vec()];
        let decoded = decode(&*decoder("json"), &between);
        assert_eq!(decoded.rejects.len(), 1, "{}", String::from_utf8_lossy(&message));
        assert_eq!((decoded.rejects[0].ordinal, decoded.rejects[0].part), (101, None));
        assert!(decoded.rejects[0].reason.starts_with(reason), "{}", decoded.rejects[0].reason);
        assert_eq!(batches(&decoded)[0].schema(), batches(&good)[0].schema());
        assert_eq!(batches(&decoded)[0].columns(), batches(&good)[0].columns());

        let first = decode(&*decoder("json"), &[message]);
        assert!(first.items.is_empty());
    }
    assert_eq!(decode(&*decoder("json"), &[nested(63)]).rejects, []);
}

fn tombstone(ordinal: u64, key: Option<&[u8]>) -> Record<'_> {
    Record { ordinal, key, value: None, timestamp_us: Some(7), headers: &[] }
}

#[test]
fn tombstones_are_deletes_of_their_key_where_they_are_told_to_be() {
    let keys: Vec<Option<&[u8]>> = vec![
        Some(br#"{"id":1,"other":[2]}"#),
        Some(b" 2 "),
        Some(br#""three""#),
        Some(b"key-4"),
        None,
        Some(b"{}"),
        Some(b"null"),
        Some(b"[5]"),
        Some(br#""six"#),
    ];
    let records: Vec<Record<'_>> = (0..).zip(&keys).map(|(ordinal, key)| tombstone(ordinal, *key)).collect();
    let yaml = "json: { table: shop.t, primary_key: [id], on_tombstone: delete, kind: upsert }";
    let decoded = decode_records(&*decoder(yaml), &records);
    assert_eq!(
        changes(&decoded, "shop.t"),
        [
            ("-D", json!({"id": 1})),
            ("-D", json!({"id": 2})),
            ("-D", json!({"id": "three"})),
            ("-D", json!({"id": "key-4"}))
        ]
    );
    let rejected: Vec<u64> = decoded.rejects.iter().map(|reject| reject.ordinal).collect();
    assert_eq!(rejected, [4, 5, 6, 7, 8]);
    assert!(
        decoded.rejects[1].reason.contains("no value for column \"id\""),
        "{}",
        decoded.rejects[1].reason
    );
    assert_eq!(**batches(&decoded)[0].primary_key(), ["id".to_owned()]);

    let decoded = decode_records(&*decoder("json"), &records[..1]);
    assert!(decoded.rejects[0].reason.contains("on_tombstone"));
}

#[test]
fn declared_types_are_exact_and_bad_cells_cost_their_row() {
    let yaml =
        "json: { table: t, schema: { t: { id: bigint, amount: 'decimal(18,2)', note: text, later: date } } }";
    let decoded = decode(
        &*decoder(yaml),
        &[
            r#"{"id":1,"amount":12.5,"note":7}"#,
            r#"{"id":"x","amount":1}"#,
            r#"{"id":"9007199254740993","amount":null,"note":"n"}"#,
        ],
    );
    assert_eq!(decoded.rejects.len(), 1);
    assert_eq!(decoded.rejects[0].ordinal, 101);
    assert!(decoded.rejects[0].reason.starts_with("column \"id\": "), "{}", decoded.rejects[0].reason);
    let batch = batches(&decoded)[0];
    let column = |name: &str| batch.column(name).unwrap();
    assert_eq!(column("id").values().as_primitive::<Int64Type>().values(), &[1, 9_007_199_254_740_993]);
    assert_eq!(column("amount").values().as_primitive::<Decimal128Type>().value(0), 1250);
    assert_eq!(column("note").values().as_string::<i32>().value(0), "7");
    assert_eq!([column("amount").cell(1), column("later").cell(0)], [Cell::Null, Cell::Missing]);
    assert_eq!(column("later").data_type(), &DataType::Date32);
}

/// Rows of typed columns, by the key `id`.
fn batch(columns: Vec<(&str, ArrayRef)>, kinds: &[u8], ordinals: &[u64]) -> ChangeBatch {
    crate::support::batch("t", &["id"], columns, kinds, ordinals)
}

#[test]
fn values_are_written_by_their_types() {
    let batch = batch(
        vec![
            ("id", Arc::new(UInt64Array::from(vec![u64::MAX])) as ArrayRef),
            ("a\"b", Arc::new(StringArray::from(vec!["line\none"])) as ArrayRef),
            (
                "price",
                Arc::new(Decimal128Array::from(vec![-1205]).with_precision_and_scale(18, 2).unwrap())
                    as ArrayRef,
            ),
            ("ratio", Arc::new(Float64Array::from(vec![0.1])) as ArrayRef),
            ("day", Arc::new(Date32Array::from(vec![-1])) as ArrayRef),
            ("raw", Arc::new(arrow_array::BinaryArray::from(vec![&b"\x00\xff"[..]])) as ArrayRef),
        ],
        &[0],
        &[1],
    );
    let expected = r#"{"id":18446744073709551615,"a\"b":"line\none","price":-12.05,"ratio":0.1,"day":"1969-12-31","raw":"AP8="}"#;
    assert_eq!(encode(&*encoder("json"), &batch), [Some(expected.to_owned())]);
    let quoted = encode(&*encoder("json: { decimals: string }"), &batch);
    assert!(quoted[0].as_ref().unwrap().contains(r#""price":"-12.05""#));
}

#[test]
fn deletes_are_tombstones_or_nothing_or_flagged() {
    let ids = Arc::new(StringArray::from(vec!["1", "2", "2", "3", "4", "5"])) as ArrayRef;
    // An insert, an update, a delete, and an update that moves the row from key 4 to 5.
    let batch = batch(vec![("id", ids)], &[0, 1, 2, 3, 1, 2], &[1, 2, 2, 3, 4, 4]);
    let row = |id: u8| Some(format!(r#"{{"id":"{id}"}}"#));
    let flagged = |id: u8| Some(format!(r#"{{"id":"{id}","__deleted":true}}"#));
    assert_eq!(encode(&*encoder("json"), &batch), [row(1), row(2), None, None, row(5)]);
    assert_eq!(encode(&*encoder("json: { deletes: ignore }"), &batch), [row(1), row(2), row(5)]);
    assert_eq!(
        encode(&*encoder("json: { deletes: flag }"), &batch),
        [row(1), row(2), flagged(3), flagged(4), row(5)]
    );
    let mut messages = Messages::default();
    encoder("json").encode(&batch, &mut messages).unwrap();
    let rows: Vec<u32> = messages.messages.iter().map(|message| message.row).collect();
    assert_eq!(rows, [0, 2, 3, 4, 5]);
}

#[test]
fn a_value_without_a_form_costs_its_row_and_a_type_without_one_the_batch() {
    let ratios = Arc::new(Float64Array::from(vec![1.0, f64::NAN, 2.0])) as ArrayRef;
    let mut messages = Messages::default();
    let rejects =
        encoder("json").encode(&batch(vec![("id", ratios)], &[0; 3], &[1, 2, 3]), &mut messages).unwrap();
    let reason = "column \"id\": JSON has no form for NaN and infinity".to_owned();
    assert_eq!(rejects, [EncodeReject { row: 1, reason }]);
    assert_eq!(messages.bytes, br#"{"id":1.0}{"id":2.0}"#);

    let views = Arc::new(arrow_array::StringViewArray::from(vec!["a"])) as ArrayRef;
    messages.clear();
    let error = encoder("json").encode(&batch(vec![("id", views)], &[0], &[1]), &mut messages).unwrap_err();
    assert_eq!(
        error.to_string(),
        "json cannot hold column \"id\" of table t, a Utf8View: cast or drop it in a step"
    );
    assert!(messages.messages.is_empty() && messages.bytes.is_empty());
}

#[test]
fn a_pair_is_written_whole_or_not_at_all() {
    for (ratios, deletes) in
        [([f64::NAN, 2.0], "flag"), ([1.0, f64::NAN], "flag"), ([1.0, f64::NAN], "tombstone")]
    {
        // An update that moves a row from key 4 to 5, and an insert.
        let ids = Arc::new(StringArray::from(vec!["4", "5", "6"])) as ArrayRef;
        let ratios = Arc::new(Float64Array::from(vec![ratios[0], ratios[1], 0.5])) as ArrayRef;
        let batch = batch(vec![("id", ids), ("ratio", ratios)], &[1, 2, 0], &[1, 1, 2]);
        let mut messages = Messages::default();
        let encoder = encoder(&format!("json: {{ deletes: {deletes} }}"));
        let rejects = encoder.encode(&batch, &mut messages).unwrap();
        let reason = "column \"ratio\": JSON has no form for NaN and infinity".to_owned();
        assert_eq!(rejects, [EncodeReject { row: 1, reason }]);
        let rows: Vec<u32> = messages.messages.iter().map(|message| message.row).collect();
        assert_eq!((rows, &messages.bytes[..]), (vec![2], &br#"{"id":"6","ratio":0.5}"#[..]));
    }
}

#[test]
fn digits_are_kept_as_they_came() {
    let message =
        r#"{"a":1.10,"b":18446744073709551615,"c":1e400,"d":-0.0,"e":123456789012345678901234567890123456}"#;
    let decoded = decode(&*decoder("json"), &[message]);
    assert_eq!(decoded.rejects, []);
    assert_eq!(encode(&*encoder("json"), batches(&decoded)[0]), [Some(message.to_owned())]);
}

#[test]
fn what_no_type_can_hold_is_no_other_value() {
    let yaml = "json: { table: t, schema: { t: { big: uint64, ratio: float64, amount: 'decimal(10,2)' } } }";
    let messages = [
        r#"{"big":18446744073709551615,"ratio":1.5,"amount":1.10}"#,
        r#"{"big":18446744073709551616}"#,
        r#"{"ratio":1e400}"#,
        r#"{"amount":1.105}"#,
    ];
    let decoded = decode(&*decoder(yaml), &messages);
    let batch = batches(&decoded)[0];
    assert_eq!(batch.column("big").unwrap().values().as_primitive::<UInt64Type>().value(0), u64::MAX);
    assert_eq!(batch.column("amount").unwrap().values().as_primitive::<Decimal128Type>().value(0), 110);
    let rejected: Vec<u64> = decoded.rejects.iter().map(|reject| reject.ordinal).collect();
    assert_eq!(rejected, [101, 102, 103], "{:?}", decoded.rejects);
}

#[test]
fn a_huge_message_and_a_deep_one_cost_no_other() {
    let long = format!(r#"{{"id":1,"text":"{}"}}"#, "x".repeat(20 << 20));
    let deep = |open: &str, close: &str| {
        format!("{{\"id\":2,\"a\":{}1{}}}", open.repeat(100_000), close.repeat(100_000))
    };
    let cut = long[..long.len() - 1].to_owned();
    let messages = [
        long,
        deep("[", "]"),
        deep("{\"k\":", "}"),
        "{\"id\":".repeat(100_000),
        cut,
        r#"{"id":3}"#.to_owned(),
    ];
    let decoded = decode(&*decoder("json"), &messages);
    let batch = batches(&decoded)[0];
    assert_eq!(&batch.origin().ordinals[..], [100, 105]);
    assert_eq!(batch.column("text").unwrap().values().as_string::<i32>().value(0).len(), 20 << 20);
    let reasons: Vec<&str> = decoded.rejects.iter().map(|reject| reject.reason.as_str()).collect();
    assert_eq!(reasons.len(), 4);
    assert!(reasons[..3].iter().all(|reason| reason.contains("nest deeper than 64")), "{reasons:?}");
    assert!(reasons[3].contains("ends too early"), "{reasons:?}");
}

#[test]
fn a_topic_of_upserts_and_tombstones_is_its_table() {
    let record =
        |ordinal, key, value| Record { ordinal, key: Some(key), value, timestamp_us: None, headers: &[] };
    let records = [
        record(1, &b"{\"id\":1}"[..], Some(&br#"{"id":1,"a":"x"}"#[..])),
        record(2, b"{\"id\":1}", Some(br#"{"id":1,"a":"y"}"#)),
        record(3, b"{\"id\":1}", None),
    ];
    let yaml = "json: { table: t, primary_key: [id], on_tombstone: delete, kind: upsert }";
    let decoded = decode_records(&*decoder(yaml), &records);
    assert_eq!(
        changes(&decoded, "t"),
        [("+U", json!({"id": 1, "a": "x"})), ("+U", json!({"id": 1, "a": "y"})), ("-D", json!({"id": 1}))]
    );
}
