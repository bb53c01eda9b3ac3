use std::sync::Arc;

use sluicegate_connector::{Outcome, Reject, Transform, TransformError, TransformFactory};
use sluicegate_model::ChangeBatch;

/// What a step does with a row, by its ordinal.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    Pass,
    Reject,
    Trap,
}

/// A step that decides by the ordinal.
pub struct ByOrdinal {
    pub name: &'static str,
    pub deed: fn(u64) -> Deed,
}

impl TransformFactory for ByOrdinal {
    fn name(&self) -> &str {
        self.name
    }

    fn instance(&self) -> Result<Box<dyn Transform>, TransformError> {
        Ok(Box::new(Instance(self.deed)))
    }
}

pub fn step(name: &'static str, deed: fn(u64) -> Deed) -> Arc<dyn TransformFactory> {
    Arc::new(ByOrdinal { name, deed })
}

struct Instance(fn(u64) -> Deed);

impl Transform for Instance {
    fn transform(&mut self, batch: &ChangeBatch) -> Result<Outcome, TransformError> {
        let deeds: Vec<Deed> = batch.origin().ordinals.iter().map(|ordinal| (self.0)(*ordinal)).collect();
        if deeds.contains(&Deed::Trap) {
            return Err(TransformError::Trap("unreachable".to_owned()));
        }
        let rows = || deeds.iter().enumerate();
        let kept: Vec<u32> =
            rows().filter(|(_, deed)| **deed == Deed::Pass).map(|(row, _)| row as u32).collect();
        let rejects = rows().filter(|(_, deed)| **deed == Deed::Reject);
        let rejects = rejects.map(|(row, _)| Reject { row: row as u32, reason: "not this one".to_owned() });
        let output = batch.take(&kept.into()).expect("rows of the batch");
        Ok(Outcome { outputs: vec![output], rejects: rejects.collect() })
    }
}
