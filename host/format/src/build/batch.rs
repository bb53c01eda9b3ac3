//! A gathered table as a batch, with the types that are known.

use std::sync::Arc;

use arrow_array::UInt32Array;
use arrow_schema::Schema;
use sluicegate_model::{ChangeBatch, Column, Origin, RowReject};

use super::gather::Gatherer;
use super::meta;
use super::table::Table;
use super::typed::BadRows;
use super::types::CellType;

impl Gatherer<'_> {
    /// The batch of a table, if any row is left, and the rows with cells that are not of their types.
    pub(super) fn batch(&self, mut table: Table) -> (Option<ChangeBatch>, Vec<RowReject>) {
        let rows = table.rows();
        let meta = meta::columns(&table, &self.lane, self.records);
        let origin = self.origin(&table);
        let declared = self.declared.and_then(|declared| declared.get(table.name.as_str()));

        let mut fields = Vec::new();
        let mut columns = Vec::new();
        let mut bad = BadRows::default();
        for mut cells in std::mem::take(&mut table.slots.columns) {
            if let Some(unavailable) = &self.dialect.unavailable {
                cells.forget(unavailable);
            }
            let declared = declared.and_then(|declared| declared.get(&cells.name));
            let declared = declared.map(|declared| CellType::declared(declared, &self.dialect));
            let (field, column) = match (declared.as_ref(), table.type_of(&cells.name)) {
                (Some(to), Some(from)) if self.dialect.typed_values => {
                    cells.into_declared(rows, from, to, &mut bad)
                }
                (Some(known), _) | (None, Some(known)) => cells.into_typed(rows, known, &mut bad),
                (None, None) => cells.into_column(rows),
            };
            fields.push(field);
            columns.push(column);
        }
        // What was declared is there, in every batch: steps may count on it.
        for (name, declared) in declared.into_iter().flatten() {
            if !fields.iter().any(|field| field.name() == name) {
                let declared = CellType::declared(declared, &self.dialect);
                fields.push(declared.field(name));
                columns.push(Column::all_missing(&declared.data_type, rows));
            }
        }

        let primary_key = table.key_as_in(&fields);
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

/// The batch without bad rows and the other halves of their pairs.
fn without(batch: ChangeBatch, bad: BadRows) -> (Option<ChangeBatch>, Vec<RowReject>) {
    if bad.is_empty() {
        return (Some(batch), Vec::new());
    }
    let mut rejects = Vec::new();
    let mut gone = vec![false; batch.len()];
    for (row, reason) in bad.into_rows() {
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
