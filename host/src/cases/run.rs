//! A case put through the steps.

use std::sync::Arc;

use arrow_schema::DataType;
use sluicegate_connector::{TransformError, TransformFactory};
use sluicegate_engine::Chain;
use sluicegate_model::{ChangeBatch, ControlEvent, Decoded, Item};

use super::found::Tables;

/// What became of a case.
#[derive(Debug, Default)]
pub(super) struct Run {
    /// Rows after the last step.
    pub(super) outputs: Tables,
    /// Columns after the last step, by table.
    pub(super) schema: Vec<(String, Vec<(String, DataType)>)>,
    /// Rows after each step.
    pub(super) after: Vec<(String, Tables)>,
    pub(super) rejects: Vec<FoundReject>,
    pub(super) events: Vec<String>,
    pub(super) stops: Option<FoundStop>,
    /// The batches that went into each step.
    pub(super) inputs: Vec<Vec<ChangeBatch>>,
}

/// A row that was refused.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FoundReject {
    pub(super) row: u64,
    pub(super) part: Option<u32>,
    pub(super) output: Option<String>,
    pub(super) step: String,
    pub(super) reason: String,
}

/// A step that stopped the pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FoundStop {
    pub(super) step: String,
    pub(super) reason: String,
}

/// Puts what a case starts from through steps, on fresh instances.
pub(super) fn run(start: &Decoded, steps: &[Arc<dyn TransformFactory>]) -> Run {
    let mut run = Run {
        after: steps.iter().map(|step| (step.name().to_owned(), Tables::default())).collect(),
        inputs: vec![Vec::new(); steps.len() + 1],
        ..Run::default()
    };
    run.rejects.extend(start.rejects.iter().map(|reject| FoundReject {
        row: reject.ordinal,
        part: reject.part,
        output: None,
        step: "decode".to_owned(),
        reason: reject.reason.clone(),
    }));
    let mut chain = Chain::new(steps);
    for item in &start.items {
        match item {
            Item::Control(event) => run.events.extend(event_text(event)),
            Item::Rows(batch) => {
                if run.pass(&mut chain, batch.clone()).is_err() {
                    break;
                }
            }
        }
    }
    run.settle();
    run
}

/// An event, as an expectation names it. A heartbeat is nothing to expect.
fn event_text(event: &ControlEvent) -> Option<String> {
    match event {
        ControlEvent::Truncate { table } | ControlEvent::SchemaChange { table, .. } => {
            Some(format!("{} {table}", event.name()))
        }
        ControlEvent::Heartbeat => None,
    }
}

/// The pipeline stopped.
struct Stopped;

impl Run {
    fn pass(&mut self, chain: &mut Chain, batch: ChangeBatch) -> Result<(), Stopped> {
        let Self { after, inputs, .. } = self;
        inputs[0].push(batch.clone());
        let passed = chain.watch(batch, &mut |step, output| {
            if let Some(place) = after.iter().position(|(name, _)| name == step) {
                after[place].1.add(output);
                inputs[place + 1].push(output.clone());
            }
        });
        match passed {
            Ok(passed) => {
                for output in &passed.outputs {
                    self.outputs.add(output);
                    self.note_schema(output);
                }
                self.rejects.extend(passed.refusals.into_iter().map(|refusal| FoundReject {
                    row: refusal.ordinal,
                    part: refusal.part,
                    output: refusal.output.map(|table| table.as_str().to_owned()),
                    step: refusal.step,
                    reason: refusal.reason,
                }));
                Ok(())
            }
            Err(failure) => {
                self.stops = Some(FoundStop { step: failure.step, reason: reason(&failure.error) });
                Err(Stopped)
            }
        }
    }

    fn note_schema(&mut self, batch: &ChangeBatch) {
        if batch.is_empty() {
            return;
        }
        let table = batch.table().as_str();
        let place = self.schema.iter().position(|(known, _)| known == table).unwrap_or_else(|| {
            self.schema.push((table.to_owned(), Vec::new()));
            self.schema.len() - 1
        });
        let columns = &mut self.schema[place].1;
        for field in batch.schema().fields() {
            let column = (field.name().clone(), field.data_type().clone());
            if !columns.contains(&column) {
                columns.push(column);
            }
        }
    }

    /// Both halves of a pair are one record: the first reason stands for both, as in the dead letters.
    fn settle(&mut self) {
        self.rejects.sort_by(|a, b| (a.row, a.part, &a.output).cmp(&(b.row, b.part, &b.output)));
        self.rejects.dedup_by(|a, b| (a.row, a.part, &a.output) == (b.row, b.part, &b.output));
    }
}

/// Why a step gave no outcome. In a test nothing outside is waited for.
pub(super) fn reason(error: &TransformError) -> String {
    match error {
        TransformError::Retry { message, .. } => format!("it asks to be tried again later: {message}"),
        other => other.to_string(),
    }
}
