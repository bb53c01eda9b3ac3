//! The misdeeds of `tests/guests/evil/guest`, one after another: each ends with a line for a person, within bounds of
//! memory and CPU time.

#[path = "support/contained.rs"]
mod contained;
mod support;

use std::sync::OnceLock;
use std::time::Duration;

use contained::contained;
use serde_json::{Value, json};
use sluicegate_connector::{Outcome, Transform, TransformError};
use sluicegate_evil_guests::rust;
use sluicegate_keys::Use;
use sluicegate_model::units::TimeSpan;
use sluicegate_model::{ChangeBatch, Column};
use sluicegate_wasm::{GuestSource, Limits, Step, StepInstance};
use support::{granted, host, inserts, options, orders};

fn start(with: Value) -> StepInstance {
    started(with, Limits::default())
}

fn started(with: Value, limits: Limits) -> StepInstance {
    static GUEST: OnceLock<GuestSource> = OnceLock::new();
    let mut options = granted(options(with), "card", &[Use::Seal]);
    options.guest = GUEST.get_or_init(|| GuestSource::new("evil", rust::module())).clone();
    options.limits = limits;
    Step::new(&host(), options).unwrap().start().unwrap()
}

fn run(with: Value, batch: &ChangeBatch) -> Result<Outcome, TransformError> {
    run_within(with, batch, Limits::default())
}

fn run_within(with: Value, batch: &ChangeBatch, limits: Limits) -> Result<Outcome, TransformError> {
    let mut step = started(with.clone(), limits);
    contained(&with.to_string(), || step.transform(batch))
}

/// So much time that a slow machine runs over the other limits first.
fn ample_time() -> Limits {
    Limits { cpu: TimeSpan(Duration::from_secs(6)), ..Limits::default() }
}

/// What a misdeed comes to.
#[derive(Debug, PartialEq)]
enum End {
    Trap,
    Reject,
    Stop,
}

use End::{Reject, Stop, Trap};

fn end(with: Value, batch: &ChangeBatch, limits: Limits) -> (End, String) {
    let name = with.to_string();
    match run_within(with, batch, limits) {
        Err(TransformError::Trap(said)) => (Trap, said),
        Err(TransformError::Reject(said)) => (Reject, said),
        Err(TransformError::Stop(said)) => (Stop, said),
        other => panic!("{name}: {other:?}"),
    }
}

fn ends(limits: &Limits, cases: &[(&str, End, &str)]) {
    for (misdeed, expected, why) in cases {
        let (end, said) = end(json!({"do": misdeed}), &orders(), limits.clone());
        println!("{misdeed}: {end:?}: {said}");
        assert_eq!((&end, said.contains(why)), (expected, true), "{misdeed}: {said}");
        assert!(said.len() < 2_500 && !said.contains(char::is_control), "{misdeed}: {said:?}");
    }
}

#[test]
fn time_is_limited() {
    const TIME: &str = "the guest ran over its limit of CPU time: 500ms (a batch, `limits.cpu`)";
    ends(
        &Limits::default(),
        &[
            ("spin", Trap, TIME),
            ("spin_in_host", Trap, TIME),
            ("burn_by_regex", Trap, TIME),
            ("burn_by_seal", Trap, "a context of 10485760 bytes to seal under, 4096 are allowed"),
            ("key_of_a_million", Trap, "a primary key of 1000000 fields, an output has 10000 at most"),
        ],
    );
}

#[test]
fn a_slow_pattern_is_not_put_to_a_long_text() {
    let (end, said) = end(json!({"do": "burn_by_regex", "cell": 4 << 20}), &orders(), ample_time());
    assert_eq!(end, Reject);
    assert!(said.contains("longer than the 262144 bytes that a regular expression is put to"), "{said}");
    let large = json!({"do": "burn_by_regex", "pattern": "a(?:[ab]{900}){60}c"});
    let (end, said) = self::end(large, &orders(), ample_time());
    assert_eq!(end, Stop);
    assert!(said.contains("size limit"), "{said}");
}

#[test]
fn memory_of_the_guest_is_limited() {
    ends(
        &ample_time(),
        &[
            ("grow", Trap, "of memory, its limit is 64MiB (`limits.memory`)"),
            ("recurse", Trap, "the guest "),
            ("read_too_much", Trap, "more than its memory can take (64MiB, `limits.memory`)"),
            ("million_properties", Trap, "gave the host more than 128MiB in one call of the host"),
        ],
    );
}

#[test]
fn memory_of_the_host_is_limited() {
    const HELD: &str = "columns and outputs of more than 256MiB in one call (`limits.output_bytes`)";
    ends(
        &ample_time(),
        &[
            ("append_forever", Trap, HELD),
            ("hoard_rows", Trap, HELD),
            ("hoard_fields", Trap, HELD),
            ("hoard_outputs", Trap, "more than 16384 handles (`limits.handles`)"),
            ("million_outputs", Trap, "more than 16384 handles (`limits.handles`)"),
            ("fail_every_cell", Trap, HELD),
            ("long_format", Stop, "option format with value \"xxx"),
            ("empty_matches", Trap, HELD),
            ("separate_by_much", Trap, HELD),
            ("take_billions", Trap, HELD),
            ("one_column_often", Trap, HELD),
            ("wide_null", Trap, HELD),
            ("fixed_width", Stop, "a cell of 2147483647 bytes is wider than the 65536 of a type"),
            ("repeat_one_row", Trap, "the outputs have more than 1000000 rows (`limits.output_rows`)"),
            ("rows_without_end", Reject, "4294967295 rows are more than the 16777216 of a column"),
        ],
    );
}

#[test]
fn what_is_no_column_is_refused() {
    ends(
        &ample_time(),
        &[
            ("wrong_lengths", Reject, "there are 4 values for 14 rows"),
            ("falling_offsets", Reject, "offset 2 is 1, less than the one before"),
            ("no_utf8", Reject, "a cell is no UTF-8 text"),
            ("deep_types", Stop, "it nests deeper than 16"),
            ("long_type", Stop, "the name of a type is"),
        ],
    );
}

#[test]
fn what_is_no_outcome_is_refused() {
    ends(
        &ample_time(),
        &[
            ("panic", Trap, "the guest panicked: panicked at"),
            ("far_reject", Trap, "the guest rejected row 4294967295 of a batch of 6 rows"),
            ("duplicate_columns", Trap, "renamed field \"id\" to \"name\", which there is already"),
            ("long_name", Trap, "1048576 bytes long, 1024 are allowed"),
            ("nul_name", Trap, "the name of a field holds a NUL character: a\\u{0}b"),
            ("control_name", Trap, "the name of a table holds a control character: orders\\u{1b}[2J"),
            ("seal_ungranted", Stop, "may not seal with the key no-grant"),
            ("long_message", Reject, "m\\u{1b}[31m\\u{202e}m\\u{1b}[31m"),
        ],
    );
}

#[test]
fn what_is_allowed_does_no_harm() {
    let outcome = |misdeed: &str| run(json!({"do": misdeed}), &orders()).unwrap();
    assert!(outcome("answer_nothing").outputs.is_empty());
    assert_eq!(outcome("read_past_end").outputs[0].len(), 6);
    assert_eq!(outcome("flood_log").outputs[0].len(), 6);
    let rejected = outcome("million_rejects");
    assert_eq!((rejected.rejects.len(), rejected.outputs[0].len()), (1, 5));

    // Rows 1 and 2 are a pair, 4 and 5 another.
    let halves = outcome("half_a_pair");
    assert_eq!(halves.rejects.iter().map(|reject| reject.row).collect::<Vec<_>>(), [1, 2, 4, 5]);
    assert_eq!(halves.outputs[0].len(), 2);

    let escapes = outcome("terminal_escapes");
    assert_eq!(
        escapes.rejects[0].reason,
        "\\u{1b}[2J\\u{1b}]0;owned\\u{7}\\r\\nforged line\\u{9b}31m \\u{202e}txt.exe\\u{2028}end"
    );
}

#[test]
fn a_retry_has_an_end() {
    let Err(TransformError::Retry { message, after }) = run(json!({"do": "retry_forever"}), &orders()) else {
        panic!();
    };
    assert_eq!(message, "later");
    // Half a billion years would be more than a clock can add; the engine waits for less.
    assert!(after.unwrap() <= Duration::from_hours(24));
}

#[test]
fn a_column_of_the_call_before_is_gone() {
    let mut step = start(json!({"do": "keep_handle"}));
    step.transform(&orders()).unwrap();
    let Err(TransformError::Trap(said)) = step.transform(&orders()) else { panic!() };
    assert!(said.contains("belongs to an earlier call"), "{said}");
}

#[test]
fn an_answer_that_changes_is_given_as_it_is() {
    let mut step = start(json!({"do": "different_answer"}));
    let mut answer =
        || support::texts(step.transform(&orders()).unwrap().outputs[0].columns().last().unwrap());
    assert_ne!(answer(), answer());
}

#[test]
fn schemas_are_not_remembered_without_end() {
    let mut step = start(json!({"do": "other_schema_each_time"}));
    contained("other_schema_each_time", || {
        for _ in 0..400 {
            step.transform(&orders()).unwrap();
        }
    });
}

#[test]
fn copies_of_the_batch_count() {
    let text = std::sync::Arc::new(arrow_array::StringArray::from(vec!["x".repeat(2_000); 5_000]));
    let (end, said) =
        end(json!({"do": "twice_the_batch"}), &inserts(vec![("text", Column::new(text))]), ample_time());
    assert_eq!(end, Trap);
    assert!(said.contains("the outputs come to more than 256MiB (`limits.output_bytes`)"), "{said}");
}

#[test]
fn the_guest_after_it_works() {
    let mark = |mark: &str| json!({"do": "spin", "column": "name", "mark": mark});
    let mut step = start(mark("cleo"));
    assert!(step.transform(&orders()).is_err());
    assert_eq!(step.transform(&orders().slice(0, 3)).unwrap().outputs[0].len(), 3);
}
