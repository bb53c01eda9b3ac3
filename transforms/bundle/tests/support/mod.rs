//! Batches written and read as text, and steps that run the guests as a pipeline does.

#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use arrow_array::{ArrayRef, Decimal128Array, Int64Array, StringArray};
use arrow_buffer::BooleanBuffer;
use arrow_cast::display::array_value_to_string;
use arrow_schema::{Field, Schema};
use serde_json::Value;
use sluicegate_connector::{Outcome, Transform, TransformError};
use sluicegate_keys::{Algorithm, KeyRing, KeySpec, Secret, SecretEncoding, Use};
use sluicegate_model::{Cell, ChangeBatch, Column, Meta, Origin};
use sluicegate_transforms::{built_in, example};
use sluicegate_wasm::{Grants, GuestSource, Host, HostOptions, Limits, Step, StepOptions};

static HOST: LazyLock<Host> = LazyLock::new(|| Host::new(HostOptions::default()).expect("the engine starts"));

/// A step of a guest, with the keys `card` and `join` granted for everything; those of the pages have a year behind.
pub fn step(guest: &'static str, with: Value) -> Step {
    granted(guest, with, &[Use::Seal, Use::Open, Use::Mac])
}

/// The same with these uses of the keys alone.
pub fn granted(guest: &'static str, with: Value, uses: &[Use]) -> Step {
    let found = built_in(guest).or_else(|| example(guest)).expect("there is such a guest");
    let spec = |algorithm, byte: &str| {
        let secret = Secret::new(byte.repeat(32));
        KeySpec { secret_encoding: SecretEncoding::Hex, ..KeySpec::new(algorithm, "v1", secret) }
    };
    let specs = BTreeMap::from([
        ("card".to_owned(), spec(Algorithm::Xaes256Gcm, "01")),
        ("join".to_owned(), spec(Algorithm::HmacSha256, "02")),
        ("card-2026".to_owned(), spec(Algorithm::Xaes256Gcm, "03")),
        ("join-2026".to_owned(), spec(Algorithm::HmacSha256, "04")),
    ]);
    let grants: Grants = specs.keys().map(|key| (key.clone(), uses.iter().copied().collect())).collect();
    let options = StepOptions {
        name: "under-test".to_owned(),
        guest: GuestSource::new(guest, found.wasm),
        pin: None,
        with,
        grants,
        keys: Arc::new(KeyRing::build(&specs).expect("the keys are good")),
        limits: Limits::default(),
        pipeline: "test".to_owned(),
        time_zone: "UTC".to_owned(),
    };
    Step::new(&HOST, options).expect("the guest loads")
}

/// What a step makes of a batch.
pub fn run(step: &Step, batch: &ChangeBatch) -> Result<Outcome, TransformError> {
    step.start()?.transform(batch)
}

/// The message with which a step refuses its configuration.
pub fn refusal(guest: &'static str, with: Value) -> String {
    match step(guest, with).start() {
        Err(TransformError::Stop(message)) => message,
        Err(other) => panic!("it should stop, not {other:?}"),
        Ok(_) => panic!("the configuration should be refused"),
    }
}

/// A column of text: `NULL` and `?` (missing) stand for states.
pub fn text(cells: &[&str]) -> Column {
    let values: StringArray = cells.iter().map(|cell| Some(*cell).filter(|cell| !is_state(cell))).collect();
    three_states(Arc::new(values), cells)
}

/// A column of 64-bit integers, written likewise.
pub fn int64(cells: &[&str]) -> Column {
    let values: Int64Array = cells.iter().map(|cell| cell.parse::<i64>().ok()).collect();
    three_states(Arc::new(values), cells)
}

/// A column of decimal(18,2), in hundredths.
pub fn decimal(cells: &[&str]) -> Column {
    let values: Decimal128Array = cells.iter().map(|cell| cell.parse::<i128>().ok()).collect();
    three_states(Arc::new(values.with_precision_and_scale(18, 2).expect("a decimal")), cells)
}

/// A column of a type by its name, from text in which every cell fits.
pub fn typed(data_type: &str, cells: &[&str]) -> Column {
    let to = sluicegate_model::data_type::parse(data_type).expect("a type");
    let made = sluicegate_kernels::cast(&text(cells), &to, &[]).expect("a cast");
    assert!(made.failed.is_empty(), "{:?}", made.failed);
    made.column
}

fn is_state(cell: &str) -> bool {
    matches!(cell, "NULL" | "?")
}

fn three_states(values: ArrayRef, cells: &[&str]) -> Column {
    let presence: BooleanBuffer = cells.iter().map(|cell| *cell != "?").collect();
    Column::with_presence(values, Some(presence))
}

/// A batch of a table. `kinds` is a letter a row: I, B (update-before), A (update-after), D; an A behind a B is
/// its other half.
pub fn batch(table: &str, key: &[&str], kinds: &str, fields: Vec<(&str, Column)>) -> ChangeBatch {
    let schema: Vec<Field> =
        fields.iter().map(|(name, column)| Field::new(*name, column.data_type().clone(), true)).collect();
    let mut ordinals = Vec::new();
    for (row, kind) in kinds.chars().enumerate() {
        let half = kind == 'A' && row > 0 && kinds.as_bytes()[row - 1] == b'B';
        ordinals.push(if half { ordinals[row - 1] } else { 100 + row as u64 });
    }
    let codes: Vec<u8> = kinds.chars().map(|kind| "IBAD".find(kind).expect("a kind") as u8).collect();
    let origin = Origin { lane: "orders/0".into(), ordinals: ordinals.into(), parts: None };
    let mut meta = Meta::new();
    let offsets: Int64Array = (0..codes.len() as i64).map(Some).collect();
    meta.set("offset", Arc::new(offsets));
    ChangeBatch::new(
        table.into(),
        Arc::new(Schema::new(schema)),
        fields.into_iter().map(|(_, column)| column).collect(),
        codes.into(),
        origin,
        key.iter().map(|name| (*name).to_owned()).collect(),
        meta,
    )
    .expect("a batch")
}

/// Each row of a batch: its kind, then its cells by name.
pub fn rows(batch: &ChangeBatch) -> Vec<String> {
    let row = |row: usize| {
        let cells = batch.schema().fields().iter().zip(batch.columns()).map(|(field, column)| {
            let value = match column.cell(row) {
                Cell::Missing => "?".to_owned(),
                Cell::Null => "NULL".to_owned(),
                Cell::Value => array_value_to_string(column.values(), row).expect("it prints"),
            };
            format!(" {}={value}", field.name())
        });
        format!("{}{}", batch.kind(row), cells.collect::<String>())
    };
    (0..batch.len()).map(row).collect()
}

/// Table and rows of each output.
pub fn outputs(outcome: &Outcome) -> Vec<(String, Vec<String>)> {
    outcome.outputs.iter().map(|output| (output.table().to_string(), rows(output))).collect()
}

/// Rows and reasons of the rejects.
pub fn rejects(outcome: &Outcome) -> Vec<(u32, &str)> {
    outcome.rejects.iter().map(|reject| (reject.row, reject.reason.as_str())).collect()
}

/// Name and type of each field of a batch.
pub fn fields(batch: &ChangeBatch) -> Vec<String> {
    let name = |field: &Arc<Field>| {
        let data_type = sluicegate_model::data_type::name_of(field.data_type());
        format!("{} {}", field.name(), data_type.unwrap_or_default())
    };
    batch.schema().fields().iter().map(name).collect()
}

/// The message of a stop.
pub fn stop(result: Result<Outcome, TransformError>) -> String {
    match result {
        Err(TransformError::Stop(message)) => message,
        other => panic!("it should stop: {other:?}"),
    }
}
