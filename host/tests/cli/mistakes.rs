//! Mistakes on the command line and in what it names: each with the words that a person reads.

use crate::snapshot::is_up_to_date;
use crate::support::{here, run_in};

/// A name for the expectation, and the arguments.
const MISTAKES: &[(&str, &[&str])] = &[
    ("no-verb", &[]),
    ("unknown-verb", &["valdate", "valid.yaml"]),
    ("unknown-verb-json", &["valdate", "valid.yaml", "--output", "json"]),
    ("unknown-option", &["run", "valid.yaml", "--untli", "end"]),
    ("unknown-option-json", &["run", "valid.yaml", "--untli", "end", "--output=json"]),
    ("unknown-output", &["schema", "--output", "xml"]),
    ("unknown-log-level", &["schema", "--log", "main=laud"]),
    ("no-file-named", &["validate"]),
    ("until-when", &["run", "valid.yaml", "--until", "tomorrow"]),
    ("metrics-where", &["run", "valid.yaml", "--metrics", "9464"]),
    ("missing-file", &["validate", "no-such.yaml"]),
    ("missing-file-json", &["validate", "no-such.yaml", "--output", "json"]),
    ("file-beneath-a-file", &["validate", "valid.yaml/pipeline.yaml"]),
    ("directory-to-validate", &["validate", "empty"]),
    ("directory-without-pipelines", &["run", "empty"]),
    ("run-of-nothing", &["run", "no-such"]),
    ("no-text", &["validate", "no-text.yaml"]),
    ("no-yaml", &["validate", "no-yaml.yaml"]),
    ("two-mistakes-json", &["validate", "two-mistakes.yaml", "--output", "json"]),
    ("unset-variable", &["validate", "unset-variable.yaml"]),
    ("step-cannot-handle", &["validate", "step-cannot-handle.yaml", "--log", "error"]),
    ("sink-cannot-write", &["validate", "sink-cannot-write.yaml"]),
    ("no-broker", &["preview", "valid.yaml", "--log", "off"]),
    ("no-broker-json", &["preview", "valid.yaml", "--log", "off", "--output", "json"]),
    ("no-rows", &["preview", "valid.yaml", "--rows", "0"]),
    ("inspect-unknown", &["inspect", "schema-mpa"]),
    ("inspect-missing", &["inspect", "./no-such.wasm"]),
    ("inspect-no-wasm", &["inspect", "valid.yaml"]),
    ("inspect-no-transform", &["inspect", "no-transform.wasm"]),
    ("inspect-no-transform-json", &["inspect", "no-transform.wasm", "--output", "json"]),
    ("positions-of-what", &["positions", "set", "valid.yaml", "orders/0"]),
    ("positions-negative", &["positions", "set", "valid.yaml", "orders/0=-3"]),
    ("new-without-kind", &["new"]),
    ("new-with-a-bad-name", &["new", "pipeline", "my orders"]),
    ("unknown-shell", &["completions", "bahs"]),
];

#[test]
fn mistakes_are_told_with_a_remedy() {
    let files = here().join("files");
    // Git keeps no empty directories.
    std::fs::create_dir_all(files.join("empty")).unwrap();
    let different: Vec<&str> = MISTAKES
        .iter()
        .filter(|(name, arguments)| {
            let finished = run_in(&files, arguments);
            assert!(finished.code == 2 || name.starts_with("no-broker"), "{name}: {}", finished.transcript());
            assert_eq!(finished.out, "", "{name}: results go to standard output, and there is none");
            let line = [&["sluicegate"], *arguments].concat().join(" ");
            let text = format!("$ {line}\n{}", finished.transcript());
            !is_up_to_date(&here().join("mistakes").join(format!("{name}.txt")), &text)
        })
        .map(|(name, _)| *name)
        .collect();
    assert!(different.is_empty(), "other texts than expected: {different:?}; see above");
}

#[test]
fn an_error_in_json_is_one_object() {
    let files = here().join("files");
    for (name, arguments) in MISTAKES.iter().filter(|(name, _)| name.ends_with("-json")) {
        let finished = run_in(&files, arguments);
        let object: serde_json::Value = serde_json::from_str(&finished.err)
            .unwrap_or_else(|error| panic!("{name}: {error}:\n{}", finished.err));
        assert_eq!(object["code"], finished.code, "{name}");
        assert!(object["error"].as_str().is_some_and(|text| !text.is_empty()), "{name}: {object}");
    }
}
