//! Results for programs.

use serde_json::{Map, Value, json};

use super::Totals;
use crate::cases::{CaseResult, Difference, RowsDifference, Side, Suite, Verdict};

/// The results of a file.
pub(super) fn file(suite: &Suite, results: &[CaseResult]) -> Value {
    let cases: Vec<Value> = results.iter().map(case).collect();
    json!({
        "file": suite.path().display().to_string(),
        "pipeline": suite.pipeline().display().to_string(),
        "cases": cases,
    })
}

/// All results.
pub(super) fn report(totals: &Totals, files: Vec<Value>) -> Value {
    let Totals { cases, run, failed, updated } = totals;
    json!({ "cases": cases, "run": run, "failed": failed, "updated": updated, "files": files })
}

fn case(result: &CaseResult) -> Value {
    let (status, differences) = match &result.verdict {
        Verdict::Passed => ("passed", &[][..]),
        Verdict::Updated => ("updated", &[][..]),
        Verdict::Failed(differences) => ("failed", differences.as_slice()),
    };
    let differences: Vec<Value> = differences.iter().map(difference).collect();
    json!({ "name": result.name, "line": result.line, "status": status, "differences": differences })
}

fn difference(difference: &Difference) -> Value {
    match difference {
        Difference::Other(told) => json!({ "kind": "other", "message": told }),
        Difference::Rows(rows) => {
            let pairs: Vec<Value> = rows
                .rows
                .iter()
                .map(|(expected, found)| {
                    json!({ "expected": side(expected.as_ref(), rows), "found": side(found.as_ref(), rows) })
                })
                .collect();
            json!({
                "kind": "rows", "table": rows.table, "after": rows.after, "equal": rows.equal, "rows": pairs,
            })
        }
    }
}

/// The cells as they would be written in a cases file; a missing one is left out.
fn side(side: Option<&Side>, difference: &RowsDifference) -> Value {
    let Some(side) = side else { return Value::Null };
    let rows = side.rows.iter().map(|row| {
        let named = || difference.columns.iter().zip(&row.cells);
        let cells: Map<String, Value> = named()
            .filter_map(|(name, (cell, _))| Some((name.clone(), Value::String(cell.clone()?))))
            .collect();
        let differ: Vec<&String> =
            named().filter(|(_, (_, differs))| *differs).map(|(name, _)| name).collect();
        json!({ "kind": row.kind, "cells": cells, "differ": differ })
    });
    json!({ "row": side.number, "rows": rows.collect::<Vec<_>>() })
}
