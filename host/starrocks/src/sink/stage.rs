//! Rows that wait, as loads.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::plan::OP;
use super::rows::{Op, split};
use super::window::TableWindow;
use crate::client::{LoadOptions, Payload};

/// Bytes of a piece of a body.
const PIECE: usize = 1 << 20;

/// Entries of one table that one transaction can load: rows with all columns and rows that go, or rows that have the
/// same columns.
pub struct Batch {
    /// How they are read.
    pub options: LoadOptions,
    /// Places among the entries of the table.
    pub entries: Vec<usize>,
    /// Whether rows say whether they are removed.
    has_op: bool,
}

/// The batches of a table.
pub fn batches(table: &TableWindow) -> Vec<Batch> {
    let mut whole = Vec::new();
    let mut parts: BTreeMap<Vec<String>, Vec<usize>> = BTreeMap::new();
    for (place, entry) in table.entries.iter().enumerate() {
        if entry.change == Op::Patch || (!table.plan.upserts && !is_whole(table, place)) {
            parts.entry(names(table, place)).or_default().push(place);
        } else {
            whole.push(place);
        }
    }
    let mut batches = Vec::new();
    if !whole.is_empty() {
        let options = table.plan.load(None);
        batches.push(Batch { options, entries: whole, has_op: table.plan.upserts });
    }
    for (names, entries) in parts {
        let mut options = table.plan.load(Some(&names));
        // Rows that are added have no others to leave as they are: what is missing is the column's default.
        options.partial &= table.plan.upserts;
        batches.push(Batch { options, entries, has_op: false });
    }
    batches
}

fn is_whole(table: &TableWindow, place: usize) -> bool {
    split(table.cells(&table.entries[place])).count() == table.plan.columns.len()
}

/// The columns that an entry has, by their names in the table.
fn names(table: &TableWindow, place: usize) -> Vec<String> {
    let cells = table.cells(&table.entries[place]);
    split(cells).filter_map(|(name, _)| serde_json::from_slice(name).ok()).collect()
}

impl Batch {
    /// The rows of some of its entries: objects, a line each.
    pub fn body(&self, table: &TableWindow, entries: &[usize]) -> Payload {
        let mut pieces: Vec<Bytes> = Vec::new();
        let mut piece: Vec<u8> = Vec::new();
        for entry in entries.iter().map(|place| &table.entries[*place]) {
            piece.push(b'{');
            if entry.change == Op::Delete {
                piece.extend_from_slice(table.key(entry));
                piece.extend_from_slice(&table.plan.filler);
            } else {
                piece.extend_from_slice(table.cells(entry));
            }
            if self.has_op {
                piece.extend_from_slice(b",\"");
                piece.extend_from_slice(OP.as_bytes());
                piece.extend_from_slice(if entry.change == Op::Delete { b"\":1" } else { b"\":0" });
            }
            piece.extend_from_slice(b"}\n");
            if piece.len() >= PIECE {
                pieces.push(std::mem::take(&mut piece).into());
            }
        }
        pieces.push(piece.into());
        Payload::new(pieces)
    }
}

#[cfg(test)]
mod tests;
