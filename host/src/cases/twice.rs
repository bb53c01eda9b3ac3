//! Whether a step answers the same when it is asked again: on the same instance, on a fresh one, and with the rows
//! given one by one. The host takes this for granted when it replaces instances and halves batches.

use std::sync::Arc;

use sluicegate_connector::TransformFactory;
use sluicegate_engine::Chain;
use sluicegate_model::ChangeBatch;

use super::expectation;
use super::found::{FoundRow, FoundUnit, Tables};
use super::opened::Opener;
use super::run::{FoundReject, reason};
use super::yaml;

/// What a step made of a batch.
struct Answer {
    outputs: Tables,
    rejects: Vec<FoundReject>,
    stop: Option<String>,
}

/// The steps that answer otherwise when they are asked again, a sentence each with the first difference.
pub(super) fn differences(
    steps: &[Arc<dyn TransformFactory>],
    inputs: &[Vec<ChangeBatch>],
    opener: &Opener<'_>,
) -> Vec<String> {
    let asked = steps.iter().zip(inputs);
    // What a step logs was logged when the case was run.
    tracing::subscriber::with_default(tracing::subscriber::NoSubscriber::default(), || {
        asked.filter_map(|(step, batches)| first_difference(step, batches, opener)).collect()
    })
}

fn first_difference(
    step: &Arc<dyn TransformFactory>,
    batches: &[ChangeBatch],
    opener: &Opener<'_>,
) -> Option<String> {
    let one = std::slice::from_ref(step);
    let mut chain = Chain::new(one);
    for batch in batches {
        let first = answer(&mut chain, std::slice::from_ref(batch));
        let told = |how: &str, what: String| {
            Some(format!("step {} answers differently {how} (table {}): {what}", step.name(), batch.table()))
        };
        let again = answer(&mut chain, std::slice::from_ref(batch));
        if let Some(what) = differ(&first, &again, opener) {
            return told("when it is asked again on the same instance", what);
        }
        let fresh = answer(&mut Chain::new(one), std::slice::from_ref(batch));
        if let Some(what) = differ(&first, &fresh, opener) {
            return told("on a fresh instance", what);
        }
        // What stopped the whole for want of a budget may well pass row by row.
        if first.stop.is_none() && batch.len() > 1 {
            let divided = answer(&mut Chain::new(one), &units(batch));
            if let Some(what) = differ(&first, &divided, opener) {
                return told("when the rows come one by one", what);
            }
        }
    }
    None
}

/// A batch divided into its units.
fn units(batch: &ChangeBatch) -> Vec<ChangeBatch> {
    let mut units = Vec::new();
    let mut row = 0;
    while row < batch.len() {
        let unit = batch.unit_of(row);
        units.push(batch.slice(unit.start, unit.len()));
        row = unit.end;
    }
    units
}

fn answer(chain: &mut Chain, batches: &[ChangeBatch]) -> Answer {
    let mut answer = Answer { outputs: Tables::default(), rejects: Vec::new(), stop: None };
    for batch in batches {
        match chain.apply(batch.clone()) {
            Ok(passed) => {
                passed.outputs.iter().for_each(|output| answer.outputs.add(output));
                answer.rejects.extend(passed.refusals.into_iter().map(|refusal| FoundReject {
                    row: refusal.ordinal,
                    part: refusal.part,
                    output: None,
                    step: refusal.step,
                    reason: refusal.reason,
                }));
            }
            Err(failure) => {
                answer.stop = Some(reason(&failure.error));
                break;
            }
        }
    }
    answer.rejects.sort();
    answer
}

/// The first difference of two answers.
fn differ(first: &Answer, second: &Answer, opener: &Opener<'_>) -> Option<String> {
    match (&first.stop, &second.stop) {
        (a, b) if a == b => {}
        (Some(a), Some(b)) => return Some(format!("it stops with \"{a}\", then with \"{b}\"")),
        (Some(a), None) => return Some(format!("it stops with \"{a}\", then it passes")),
        (None, Some(b)) => return Some(format!("it passes, then it stops with \"{b}\"")),
        (None, None) => {}
    }
    let mut names: Vec<&String> = first.outputs.0.iter().map(|(table, _)| table).collect();
    names.extend(
        second.outputs.0.iter().map(|(table, _)| table).filter(|table| first.outputs.get(table).is_empty()),
    );
    for table in names {
        let (a, b) = (first.outputs.get(table), second.outputs.get(table));
        if a.len() != b.len() {
            return Some(format!("{table} has {} rows, then {}", a.len(), b.len()));
        }
        let rows = a.iter().zip(b).enumerate();
        let found = rows.into_iter().find_map(|(number, (a, b))| Some((number, unit_differs(a, b, opener)?)));
        if let Some((number, what)) = found {
            return Some(format!("row {number} of {table}: {what}"));
        }
    }
    let only_in = |these: &[FoundReject], those: &[FoundReject]| {
        these.iter().find(|reject| !those.contains(reject)).map(|reject| (reject.row, reject.reason.clone()))
    };
    if let Some((row, reason)) = only_in(&first.rejects, &second.rejects) {
        return Some(format!("row {row} is refused ({reason}), then not for that reason"));
    }
    let (row, reason) = only_in(&second.rejects, &first.rejects)?;
    Some(format!("row {row} is not refused, then it is: {reason}"))
}

fn unit_differs(a: &FoundUnit, b: &FoundUnit, opener: &Opener<'_>) -> Option<String> {
    if a.kind != b.kind {
        return Some(format!("its kind is {}, then {}", a.kind, b.kind));
    }
    match (&a.before, &b.before) {
        (Some(a), Some(b)) => {
            if let Some(what) = row_differs(a, b, opener) {
                return Some(format!("in the row before, {what}"));
            }
        }
        (None, None) => {}
        (Some(_), None) => return Some("it has a row before, then none".to_owned()),
        (None, Some(_)) => return Some("it has no row before, then one".to_owned()),
    }
    row_differs(&a.row, &b.row, opener)
}

fn row_differs(a: &FoundRow, b: &FoundRow, opener: &Opener<'_>) -> Option<String> {
    // A column that one batch lacks is missing in its rows.
    let only_b = b.names().filter(|name| !a.names().any(|known| known == *name));
    let names: Vec<&str> = a.names().chain(only_b).collect();
    names.into_iter().find_map(|name| {
        let (first, second) = (a.get(name), b.get(name));
        if first == second {
            return None;
        }
        // A sealed cell differs each time: what it opens to must not.
        let (first, second) = (expectation::literal(a, name, opener), expectation::literal(b, name, opener));
        let shown = |literal: &Option<super::literal::Literal>| {
            literal.as_ref().map_or("(missing)".to_owned(), yaml::inline)
        };
        (first != second).then(|| format!("{name} is {}, then {}", shown(&first), shown(&second)))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use arrow_array::{Int64Array, StringArray};
    use arrow_schema::{DataType, Field, Schema};
    use sluicegate_connector::{Outcome, Transform, TransformError};
    use sluicegate_keys::{Algorithm, KeyRing, KeySpec, Secret};
    use sluicegate_model::{Column, Meta, Origin};

    use super::*;
    use crate::config::under_test::SealedAs;

    /// What a step of these tests puts into its column, by its instance, the calls of that, and the batch.
    type Deed = fn(usize, usize, &ChangeBatch) -> Column;

    struct Step {
        deed: Deed,
        instances: AtomicUsize,
    }

    struct Instance {
        deed: Deed,
        number: usize,
        calls: usize,
    }

    impl TransformFactory for Step {
        fn name(&self) -> &'static str {
            "fickle"
        }

        fn instance(&self) -> Result<Box<dyn Transform>, TransformError> {
            let number = self.instances.fetch_add(1, Ordering::Relaxed);
            Ok(Box::new(Instance { deed: self.deed, number, calls: 0 }))
        }
    }

    impl Transform for Instance {
        fn transform(&mut self, batch: &ChangeBatch) -> Result<Outcome, TransformError> {
            self.calls += 1;
            let column = (self.deed)(self.number, self.calls, batch);
            let mut parts = batch.clone().into_parts();
            parts.schema = Arc::new(Schema::new(vec![Field::new("n", column.data_type().clone(), true)]));
            parts.columns = vec![column];
            Ok(Outcome { outputs: vec![parts.build().unwrap()], rejects: Vec::new() })
        }
    }

    /// An insert and a pair.
    fn batch() -> ChangeBatch {
        ChangeBatch::new(
            "t".into(),
            Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, true)])),
            vec![Column::new(Arc::new(Int64Array::from(vec![7, 8, 9])))],
            vec![0, 1, 2].into(),
            Origin { lane: "l".into(), ordinals: vec![0, 1, 1].into(), parts: None },
            Arc::from([]),
            Meta::new(),
        )
        .unwrap()
    }

    fn numbers(batch: &ChangeBatch, number: usize) -> Column {
        Column::new(Arc::new(Int64Array::from(vec![number as i64; batch.len()])))
    }

    fn ring() -> KeyRing {
        let secret = Secret::new("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
        let specs = BTreeMap::from([("k".to_owned(), KeySpec::new(Algorithm::Xaes256Gcm, "v1", secret))]);
        KeyRing::build(&specs).unwrap()
    }

    fn told(deed: Deed) -> Vec<String> {
        let step: Arc<dyn TransformFactory> = Arc::new(Step { deed, instances: AtomicUsize::new(0) });
        let ring = ring();
        let seal = SealedAs { column: None, key: "k".to_owned(), context: String::new(), bind: Vec::new() };
        differences(&[step], &[vec![batch()]], &Opener::of(&ring, vec![seal]))
    }

    #[test]
    fn a_step_that_keeps_to_its_answer_passes() {
        assert_eq!(told(|_, _, batch| batch.columns()[0].clone()), Vec::<String>::new());
    }

    #[test]
    fn each_kind_of_fickleness_is_found() {
        let again = told(|_, calls, batch| numbers(batch, calls));
        assert_eq!(
            again,
            [
                "step fickle answers differently when it is asked again on the same instance (table t): row 0 of t: n \
              is 1, then 2"
            ]
        );
        let fresh = told(|instance, _, batch| numbers(batch, instance));
        assert!(fresh[0].contains("on a fresh instance"), "{fresh:?}");
        let divided = told(|_, _, batch| numbers(batch, batch.len()));
        assert!(divided[0].contains("one by one (table t): row 0 of t: n is 3, then 1"), "{divided:?}");
    }

    #[test]
    fn a_pair_is_not_divided() {
        let units: Vec<usize> = units(&batch()).iter().map(ChangeBatch::len).collect();
        assert_eq!(units, [1, 2]);
    }

    #[test]
    fn sealed_cells_are_compared_by_what_they_open_to() {
        assert_eq!(told(|_, _, batch| sealed(batch, "same")), Vec::<String>::new());
        let other = told(|_, calls, batch| sealed(batch, if calls == 1 { "a" } else { "b" }));
        assert!(other[0].contains("$open: a"), "{other:?}");
    }

    fn sealed(batch: &ChangeBatch, text: &str) -> Column {
        let plain = Column::new(Arc::new(StringArray::from(vec![text; batch.len()])));
        ring().seal(&plain, "k", "", &[]).unwrap()
    }
}
