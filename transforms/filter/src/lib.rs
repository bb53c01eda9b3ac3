//! The built-in `filter`: the changes of some rows, and not those of the others.
//!
//! A change that moves a row out of the condition becomes a delete, one that moves it in an insert.
//! `docs/transforms/filter.md` has the rules.
//!
//! | module | holds |
//! |---|---|
//! | [`config`] | the `with:` block |
//! | [`plan`] | the block checked: a tree of tests |
//! | [`like`] | SQL's LIKE by other functions |
//! | [`evaluate`] | the condition on a batch, by the host's functions |
//! | [`moves`] | what a change becomes when only some rows are kept |
//! | [`complete`] | rows that come in whole |

pub mod complete;
pub mod config;
pub mod evaluate;
pub mod like;
pub mod moves;
pub mod plan;
#[cfg(test)]
mod properties;

use sluicegate_sdk::builders::NumberBuilder;
use sluicegate_sdk::cells::Cell;
use sluicegate_sdk::images::{self, Known, Rule};
use sluicegate_sdk::tables::Tables;
use sluicegate_sdk::{
    About, Alignment, Batch, Column, Failure, Outcome, Output, Rejects, Transform, kernels,
};

use config::Config;
use evaluate::{Judged, Typed};
use plan::{Expression, Passes, Plan, Question, Subject};

sluicegate_sdk::export!(Filter);

/// The transform.
pub struct Filter {
    tables: Tables,
    plan: Plan,
    typed: Typed,
    time_zone: Option<String>,
}

impl Transform for Filter {
    type Config = Config;
    const NAME: &'static str = "filter";
    const SUMMARY: &'static str = "Keeps the changes of some rows, by conditions on what is in them.";
    const PROPERTIES: &'static [(&'static str, &'static str)] = &[("needs", "before-images")];

    fn new(config: Config, about: &About) -> Result<Self, Failure> {
        let tables = Tables::read(config.tables.as_deref())?;
        let wrong = |message: String| Failure::stop(format!("with.{message}")).with("code", "config");
        let plan = Plan::read(config).map_err(wrong)?;
        let time_zone = about.time_zone().map(str::to_owned);
        for test in &plan.tests {
            let tried = match (&test.subject, &test.question) {
                (Subject::Meta(meta), question) => {
                    evaluate::typed_meta(question, *meta, time_zone.as_deref()).map(|_| ())
                }
                (_, Question::Matches(pattern)) => {
                    let nothing = Column::of_text(&[])?;
                    kernels::compute("matches", &[&nothing], &[("pattern", pattern)]).map(|_| ())
                }
                _ => Ok(()),
            };
            tried.map_err(|failure| wrong(format!("where: {}", failure.message)))?;
        }
        Ok(Self { tables, plan, typed: Typed::default(), time_zone })
    }

    fn transform(&mut self, batch: &Batch) -> Result<Outcome, Failure> {
        if !self.tables.has(batch) {
            return Ok(Output::new(batch).into());
        }
        let Self { plan, typed, time_zone, .. } = self;
        let Some(condition) = &plan.condition else { return by_kind(batch, plan.passes) };
        if batch.is_empty() {
            return answer(batch, plan, condition, typed, time_zone.as_deref());
        }
        let columns: Option<Vec<Column>> = plan.columns.iter().map(|name| batch.find(name)).collect();
        let Some(columns) = columns else { return Ok(lacking(batch, plan)) };
        let questions = typed.questions(plan, batch, &columns, time_zone.as_deref())?;
        let kinds = batch.kinds()?;
        let updates = moves::has_updates(&kinds);
        let known = known(plan, batch, &columns, &kinds, updates)?;
        let (columns, rows, mut rejects) = match known {
            None => (columns, None, Rejects::new()),
            Some(Known { rows, sources, rejects }) => {
                let taken = columns.iter().zip(&sources).map(|(column, rows)| kernels::take(column, rows));
                (taken.collect::<Result<_, _>>()?, Some(rows), rejects)
            }
        };
        let judged = Judged { plan, questions: &questions, batch, columns: &columns, rows: rows.as_deref() };
        let holds = certain(plan, judged.holds(condition)?)?;
        let output = Output::new(batch);
        if rows.is_none() && !updates && plan.passes.all() {
            // No change moves a row: the answers pick the rows, and stay in the host.
            output.keep_where(&holds, u64::from(!plan.drops))?;
            return Ok(output.into());
        }
        let holds = holds.booleans()?;
        let inside = |place: usize| holds.get(place) == Cell::Value(!plan.drops);
        let kept = moves::judge(&kinds, rows.as_deref(), inside, plan.passes);
        if kept.rows.len() < kinds.len() || kept.changed {
            output.set_rows(&kept.rows);
        }
        if kept.changed {
            let mut builder = NumberBuilder::<u8>::with_capacity(kept.kinds.len());
            for kind in &kept.kinds {
                builder.push(Some(*kind));
            }
            output.set_meta("kind", &builder.finish()?, Alignment::Output);
        }
        complete::complete(batch, &output, &kept, &mut rejects)?;
        Ok(Outcome::from(output).reject(rejects))
    }
}

/// Answers a batch of no rows: whether rows like these could be judged.
fn answer(
    batch: &Batch,
    plan: &Plan,
    condition: &Expression,
    typed: &mut Typed,
    time_zone: Option<&str>,
) -> Result<Outcome, Failure> {
    // Without fields the source cannot say what its rows will hold.
    if !batch.fields().is_empty() {
        let columns = plan.columns.iter().map(|name| batch.require(name)).collect::<Result<Vec<_>, _>>()?;
        for test in &plan.tests {
            if let Subject::Presence(name) = &test.subject {
                batch.require(name)?;
            }
        }
        let questions = typed.questions(plan, batch, &columns, time_zone)?;
        let judged = Judged { plan, questions: &questions, batch, columns: &columns, rows: None };
        certain(plan, judged.holds(condition)?)?;
    }
    Ok(Output::new(batch).into())
}

/// Without a condition a change passes or not by its kind; both halves of an update do alike.
fn by_kind(batch: &Batch, passes: Passes) -> Result<Outcome, Failure> {
    let output = Output::new(batch);
    if passes.all() {
        return Ok(output.into());
    }
    let kinds = [(passes.inserts, "0"), (passes.updates, "1, 2"), (passes.deletes, "3")];
    let codes: Vec<&str> = kinds.into_iter().filter(|(passes, _)| *passes).map(|(_, code)| code).collect();
    match batch.meta("kind") {
        Some(kinds) => {
            let values = format!("[{}]", codes.join(", "));
            let passing = kernels::compute("in", &[&kinds], &[("values", &values)])?.column;
            output.keep_where(&passing, 1)?;
        }
        // A source without kinds gives inserts.
        None if !passes.inserts => output.set_rows(&[]),
        None => {}
    }
    Ok(output.into())
}

/// What is unknown is not true: where the true ones are dropped, it stays.
fn certain(plan: &Plan, holds: Column) -> Result<Column, Failure> {
    if plan.drops {
        return Ok(kernels::compute("eq-null-safe", &[&holds], &[("value", "true")])?.column);
    }
    Ok(holds)
}

/// Which rows can be judged and by which values; none: all by their own.
fn known(
    plan: &Plan,
    batch: &Batch,
    columns: &[Column],
    kinds: &[u8],
    updates: bool,
) -> Result<Option<Known>, Failure> {
    let masks: Vec<Option<Vec<u8>>> = columns.iter().map(Column::missing).collect::<Result<_, _>>()?;
    if !updates && masks.iter().all(Option::is_none) {
        return Ok(None);
    }
    let primary_key = batch.primary_key();
    let inside_key = plan.columns.iter().all(|name| primary_key.contains(name));
    let masks: Vec<Option<&[u8]>> = masks.iter().map(Option::as_deref).collect();
    let rule = Rule { columns: &plan.columns, inside_key, assume_unchanged: plan.assume_unchanged };
    Ok(images::resolve(kinds, &masks, rule))
}

/// Rows that lack a column altogether are partial images, each of them.
fn lacking(batch: &Batch, plan: &Plan) -> Outcome {
    let name = plan.columns.iter().find(|name| batch.find(name).is_none()).map_or("", String::as_str);
    let mut rejects = Rejects::new();
    for row in 0..batch.len() {
        rejects.add(row, format!("column {name}, by which rows are filtered, is missing in the row"));
    }
    Outcome::nothing().reject(rejects)
}
