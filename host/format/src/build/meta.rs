//! The columns about the rows.

use std::sync::Arc;

use arrow_array::builder::{BinaryBuilder, MapBuilder, MapFieldNames, StringBuilder};
use arrow_array::{ArrayRef, Int32Array, Int64Array, TimestampMicrosecondArray};
use sluicegate_model::{Meta, meta};

use super::table::{Kept, Table};
use crate::{LaneInfo, Record};

/// The meta columns of a table's rows: those that any of its messages has, and always partition and offset.
pub(super) fn columns(table: &Table, lane: &LaneInfo<'_>, records: &[Record<'_>]) -> Meta {
    let changes = || table.change_of.iter().map(|change| &table.changes[*change as usize]);
    let record_of_rows = || changes().map(|change| &records[change.record as usize]);
    let any = |has: fn(&Record<'_>) -> bool| {
        table.changes.iter().any(|change| has(&records[change.record as usize]))
    };
    let utc = |times: TimestampMicrosecondArray| Arc::new(times.with_timezone("UTC")) as ArrayRef;

    let mut columns = Meta::new();
    if table.changes.iter().any(|change| change.event_time.is_some()) {
        columns.set(meta::EVENT_TIME, utc(changes().map(|change| change.event_time).collect()));
    }
    if any(|record| record.timestamp_us.is_some()) {
        columns.set(meta::INGEST_TIME, utc(record_of_rows().map(|record| record.timestamp_us).collect()));
    }
    if any(|record| record.key.is_some()) {
        let bytes = record_of_rows().map(|record| record.key.map_or(0, <[u8]>::len)).sum();
        let mut keys = BinaryBuilder::with_capacity(table.rows(), bytes);
        record_of_rows().for_each(|record| keys.append_option(record.key));
        columns.set(meta::KEY, Arc::new(keys.finish()) as ArrayRef);
    }
    columns.set(meta::PARTITION, Arc::new(Int32Array::from(vec![lane.partition; table.rows()])) as ArrayRef);
    let offsets: Vec<i64> = record_of_rows().map(|record| record.ordinal as i64).collect();
    columns.set(meta::OFFSET, Arc::new(Int64Array::from(offsets)) as ArrayRef);
    if table.changes.iter().any(|change| change.position.is_some()) {
        columns.set(meta::SOURCE_POSITION, texts(table, |change| change.position));
    }
    if table.changes.iter().any(|change| change.transaction.is_some()) {
        columns.set(meta::TRANSACTION, texts(table, |change| change.transaction));
    }
    if any(|record| !record.headers.is_empty()) {
        columns.set(meta::HEADERS, headers(record_of_rows()));
    }
    columns
}

fn texts(table: &Table, range: fn(&Kept) -> Option<(u32, u32)>) -> ArrayRef {
    let mut texts = StringBuilder::with_capacity(table.rows(), 2 * table.texts.len());
    for change in &table.change_of {
        let range = range(&table.changes[*change as usize]);
        let bytes = range.map(|(start, end)| &table.texts[start as usize..end as usize]);
        // Text of a message that was checked.
        texts.append_option(bytes.map(String::from_utf8_lossy));
    }
    Arc::new(texts.finish())
}

/// Headers of records, as [`meta::headers_type`].
pub(crate) fn headers<'a>(records: impl Iterator<Item = &'a Record<'a>>) -> ArrayRef {
    let names =
        MapFieldNames { entry: "entries".to_owned(), key: "keys".to_owned(), value: "values".to_owned() };
    let mut maps = MapBuilder::new(Some(names), StringBuilder::new(), BinaryBuilder::new());
    for record in records {
        for (name, value) in record.headers {
            maps.keys().append_value(name);
            maps.values().append_option(value.as_ref());
        }
        // Keys and values were added together, so they are of one length.
        let _ = maps.append(true);
    }
    Arc::new(maps.finish())
}
