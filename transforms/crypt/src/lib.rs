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

use sluicegate_sdk::on_bad::OnBad;
use sluicegate_sdk::tables::{Lacking, MissingColumns, Tables};
use sluicegate_sdk::{About, Batch, Failure, Outcome, Output, Transform};

use config::Config;
use plan::Step;

sluicegate_sdk::export!(Crypt);

/// The transform.
pub struct Crypt {
    tables: Tables,
    steps: Vec<Step>,
    on_bad: OnBad,
    missing_columns: MissingColumns,
    lacking: Lacking,
}

impl Transform for Crypt {
    type Config = Config;
    const NAME: &'static str = "crypt";
    const SUMMARY: &'static str = "Seals and opens columns, and makes pseudonyms of them.";

    fn new(config: Config, _: &About) -> Result<Self, Failure> {
        let wrong = |message: String| Failure::stop(format!("with.{message}")).with("code", "config");
        let steps = plan::steps(&config).map_err(wrong)?;
        Ok(Self {
            tables: Tables::read(config.tables.as_deref())?,
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
