//! Keys are used as a step was granted, and not otherwise.

mod support;

use arrow_array::cast::AsArray;
use serde_json::{Value, json};
use sluicegate_connector::{Transform, TransformError, TransformFactory};
use sluicegate_keys::Use;
use sluicegate_model::ChangeBatch;
use sluicegate_wasm::Step;
use support::{granted, host, options, orders, start, texts};

fn sealed(with: Value) -> ChangeBatch {
    let mut step = start(granted(options(with), "card", &[Use::Seal]));
    step.transform(&orders()).unwrap().outputs.remove(0)
}

fn opened(with: Value, batch: &ChangeBatch) -> sluicegate_connector::Outcome {
    start(granted(options(with), "card", &[Use::Open])).transform(batch).unwrap()
}

#[test]
fn what_was_sealed_opens_again() {
    let with = json!({"op": "seal", "column": "name", "key": "card", "context": "shop.orders.name", "bound": ["id"]});
    let batch = sealed(with);
    let cells = texts(&batch.columns()[1]);
    assert_ne!(cells[0].as_deref(), Some("anna"));
    assert_eq!((cells[1].as_deref(), cells[3].as_deref()), (None, Some("?")), "null and missing stay");
    let open = json!({"op": "open", "column": "name", "key": "card", "context": "shop.orders.name", "bound": ["id"]});
    let outcome = opened(open, &batch);
    assert_eq!(outcome.rejects, []);
    assert_eq!(texts(&outcome.outputs[0].columns()[1]), texts(&orders().columns()[1]));
}

#[test]
fn a_cell_does_not_open_in_another_place() {
    let batch =
        sealed(json!({"op": "seal", "column": "name", "key": "card", "context": "a", "bound": ["id"]}));
    for open in [
        json!({"op": "open", "column": "name", "key": "card", "context": "b", "bound": ["id"]}),
        json!({"op": "open", "column": "name", "key": "card", "context": "a", "bound": ["id", "amount"]}),
        json!({"op": "open", "column": "name", "key": "card", "context": "a"}),
    ] {
        let outcome = opened(open, &batch);
        // Rows 0, 2, 4 and 5 hold a cell; 1 is the other half of 2.
        assert_eq!(outcome.rejects.iter().map(|reject| reject.row).collect::<Vec<_>>(), [0, 1, 2, 4, 5]);
        assert!(outcome.rejects[0].reason.contains("does not authenticate"), "{:?}", outcome.rejects);
    }
}

#[test]
fn macs_and_digests_join() {
    let mac = json!({"op": "mac", "column": "name", "key": "pseudonym"});
    let mut step = start(granted(options(mac), "pseudonym", &[Use::Mac]));
    let first = step.transform(&orders()).unwrap().outputs.remove(0);
    let second = step.transform(&orders()).unwrap().outputs.remove(0);
    assert_eq!(first.columns()[1], second.columns()[1]);
    assert_eq!(first.columns()[1].values().as_binary::<i32>().value(0).len(), 32);
    assert!(first.columns()[1].is_missing(3));
    // No key, so no grant.
    let digest = support::output(json!({"op": "digest", "column": "name"}), &orders());
    assert_eq!(digest.columns()[1].values().as_binary::<i32>().value(0).len(), 32);
    assert_ne!(digest.columns()[1], first.columns()[1]);
}

#[test]
fn a_key_that_was_not_granted_stops_the_step() {
    let with = json!({"op": "seal", "column": "name", "key": "no-grant"});
    let Err(TransformError::Stop(said)) = start(options(with)).transform(&orders()) else { panic!() };
    assert_eq!(
        said,
        "step step-1 may not seal with the key no-grant (it was granted nothing of it): grant it with `keys: \
         {no-grant: [seal]}` in the step"
    );
    let with = json!({"op": "open", "column": "name", "key": "card"});
    let sealer = granted(options(with), "card", &[Use::Seal]);
    let Err(TransformError::Stop(said)) = start(sealer).transform(&orders()) else { panic!() };
    assert!(said.contains("may not open with the key card (it was granted seal)"), "{said}");
    assert!(said.contains("`keys: {card: [seal, open]}`"), "{said}");
}

#[test]
fn a_key_that_does_not_exist_is_said() {
    let with = json!({"op": "mac", "column": "name", "key": "crad"});
    let Err(TransformError::Stop(said)) = start(options(with)).transform(&orders()) else { panic!() };
    assert!(said.contains("wants to mac with the key crad, which the pipeline does not have"), "{said}");
    assert!(said.contains("it has: card, no-grant, pseudonym"), "{said}");
    let wrong = granted(options(json!({"op": "identity"})), "crad", &[Use::Mac]);
    let said = Step::new(&host(), wrong).unwrap_err().to_string();
    assert!(said.contains("step step-1 is granted the key crad, which the pipeline does not have"), "{said}");
}

#[test]
fn a_key_cannot_do_what_its_algorithm_cannot() {
    let with = json!({"op": "seal", "column": "name", "key": "pseudonym"});
    let Err(TransformError::Stop(said)) =
        start(granted(options(with), "pseudonym", &[Use::Seal])).transform(&orders())
    else {
        panic!()
    };
    assert!(said.contains("cannot seal"), "{said}");
}

#[test]
fn a_step_is_a_factory() {
    let step = Step::new(&host(), options(json!({"op": "identity"}))).unwrap();
    assert_eq!(step.name(), "step-1");
    let mut workers = [step.instance().unwrap(), step.instance().unwrap()];
    let all = std::thread::scope(|scope| {
        let threads: Vec<_> =
            workers.iter_mut().map(|worker| scope.spawn(|| worker.transform(&orders()).is_ok())).collect();
        threads.into_iter().all(|thread| thread.join().unwrap())
    });
    assert!(all);
}
