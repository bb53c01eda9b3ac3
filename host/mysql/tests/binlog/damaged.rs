//! Bytes that are not what a server wrote: refused, or read as something, never a panic.

use bytes::Bytes;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use sluicegate_model::Lane;
use sluicegate_mysql::binlog::event::header::HEADER_LEN;
use sluicegate_mysql::binlog::{BinlogError, Entry};
use sluicegate_mysql::binlog::{Decoder, Log, LogPosition, Place, ReadOptions, Record, Table};
use sluicegate_test_servers::Flavour;

use super::captured::Captured;

/// An event without its checksum, its length set anew.
fn bare(event: &[u8]) -> Vec<u8> {
    let mut bare = event[..event.len() - 4].to_vec();
    let length = (bare.len() as u32).to_le_bytes();
    bare[9..13].copy_from_slice(&length);
    bare
}

/// The format description of a log without checksums.
fn unguarded(description: &Bytes) -> Bytes {
    let mut unguarded = description.to_vec();
    let algorithm = unguarded.len() - 5;
    unguarded[algorithm] = 0;
    unguarded.into()
}

/// Reads events to the end or the first error.
fn read(description: &Bytes, events: &[Bytes]) -> Result<usize, BinlogError> {
    let place = Place { file: "binlog.000001".into(), position: 4 };
    let mut log = Log::new(LogPosition { gtids: None, place, events: 0, rows: 0, ordinal: 0 });
    log.push(description)?;
    let mut records = Vec::new();
    for event in events {
        log.push(event)?;
        while let Some(entry) = log.next()? {
            let Entry::Rows(entry) = entry else { continue };
            // A description that was damaged may not do for a table: that is said, too.
            if let Ok(table) = Table::describe(&entry.map, None, |_| true, ReadOptions::default()) {
                records.push(Record::Rows { table: table.into(), entry });
            }
        }
    }
    Decoder::new(Lane::new("binlog")).decode(&records).map(|decoded| decoded.items.len())
}

#[test]
fn changed_bytes_are_refused_or_read() {
    for flavour in Flavour::ALL {
        let mut captured = Captured::new(flavour, "mutated");
        captured.run(
            "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(100), d DECIMAL(20,5), dt DATETIME(6), t TIME(3), e ENUM('a','b'), s SET('x','y'), j JSON, g POINT, b BIT(9), bl BLOB);
             INSERT INTO t VALUES (1, 'some text', 1.5, '2024-02-29 01:02:03.5', '-01:02:03.5', 'b', 'x,y', '{\"a\": [1, 2.5, \"x\", null, {\"b\": true}]}', ST_GeomFromText('POINT(1 2)'), 5, x'00ff');
             UPDATE t SET v = 'other', j = JSON_SET(j, '$.a[1]', 7), d = NULL;
             DELETE FROM t",
        );
        if flavour == Flavour::MySql {
            captured.run(
                "SET SESSION binlog_row_value_options = 'PARTIAL_JSON';
                 INSERT INTO t (id, j) VALUES (2, '{\"a\": [1, 2], \"pad\": \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}');
                 UPDATE t SET j = JSON_SET(j, '$.a[1]', 'new');
                 SET SESSION binlog_transaction_compression = ON;
                 UPDATE t SET j = JSON_REMOVE(j, '$.a[0]')",
            );
        }
        let (description, events) = captured.events();
        let description = unguarded(&description);
        let events: Vec<Bytes> = events.iter().map(|event| bare(event).into()).collect();
        assert!(read(&description, &events).unwrap() > 0);

        let changes = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4);
        let strategy =
            (any::<prop::sample::Index>(), changes, proptest::option::of(any::<prop::sample::Index>()));
        let mut runner =
            TestRunner::new(Config { cases: 2_000, failure_persistence: None, ..Config::default() });
        let run = runner.run(&strategy, |(which, changes, cut)| {
            let mut events = events.clone();
            let which = which.index(events.len());
            let mut event = events[which].to_vec();
            if event.len() > HEADER_LEN {
                for (place, byte) in changes {
                    let place = HEADER_LEN + place.index(event.len() - HEADER_LEN);
                    event[place] = byte;
                }
                if let Some(cut) = cut {
                    event.truncate(HEADER_LEN + cut.index(event.len() - HEADER_LEN));
                    let length = (event.len() as u32).to_le_bytes();
                    event[9..13].copy_from_slice(&length);
                }
            }
            events[which] = event.into();
            let _ = read(&description, &events);
            Ok(())
        });
        run.unwrap();
    }
}
