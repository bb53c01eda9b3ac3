//! The rows of a case, in order.

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::Value;
use sluicegate_model::{ChangeBatch, ControlEvent, Decoded, Item, RowKind};

use super::case::Case;
use super::value::Cell;
use crate::support::{encode, encoder};

/// A row as the target has it.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// The message that it came from, from 1.
    pub(crate) line: u64,
    pub(crate) table: String,
    pub(crate) kind: RowKind,
    /// Without those that are missing.
    pub(crate) cells: BTreeMap<String, Cell>,
}

/// What travels in the lane.
#[derive(Debug)]
pub(crate) enum Event {
    Row(Row),
    Truncate(String),
}

impl Event {
    pub(crate) fn row(&self) -> Option<&Row> {
        if let Self::Row(row) = self { Some(row) } else { None }
    }
}

/// Rows and truncates of the tables that the case is about, in the order of the messages.
pub(crate) fn of(case: &Case, decoded: &Decoded) -> Vec<Event> {
    let mut events = Vec::new();
    let mut stretch: Vec<(u64, u32, Row)> = Vec::new();
    for item in &decoded.items {
        match item {
            // Rows are gathered by table: between two control events they are put back in order.
            Item::Rows(batch) => stretch.extend(rows(case, batch)),
            Item::Control(event) => {
                events.extend(in_order(&mut stretch));
                if let ControlEvent::Truncate { table } = event {
                    events.extend(target(case, table.as_str()).map(Event::Truncate));
                }
            }
        }
    }
    events.extend(in_order(&mut stretch));
    events
}

fn in_order(stretch: &mut Vec<(u64, u32, Row)>) -> Vec<Event> {
    stretch.sort_by_key(|(line, part, _)| (*line, *part));
    stretch.drain(..).map(|(.., row)| Event::Row(row)).collect()
}

/// The table that a table's rows go to, where the case is about it.
pub(super) fn target(case: &Case, table: &str) -> Option<String> {
    let routes = case.options["route"].as_object().into_iter().flatten();
    let whole = |pattern: &str| Regex::new(&format!("^(?:{pattern})$")).unwrap();
    let mut routes = routes.filter(|(from, _)| whole(from).is_match(table));
    let target = routes.next().map_or(table, |(_, to)| to.as_str().unwrap());
    // The case may leave the database out where the source has schemas.
    let target = match table.split_once('.') {
        Some((_, rest)) if case.table(target).is_none() && rest.contains('.') => rest,
        _ => target,
    };
    case.table(target).map(|table| table.name.clone())
}

fn rows(case: &Case, batch: &ChangeBatch) -> Vec<(u64, u32, Row)> {
    let Some(table) = target(case, batch.table().as_str()) else { return Vec::new() };
    let writer = encoder("json: { deletes: flag, timestamps: sql, decimals: string }");
    let ignore_delete = case.options["ignore_delete"] == true;
    let rows = (0..batch.len()).filter(|row| !(ignore_delete && batch.kind(*row) == RowKind::Delete));
    rows.map(|row| {
        let mut written: serde_json::Map<String, Value> = {
            let text = encode(&*writer, &batch.slice(row, 1)).remove(0).unwrap();
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{text}: {error}"))
        };
        let fields = batch.schema().fields().iter().zip(batch.columns());
        let cells = fields.filter_map(|(field, column)| {
            let written = written.remove(field.name().as_str())?;
            Some((case.name(field.name()), Cell::new(field, column, row, written)))
        });
        let (line, part) = (batch.origin().ordinals[row], batch.origin().part(row));
        let row = Row { line, table: table.clone(), kind: batch.kind(row), cells: cells.collect() };
        (line, part.unwrap_or(0), row)
    })
    .collect()
}

/// Compares the rows with an expected changelog, which may end before the messages do. Where no `-U` came, the others
/// are compared.
pub(crate) fn compare(case: &Case, expected: &[Value], events: &[Event]) -> Result<(), String> {
    let last = expected.iter().map(|row| row["line"].as_u64()).max().flatten().unwrap_or(u64::MAX);
    let rows = events.iter().filter_map(Event::row).filter(|row| row.line <= last || expected.is_empty());
    let mut rows = rows.peekable();
    for wanted in expected {
        let kind = wanted["kind"].as_str().unwrap();
        let Some(row) = rows.peek() else { return Err(format!("no row is left for {wanted}")) };
        if kind == "-U" && row.kind == RowKind::UpdateAfter {
            continue;
        }
        if wanted["table"] != row.table.as_str() || kind != row.kind.short() {
            return Err(format!("{wanted} is {row:?}"));
        }
        if wanted["line"].as_u64().is_some_and(|line| line != row.line) {
            return Err(format!("{wanted} comes from line {}", row.line));
        }
        // A partial image says less than the whole row, and nothing else.
        let known = case.expected(&wanted["row"]).into_iter();
        let known = known.filter(|(name, _)| kind != "-U" || row.cells.contains_key(name)).collect();
        if let Some(why) = case.misses(&known, row) {
            return Err(format!("{} {why}", row.kind.short()));
        }
        rows.next();
    }
    rows.next().map_or(Ok(()), |row| Err(format!("{row:?} is one row too many")))
}
