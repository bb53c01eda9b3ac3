//! `crypt` as a pipeline runs it.

mod support;

use serde_json::json;
use sluicegate_keys::Use;
use sluicegate_model::{Cell, ChangeBatch};
use support::{batch, decimal, fields, granted, int64, refusal, rejects, rows, run, step, stop, text};

fn people() -> ChangeBatch {
    batch(
        "shop.people",
        &["id"],
        "IBADI",
        vec![
            ("id", int64(&["1", "2", "2", "3", "4"])),
            ("phone", text(&["555-0100", "555-0101", "555-0102", "NULL", "?"])),
            ("salary", decimal(&["100", "250", "?", "NULL", "1"])),
        ],
    )
}

#[test]
fn what_is_sealed_opens_again() {
    let under = json!({"key": "card", "context": "shop.people.phone", "bind": ["id"]});
    let sealed = run(&step("crypt", json!({"seal": {"phone": under}})), &people()).unwrap();
    assert!(sealed.rejects.is_empty());
    let sealed = &sealed.outputs[0];
    let phones = sealed.column("phone").unwrap();
    // Both halves of the pair are sealed; NULL and missing stay what they are.
    for row in 0..3 {
        assert!(!rows(sealed)[row].contains("555-01"), "{}", rows(sealed)[row]);
    }
    assert_eq!((phones.cell(3), phones.cell(4)), (Cell::Null, Cell::Missing));

    let opened = run(&step("crypt", json!({"open": {"phone": under}})), sealed).unwrap();
    assert_eq!(rows(&opened.outputs[0]), rows(&people()));
}

#[test]
fn what_was_moved_does_not_open() {
    let seal = json!({"seal": {"phone": {"key": "card", "bind": ["id"]}}});
    let sealed = run(&step("crypt", seal), &people()).unwrap().outputs.remove(0);
    let mut parts = sealed.into_parts();
    parts.columns[0] = int64(&["9", "2", "2", "3", "4"]);
    let moved = parts.build().unwrap();

    let open = |on_bad: &str| json!({"open": {"phone": {"key": "card", "bind": ["id"]}}, "on_bad": on_bad});
    let rejected = run(&step("crypt", open("reject")), &moved).unwrap();
    let [(0, reason)] = rejects(&rejected)[..] else { panic!("{rejected:?}") };
    assert!(reason.starts_with("column phone: "), "{reason}");
    assert_eq!(rejected.outputs[0].len(), 4);

    let nulled = run(&step("crypt", open("null")), &moved).unwrap();
    assert_eq!(rows(&nulled.outputs[0])[0], "+I id=9 phone=NULL salary=1.00");
}

#[test]
fn a_pseudonym_joins() {
    let with =
        json!({"mac": {"phone": {"key": "join", "into": "phone_id"}}, "seal": {"phone": {"key": "card"}}});
    let people = batch("t", &[], "III", vec![("phone", text(&["1", "2", "1"]))]);
    let outcome = run(&step("crypt", with), &people).unwrap();
    let output = &outcome.outputs[0];
    assert_eq!(fields(output), ["phone utf8", "phone_id binary"]);
    let ids = output.column("phone_id").unwrap();
    assert_eq!(ids.slice(0, 1), ids.slice(2, 1));
    assert_ne!(ids.slice(0, 1), ids.slice(1, 1));
    let phones = output.column("phone").unwrap();
    assert_ne!(phones.slice(0, 1), phones.slice(2, 1));
}

#[test]
fn other_tables_pass_by() {
    let with = json!({"tables": [r"hr\..*"], "seal": {"phone": {"key": "card"}}});
    let outcome = run(&step("crypt", with), &people()).unwrap();
    assert_eq!(rows(&outcome.outputs[0]), rows(&people()));
}

#[test]
fn a_key_is_used_as_granted() {
    let with = json!({"seal": {"phone": {"key": "card"}}});
    let message = stop(run(&granted("crypt", with.clone(), &[Use::Open]), &people()));
    assert!(
        message.contains("may not seal with the key card") && message.contains("card: [open, seal]"),
        "{message}"
    );
    let message = stop(run(&step("crypt", json!({"seal": {"phone": {"key": "crad"}}})), &people()));
    assert!(message.contains("crad"), "{message}");
    assert!(run(&granted("crypt", with, &[Use::Seal]), &people()).is_ok());
}

#[test]
fn no_rows_ask_for_the_schema() {
    let empty = people().slice(0, 0);
    let outcome = run(&step("crypt", json!({"seal": {"salary": {"key": "card"}}})), &empty).unwrap();
    assert_eq!(fields(&outcome.outputs[0]), ["id int64", "phone utf8", "salary utf8"]);
    let lacking = json!({"seal": {"phone": {"key": "card", "bind": ["uid"]}}});
    assert!(stop(run(&step("crypt", lacking), &empty)).contains("it is bound to uid"));
}

#[test]
fn a_slip_in_a_name_does_not_let_a_column_pass_in_clear() {
    let with = |column: &str, rule: &str| {
        step("crypt", json!({"seal": {column: {"key": "card"}}, "missing_columns": rule}))
    };
    assert!(stop(run(&with("PHONE", "ignore"), &people())).contains("it has phone"));
    assert!(stop(run(&with("mobile", "stop"), &people())).contains("it has id, phone, salary"));
    assert!(run(&with("mobile", "ignore"), &people()).is_ok());
}

#[test]
fn rows_without_what_they_are_bound_to_are_refused() {
    let with = json!({"seal": {"phone": {"key": "card", "bind": ["uid"]}}});
    let outcome = run(&step("crypt", with), &people()).unwrap();
    assert_eq!(outcome.rejects.len(), 5);
    assert_eq!(rejects(&outcome)[0].1, "column phone is bound to uid, which is missing in the row");
}

#[test]
fn what_is_wrong_with_the_block_is_said() {
    for (with, wrong) in [
        (json!({}), "with.seal: there is nothing to do"),
        (json!({"seel": {}}), "did you mean `seal`?"),
        (json!({"seal": {"a": {}}}), "with.seal.a: missing field `key`"),
        (json!({"seal": {"a": {"key": "card", "bnid": []}}}), "did you mean `bind`?"),
        (
            json!({"tables": ["("], "seal": {"a": {"key": "card"}}}),
            "with.tables[0]: \"(\" is no regular expression",
        ),
    ] {
        let message = refusal("crypt", with);
        assert!(message.contains(wrong), "{message}");
    }
}
