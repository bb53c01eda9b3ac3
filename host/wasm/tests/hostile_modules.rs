//! Modules that are bad before they see a row (`tests/guests/evil/text`), and those that are made to be too large
//! (`tests/guests/evil/src/bombs`).

#[path = "support/contained.rs"]
mod contained;
mod support;

use std::fs::File;

use contained::contained;
use serde_json::json;
use sluicegate_connector::{Transform, TransformError};
use sluicegate_evil_guests::{bombs, text};
use sluicegate_wasm::{GuestError, GuestSource, Step};
use support::{host, options, orders};

fn load(name: &str, bytes: Vec<u8>) -> Result<Step, GuestError> {
    let mut options = options(json!({}));
    options.guest = GuestSource::new(name, bytes);
    contained(name, || Step::new(&host(), options))
}

/// What a person reads of a guest, wherever it fails.
fn said(name: &str) -> String {
    let step = match load(name, text::module(name)) {
        Ok(step) => step,
        Err(error) => return format!("load: {error}"),
    };
    contained(name, || {
        if let Err(error) = step.describe() {
            return format!("describe: {error}");
        }
        let mut instance = match step.start() {
            Ok(instance) => instance,
            Err(error) => return format!("start: {error}"),
        };
        match instance.transform(&orders()) {
            Ok(outcome) => format!("passes with {} outputs", outcome.outputs.len()),
            Err(TransformError::Trap(said)) => format!("trap: {said}"),
            Err(error) => format!("other: {error}"),
        }
    })
}

fn all_say(cases: &[(&str, &str)]) {
    for (name, why) in cases {
        let said = said(name);
        println!("{name}: {said}");
        assert!(said.contains(why), "{name}: {said}");
        assert!(said.len() < 2_500 && !said.contains(char::is_control), "{name}: {said:?}");
    }
}

#[test]
fn what_never_starts_is_given_up() {
    all_say(&[
        (
            "start_spins",
            "describe: start_spins cannot be described: the guest ran over its limit of CPU time: 5s (to start)",
        ),
        ("describe_spins", "the guest ran over its limit of CPU time: 5s (to describe itself)"),
    ]);
}

#[test]
fn what_never_is_ready_is_given_up() {
    all_say(&[
        (
            "init_spins",
            "start: the guest did not start: the guest ran over its limit of CPU time: 5s (to start)",
        ),
        (
            "realloc_spins",
            "start: the guest did not start: the guest ran over its limit of CPU time: 5s (to start)",
        ),
        (
            "post_return_spins",
            "trap: the guest ran over its limit of CPU time: 500ms (a batch, `limits.cpu`)",
        ),
    ]);
}

#[test]
fn memory_is_limited_from_the_start() {
    all_say(&[
        ("memory_minimum", "the guest needs 500MiB of memory to start, its limit is 64MiB (`limits.memory`)"),
        ("init_grows", "of memory, its limit is 64MiB (`limits.memory`)"),
        ("describe_long", "its configuration schema is larger than 1048576 bytes"),
    ]);
}

#[test]
fn lies_about_memory_trap() {
    all_say(&[
        ("describe_far", "describe: describe_far cannot be described: "),
        ("describe_no_utf8", "describe: describe_no_utf8 cannot be described: "),
        ("describe_circle", "its configuration schema cannot be used: its references lead in a circle"),
        ("realloc_far", "start: the guest did not start: "),
        ("far_list", "trap: "),
        ("unknown_case", "trap: "),
        ("take_billions", "trap: "),
        ("set_rows_billions", "trap: "),
    ]);
}

#[test]
fn handles_are_ones_own() {
    all_say(&[
        ("wrong_kind", "trap: "),
        ("guessed_handle", "trap: "),
        ("dropped_twice", "trap: "),
        ("same_output_often", "trap: "),
    ]);
}

#[test]
fn the_world_outside_is_not_there() {
    const NONE: &str = ", and guests are given no WASI";
    for (name, called) in [
        ("clock", "wasi:clocks/monotonic-clock@0.2.0#now"),
        ("files", "wasi:filesystem/preopens@0.2.0#get-directories"),
        ("environment", "wasi:cli/environment@0.2.0#get-environment"),
        ("sockets", "wasi:sockets/instance-network@0.2.0#instance-network"),
    ] {
        all_say(&[(name, &format!("trap: the guest called {called}{NONE}"))]);
    }
    all_say(&[("preview1", "load: preview1 ")]);
}

#[test]
fn what_no_guest_needs_is_not_there() {
    all_say(&[
        ("threads", "load: threads is no valid WebAssembly component: "),
        ("memory64", "load: memory64 is no valid WebAssembly component: "),
        (
            "multi_memory",
            "load: multi_memory is refused before it is compiled: it has 6 memories in one module",
        ),
    ]);
}

#[test]
fn bombs_are_refused_before_they_are_compiled() {
    for (name, bomb) in bombs::REFUSED {
        let said = load(name, bomb()).map(drop).unwrap_err().to_string();
        println!("{name}: {said}");
        assert!(said.contains(" is refused before it is compiled: it"), "{name}: {said}");
    }
}

#[test]
#[ignore = "compiles until it is given up: two minutes of CPU time, or two gigabytes"]
fn a_bomb_within_all_bounds_is_given_up() {
    let mut options = options(json!({}));
    options.guest = GuestSource::new("merges", bombs::merges());
    let said = Step::new(&host(), options).unwrap_err().to_string();
    assert!(said.starts_with("merges cannot be compiled: it takes more than "), "{said}");
}

#[test]
fn a_file_of_two_hundred_megabytes_is_not_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("custom.wasm");
    File::create(&path).unwrap().set_len(200 << 20).unwrap();
    let said = contained("custom", || GuestSource::file(&path)).unwrap_err().to_string();
    assert!(said.contains("is refused before it is compiled: it has 200MiB, 128MiB are allowed"), "{said}");
    let said = GuestSource::file(std::path::Path::new("/dev/zero")).unwrap_err().to_string();
    assert!(said.contains("it is no regular file"), "{said}");
}

#[test]
fn all_texts_are_tried() {
    let tried = include_str!("hostile_modules.rs");
    for name in text::names() {
        assert!(tried.contains(&format!("\"{name}\"")), "{name}.wat is tried by no test");
    }
}
