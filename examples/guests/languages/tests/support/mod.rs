//! The guests, built where they have changed; batches for them, and what a guest gives.
#![allow(dead_code, reason = "each test file uses a part")]

use std::path::Path;
use std::process::Command;
use std::sync::{Arc, OnceLock};

use arrow_array::{Array, ArrayRef, Int64Array, StringArray};
use arrow_buffer::BooleanBuffer;
use arrow_schema::{DataType, Field, Schema};
use serde_json::Value;
use sluicegate_keys::KeyRing;
use sluicegate_model::{ChangeBatch, Column, Meta, Origin};
use sluicegate_wasm::{GuestSource, Host, HostOptions, Limits, Step, StepOptions};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../..");

/// The exit code of `scripts/guests` for a language whose tools are not to be had.
const UNAVAILABLE: i32 = 69;

/// The guest in a language. None: it cannot be built here, which is said by name.
pub fn guest(language: &str) -> Option<GuestSource> {
    if language == "rust" {
        let rust = sluicegate_transforms::example("mask-name").unwrap();
        return Some(GuestSource::new(rust.name, rust.wasm));
    }
    let built = Command::new(Path::new(ROOT).join("scripts/guests"))
        .arg(language)
        .env("BINDINGS", env!("CARGO_BIN_EXE_guest-bindings"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&built.stderr);
    if built.status.code() == Some(UNAVAILABLE) {
        println!("NOT TESTED: {said}");
        return None;
    }
    assert!(built.status.success(), "{said}");
    let file = format!("target/guest-languages/mask-name-{language}.wasm");
    Some(GuestSource::file(&Path::new(ROOT).join(file)).unwrap())
}

/// A host whose compiled guests are kept between tests.
fn host() -> &'static Host {
    static HOST: OnceLock<Host> = OnceLock::new();
    HOST.get_or_init(|| {
        let cache_dir = Some(Path::new(env!("CARGO_TARGET_TMPDIR")).join("guest-cache"));
        Host::new(HostOptions { cache_dir }).unwrap()
    })
}

/// A step of a guest, under the default limits.
pub fn step(guest: GuestSource, with: Value) -> Step {
    // Every test is a process of its own under nextest: one compiles a guest, the others wait for it.
    let lock = Path::new(env!("CARGO_TARGET_TMPDIR")).join("guest-cache.lock");
    let lock = std::fs::File::create(lock).unwrap();
    lock.lock().unwrap();
    let options = StepOptions {
        name: "mask".to_owned(),
        guest,
        pin: None,
        with,
        grants: std::collections::BTreeMap::new(),
        keys: Arc::new(KeyRing::default()),
        limits: Limits::default(),
        pipeline: "people".to_owned(),
        time_zone: "UTC".to_owned(),
    };
    Step::new(host(), options).unwrap()
}

/// Inserts into `shop.people`.
pub fn batch(columns: Vec<(String, Column)>, rows: usize) -> ChangeBatch {
    let fields: Vec<Field> =
        columns.iter().map(|(name, column)| Field::new(name, column.data_type().clone(), true)).collect();
    ChangeBatch::new(
        "shop.people".into(),
        Arc::new(Schema::new(fields)),
        columns.into_iter().map(|(_, column)| column).collect(),
        vec![0; rows].into(),
        Origin { lane: "people/0".into(), ordinals: (0..rows as u64).collect(), parts: None },
        Arc::from([]),
        Meta::new(),
    )
    .unwrap()
}

/// A cell as fixtures have it: none is missing, null is NULL.
pub type Cell = Option<Value>;

/// A column of cells.
pub fn column(data_type: &str, cells: &[Cell]) -> Column {
    let values = cells.iter().map(|cell| cell.as_ref().filter(|cell| !cell.is_null()));
    let values: ArrayRef = match data_type {
        "utf8" => {
            Arc::new(values.map(|cell| cell.map(|text| text.as_str().unwrap())).collect::<StringArray>())
        }
        "int64" => {
            Arc::new(values.map(|cell| cell.map(|number| number.as_i64().unwrap())).collect::<Int64Array>())
        }
        other => panic!("fixtures have no {other}"),
    };
    Column::with_presence(values, Some(cells.iter().map(Option::is_some).collect::<BooleanBuffer>()))
}

/// The cells of a column.
pub fn cells(column: &Column) -> Vec<Cell> {
    let value = |row: usize| -> Value {
        if column.values().is_null(row) {
            return Value::Null;
        }
        match column.data_type() {
            DataType::Utf8 => {
                column.values().as_any().downcast_ref::<StringArray>().unwrap().value(row).into()
            }
            DataType::Int64 => {
                column.values().as_any().downcast_ref::<Int64Array>().unwrap().value(row).into()
            }
            other => panic!("a column of {other}"),
        }
    };
    (0..column.len()).map(|row| (!column.is_missing(row)).then(|| value(row))).collect()
}

/// What every guest has to make of a text: the rule in its simplest words.
pub fn mask(text: &str, keep: usize, with: char) -> String {
    text.chars().enumerate().map(|(place, character)| if place < keep { character } else { with }).collect()
}
