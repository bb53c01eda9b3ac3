//! Files as the engine reads them.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use sluicegate_connector::{Class, Error, Event, LaneStart, Source, StartAt};
use sluicegate_file::{FileSource, FileTerms, SourceOptions};
use sluicegate_model::{Incarnation, Item, Lane, Position};

const ROOM: usize = 1 << 20;

fn options(text: &str) -> SourceOptions {
    serde_json::from_str(text).unwrap()
}

/// A source, started, and what it says.
struct Run {
    source: FileSource,
    lanes: Vec<Lane>,
}

impl Run {
    async fn new(directory: &Path, text: &str) -> Self {
        let mut source = FileSource::new(options(text), directory).unwrap();
        let Event::Assigned(lanes) = source.next(0).await.unwrap() else { panic!("lanes first") };
        Self { source, lanes }
    }

    async fn start(&mut self, lane: &str, at: StartAt) -> Result<(), Error> {
        self.source
            .start(&[LaneStart { lane: lane.into(), at, incarnation: Incarnation(1), ahead: None }])
            .await
    }

    /// The next records: the number and first cell of each, rejects, and the position after them.
    async fn read(&mut self, room: usize) -> Result<Option<Read>, Error> {
        let event = self.source.next(room).await?;
        let Event::Rows(chunk) = event else { return Ok(None) };
        let decoded = chunk.payload.decode()?;
        let mut read = Read { to: chunk.to.clone(), ..Read::default() };
        for item in decoded.items {
            let Item::Rows(batch) = item else { continue };
            let shown = batch.to_record_batch().unwrap();
            let text = arrow_cast::cast(shown.column(0), &arrow_schema::DataType::Utf8).unwrap();
            let text = arrow_array::cast::AsArray::as_string::<i32>(&text).clone();
            for row in 0..batch.len() {
                let ordinal = batch.origin().ordinals[row];
                read.rows.push((
                    ordinal,
                    // NULL has no text.
                    text.value(row).to_owned(),
                ));
            }
        }
        for reject in decoded.rejects {
            let raw = chunk.payload.raw(reject.ordinal).unwrap().value.unwrap();
            read.rejects.push((reject.ordinal, reject.reason, raw));
        }
        Ok(Some(read))
    }

    /// All records up to the end of all lanes, from their beginnings.
    async fn all(&mut self, room: usize) -> Vec<(u64, String)> {
        for lane in self.lanes.clone() {
            self.start(lane.as_str(), StartAt::Configured).await.unwrap();
        }
        let mut rows = Vec::new();
        let mut ends = 0;
        while ends < self.lanes.len() {
            match self.read(room).await.unwrap() {
                Some(read) => rows.extend(read.rows),
                None => ends += 1,
            }
        }
        rows
    }
}

struct Read {
    rows: Vec<(u64, String)>,
    rejects: Vec<(u64, String, Vec<u8>)>,
    to: Position,
}

impl Default for Read {
    fn default() -> Self {
        let to = Position { v: 1, source: String::new(), at: serde_json::Map::new() };
        Self { rows: Vec::new(), rejects: Vec::new(), to }
    }
}

fn values(rows: &[(u64, String)]) -> Vec<&str> {
    rows.iter().map(|(_, value)| value.as_str()).collect()
}

fn append(path: &Path, text: &str) {
    OpenOptions::new().append(true).create(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
}

#[tokio::test]
async fn lines_have_numbers_and_files_come_by_name() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("b.ndjson"), "{\"a\":3}\n{\"a\":4}").unwrap();
    fs::write(directory.path().join("a.ndjson"), "\u{feff}{\"a\":1}\r\n\r\n{\"a\":2}\n").unwrap();
    let mut run = Run::new(directory.path(), r#"{"paths": "*.ndjson", "format": "json"}"#).await;
    assert_eq!(run.lanes, ["a.ndjson".into(), "b.ndjson".into()]);
    let rows = run.all(ROOM).await;
    assert_eq!(values(&rows), ["1", "2", "3", "4"]);
    assert_eq!(rows.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 3, 1, 2]);
}

#[tokio::test]
async fn reading_goes_on_after_any_record_in_every_form() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    // More than one chunk of the least size.
    let lines: Vec<String> = (0..6_000).map(|n| format!("{{\"a\":\"{n:>020}\"}}")).collect();
    let text = lines.join("\n") + "\n";
    fs::write(at("t.ndjson"), &text).unwrap();
    let mut gzip =
        flate2::write::GzEncoder::new(File::create(at("t.gz")).unwrap(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    gzip.finish().unwrap();
    fs::write(at("t.zst"), zstd::encode_all(text.as_bytes(), 1).unwrap()).unwrap();
    let records: Vec<String> = (0..6_000).map(|n| format!("\"{n:>020}\",\"x\ny\"")).collect();
    fs::write(at("t.csv"), format!("a,b\n{}\n", records.join("\n"))).unwrap();
    let wanted: Vec<String> = (0..6_000).map(|n| format!("{n:>020}")).collect();
    for (name, format) in [("t.ndjson", "json"), ("t.gz", "json"), ("t.zst", "json"), ("t.csv", "csv")] {
        let text = format!(r#"{{"paths": "{name}", "format": "{format}"}}"#);
        let mut run = Run::new(directory.path(), &text).await;
        let mut found = Vec::new();
        run.start(name, StartAt::Beginning).await.unwrap();
        while let Some(read) = run.read(64 << 10).await.unwrap() {
            found.extend(read.rows.into_iter().map(|(_, value)| value));
            // As after an abort, or in another process.
            run = Run::new(directory.path(), &text).await;
            run.start(name, StartAt::Position(read.to)).await.unwrap();
        }
        assert_eq!(found, wanted, "{name}");
    }
}

#[tokio::test]
async fn a_file_that_grows_is_followed_and_half_a_line_waits() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.ndjson");
    append(&path, "{\"a\":1}\n{\"a\":");
    let text = r#"{"paths": "*.ndjson", "format": "json", "follow": true, "poll": "10ms"}"#;
    let mut run = Run::new(directory.path(), text).await;
    run.start("a.ndjson", StartAt::Configured).await.unwrap();
    assert_eq!(values(&run.read(ROOM).await.unwrap().unwrap().rows), ["1"]);
    let waits = tokio::time::timeout(Duration::from_millis(100), run.source.next(ROOM)).await;
    assert!(waits.is_err(), "{waits:?}");
    append(&path, "2}\n");
    let read = run.read(ROOM).await.unwrap().unwrap();
    assert_eq!(read.rows, [(2, "2".to_owned())]);
    append(&directory.path().join("b.ndjson"), "{\"a\":9}\n");
    let Event::Assigned(new) = run.source.next(ROOM).await.unwrap() else { panic!("a new lane") };
    assert_eq!(new, ["b.ndjson".into()]);
    run.start("b.ndjson", StartAt::Beginning).await.unwrap();
    assert_eq!(values(&run.read(ROOM).await.unwrap().unwrap().rows), ["9"]);

    // Cut off under our eyes, and another file in its place.
    fs::write(&path, "{\"a\":5}\n").unwrap();
    let error = run.read(ROOM).await.err().unwrap();
    assert_eq!(error.class(), Class::Fatal);
    assert!(
        error.to_string().contains("shorter") && error.to_string().contains("positions reset"),
        "{error}"
    );
    let mut run = Run::new(directory.path(), text).await;
    run.start("a.ndjson", StartAt::Position(read.to)).await.unwrap();
    let error = run.read(ROOM).await.err().unwrap();
    assert_eq!(error.class(), Class::Fatal, "{error}");
}

#[tokio::test]
async fn a_last_line_without_its_end_must_not_grow() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.ndjson");
    append(&path, "{\"a\":1}");
    let text = r#"{"paths": "a.ndjson", "format": "json"}"#;
    let mut run = Run::new(directory.path(), text).await;
    run.start("a.ndjson", StartAt::Configured).await.unwrap();
    let to = run.read(ROOM).await.unwrap().unwrap().to;
    append(&path, "\n{\"a\":2}\n");
    let mut run = Run::new(directory.path(), text).await;
    run.start("a.ndjson", StartAt::Position(to.clone())).await.unwrap();
    assert_eq!(run.read(ROOM).await.unwrap().unwrap().rows, [(2, "2".to_owned())]);
    fs::write(&path, "{\"a\":1}34").unwrap();
    let mut run = Run::new(directory.path(), text).await;
    run.start("a.ndjson", StartAt::Position(to)).await.unwrap();
    let error = run.read(ROOM).await.err().unwrap().to_string();
    assert!(error.contains("has grown since"), "{error}");
}

#[tokio::test]
async fn bad_and_long_lines_keep_their_bytes() {
    let directory = tempfile::tempdir().unwrap();
    let long = format!("{{\"a\":\"{}\"}}", "x".repeat(200));
    let text =
        [b"{\"a\":1}\nno json\n".as_slice(), long.as_bytes(), b"\n{\"a\":\"\xff\"}\n{\"a\":2}\n"].concat();
    fs::write(directory.path().join("a.ndjson"), &text).unwrap();
    let mut run =
        Run::new(directory.path(), r#"{"paths": "a.ndjson", "format": "json", "max_record": "100B"}"#).await;
    run.start("a.ndjson", StartAt::Configured).await.unwrap();
    let read = run.read(ROOM).await.unwrap().unwrap();
    assert_eq!(values(&read.rows), ["1", "2"]);
    let mut rejects = read.rejects;
    rejects.sort();
    assert_eq!(rejects.iter().map(|(line, ..)| *line).collect::<Vec<_>>(), [2, 3, 4]);
    assert_eq!(rejects[0].2, b"no json");
    assert!(rejects[1].1.contains("`max_record` is 100"), "{rejects:?}");
    assert_eq!(rejects[1].2, long.as_bytes());
}

#[tokio::test]
async fn a_line_beyond_all_measure_stops_it() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("a.ndjson"), "x".repeat(300_000)).unwrap();
    let text = r#"{"paths": "a.ndjson", "format": "json", "max_record": "1KiB"}"#;
    let mut run = Run::new(directory.path(), text).await;
    run.start("a.ndjson", StartAt::Configured).await.unwrap();
    let error = run.read(ROOM).await;
    let error = match error {
        Err(error) => error.to_string(),
        Ok(read) => {
            // Small enough to be read at once: then it is one long line.
            assert!(read.unwrap().rejects[0].1.contains("max_record"));
            return;
        }
    };
    assert!(error.contains("line 1"), "{error}");
}

#[tokio::test]
async fn text_in_gbk_is_read() {
    let directory = tempfile::tempdir().unwrap();
    // The second byte of the third character is that of the bar.
    let text = [b"name|n\n".as_slice(), b"\xc4\xe3\xba\xc3\x81|\x7c1\n"].concat();
    fs::write(directory.path().join("t.csv"), text).unwrap();
    let text = r#"{"paths": "t.csv", "format": {"csv": {"delimiter": "|"}}, "encoding": "gbk"}"#;
    let mut run = Run::new(directory.path(), text).await;
    assert_eq!(values(&run.all(ROOM).await), ["你好亅"]);
}

#[tokio::test]
async fn positions_are_lines_and_lag_is_counted() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("t.csv"), "a,b\n1,\"x\ny\"\n\n2,z\n3,z\n").unwrap();
    let read = options(r#"{"paths": "t.csv", "format": "csv"}"#);
    let terms = FileTerms::new(read, directory.path());
    let lane = Lane::from("t.csv");
    let position = terms.position(&lane, 4).await.unwrap();
    let mut run = Run::new(directory.path(), r#"{"paths": "t.csv", "format": "csv"}"#).await;
    run.start("t.csv", StartAt::Position(position.clone())).await.unwrap();
    let read = run.read(ROOM).await.unwrap().unwrap();
    assert_eq!(read.rows, [(5, "2".to_owned()), (6, "3".to_owned())]);
    let shown = sluicegate_connector::LanePosition {
        lane: lane.clone(),
        position: Some(position),
        holder: None,
        lag: None,
        behind: None,
    };
    assert_eq!(terms.measure(vec![shown]).await[0].lag, Some(2));
    assert!(
        terms.position(&lane, 2).await.unwrap_err().to_string().contains("no record begins after line 2")
    );
    assert!(terms.position(&lane, 60).await.unwrap_err().to_string().contains("has 6 lines"));
    assert!(terms.position(&"u.csv".into(), 0).await.unwrap_err().to_string().contains("it has t.csv"));
    let first = terms.position(&lane, 1).await.unwrap();
    assert_eq!(first.number("offset"), Some(4));
}

#[tokio::test]
async fn no_file_is_a_mistake_unless_files_are_waited_for() {
    let directory = tempfile::tempdir().unwrap();
    let none = options(r#"{"paths": "none/*.csv", "format": "csv"}"#);
    let error = FileSource::new(none, directory.path()).unwrap().next(0).await.unwrap_err();
    assert_eq!(error.class(), Class::Configuration);
    let run = Run::new(directory.path(), r#"{"paths": "none/*.csv", "format": "csv", "follow": true}"#).await;
    assert!(run.lanes.is_empty());
}

#[tokio::test]
async fn a_header_that_is_none_is_said() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("t.csv"), "1,1\n2,2\n").unwrap();
    let mut run = Run::new(directory.path(), r#"{"paths": "t.csv", "format": "csv"}"#).await;
    run.start("t.csv", StartAt::Configured).await.unwrap();
    let error = run.read(ROOM).await.err().unwrap().to_string();
    assert!(error.contains("names no columns") && error.contains("header: false"), "{error}");
    let text = r#"{"paths": "t.csv", "format": {"csv": {"header": false, "columns": ["x", "y"]}}}"#;
    let mut run = Run::new(directory.path(), text).await;
    assert_eq!(values(&run.all(ROOM).await), ["1", "2"]);
}
