//! Compressed transactions and events.

use bytes::Bytes;
use sluicegate_mysql::binlog::event::header::HEADER_LEN;
use sluicegate_mysql::binlog::event::kind;
use sluicegate_mysql::binlog::event::spooled::{Spool, Spooled};
use sluicegate_mysql::binlog::{BinlogError, Entry, Log, LogPosition};
use sluicegate_test_servers::Flavour;

use super::captured::{Captured, own};
use super::replay::{Reader, assert_same};

const CHANGES: &str = "
CREATE TABLE t (id INT PRIMARY KEY, v TEXT);
INSERT INTO t SELECT seq, REPEAT('abc', 400) FROM numbers;
UPDATE t SET v = REPEAT('xyz', 300) WHERE id % 3 = 0;
DELETE FROM t WHERE id % 5 = 0;
";

fn numbers(captured: &mut Captured) {
    captured.run(
        "CREATE TABLE digits (d INT);
         INSERT INTO digits VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9);
         CREATE TABLE numbers AS SELECT a.d * 100 + b.d * 10 + c.d AS seq FROM digits a, digits b, digits c",
    );
}

#[test]
fn transactions_of_mysql() {
    let mut captured = Captured::new(Flavour::MySql, "payload");
    numbers(&mut captured);
    captured.run("SET SESSION binlog_transaction_compression = ON");
    captured.begin();
    captured.run(CHANGES);
    assert!(captured.count(kind::TRANSACTION_PAYLOAD) >= 3);
    assert_same(&mut captured, &mut Reader::new(), "t");

    // A position inside a compressed transaction is before it, and counts.
    let (mut log, events) = captured.log();
    let mut inside: Option<LogPosition> = None;
    for event in &events {
        log.push(event).unwrap();
        while let Some(entry) = log.next().unwrap() {
            if let Entry::Rows(rows) = entry
                && rows.number == 3
            {
                inside.get_or_insert(log.position());
            }
        }
    }
    let inside = inside.unwrap();
    assert_eq!(inside.events, 4);
    assert!(events.iter().any(|event| {
        let ends = u64::from(u32::from_le_bytes(event[13..17].try_into().unwrap()));
        // The GTID event, with which the transaction begins, begins there.
        event[4] == kind::GTID && ends - event.len() as u64 == inside.place.position
    }));

    // The same from a file.
    let mut in_memory = captured.log().0;
    let mut from_file = captured.log().0;
    let expected = images(&mut in_memory, &events, Log::push);
    let found = images(&mut from_file, &events, |log, event| match event[4] {
        kind::TRANSACTION_PAYLOAD => log.push_spooled(spooled(event)),
        _ => log.push(event),
    });
    assert!(!expected.is_empty() && found == expected);
    assert_eq!(from_file.position(), in_memory.position());
    let payload = events.iter().find(|event| event[4] == kind::TRANSACTION_PAYLOAD).unwrap();
    let mut damaged = payload.to_vec();
    damaged[payload.len() / 2] ^= 1;
    let damaged = from_file.push_spooled(spooled(&damaged));
    assert!(matches!(damaged, Err(BinlogError::Checksum { .. })), "{damaged:?}");
}

/// An event as it is when it came in pieces, and was too large for memory.
fn spooled(event: &[u8]) -> Spooled {
    let mut spool = Spool::new(&event[..HEADER_LEN]).unwrap();
    for piece in event[HEADER_LEN..].chunks(1000) {
        spool.push(piece).unwrap();
    }
    spool.finish()
}

/// All row images of events.
fn images(
    log: &mut Log,
    events: &[Bytes],
    push: impl Fn(&mut Log, &Bytes) -> Result<(), BinlogError>,
) -> Vec<Bytes> {
    let mut images = Vec::new();
    for event in events {
        push(log, event).unwrap();
        while let Some(entry) = log.next().unwrap() {
            if let Entry::Rows(rows) = entry {
                images.push(rows.rows.images.clone());
            }
        }
    }
    images
}

#[test]
fn events_of_mariadb() {
    let mut captured =
        own(Flavour::MariaDb, &[("log-bin-compress", "ON"), ("log-bin-compress-min-len", "10")]);
    numbers(&mut captured);
    captured.begin();
    captured.run(CHANGES);
    for compressed in [
        kind::QUERY_COMPRESSED,
        kind::WRITE_ROWS_COMPRESSED_V1,
        kind::UPDATE_ROWS_COMPRESSED_V1,
        kind::DELETE_ROWS_COMPRESSED_V1,
    ] {
        assert!(captured.count(compressed) > 0, "{}", kind::name(compressed));
    }
    assert_same(&mut captured, &mut Reader::new(), "t");
    let statements: Vec<String> = captured
        .entries()
        .into_iter()
        .filter_map(|entry| match entry {
            Entry::Statement(statement) => Some(statement.query.sql),
            _ => None,
        })
        .collect();
    assert_eq!(statements, ["CREATE TABLE t (id INT PRIMARY KEY, v TEXT)"]);
}
