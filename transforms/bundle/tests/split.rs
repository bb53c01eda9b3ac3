//! `split` as a pipeline runs it.

mod support;

use std::collections::BTreeMap;

use arrow_array::Int32Array;
use serde_json::json;
use sluicegate_kernels::{HashAlgorithm, hash};
use sluicegate_model::{ChangeBatch, Column};
use support::{batch, decimal, fields, int64, outputs, refusal, rejects, rows, run, step, stop, text};

#[test]
fn a_hash_puts_rows_where_kafka_does() {
    let keys: Vec<String> = (0..100).map(|n| format!("k{n}")).collect();
    let keys = text(&keys.iter().map(String::as_str).collect::<Vec<_>>());
    let given = batch("orders", &["id"], &"I".repeat(100), vec![("id", keys.clone())]);
    for (name, algorithm) in
        [("murmur2", HashAlgorithm::Murmur2), ("xxh3", HashAlgorithm::Xxh3), ("crc32", HashAlgorithm::Crc32)]
    {
        let with = json!({"by": ["id"], "into": 3, "hash": name, "to": "orders-{n}"});
        let outcome = run(&step("split", with), &given).unwrap();
        let hashes = hash(&[&keys], algorithm).unwrap();
        let hashes =
            hashes.values().as_any().downcast_ref::<arrow_array::UInt64Array>().unwrap().values().to_vec();
        let mut expected: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (row, hash) in hashes.iter().enumerate() {
            expected.entry(format!("orders-{}", hash % 3)).or_default().push(format!("+I id=k{row}"));
        }
        assert_eq!(outputs(&outcome).into_iter().collect::<BTreeMap<_, _>>(), expected);
        assert_eq!(outcome.outputs.iter().map(ChangeBatch::len).sum::<usize>(), 100);
    }
}

#[test]
fn a_row_that_moves_leaves_its_old_place() {
    let given = batch(
        "orders",
        &["id"],
        "IBABAD",
        vec![
            ("id", text(&["1", "2", "2", "3", "3", "4"])),
            ("region", text(&["de", "de", "us", "us", "us", "de"])),
        ],
    );
    let with = json!({"by": ["region"], "values": {"eu": ["de"], "us": ["us"]}});
    let outcome = run(&step("split", with), &given).unwrap();
    assert!(outcome.rejects.is_empty());
    assert_eq!(
        outputs(&outcome),
        [
            (
                "eu".to_owned(),
                vec![
                    "+I id=1 region=de".to_owned(),
                    "-D id=2 region=de".to_owned(),
                    "-D id=4 region=de".to_owned()
                ]
            ),
            (
                "us".to_owned(),
                vec![
                    "+U id=2 region=us".to_owned(),
                    "-U id=3 region=us".to_owned(),
                    "+U id=3 region=us".to_owned()
                ]
            ),
        ]
    );
}

#[test]
fn a_move_within_one_table_stays_one_update() {
    let given = batch("t", &["id"], "BA", vec![("id", text(&["1", "1"])), ("n", int64(&["5", "50"]))]);
    let with =
        json!({"by": ["n"], "ranges": [{"below": 10, "to": "a"}, {"below": 20, "to": "b"}, {"to": "a"}]});
    let outcome = run(&step("split", with), &given).unwrap();
    assert_eq!(
        outputs(&outcome),
        [("a".to_owned(), vec!["-U id=1 n=5".to_owned(), "+U id=1 n=50".to_owned()])]
    );
}

#[test]
fn partial_images_are_routed_as_far_as_they_can_be() {
    let given = batch(
        "t",
        &["id"],
        "BABABADA",
        vec![
            ("id", text(&["1", "1", "2", "2", "3", "3", "4", "5"])),
            // Not changed, so not in the after image; unknown before; nowhere; nowhere; alone.
            ("region", text(&["de", "?", "?", "us", "?", "?", "?", "us"])),
        ],
    );
    let with = |assume: bool| {
        step(
            "split",
            json!({"by": ["region"], "values": {"eu": ["de"], "us": ["us"]}, "assume_unchanged": assume}),
        )
    };
    let strict = run(&with(false), &given).unwrap();
    assert_eq!(rejects(&strict).iter().map(|(row, _)| *row).collect::<Vec<_>>(), [2, 3, 4, 5, 6, 7]);
    assert!(rejects(&strict)[0].1.contains("what column region was before the update is unknown"));
    assert_eq!(
        outputs(&strict),
        [("eu".to_owned(), vec!["-U id=1 region=de".to_owned(), "+U id=1 region=?".to_owned()])]
    );

    let assumed = run(&with(true), &given).unwrap();
    assert_eq!(rejects(&assumed).iter().map(|(row, _)| *row).collect::<Vec<_>>(), [4, 5, 6]);
    assert_eq!(
        outputs(&assumed)[1],
        (
            "us".to_owned(),
            vec![
                "-U id=2 region=?".to_owned(),
                "+U id=2 region=us".to_owned(),
                "+U id=5 region=us".to_owned()
            ]
        )
    );
}

#[test]
fn partial_keys_are_hashed_over_what_is_known() {
    let given = batch(
        "t",
        &["a", "b"],
        "IBAA",
        vec![("a", text(&["1", "2", "?", "4"])), ("b", text(&["x", "y", "y", "?"]))],
    );
    let outcome = run(&step("split", json!({"by": ["a", "b"], "into": 16})), &given).unwrap();
    assert_eq!(rejects(&outcome), [(3, "column b is missing: the source gave a partial image of the row")]);
    let both = outcome.outputs.iter().find(|output| rows(output).contains(&"+U a=? b=y".to_owned())).unwrap();
    assert_eq!(rows(both).iter().filter(|row| row.contains("b=y")).count(), 2);
}

#[test]
fn a_column_in_the_key_needs_no_before_image() {
    let given = batch("t", &["id"], "A", vec![("id", text(&["1"])), ("n", int64(&["5"]))]);
    assert!(run(&step("split", json!({"by": ["id"], "into": 2})), &given).unwrap().rejects.is_empty());
    let outcome = run(&step("split", json!({"by": ["n"], "into": 2})), &given).unwrap();
    assert_eq!((outcome.rejects.len(), outcome.outputs.len()), (1, 0));
}

#[test]
fn ranges_compare_in_the_columns_type() {
    let ranges = json!([{"below": 10, "to": "small"}, {"to": "large"}]);
    let route = |column: Column| {
        let rows = column.len();
        let given = batch("t", &["id"], &"I".repeat(rows), vec![("id", column)]);
        let outcome =
            run(&step("split", json!({"by": ["id"], "ranges": ranges, "other": "rest"})), &given).unwrap();
        let mut route = vec![String::new(); rows];
        for output in &outcome.outputs {
            for ordinal in &output.origin().ordinals {
                route[*ordinal as usize - 100] = output.table().to_string();
            }
        }
        route
    };
    assert_eq!(route(int64(&["-1", "9", "10", "NULL"])), ["small", "small", "large", "rest"]);
    assert_eq!(route(decimal(&["999", "1000", "-5"])), ["small", "large", "small"]);
    // Text compares as text: "10" is the bound, "9" stands behind it.
    assert_eq!(route(text(&["1", "9", "10"])), ["small", "large", "large"]);
}

#[test]
fn rows_that_no_output_takes_follow_their_rule() {
    let given = batch("t", &["c"], "II", vec![("c", text(&["DE", "GB"]))]);
    let with = |more: serde_json::Value| {
        let mut with = json!({"by": ["c"], "values": {"eu": ["DE"]}});
        with.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        run(&step("split", with), &given).unwrap()
    };
    assert_eq!(rejects(&with(json!({}))), [(1, "no output of split takes this value of column c")]);
    let dropped = with(json!({"unmatched": "drop"}));
    assert_eq!((dropped.rejects.len(), dropped.outputs.len()), (0, 1));
    assert_eq!(outputs(&with(json!({"other": "{table}-rest"})))[1].0, "t-rest");
}

#[test]
fn partitions_are_marked() {
    let given = batch("t", &["id"], "III", vec![("id", int64(&["1", "15", "2"]))]);
    let ranges = json!([{"below": 10, "to": "a"}, {"to": "b"}]);
    let outcome =
        run(&step("split", json!({"by": ["id"], "ranges": ranges, "target": "partition"})), &given).unwrap();
    let marks: Vec<(String, Vec<i32>)> = outcome
        .outputs
        .iter()
        .map(|output| {
            let partitions = output.meta().get("partition").unwrap();
            let partitions = partitions.as_any().downcast_ref::<Int32Array>().unwrap();
            (output.table().to_string(), partitions.values().to_vec())
        })
        .collect();
    assert_eq!(marks, [("t".to_owned(), vec![0, 0]), ("t".to_owned(), vec![1])]);
}

#[test]
fn copies_have_their_own_columns() {
    let given = batch("t", &["id"], "BA", vec![("id", text(&["1", "1"])), ("phone", text(&["5", "6"]))]);
    let with = json!({"copy": ["full", "{table}-slim"], "columns": {"{table}-slim": {"drop": ["phone"]}}});
    let outcome = run(&step("split", with), &given).unwrap();
    assert_eq!(
        outputs(&outcome),
        [
            ("full".to_owned(), vec!["-U id=1 phone=5".to_owned(), "+U id=1 phone=6".to_owned()]),
            ("t-slim".to_owned(), vec!["-U id=1".to_owned(), "+U id=1".to_owned()]),
        ]
    );
}

#[test]
fn no_rows_ask_for_all_outputs() {
    let empty = |columns| batch("t", &["id"], "", columns);
    let with = json!({"by": ["id"], "into": 3, "columns": {"1": {"keep": ["id"]}}});
    let outcome =
        run(&step("split", with.clone()), &empty(vec![("id", text(&[])), ("x", text(&[]))])).unwrap();
    assert_eq!(
        outputs(&outcome).iter().map(|(table, _)| table.as_str()).collect::<Vec<_>>(),
        ["t-0", "t-1", "t-2"]
    );
    assert_eq!(
        (fields(&outcome.outputs[0]).len(), fields(&outcome.outputs[1])),
        (2, vec!["id utf8".to_owned()])
    );

    let message = stop(run(&step("split", with), &empty(vec![("x", text(&[]))])));
    assert_eq!(message, "table t has no column id; it has x");
    let bad = json!({"by": ["id"], "ranges": [{"below": "ten", "to": "a"}, {"to": "b"}]});
    let message = stop(run(&step("split", bad), &empty(vec![("id", int64(&[]))])));
    assert!(message.starts_with("column id: the column is int64: ") && message.contains("ten"), "{message}");
    let unordered = json!({"by": ["id"], "ranges": [{"below": 9, "to": "a"}, {"below": 3, "to": "b"}]});
    let message = stop(run(&step("split", unordered), &empty(vec![("id", int64(&[]))])));
    assert!(message.contains("the bounds do not ascend"), "{message}");
}

#[test]
fn rows_without_the_column_are_refused_each() {
    let given = batch("t", &[], "II", vec![("x", text(&["1", "2"]))]);
    let outcome = run(&step("split", json!({"by": ["id"], "into": 3})), &given).unwrap();
    assert_eq!(outcome.rejects.len(), 2);
    assert_eq!(rejects(&outcome)[0].1, "column id, by which rows are split, is missing in the row");
}

#[test]
fn it_says_that_it_needs_before_images() {
    let described = step("split", json!({"copy": ["a"]})).describe().unwrap();
    let described = format!("{described:?}");
    assert!(described.contains("needs") && described.contains("before-images"), "{described}");
}

#[test]
fn what_is_wrong_with_the_block_is_said() {
    for (with, wrong) in [
        (json!({"by": ["id"]}), "with.into: say how to split"),
        (json!({"by": ["id"], "into": 3, "hash": "md5"}), "with.hash: unknown variant `md5`"),
        (json!({"by": ["id"], "int": 3}), "did you mean `into`?"),
        (json!({"by": "id", "into": 3}), "with.by: invalid type"),
    ] {
        let message = refusal("split", with);
        assert!(message.contains(wrong), "{message}");
    }
}

#[test]
fn ids_stay_in_order() {
    let given = batch("t", &["id"], "IIIIII", vec![("id", int64(&["1", "20", "2", "21", "3", "22"]))]);
    let with = json!({"by": ["id"], "ranges": [{"below": 10, "to": "a"}, {"to": "b"}]});
    let outcome = run(&step("split", with), &given).unwrap();
    assert_eq!(rows(&outcome.outputs[0]), ["+I id=1", "+I id=2", "+I id=3"]);
    assert_eq!(rows(&outcome.outputs[1]), ["+I id=20", "+I id=21", "+I id=22"]);
}
