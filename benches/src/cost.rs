//! What a batch costs and what a row costs: a straight line through batches of many sizes, for each built-in, for what it
//! does natively, and for the same mask under another runtime.

use std::hint::black_box;
use std::process::Command;
use std::sync::Arc;

use arrow_schema::{Field, Schema};
use sluicegate_connector::Transform;
use sluicegate_keys::KeyRing;
use sluicegate_model::ChangeBatch;
use sluicegate_wasm::{Host, HostOptions, Step, StepInstance};

use crate::table::{Section, median};
use crate::transforms::{Native, cases, orders, ring, start, time};
use crate::{Fallible, languages};

/// Rows of the batches, from the smallest to the largest.
const SIZES: [usize; 9] = [1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536];

/// Rows that are measured of each size at least; small batches are repeated.
const ROWS: usize = 200_000;

/// Columns of a wide table.
const WIDE: usize = 200;

/// Time is `batch + rows * row`, in nanoseconds.
struct Line {
    batch: f64,
    row: f64,
}

impl Line {
    /// The line with the smallest relative errors: a batch of one row counts as much as one of 65,536.
    fn through(points: &[(f64, f64)]) -> Self {
        let (mut w, mut x, mut y, mut xx, mut xy) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for &(rows, time) in points {
            let weight = 1.0 / (time * time);
            w += weight;
            x += weight * rows;
            y += weight * time;
            xx += weight * rows * rows;
            xy += weight * rows * time;
        }
        let row = (w * xy - x * y) / (w * xx - x * x);
        Self { batch: (y - row * x) / w, row }
    }

    fn cells(&self) -> [String; 2] {
        [format!("{:.1}", self.row), format!("{:.1}", self.batch / 1_000.0)]
    }
}

/// Measures all built-ins, a user's guest in each language that is built, and the peer.
///
/// # Errors
/// Where a guest does not load or run.
pub fn measure() -> Fallible<Vec<Section>> {
    let host = Host::new(HostOptions::default())?;
    let ring = ring()?;
    let about = format!(
        "A line through batches of {} to {} rows and 10 columns, by least squares of the relative errors; medians of the \
         thread's CPU time. arrow-udf is `arrow-udf-runtime` with the mask of mask-name as a Rust function of text to \
         text: it gets the one column, as Arrow IPC.",
        SIZES[0],
        SIZES[SIZES.len() - 1]
    );
    let head = ["step", "a row, ns", "a batch, us", "natively: a row, ns", "a batch, us"];
    let mut section = Section::new("What a row and a batch cost", about, &head);
    let mut mask = None;
    for case in cases(&ring) {
        let guest = fit(&mut start(&host, &ring, &case)?, case.given)?;
        let native: Fallible<Vec<_>> =
            SIZES.iter().map(|&rows| natively(&*case.native, rows, &(case.given)(rows)?)).collect();
        let native = Line::through(&native?);
        let [row, batch] = guest.cells();
        let [native_row, native_batch] = native.cells();
        section.row([case.name.to_owned(), row, batch, native_row, native_batch]);
        if case.guest == "mask-name" {
            mask = Some(native);
        }
    }
    let [native_row, native_batch] = mask.ok_or("mask-name is gone")?.cells();
    for (language, guest) in languages::built()? {
        let mut instance = Step::new(&host, languages::options(guest))?.start()?;
        let [row, batch] = fit(&mut instance, orders)?.cells();
        let name = format!("mask-name in {language}");
        section.row([name, row, batch, native_row.clone(), native_batch.clone()]);
    }
    match peer() {
        Ok(points) => {
            let [row, batch] = Line::through(&points).cells();
            let name = "arrow-udf: mask-name's mask".to_owned();
            section.row([name, row, batch, String::new(), String::new()]);
        }
        Err(why) => eprintln!("arrow-udf is left out: {why}"),
    }
    Ok(vec![section, wide(&host, &ring)?])
}

/// A step that touches one column of ten, and of two hundred.
fn wide(host: &Host, ring: &KeyRing) -> Fallible<Section> {
    let about = format!(
        "mask-name over a batch of one row, of which it touches one column; the other columns pass by. What a column costs \
         is the host's own list of columns: none crosses into the guest. {ROWS} times each, medians."
    );
    let mut section = Section::new("Columns that a step does not touch", about, &["columns", "a batch, us"]);
    let case = cases(ring).into_iter().find(|case| case.guest == "mask-name").ok_or("mask-name is gone")?;
    let mut instance = start(host, ring, &case)?;
    for columns in [10, WIDE] {
        let given = with_columns(orders(1)?, columns)?;
        let time = in_guest(&mut instance, &given)?;
        section.row([columns.to_string(), format!("{:.2}", time / 1_000.0)]);
    }
    Ok(section)
}

fn with_columns(batch: ChangeBatch, count: usize) -> Fallible<ChangeBatch> {
    let mut parts = batch.into_parts();
    let mut fields: Vec<_> = parts.schema.fields().iter().cloned().collect();
    let last = parts.columns.last().cloned().ok_or("there are columns")?;
    for number in fields.len()..count {
        fields.push(Arc::new(Field::new(format!("more{number}"), last.data_type().clone(), true)));
        parts.columns.push(last.clone());
    }
    parts.schema = Arc::new(Schema::new(fields));
    Ok(parts.build()?)
}

/// The line of a guest.
fn fit(instance: &mut StepInstance, given: fn(usize) -> Fallible<ChangeBatch>) -> Fallible<Line> {
    let points: Fallible<Vec<_>> =
        SIZES.iter().map(|&rows| Ok((rows as f64, in_guest(instance, &given(rows)?)?))).collect();
    Ok(Line::through(&points?))
}

fn natively(native: &Native, rows: usize, given: &ChangeBatch) -> Fallible<(f64, f64)> {
    Ok((rows as f64, repeated(rows, || native(black_box(given)))?))
}

fn in_guest(instance: &mut StepInstance, given: &ChangeBatch) -> Fallible<f64> {
    repeated(given.len(), || Ok(instance.transform(black_box(given))?))
}

/// The median time of some work on so many rows.
fn repeated<T>(rows: usize, mut work: impl FnMut() -> Fallible<T>) -> Fallible<f64> {
    let rounds = (ROWS / rows).clamp(15, 4_000);
    for _ in 0..=rounds / 10 {
        work()?;
    }
    let times: Fallible<Vec<f64>> = (0..rounds).map(|_| time(&mut work)).collect();
    Ok(median(times?))
}

/// Rows and nanoseconds a batch of the peer: `benches/peers/arrow-udf`, a program of its own, because it brings another
/// wasmtime and another arrow.
fn peer() -> Fallible<Vec<(f64, f64)>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/arrow-udf");
    let sizes = SIZES.map(|rows| rows.to_string());
    let output = Command::new(format!("{folder}/run")).args(sizes).output()?;
    if !output.status.success() {
        return Err(format!("{folder}/run: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    let text = String::from_utf8(output.stdout)?;
    let point = |line: &str| -> Fallible<(f64, f64)> {
        let (rows, time) = line.split_once(' ').ok_or("a line of rows and nanoseconds")?;
        Ok((rows.parse()?, time.parse()?))
    };
    text.lines().map(point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_found_again() {
        let points: Vec<(f64, f64)> =
            SIZES.iter().map(|rows| *rows as f64).map(|x| (x, 3_000.0 + 17.0 * x)).collect();
        let line = Line::through(&points);
        assert!((line.row - 17.0).abs() < 1e-6 && (line.batch - 3_000.0).abs() < 1e-3);
    }

    #[test]
    fn a_table_gets_wider() {
        assert_eq!(with_columns(orders(1).unwrap(), WIDE).unwrap().columns().len(), WIDE);
    }
}
