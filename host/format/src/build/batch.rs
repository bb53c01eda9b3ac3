//! A gathered table as a batch, with the types that were declared.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::{UInt32Array, new_null_array};
use arrow_schema::{DataType, Field, Schema};
use sluicegate_kernels::cast;
use sluicegate_model::{ChangeBatch, Column, Origin, RowReject};

use super::cells::Cells;
use super::gather::Gatherer;
use super::meta;
use super::table::Table;

/// Rows that have a cell that is not of its declared type, with the first reason.
type BadRows = BTreeMap<usize, String>;

impl Gatherer<'_> {
    /// The batch of a table, if any row is left, and the rows with cells that are not of their declared types.
    pub(super) fn batch(&self, mut table: Table) -> (Option<ChangeBatch>, Vec<RowReject>) {
        let rows = table.rows();
        let meta = meta::columns(&table, &self.lane, self.records);
        let origin = self.origin(&table);
        let declared = self.declared.and_then(|declared| declared.get(table.name.as_str()));

        let mut fields = Vec::new();
        let mut columns = Vec::new();
        let mut bad = BadRows::new();
        for cells in std::mem::take(&mut table.slots.columns) {
            let declared = declared.and_then(|declared| declared.get(&cells.name));
            let (field, column) = match declared {
                None => cells.into_column(rows),
                Some(declared) => declared_column(cells, rows, &declared.0, &mut bad),
            };
            fields.push(field);
            columns.push(column);
        }
        // What was declared is there, in every batch: steps may count on it.
        for (name, declared) in declared.into_iter().flatten() {
            if !fields.iter().any(|field| field.name() == name) {
                fields.push(Field::new(name, declared.0.clone(), true));
                columns.push(Column::all_missing(&declared.0, rows));
            }
        }

        let primary_key = table.primary_key.unwrap_or_default();
        let schema = Arc::new(Schema::new(fields));
        let batch =
            ChangeBatch::new(table.name, schema, columns, table.kinds.into(), origin, primary_key, meta);
        // All columns were filled to one length, by the types of their fields.
        let batch = batch.expect("columns of one length and of their fields' types");
        without(batch, bad)
    }

    fn origin(&self, table: &Table) -> Origin {
        let changes = || table.change_of.iter().map(|change| &table.changes[*change as usize]);
        let ordinals = changes().map(|change| self.records[change.record as usize].ordinal).collect();
        let several = table.changes.iter().any(|change| change.part.is_some());
        let parts = several.then(|| changes().map(|change| change.part.unwrap_or(0)).collect());
        Origin { lane: self.lane.lane.clone(), ordinals, parts }
    }
}

fn declared_column(cells: Cells, rows: usize, to: &DataType, bad: &mut BadRows) -> (Field, Column) {
    let (name, column) = cells.into_castable(rows, to);
    let say = |reason: &dyn std::fmt::Display| format!("column {name:?}: {reason}");
    let bytes = matches!(to, DataType::Binary | DataType::FixedSizeBinary(_));
    // What has no form in JSON is written in base64, by most producers and by us.
    let options = bytes.then(|| ("encoding".to_owned(), "base64".to_owned()));
    let column = match cast(&column, to, options.as_slice()) {
        Ok(checked) => {
            for failed in checked.failed {
                bad.entry(failed.row as usize).or_insert_with(|| say(&failed.reason));
            }
            checked.column
        }
        // No way from these cells to the type at all: no row with one of them can be kept.
        Err(error) => {
            for row in (0..rows).filter(|row| column.values().is_valid(*row)) {
                bad.entry(row).or_insert_with(|| say(&error));
            }
            Column::with_presence(new_null_array(to, rows), column.presence().cloned())
        }
    };
    (Field::new(name, to.clone(), true), column)
}

/// The batch without bad rows and the other halves of their pairs.
fn without(batch: ChangeBatch, bad: BadRows) -> (Option<ChangeBatch>, Vec<RowReject>) {
    if bad.is_empty() {
        return (Some(batch), Vec::new());
    }
    let mut rejects = Vec::new();
    let mut gone = vec![false; batch.len()];
    for (row, reason) in bad {
        if !gone[row] {
            gone[batch.unit_of(row)].fill(true);
            let origin = batch.origin();
            rejects.push(RowReject { ordinal: origin.ordinals[row], part: origin.part(row), reason });
        }
    }
    let kept: UInt32Array = (0..batch.len() as u32).filter(|row| !gone[*row as usize]).collect();
    if kept.values().is_empty() {
        return (None, rejects);
    }
    // Every row is one of the batch's own, and its types are those that can be picked from.
    let batch = batch.take(&kept).expect("rows of the batch");
    (Some(batch), rejects)
}
