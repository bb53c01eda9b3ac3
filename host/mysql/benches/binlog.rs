//! Five-column rows of a binlog into Arrow, beside the same rows decoded one by one by the driver.
//!
//! The events are made here, byte for byte as a server writes them (8 KiB of rows behind each table map), so that the bench
//! needs no server; the tests of this crate read servers' own.

mod events;

use std::hint::black_box;
use std::sync::Arc;

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use mysql_common::binlog::EventStreamReader;
use mysql_common::binlog::consts::BinlogVersion;
use mysql_common::binlog::events::EventData;
use sluicegate_model::Lane;
use sluicegate_mysql::binlog::{Decoder, Entry, Log, LogPosition, Place, ReadOptions, Record, Table};

/// Rows of a run.
const ROWS: u64 = 16_384;

/// From the bytes of events to batches; gives the number of rows.
fn to_arrow(description: &Bytes, events: &[Bytes]) -> usize {
    let place = Place { file: "binlog.000001".into(), position: 4 };
    let mut log = Log::new(LogPosition { gtids: None, place, events: 0, rows: 0, ordinal: 0 });
    log.push(description).expect("a format description");
    let mut records: Vec<Record> = Vec::new();
    for event in events {
        log.push(event).expect("an event");
        while let Some(entry) = log.next().expect("an event") {
            let Entry::Rows(entry) = entry else { continue };
            let known = records.last().and_then(|record| match record {
                Record::Rows { table, entry: last } if Arc::ptr_eq(&last.map, &entry.map) => {
                    Some(Arc::clone(table))
                }
                _ => None,
            });
            let table = known.unwrap_or_else(|| {
                let options = ReadOptions::default();
                Arc::new(Table::describe(&entry.map, None, |_| true, options).expect("a table in full"))
            });
            records.push(Record::Rows { table, entry });
        }
    }
    let decoded = Decoder::new(Lane::new("binlog")).decode(&records).expect("rows");
    assert!(decoded.rejects.is_empty());
    decoded
        .items
        .iter()
        .map(|item| match item {
            sluicegate_model::Item::Rows(batch) => black_box(batch).len(),
            sluicegate_model::Item::Control(_) => 0,
        })
        .sum()
}

/// The same rows, one by one, as the driver gives them.
fn row_by_row(stream: &[u8]) -> usize {
    let mut reader = EventStreamReader::new(BinlogVersion::Version4);
    let mut rest = stream;
    let mut rows = 0;
    while let Some(event) = reader.read(&mut rest).expect("an event") {
        let Some(EventData::RowsEvent(data)) = event.read_data().expect("an event") else { continue };
        let map = reader.get_tme(data.table_id()).expect("a table map");
        for row in data.rows(map) {
            let (before, after) = row.expect("a row");
            black_box((before, after));
            rows += 1;
        }
    }
    rows
}

fn binlog(criterion: &mut Criterion) {
    let description = events::format_description();
    let log = events::inserts(ROWS);
    let mut stream = description.to_vec();
    for event in &log {
        stream.extend_from_slice(event);
    }
    assert_eq!(to_arrow(&description, &log), ROWS as usize);
    assert_eq!(row_by_row(&stream), ROWS as usize);

    let mut group = criterion.benchmark_group("binlog to columns");
    group.throughput(Throughput::Elements(ROWS));
    group.bench_function("sluicegate", |bencher| bencher.iter(|| to_arrow(&description, &log)));
    group.bench_function("driver, row by row", |bencher| bencher.iter(|| row_by_row(&stream)));
    group.finish();
}

criterion_group!(benches, binlog);
criterion_main!(benches);
