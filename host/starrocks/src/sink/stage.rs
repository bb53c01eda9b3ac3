//! Rows that wait, as loads.

use std::collections::BTreeMap;

use arrow_schema::ArrowError;
use bytes::Bytes;

use super::plan::{OP, PlannedColumn};
use super::rows::{Op, split};
use super::window::{Entry, TableWindow};
use super::{arrow_body, csv};
use crate::client::{Format, LoadOptions, Payload};

/// Bytes of a piece of a body.
const PIECE: usize = 1 << 20;

/// Room behind it for the row with which it is full.
const ROW: usize = 4 << 10;

/// Entries of one table that one transaction can load: rows with all columns and rows that go, the latter by themselves
/// where a column decides which rows stay; or rows that have the same columns.
pub struct Batch {
    /// How they are read.
    pub options: LoadOptions,
    /// Places among the entries of the table.
    pub entries: Vec<usize>,
    /// Whether rows say whether they are removed.
    has_op: bool,
    /// Whether rows lack some of the columns.
    is_part: bool,
}

/// The batches of a table.
pub fn batches(table: &TableWindow) -> Vec<Batch> {
    let (mut whole, mut removed) = (Vec::new(), Vec::new());
    let mut parts: BTreeMap<Vec<String>, Vec<usize>> = BTreeMap::new();
    for (place, entry) in table.entries.iter().enumerate() {
        if entry.change == Op::Patch {
            parts.entry(names(table, entry)).or_default().push(place);
        } else if entry.change == Op::Delete && table.plan.condition.is_some() {
            removed.push(place);
        } else {
            whole.push(place);
        }
    }
    let mut batches = Vec::new();
    if !whole.is_empty() {
        let options = table.plan.load(None);
        batches.push(Batch { options, entries: whole, has_op: table.plan.upserts, is_part: false });
    }
    if !removed.is_empty() {
        let options = LoadOptions { merge_condition: None, ..table.plan.load(None) };
        batches.push(Batch { options, entries: removed, has_op: true, is_part: false });
    }
    for (names, entries) in parts {
        let mut options = table.plan.load(Some(&names));
        // Rows that are added have no others to leave as they are: what is missing is the column's default.
        options.partial &= table.plan.upserts;
        batches.push(Batch { options, entries, has_op: false, is_part: true });
    }
    batches
}

/// The columns that an entry has, by their names in the table.
fn names(table: &TableWindow, entry: &Entry) -> Vec<String> {
    let cells = table.cells(entry);
    match table.plan.format {
        Format::Json => split(cells).filter_map(|(name, _)| serde_json::from_slice(name).ok()).collect(),
        Format::Csv | Format::Arrow => {
            let fields = csv::split(cells).zip(&table.plan.columns);
            let there = fields.filter(|(field, _)| *field != csv::MISSING);
            there.map(|(_, column)| column.name.clone()).collect()
        }
    }
}

impl Batch {
    /// The rows of some of its entries.
    ///
    /// # Errors
    /// Where they cannot be written as Arrow, in words.
    pub fn body(&self, table: &TableWindow, entries: &[usize]) -> Result<Payload, String> {
        match table.plan.format {
            Format::Arrow => self.arrow(table, entries).map(Payload::from).map_err(|error| error.to_string()),
            _ => Ok(self.text(table, entries)),
        }
    }

    fn arrow(&self, table: &TableWindow, entries: &[usize]) -> Result<Vec<u8>, ArrowError> {
        let entries = entries.iter().map(|place| &table.entries[*place]);
        let rows: Vec<(usize, usize)> = entries.clone().map(|entry| table.place_in_columns(entry)).collect();
        let removed: Vec<bool> = entries.map(|entry| entry.change == Op::Delete).collect();
        let removed = Some(removed.as_slice()).filter(|_| self.has_op);
        arrow_body::stream(&table.plan, &table.columns(), &rows, removed)
    }

    fn text(&self, table: &TableWindow, entries: &[usize]) -> Payload {
        let mut pieces: Vec<Bytes> = Vec::new();
        let room = || Vec::with_capacity(PIECE + ROW);
        let mut piece: Vec<u8> = room();
        for entry in entries.iter().map(|place| &table.entries[*place]) {
            if table.plan.format == Format::Csv {
                self.line(table, entry, &mut piece);
            } else {
                self.object(table, entry, &mut piece);
            }
            if piece.len() >= PIECE {
                pieces.push(std::mem::replace(&mut piece, room()).into());
            }
        }
        pieces.push(piece.into());
        Payload::new(pieces)
    }

    /// A row as an object, on a line.
    fn object(&self, table: &TableWindow, entry: &Entry, into: &mut Vec<u8>) {
        into.push(b'{');
        if entry.change == Op::Delete {
            into.extend_from_slice(table.key(entry));
            into.extend_from_slice(&table.plan.filler);
        } else {
            into.extend_from_slice(table.cells(entry));
        }
        if self.has_op {
            into.extend_from_slice(b",\"");
            into.extend_from_slice(OP.as_bytes());
            into.extend_from_slice(if entry.change == Op::Delete { b"\":1" } else { b"\":0" });
        }
        into.extend_from_slice(b"}\n");
    }

    /// A row as fields.
    fn line(&self, table: &TableWindow, entry: &Entry, into: &mut Vec<u8>) {
        let start = into.len();
        match entry.change {
            Op::Delete => removed(table, entry, into),
            // Each row has the columns of its batch.
            _ if self.is_part => {
                let fields = csv::split(table.cells(entry)).filter(|field| *field != csv::MISSING);
                join(fields, into);
            }
            _ => into.extend_from_slice(table.cells(entry)),
        }
        if self.has_op {
            let op = if entry.change == Op::Delete { b'1' } else { b'0' };
            into.extend_from_slice(&[Format::BETWEEN_FIELDS, op]);
        }
        csv::end_row(start, into);
    }
}

/// A row that is removed: its key, and something for columns that take no NULL.
fn removed(table: &TableWindow, entry: &Entry, into: &mut Vec<u8>) {
    let key: Vec<&[u8]> = csv::split(table.key(entry)).collect();
    let field = |(place, column): (usize, &PlannedColumn)| {
        let part = table.plan.key.iter().position(|part| *part == place);
        match part {
            Some(part) => key[part],
            None if column.nullable => csv::NULL,
            None => column.column_type.any_value().trim_matches('"').as_bytes(),
        }
    };
    join(table.plan.columns.iter().enumerate().map(field), into);
}

fn join<'a>(fields: impl Iterator<Item = &'a [u8]>, into: &mut Vec<u8>) {
    for (place, field) in fields.enumerate() {
        if place > 0 {
            into.push(Format::BETWEEN_FIELDS);
        }
        into.extend_from_slice(field);
    }
}

#[cfg(test)]
mod tests;
