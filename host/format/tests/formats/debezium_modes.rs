//! `debezium-json` in every mode that a connector may be set to: what is written is read again as it was.

use std::sync::Arc;

use crate::support::{batches, decode, decoder, encode, encoder};
use arrow_array::{
    ArrayRef, BinaryArray, Date32Array, Decimal128Array, DurationMicrosecondArray, StringArray,
    TimestampMicrosecondArray, UInt64Array,
};
use proptest::collection::vec;
use proptest::prelude::*;
use sluicegate_model::ChangeBatch;

const TIMES: [&str; 4] = ["adaptive", "adaptive_time_microseconds", "connect", "isostring"];

/// A row: text, digits, a number without a sign, bytes, days, and milliseconds of a moment and of a day.
type Row = (Option<String>, i64, Option<u64>, Option<Vec<u8>>, i32, i64, i64);

fn row() -> impl Strategy<Value = Row> {
    (
        any::<Option<String>>(),
        -999_999_999_999_999_999..=999_999_999_999_999_999_i64,
        any::<Option<u64>>(),
        any::<Option<Vec<u8>>>(),
        -719_162..=2_932_896_i32,
        -62_135_596_800_000..=253_402_300_799_999_i64,
        0..86_400_000_i64,
    )
}

/// The rows as inserts; `finer` microseconds are added to each time.
fn batch(rows: &[Row], finer: i64) -> ChangeBatch {
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("text", Arc::new(rows.iter().map(|row| row.0.clone()).collect::<StringArray>())),
        (
            "amount",
            Arc::new(
                rows.iter()
                    .map(|row| Some(i128::from(row.1)))
                    .collect::<Decimal128Array>()
                    .with_precision_and_scale(18, 2)
                    .unwrap(),
            ),
        ),
        ("unsigned", Arc::new(rows.iter().map(|row| row.2).collect::<UInt64Array>())),
        ("bytes", Arc::new(rows.iter().map(|row| row.3.clone()).collect::<BinaryArray>())),
        ("day", Arc::new(rows.iter().map(|row| Some(row.4)).collect::<Date32Array>())),
        (
            "wall",
            Arc::new(
                rows.iter().map(|row| Some(row.5 * 1_000 + finer)).collect::<TimestampMicrosecondArray>(),
            ),
        ),
        (
            "instant",
            Arc::new(
                rows.iter()
                    .map(|row| Some(row.5 * 1_000 + finer))
                    .collect::<TimestampMicrosecondArray>()
                    .with_timezone("UTC"),
            ),
        ),
        (
            "time",
            Arc::new(
                rows.iter().map(|row| Some(row.6 * 1_000 + finer)).collect::<DurationMicrosecondArray>(),
            ),
        ),
    ];
    let ordinals: Vec<u64> = (100..).take(rows.len()).collect();
    crate::support::batch("d.s.t", &[], columns, &vec![0; rows.len()], &ordinals)
}

/// Writes rows under some options and reads them under others.
fn check(batch: &ChangeBatch, written: &str, read: &str) {
    let messages = encode(&*encoder(&format!("debezium-json: {{ {written} }}")), batch);
    let messages: Vec<String> = messages.into_iter().map(Option::unwrap).collect();
    let decoded = decode(&*decoder(&format!("debezium-json: {{ {read} }}")), &messages);
    assert_eq!(decoded.rejects, [], "{written}: {messages:?}");
    let [found] = batches(&decoded)[..] else { panic!("{written}: {decoded:?}") };
    assert_eq!(found.table(), batch.table());
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        let found = found.column(field.name()).unwrap();
        assert_eq!(found.values().to_data(), column.values().to_data(), "{written}: {field}");
    }
}

/// The types of the columns, for events that do not say them.
const SCHEMA: &str = r#"schema: { d.s.t: { amount: "decimal(18,2)", unsigned: uint64, bytes: bytes, day: date, wall: datetime, instant: timestamp, time: time } }"#;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn every_mode_gives_back_what_was_written(rows in vec(row(), 1..6), finer in 0..1_000_i64) {
        for times in TIMES {
            let batch = batch(&rows, if times == "connect" { 0 } else { finer });
            for (decimals, bigint, binary) in [
                ("precise", "precise", "bytes"),
                ("precise", "long", "base64"),
                ("string", "precise", "base64-url-safe"),
                ("string", "long", "hex"),
            ] {
                let modes = format!(
                    "times: {times}, decimals: {decimals}, bigint_unsigned: {bigint}, binary: {binary}"
                );
                check(&batch, &modes, &format!("binary: {binary}"));
                // Bytes of an unsigned number are those of a decimal.
                if decimals == "precise" || bigint == "long" {
                    let bare = if times == "connect" || times == "isostring" { times } else { "adaptive" };
                    let read = format!("times: {bare}, decimals: {decimals}, bigint_unsigned: {bigint}, binary: {binary}, {SCHEMA}");
                    check(&batch, &format!("envelope: false, {modes}"), &read);
                }
            }
        }
    }
}

#[test]
fn what_a_mode_cannot_hold_is_refused() {
    let row: Row = (None, 0, None, None, 0, 0, 0);
    for (batch, options) in
        [(batch(std::slice::from_ref(&row), 1), "times: connect"), (batch(&[row], -1), "times: isostring")]
    {
        let mut out = sluicegate_format::Messages::default();
        let rejects = encoder(&format!("debezium-json: {{ {options} }}")).encode(&batch, &mut out).unwrap();
        assert_eq!((rejects.len(), out.messages.len(), out.bytes.len()), (1, 0, 0), "{options}");
        assert!(rejects[0].reason.contains("`times: adaptive`"), "{}", rejects[0].reason);
    }
}
