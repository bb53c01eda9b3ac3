//! `filter` as a pipeline runs it.

mod support;

use std::sync::Arc;

use arrow_array::{ArrayRef, TimestampMicrosecondArray};
use serde_json::{Value, json};
use sluicegate_connector::Outcome;
use sluicegate_model::{ChangeBatch, Column};
use support::{batch, fields, int64, refusal, rejects, rows, run, step, stop, text, typed};

fn filtered(with: Value, given: &ChangeBatch) -> Outcome {
    run(&step("filter", with), given).unwrap()
}

fn kept(with: Value, given: &ChangeBatch) -> Vec<String> {
    let outcome = filtered(with, given);
    assert!(outcome.rejects.is_empty(), "{:?}", outcome.rejects);
    outcome.outputs.first().map(rows).unwrap_or_default()
}

/// The numbers of the rows that a condition keeps.
fn ids(condition: Value, given: &ChangeBatch) -> String {
    let number = |row: String| row.split(['=', ' ']).nth(2).unwrap().to_owned();
    kept(json!({"where": condition}), given).into_iter().map(number).collect::<Vec<_>>().join(" ")
}

fn orders() -> ChangeBatch {
    batch(
        "orders",
        &["id"],
        "IIIID",
        vec![
            ("id", int64(&["1", "2", "3", "4", "5"])),
            ("amount", typed("decimal(18,2)", &["9.00", "100.00", "NULL", "100.01", "-5.00"])),
            ("status", text(&["paid", "sent", "paid", "NULL", "a%b"])),
            (
                "at",
                typed("timestamp(us,UTC)", &["2024-01-01", "2024-06-01", "2025-01-01", "NULL", "2023-12-31"]),
            ),
            ("qty", typed("uint64", &["18446744073709551615", "0", "1", "2", "3"])),
        ],
    )
}

#[test]
fn conditions_are_those_of_sql() {
    for (condition, expected) in [
        (json!({"column": "amount", "gt": 100}), "4"),
        (json!({"column": "amount", "ge": "100.00"}), "2 4"),
        (json!({"column": "amount", "ge": 0, "lt": 50}), "1"),
        (json!({"column": "amount", "ne": 9}), "2 4 5"),
        (json!({"not": {"column": "amount", "eq": 9}}), "2 4 5"),
        (json!({"column": "amount", "is_null": true}), "3"),
        (json!({"column": "amount", "is_null": false}), "1 2 4 5"),
        (json!({"column": "status", "in": ["paid", "lost"]}), "1 3"),
        (json!({"column": "status", "not_in": ["paid", "lost"]}), "2 5"),
        (json!({"column": "qty", "eq": "18446744073709551615"}), "1"),
        (json!({"column": "qty", "in": [0, 1, 2, 4, 5, 6, 7, 8, 9, 10]}), "2 3 4"),
        (json!({"column": "status", "like": "%a%"}), "1 3 5"),
        (json!({"column": "status", "like": r"a\%_"}), "5"),
        (json!({"column": "status", "like": "_en%"}), "2"),
        (json!({"column": "status", "starts_with": "p"}), "1 3"),
        (json!({"column": "status", "ends_with": "t"}), "2"),
        (json!({"column": "status", "contains": "%"}), "5"),
        (json!({"column": "status", "matches": "^(paid|sent)$"}), "1 2 3"),
        (json!({"column": "at", "ge": "2024-06-01 00:00:00", "lt": "2025-01-01T08:00:01+08:00"}), "2 3"),
        (json!({"all": [{"column": "status", "eq": "paid"}, {"column": "amount", "gt": 0}]}), "1"),
        // Unknown or true is true, unknown and true is not, and not unknown is not either.
        (json!({"any": [{"column": "amount", "gt": 0}, {"column": "status", "eq": "paid"}]}), "1 2 3 4"),
        (json!({"not": {"all": [{"column": "amount", "gt": 0}, {"column": "status", "eq": "paid"}]}}), "2 5"),
        (json!({"meta": "offset", "ge": 3}), "4 5"),
    ] {
        assert_eq!(ids(condition.clone(), &orders()), expected, "{condition}");
        // The others stay where the matched ones are dropped, those of which nobody knows among them.
        let dropped = kept(json!({"where": condition, "matched": "drop"}), &orders());
        assert_eq!(dropped.len() + expected.split_whitespace().count(), 5, "{condition}");
    }
}

#[test]
fn a_move_out_is_a_delete_and_a_move_in_an_insert() {
    let given = batch(
        "t",
        &["id"],
        "BABABABAI",
        vec![
            ("id", int64(&["1", "1", "2", "2", "3", "3", "4", "4", "5"])),
            ("s", text(&["in", "in", "in", "out", "out", "in", "out", "NULL", "in"])),
        ],
    );
    let with = |more: Value| {
        let mut with = json!({"where": {"column": "s", "eq": "in"}});
        with.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        with
    };
    let whole = filtered(with(json!({})), &given);
    assert_eq!(
        rows(&whole.outputs[0]),
        ["-U id=1 s=in", "+U id=1 s=in", "-D id=2 s=in", "+I id=3 s=in", "+I id=5 s=in"]
    );
    let origins: Vec<u64> = whole.outputs[0].origin().ordinals.to_vec();
    assert_eq!(origins, [100, 100, 102, 104, 108]);
    assert_eq!(
        kept(with(json!({"matched": "drop"})), &given),
        ["+I id=2 s=out", "-D id=3 s=out", "-U id=4 s=out", "+U id=4 s=NULL"]
    );
    assert_eq!(kept(with(json!({"kinds": ["insert"]})), &given), ["+I id=3 s=in", "+I id=5 s=in"]);
    assert_eq!(kept(with(json!({"kinds": ["delete"]})), &given), ["-D id=2 s=in"]);
    assert_eq!(kept(with(json!({"kinds": ["update"]})), &given), ["-U id=1 s=in", "+U id=1 s=in"]);
}

#[test]
fn kinds_alone_need_no_values() {
    let given = batch("t", &["id"], "IBADA", vec![("id", int64(&["1", "2", "2", "3", "?"]))]);
    assert_eq!(kept(json!({"kinds": ["insert", "update"]}), &given).len(), 4);
    assert_eq!(kept(json!({"kinds": ["delete"]}), &given), ["-D id=3"]);
    assert_eq!(kept(json!({"kinds": ["insert", "update", "delete"]}), &given), rows(&given));
}

#[test]
fn rows_come_in_whole_or_not_at_all() {
    let given = batch(
        "t",
        &["id"],
        "BABA",
        vec![
            ("id", int64(&["1", "1", "2", "2"])),
            ("s", text(&["out", "in", "out", "in"])),
            // Unchanged, so only in the old image; in neither.
            ("note", text(&["a", "?", "?", "?"])),
            ("n", int64(&["NULL", "?", "1", "2"])),
        ],
    );
    let outcome = filtered(json!({"where": {"column": "s", "eq": "in"}}), &given);
    assert_eq!(rows(&outcome.outputs[0]), ["+I id=1 s=in note=a n=NULL"]);
    assert_eq!(rejects(&outcome).iter().map(|(row, _)| *row).collect::<Vec<_>>(), [2, 3]);
    let reasons: Vec<&str> = rejects(&outcome).iter().map(|(_, reason)| *reason).collect();
    assert!(
        reasons.iter().all(|reason| reason.contains("column note is missing before and after it")),
        "{reasons:?}"
    );
    assert_eq!(fields(&outcome.outputs[0]), fields(&given));
}

#[test]
fn partial_images_are_judged_as_far_as_they_can_be() {
    let given = batch(
        "t",
        &["id"],
        "BABABADAI",
        vec![
            ("id", int64(&["1", "1", "2", "2", "3", "3", "4", "5", "6"])),
            // Not changed; unknown before; in neither; alone and missing; alone; missing in an insert.
            ("s", text(&["in", "?", "?", "in", "?", "?", "?", "in", "?"])),
        ],
    );
    let with = |assume: bool| json!({"where": {"column": "s", "eq": "in"}, "assume_unchanged": assume});
    let strict = filtered(with(false), &given);
    assert_eq!(rejects(&strict).iter().map(|(row, _)| *row).collect::<Vec<_>>(), [2, 3, 4, 5, 6, 7, 8]);
    assert!(rejects(&strict)[0].1.contains("what column s was before the update is unknown"));
    assert!(rejects(&strict)[6].1.contains("column s is missing"));
    assert_eq!(rows(&strict.outputs[0]), ["-U id=1 s=in", "+U id=1 s=?"]);
    let assumed = filtered(with(true), &given);
    assert_eq!(rejects(&assumed).iter().map(|(row, _)| *row).collect::<Vec<_>>(), [4, 5, 6, 8]);
    assert_eq!(
        rows(&assumed.outputs[0]),
        ["-U id=1 s=in", "+U id=1 s=?", "-U id=2 s=?", "+U id=2 s=in", "+U id=5 s=in"]
    );
}

#[test]
fn what_needs_no_before_image_is_judged_alone() {
    let given =
        batch("t", &["id"], "AAA", vec![("id", int64(&["1", "2", "3"])), ("n", text(&["a", "?", "NULL"]))]);
    assert_eq!(kept(json!({"where": {"column": "id", "gt": 1}}), &given), ["+U id=2 n=?", "+U id=3 n=NULL"]);
    assert_eq!(kept(json!({"where": {"column": "n", "is_missing": true}}), &given), ["+U id=2 n=?"]);
    assert_eq!(kept(json!({"where": {"meta": "offset", "lt": 1}}), &given), ["+U id=1 n=a"]);
    // A column that no row has was said in none.
    assert_eq!(kept(json!({"where": {"column": "x", "is_missing": true}}), &given).len(), 3);
    let lacking = filtered(json!({"where": {"column": "x", "eq": 1}}), &given);
    assert_eq!((lacking.outputs.len(), lacking.rejects.len()), (0, 3));
    assert_eq!(rejects(&lacking)[0].1, "column x, by which rows are filtered, is missing in the row");
}

#[test]
fn event_times_are_compared_in_the_pipelines_zone() {
    let mut parts = orders().into_parts();
    let times: TimestampMicrosecondArray =
        [0, 1_000_000, 2_000_000].into_iter().map(Some).chain([None, Some(3_000_000)]).collect();
    parts.meta.set("event-time", Arc::new(times.with_timezone("UTC")) as ArrayRef);
    let given = parts.build().unwrap();
    assert_eq!(ids(json!({"meta": "event_time", "ge": "1970-01-01 00:00:02"}), &given), "3 5");
    assert_eq!(ids(json!({"meta": "event_time", "is_null": true}), &given), "4");
    let message =
        stop(run(&step("filter", json!({"where": {"meta": "event_time", "is_null": true}})), &orders()));
    assert_eq!(message, "the source gives no event-time with its rows");
}

#[test]
fn other_tables_pass_by() {
    let with = json!({"tables": ["other"], "where": {"column": "amount", "gt": 0}});
    assert_eq!(kept(with, &orders()), rows(&orders()));
}

#[test]
fn a_schema_that_does_not_fit_stops_without_rows() {
    let empty = orders().slice(0, 0);
    for (condition, wrong) in [
        (
            json!({"column": "amount", "gt": "much"}),
            "column amount: it is decimal128(18,2), and \"much\" is no decimal",
        ),
        (
            json!({"column": "amount", "gt": "0.001"}),
            "column amount: it is decimal128(18,2), and \"0.001\" would lose digits",
        ),
        (json!({"column": "qty", "in": [1, -1]}), "column qty: it is uint64, and \"-1\" does not fit uint64"),
        (json!({"column": "qty", "starts_with": "1"}), "column qty: starts-with takes utf8"),
        (json!({"column": "nothing", "eq": 1}), "table orders has no column nothing; it has id, amount"),
        (json!({"column": "nothing", "is_missing": true}), "table orders has no column nothing"),
    ] {
        let message = stop(run(&step("filter", json!({"where": condition})), &empty));
        assert!(message.starts_with(wrong), "{message}");
    }
    let answer = filtered(json!({"where": {"column": "amount", "gt": 1}}), &empty);
    assert_eq!(fields(&answer.outputs[0]), fields(&orders()));
    let unknown = batch("t", &[], "", vec![]);
    assert_eq!(filtered(json!({"where": {"column": "a", "gt": 1}}), &unknown).outputs.len(), 1);
}

#[test]
fn untyped_numbers_have_no_order() {
    let mut parts = batch("t", &[], "I", vec![("n", text(&["10"]))]).into_parts();
    let field = arrow_schema::Field::new("n", arrow_schema::DataType::Utf8, true)
        .with_metadata([("json".to_owned(), "number".to_owned())].into());
    parts.schema = Arc::new(arrow_schema::Schema::new(vec![field]));
    let given = parts.build().unwrap();
    let message = stop(run(&step("filter", json!({"where": {"column": "n", "gt": 9}})), &given));
    assert!(message.starts_with("column n: its numbers have no type"), "{message}");
    assert_eq!(kept(json!({"where": {"column": "n", "eq": 10}}), &given), ["+I n=10"]);
}

#[test]
fn tables_of_other_types_have_their_own_values() {
    let step = step("filter", json!({"where": {"column": "v", "lt": 10}}));
    let mut instance = step.start().unwrap();
    let given = |table: &str, column: Column| batch(table, &[], "II", vec![("v", column)]);
    for _ in 0..2 {
        use sluicegate_connector::Transform;
        let numbers = instance.transform(&given("numbers", int64(&["9", "10"]))).unwrap();
        assert_eq!(rows(&numbers.outputs[0]), ["+I v=9"]);
        let texts = instance.transform(&given("texts", text(&["1", "9"]))).unwrap();
        assert_eq!(rows(&texts.outputs[0]), ["+I v=1"]);
    }
}

#[test]
fn it_says_that_it_needs_before_images() {
    let described = format!("{:?}", step("filter", json!({"kinds": ["insert"]})).describe().unwrap());
    assert!(described.contains("needs") && described.contains("before-images"), "{described}");
}

#[test]
fn what_is_wrong_with_the_block_is_said() {
    for (with, wrong) in [
        (json!({}), "with.where: there is nothing to filter by"),
        (json!({"wher": {}}), "did you mean `where`?"),
        (json!({"where": {"column": "a", "eqq": 1}}), "did you mean `eq`?"),
        (json!({"where": {"all": [{"colum": "a"}]}}), "did you mean `column`?"),
        (json!({"where": {"column": "a", "eq": null}}), "with.where: nothing is asked"),
        (json!({"where": {"column": "a", "matches": "("}}), "with.where: option pattern"),
        (
            json!({"where": {"meta": "event_time", "ge": "yesterday"}}),
            "with.where: event-time: it is timestamp(us,UTC)",
        ),
        (json!({"kinds": ["inserts"]}), "did you mean `insert`?"),
    ] {
        let message = refusal("filter", with);
        assert!(message.contains(wrong), "{message}");
    }
}
