//! The built-in `split`: one batch into many outputs, by a hash, by ranges, by lists of values, or as copies.
//!
//! A row that a change moves to another output leaves the old one: its `-U` goes there, where the host makes a delete
//! of it, and its `+U` goes to the new one as an upsert. `docs/transforms/split.md` has the rules.
//!
//! | module | holds |
//! |---|---|
//! | [`config`] | the `with:` block |
//! | [`method`] | the block checked: how rows are routed, and to which outputs |
//! | [`keys`] | cells as keys that can be compared |
//! | [`lookup`] | bounds and lists, and the output that a key belongs to |
//! | [`targets`] | the outputs of one table: names, partitions, columns |
//! | [`gather`] | routes turned into the rows of each output |
//! | [`route`] | the routes of a batch |

pub mod config;
pub mod gather;
pub mod keys;
pub mod lookup;
pub mod method;
pub mod route;
pub mod targets;

use std::collections::HashMap;

use sluicegate_sdk::builders::Int32Builder;
use sluicegate_sdk::{About, Alignment, Batch, Column, Failure, Outcome, Output, Transform, kernels};

use config::Config;
use gather::{Routed, Rows};
use method::Plan;
use route::{Router, Routes};
use targets::Target;

sluicegate_sdk::export!(Split);

/// Tables whose targets are remembered; more are made again, which costs little.
const MOST_TABLES: usize = 4096;

/// The transform.
pub struct Split {
    plan: Plan,
    router: Router,
    /// By table.
    targets: HashMap<String, Vec<Target>>,
}

impl Transform for Split {
    type Config = Config;
    const NAME: &'static str = "split";
    const SUMMARY: &'static str = "Splits rows over several outputs, or copies them to each.";
    const PROPERTIES: &'static [(&'static str, &'static str)] = &[("needs", "before-images")];

    fn new(config: Config, _: &About) -> Result<Self, Failure> {
        let wrong = |message| Failure::stop(format!("with.{message}")).with("code", "config");
        let plan = Plan::read(config).map_err(wrong)?;
        Ok(Self { router: Router::default(), plan, targets: HashMap::new() })
    }

    fn transform(&mut self, batch: &Batch) -> Result<Outcome, Failure> {
        let table = batch.table();
        if !self.targets.contains_key(&table) {
            let targets = targets::of_table(&self.plan, &table).map_err(Failure::stop)?;
            if self.targets.len() >= MOST_TABLES {
                self.targets.clear();
            }
            self.targets.insert(table.clone(), targets);
        }
        let targets = self.targets.get(&table).map_or(&[][..], Vec::as_slice);
        if batch.is_empty() {
            self.router.ask(&self.plan, batch)?;
            let outputs = targets.iter().map(|target| output(batch, target));
            return Ok(Outcome::of(outputs.collect::<Result<_, _>>()?));
        }
        if self.plan.copies() {
            let outputs = targets.iter().map(|target| marked(batch, target, batch.len()));
            return Ok(Outcome::of(outputs.collect::<Result<_, _>>()?));
        }
        match self.router.route(&self.plan, batch, targets)? {
            Routes::Numbers(numbers) => divided(batch, targets, &numbers),
            Routes::Rows(routed) => gathered(batch, targets, routed),
        }
    }
}

/// The rows of each target by the number of its output. The host picks them: no row's number crosses.
fn divided(batch: &Batch, targets: &[Target], numbers: &Column) -> Result<Outcome, Failure> {
    let outputs = Output::split(batch, numbers, targets.len() as u32)?;
    let partitions = match targets.first() {
        Some(Target { partition: Some(_), .. }) => Some(kernels::cast(numbers, "int32", &[])?.column),
        _ => None,
    };
    for (output, target) in outputs.iter().zip(targets) {
        address(output, batch, target);
        if let Some(partitions) = &partitions {
            output.set_meta("partition", partitions, Alignment::Input);
        }
    }
    Ok(Outcome::of(outputs))
}

/// The rows of each target by the routes that were worked out here.
fn gathered(batch: &Batch, targets: &[Target], routed: Routed) -> Result<Outcome, Failure> {
    let mut outputs = Vec::new();
    for (target, rows) in targets.iter().zip(gather::gather(&routed, targets).iter()) {
        let (output, count) = match rows {
            Rows::Nothing => continue,
            Rows::Everything => (output(batch, target)?, batch.len()),
            Rows::These(rows) => {
                let output = output(batch, target)?;
                output.set_rows(rows);
                (output, rows.len() as u32)
            }
        };
        mark(&output, target, count)?;
        outputs.push(output);
    }
    Ok(Outcome::of(outputs).reject(routed.rejects))
}

/// An output of all rows.
fn output(batch: &Batch, target: &Target) -> Result<Output, Failure> {
    let output = Output::new(batch);
    address(&output, batch, target);
    if batch.is_empty() {
        mark(&output, target, 0)?;
    }
    Ok(output)
}

/// Says which table the rows go to, with which columns.
fn address(output: &Output, batch: &Batch, target: &Target) {
    if let Some(table) = &target.table {
        output.set_table(table);
    }
    for name in target.columns.removed(|| batch.fields().into_iter().map(|field| field.name).collect()) {
        output.remove(&name);
    }
}

fn marked(batch: &Batch, target: &Target, rows: u32) -> Result<Output, Failure> {
    let output = output(batch, target)?;
    mark(&output, target, rows)?;
    Ok(output)
}

/// Says which partition the rows go to.
fn mark(output: &Output, target: &Target, rows: u32) -> Result<(), Failure> {
    if let Some(partition) = target.partition {
        let mut partitions = Int32Builder::with_capacity(rows as usize);
        for _ in 0..rows {
            partitions.push(Some(partition));
        }
        output.set_meta("partition", &partitions.finish()?, Alignment::Output);
    }
    Ok(())
}
