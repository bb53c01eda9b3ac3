//! A log is read on from any position.

use sluicegate_model::{Item, Lane};
use sluicegate_mysql::binlog::{BinlogError, Decoder, Entry, Log, LogPosition, Record};
use sluicegate_test_servers::Flavour;

use super::captured::Captured;
use super::replay::{Reader, batches};

const CHANGES: &str = "
CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(2000));
CREATE TABLE other (id INT PRIMARY KEY);
START TRANSACTION;
INSERT INTO t VALUES (1, REPEAT('a', 1500)), (2, REPEAT('a', 1500)), (3, REPEAT('a', 1500)), (4, REPEAT('a', 1500)), (5, REPEAT('a', 1500)),
  (6, REPEAT('a', 1500)), (7, REPEAT('a', 1500)), (8, REPEAT('a', 1500)), (9, REPEAT('a', 1500));
INSERT INTO other VALUES (1);
UPDATE t SET v = REPEAT('b', 1200);
COMMIT;
INSERT INTO other VALUES (2);
";

/// The rows' ordinals and parts, in order.
fn names(reader: &mut Reader, entries: &[Entry], database: &str) -> Vec<(u64, u32)> {
    let records = reader.records(entries, database);
    let mut names = Vec::new();
    // One at a time: in the log's order, not gathered by table.
    for record in &records {
        let decoded = Decoder::new(Lane::new("binlog")).decode([record]).unwrap();
        for batch in batches(&decoded) {
            let origin = batch.origin();
            names.extend((0..batch.len()).map(|row| (origin.ordinals[row], origin.part(row).unwrap())));
        }
    }
    names
}

#[test]
fn every_position_goes_on_where_it_was_taken() {
    for flavour in Flavour::ALL {
        let mut captured = Captured::new(flavour, "positions");
        captured.run(CHANGES);
        let name = captured.name.clone();
        let (description, events) = captured.events();
        let (mut log, _) = captured.log();
        // Every position at which the log stands, with the entries before it.
        let (mut entries, mut positions) = (Vec::new(), vec![(0, log.position())]);
        for event in &events {
            log.push(event).unwrap();
            while let Some(entry) = log.next().unwrap() {
                entries.push(entry);
                positions.push((entries.len(), log.position()));
            }
        }
        let mut reader = Reader::new();
        let all = names(&mut reader, &entries, &name);
        assert!(all.iter().any(|(_, part)| *part > 0) && all.iter().any(|(ordinal, _)| *ordinal > 3));
        assert!(all.is_sorted());
        for (before, position) in positions {
            let stored = position.to_position("server");
            assert_eq!(LogPosition::from_position(&stored), Ok(position.clone()));
            let mut log = Log::new(position.clone());
            log.push(&description).unwrap();
            let mut rest = Vec::new();
            let begins = |event: &bytes::Bytes| {
                u64::from(u32::from_le_bytes(event[13..17].try_into().unwrap())) - event.len() as u64
            };
            for event in events.iter().filter(|event| begins(event) >= position.place.position) {
                log.push(event).unwrap();
                while let Some(entry) = log.next().unwrap() {
                    rest.push(entry);
                }
            }
            let mut both = names(&mut reader, &entries[..before], &name);
            both.extend(names(&mut reader, &rest, &name));
            assert_eq!(both, all, "{flavour}, from {position:?}");
        }
    }
}

#[test]
fn rows_of_an_event_that_were_read_are_skipped() {
    let mut captured = Captured::new(Flavour::MariaDb, "skipped");
    captured.run(
        "CREATE TABLE t (id INT PRIMARY KEY);
         INSERT INTO t VALUES (1), (2), (3), (4);
         UPDATE t SET id = id + 10 ORDER BY id",
    );
    let name = captured.name.clone();
    let mut reader = Reader::new();
    let mut records = reader.records(&captured.entries(), &name);
    for record in &mut records {
        let Record::Rows { entry, .. } = record else { unreachable!() };
        entry.skip = 3;
    }
    let decoded = Decoder::new(Lane::new("binlog")).decode(&records).unwrap();
    let batch = batches(&decoded).next().unwrap();
    assert_eq!(&batch.kinds()[..], [0, 1, 2]);
    assert_eq!(batch.origin().parts.as_ref().unwrap()[..], [3, 3, 3]);
}

#[test]
fn another_log_is_told_by_its_counts() {
    let mut captured = Captured::new(Flavour::MariaDb, "other_log");
    captured.run("CREATE TABLE t (id INT PRIMARY KEY)");
    captured.begin();
    captured.run("INSERT INTO t VALUES (1)");
    let (description, events) = captured.events();
    let (log, _) = captured.log();
    let position = LogPosition { events: 7, ..log.position() };
    let mut log = Log::new(position);
    log.push(&description).unwrap();
    let pushed: Result<(), BinlogError> = events.iter().try_for_each(|event| log.push(event));
    assert!(matches!(pushed, Err(BinlogError::OtherLog { expected: 7, found: 1, .. })), "{pushed:?}");
}

#[test]
fn a_batch_is_closed_before_its_offsets_end() {
    let mut captured = Captured::new(Flavour::MariaDb, "closed");
    captured.run(CHANGES);
    let name = captured.name.clone();
    let mut reader = Reader::new();
    let records = reader.records(&captured.entries(), &name);
    let whole = Decoder::new(Lane::new("binlog")).decode(&records).unwrap();
    let parts = Decoder::new(Lane::new("binlog")).with_text_limit(4000).decode(&records).unwrap();
    let rows = |items: &[Item]| {
        let batches = items.iter().map(|item| match item {
            Item::Rows(batch) => batch.len(),
            Item::Control(_) => 0,
        });
        batches.sum::<usize>()
    };
    assert_eq!(rows(&whole.items), rows(&parts.items));
    assert!(parts.items.len() > whole.items.len());
}
