//! The steps done on a batch, by handles: no cell enters the guest.

use sluicegate_sdk::kernels::Checked;
use sluicegate_sdk::on_bad::OnBad;
use sluicegate_sdk::{Alignment, Batch, Column, Failure, Outcome, Output, Rejects, crypto, kernels};

use crate::plan::{Call, Step, Work};

/// The outcome, and the columns that the rows lack.
///
/// # Errors
/// The host's, with the column it is about: a type that the method does not work on, a key that was not granted.
/// A column of the primary key whose values a method would join.
pub fn apply(batch: &Batch, steps: &[Step], on_bad: OnBad) -> Result<(Outcome, Vec<String>), Failure> {
    let output = Output::new(batch);
    let primary_key = batch.primary_key();
    let mut rejects = Rejects::new();
    let mut lacking = Vec::new();
    for step in steps {
        if step.work.joins_values() && primary_key.contains(&step.column) {
            return Err(in_key(batch, &step.column));
        }
        let Some(column) = batch.find(&step.of) else {
            lacking.push(step.of.clone());
            continue;
        };
        let made = done(&step.work, &column).map_err(|failure| failure.in_column(&step.column))?;
        let made = on_bad.settle(&step.column, made, &mut rejects);
        output.put(&step.column, &made, Alignment::Input);
    }
    Ok((Outcome::from(output).reject(rejects), lacking))
}

/// Rows with different keys would become one row of the target.
fn in_key(batch: &Batch, column: &str) -> Failure {
    let message = format!(
        "it is in the primary key of {}, and hidden this way different rows would get one key: make a pseudonym of it, \
         or give the table another primary key with schema-map before",
        batch.table()
    );
    Failure::stop(message).with("code", "masked-key").in_column(column)
}

fn done(work: &Work, column: &Column) -> Result<Checked, Failure> {
    match work {
        Work::Text(call) => of_text(column, |text| compute(call, text)),
        Work::Typed(call) => {
            refuse_numbers_in_text(call, column)?;
            compute(call, column)
        }
        Work::Replace { call, hide_without } => {
            of_text(column, |text| replace(call, hide_without.as_deref(), text))
        }
        Work::Pseudonym { key, call } => match text_of(column) {
            // Bytes have a pseudonym as they are.
            Ok(None) | Err(_) => compute(call, &crypto::mac(column, key)?),
            Ok(Some(text)) => then(text, |text| compute(call, &crypto::mac(text, key)?)),
        },
    }
}

/// A function over text. Nearly every column is text already, so the host is asked for the type only where it refuses
/// the column.
fn of_text(column: &Column, work: impl Fn(&Column) -> Result<Checked, Failure>) -> Result<Checked, Failure> {
    work(column).or_else(|refused| match text_of(column)? {
        None => Err(refused),
        Some(text) => then(text, work),
    })
}

fn compute(call: &Call, column: &Column) -> Result<Checked, Failure> {
    let options: Vec<(&str, &str)> =
        call.options.iter().map(|(name, value)| (*name, value.as_str())).collect();
    kernels::compute(call.function, &[column], &options)
}

/// What is made of what was made. No cell fails twice: the first failure leaves it NULL.
fn then(first: Checked, next: impl FnOnce(&Column) -> Result<Checked, Failure>) -> Result<Checked, Failure> {
    let mut made = next(&first.column)?;
    made.failed.extend(first.failed);
    Ok(made)
}

/// A column of numbers, dates or truth values as text; none where it is text already.
fn text_of(column: &Column) -> Result<Option<Checked>, Failure> {
    match column.data_type().as_str() {
        "utf8" => Ok(None),
        "binary" => Err(Failure::stop(
            "it holds bytes, which have no characters: redact it, or make a pseudonym of it",
        )
        .with("code", "wrong-type")),
        _ => kernels::cast(column, "utf8", &[]).map(Some),
    }
}

fn refuse_numbers_in_text(call: &Call, column: &Column) -> Result<(), Failure> {
    if call.function == "round" && column.data_type() == "utf8" {
        let message = "it holds text, which has no nearest number: cast it with schema-map before";
        return Err(Failure::stop(message).with("code", "wrong-type"));
    }
    Ok(())
}

fn replace(call: &Call, hide_without: Option<&str>, text: &Column) -> Result<Checked, Failure> {
    let replaced = compute(call, text)?;
    let Some(pattern) = hide_without else { return Ok(replaced) };
    let found = kernels::compute("matches", &[text], &[("pattern", pattern)])?.column;
    let hidden = kernels::compute("mask", &[text], &[])?.column;
    kernels::compute("if", &[&found, &replaced.column, &hidden], &[])
}
