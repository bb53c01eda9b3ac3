//! The same rows as JSON, CSV and Arrow, compressed and not: equal tables.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int32Array, Int64Array,
    StringArray, TimestampMicrosecondArray, UInt64Array,
};
use arrow_buffer::BooleanBuffer;
use proptest::prelude::*;
use sluicegate_connector::{Class, Sink as _, WriteError};
use sluicegate_model::{ChangeBatch, Column};
use starrocks_sim::{Settings, Simulator};

use crate::support::{Running, Target, batch, cluster, cluster_with, orders};

const ORDERS: &str =
    "CREATE TABLE ods.orders (id BIGINT NOT NULL, name VARCHAR(8)) PRIMARY KEY(id) DISTRIBUTED BY HASH(id)";

/// Options, by the name of the table that they write to.
const FORMS: [(&str, &str); 8] = [
    ("transactions", "{}"),
    ("json", r#""format": "json""#),
    ("json_lz4", r#""format": "json", "compression": "lz4""#),
    ("json_zstd", r#""format": "json", "compression": "zstd""#),
    ("csv", r#""format": "csv""#),
    ("csv_gzip", r#""format": "csv", "compression": "gzip""#),
    ("csv_zstd", r#""compression": "zstd""#),
    ("arrow", r#""format": "arrow""#),
];

fn options(more: &str, write: &str) -> String {
    match more {
        "{}" => format!(r#"{{"write": "{write}"}}"#),
        more => format!(r#"{{"write": "{write}", "delivery": "at-least-once", {more}}}"#),
    }
}

#[derive(Clone, Debug)]
struct Row {
    kind: u8,
    id: i64,
    large: Option<u64>,
    small: Option<i32>,
    amount: Option<i128>,
    ratio: Option<f64>,
    flag: Option<bool>,
    day: Option<i32>,
    moment: Option<i64>,
    bytes: Option<Vec<u8>>,
    text: Option<String>,
    note: String,
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    // What separates, encloses, escapes and means NULL in one form or another.
    let text = prop_oneof![
        "[\\x00-\\x05\"'\\\\,\t\n\raN订é]{0,8}",
        Just("\\N".to_owned()),
        Just("\"\"".to_owned()),
        Just("\u{3}".to_owned()),
    ];
    let numbers = (
        prop::option::of(any::<u64>()),
        prop::option::of(any::<i32>()),
        prop::option::of(-(10_i128.pow(38) - 1)..10_i128.pow(38)),
        prop::option::of(prop::num::f64::NORMAL | prop::num::f64::ZERO),
        prop::option::of(any::<bool>()),
    );
    let others = (
        prop::option::of(-719_528..2_932_896_i32),
        prop::option::of(-62_167_219_200_000_000..253_402_300_799_999_999_i64),
        prop::option::of(prop::collection::vec(any::<u8>(), 0..6)),
        prop::option::of(text.clone()),
        text,
    );
    let row = (prop_oneof![Just(0_u8), Just(2), Just(3)], 0..6_i64, numbers, others).prop_map(
        |(kind, id, (large, small, amount, ratio, flag), (day, moment, bytes, text, note))| Row {
            kind,
            id,
            large,
            small,
            amount,
            ratio,
            flag,
            day,
            moment,
            bytes,
            text,
            note,
        },
    );
    prop::collection::vec(row, 1..20)
}

fn changes(table: &str, rows: &[Row]) -> ChangeBatch {
    let amounts = rows.iter().map(|row| row.amount).collect::<Decimal128Array>();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("id", Arc::new(rows.iter().map(|row| row.id).collect::<Int64Array>())),
        ("large", Arc::new(rows.iter().map(|row| row.large).collect::<UInt64Array>())),
        ("small", Arc::new(rows.iter().map(|row| row.small).collect::<Int32Array>())),
        ("amount", Arc::new(amounts.with_precision_and_scale(38, 10).unwrap())),
        ("ratio", Arc::new(rows.iter().map(|row| row.ratio).collect::<Float64Array>())),
        ("flag", Arc::new(rows.iter().map(|row| row.flag).collect::<BooleanArray>())),
        ("day", Arc::new(rows.iter().map(|row| row.day).collect::<Date32Array>())),
        ("moment", Arc::new(rows.iter().map(|row| row.moment).collect::<TimestampMicrosecondArray>())),
        ("bytes", Arc::new(rows.iter().map(|row| row.bytes.as_deref()).collect::<BinaryArray>())),
        ("text", Arc::new(rows.iter().map(|row| row.text.as_deref()).collect::<StringArray>())),
        ("note", Arc::new(rows.iter().map(|row| Some(row.note.as_str())).collect::<StringArray>())),
    ];
    let columns = columns.into_iter().map(|(name, array)| (name, Column::new(array))).collect();
    batch(table, columns, &rows.iter().map(|row| row.kind).collect::<Vec<_>>())
}

async fn write(simulator: &Simulator, write: &str, epochs: &[Vec<Row>]) -> Vec<(&'static str, Vec<String>)> {
    let model = if write == "upsert" { "PRIMARY" } else { "DUPLICATE" };
    let mut tables = Vec::new();
    for (table, more) in FORMS {
        simulator.query(&format!("DROP TABLE IF EXISTS ods.{table}")).unwrap();
        simulator
            .query(&format!(
                "CREATE TABLE ods.{table} (id BIGINT NOT NULL, large LARGEINT, small INT, amount DECIMAL(38,10), \
                 ratio DOUBLE, flag BOOLEAN, day DATE, moment DATETIME, bytes VARBINARY, text VARCHAR(64), \
                 note VARCHAR(64) NOT NULL) {model} KEY(id) DISTRIBUTED BY HASH(id)"
            ))
            .unwrap();
        let target = Target::new(simulator, &options(more, write));
        let mut running = Running::start(&target).await;
        for rows in epochs {
            let to = running.at() + rows.len() as i64;
            running
                .epoch(&changes(table, rows), to)
                .await
                .unwrap_or_else(|error| panic!("{table}: {error:?}"));
        }
        tables.push((table, simulator.query(&format!("SELECT * FROM ods.{table}")).unwrap()));
    }
    tables
}

fn equal(tables: &[(&str, Vec<String>)]) {
    let (_, first) = &tables[0];
    for (table, rows) in tables {
        assert_eq!(rows, first, "{table}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn every_form_makes_the_same_table(epochs in prop::collection::vec(rows(), 1..3)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let simulator = cluster_with(Settings { version: (4, 2), ..Settings::default() }).await;
            equal(&write(&simulator, "upsert", &epochs).await);
            // What is only added is never removed.
            let added: Vec<Vec<Row>> = epochs
                .iter()
                .map(|rows| rows.iter().map(|row| Row { kind: 0, ..row.clone() }).collect())
                .collect();
            let tables = write(&simulator, "append", &added).await;
            let all: usize = added.iter().map(Vec::len).sum();
            prop_assert_eq!(tables[0].1.len(), all);
            equal(&tables);
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn the_version_says_which_form_is_taken() {
    for (version, format, expected) in
        [((3, 3), "auto", "csv"), ((4, 2), "auto", "arrow"), ((4, 2), "json", "json"), ((4, 2), "csv", "csv")]
    {
        let simulator = cluster_with(Settings { version, ..Settings::default() }).await;
        simulator.query(ORDERS).unwrap();
        let options = format!(r#"{{"delivery": "at-least-once", "format": "{format}"}}"#);
        let target = Target::new(&simulator, &options);
        let mut running = Running::start(&target).await;
        running.epoch(&orders(&[(0, 1, Some("a"))]), 1).await.unwrap();
        assert_eq!(simulator.formats(), [expected], "{version:?} {format}");
    }
    let simulator = cluster().await;
    simulator.query(ORDERS).unwrap();
    let target = Target::new(&simulator, r#"{"delivery": "at-least-once", "format": "arrow"}"#);
    let error = target.sink().prepare(&[orders(&[])]).await.unwrap_err();
    assert_eq!(error.class(), Class::Configuration);
    assert!(error.to_string().contains("4.2 and later, and the cluster is version 3.5"), "{error}");
}

/// A table that got its first row in a form. The target has the positions: it is kept as long as the writer.
async fn with_one_row(format: &str) -> (Simulator, Target, Running) {
    let simulator = cluster_with(Settings { version: (4, 2), ..Settings::default() }).await;
    simulator.query(ORDERS).unwrap();
    let options = format!(r#"{{"delivery": "at-least-once", "format": "{format}"}}"#);
    let target = Target::new(&simulator, &options);
    let mut running = Running::start(&target).await;
    running.epoch(&orders(&[(0, 1, Some("a"))]), 1).await.unwrap();
    (simulator, target, running)
}

#[tokio::test]
async fn what_a_form_cannot_hold_goes_as_json() {
    for (format, plain) in [("csv", "csv"), ("arrow", "arrow")] {
        let (simulator, _target, mut running) = with_one_row(format).await;
        // NULL in CSV; a change without all columns in Arrow.
        let id: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
        let names: ArrayRef = Arc::new(StringArray::from(vec![None, Some("\\N")]));
        let names = Column::with_presence(names, Some(BooleanBuffer::from(vec![false, true])));
        let rows = batch("orders", vec![("id", Column::new(id)), ("name", names)], &[2, 2]);
        running.epoch(&rows, 3).await.unwrap();
        assert_eq!(simulator.query("SELECT * FROM ods.orders ORDER BY id").unwrap(), ["1|a", "2|\\N"]);
        let formats = simulator.formats();
        assert_eq!(formats[0], plain);
        assert!(formats[1..].iter().all(|format| format == "json"), "{formats:?}");
    }
}

/// CSV knows changes without all columns: each set of columns is a load.
#[tokio::test]
async fn partial_changes_as_csv() {
    let simulator = cluster().await;
    simulator
        .query("CREATE TABLE ods.orders (id BIGINT NOT NULL, name VARCHAR(8), city VARCHAR(8)) PRIMARY KEY(id) DISTRIBUTED BY HASH(id)")
        .unwrap();
    let target = Target::new(&simulator, r#"{"delivery": "at-least-once", "format": "csv"}"#);
    let mut running = Running::start(&target).await;
    let make = |names: Column, cities: Column, kinds: &[u8]| {
        let ids: ArrayRef = Arc::new((1..=kinds.len() as i64).collect::<Int64Array>());
        batch("orders", vec![("id", Column::new(ids)), ("name", names), ("city", cities)], kinds)
    };
    let texts = |texts: &[Option<&str>]| Arc::new(StringArray::from(texts.to_vec())) as ArrayRef;
    let names = Column::new(texts(&[Some("a"), Some(""), Some("c")]));
    let cities = Column::new(texts(&[Some("x"), Some("\u{1}"), None]));
    running.epoch(&make(names, cities, &[0; 3]), 3).await.unwrap();
    let presence = |bits: [bool; 3]| Some(BooleanBuffer::from(bits.to_vec()));
    let names = Column::with_presence(texts(&[Some("A"), None, Some("")]), presence([true, false, true]));
    let cities = Column::with_presence(texts(&[None, Some("\"Y"), None]), presence([false, true, false]));
    running.epoch(&make(names, cities, &[2; 3]), 6).await.unwrap();
    let all = "SELECT * FROM ods.orders ORDER BY id";
    assert_eq!(simulator.query(all).unwrap(), ["1|A|x", "2||\"Y", "3||NULL"]);
    assert_eq!(simulator.formats(), ["csv"; 3]);
}

/// A row for which a load of CSV or Arrow is refused is found as in a transaction.
#[tokio::test]
async fn refused_rows_are_found_in_every_form() {
    for format in ["json", "csv", "arrow"] {
        let (simulator, _target, mut running) = with_one_row(format).await;
        // The table changes behind our back.
        simulator.query("DROP TABLE ods.orders").unwrap();
        simulator.query(&ORDERS.replace("VARCHAR(8)", "VARCHAR(2)")).unwrap();
        let rows = orders(&[(0, 2, Some("ab")), (0, 3, Some("abc")), (0, 4, None)]);
        running.write(&rows).await.unwrap();
        if format != "json" {
            // Which row it is is found out of JSON.
            let error = running.commit(4).await.unwrap_err();
            assert!(
                matches!(&error, WriteError::Error(error) if error.class() == Class::Transient),
                "{error:?}"
            );
            running.writer.abort().await.unwrap();
            running.write(&rows).await.unwrap();
        }
        let refused = match running.commit(4).await {
            Err(WriteError::Rejected(refused)) => refused,
            other => panic!("{format}: {other:?}"),
        };
        assert_eq!(refused.len(), 1, "{format}: {refused:?}");
        assert_eq!(refused[0].ordinal, 1);
        assert!(refused[0].reason.contains("String 'abc'(length=3) is too long"), "{}", refused[0].reason);
    }
}
