//! `validate`: the tables that come out.

use serde_json::json;

use crate::support::{expect, here, run_in};

#[test]
fn the_tables_that_come_out_are_shown() {
    let finished = run_in(&here().join("files"), &["validate", "valid.yaml"]);
    expect("validate.txt", &finished.transcript());
}

#[test]
fn programs_get_the_same() {
    let told = run_in(&here().join("files"), &["validate", "valid.yaml", "--output", "json"]).json();
    assert_eq!(told["valid"], true);
    assert_eq!(told["steps"], json!(["schema-map", "split"]));
    let outputs = told["outputs"].as_array().unwrap();
    assert_eq!(outputs.len(), 2);
    assert_eq!(outputs[1]["table"], "orders-1");
    assert_eq!(outputs[1]["from"], json!(["SHOP.ORDERS_1", "SHOP.ORDERS_2"]));
    assert_eq!(outputs[1]["columns"][0], json!({ "name": "amount", "type": "decimal128(20,4)" }));
}

#[test]
fn outputs_that_cannot_be_known_are_said_to_be() {
    let finished = run_in(&here().join("files"), &["validate", "no-schema.yaml"]);
    expect("validate-no-schema.txt", &finished.transcript());
}

#[test]
fn a_step_that_needs_more_than_the_source_tells_is_named() {
    let finished = run_in(&here().join("files"), &["validate", "no-before-images.yaml"]);
    expect("validate-no-before-images.txt", &finished.transcript());
}
