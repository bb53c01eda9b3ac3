//! The steps of one worker, one after another.

use std::sync::Arc;
use std::time::Instant;

use sluicegate_connector::{TransformError, TransformFactory};
use sluicegate_model::{ChangeBatch, TableName};

use crate::isolate::Isolated;

/// A row that a step refused, named as its source knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The record's number in its lane.
    pub ordinal: u64,
    /// Which row of the record, where it holds several.
    pub part: Option<u32>,
    /// The destination that the row was on its way to; `None` before the first step.
    pub output: Option<TableName>,
    /// The step.
    pub step: String,
    /// Why.
    pub reason: String,
}

/// What a batch became after all steps.
#[derive(Debug, Default)]
pub struct Passed {
    /// In the order in which they are to be written.
    pub outputs: Vec<ChangeBatch>,
    /// Rows that a step refused.
    pub refusals: Vec<Refusal>,
}

/// A step that gave no outcome.
#[derive(Debug)]
pub struct StepFailure {
    /// The step's name.
    pub step: String,
    /// The table of the batch.
    pub table: TableName,
    /// Stop or retry; the rest was dealt with.
    pub error: TransformError,
}

/// All steps of a pipeline, with instances that belong to one worker.
pub struct Chain {
    steps: Vec<Isolated>,
}

impl Chain {
    /// A chain whose instances are made when they are first needed.
    pub fn new(factories: &[Arc<dyn TransformFactory>]) -> Self {
        Self { steps: factories.iter().map(|factory| Isolated::new(Arc::clone(factory))).collect() }
    }

    /// Puts a batch through all steps.
    ///
    /// # Errors
    /// [`StepFailure`] where a step says stop or retry.
    pub fn apply(&mut self, batch: ChangeBatch) -> Result<Passed, StepFailure> {
        self.watch(batch, &mut |_, _| ())
    }

    /// As [`Chain::apply`]; `watch` is shown each step's name with each of its outputs.
    ///
    /// # Errors
    /// As [`Chain::apply`].
    pub fn watch(
        &mut self,
        batch: ChangeBatch,
        watch: &mut dyn FnMut(&str, &ChangeBatch),
    ) -> Result<Passed, StepFailure> {
        let mut passed = Passed { outputs: vec![batch], refusals: Vec::new() };
        for (place, step) in self.steps.iter_mut().enumerate() {
            let inputs = std::mem::take(&mut passed.outputs);
            for input in inputs {
                let started = Instant::now();
                let outcome = step.apply(&input).map_err(|error| StepFailure {
                    step: step.name().to_owned(),
                    table: input.table().clone(),
                    error,
                })?;
                metrics::histogram!("sluicegate_step_seconds", "step" => step.name().to_owned())
                    .record(started.elapsed());
                let refused = outcome.rejects.into_iter().map(|reject| Refusal {
                    ordinal: input.origin().ordinals[reject.row as usize],
                    part: input.origin().part(reject.row as usize),
                    output: (place > 0).then(|| input.table().clone()),
                    step: step.name().to_owned(),
                    reason: reject.reason,
                });
                passed.refusals.extend(refused);
                for output in &outcome.outputs {
                    watch(step.name(), output);
                }
                passed.outputs.extend(outcome.outputs);
            }
        }
        Ok(passed)
    }
}
