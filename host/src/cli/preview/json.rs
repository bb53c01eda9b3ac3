//! What became of rows, for programs. The form is a part of the interface, and described in the help of `preview`.

use serde_json::{Map, Value, json};
use sluicegate_model::{Cell, RowKind};

use super::trace::{Column, Row, RowName, Stage, Table, Trace};

/// One object.
pub(super) fn render(trace: &Trace) -> Value {
    let events: Vec<Value> =
        trace.events.iter().map(|(lane, event)| json!({ "lane": lane.as_str(), "event": event })).collect();
    json!({
        "pipeline": trace.pipeline,
        "stages": trace.stages.iter().map(stage).collect::<Vec<_>>(),
        "events": events,
    })
}

fn stage(stage: &Stage) -> Value {
    let rejected = |(name, reason): &(RowName, String)| {
        let mut row = row_name(name);
        row.insert("reason".to_owned(), json!(reason));
        row
    };
    json!({
        "step": stage.step,
        "tables": stage.tables.iter().map(table).collect::<Vec<_>>(),
        "dropped": stage.dropped.iter().map(row_name).collect::<Vec<_>>(),
        "rejected": stage.rejected.iter().map(rejected).collect::<Vec<_>>(),
    })
}

fn table(table: &Table) -> Value {
    let column = |column: &Column| {
        let before = column.before.as_ref().map(|(name, kind)| json!({ "name": name, "type": kind }));
        json!({ "name": column.name, "type": column.data_type, "before": before })
    };
    json!({
        "table": table.name,
        "from": table.from,
        "primary_key": table.primary_key,
        "columns": table.columns.iter().map(column).collect::<Vec<_>>(),
        "removed": table.removed,
        "rows": table.rows.iter().map(|one| row(one, &table.columns)).collect::<Vec<_>>(),
    })
}

fn row(row: &Row, columns: &[Column]) -> Value {
    let mut cells = Map::new();
    let mut changed = Vec::new();
    for (cell, column) in row.cells.iter().zip(columns) {
        if cell.state != Cell::Missing {
            cells.insert(column.name.clone(), json!(cell.text));
        }
        if cell.changed {
            changed.push(&column.name);
        }
    }
    json!({
        "lane": row.name.lane.as_str(),
        "ordinal": row.name.ordinal,
        "part": row.name.part,
        "kind": row.name.kind.map(RowKind::short),
        "kind_before": row.kind_before.map(RowKind::short),
        "cells": cells,
        "changed": changed,
    })
}

fn row_name(name: &RowName) -> Map<String, Value> {
    let fields = [
        ("lane", json!(name.lane.as_str())),
        ("ordinal", json!(name.ordinal)),
        ("part", json!(name.part)),
        ("kind", json!(name.kind.map(RowKind::short))),
        ("table", json!(name.table)),
    ];
    fields.map(|(key, value)| (key.to_owned(), value)).into_iter().collect()
}
