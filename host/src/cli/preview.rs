//! `sluicegate preview`

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};
use sluicegate_engine::Chain;
use sluicegate_model::{ChangeBatch, Item};

use super::exit::Failure;
use super::{Output, table};
use crate::config::Config;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The pipeline file.
    file: PathBuf,
    /// Records to read.
    #[arg(long, default_value_t = 5)]
    rows: usize,
}

/// What is shown: batches by stage, and rows that were refused.
#[derive(Default)]
pub(super) struct Shown {
    stages: Vec<(String, ChangeBatch)>,
    refused: Vec<(String, String, String)>,
}

pub(super) async fn preview(arguments: Arguments, output: Output) -> Result<(), Failure> {
    let config = Config::load(&arguments.file)?;
    let factories = config.chain_factories()?;
    let sample = config.sample(arguments.rows).await?;
    if sample.is_empty() {
        return Err(Failure::failed("the source has no records to show"));
    }
    let mut chain = Chain::new(&factories);
    let mut shown = Shown::default();
    for (lane, decoded) in sample {
        for reject in decoded.rejects {
            shown.refused.push((format!("{lane}:{}", reject.ordinal), "decode".to_owned(), reject.reason));
        }
        for item in decoded.items {
            match item {
                Item::Rows(batch) => shown.pass(&mut chain, batch)?,
                Item::Control(event) => {
                    shown.refused.push((
                        lane.to_string(),
                        "source".to_owned(),
                        format!("a {}", event.name()),
                    ));
                }
            }
        }
    }
    shown.print(output);
    Ok(())
}

impl Shown {
    /// Puts a batch through the steps and keeps what each made of it.
    pub(super) fn pass(&mut self, chain: &mut Chain, batch: ChangeBatch) -> Result<(), Failure> {
        self.stages.push(("source".to_owned(), batch.clone()));
        let stages = &mut self.stages;
        let passed = chain
            .watch(batch, &mut |step, output| stages.push((step.to_owned(), output.clone())))
            .map_err(|failure| {
            Failure::failed(format!("step {} (table {}): {}", failure.step, failure.table, failure.error))
        })?;
        for refusal in passed.refusals {
            self.refused.push((refusal.ordinal.to_string(), refusal.step, refusal.reason));
        }
        Ok(())
    }

    /// Prints stage after stage.
    pub(super) fn print(&self, output: Output) {
        match output {
            Output::Json => println!("{}", self.to_json()),
            Output::Text => {
                for (stage, batch) in self.stages.iter().filter(|(_, batch)| !batch.is_empty()) {
                    println!("after {stage}, table {}:\n{}", batch.table(), table::text(batch));
                }
                for (row, step, reason) in &self.refused {
                    println!("refused by {step}: row {row}: {reason}");
                }
            }
        }
    }

    fn to_json(&self) -> Value {
        let stages: Vec<Value> = self
            .stages
            .iter()
            .map(|(stage, batch)| json!({ "stage": stage, "batch": table::json(batch) }))
            .collect();
        let refused: Vec<Value> = self
            .refused
            .iter()
            .map(|(row, step, reason)| json!({ "row": row, "step": step, "reason": reason }))
            .collect();
        json!({ "stages": stages, "refused": refused })
    }
}
