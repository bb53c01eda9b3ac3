//! Each built-in through the WebAssembly host, against the same work done natively.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;

use arrow_array::{Array as _, Int64Array, StringArray};
use arrow_schema::{Field, Schema};
use serde_json::{Value, json};
use sluicegate_connector::Transform;
use sluicegate_keys::{Algorithm, Encoding, KeyRing, KeySpec, Secret, SecretEncoding, Use};
use sluicegate_model::{ChangeBatch, Column, Meta, Origin};
use sluicegate_transforms::{Guest, built_in, example};
use sluicegate_wasm::{GuestSource, Host, HostOptions, Limits, Step, StepInstance, StepOptions};

use crate::Fallible;
use crate::native;
use crate::process::thread_time;
use crate::table::{Section, median};

/// Rows of the batch by which the cost of a row is told.
pub(crate) const ROWS: usize = 8_192;

/// Rows of the batch by which the cost of a batch itself is told.
pub(crate) const FEW: usize = 1;

pub(crate) type Native = dyn Fn(&ChangeBatch) -> Fallible<Vec<ChangeBatch>>;

/// A step, and what does the same natively.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) guest: &'static str,
    with: Value,
    pub(crate) native: Box<Native>,
    /// Makes a batch of so many rows.
    pub(crate) given: fn(usize) -> Fallible<ChangeBatch>,
    /// Whether each run gives other bytes: a sealed cell has a random nonce.
    random: bool,
}

/// Measures all built-ins.
///
/// # Errors
/// Where a guest does not load or run, or gives something else than its native form.
pub fn measure(batches: usize) -> Fallible<Vec<Section>> {
    let host = Host::new(HostOptions::default())?;
    let ring = ring()?;
    let title = "Steps against the same work done natively";
    let about = format!(
        "A batch of {ROWS} rows and 10 columns of text, one thread, {batches} rounds in turns, medians of the thread's CPU \
         time. Native is the same kernels and key ring called without a guest, the batches that come out included. A \
         batch: what a batch of one row costs more than its native form."
    );
    let mut section = Section::new(title, about, &["step", "ns a row", "native", "ratio", "a batch, us"]);
    for case in cases(&ring) {
        let mut instance = start(&host, &ring, &case)?;
        same(&mut instance, &case)?;
        let (guest, native, ratio) = compare(&mut instance, &*case.native, &(case.given)(ROWS)?, batches)?;
        let (one, one_native, _) = compare(&mut instance, &*case.native, &(case.given)(FEW)?, batches * 5)?;
        let row = |time: f64| format!("{:.1}", time / ROWS as f64);
        let batch = format!("{:.1}", (one - one_native) / 1_000.0);
        section.row([case.name.to_owned(), row(guest), row(native), format!("{ratio:.2}"), batch]);
    }
    Ok(vec![section])
}

/// The medians of both in nanoseconds a batch, and of their ratio in each turn.
pub(crate) fn compare(
    instance: &mut StepInstance,
    native: &Native,
    given: &ChangeBatch,
    rounds: usize,
) -> Fallible<(f64, f64, f64)> {
    let (mut guests, mut natives, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    // The first rounds warm caches and the allocator.
    let warm = rounds / 10;
    for round in 0..rounds + warm {
        let mut in_guest = || Ok(instance.transform(black_box(given))?);
        let natively = || native(black_box(given));
        // Whoever comes second finds the batch in the processor's cache.
        let (guest, native) = if round % 2 == 0 {
            let guest = time(&mut in_guest)?;
            (guest, time(natively)?)
        } else {
            let native = time(natively)?;
            (time(&mut in_guest)?, native)
        };
        if round >= warm {
            guests.push(guest);
            natives.push(native);
            ratios.push(guest / native);
        }
    }
    Ok((median(guests), median(natives), median(ratios)))
}

/// The CPU time that work takes of this thread, in nanoseconds.
pub(crate) fn time<T>(work: impl FnOnce() -> Fallible<T>) -> Fallible<f64> {
    let start = thread_time();
    drop(black_box(work()?));
    Ok((thread_time().as_nanos() - start.as_nanos()) as f64)
}

/// Whether both give the same batches: else their times say nothing.
fn same(instance: &mut StepInstance, case: &Case) -> Fallible<()> {
    let given = (case.given)(100)?;
    let outcome = instance.transform(&given)?;
    let native = (case.native)(&given)?;
    let shape = |batches: &[ChangeBatch]| -> Vec<_> {
        batches.iter().map(|batch| (batch.table().clone(), batch.schema().to_string(), batch.len())).collect()
    };
    let equal = |(ours, theirs): (&ChangeBatch, &ChangeBatch)| ours.columns() == theirs.columns();
    let same = outcome.rejects.is_empty()
        && shape(&outcome.outputs) == shape(&native)
        && (case.random || outcome.outputs.iter().zip(&native).all(equal));
    if same {
        return Ok(());
    }
    Err(format!("{}: guest and native give other batches:\n{outcome:?}\n{native:?}", case.name).into())
}

pub(crate) fn start(host: &Host, ring: &KeyRing, case: &Case) -> Fallible<StepInstance> {
    let guest: &Guest =
        built_in(case.guest).or_else(|| example(case.guest)).ok_or("there is no such guest")?;
    let grants = ring.names().map(|key| (key.to_owned(), [Use::Seal].into())).collect();
    let options = StepOptions {
        name: case.guest.to_owned(),
        guest: GuestSource::new(guest.name, guest.wasm),
        pin: None,
        with: case.with.clone(),
        grants,
        keys: Arc::new(ring.clone()),
        limits: Limits::default(),
        pipeline: "bench".to_owned(),
        time_zone: "UTC".to_owned(),
    };
    Ok(Step::new(host, options)?.start()?)
}

pub(crate) fn cases(ring: &KeyRing) -> Vec<Case> {
    let sealed = |name, key: &'static str| {
        let ring = ring.clone();
        Case {
            name,
            guest: "crypt",
            with: json!({"seal": {"phone": {"key": key}}}),
            native: Box::new(move |given| native::seal(given, &ring, key)),
            given: orders,
            random: true,
        }
    };
    vec![
        Case {
            name: "schema-map: 2 renames, 1 drop, 2 casts",
            guest: "schema-map",
            with: json!({"tables": [{
                "match": r"SHOP\.ORDERS_(\d+)", "to": "ods.orders", "rename": {"ORDER_ID": "id", "AMOUNT": "amount"},
                "drop": ["c10"], "cast": {"id": "int64", "amount": "decimal(18,2)"},
            }]}),
            native: Box::new(native::map),
            given: orders,
            random: false,
        },
        sealed("crypt: XAES-256-GCM of 16 bytes, binary", "binary"),
        sealed("crypt: XAES-256-GCM of 16 bytes, base64", "base64"),
        Case {
            name: "split: murmur2 of a key, 1 -> 3",
            guest: "split",
            with: json!({"by": ["ORDER_ID"], "into": 3, "hash": "murmur2", "to": "orders-{n}"}),
            native: Box::new(native::split),
            given: orders,
            random: false,
        },
        Case {
            name: "mask: all but the first character of a text",
            guest: "mask",
            with: json!({"columns": {"name": {"keep": {"first": 1}}}}),
            native: Box::new(native::keep_first),
            given: orders,
            random: false,
        },
        Case {
            name: "filter: one number, half of the rows stay",
            guest: "filter",
            with: json!({"where": {"column": "AMOUNT", "lt": 50}}),
            native: Box::new(native::filter),
            given: numbered_orders,
            random: false,
        },
        Case {
            name: "mask-name: a user's, text made in the guest",
            guest: "mask-name",
            with: json!({}),
            native: Box::new(native::mask),
            given: orders,
            random: false,
        },
    ]
}

pub(crate) fn ring() -> Fallible<KeyRing> {
    let spec = |encoding| KeySpec {
        secret_encoding: SecretEncoding::Hex,
        encoding: Some(encoding),
        ..KeySpec::new(Algorithm::Xaes256Gcm, "v1", Secret::new("01".repeat(32)))
    };
    let specs = BTreeMap::from([
        ("binary".to_owned(), spec(Encoding::Binary)),
        ("base64".to_owned(), spec(Encoding::Base64)),
    ]);
    Ok(KeyRing::build(&specs)?)
}

/// The same with amounts from 0 to 99 as `int64`.
fn numbered_orders(rows: usize) -> Fallible<ChangeBatch> {
    let mut parts = orders(rows)?.into_parts();
    let (place, _) = parts.schema.column_with_name("AMOUNT").ok_or("there is no column AMOUNT")?;
    let mut fields: Vec<_> = parts.schema.fields().iter().cloned().collect();
    let amounts = Int64Array::from_iter_values((0..rows as i64).map(|row| row * 37 % 100));
    fields[place] = Arc::new(Field::new("AMOUNT", amounts.data_type().clone(), true));
    parts.schema = Arc::new(Schema::new(fields));
    parts.columns[place] = Column::new(Arc::new(amounts));
    Ok(parts.build()?)
}

/// Inserted orders, ten columns of text.
pub(crate) fn orders(rows: usize) -> Fallible<ChangeBatch> {
    let text = |cell: &dyn Fn(usize) -> String| {
        let cells: StringArray = (0..rows).map(|row| Some(cell(row))).collect();
        Column::new(Arc::new(cells))
    };
    let mut columns = vec![
        ("ORDER_ID", text(&|row| (100_000 + row * 7).to_string())),
        ("AMOUNT", text(&|row| format!("{}.{:02}", row % 5_000, row % 100))),
        ("name", text(&|row| format!("customer {}", row * 31 % 9_973))),
        ("phone", text(&|row| format!("+49-555-{:08}", row * 7_919 % 100_000_000))),
    ];
    for name in ["c5", "c6", "c7", "c8", "c9", "c10"] {
        columns.push((name, text(&|row| format!("{name} value {row}"))));
    }
    let fields: Vec<Field> =
        columns.iter().map(|(name, column)| Field::new(*name, column.data_type().clone(), true)).collect();
    let ordinals: Vec<u64> = (0..rows as u64).collect();
    let mut meta = Meta::new();
    meta.set("offset", Arc::new(Int64Array::from_iter_values(0..rows as i64)));
    let batch = ChangeBatch::new(
        "SHOP.ORDERS_07".into(),
        Arc::new(Schema::new(fields)),
        columns.into_iter().map(|(_, column)| column).collect(),
        vec![0; rows].into(),
        Origin { lane: "orders/0".into(), ordinals: ordinals.into(), parts: None },
        ["ORDER_ID".to_owned()].into(),
        meta,
    );
    Ok(batch?)
}
