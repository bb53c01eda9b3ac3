//! Steps that see of a row only the output that its letter is about.
//!
//! Where one of several outputs of a row failed, the others were written: from the step on at which it failed, only the
//! rows on their way to that output go on.

use std::sync::Arc;

use arrow_array::UInt32Array;
use sluicegate_connector::{Outcome, Reject, Transform, TransformError, TransformFactory};
use sluicegate_model::{ChangeBatch, TableName};

use super::plan::Plan;

/// From where on a row is narrowed, and to what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// The number of the step before which it happens; the number of steps: behind the last.
    pub stage: usize,
    /// The outputs that are written.
    pub outputs: Vec<TableName>,
}

/// Where a row stood when a step refused it: before that step, or behind all of them. A step that is not there any more
/// is looked for behind all of them too: if the row still goes to the output of that name, that is the one.
pub(super) fn stage_of(step: &str, steps: &[Arc<dyn TransformFactory>]) -> usize {
    match step {
        "decode" => 0,
        "encode" | "write" => steps.len(),
        name => steps.iter().position(|step| step.name() == name).unwrap_or(steps.len()),
    }
}

/// The steps of a pipeline, for a replay.
pub fn narrowed(steps: &[Arc<dyn TransformFactory>], plan: &Arc<Plan>) -> Vec<Arc<dyn TransformFactory>> {
    if plan.stages.is_empty() {
        return steps.to_vec();
    }
    let mut narrowed: Vec<Arc<dyn TransformFactory>> = Vec::with_capacity(steps.len() + 1);
    for (stage, step) in steps.iter().enumerate() {
        narrowed.push(Arc::new(Narrowed { stage, step: Some(Arc::clone(step)), plan: Arc::clone(plan) }));
    }
    narrowed.push(Arc::new(Narrowed { stage: steps.len(), step: None, plan: Arc::clone(plan) }));
    narrowed
}

/// A step, or the end of all, and what it sees.
struct Narrowed {
    stage: usize,
    step: Option<Arc<dyn TransformFactory>>,
    plan: Arc<Plan>,
}

impl TransformFactory for Narrowed {
    fn name(&self) -> &str {
        self.step.as_ref().map_or("encode", |step| step.name())
    }

    fn instance(&self) -> Result<Box<dyn Transform>, TransformError> {
        let step = self.step.as_ref().map(|step| step.instance()).transpose()?;
        Ok(Box::new(Instance { stage: self.stage, step, plan: Arc::clone(&self.plan) }))
    }
}

struct Instance {
    stage: usize,
    step: Option<Box<dyn Transform>>,
    plan: Arc<Plan>,
}

impl Instance {
    /// Rows that go on; `None` where all do.
    fn kept(&self, batch: &ChangeBatch) -> Option<UInt32Array> {
        let origin = batch.origin();
        let goes_on = |row: &usize| {
            let named = (origin.lane.clone(), origin.ordinals[*row], origin.part(*row).unwrap_or(0));
            self.plan
                .stages
                .get(&named)
                .is_none_or(|stage| stage.stage != self.stage || stage.outputs.contains(batch.table()))
        };
        let kept: Vec<u32> = (0..batch.len()).filter(goes_on).map(|row| row as u32).collect();
        (kept.len() < batch.len()).then(|| kept.into())
    }
}

impl Transform for Instance {
    fn transform(&mut self, batch: &ChangeBatch) -> Result<Outcome, TransformError> {
        let Some(kept) = self.kept(batch) else {
            return match &mut self.step {
                Some(step) => step.transform(batch),
                None => Ok(Outcome { outputs: vec![batch.clone()], rejects: Vec::new() }),
            };
        };
        if kept.is_empty() {
            return Ok(Outcome::default());
        }
        let rest = batch
            .take(&kept)
            .map_err(|error| TransformError::Stop(format!("rows cannot be taken out of a batch: {error}")))?;
        let Some(step) = &mut self.step else {
            return Ok(Outcome { outputs: vec![rest], rejects: Vec::new() });
        };
        let mut outcome = step.transform(&rest)?;
        outcome.rejects = outcome
            .rejects
            .into_iter()
            .map(|reject| Reject { row: kept.value(reject.row as usize), ..reject })
            .collect();
        Ok(outcome)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::HashMap;

    use arrow_array::StringArray;
    use arrow_schema::{DataType, Field, Schema};
    use sluicegate_engine::Chain;
    use sluicegate_model::{Column, Lane, Meta, Origin};

    use super::*;

    /// Gives each row to two tables.
    pub(in crate::replay) struct Fan;

    impl Transform for Fan {
        fn transform(&mut self, batch: &ChangeBatch) -> Result<Outcome, TransformError> {
            let to =
                |table: &str| batch.clone().with_table(format!("{}-{table}", batch.table()).as_str().into());
            Ok(Outcome { outputs: vec![to("a"), to("b")], rejects: Vec::new() })
        }
    }

    impl TransformFactory for Fan {
        fn name(&self) -> &'static str {
            "fan"
        }

        fn instance(&self) -> Result<Box<dyn Transform>, TransformError> {
            Ok(Box::new(Self))
        }
    }

    /// Refuses every row.
    struct Refuse;

    impl Transform for Refuse {
        fn transform(&mut self, batch: &ChangeBatch) -> Result<Outcome, TransformError> {
            let reject = |row: usize| Reject { row: row as u32, reason: "no".to_owned() };
            Ok(Outcome { outputs: Vec::new(), rejects: (0..batch.len()).map(reject).collect() })
        }
    }

    impl TransformFactory for Refuse {
        fn name(&self) -> &'static str {
            "refuse"
        }

        fn instance(&self) -> Result<Box<dyn Transform>, TransformError> {
            Ok(Box::new(Self))
        }
    }

    /// An update of record 7 and an insert of record 8.
    fn batch() -> ChangeBatch {
        ChangeBatch::new(
            "t".into(),
            Arc::new(Schema::new(vec![Field::new("id", DataType::Utf8, true)])),
            vec![Column::new(Arc::new(StringArray::from(vec!["x", "x", "y"])))],
            vec![1, 2, 0].into(),
            Origin { lane: "s/0".into(), ordinals: vec![7, 7, 8].into(), parts: None },
            Arc::from(["id".to_owned()]),
            Meta::new(),
        )
        .unwrap()
    }

    fn plan(stage: usize, output: &str) -> Arc<Plan> {
        let stage = Stage { stage, outputs: vec![output.into()] };
        let stages = HashMap::from([((Lane::from("s/0"), 7, 0), stage)]);
        Arc::new(Plan { places: Arc::from([]), entries: Vec::new(), units: Vec::new(), stages })
    }

    fn rows(outputs: &[ChangeBatch]) -> Vec<(String, Vec<u64>)> {
        let of = |output: &ChangeBatch| (output.table().to_string(), output.origin().ordinals.to_vec());
        outputs.iter().map(of).collect()
    }

    #[test]
    fn only_the_output_of_the_letter_is_written() {
        let steps: Vec<Arc<dyn TransformFactory>> = vec![Arc::new(Fan)];
        let mut chain = Chain::new(&narrowed(&steps, &plan(1, "t-b")));
        let passed = chain.apply(batch()).unwrap();
        assert_eq!(rows(&passed.outputs), [("t-a".to_owned(), vec![8]), ("t-b".to_owned(), vec![7, 7, 8])]);
        assert!(passed.outputs[1].is_pair(0), "a pair stays one");
    }

    #[test]
    fn a_step_in_the_middle_sees_only_the_output_on_its_way() {
        let steps: Vec<Arc<dyn TransformFactory>> = vec![Arc::new(Fan), Arc::new(Fan)];
        let mut chain = Chain::new(&narrowed(&steps, &plan(1, "t-a")));
        let passed = chain.apply(batch()).unwrap();
        let of_7: Vec<String> = rows(&passed.outputs)
            .into_iter()
            .filter(|(_, ordinals)| ordinals.contains(&7))
            .map(|(table, _)| table)
            .collect();
        assert_eq!(of_7, ["t-a-a", "t-a-b"]);
    }

    #[test]
    fn rows_that_are_refused_keep_their_names() {
        let steps: Vec<Arc<dyn TransformFactory>> = vec![Arc::new(Fan), Arc::new(Refuse)];
        let mut chain = Chain::new(&narrowed(&steps, &plan(1, "t-b")));
        let passed = chain.apply(batch()).unwrap();
        let refused: Vec<(u64, String)> = passed
            .refusals
            .iter()
            .map(|refusal| {
                (refusal.ordinal, refusal.output.as_ref().map(ToString::to_string).unwrap_or_default())
            })
            .collect();
        let named = |ordinal: u64, output: &str| (ordinal, output.to_owned());
        assert_eq!(refused, [named(8, "t-a"), named(7, "t-b"), named(7, "t-b"), named(8, "t-b")]);
    }

    #[test]
    fn without_such_letters_the_steps_are_as_they_are() {
        let steps: Vec<Arc<dyn TransformFactory>> = vec![Arc::new(Fan)];
        let plan =
            Plan { places: Arc::from([]), entries: Vec::new(), units: Vec::new(), stages: HashMap::new() };
        assert_eq!(narrowed(&steps, &Arc::new(plan)).len(), 1);
    }
}
