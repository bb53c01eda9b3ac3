//! One transform, `mask-name`, as a guest in each language: the same batches, and the same work done natively.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::json;
use sluicegate_connector::Transform;
use sluicegate_keys::KeyRing;
use sluicegate_wasm::{GuestSource, Host, HostOptions, Limits, Step, StepInstance, StepOptions};

use crate::table::{Section, median, thousands};
use crate::transforms::{FEW, ROWS, compare, orders, time};
use crate::{Fallible, native};

/// Languages of `scripts/guests`, and what the table calls them.
const LANGUAGES: [(&str, &str); 4] = [
    ("c", "C (clang)"),
    ("go", "Go (standard compiler)"),
    ("python", "Python (CPython)"),
    ("javascript", "JavaScript (QuickJS)"),
];

/// How often a guest is started.
const STARTS: usize = 9;

/// Measures the guests that are built, and says which are not.
///
/// # Errors
/// Where a guest does not load or run, or gives something else than the native form.
pub fn measure(batches: usize) -> Fallible<Vec<Section>> {
    let host = Host::new(HostOptions::default())?;
    let title = "One transform in five languages";
    let about = format!(
        "The text column `name` of a batch of {ROWS} rows masked, all but the first character of each cell; one thread, \
         medians of the thread's CPU time over up to {batches} rounds in turns with the same work done natively. A \
         batch: what a batch of one row costs more than its native form. Start: a new instance and its `init`, as after \
         a trap. Memory: linear memory of the instance after all that."
    );
    let head =
        &["guest", "size, KiB", "ns a row", "native", "ratio", "a batch, us", "start, ms", "memory, MiB"];
    let mut section = Section::new(title, about, head);
    let rust = sluicegate_transforms::example("mask-name").ok_or("there is no guest mask-name")?;
    section.row(figures("Rust (SDK)", GuestSource::new(rust.name, rust.wasm), &host, batches)?);
    for (name, guest) in built()? {
        section.row(figures(name, guest, &host, batches)?);
    }
    Ok(vec![section])
}

/// The guests in other languages that are built. Which are not is said.
///
/// # Errors
/// Where one cannot be read.
pub(crate) fn built() -> Fallible<Vec<(&'static str, GuestSource)>> {
    let mut guests = Vec::new();
    for (language, name) in LANGUAGES {
        let file = file(language);
        if file.is_file() {
            guests.push((name, GuestSource::file(&file)?));
        } else {
            eprintln!(
                "{name} is left out: {} is not there. scripts/guests {language} builds it.",
                file.display()
            );
        }
    }
    Ok(guests)
}

/// Where `scripts/guests` puts the guest in a language.
fn file(language: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    root.join("target/guest-languages").join(format!("mask-name-{language}.wasm"))
}

/// A row of the table.
fn figures(name: &str, guest: GuestSource, host: &Host, batches: usize) -> Fallible<[String; 8]> {
    let size = guest.bytes().len();
    let step = Step::new(host, options(guest))?;
    let starts: Fallible<Vec<f64>> = (0..STARTS).map(|_| time(|| Ok(step.start()?))).collect();
    let start = median(starts?);
    let mut instance = step.start()?;
    same(name, &mut instance)?;

    let large = orders(ROWS)?;
    // Slow guests get fewer rounds, enough for a median.
    let one = time(|| Ok(instance.transform(&large)?))?;
    let rounds = ((2e9 / one) as usize).clamp(30.min(batches), batches.max(1));
    let (row, native_row, ratio) = compare(&mut instance, &native::mask, &large, rounds)?;
    let (few, native_few, _) = compare(&mut instance, &native::mask, &orders(FEW)?, batches * 5)?;
    let a_row = |time: f64| {
        let time = time / ROWS as f64;
        if time < 100.0 { format!("{time:.1}") } else { thousands(time) }
    };
    Ok([
        name.to_owned(),
        thousands(size as f64 / 1024.0),
        a_row(row),
        a_row(native_row),
        format!("{ratio:.1}"),
        format!("{:.1}", (few - native_few) / 1e3),
        format!("{:.2}", start / 1e6),
        format!("{:.1}", instance.memory() as f64 / f64::from(1 << 20)),
    ])
}

/// Whether guest and native form give the same batch: else their times say nothing.
fn same(name: &str, instance: &mut StepInstance) -> Fallible<()> {
    let given = orders(100)?;
    let outcome = instance.transform(&given)?;
    let [native] = &*native::mask(&given)? else { return Err("the native form gives one batch".into()) };
    match &*outcome.outputs {
        [output] if output.columns() == native.columns() && outcome.rejects.is_empty() => Ok(()),
        _ => Err(format!("{name}: guest and native give other batches:\n{outcome:?}\n{native:?}").into()),
    }
}

/// A step of a guest with its defaults.
pub(crate) fn options(guest: GuestSource) -> StepOptions {
    StepOptions {
        name: "mask".to_owned(),
        guest,
        pin: None,
        with: json!({}),
        grants: BTreeMap::new(),
        keys: Arc::new(KeyRing::default()),
        limits: Limits::default(),
        pipeline: "bench".to_owned(),
        time_zone: "UTC".to_owned(),
    }
}
