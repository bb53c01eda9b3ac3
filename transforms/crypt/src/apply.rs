//! The steps done on a batch, by handles.

use sluicegate_sdk::on_bad::OnBad;
use sluicegate_sdk::{Alignment, Batch, Column, Failure, Outcome, Output, Rejects, crypto};

use crate::config::Under;
use crate::plan::Step;

/// The outcome, and the columns that the rows lack.
///
/// # Errors
/// The host's, with the column it is about: no such key, not granted, a type that cannot be sealed.
pub fn apply(batch: &Batch, steps: &[Step], on_bad: OnBad) -> Result<(Outcome, Vec<String>), Failure> {
    let output = Output::new(batch);
    let mut rejects = Rejects::new();
    let mut lacking = Vec::new();
    for step in steps {
        match batch.find(&step.column) {
            None => lacking.push(step.column.clone()),
            Some(column) => {
                let done = work(batch, &output, step, column, on_bad, &mut rejects);
                done.map_err(|failure| failure.in_column(&step.column))?;
            }
        }
    }
    Ok((Outcome::from(output).reject(rejects), lacking))
}

fn work(
    batch: &Batch,
    output: &Output,
    step: &Step,
    mut column: Column,
    on_bad: OnBad,
    rejects: &mut Rejects,
) -> Result<(), Failure> {
    if let Some(under) = &step.open {
        let Some(bound) = bound(batch, &step.column, under, rejects)? else { return Ok(()) };
        let opened = crypto::open(&column, &under.key, &under.context, &refs(&bound))?;
        column = on_bad.settle(&step.column, opened, rejects);
    }
    if let Some(mac) = &step.mac {
        let made = crypto::mac(&column, &mac.key)?;
        output.put(mac.into.as_deref().unwrap_or(&step.column), &made, Alignment::Input);
    }
    if let Some(under) = &step.seal {
        let Some(bound) = bound(batch, &step.column, under, rejects)? else { return Ok(()) };
        column = crypto::seal(&column, &under.key, &under.context, &refs(&bound))?;
    }
    if step.open.is_some() || step.seal.is_some() {
        output.put(&step.column, &column, Alignment::Input);
    }
    Ok(())
}

/// The columns that cells are bound to. None: the rows lack one, so all of them were rejected.
fn bound(
    batch: &Batch,
    column: &str,
    under: &Under,
    rejects: &mut Rejects,
) -> Result<Option<Vec<Column>>, Failure> {
    let mut columns = Vec::with_capacity(under.bind.len());
    for name in &under.bind {
        match batch.find(name) {
            Some(found) => columns.push(found),
            None if batch.is_empty() => {
                return Err(Failure::stop(format!("it is bound to {name}, which the table lacks")));
            }
            None => {
                for row in 0..batch.len() {
                    rejects
                        .add(row, format!("column {column} is bound to {name}, which is missing in the row"));
                }
                return Ok(None);
            }
        }
    }
    Ok(Some(columns))
}

fn refs(columns: &[Column]) -> Vec<&Column> {
    columns.iter().collect()
}
