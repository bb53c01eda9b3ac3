//! A plan carried out on a batch, by handles.

use sluicegate_sdk::{Alignment, Batch, Column, Failure, Outcome, Output, Rejects, kernels};

use crate::config::{MetaColumn, OnBad};
use crate::patch;
use crate::plan::{Plan, Put, Source};
use crate::prepare::{Cast, Entry};
use crate::rekey;

/// Carries a plan out.
///
/// # Errors
/// The host's, with the column it is about.
pub fn apply(batch: &Batch, entry: &Entry, plan: &Plan) -> Result<Outcome, Failure> {
    if let Some(lacking) = &plan.key_lacks {
        return without_key(batch, lacking);
    }
    let output = Output::new(batch);
    let mut rejects = Rejects::new();
    output.set_table(&plan.table);
    for name in &plan.removes {
        output.remove(name);
    }
    for (old, new) in &plan.renames {
        output.rename(old, new);
    }
    for put in &plan.puts {
        if let Some(column) = made(batch, entry, put, &mut rejects)? {
            output.put(&put.name, &column, Alignment::Input);
        }
    }
    for put in &plan.moves {
        if let Some(column) = made(batch, entry, put, &mut rejects)? {
            output.remove(&put.name);
            output.put(&put.name, &column, Alignment::Input);
        }
    }
    if let Some(primary_key) = &plan.primary_key {
        output.set_primary_key(primary_key);
    }
    if !plan.rekey.is_empty()
        && let Some(rows) = rekey::rows(batch, &plan.rekey, entry.rule.assume_unchanged, &mut rejects)?
    {
        output.set_rows(&rows);
    }
    Ok(Outcome::from(output).reject(rejects))
}

/// Rows that lack a column of their key have no place in the target.
fn without_key(batch: &Batch, lacking: &str) -> Result<Outcome, Failure> {
    if batch.is_empty() && !batch.fields().is_empty() {
        let message = format!("table {} has no column {lacking}, which its primary key names", batch.table());
        return Err(Failure::stop(message).with("code", "no-such-column").with("column", lacking));
    }
    let mut rejects = Rejects::new();
    for row in 0..batch.len() {
        rejects.add(row, format!("column {lacking} of the primary key is missing in the row"));
    }
    Ok(Outcome::nothing().reject(rejects))
}

/// The column of a put; none where the source has nothing like it.
fn made(batch: &Batch, entry: &Entry, put: &Put, rejects: &mut Rejects) -> Result<Option<Column>, Failure> {
    let column = match &put.from {
        Source::Field(place) => Ok(Some(batch.column(*place))),
        Source::Cast(place, number) => {
            cast(&batch.column(*place), &put.name, &entry.casts[*number], rejects).map(Some)
        }
        Source::Constant(text, data_type) => {
            Column::constant(data_type, text.as_deref(), batch.len()).map(Some)
        }
        Source::Meta(meta) => meta_column(batch, *meta),
    };
    column.map_err(|failure| failure.in_column(&put.name))
}

fn cast(input: &Column, name: &str, cast: &Cast, rejects: &mut Rejects) -> Result<Column, Failure> {
    let checked = kernels::cast(input, &cast.data_type, &cast.option_refs())?;
    match (cast.on_bad, &cast.default) {
        (OnBad::Reject, _) => Ok(rejects.add_failed(name, checked)),
        (OnBad::Default, Some(default)) if !checked.failed.is_empty() => {
            let rows: Vec<usize> = checked.failed.iter().map(|failed| failed.row as usize).collect();
            let cells = patch::patched(checked.column.cells(), &rows, default);
            Column::of(&checked.column.data_type(), checked.column.len(), &cells)
        }
        (OnBad::Null | OnBad::Default, _) => Ok(checked.column),
    }
}

/// What is known about the rows; NULL in every row where the source does not say, so that a table's schema does not
/// depend on it.
fn meta_column(batch: &Batch, meta: MetaColumn) -> Result<Option<Column>, Failure> {
    let (name, data_type) = match meta {
        MetaColumn::EventTime => ("event-time", "timestamp(us,UTC)"),
        MetaColumn::IngestTime => ("ingest-time", "timestamp(us,UTC)"),
        MetaColumn::Key => ("key", "binary"),
        MetaColumn::Partition => ("partition", "int32"),
        MetaColumn::Offset => ("offset", "int64"),
        MetaColumn::SourcePosition => ("source-position", "utf8"),
        MetaColumn::Transaction => ("transaction", "utf8"),
        // No text is a map: without headers there is no column.
        MetaColumn::Headers => return Ok(batch.meta("headers")),
        MetaColumn::Kind => ("kind", "uint8"),
        MetaColumn::KindName => return kind_names(batch).map(Some),
        // The plan makes a constant of it.
        MetaColumn::Table => return Ok(None),
    };
    match batch.meta(name) {
        Some(column) => Ok(Some(column)),
        None => Column::constant(data_type, None, batch.len()).map(Some),
    }
}

fn kind_names(batch: &Batch) -> Result<Column, Failure> {
    let names = Column::of_text(&["+I", "-U", "+U", "-D"].map(|name| Some(name.to_owned())))?;
    let kinds: Vec<u32> = batch.kinds()?.into_iter().map(u32::from).collect();
    kernels::take(&names, &kinds)
}
