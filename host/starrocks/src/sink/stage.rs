//! Rows that wait, as loads.

use std::collections::BTreeMap;

use arrow_schema::ArrowError;

use super::rows::{Op, split};
use super::text::Text;
use super::window::{Entry, TableWindow, cells};
use super::{arrow_body, csv, line};
use crate::client::{Format, LoadOptions, Payload};

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
    let cells = cells(table, entry);
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
        let mut text = Text::new(table);
        for entry in entries.iter().map(|place| &table.entries[*place]) {
            if entry.change == Op::Delete {
                text.write(|into| line::write_removed(&table.plan, table.key(entry), into));
            } else if self.is_part {
                // Each row has the columns of its batch.
                text.write(|into| line::write_part(&table.plan, table.cells(entry), into));
            } else if let Some((body, bytes)) = table.bytes_of(entry) {
                text.take(body, bytes);
            } else {
                text.write(|into| into.extend_from_slice(table.cells(entry)));
            }
        }
        text.finish()
    }
}

#[cfg(test)]
mod tests;
