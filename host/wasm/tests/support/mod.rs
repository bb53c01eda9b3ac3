//! The test guest, steps made of it, and batches for them.
#![allow(dead_code, reason = "each test file uses a part")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, OnceLock};

use arrow_array::{ArrayRef, BinaryArray, Int64Array, StringArray};
use arrow_buffer::BooleanBuffer;
use arrow_schema::{DataType, Field, Schema};
use serde_json::Value;
use sluicegate_connector::{Outcome, Transform, TransformError};
use sluicegate_evil_guests::build;
use sluicegate_keys::{Algorithm, KeyRing, KeySpec, Secret, Use};
use sluicegate_model::{Cell, ChangeBatch, Column, Meta, Origin, field, meta};
use sluicegate_wasm::{GuestSource, Host, HostOptions, Limits, Step, StepInstance, StepOptions};

/// The test guest, a core module, built from `tests/guest` where that has changed.
pub fn guest() -> GuestSource {
    static GUEST: OnceLock<GuestSource> = OnceLock::new();
    GUEST.get_or_init(built).clone()
}

fn built() -> GuestSource {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/guest"));
    GuestSource::file(&build::module(folder, "sluicegate-wasm-test-guest")).unwrap()
}

/// A host whose compiled guests are kept between tests.
pub fn host() -> Host {
    let cache_dir = Some(Path::new(env!("CARGO_TARGET_TMPDIR")).join("guest-cache"));
    Host::new(HostOptions { cache_dir }).unwrap()
}

/// A key ring of three keys; `no-grant` is granted to nobody.
pub fn keys() -> Arc<KeyRing> {
    let secret = || Secret::new("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
    let key = |name: &str, algorithm| (name.to_owned(), KeySpec::new(algorithm, "v1", secret()));
    let specs = BTreeMap::from([
        key("card", Algorithm::Xaes256Gcm),
        key("pseudonym", Algorithm::HmacSha256),
        key("no-grant", Algorithm::Xaes256Gcm),
    ]);
    Arc::new(KeyRing::build(&specs).unwrap())
}

/// A step of the test guest that is granted nothing.
pub fn options(with: Value) -> StepOptions {
    StepOptions {
        name: "step-1".to_owned(),
        guest: guest(),
        pin: None,
        with,
        grants: BTreeMap::new(),
        keys: keys(),
        limits: Limits::default(),
        pipeline: "orders".to_owned(),
        time_zone: "Asia/Shanghai".to_owned(),
    }
}

pub fn granted(mut options: StepOptions, key: &str, uses: &[Use]) -> StepOptions {
    options.grants.insert(key.to_owned(), uses.iter().copied().collect::<BTreeSet<_>>());
    options
}

pub fn start(options: StepOptions) -> StepInstance {
    Step::new(&host(), options).unwrap().start().unwrap()
}

/// What a step of the test guest makes of a batch.
pub fn run(with: Value, batch: &ChangeBatch) -> Result<Outcome, TransformError> {
    start(options(with)).transform(batch)
}

/// The one output of a step that has one.
pub fn output(with: Value, batch: &ChangeBatch) -> ChangeBatch {
    let mut outcome = run(with, batch).unwrap();
    assert_eq!(outcome.outputs.len(), 1);
    assert_eq!(outcome.rejects, []);
    outcome.outputs.remove(0)
}

/// The line of a trap.
pub fn trap(with: Value, batch: &ChangeBatch) -> String {
    match run(with, batch) {
        Err(TransformError::Trap(reason)) => reason,
        other => panic!("no trap: {other:?}"),
    }
}

/// Six rows of shop.orders: an insert, a pair, a delete, and another pair. `name` is missing in row 3.
pub fn orders() -> ChangeBatch {
    let ids: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 2, 3, 4, 4]));
    let names: ArrayRef =
        Arc::new(StringArray::from(vec![Some("anna"), None, Some("bert"), None, Some("cleo"), Some("dora")]));
    let presence = BooleanBuffer::from(vec![true, true, true, false, true, true]);
    let amounts: ArrayRef = Arc::new(StringArray::from(vec!["1", "2.50", "3", "4", "x", "6"]));
    let mut meta = Meta::new();
    meta.set(
        meta::KEY,
        Arc::new(BinaryArray::from_vec(vec![b"k1", b"k2", b"k2", b"k3", b"k4", b"k4"])) as ArrayRef,
    );
    let number = [(field::JSON.to_owned(), field::JSON_NUMBER.to_owned())].into();
    let name = [
        (field::SOURCE_TYPE.to_owned(), "varchar(20)".to_owned()),
        (field::COMMENT.to_owned(), "who".to_owned()),
    ];
    let schema = Schema::new(vec![
        Field::new("id", DataType::Int64, false),
        Field::new("name", DataType::Utf8, true).with_metadata(name.into()),
        Field::new("amount", DataType::Utf8, true).with_metadata(number),
    ]);
    ChangeBatch::new(
        "shop.orders".into(),
        Arc::new(schema),
        vec![Column::new(ids), Column::with_presence(names, Some(presence)), Column::new(amounts)],
        vec![0, 1, 2, 3, 1, 2].into(),
        Origin { lane: "orders/0".into(), ordinals: vec![10, 11, 11, 12, 13, 13].into(), parts: None },
        Arc::from(["id".to_owned()]),
        meta,
    )
    .unwrap()
}

/// A batch of inserts with these columns.
pub fn inserts(columns: Vec<(&str, Column)>) -> ChangeBatch {
    let rows = columns.first().map_or(0, |(_, column)| column.len());
    let fields: Vec<Field> =
        columns.iter().map(|(name, column)| Field::new(*name, column.data_type().clone(), true)).collect();
    ChangeBatch::new(
        "t".into(),
        Arc::new(Schema::new(fields)),
        columns.into_iter().map(|(_, column)| column).collect(),
        vec![0; rows].into(),
        Origin { lane: "l".into(), ordinals: (0..rows as u64).collect(), parts: None },
        Arc::from([]),
        Meta::new(),
    )
    .unwrap()
}

/// Cells of a text column; missing ones as `?`.
pub fn texts(column: &Column) -> Vec<Option<String>> {
    let array = column.values().as_any().downcast_ref::<StringArray>().expect("a text column");
    let text = |row: usize| match column.cell(row) {
        Cell::Missing => Some("?".to_owned()),
        Cell::Null => None,
        Cell::Value => Some(array.value(row).to_owned()),
    };
    (0..column.len()).map(text).collect()
}

pub fn ordinals(batch: &ChangeBatch) -> Vec<u64> {
    batch.origin().ordinals.to_vec()
}
