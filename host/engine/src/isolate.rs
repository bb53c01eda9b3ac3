//! Finding the rows of a batch that a step cannot handle.
//!
//! A failed batch is first tried again whole on a fresh instance, because a trap may be the instance's fault (its
//! memory ran out) and not a row's. Then it is divided, and what fails divided again, until the rows that fail stand
//! alone. A row is given up only after failing alone twice, the second time on a fresh instance. Pairs are never divided.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use sluicegate_connector::{Outcome, Reject, Transform, TransformError, TransformFactory};
use sluicegate_model::ChangeBatch;

/// CPU time of the thread that taking one batch apart may cost.
pub const CPU_BUDGET: Duration = Duration::from_secs(5);
/// Failures that taking one batch apart may meet: each costs a new instance.
pub const FAILURE_BUDGET: usize = 64;

/// Parts that a stretch which failed is divided into. What fails may cost a guest's whole CPU limit, what passes costs
/// next to nothing: with eight parts one row of 8,192 is found after five failures, with halves after thirteen, which
/// at half a second each would be over the budget.
const PARTS: usize = 8;

/// A step of one worker, with the instance that it runs on.
pub struct Isolated {
    factory: Arc<dyn TransformFactory>,
    instance: Option<Box<dyn Transform>>,
}

impl Isolated {
    /// A step whose instance is made when it is first needed.
    pub fn new(factory: Arc<dyn TransformFactory>) -> Self {
        Self { factory, instance: None }
    }

    /// The step's name as configured.
    pub fn name(&self) -> &str {
        self.factory.name()
    }

    /// Transforms a batch; rows that cannot be handled are among the rejects.
    ///
    /// # Errors
    /// [`TransformError::Stop`] and [`TransformError::Retry`] as the step said. A batch that cannot be taken apart within
    /// the budgets is a `Stop` as well: a guest that fails on every row must not dead-letter the world.
    pub fn apply(&mut self, batch: &ChangeBatch) -> Result<Outcome, TransformError> {
        match self.attempt(batch) {
            Err(TransformError::Trap(_)) => match self.attempt(batch) {
                Err(TransformError::Trap(why) | TransformError::Reject(why)) => self.take_apart(batch, why),
                other => other,
            },
            Err(TransformError::Reject(why)) => self.take_apart(batch, why),
            other => other,
        }
    }

    fn attempt(&mut self, batch: &ChangeBatch) -> Result<Outcome, TransformError> {
        let mut instance = match self.instance.take() {
            Some(instance) => instance,
            None => self.factory.instance()?,
        };
        let result = instance.transform(batch);
        if !matches!(result, Err(TransformError::Trap(_))) {
            self.instance = Some(instance);
        }
        result
    }

    fn take_apart(&mut self, batch: &ChangeBatch, why: String) -> Result<Outcome, TransformError> {
        if batch.is_empty() {
            return Err(TransformError::Stop(why));
        }
        let started = thread_cpu_time();
        let mut failures = 1;
        let mut outcome = Outcome::default();
        // The next stretch is on top: stretches are handled in the order of their rows.
        let mut stretches = vec![(0..batch.len(), Some(why))];
        while let Some((stretch, failure)) = stretches.pop() {
            let why = match failure {
                Some(why) => why,
                None => match self.attempt(&batch.slice(stretch.start, stretch.len())) {
                    Ok(part) => {
                        append(&mut outcome, part, stretch.start);
                        continue;
                    }
                    Err(TransformError::Trap(why) | TransformError::Reject(why)) => {
                        failures += 1;
                        why
                    }
                    Err(other) => return Err(other),
                },
            };
            let spent = thread_cpu_time().saturating_sub(started);
            if failures > FAILURE_BUDGET || spent > CPU_BUDGET {
                return Err(TransformError::Stop(format!(
                    "the batch of {} rows failed {failures} times in {} ms of CPU time while the rows at fault were \
                     looked for; the last failure: {why}",
                    batch.len(),
                    spent.as_millis()
                )));
            }
            match *parts(batch, &stretch) {
                [_] => self.give_up_or_pass(batch, &stretch, &mut outcome)?,
                ref parts => stretches.extend(parts.iter().rev().map(|part| (part.clone(), None))),
            }
        }
        Ok(outcome)
    }

    /// A unit that failed alone gets a second try; then its rows are rejects.
    fn give_up_or_pass(
        &mut self,
        batch: &ChangeBatch,
        unit: &Range<usize>,
        outcome: &mut Outcome,
    ) -> Result<(), TransformError> {
        self.instance = None;
        match self.attempt(&batch.slice(unit.start, unit.len())) {
            Ok(part) => append(outcome, part, unit.start),
            Err(TransformError::Trap(why) | TransformError::Reject(why)) => {
                let reject = |row: usize| Reject { row: row as u32, reason: why.clone() };
                outcome.rejects.extend(unit.clone().map(reject));
            }
            Err(other) => return Err(other),
        }
        Ok(())
    }
}

/// A stretch in parts, with pairs kept whole; one where it is one unit.
fn parts(batch: &ChangeBatch, stretch: &Range<usize>) -> Vec<Range<usize>> {
    let mut parts = Vec::with_capacity(PARTS);
    let mut start = stretch.start;
    for part in 1..PARTS {
        let unit = batch.unit_of(stretch.start + stretch.len() * part / PARTS);
        let end = if unit.start > start { unit.start } else { unit.end };
        if end > start && end < stretch.end {
            parts.push(start..end);
            start = end;
        }
    }
    parts.push(start..stretch.end);
    parts
}

fn append(outcome: &mut Outcome, part: Outcome, first_row: usize) {
    outcome.outputs.extend(part.outputs.into_iter().filter(|output| !output.is_empty()));
    let shifted = |reject: Reject| Reject { row: reject.row + first_row as u32, ..reject };
    outcome.rejects.extend(part.rejects.into_iter().map(shifted));
}

fn thread_cpu_time() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(u64::try_from(now.tv_sec).unwrap_or(0), u32::try_from(now.tv_nsec).unwrap_or(0))
}

#[cfg(test)]
mod tests;
