//! The tables that a case leaves behind.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use sluicegate_model::RowKind;

use super::case::{Case, Table};
use super::changelog::{Event, Row};

/// Applies the rows as a sink does, by key, and compares the tables.
pub(crate) fn compare(case: &Case, expected: &Map<String, Value>, events: &[Event]) -> Result<(), String> {
    let mut tables: BTreeMap<&str, Vec<Row>> = BTreeMap::new();
    let mut before: Option<Row> = None;
    for event in events {
        match event {
            Event::Truncate(table) => {
                if case.options["apply_truncate"] == true {
                    tables.remove(table.as_str());
                }
            }
            Event::Row(row) => {
                let rows = tables.entry(&row.table).or_default();
                apply(case, rows, &mut before, row);
            }
        }
    }
    matches(case, expected, tables)
}

/// Compares tables with those that are expected.
pub(crate) fn matches(
    case: &Case,
    expected: &Map<String, Value>,
    mut tables: BTreeMap<&str, Vec<Row>>,
) -> Result<(), String> {
    for (name, wanted) in expected {
        // A table whose rows the alternative does not tell.
        let Some(wanted) = wanted.as_array() else { continue };
        let mut rows = tables.remove(name.as_str()).unwrap_or_default();
        for wanted in wanted {
            let wanted = case.expected(wanted);
            match rows.iter().position(|row| case.misses(&wanted, row).is_none()) {
                Some(place) => drop(rows.remove(place)),
                None => return Err(nearest(case, name, &wanted, &rows)),
            }
        }
        if let Some(row) = rows.first() {
            return Err(format!("{name} has a row too many: {row:?}"));
        }
    }
    Ok(())
}

fn apply(case: &Case, rows: &mut Vec<Row>, before: &mut Option<Row>, row: &Row) {
    let of_key = key_place(case, rows, row);
    match row.kind {
        RowKind::Insert => {
            of_key.map(|place| rows.remove(place));
            rows.push(row.clone());
        }
        RowKind::Delete => drop(of_key.map(|place| rows.remove(place))),
        RowKind::UpdateBefore => *before = of_key.map(|place| rows.remove(place)),
        // What an image does not name stays as it was.
        RowKind::UpdateAfter => {
            let old = before.take().or_else(|| of_key.map(|place| rows.remove(place)));
            let mut whole = row.clone();
            for (name, cell) in old.into_iter().flat_map(|old| old.cells) {
                whole.cells.entry(name).or_insert(cell);
            }
            rows.push(whole);
        }
    }
}

/// The row of the same key; of a table without a key one that is equal, except for an insert, which always adds.
fn key_place(case: &Case, rows: &[Row], row: &Row) -> Option<usize> {
    let Table { key, .. } = case.table(&row.table)?;
    let key: Vec<String> = key.iter().map(|name| case.name(name)).collect();
    if key.is_empty() {
        let whole = row.kind != RowKind::Insert;
        return rows.iter().position(|known| whole && known.cells == row.cells);
    }
    rows.iter().position(|known| key.iter().all(|name| known.cells.get(name) == row.cells.get(name)))
}

/// What is wrong with the row that was meant, most likely.
fn nearest(case: &Case, table: &str, wanted: &Map<String, Value>, rows: &[Row]) -> String {
    let key: Map<String, Value> =
        case.table(table).into_iter().flat_map(|table| &table.key).fold(Map::new(), |mut key, name| {
            let name = case.name(name);
            let value = wanted[&name].clone();
            key.insert(name, value);
            key
        });
    let of_key = rows.iter().find(|row| case.misses(&key, row).is_none());
    match of_key.and_then(|row| case.misses(wanted, row)) {
        Some(why) => why,
        None => format!("{table} has no row {wanted:?}, only {rows:?}"),
    }
}
