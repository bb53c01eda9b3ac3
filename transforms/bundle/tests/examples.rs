//! The guests of `examples/guests`, as a pipeline runs them.

mod support;

use serde_json::json;
use sluicegate_connector::TransformError;
use support::{batch, int64, refusal, rows, run, step, stop, text};

#[test]
fn names_are_masked() {
    let names = text(&["Alexandra", "李小龙", "", "NULL", "?"]);
    let given =
        batch("t", &["id"], "IIIII", vec![("id", int64(&["1", "2", "3", "4", "5"])), ("name", names)]);
    let outcome = run(&step("mask-name", json!({})), &given).unwrap();
    assert_eq!(
        rows(&outcome.outputs[0]),
        [
            "+I id=1 name=A********",
            "+I id=2 name=李**",
            "+I id=3 name=",
            "+I id=4 name=NULL",
            "+I id=5 name=?"
        ]
    );
    let outcome =
        run(&step("mask-name", json!({"columns": ["name"], "keep": 2, "with": "."})), &given).unwrap();
    assert_eq!(rows(&outcome.outputs[0])[0], "+I id=1 name=Al.......");
}

#[test]
fn a_column_of_another_type_stops() {
    let given = batch("t", &[], "I", vec![("name", int64(&["1"]))]);
    let message = stop(run(&step("mask-name", json!({})), &given));
    assert_eq!(message, "column name: the column is int64, this needs utf8: cast it in a step before");
    assert!(refusal("mask-name", json!({"kep": 1})).contains("did you mean `keep`?"));
}

#[test]
fn a_panic_is_a_trap_that_says_what_it_was() {
    let step = step("fragile", json!({}));
    let given =
        |amounts: &[&str]| batch("t", &[], &"I".repeat(amounts.len()), vec![("amount", text(amounts))]);
    let outcome = run(&step, &given(&["25", "NULL", "?"])).unwrap();
    assert_eq!(
        rows(&outcome.outputs[0]),
        ["+I amount=25 discount=2.5", "+I amount=NULL discount=NULL", "+I amount=? discount=?"]
    );
    match run(&step, &given(&["25", "boom"])) {
        Err(TransformError::Trap(message)) => {
            assert!(message.contains("the amount \"boom\" is no number"), "{message}");
        }
        other => panic!("it should trap: {other:?}"),
    }
}
