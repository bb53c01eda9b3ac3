//! A process ends before each step of a decision, and before each step of mending that: what is there afterwards is
//! what the positions say.

use std::fs;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{StringArray, types::Int64Type};
use arrow_schema::{DataType, Field, Schema};
use serde_json::Map;
use sluicegate_connector::{Class, Encoder, Epoch, Incarnations, LaneSpan, StartAt};
use sluicegate_model::{ChangeBatch, Column, Meta, Origin, Position};

use super::*;
use crate::columns::{ColumnsKind, Stretches};
use crate::sink::directory::crashes::{crash_after, seen};
use crate::sink::encoder::FileEncoder;

const LANE: &str = "t/0";

fn options(text: &str) -> SinkOptions {
    serde_json::from_str(text).unwrap()
}

/// Rows `from .. to` of a table, with another column from 100 on.
fn rows(table: &str, from: i64, to: i64) -> ChangeBatch {
    let ids = arrow_array::PrimitiveArray::<Int64Type>::from_iter_values(from..to);
    let mut fields = vec![Field::new("id", DataType::Int64, true)];
    let mut columns = vec![Column::new(Arc::new(ids))];
    if from >= 100 {
        fields.push(Field::new("more", DataType::Utf8, true));
        columns.push(Column::new(Arc::new((from..to).map(|_| Some("x")).collect::<StringArray>())));
    }
    let count = (to - from) as usize;
    ChangeBatch::new(
        table.into(),
        Arc::new(Schema::new(fields)),
        columns,
        vec![0; count].into(),
        Origin { lane: LANE.into(), ordinals: (from as u64..to as u64).collect(), parts: None },
        Arc::from([]),
        Meta::new(),
    )
    .unwrap()
}

fn at(number: i64) -> Position {
    Position { v: 1, source: "s".to_owned(), at: Map::from_iter([("n".to_owned(), number.into())]) }
}

struct Bench {
    directory: tempfile::TempDir,
    options: SinkOptions,
    incarnations: Incarnations,
}

impl Bench {
    fn new(text: &str) -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
            options: options(text),
            incarnations: Incarnations::default(),
        }
    }

    fn store(&self) -> Store {
        let lock = Lock::try_take(self.directory.path()).unwrap().expect("nobody has it");
        Store::new(lock, self.directory.path(), "p", &self.options)
    }

    fn epoch(&self, from: i64, to: i64) -> Epoch {
        let lane = Lane::from(LANE);
        let incarnation = self.incarnations.begin(&lane);
        let span = LaneSpan { lane, incarnation, from: at(from), to: at(to), released: false, note: None };
        Epoch { number: 1, lanes: vec![span], incarnations: self.incarnations.clone() }
    }

    /// Writes rows of two tables and decides them.
    fn run(&self, store: &mut Store, from: i64, to: i64) -> Result<(), Error> {
        let encoder = FileEncoder::new(&self.options).unwrap();
        let middle = i64::midpoint(from, to);
        for (table, from, to) in [("a", from, middle), ("b.c", from, to), ("a", middle, to)] {
            let encoded = encoder.encode(&rows(table, from, to)).unwrap();
            let Ok(body) = encoded.body.downcast::<Body>() else { panic!("a body") };
            store.write(*body)?;
        }
        store.commit(&self.epoch(from, to))
    }

    /// The rows that a reader sees of a table, file after file.
    fn seen_rows(&self, table: &str) -> Vec<i64> {
        let mut names: Vec<_> = fs::read_dir(self.directory.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| {
                let name = path.file_name().unwrap().to_str().unwrap();
                name.starts_with(&format!("{table}.")) || name.starts_with(&format!("{table}-"))
            })
            .collect();
        names
            .sort_by_key(|path| path.to_str().unwrap().replace(&format!("{table}."), &format!("{table}-0.")));
        names
            .iter()
            .flat_map(|path| if self.options.format.is_columns() { of_columns(path) } else { of_text(path) })
            .collect()
    }
}

fn of_text(path: &Path) -> Vec<i64> {
    let bytes = fs::read(path).unwrap();
    let text = if path.extension().is_some_and(|suffix| suffix == "zst") {
        String::from_utf8(zstd::decode_all(&*bytes).unwrap()).unwrap()
    } else {
        String::from_utf8(bytes).unwrap()
    };
    assert!(text.is_empty() || text.ends_with('\n'), "{text:?}");
    let number = |line: &str| match line.split(',').next().unwrap().parse() {
        Ok(number) => Some(number),
        Err(_) if line.starts_with("id") => None,
        Err(_) => Some(serde_json::from_str::<serde_json::Value>(line).unwrap()["id"].as_i64().unwrap()),
    };
    text.lines().filter_map(number).collect()
}

fn of_columns(path: &Path) -> Vec<i64> {
    let kind = if path.extension().unwrap() == "parquet" { ColumnsKind::Parquet } else { ColumnsKind::Arrow };
    let mut stretches = Stretches::open(kind, path, 0, 0, false).unwrap();
    let mut found = Vec::new();
    while let Some(stretch) = stretches.next(path).unwrap() {
        found.extend(stretch.batch.column(0).as_primitive::<Int64Type>().values());
    }
    found
}

/// Where the lane goes on, and that there is exactly what was read up to there.
fn check(bench: &Bench, store: &mut Store, bounds: &[i64]) -> i64 {
    let taken = store.take(&[LANE.into()]).unwrap();
    let here = match &taken[0].at {
        StartAt::Position(position) => position.number("n").unwrap(),
        _ => bounds[0],
    };
    assert!(bounds.contains(&here), "{here} of {bounds:?}");
    let wanted: Vec<i64> = (bounds[0]..here).collect();
    for table in ["a", "b.c"] {
        assert_eq!(bench.seen_rows(table), wanted, "{table}, {:?}", bench.options.format.name());
    }
    here
}

/// Ends before step `first` of the second epoch, then before step `second` of mending it; `None`: not at all. Whether
/// there were so many steps.
fn end_and_mend(format: &str, first: usize, second: Option<usize>) -> (bool, bool) {
    let bench = Bench::new(format);
    let bounds = [90, 96, 104, 110];
    let mut store = bench.store();
    crash_after(None);
    store.take(&[LANE.into()]).unwrap();
    bench.run(&mut store, bounds[0], bounds[1]).unwrap();

    crash_after(Some(first));
    let ended = bench.run(&mut store, bounds[1], bounds[2]).is_err();
    // As a process ends: nothing is taken back.
    drop(store);
    let mut store = bench.store();
    crash_after(second);
    let mended_at_once = store.take(&[LANE.into()]).is_ok();
    crash_after(None);
    drop(store);

    let mut store = bench.store();
    let here = check(&bench, &mut store, &bounds);
    assert!(here >= bounds[1]);
    if here == bounds[1] {
        bench.run(&mut store, bounds[1], bounds[2]).unwrap();
    }
    bench.run(&mut store, bounds[2], bounds[3]).unwrap();
    assert_eq!(check(&bench, &mut store, &bounds), bounds[3]);
    (ended, !mended_at_once)
}

const FORMATS: [&str; 6] = [
    r#"{"directory": "x", "format": "json"}"#,
    r#"{"directory": "x", "format": "json", "roll": {"rows": 4}}"#,
    r#"{"directory": "x", "format": "csv"}"#,
    r#"{"directory": "x", "format": "csv", "compression": "zstd"}"#,
    r#"{"directory": "x", "format": "parquet"}"#,
    r#"{"directory": "x", "format": "arrow"}"#,
];

#[test]
fn an_end_before_any_step_loses_and_repeats_nothing() {
    for format in FORMATS {
        let mut first = 0;
        loop {
            let (ended, _) = end_and_mend(format, first, None);
            if !ended {
                break;
            }
            // Mending is the same for all forms of text, and for both of columns.
            let mut second = 0;
            while [FORMATS[1], FORMATS[4]].contains(&format) && end_and_mend(format, first, Some(second)).1 {
                second += 1;
            }
            first += 1;
        }
        assert!(first >= 8, "{format}: {first} steps, the last time {:?}", seen());
    }
}

#[test]
fn an_abort_leaves_no_trace_and_the_next_epoch_goes_on() {
    for format in FORMATS {
        let bench = Bench::new(format);
        crash_after(None);
        let mut store = bench.store();
        store.take(&[LANE.into()]).unwrap();
        for (from, to) in [(0, 6), (6, 8)] {
            // Fails before the decision, is taken back, and is done again.
            crash_after(Some(4));
            let error = bench.run(&mut store, from, to).unwrap_err();
            crash_after(None);
            assert_eq!(error.class(), Class::Transient, "{error}");
            store.abort().unwrap();
            bench.run(&mut store, from, to).unwrap();
        }
        assert_eq!(check(&bench, &mut store, &[0, 8]), 8);
    }
}

#[test]
fn a_lane_that_was_given_away_is_not_decided() {
    let bench = Bench::new(FORMATS[0]);
    crash_after(None);
    let mut store = bench.store();
    store.take(&[LANE.into()]).unwrap();
    let epoch = bench.epoch(0, 5);
    bench.incarnations.end(&LANE.into());
    assert_eq!(store.commit(&epoch).unwrap_err().class(), Class::Fenced);
}

#[test]
fn files_that_are_gone_shorter_or_strange_stop_it() {
    let bench = Bench::new(FORMATS[0]);
    crash_after(None);
    let path = bench.directory.path().join("a.ndjson");
    fs::write(&path, "not ours\n").unwrap();
    let mut store = bench.store();
    store.take(&[LANE.into()]).unwrap();
    let error = bench.run(&mut store, 0, 4).unwrap_err().to_string();
    assert!(error.contains("a.ndjson is there already") && error.contains("move it away"), "{error}");
    store.abort().unwrap();
    fs::remove_file(&path).unwrap();
    bench.run(&mut store, 0, 4).unwrap();

    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..5]).unwrap();
    let error = store.take(&[LANE.into()]).unwrap_err().to_string();
    assert!(error.contains("has 5 bytes") && error.contains("put it back"), "{error}");
    fs::remove_file(&path).unwrap();
    let error = store.take(&[LANE.into()]).unwrap_err().to_string();
    assert!(error.contains("is gone") && error.contains("on_missing: begin"), "{error}");
    drop(store);

    let begins =
        Bench { options: options(r#"{"directory": "x", "format": "json", "on_missing": "begin"}"#), ..bench };
    let mut store = begins.store();
    store.take(&[LANE.into()]).unwrap();
    begins.run(&mut store, 4, 6).unwrap();
    assert_eq!(of_text(&begins.directory.path().join("a-000002.ndjson")), [4, 5]);
}

#[test]
fn a_directory_has_one_writer_and_one_pipeline() {
    let bench = Bench::new(FORMATS[0]);
    crash_after(None);
    let mut store = bench.store();
    store.take(&[LANE.into()]).unwrap();
    assert!(Lock::try_take(bench.directory.path()).unwrap().is_none());
    let holder = crate::sink::holder_of(bench.directory.path()).unwrap();
    assert_eq!(holder, format!("process {}", std::process::id()));
    drop(store);
    let lock = Lock::try_take(bench.directory.path()).unwrap().unwrap();
    let mut other = Store::new(lock, bench.directory.path(), "other", &bench.options);
    let error = other.take(&[LANE.into()]).unwrap_err();
    assert_eq!(error.class(), Class::Configuration);
    assert!(error.to_string().contains("belongs to the pipeline \"p\""), "{error}");
}
