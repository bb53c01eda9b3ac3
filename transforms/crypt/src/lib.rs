//! The built-in `crypt`: seal and open columns, and make pseudonyms of them, under keys that stay in the host.
//!
//! What the guest does is to say which column goes under which key; the cells never enter it. The keys are
//! described in `docs/transforms/crypt.md`.
//!
//! | module | holds |
//! |---|---|
//! | [`config`] | the `with:` block |
//! | [`plan`] | the block turned into what is done column by column, and checked |
//! | [`apply`] | that done on a batch |

pub mod apply;
pub mod config;
pub mod plan;

use std::collections::HashMap;

use sluicegate_sdk::pattern::TablePattern;
use sluicegate_sdk::{About, Batch, Failure, Outcome, Output, Transform, warn};

use config::{Config, MissingColumns, OnBad};
use plan::{Lacking, Step};

sluicegate_sdk::export!(Crypt);

/// Tables that are remembered; more are looked at again, which costs little.
const MOST_TABLES: usize = 4096;

/// The transform.
pub struct Crypt {
    tables: Option<Vec<TablePattern>>,
    steps: Vec<Step>,
    on_bad: OnBad,
    missing_columns: MissingColumns,
    /// Whether a table is meant.
    known: HashMap<String, bool>,
    /// Tables and their columns that a warning was written for.
    warned: HashMap<String, Vec<String>>,
}

impl Transform for Crypt {
    type Config = Config;
    const NAME: &'static str = "crypt";
    const SUMMARY: &'static str = "Seals and opens columns, and makes pseudonyms of them.";

    fn new(config: Config, _: &About) -> Result<Self, Failure> {
        let wrong = |message: String| Failure::stop(format!("with.{message}")).with("code", "config");
        let steps = plan::steps(&config).map_err(wrong)?;
        let patterns = |texts: Vec<String>| {
            let read = texts.iter().enumerate().map(|(place, text)| {
                TablePattern::new(text).map_err(|error| wrong(format!("tables[{place}]: {error}")))
            });
            read.collect::<Result<Vec<_>, _>>()
        };
        Ok(Self {
            tables: config.tables.map(patterns).transpose()?,
            steps,
            on_bad: config.on_bad,
            missing_columns: config.missing_columns,
            known: HashMap::new(),
            warned: HashMap::new(),
        })
    }

    fn transform(&mut self, batch: &Batch) -> Result<Outcome, Failure> {
        let table = batch.table();
        if !self.is_meant(&table) {
            return Ok(Output::new(batch).into());
        }
        let (outcome, lacking) = apply::apply(batch, &self.steps, self.on_bad)?;
        self.tell_lacking(batch, &table, lacking)?;
        Ok(outcome)
    }
}

impl Crypt {
    fn is_meant(&mut self, table: &str) -> bool {
        let Some(patterns) = &self.tables else { return true };
        if let Some(meant) = self.known.get(table) {
            return *meant;
        }
        let meant = patterns.iter().any(|pattern| pattern.matches(table));
        if self.known.len() >= MOST_TABLES {
            self.known.clear();
        }
        self.known.insert(table.to_owned(), meant);
        meant
    }

    /// A batch of partial rows may lack a column. A slip in a name would let what is to be sealed pass in clear, so
    /// the likeliest one, a name in another case, stops the pipeline whatever is configured.
    fn tell_lacking(&mut self, batch: &Batch, table: &str, lacking: Vec<String>) -> Result<(), Failure> {
        if lacking.is_empty() {
            return Ok(());
        }
        let names: Vec<String> = batch.fields().into_iter().map(|field| field.name).collect();
        for column in lacking {
            match plan::judge(&column, &names, self.missing_columns) {
                Lacking::Stop(why) => {
                    let message = format!("table {table} has no column {column}{why}");
                    let failure = Failure::stop(message).with("code", "no-such-column");
                    return Err(failure.with("column", column));
                }
                Lacking::Warn => self.warn_once(table, column),
            }
        }
        Ok(())
    }

    fn warn_once(&mut self, table: &str, column: String) {
        if self.warned.len() >= MOST_TABLES {
            self.warned.clear();
        }
        let warned = self.warned.entry(table.to_owned()).or_default();
        if !warned.contains(&column) {
            warn!("rows of table {table} came without column {column}, which crypt works on");
            warned.push(column);
        }
    }
}
