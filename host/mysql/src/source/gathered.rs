//! What was read of a log and not given yet.

use super::chunk::OVERHEAD;
use crate::binlog::{LogPosition, Record};

/// Records in the log's order, the last of which may be of an open transaction.
#[derive(Default)]
pub struct Gathered {
    records: Vec<Record>,
    events: usize,
    bytes: usize,
}

/// A point between two records: mostly one between two transactions.
pub struct Point {
    /// Where the log is read on from there.
    pub at: LogPosition,
    /// Records before it.
    pub records: usize,
    /// Events of rows among them.
    pub events: usize,
    /// Bytes that they hold.
    pub bytes: usize,
}

impl Point {
    /// Where nothing was gathered.
    pub fn of(at: LogPosition) -> Self {
        Self { at, records: 0, events: 0, bytes: 0 }
    }
}

impl Gathered {
    /// Adds a record with what it holds.
    pub fn add(&mut self, record: Record, bytes: usize) {
        self.events += usize::from(matches!(record, Record::Rows { .. }));
        self.bytes += bytes + OVERHEAD;
        self.records.push(record);
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Bytes of all.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The point behind all.
    pub fn end(&self, at: LogPosition) -> Point {
        let Self { records, events, bytes } = self;
        Point { at, records: records.len(), events: *events, bytes: *bytes }
    }

    /// Takes the records before a point.
    pub fn take(&mut self, before: &Point) -> Vec<Record> {
        let left = self.records.split_off(before.records);
        self.events -= before.events;
        self.bytes -= before.bytes;
        std::mem::replace(&mut self.records, left)
    }
}
