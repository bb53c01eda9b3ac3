//! `inspect`: what a guest is.

use crate::support::{expect, here, run_in};

/// What differs from build to build, and from machine to machine, under a name.
fn settled(text: &str, sum: &str) -> String {
    let settle = |line: &str| {
        let line = line.replace(sum, "(the SHA-256)");
        match line.split_once("  ") {
            Some(("size", _)) => "size         (so many) bytes".to_owned(),
            Some(("compiled in", _)) => {
                "compiled in  (so many) ms, once: pipelines keep what was compiled".to_owned()
            }
            _ => line,
        }
    };
    text.lines().map(|line| settle(line) + "\n").collect()
}

#[test]
fn a_guest_of_ones_own() {
    let directory = tempfile::tempdir().unwrap();
    let wasm = sluicegate_transforms::example("mask-name").unwrap().wasm;
    std::fs::write(directory.path().join("mask_name.wasm"), wasm).unwrap();
    let told = run_in(directory.path(), &["inspect", "mask_name.wasm", "--output", "json"]).json();
    let sum = told["sha256"].as_str().unwrap();
    assert_eq!(told["size"], wasm.len());
    assert_eq!(told["component"], false);
    assert!(told["compile_seconds"].as_f64().unwrap() > 0.0);
    assert!(told["config_schema"]["properties"]["columns"].is_object(), "{told}");

    let finished = run_in(directory.path(), &["inspect", "mask_name.wasm"]);
    assert_eq!(finished.code, 0, "{}", finished.err);
    expect("inspect-own.txt", &settled(&finished.out, sum));
}

#[test]
fn what_is_printed_can_be_pasted_into_a_pipeline() {
    let directory = tempfile::tempdir().unwrap();
    let wasm = sluicegate_transforms::example("mask-name").unwrap().wasm;
    std::fs::write(directory.path().join("mask_name.wasm"), wasm).unwrap();
    let printed = run_in(directory.path(), &["inspect", "mask_name.wasm"]).out;
    let step = printed.split("In a pipeline:\n\n").nth(1).unwrap().replace("...", "[name]");
    let pipeline = format!(
        "pipeline: p\nsource: {{ kafka: {{ brokers: b, topics: t, format: json }} }}\n\
         sink: {{ kafka: {{ brokers: b, format: json }} }}\nsteps:\n{step}"
    );
    std::fs::write(directory.path().join("p.yaml"), pipeline).unwrap();
    let finished = run_in(directory.path(), &["validate", "p.yaml"]);
    assert_eq!(finished.code, 0, "{}", finished.transcript());
}

#[test]
fn a_built_in_transform() {
    let told = run_in(&here(), &["inspect", "split", "--output", "json"]).json();
    let finished = run_in(&here(), &["inspect", "split"]);
    assert_eq!(finished.code, 0, "{}", finished.err);
    expect("inspect-built-in.txt", &settled(&finished.out, told["sha256"].as_str().unwrap()));
}

#[test]
fn every_built_in_transform_says_what_it_takes() {
    for guest in sluicegate_transforms::BUILT_INS {
        let finished = run_in(&here(), &["inspect", guest.name]);
        assert_eq!(finished.code, 0, "{}: {}", guest.name, finished.err);
        assert!(finished.out.contains("\nwith: "), "{}", finished.out);
    }
}
