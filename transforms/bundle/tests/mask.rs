//! `mask` as a pipeline runs it.

mod support;

use serde_json::{Value, json};
use sluicegate_keys::Use;
use sluicegate_model::ChangeBatch;
use support::{batch, fields, granted, int64, refusal, rejects, rows, run, step, stop, text, typed};

fn people() -> ChangeBatch {
    batch(
        "shop.people",
        &["id"],
        "IBADI",
        vec![
            ("id", int64(&["1", "2", "2", "3", "4"])),
            ("name", text(&["李小龙", "Alexandra", "Al", "NULL", "?"])),
            ("phone", int64(&["13812341234", "13912345678", "13912345678", "NULL", "?"])),
        ],
    )
}

fn masked(columns: Value, given: &ChangeBatch) -> Vec<String> {
    let outcome = run(&step("mask", json!({"columns": columns})), given).unwrap();
    assert!(outcome.rejects.is_empty(), "{:?}", outcome.rejects);
    rows(&outcome.outputs[0])
}

#[test]
fn states_and_pairs_stay() {
    assert_eq!(
        masked(json!({"name": {"keep": {"first": 1}}, "phone": "phone"}), &people()),
        [
            "+I id=1 name=李** phone=138****1234",
            "-U id=2 name=A******** phone=139****5678",
            "+U id=2 name=A* phone=139****5678",
            "-D id=3 name=NULL phone=NULL",
            "+I id=4 name=? phone=?",
        ]
    );
}

#[test]
fn types_stay_where_they_can() {
    let given = batch(
        "t",
        &[],
        "I",
        vec![
            ("born", typed("date", &["1984-05-17"])),
            ("seen", typed("timestamp(us)", &["2024-05-17 13:22:11.5"])),
            ("salary", typed("uint64", &["18446744073709551549"])),
            ("rate", typed("decimal(9,3)", &["1.255"])),
            ("phone", int64(&["13812341234"])),
            ("flag", typed("boolean", &["true"])),
        ],
    );
    let columns = json!({
        "born": {"truncate": "month"}, "seen": {"truncate": "hour"}, "salary": {"round": {"step": 100}},
        "rate": {"round": {"places": 1}}, "phone": {"keep": {"last": 4}}, "flag": {"redact": false},
    });
    let outcome = run(&step("mask", json!({"columns": columns})), &given).unwrap();
    let output = &outcome.outputs[0];
    assert_eq!(
        rows(output),
        [
            "+I born=1984-05-01 seen=2024-05-17T13:00:00 salary=18446744073709551500 rate=1.300 phone=*******1234 flag=false"
        ]
    );
    assert_eq!(
        fields(output),
        [
            "born date32",
            "seen timestamp(us)",
            "salary uint64",
            "rate decimal128(9,3)",
            "phone utf8",
            "flag boolean"
        ]
    );
}

#[test]
fn a_time_is_cut_off_in_the_pipelines_zone() {
    // The pipeline of these tests is in UTC.
    let given = batch("t", &[], "I", vec![("at", typed("timestamp(us,UTC)", &["2024-05-17T23:30:00Z"]))]);
    assert_eq!(masked(json!({"at": {"truncate": "day"}}), &given), ["+I at=2024-05-17T00:00:00Z"]);
}

#[test]
fn pseudonyms_join_across_types_and_do_not_touch_what_they_are_made_of() {
    let columns = json!({
        "phone": "phone",
        "phone_id": {"pseudonym": {"key": "join", "of": "phone", "prefix": "p_", "bytes": 16}},
    });
    let made = run(&step("mask", json!({"columns": columns})), &people()).unwrap();
    let output = &made.outputs[0];
    assert_eq!(fields(output)[3], "phone_id utf8");
    let cells: Vec<String> =
        rows(output).iter().map(|row| row.rsplit_once("phone_id=").unwrap().1.to_owned()).collect();
    assert_eq!(cells[1], cells[2]);
    assert_ne!(cells[0], cells[1]);
    assert_eq!((cells[3].as_str(), cells[4].as_str()), ("NULL", "?"));
    assert!(cells[0].starts_with("p_") && cells[0].len() == 2 + 32, "{}", cells[0]);

    // The same digits as text have the same pseudonym, and another encoding shows the same bytes.
    let texts = batch("t", &[], "I", vec![("phone", text(&["13812341234"]))]);
    let under = |more: Value| {
        let mut under = json!({"key": "join"});
        under.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        masked(json!({"phone": {"pseudonym": under}}), &texts).remove(0)
    };
    let whole = under(json!({}));
    assert_eq!(whole.len(), "+I phone=".len() + 64);
    assert_eq!(under(json!({"prefix": "p_", "bytes": 16})), format!("+I phone={}", cells[0]));
    assert_eq!(under(json!({"encoding": "base64url"})).len(), "+I phone=".len() + 43);
}

#[test]
fn a_key_is_used_as_granted() {
    let with = json!({"columns": {"name": {"pseudonym": {"key": "join"}}}});
    let message = stop(run(&granted("mask", with.clone(), &[Use::Seal]), &people()));
    assert!(message.starts_with("column name: ") && message.contains("join: [seal, mac]"), "{message}");
    assert!(run(&granted("mask", with, &[Use::Mac]), &people()).is_ok());
}

#[test]
fn a_masked_key_would_join_rows() {
    for method in [json!("phone"), json!({"redact": null}), json!({"round": {"step": 10}})] {
        for given in [people(), people().slice(0, 0)] {
            let message = stop(run(&step("mask", json!({"columns": {"id": method}})), &given));
            assert!(message.starts_with("column id: it is in the primary key of shop.people"), "{message}");
        }
    }
    let made = masked(json!({"id": {"pseudonym": {"key": "join"}}}), &people());
    assert!(made[1].starts_with("-U id=") && !made[1].contains("id=2 "), "{}", made[1]);
}

#[test]
fn bad_cells_follow_their_rule() {
    let given = batch(
        "t",
        &[],
        "IBAI",
        vec![
            ("at", text(&["2024-05-17", "soon", "2024-05-18", "NULL"])),
            ("small", typed("uint8", &["1", "2", "3", "250"])),
        ],
    );
    let columns = json!({"at": {"truncate": "year"}, "small": {"round": {"step": 100}}});
    let outcome = run(&step("mask", json!({"columns": columns})), &given).unwrap();
    let rejected = rejects(&outcome);
    assert_eq!(rejected.iter().map(|(row, _)| *row).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(rejected[0].1, "column at: \"soon\" is no date");
    assert_eq!(rejected[2].1, "column small: round of 250 does not fit uint8");
    assert_eq!(rows(&outcome.outputs[0]), ["+I at=2024-01-01 small=0"]);

    let outcome = run(&step("mask", json!({"columns": columns, "on_bad": null})), &given).unwrap();
    assert!(outcome.rejects.is_empty());
    assert_eq!(
        rows(&outcome.outputs[0]),
        [
            "+I at=2024-01-01 small=0",
            "-U at=NULL small=0",
            "+U at=2024-01-01 small=0",
            "+I at=NULL small=NULL"
        ]
    );
}

#[test]
fn redacted_columns_lose_every_value() {
    assert_eq!(
        masked(json!({"name": {"redact": "x"}, "phone": {"redact": null}}), &people())[..4],
        [
            "+I id=1 name=x phone=NULL",
            "-U id=2 name=x phone=NULL",
            "+U id=2 name=x phone=NULL",
            "-D id=3 name=NULL phone=NULL"
        ]
    );
}

#[test]
fn a_slip_in_a_name_does_not_let_a_column_pass_in_clear() {
    let with = |column: &str, rule: &str| {
        step("mask", json!({"columns": {column: "phone"}, "missing_columns": rule}))
    };
    assert!(stop(run(&with("PHONE", "ignore"), &people())).contains("it has phone"));
    assert!(stop(run(&with("mobile", "stop"), &people())).contains("it has id, name, phone"));
    assert_eq!(rows(&run(&with("mobile", "ignore"), &people()).unwrap().outputs[0]), rows(&people()));
}

#[test]
fn other_tables_pass_by() {
    let with = json!({"tables": [r"hr\..*"], "columns": {"name": {"redact": null}}});
    assert_eq!(rows(&run(&step("mask", with), &people()).unwrap().outputs[0]), rows(&people()));
}

#[test]
fn a_schema_that_does_not_fit_stops_without_rows() {
    let empty = batch(
        "t",
        &[],
        "",
        vec![("n", int64(&[])), ("t", text(&[])), ("d", typed("date", &[])), ("b", typed("binary", &[]))],
    );
    for (columns, wrong) in [
        (json!({"n": {"redact": "none"}}), "column n: option value with value \"none\" does not do"),
        (json!({"n": {"truncate": "year"}}), "column n: date-trunc takes"),
        (json!({"d": {"round": {"step": 1}}}), "column d: round takes"),
        (json!({"t": {"round": {"step": 1}}}), "column t: it holds text, which has no nearest number"),
        (json!({"n": {"round": {"step": "0.5"}}}), "column n: option step"),
        (json!({"b": {"keep": {"first": 1}}}), "column b: it holds bytes"),
    ] {
        let message = stop(run(&step("mask", json!({"columns": columns})), &empty));
        assert!(message.starts_with(wrong), "{message}");
    }
    let made = run(
        &step("mask", json!({"columns": {"n": "phone", "new": {"pseudonym": {"key": "join", "of": "b"}}}})),
        &empty,
    );
    assert_eq!(fields(&made.unwrap().outputs[0]), ["n utf8", "t utf8", "d date32", "b binary", "new utf8"]);
}

#[test]
fn what_is_wrong_with_the_block_is_said() {
    for (with, wrong) in [
        (json!({}), "with.columns: there is nothing to do"),
        (json!({"columns": {"a": "fone"}}), "did you mean `phone`?"),
        (json!({"columns": {"a": {"keeep": {}}}}), "did you mean `keep`?"),
        (json!({"columns": {"a": {"keep": {"frist": 1}}}}), "did you mean `first`?"),
        (json!({"columns": {"a": {"pseudonym": {}}}}), "missing field `key`"),
        (
            json!({"columns": {"a": {"replace": {"pattern": "(", "with": ""}}}}),
            "with.columns.a.replace: option pattern",
        ),
        (json!({"colums": {}}), "did you mean `columns`?"),
        (
            json!({"tables": ["("], "columns": {"a": "phone"}}),
            "with.tables[0]: \"(\" is no regular expression",
        ),
    ] {
        let message = refusal("mask", with);
        assert!(message.contains(wrong), "{message}");
    }
}
