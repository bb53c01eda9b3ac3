//! `new pipeline`: what it makes is valid.

use crate::support::{command, expect, finish, run_in};

#[test]
fn what_is_made_is_valid_and_made_once() {
    let directory = tempfile::tempdir().unwrap();
    let made = run_in(directory.path(), &["new", "pipeline", "shop.orders-1"]);
    expect("new-pipeline.txt", &made.transcript());

    let mut validate = command(directory.path(), &["validate", "shop.orders-1/shop.orders-1.yaml"]);
    validate.env("BROKERS", "localhost:9092");
    expect("new-pipeline-valid.txt", &finish(validate).transcript());
    // Without what it asks for it says so.
    let unset = run_in(directory.path(), &["validate", "shop.orders-1/shop.orders-1.yaml"]);
    assert!(unset.code == 2 && unset.err.contains("BROKERS"), "{}", unset.err);

    let again = run_in(directory.path(), &["new", "pipeline", "shop.orders-1"]);
    assert_eq!(again.code, 2);
    assert!(again.err.contains("shop.orders-1.yaml is there already"), "{}", again.err);
}

#[test]
fn programs_are_told_what_was_made() {
    let directory = tempfile::tempdir().unwrap();
    let told = run_in(directory.path(), &["new", "pipeline", "orders", "--output", "json"]).json();
    assert_eq!(told["environment"], serde_json::json!(["BROKERS"]));
    for file in told["files"].as_array().unwrap() {
        let text = std::fs::read_to_string(directory.path().join(file.as_str().unwrap())).unwrap();
        assert!(text.contains("orders") && !text.contains("NAME"), "{text}");
    }
}

#[test]
fn every_pair_of_systems_makes_a_valid_pipeline() {
    for source in ["kafka", "file"] {
        for sink in ["kafka", "file"] {
            let directory = tempfile::tempdir().unwrap();
            let made =
                run_in(directory.path(), &["new", "pipeline", "p", "--source", source, "--sink", sink]);
            assert_eq!(made.code, 0, "{}", made.err);
            let mut validate = command(directory.path(), &["validate", "p/p.yaml", "--output", "json"]);
            validate.env("BROKERS", "localhost:9092");
            let told = finish(validate);
            assert_eq!(told.code, 0, "{source} to {sink}: {}", told.transcript());
            assert_eq!(told.json()["outputs"][0]["table"], "p.out");
            let readme = std::fs::read_to_string(directory.path().join("p/README.md")).unwrap();
            assert!(!readme.contains("READS") && !readme.contains("ENVIRONMENT"), "{readme}");
        }
    }
}
