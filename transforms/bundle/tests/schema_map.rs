//! `schema-map` as a pipeline runs it.

mod support;

use serde_json::json;
use sluicegate_connector::TransformError;
use sluicegate_model::ChangeBatch;
use support::{batch, fields, int64, outputs, refusal, rejects, rows, run, step, stop, text};

fn orders(kinds: &str) -> ChangeBatch {
    let all = [["7", "12.50", "x"], ["8", "0.10", "y"], ["9", "NULL", "z"], ["10", "?", "w"]];
    let column = |at: usize| all[..kinds.len()].iter().map(|row| row[at]).collect::<Vec<_>>();
    let columns =
        vec![("ORDER_ID", text(&column(0))), ("AMOUNT", text(&column(1))), ("JUNK", text(&column(2)))];
    batch("SHOP.ORDERS_07", &["ORDER_ID"], kinds, columns)
}

fn mapping() -> serde_json::Value {
    json!({ "tables": [{
        "match": r"SHOP\.ORDERS_(\d+)",
        "to": "ods.orders_{1}",
        "rename": { "ORDER_ID": "id" },
        "name_case": "lower",
        "drop": ["JUNK"],
        "cast": { "id": "int64", "amount": "decimal(18,2)" },
        "add": { "shard": { "value": "{1}", "type": "int" } },
        "meta": { "position": "offset", "change": "kind-name", "source": "table" },
        "order": ["change", "id"],
    }]})
}

#[test]
fn a_table_is_mapped() {
    let outcome = run(&step("schema-map", mapping()), &orders("IBAD")).unwrap();
    assert_eq!(outcome.rejects, []);
    let output = &outcome.outputs[0];
    assert_eq!(output.table().as_str(), "ods.orders_07");
    assert_eq!(&output.primary_key()[..], ["id"]);
    assert_eq!(
        fields(output),
        [
            "change utf8",
            "id int64",
            "amount decimal128(18,2)",
            "shard int32",
            "position int64",
            "source utf8"
        ]
    );
    assert_eq!(
        rows(output),
        [
            "+I change=+I id=7 amount=12.50 shard=7 position=0 source=SHOP.ORDERS_07",
            "-U change=-U id=8 amount=0.10 shard=7 position=1 source=SHOP.ORDERS_07",
            "+U change=+U id=9 amount=NULL shard=7 position=2 source=SHOP.ORDERS_07",
            "-D change=-D id=10 amount=? shard=7 position=3 source=SHOP.ORDERS_07",
        ]
    );
}

#[test]
fn no_rows_ask_for_the_schema() {
    let outcome = run(&step("schema-map", mapping()), &orders("")).unwrap();
    let [output] = &outcome.outputs[..] else { panic!("one output") };
    assert_eq!(output.table().as_str(), "ods.orders_07");
    assert_eq!(fields(output)[1], "id int64");
}

#[test]
fn a_cell_that_does_not_fit_follows_its_rule() {
    let given =
        batch("t", &["id"], "III", vec![("id", int64(&["1", "2", "3"])), ("n", text(&["7", "boom", "?"]))]);
    let cast = |rule: serde_json::Value| {
        step("schema-map", json!({"tables": [{"match": "t", "cast": {"n": rule}}]}))
    };

    let outcome = run(&cast(json!("int64")), &given).unwrap();
    let [(1, reason)] = rejects(&outcome)[..] else { panic!("{outcome:?}") };
    assert!(reason.starts_with("column n: ") && reason.contains("boom"), "{reason}");
    assert_eq!(rows(&outcome.outputs[0]), ["+I id=1 n=7", "+I id=3 n=?"]);

    let outcome = run(&cast(json!({"type": "int64", "on_bad": "null"})), &given).unwrap();
    assert_eq!(rows(&outcome.outputs[0]), ["+I id=1 n=7", "+I id=2 n=NULL", "+I id=3 n=?"]);

    for (data_type, filled) in [("int64", "-1"), ("decimal(9,1)", "-1.0"), ("double", "-1.0")] {
        let outcome = run(&cast(json!({"type": data_type, "default": -1})), &given).unwrap();
        assert!(outcome.rejects.is_empty());
        assert_eq!(rows(&outcome.outputs[0])[1], format!("+I id=2 n={filled}"));
        assert_eq!(rows(&outcome.outputs[0])[2], "+I id=3 n=?");
    }
}

#[test]
fn one_half_that_does_not_fit_takes_the_other_along() {
    let given =
        batch("t", &["id"], "BAI", vec![("id", text(&["1", "1", "2"])), ("n", text(&["boom", "5", "6"]))]);
    let outcome =
        run(&step("schema-map", json!({"tables": [{"match": "t", "cast": {"n": "int64"}}]})), &given)
            .unwrap();
    assert_eq!(rejects(&outcome).iter().map(|(row, _)| *row).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(rows(&outcome.outputs[0]), ["+I id=2 n=6"]);
}

#[test]
fn names_may_change_places() {
    let given = batch("t", &["a"], "I", vec![("a", text(&["1"])), ("b", text(&["2"]))]);
    let outcome =
        run(&step("schema-map", json!({"tables": [{"match": "t", "rename": {"a": "b", "b": "a"}}]})), &given);
    let outcome = outcome.unwrap();
    assert_eq!(rows(&outcome.outputs[0]), ["+I b=1 a=2"]);
    assert_eq!(&outcome.outputs[0].primary_key()[..], ["b"]);
}

#[test]
fn unmatched_tables_follow_their_rule() {
    let given = batch("other", &[], "I", vec![("a", text(&["1"]))]);
    let with = |rule: &str| step("schema-map", json!({"tables": [{"match": "t"}], "unmatched": rule}));
    assert_eq!(
        outputs(&run(&with("pass"), &given).unwrap()),
        [("other".to_owned(), vec!["+I a=1".to_owned()])]
    );
    let dropped = run(&with("drop"), &given).unwrap();
    assert!(dropped.outputs.is_empty() && dropped.rejects.is_empty());
    let rejected = run(&with("reject"), &given).unwrap();
    assert_eq!(rejects(&rejected), [(0, "no entry of schema-map matches table other")]);
}

#[test]
fn another_key_needs_values_before_changes() {
    let given = batch(
        "t",
        &["id"],
        "IABABA",
        vec![("id", text(&["1", "2", "3", "3", "4", "4"])), ("code", text(&["a", "b", "c", "d", "?", "e"]))],
    );
    let with = |assume: bool| {
        step(
            "schema-map",
            json!({"tables": [{"match": "t", "primary_key": ["code"], "assume_unchanged": assume}]}),
        )
    };
    let strict = run(&with(false), &given).unwrap();
    assert_eq!(rejects(&strict).iter().map(|(row, _)| *row).collect::<Vec<_>>(), [1, 4, 5]);
    assert!(rejects(&strict)[0].1.contains("assume_unchanged: true"));
    assert_eq!(&strict.outputs[0].primary_key()[..], ["code"]);
    assert_eq!(rows(&strict.outputs[0]), ["+I id=1 code=a", "-U id=3 code=c", "+U id=3 code=d"]);

    let assumed = run(&with(true), &given).unwrap();
    assert!(assumed.rejects.is_empty());
    assert_eq!(rows(&assumed.outputs[0])[3..], ["+U id=3 code=d", "+U id=4 code=e"]);
}

#[test]
fn a_column_that_the_rows_lack_is_passed_over_or_stops() {
    let given = batch("t", &[], "I", vec![("amount", text(&["1"]))]);
    let with = |rule: &str| {
        step(
            "schema-map",
            json!({"tables": [{"match": "t", "cast": {"amuont": "int64"}}], "missing_columns": rule}),
        )
    };
    assert_eq!(rows(&run(&with("ignore"), &given).unwrap().outputs[0]), ["+I amount=1"]);
    let message = stop(run(&with("stop"), &given));
    assert_eq!(message, "table t lacks what the configuration names: cast amuont");
}

#[test]
fn a_key_that_the_rows_lack_is_no_trap() {
    let with = json!({"tables": [{"match": "t", "primary_key": ["code"]}]});
    let given = |kinds: &str| batch("t", &[], kinds, vec![("a", text(&["1"; 1][..kinds.len()]))]);
    let outcome = run(&step("schema-map", with.clone()), &given("I")).unwrap();
    assert_eq!(rejects(&outcome), [(0, "column code of the primary key is missing in the row")]);
    assert!(stop(run(&step("schema-map", with), &given(""))).contains("no column code"));
}

#[test]
fn a_plan_is_made_anew_when_the_fields_change() {
    let mut instance =
        step("schema-map", json!({"tables": [{"match": "t", "name_case": "upper"}]})).start().unwrap();
    for names in [&["a", "b"][..], &["b"], &["b", "c", "a"]] {
        let given = batch("t", &[], "I", names.iter().map(|name| (*name, text(&["1"]))).collect());
        let outcome = sluicegate_connector::Transform::transform(&mut instance, &given).unwrap();
        let expected: Vec<String> =
            names.iter().map(|name| format!("{} utf8", name.to_uppercase())).collect();
        assert_eq!(fields(&outcome.outputs[0]), expected);
    }
}

#[test]
fn two_columns_with_one_name_stop() {
    let given = batch("t", &[], "I", vec![("A", text(&["1"])), ("a", text(&["2"]))]);
    let result = run(&step("schema-map", json!({"tables": [{"match": "t", "name_case": "lower"}]})), &given);
    assert!(
        matches!(&result, Err(TransformError::Stop(message)) if message.contains("columns A and a would both be named a"))
    );
}

#[test]
fn what_is_wrong_with_the_block_is_said() {
    for (with, wrong) in [
        (json!({}), "with: missing field `tables`"),
        (json!({"tables": [{"match": "a", "renam": {}}]}), "with.tables[0].renam: unknown field `renam`"),
        (json!({"tables": [{"match": "a", "renam": {}}]}), "did you mean `rename`?"),
        (json!({"tables": [{"match": "a("}]}), "with.tables[0].match: \"a(\" is no regular expression"),
        (
            json!({"tables": [{"match": "a", "to": "b{1}"}]}),
            "with.tables[0].to: \"b{1}\": there is no {1} here",
        ),
        (json!({"tables": [{"match": "a", "cast": {"n": "integr"}}]}), "with.tables[0].cast.n: "),
        (json!({"tables": [{"match": "a", "cast": {"n": "integr"}}]}), "integr"),
        (
            json!({"tables": [{"match": "a", "cast": {"n": {"type": "int64", "default": "x"}}}]}),
            "with.tables[0].cast.n: the default: ",
        ),
        (
            json!({"tables": [{"match": "a", "add": {"n": {"value": "x", "type": "int"}}}]}),
            "with.tables[0].add.n: ",
        ),
        (json!({"tables": [{"match": "a", "time_zone": "Mars/Base", "cast": {"n": "date"}}]}), "Mars/Base"),
        (json!({"tables": [], "unmatched": "keep"}), "with.unmatched: unknown variant `keep`"),
    ] {
        let message = refusal("schema-map", with);
        assert!(message.contains(wrong), "{message}");
    }
}
