//! The rows: an order each.

use std::fmt::Write as _;
use std::sync::Arc;

use arrow_array::{
    ArrayRef, Decimal128Array, Int32Array, Int64Array, StringArray, TimestampMicrosecondArray,
};
use arrow_schema::{Field, Schema};
use sluicegate_model::{ChangeBatch, Column, Meta, Origin, RowKind};

/// Rows of a batch.
pub const BATCH: usize = 8_192;

/// The table.
pub const TABLE: &str = "CREATE TABLE orders (id BIGINT PRIMARY KEY, customer_id BIGINT, name VARCHAR(40), \
                         phone VARCHAR(20), amount DECIMAL(18,2), quantity INT, paid_at DATETIME(6), status VARCHAR(10))";

/// Rows as batches and as the lines of a file.
pub struct Rows {
    /// Batches.
    pub batches: Vec<ChangeBatch>,
    /// The lines, cells separated by tabs.
    pub lines: String,
}

impl Rows {
    /// So many batches.
    pub fn new(batches: usize) -> Self {
        let mut lines = String::new();
        let batches = (0..batches).map(|number| batch(number, &mut lines)).collect();
        Self { batches, lines }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.batches.len() * BATCH
    }

    /// Bytes of the lines.
    pub fn bytes(&self) -> usize {
        self.lines.len()
    }
}

fn batch(number: usize, lines: &mut String) -> ChangeBatch {
    let first = number * BATCH;
    let ids = || (first..first + BATCH).map(|id| id as i64);
    let name = |id: i64| format!("Alexandra {}", id % 9_973);
    let phone = |id: i64| format!("+86 138 {:04} {:04}", id / 7 % 10_000, id % 10_000);
    let cents = |id: i64| id * 7_919 % 10_000_000;
    let micros = |id: i64| 1_700_000_000_000_000 + id * 1_234_567;
    let status = |id: i64| ["new", "paid", "sent", "done"][(id % 4) as usize];
    for id in ids() {
        let time = chrono::DateTime::from_timestamp_micros(micros(id)).unwrap_or_default();
        // Writing to a text does not fail.
        let _ = writeln!(
            lines,
            "{id}\t{}\t{}\t{}\t{}.{:02}\t{}\t{}\t{}",
            id % 9_973,
            name(id),
            phone(id),
            cents(id) / 100,
            cents(id) % 100,
            id % 100,
            time.format("%Y-%m-%d %H:%M:%S%.6f"),
            status(id),
        );
    }
    let amounts = Decimal128Array::from_iter_values(ids().map(|id| i128::from(cents(id))));
    let amounts = amounts.with_precision_and_scale(18, 2).expect("seven digits are not more than eighteen");
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("id", Arc::new(Int64Array::from_iter_values(ids()))),
        ("customer_id", Arc::new(Int64Array::from_iter_values(ids().map(|id| id % 9_973)))),
        ("name", Arc::new(StringArray::from_iter_values(ids().map(name)))),
        ("phone", Arc::new(StringArray::from_iter_values(ids().map(phone)))),
        ("amount", Arc::new(amounts)),
        ("quantity", Arc::new(Int32Array::from_iter_values(ids().map(|id| (id % 100) as i32)))),
        ("paid_at", Arc::new(TimestampMicrosecondArray::from_iter_values(ids().map(micros)))),
        ("status", Arc::new(StringArray::from_iter_values(ids().map(status)))),
    ];
    let fields: Vec<Field> =
        columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect();
    let ordinals: Vec<u64> = (first..first + BATCH).map(|ordinal| ordinal as u64).collect();
    ChangeBatch::new(
        "orders".into(),
        Arc::new(Schema::new(fields)),
        columns.into_iter().map(|(_, array)| Column::new(array)).collect(),
        vec![RowKind::Insert.code(); BATCH].into(),
        Origin { lane: "bench/0".into(), ordinals: ordinals.into(), parts: None },
        ["id".to_owned()].into(),
        Meta::new(),
    )
    .expect("a batch")
}
