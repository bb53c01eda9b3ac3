//! The built-in `mask`: what is in columns, hidden in the ways that people use for names, numbers, dates and amounts.
//!
//! The guest says which of the host's functions works on which column; no cell enters it. The methods are described in
//! `docs/transforms/mask.md`.
//!
//! | module | holds |
//! |---|---|
//! | [`config`] | the `with:` block |
//! | [`plan`] | the block turned into calls of the host, and checked |
//! | [`apply`] | those done on a batch |

pub mod apply;
pub mod config;
pub mod plan;

use sluicegate_sdk::on_bad::OnBad;
use sluicegate_sdk::tables::{Lacking, MissingColumns, Tables};
use sluicegate_sdk::{About, Batch, Column, Failure, Outcome, Output, Transform, kernels};

use config::Config;
use plan::{Step, Work};

sluicegate_sdk::export!(Mask);

/// The transform.
pub struct Mask {
    tables: Tables,
    steps: Vec<Step>,
    on_bad: OnBad,
    missing_columns: MissingColumns,
    lacking: Lacking,
}

impl Transform for Mask {
    type Config = Config;
    const NAME: &'static str = "mask";
    const SUMMARY: &'static str = "Hides what is in columns: names, numbers, dates, amounts.";

    fn new(config: Config, about: &About) -> Result<Self, Failure> {
        let wrong = |message: String| Failure::stop(format!("with.{message}")).with("code", "config");
        let steps = plan::steps(&config, about.time_zone()).map_err(wrong)?;
        let tables = Tables::read(config.tables.as_deref())?;
        for step in &steps {
            try_pattern(step)?;
        }
        Ok(Self {
            tables,
            steps,
            on_bad: config.on_bad,
            missing_columns: config.missing_columns,
            lacking: Lacking::default(),
        })
    }

    fn transform(&mut self, batch: &Batch) -> Result<Outcome, Failure> {
        if !self.tables.has(batch) {
            return Ok(Output::new(batch).into());
        }
        let (outcome, lacking) = apply::apply(batch, &self.steps, self.on_bad)?;
        for column in lacking {
            self.lacking.tell(Self::NAME, batch, &column, self.missing_columns)?;
        }
        Ok(outcome)
    }
}

/// A pattern that is none shows at once, not with the first row.
fn try_pattern(step: &Step) -> Result<(), Failure> {
    let Work::Replace { call, .. } = &step.work else { return Ok(()) };
    let nothing = Column::of_text(&[])?;
    let options: Vec<(&str, &str)> =
        call.options.iter().map(|(name, value)| (*name, value.as_str())).collect();
    kernels::compute(call.function, &[&nothing], &options).map(|_| ()).map_err(|failure| {
        Failure::stop(format!("with.columns.{}.replace: {}", step.column, failure.message))
            .with("code", "config")
    })
}
