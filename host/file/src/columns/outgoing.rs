//! Change batches to Arrow batches.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions, StringArray, UInt32Array};
use arrow_schema::{DataType, Field, Schema};
use sluicegate_connector::{Error, Reject};
use sluicegate_format::delimited::OnMissing;
use sluicegate_model::ChangeBatch;

use super::ColumnsOptions;

/// The rows that are to be in a file, and those that cannot be.
///
/// # Errors
/// [`sluicegate_connector::Class::Configuration`] where a column of the batch is called as the column of kinds.
pub(crate) fn outgoing(
    options: &ColumnsOptions,
    batch: &ChangeBatch,
) -> Result<(RecordBatch, Vec<Reject>), Error> {
    let with_kinds = options.kind_column.as_deref();
    let missing = options.missing.unwrap_or_default() == OnMissing::Reject;
    let mut rejects = Vec::new();
    let mut kept = Vec::with_capacity(batch.len());
    let mut row = 0;
    while row < batch.len() {
        let unit = batch.unit_of(row);
        let end = unit.end;
        let lacking = unit
            .clone()
            .find_map(|row| batch.columns().iter().position(|column| missing && column.is_missing(row)));
        if let Some(column) = lacking {
            let name = batch.schema().field(column).name();
            rejects.push(Reject {
                row: (end - 1) as u32,
                reason: format!(
                    "column {name:?}: its source did not send it, and a file of columns has no form for that: \
                     `missing: as-null` writes NULL"
                ),
            });
        } else {
            for row in unit {
                match (with_kinds.is_some() || batch.kind(row).is_present(), batch.is_pair(row)) {
                    (true, _) => kept.push(row as u32),
                    // The old image: the new one follows.
                    (false, true) => {}
                    (false, false) => rejects.push(Reject {
                        row: row as u32,
                        reason: "a delete has no form in a file of columns: set `kind_column` to write kinds"
                            .to_owned(),
                    }),
                }
            }
        }
        row = end;
    }
    let schema = batch.schema();
    let rows = UInt32Array::from(kept);
    let whole = rows.len() == batch.len();
    let mut fields = Vec::with_capacity(schema.fields().len() + 1);
    let mut arrays: Vec<ArrayRef> = Vec::with_capacity(schema.fields().len() + 1);
    if let Some(name) = with_kinds {
        if schema.field_with_name(name).is_ok() {
            return Err(Error::configuration(format!("the output has a column {name:?} of its own"))
                .table(batch.table())
                .help("set `kind_column` to another name, or rename the column in a step"));
        }
        fields.push(Field::new(name, DataType::Utf8, false));
        let kinds = rows.values().iter().map(|row| batch.kind(*row as usize).short());
        arrays.push(Arc::new(kinds.map(Some).collect::<StringArray>()));
    }
    let broken = |error: arrow_schema::ArrowError| {
        Error::fatal("the output cannot be written in columns").table(batch.table()).caused_by(error)
    };
    for (field, column) in schema.fields().iter().zip(batch.columns()) {
        // Nullable always: batches that differ in this alone share a file.
        fields.push(field.as_ref().clone().with_nullable(true));
        arrays.push(if whole {
            Arc::clone(column.values())
        } else {
            arrow_select::take::take(column.values(), &rows, None).map_err(broken)?
        });
    }
    let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    let written =
        RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options).map_err(broken)?;
    Ok((written, rejects))
}
