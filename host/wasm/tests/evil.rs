//! Guests that lie, and guests that want too much. Each case reads the line that a person would see.

mod support;

use std::time::Duration;

use serde_json::{Value, json};
use sluicegate_connector::{Transform, TransformError};
use sluicegate_model::units::{ByteSize, TimeSpan};
use sluicegate_wasm::Limits;
use support::{guest, host, options, orders, run, start, trap};

/// A column that is none is a failure that the guest may handle; here it gives it back.
fn refused(op: &str) -> String {
    match run(json!({"op": op}), &orders()) {
        Err(TransformError::Reject(why) | TransformError::Stop(why)) => why,
        other => panic!("{op}: {other:?}"),
    }
}

#[test]
fn columns_that_are_none_are_refused() {
    for (op, why) in [
        ("short-offsets", "there are 1 offsets, 6 rows need 7"),
        ("falling-offsets", "offset 2 is 1, less than the one before"),
        ("far-offsets", "the last offset is 99, past the end of the data at 3"),
        ("late-offsets", "the first offset is 1, not 0"),
        ("no-utf8", "a cell is no UTF-8 text"),
        ("split-utf8", "a cell is no UTF-8 text"),
        ("few-values", "there are 4 values for 5 rows"),
        ("many-rows", "4294967295 rows are more than"),
        ("other-layout", "int64 is laid out as int64s, not as int32s"),
        ("no-type", "\"integr\" is no type"),
        ("builder-no-type", "\"integr\" is no type"),
        ("short-validity", "validity has 1 bytes, 20 rows need 3"),
        ("short-presence", "presence has 4 bytes, 20 rows need 3"),
        ("short-buffers", "the offsets are 6 bytes long"),
        ("struct-without-children", "a struct of 1 fields was given 0 columns"),
        ("list-of-other-type", "the item is int32, the type says utf8"),
    ] {
        let said = refused(op);
        assert!(said.contains(why), "{op}: {said}");
    }
}

#[test]
fn outputs_that_are_none_trap() {
    for (with, why) in [
        (json!({"op": "far-row"}), "row 6 of a batch of 6 rows"),
        (json!({"op": "far-reject"}), "rejected row 9 of a batch of 6 rows"),
        (json!({"op": "far-field"}), "field 99 of a batch of 3"),
        (json!({"op": "far-properties"}), "properties of field 99"),
        (json!({"op": "short-put"}), "\"x\" has 1 rows and is aligned to the input, which has 6"),
        (
            json!({"op": "short-put-output"}),
            "field \"x\" has 1 rows and is aligned to the output, which has 6",
        ),
        (
            json!({"op": "duplicate", "column": "id", "to": "name"}),
            "\"id\" to \"name\", which there is already",
        ),
        (json!({"op": "nul-name"}), "name of a table holds a NUL"),
        (json!({"op": "long-name"}), "2000 bytes long, 1024 are allowed"),
        (json!({"op": "no-name", "column": "id"}), "name of a field is empty"),
        (json!({"op": "unknown-key"}), "its primary key names \"nowhere\""),
        (json!({"op": "key-twice"}), "\"id\" twice in a primary key"),
        (json!({"op": "unknown-meta"}), "meta column \"ingest-time\": there are kind, key"),
        (json!({"op": "meta-type"}), "\"partition\" as int64: it is int32"),
        (json!({"op": "kind", "kind": 9}), "the kind of row 0 is 9"),
        (json!({"op": "finish-twice"}), "column-builder that is finished"),
    ] {
        let said = trap(with.clone(), &orders());
        assert!(said.contains(why), "{with}: {said}");
    }
}

#[test]
fn a_panic_says_what_the_guest_said() {
    let with = json!({"op": "trap-on-value", "column": "name", "value": "cleo"});
    let said = trap(with.clone(), &orders());
    assert!(said.starts_with("the guest panicked: "), "{said}");
    assert!(said.contains("cannot stand \"cleo\""), "{said}");
    assert!(!said.contains('\n') && said.len() < 400, "{said}");
    // The same instance goes on with a new guest beneath.
    let mut step = start(options(with));
    assert!(matches!(step.transform(&orders()), Err(TransformError::Trap(_))));
    assert!(step.transform(&orders().slice(0, 3)).is_ok());
}

#[test]
fn cpu_time_is_limited() {
    for op in ["spin", "spin-in-host"] {
        let mut options = options(json!({"op": op}));
        options.limits.cpu = TimeSpan(Duration::from_millis(40));
        let Err(TransformError::Trap(said)) = start(options).transform(&orders()) else { panic!() };
        assert!(said.contains("limit of CPU time: 40ms (a batch, `limits.cpu`)"), "{said}");
    }
}

/// Wall time is not counted: a guest whose thread waits is not over its limit.
#[test]
fn waiting_is_no_cpu_time() {
    let mut options = options(json!({"op": "identity"}));
    options.limits.cpu = TimeSpan(Duration::from_millis(20));
    let mut step = start(options);
    std::thread::sleep(Duration::from_millis(60));
    assert!(step.transform(&orders()).is_ok());
}

#[test]
fn memory_is_limited() {
    let said = trap(json!({"op": "grow"}), &orders());
    assert!(said.contains("of memory, its limit is 64MiB (`limits.memory`)"), "{said}");
    let mut options = options(json!({"op": "identity"}));
    options.limits.memory = ByteSize(64 << 10);
    let step = sluicegate_wasm::Step::new(&host(), options).unwrap();
    let Err(TransformError::Stop(said)) = step.start().map(drop) else { panic!() };
    assert!(said.contains("to start, its limit is 64KiB (`limits.memory`)"), "{said}");
}

#[test]
fn a_deep_recursion_ends() {
    let said = trap(json!({"op": "recurse"}), &orders());
    assert!(said.contains("out of stack") || said.contains("outside its memory"), "{said}");
}

#[test]
fn handles_are_limited() {
    let said = trap(json!({"op": "many-handles", "handles": 20_000}), &orders());
    assert!(said.contains("more than 16384 handles (`limits.handles`)"), "{said}");
    assert!(run(json!({"op": "many-handles", "handles": 10_000}), &orders()).is_ok());
}

#[test]
fn outputs_are_limited() {
    let limited = |with: Value, limits: Limits| {
        let mut options = options(with);
        options.limits = limits;
        match start(options).transform(&orders()) {
            Err(TransformError::Trap(said)) => said,
            other => panic!("{other:?}"),
        }
    };
    let rows = Limits { output_rows: 10, ..Limits::default() };
    let said = limited(json!({"op": "repeat", "times": 11}), rows.clone());
    assert!(said.contains("limit of 10 (`limits.output_rows`)"), "{said}");
    let said = limited(json!({"op": "reject-row", "row": 0}), rows.clone().with_rows(9));
    assert!(said.contains("more than 9 rows (`limits.output_rows`)"), "{said}");
    let bytes = Limits { output_bytes: ByteSize(1000), ..Limits::default() };
    let said = limited(json!({"op": "repeat", "times": 100}), bytes.clone());
    assert!(said.contains("more than 1KB (`limits.output_bytes`)"), "{said}");
    let said = limited(json!({"op": "constant", "column": "x", "value": "x".repeat(500)}), bytes);
    assert!(said.contains("columns and outputs of more than 1KB in one call"), "{said}");
    let said =
        limited(json!({"op": "big-take"}), Limits { output_bytes: ByteSize(1 << 20), ..Limits::default() });
    assert!(said.contains("columns and outputs of more than 1MiB in one call"), "{said}");
    let said = trap(json!({"op": "one-text-often"}), &orders());
    assert!(said.contains("in one call of the host"), "{said}");
    let said = trap(json!({"op": "many-columns"}), &orders());
    assert!(said.contains("5000 columns to one call"), "{said}");
}

trait WithRows {
    fn with_rows(self, rows: u64) -> Self;
}

impl WithRows for Limits {
    fn with_rows(mut self, rows: u64) -> Self {
        self.output_rows = rows;
        self
    }
}

#[test]
fn a_handle_of_an_earlier_call_traps() {
    let mut step = start(options(json!({"op": "keep-handle"})));
    assert!(step.transform(&orders()).is_ok());
    let Err(TransformError::Trap(said)) = step.transform(&orders()) else { panic!() };
    assert!(said.contains("column that is finished, or that belongs to an earlier call"), "{said}");
}

#[test]
fn a_late_drop_hits_nobody() {
    let mut step = start(options(json!({"op": "late-drop"})));
    for _ in 0..20 {
        step.transform(&orders()).unwrap();
    }
}

#[test]
fn what_init_made_lives_on() {
    let mut step = start(options(json!({"op": "keep-from-init"})));
    for _ in 0..3 {
        let outcome = step.transform(&orders()).unwrap();
        assert_eq!(outcome.outputs[0].table().as_str(), "from init");
    }
}

#[test]
fn a_guest_that_leaks_is_replaced_before_it_fails() {
    let mut step = start(options(json!({"op": "leak"})));
    for _ in 0..200 {
        step.transform(&orders()).unwrap();
        assert!(step.memory() <= 64 << 20);
    }
    let mut step = start(options(json!({"op": "leak-handles", "handles": 1_500})));
    for _ in 0..50 {
        step.transform(&orders()).unwrap();
    }
}

#[test]
fn one_guest_serves_many_batches() {
    let mut step = start(options(json!({"op": "calls"})));
    let mut last = String::new();
    for _ in 0..5 {
        last = step.transform(&orders()).unwrap().outputs[0].table().to_string();
    }
    assert_eq!(last, "call 5");
}

#[test]
fn a_bad_with_block_stops_the_step() {
    let step = sluicegate_wasm::Step::new(&host(), options(json!({"op": "bad-init"}))).unwrap();
    let Err(TransformError::Stop(said)) = step.start().map(drop) else { panic!() };
    assert_eq!(said, "column \"keep\" must be a number");
    let step = sluicegate_wasm::Step::new(&host(), options(json!({"op": "panic-init"}))).unwrap();
    let Err(TransformError::Stop(said)) = step.start().map(drop) else { panic!() };
    assert!(said.contains("did not start: the guest panicked: ") && said.contains("told to panic"), "{said}");
}

#[test]
fn a_long_line_is_cut_and_escaped() {
    let said = trap(json!({"op": "long-log"}), &orders());
    assert!(said.contains("after a long line"), "{said}");
    assert!(run(json!({"op": "log", "lines": 10_000}), &orders()).is_ok());
    assert!(!guest().bytes().is_empty());
}

#[test]
fn a_trap_names_the_function_where_names_were_kept() {
    let said = trap(json!({"op": "far-row"}), &orders());
    assert!(said.contains("(in sluicegate_wasm_test_guest::"), "{said}");
}
