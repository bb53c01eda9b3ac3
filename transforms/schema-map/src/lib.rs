//! The built-in `schema-map`: which table rows go to, and the names, types and order of its columns.
//!
//! No cell enters the guest: every change is a call on a handle. The order of the changes, and what a name in the
//! configuration means, is written in `docs/transforms/schema-map.md`.
//!
//! | module | holds |
//! |---|---|
//! | [`config`] | the `with:` block |
//! | [`prepare`] | the block checked: patterns, templates, types, defaults |
//! | [`plan`] | what is done to one table, from names alone |
//! | [`renames`] | an order in which renames never meet |
//! | [`apply`] | the plan carried out on a batch |
//! | [`rekey`] | another primary key, and the rows whose old key is unknown |
//! | [`patch`] | defaults for cells that could not be cast |

pub mod apply;
pub mod config;
pub mod patch;
pub mod plan;
pub mod prepare;
pub mod rekey;
pub mod renames;

use std::collections::HashMap;

use sluicegate_sdk::{About, Batch, Failure, Field, Outcome, Rejects, Transform, warn};

use config::{Config, MissingColumns, Unmatched};
use plan::Plan;
use prepare::Entry;

sluicegate_sdk::export!(SchemaMap);

/// Plans that are kept. A pipeline of more tables makes the others again, which costs little.
const MOST_PLANS: usize = 4096;

/// The transform.
pub struct SchemaMap {
    entries: Vec<Entry>,
    unmatched: Unmatched,
    missing_columns: MissingColumns,
    /// By table. A table's fields change rarely; its plan is made anew when they do.
    plans: HashMap<String, Known>,
}

/// What is known about a table.
struct Known {
    fields: Vec<Field>,
    primary_key: Vec<String>,
    /// The entry that matches, and what it does here.
    plan: Option<(usize, Plan)>,
}

impl Known {
    fn fits(&self, fields: &[Field], primary_key: &[String]) -> bool {
        let same = |a: &Field, b: &Field| a.name == b.name && a.data_type == b.data_type;
        self.primary_key == primary_key
            && self.fields.len() == fields.len()
            && self.fields.iter().zip(fields).all(|(a, b)| same(a, b))
    }
}

impl Transform for SchemaMap {
    type Config = Config;
    const NAME: &'static str = "schema-map";
    const SUMMARY: &'static str = "Maps tables, and the names, types and order of their columns.";

    fn new(config: Config, about: &About) -> Result<Self, Failure> {
        let entries = config.tables.into_iter().enumerate();
        let entries = entries.map(|(place, rule)| Entry::prepare(place, rule, about.time_zone()));
        Ok(Self {
            entries: entries.collect::<Result<_, _>>()?,
            unmatched: config.unmatched,
            missing_columns: config.missing_columns,
            plans: HashMap::new(),
        })
    }

    fn transform(&mut self, batch: &Batch) -> Result<Outcome, Failure> {
        let table = batch.table();
        let (fields, primary_key) = (batch.fields(), batch.primary_key());
        if !self.plans.get(&table).is_some_and(|known| known.fits(&fields, &primary_key)) {
            self.learn(&table, fields, primary_key)?;
        }
        match self.plans.get(&table).and_then(|known| known.plan.as_ref()) {
            Some((entry, plan)) => apply::apply(batch, &self.entries[*entry], plan),
            None => Ok(self.pass_by(batch, &table)),
        }
    }
}

impl SchemaMap {
    fn learn(&mut self, table: &str, fields: Vec<Field>, primary_key: Vec<String>) -> Result<(), Failure> {
        let mut found = self.entries.iter().enumerate();
        let found = found.find_map(|(place, entry)| Some((place, entry.pattern.groups(table)?)));
        let plan = match found {
            None => None,
            Some((place, groups)) => {
                let plan = Plan::make(&self.entries[place], table, &groups, &fields, &primary_key)
                    .map_err(|message| Failure::stop(message).with("table", table))?;
                self.tell_missing(table, &plan)?;
                Some((place, plan))
            }
        };
        if self.plans.len() >= MOST_PLANS {
            self.plans.clear();
        }
        self.plans.insert(table.to_owned(), Known { fields, primary_key, plan });
        Ok(())
    }

    /// A name that the table lacks may be a slip, or a column that these partial rows do not carry.
    fn tell_missing(&self, table: &str, plan: &Plan) -> Result<(), Failure> {
        if plan.lacking.is_empty() {
            return Ok(());
        }
        let message =
            format!("table {table} lacks what the configuration names: {}", plan.lacking.join("; "));
        match self.missing_columns {
            MissingColumns::Ignore => warn!("{message}"),
            MissingColumns::Stop => return Err(Failure::stop(message).with("code", "no-such-column")),
        }
        Ok(())
    }

    fn pass_by(&self, batch: &Batch, table: &str) -> Outcome {
        match self.unmatched {
            Unmatched::Pass => sluicegate_sdk::Output::new(batch).into(),
            Unmatched::Drop => Outcome::nothing(),
            Unmatched::Reject => {
                let mut rejects = Rejects::new();
                for row in 0..batch.len() {
                    rejects.add(row, format!("no entry of schema-map matches table {table}"));
                }
                Outcome::nothing().reject(rejects)
            }
        }
    }
}
