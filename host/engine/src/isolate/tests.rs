use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow_array::Int64Array;
use arrow_schema::{DataType, Field, Schema};
use proptest::prelude::*;
use sluicegate_model::{Column, Meta, Origin, RowKind};

use super::*;

/// Traps on batches that hold any of these ordinals; rejects in words where `traps` is false.
struct Allergic {
    to: HashSet<u64>,
    traps: bool,
    instances: AtomicUsize,
}

struct Instance(HashSet<u64>, bool);

/// The factory is looked at after the step that owns it has run.
struct Shared(Arc<Allergic>);

impl TransformFactory for Shared {
    fn name(&self) -> &'static str {
        "allergic"
    }

    fn instance(&self) -> Result<Box<dyn Transform>, TransformError> {
        self.0.instances.fetch_add(1, Ordering::Relaxed);
        Ok(Box::new(Instance(self.0.to.clone(), self.0.traps)))
    }
}

impl Transform for Instance {
    fn transform(&mut self, batch: &ChangeBatch) -> Result<Outcome, TransformError> {
        match batch.origin().ordinals.iter().find(|ordinal| self.0.contains(ordinal)) {
            Some(ordinal) if self.1 => Err(TransformError::Trap(format!("ordinal {ordinal}"))),
            Some(ordinal) => Err(TransformError::Reject(format!("ordinal {ordinal}"))),
            None => Ok(Outcome { outputs: vec![batch.clone()], rejects: Vec::new() }),
        }
    }
}

/// A batch of inserts and pairs: true is a pair.
fn batch(units: &[bool]) -> ChangeBatch {
    let (mut kinds, mut ordinals) = (Vec::new(), Vec::new());
    for (ordinal, pair) in units.iter().enumerate() {
        let unit: &[RowKind] =
            if *pair { &[RowKind::UpdateBefore, RowKind::UpdateAfter] } else { &[RowKind::Insert] };
        kinds.extend(unit.iter().map(|kind| kind.code()));
        ordinals.extend(unit.iter().map(|_| ordinal as u64));
    }
    let ids = Int64Array::from_iter_values(0..kinds.len() as i64);
    let schema = Arc::new(Schema::new(vec![Field::new("id", DataType::Int64, false)]));
    let origin = Origin { lane: "t/0".into(), ordinals: ordinals.into(), parts: None };
    let columns = vec![Column::new(Arc::new(ids))];
    ChangeBatch::new("t".into(), schema, columns, kinds.into(), origin, Arc::from([]), Meta::new()).unwrap()
}

proptest! {
    #[test]
    fn just_the_units_at_fault_are_rejected(
        units in prop::collection::vec(any::<bool>(), 1..300),
        bad in prop::collection::hash_set(0u64..300, 0..4),
        traps in any::<bool>(),
    ) {
        let batch = batch(&units);
        let guest = Arc::new(Allergic { to: bad.clone(), traps, instances: AtomicUsize::new(0) });
        let mut step = Isolated::new(Arc::new(Shared(guest)));
        let outcome = step.apply(&batch).unwrap();
        let passed: Vec<u64> =
            outcome.outputs.iter().flat_map(|output| output.origin().ordinals.to_vec()).collect();
        let is_bad = |row: &usize| bad.contains(&batch.origin().ordinals[*row]);
        let good: Vec<u64> =
            (0..batch.len()).filter(|row| !is_bad(row)).map(|row| batch.origin().ordinals[row]).collect();
        prop_assert_eq!(passed, good);
        let rejected: Vec<usize> = outcome.rejects.iter().map(|reject| reject.row as usize).collect();
        prop_assert_eq!(rejected, (0..batch.len()).filter(is_bad).collect::<Vec<_>>());
    }
}

#[test]
fn a_guest_that_traps_on_everything_is_stopped() {
    let units = vec![false; 8192];
    let guest = Arc::new(Allergic { to: (0..8192).collect(), traps: true, instances: AtomicUsize::new(0) });
    let mut step = Isolated::new(Arc::new(Shared(Arc::clone(&guest))));
    let error = step.apply(&batch(&units)).unwrap_err();
    assert!(matches!(&error, TransformError::Stop(why) if why.contains("failed 65 times")), "{error}");
    assert!(guest.instances.load(Ordering::Relaxed) < 200);
}

/// A failure may cost half a second of CPU time, and there are five seconds for all of them.
#[test]
fn one_row_of_many_is_found_after_few_failures() {
    let guest = Arc::new(Allergic { to: [4_711].into(), traps: true, instances: AtomicUsize::new(0) });
    let mut step = Isolated::new(Arc::new(Shared(Arc::clone(&guest))));
    let outcome = step.apply(&batch(&[false; 8_192])).unwrap();
    assert_eq!(outcome.rejects.iter().map(|reject| reject.row).collect::<Vec<_>>(), [4_711]);
    // The batch twice, a stretch of each size, the row again; and one that is good.
    assert!(guest.instances.load(Ordering::Relaxed) <= 9);
}

#[test]
fn a_trap_that_does_not_come_again_costs_nothing() {
    struct Once(AtomicUsize);
    struct Fresh(usize);
    impl TransformFactory for Once {
        fn name(&self) -> &'static str {
            "once"
        }
        fn instance(&self) -> Result<Box<dyn Transform>, TransformError> {
            Ok(Box::new(Fresh(self.0.fetch_add(1, Ordering::Relaxed))))
        }
    }
    impl Transform for Fresh {
        fn transform(&mut self, batch: &ChangeBatch) -> Result<Outcome, TransformError> {
            match self.0 {
                0 => Err(TransformError::Trap("out of memory".to_owned())),
                _ => Ok(Outcome { outputs: vec![batch.clone()], rejects: Vec::new() }),
            }
        }
    }
    let outcome = Isolated::new(Arc::new(Once(AtomicUsize::new(0)))).apply(&batch(&[false, true])).unwrap();
    assert!(outcome.rejects.is_empty());
    assert_eq!(outcome.outputs.len(), 1);
}
