//! What a person reads who made a mistake in a pipeline file: each file of `tests/configuration` with the text beside
//! it. `UPDATE=1` writes the texts anew.

mod snapshot;

use std::path::{Path, PathBuf};

use sluicegate::config::{Config, ConfigErrors, RunOptions, reference_markdown};

use snapshot::is_up_to_date;

fn cases() -> Vec<PathBuf> {
    let mut cases: Vec<PathBuf> = std::fs::read_dir("tests/configuration")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "yaml"))
        .collect();
    cases.sort();
    cases
}

/// All that can be told of a file without asking a system.
fn check(path: &Path) -> Result<(), ConfigErrors> {
    Config::load(path)?.check()
}

#[test]
fn mistakes_are_told_with_place_and_remedy() {
    let cases = cases();
    assert!(cases.len() >= 20);
    let wrong: Vec<&PathBuf> = cases
        .iter()
        .filter(|case| {
            let text = check(case).expect_err(&case.display().to_string()).to_string();
            let text = text.replace(&sum_of("split"), "(the SHA-256 of split)");
            !is_up_to_date(&case.with_extension("txt"), &text)
        })
        .collect();
    assert!(wrong.is_empty(), "other texts than expected: {wrong:?}; see above");
}

#[test]
fn no_message_shows_a_secret() {
    for case in cases() {
        let errors = check(&case).unwrap_err();
        let told = format!("{errors} {errors:?} {:?}", miette::Report::new(errors_of(&case)));
        for secret in ["hush-hush", "aHVzaA", "AAECAwQF", "4444"] {
            assert!(!told.contains(secret), "{}:\n{told}", case.display());
        }
    }
}

/// The SHA-256 of a built-in transform, which differs from build to build.
fn sum_of(built_in: &str) -> String {
    let wasm = sluicegate_transforms::built_in(built_in).unwrap().wasm;
    let sum = sluicegate_wasm::GuestSource::new(built_in, wasm).sha256();
    hex::encode(sum)
}

fn errors_of(case: &Path) -> ConfigErrors {
    check(case).unwrap_err()
}

#[test]
fn the_example_is_valid() {
    let directory = tempfile::tempdir().unwrap();
    let guests = directory.path().join("guests");
    std::fs::create_dir(&guests).unwrap();
    for (example, file) in [("mask-name", "mask_name.wasm"), ("fragile", "fragile.wasm")] {
        std::fs::write(guests.join(file), sluicegate_transforms::example(example).unwrap().wasm).unwrap();
    }
    std::fs::copy("tests/configuration/card.key", directory.path().join("phones.key")).unwrap();
    let text = std::fs::read_to_string("../examples/pipelines/orders.yaml").unwrap();
    let text = text.replace("${BROKERS}", "localhost:1");
    let config = Config::parse(&text, &directory.path().join("orders.yaml")).unwrap();
    config.check().unwrap();
    assert_eq!(config.name(), "orders");
    assert_eq!(config.step_names(), ["schema-map", "crypt", "mask_name", "fragile", "split"]);
    let pipeline = config
        .assemble(&RunOptions { until: Some("end".parse().unwrap()), ..RunOptions::default() })
        .unwrap();
    assert!(pipeline.bounded && pipeline.dead_letters.open && pipeline.dead_letters.seal.is_some());
    assert!(pipeline.dead_letters.outside.is_none(), "the sink's transactions take them");
    assert!(!format!("{config:?}").contains("AAEC"));
}

#[test]
fn the_example_for_mysql_is_valid() {
    let directory = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string("../examples/kafka-to-mysql/pipeline.yaml").unwrap();
    let text = text
        .replace("${BROKERS}", "localhost:1")
        .replace("${MYSQL_URL}", "mysql://localhost:1/ods")
        .replace("${MYSQL_USER}", "u")
        .replace("${MYSQL_PASSWORD}", "hush-hush");
    let config = Config::parse(&text, &directory.path().join("pipeline.yaml")).unwrap();
    config.check().unwrap();
    let pipeline = config.assemble(&RunOptions::default()).unwrap();
    assert!(!pipeline.bounded && pipeline.dead_letters.open);
    assert!(!format!("{config:?}").contains("hush"));
}

#[test]
fn the_examples_of_the_binlog_are_valid() {
    let directory = tempfile::tempdir().unwrap();
    for example in ["mysql-to-kafka", "mysql-to-mysql", "mysql-to-starrocks"] {
        let text = std::fs::read_to_string(format!("../examples/{example}/pipeline.yaml")).unwrap();
        let mut text = text
            .replace("${BROKERS}", "localhost:1")
            .replace("${FE}", "http://localhost:1")
            .replace("${FE_SQL}", "localhost:1")
            .replace("${STARROCKS_USER}", "u")
            .replace("${STARROCKS_PASSWORD}", "hush-hush");
        for name in ["MYSQL", "SOURCE", "TARGET"] {
            text = text
                .replace(&format!("${{{name}_URL}}"), "mysql://localhost:1/shop")
                .replace(&format!("${{{name}_USER}}"), "u")
                .replace(&format!("${{{name}_PASSWORD}}"), "hush-hush");
        }
        let config = Config::parse(&text, &directory.path().join("pipeline.yaml")).unwrap();
        config.check().unwrap();
        config.assemble(&RunOptions::default()).unwrap();
        assert!(!format!("{config:?}").contains("hush"));
    }
}

#[test]
fn json_is_taken_too() {
    let text = r#"{
        "pipeline": "p",
        "source": { "kafka": { "brokers": "b:1", "topics": "a", "format": "json" } },
        "sink": { "kafka": { "brokers": "b:1", "format": "json" } }
    }"#;
    let config = Config::parse(text, Path::new("p.json")).unwrap();
    assert_eq!(config.name(), "p");
    assert!(config.step_names().is_empty());
}

#[test]
fn values_are_put_in_with_the_kind_that_is_wanted() {
    let directory = tempfile::tempdir().unwrap();
    for (file, text) in [("workers", "3\n"), ("flag", "false"), ("digits", "123"), ("memory", "64MiB\n")] {
        std::fs::write(directory.path().join(file), text).unwrap();
    }
    let text = "
        pipeline: ${file:digits}
        source: { kafka: { brokers: b, topics: [\"${file:digits}\"], format: json } }
        sink: { kafka: { brokers: b, format: json, transactions: \"${file:flag}\" } }
        engine: { workers: \"${file:workers}\", memory: \"${file:memory}\" }";
    let config = Config::parse(text, &directory.path().join("p.yaml")).unwrap();
    assert_eq!(config.name(), "123");
    let pipeline = config.assemble(&RunOptions::default()).unwrap();
    assert_eq!((pipeline.options.workers, pipeline.options.memory.0), (Some(3), 64 << 20));
    assert!(!pipeline.bounded && !pipeline.dead_letters.open);
}

#[test]
fn a_file_that_is_not_there_is_said() {
    let errors = Config::load(Path::new("no/such.yaml")).unwrap_err();
    assert_eq!(
        errors.messages().collect::<Vec<_>>(),
        ["the file cannot be read: No such file or directory (os error 2)"]
    );
}

#[test]
fn the_reference_is_up_to_date() {
    let reference = Path::new("../docs/configuration.md");
    assert!(
        is_up_to_date(reference, &reference_markdown()),
        "make it anew: UPDATE=1 cargo test -p sluicegate"
    );
}
