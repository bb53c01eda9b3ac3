//! What a guest can do through the interface.

mod support;

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type, UInt8Type, UInt32Type};
use arrow_schema::DataType;
use serde_json::{Value, json};
use sluicegate_connector::{Transform, TransformError};
use sluicegate_model::{RowKind, field, meta};
use support::{orders, ordinals, output, run, texts};

fn said(with: Value) -> String {
    match run(with, &orders()) {
        Err(TransformError::Stop(said)) => said,
        other => panic!("{other:?}"),
    }
}

fn some(cells: &[&str]) -> Vec<Option<String>> {
    cells.iter().map(|cell| (*cell != "-").then(|| (*cell).to_owned())).collect()
}

#[test]
fn untouched_columns_are_the_same_memory() {
    let batch = orders();
    let same = output(json!({"op": "identity"}), &batch);
    assert!(Arc::ptr_eq(same.schema(), batch.schema()));
    for (out, of) in same.columns().iter().zip(batch.columns()) {
        assert!(Arc::ptr_eq(out.values(), of.values()));
    }
    assert_eq!(same.kinds(), batch.kinds());
    assert_eq!(same.meta(), batch.meta());
}

#[test]
fn no_output_drops_every_row() {
    let outcome = run(json!({"op": "drop-all"}), &orders()).unwrap();
    assert!(outcome.outputs.is_empty() && outcome.rejects.is_empty());
}

#[test]
fn a_batch_of_no_rows_asks_for_schemas() {
    let none = orders().slice(0, 0);
    let outcome = run(json!({"op": "split", "column": "id", "into": 3, "hash": "xxh3"}), &none).unwrap();
    let tables: Vec<_> = outcome.outputs.iter().map(|output| output.table().as_str()).collect();
    assert_eq!(tables, ["shop.orders-0", "shop.orders-1", "shop.orders-2"]);
    let cast = output(json!({"op": "cast", "column": "amount", "to": "decimal(18,2)"}), &none);
    assert_eq!(cast.schema().field(2).data_type(), &DataType::Decimal128(18, 2));
}

#[test]
fn a_column_made_in_the_guest_takes_the_presence_of_what_it_replaces() {
    let masked = output(json!({"op": "mask", "column": "name"}), &orders());
    assert_eq!(texts(&masked.columns()[1]), some(&["a***", "-", "b***", "?", "c***", "d***"]));
    let metadata = masked.schema().field(1).metadata().clone();
    assert_eq!(metadata[field::SOURCE_TYPE], "varchar(20)");
    assert_eq!(metadata[field::COMMENT], "who");
}

#[test]
fn a_constant_does_not_fill_a_missing_cell() {
    let constant = output(json!({"op": "constant", "column": "name", "value": "x"}), &orders());
    assert_eq!(texts(&constant.columns()[1]), some(&["x", "x", "x", "?", "x", "x"]));
    let added = output(json!({"op": "constant", "column": "new", "value": "x"}), &orders());
    assert_eq!(texts(&added.columns()[3]), some(&["x"; 6]));
}

#[test]
fn cells_that_do_not_cast_are_rejected_with_their_pair() {
    let outcome = run(json!({"op": "cast", "column": "amount", "to": "decimal(18,2)"}), &orders()).unwrap();
    assert_eq!(outcome.rejects.iter().map(|reject| reject.row).collect::<Vec<_>>(), [4, 5]);
    assert!(outcome.rejects[1].reason.contains("other half of this update"), "{}", outcome.rejects[1].reason);
    let left = &outcome.outputs[0];
    assert_eq!(ordinals(left), [10, 11, 11, 12]);
    assert_eq!(left.schema().field(2).data_type(), &DataType::Decimal128(18, 2));
    assert!(left.schema().field(2).metadata().get(field::JSON).is_none(), "it is no untyped number any more");
}

#[test]
fn options_of_a_cast_reach_the_kernel() {
    let bad = json!({"op": "cast", "column": "name", "to": "int64", "options": {"no-such-option": "1"}});
    let Err(TransformError::Stop(why)) = run(bad, &orders()) else { panic!() };
    assert!(why.contains("no-such-option"), "{why}");
    let Err(TransformError::Stop(why)) =
        run(json!({"op": "cast", "column": "name", "to": "integr"}), &orders())
    else {
        panic!()
    };
    assert!(why.contains("\"integr\" is no type"), "{why}");
}

#[test]
fn functions_are_listed_and_computed() {
    let functions = said(json!({"op": "say", "what": "functions"}));
    assert!(functions.split(';').any(|name| name == "upper"), "{functions}");
    let upper =
        output(json!({"op": "compute", "function": "upper", "columns": ["name"], "as": "name"}), &orders());
    assert_eq!(texts(&upper.columns()[1]), some(&["ANNA", "-", "BERT", "?", "CLEO", "DORA"]));
    let with = json!({"op": "compute", "function": "uper", "columns": ["name"], "as": "x"});
    let Err(TransformError::Stop(why)) = run(with, &orders()) else { panic!() };
    assert!(why.contains("uper"), "{why}");
}

#[test]
fn split_keeps_pairs_and_every_row() {
    for hash in ["murmur2", "xxh3", "crc32"] {
        let with = json!({"op": "split", "column": "id", "into": 3, "hash": hash});
        let outcome = run(with, &orders()).unwrap();
        let mut all: Vec<u64> = outcome.outputs.iter().flat_map(ordinals).collect();
        all.sort_unstable();
        assert_eq!(all, [10, 11, 11, 12, 13, 13]);
        for output in &outcome.outputs {
            assert!(!output.is_empty(), "an output without rows is dropped");
            assert!(
                (0..output.len()).all(|row| output.kind(row) != RowKind::UpdateBefore || output.is_pair(row))
            );
        }
    }
    let with = json!({"op": "split", "column": "id", "into": 3, "hash": "md5"});
    let Err(TransformError::Stop(why)) = run(with, &orders()) else { panic!() };
    assert!(why.contains("md5"), "{why}");
}

#[test]
fn a_missing_cell_has_no_hash() {
    let with = json!({"op": "split", "column": "name", "into": 3, "hash": "murmur2"});
    let Err(TransformError::Reject(why)) = run(with, &orders()) else { panic!() };
    assert!(why.contains("missing"), "{why}");
}

#[test]
fn take_picks_rows_and_keeps_their_state() {
    let taken = output(json!({"op": "take", "column": "name"}), &orders());
    assert_eq!(texts(&taken.columns()[1]), some(&["dora", "cleo", "?", "bert", "-", "anna"]));
}

#[test]
fn a_renamed_key_stays_the_key() {
    let renamed = output(json!({"op": "rename", "column": "id", "to": "order_id"}), &orders());
    assert_eq!(renamed.schema().field(0).name(), "order_id");
    assert!(!renamed.schema().field(0).is_nullable());
    assert_eq!(renamed.primary_key()[..], ["order_id"]);
}

#[test]
fn a_column_that_moves_keeps_its_metadata() {
    let moved = output(json!({"op": "reorder", "column": "amount"}), &orders());
    assert_eq!(moved.schema().field(2).metadata()[field::JSON], field::JSON_NUMBER);
    let moved = output(json!({"op": "reorder", "column": "id"}), &orders());
    let names: Vec<_> = moved.schema().fields().iter().map(|field| field.name().as_str()).collect();
    assert_eq!(names, ["name", "amount", "id"]);
}

#[test]
fn the_key_can_be_set() {
    let keyed = output(json!({"op": "own-key", "key": ["name", "id"]}), &orders());
    assert_eq!(keyed.primary_key()[..], ["name", "id"]);
}

#[test]
fn rows_may_be_picked_and_repeated() {
    let reversed = output(json!({"op": "reverse"}), &orders());
    assert_eq!(ordinals(&reversed), [13, 13, 12, 11, 11, 10]);
    // In this order no pair is one any more: each before image stands alone, as a delete.
    assert_eq!(reversed.kinds()[..], [2, 3, 3, 2, 3, 0]);
    let half = output(json!({"op": "first-half"}), &orders());
    assert_eq!(ordinals(&half), [10, 11, 11]);
    assert!(half.is_pair(1));
    let repeated = output(json!({"op": "repeat", "times": 20}), &orders());
    assert_eq!(ordinals(&repeated), [10; 20]);
    assert_eq!(texts(&repeated.columns()[1]), some(&["anna"; 20]));
}

#[test]
fn a_lone_half_is_settled() {
    let before = output(json!({"op": "pick", "rows": ["1", "3"]}), &orders());
    assert_eq!((before.kind(0), before.kind(1)), (RowKind::Delete, RowKind::Delete));
    let after = output(json!({"op": "pick", "rows": ["2"]}), &orders());
    assert_eq!(after.kind(0), RowKind::UpdateAfter);
    assert_eq!(after.meta().get(meta::KEY).unwrap().as_binary::<i32>().value(0), b"k2");
}

#[test]
fn a_column_may_be_aligned_to_the_output() {
    let aligned = output(json!({"op": "aligned"}), &orders());
    assert_eq!(ordinals(&aligned), [10, 11, 13]);
    assert_eq!(
        aligned.column("place").unwrap().values().as_primitive::<UInt32Type>().values()[..],
        [0, 1, 2]
    );
}

#[test]
fn a_reject_takes_its_pair_out_of_every_output() {
    let outcome = run(json!({"op": "reject-row", "row": 2}), &orders()).unwrap();
    assert_eq!(outcome.rejects.iter().map(|reject| reject.row).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(outcome.rejects[1].reason, "said so");
    assert_eq!(outcome.outputs.len(), 2);
    for output in &outcome.outputs {
        assert_eq!(ordinals(output), [10, 12, 13, 13]);
        assert_eq!(
            output.column("id").unwrap().values().as_primitive::<Int64Type>().values()[..],
            [1, 3, 4, 4]
        );
    }
    let outcome = run(json!({"op": "reject-row", "row": 0}), &orders()).unwrap();
    assert_eq!(outcome.rejects.len(), 1);
}

#[test]
fn meta_columns_are_read_and_set() {
    let batch = output(json!({"op": "meta"}), &orders());
    assert_eq!(batch.column("kind").unwrap().values().as_primitive::<UInt8Type>().values(), orders().kinds());
    assert_eq!(batch.column("key").unwrap().values().as_binary::<i32>().value(3), b"k3");
    let partition = batch.meta().get(meta::PARTITION).unwrap();
    assert_eq!(partition.as_primitive::<Int32Type>().values()[..], [7; 6]);
    assert!(batch.meta().get(meta::KEY).is_some());
}

#[test]
fn kinds_may_be_set() {
    let deletes = output(json!({"op": "kind", "kind": 3}), &orders());
    assert_eq!(deletes.kinds()[..], [3; 6]);
    let befores = output(json!({"op": "kind", "kind": 1}), &orders());
    assert_eq!(befores.kinds()[..], [3; 6], "before images that stand alone are deletes");
}

#[test]
fn a_guest_is_told_about_its_step() {
    let about = said(json!({"op": "say", "what": "about"}));
    assert_eq!(about, "pipeline=orders;step=step-1;interface=0.1.0;time-zone=Asia/Shanghai");
    assert_eq!(said(json!({"op": "say", "what": "table"})), "shop.orders 6");
    assert_eq!(said(json!({"op": "say", "what": "key"})), "id");
    assert_eq!(said(json!({"op": "say", "what": "fields"})), "id=int64;name=utf8;amount=utf8");
    let name = said(json!({"op": "say", "what": "properties", "field": 1}));
    assert_eq!(name, "nullable=true;source-type=varchar(20);comment=who");
    assert_eq!(said(json!({"op": "say", "what": "properties", "field": 2})), "nullable=true;json=number");
    // Text, offsets and both masks.
    assert_eq!(said(json!({"op": "say", "what": "column", "field": 1})), format!("utf8 6 2 {}", 16 + 28 + 2));
}

#[test]
fn a_failure_says_what_the_host_does() {
    let fail = |kind: &str, properties: Value| {
        run(json!({"op": "fail", "kind": kind, "properties": properties}), &orders()).unwrap_err()
    };
    assert_eq!(fail("stop", json!({})), TransformError::Stop("the guest said\\nno".to_owned()));
    let column = fail("reject", json!({"column": "amount"}));
    assert_eq!(column, TransformError::Reject("column amount: the guest said\\nno".to_owned()));
    let after = Some(std::time::Duration::from_millis(1500));
    let retry = fail("retry", json!({"retry-after-ms": "1500"}));
    assert_eq!(retry, TransformError::Retry { message: "the guest said\\nno".to_owned(), after });
}

#[test]
fn batches_that_follow_each_other_share_a_schema() {
    let mut step = support::start(support::options(json!({"op": "mask", "column": "name"})));
    let first = step.transform(&orders()).unwrap();
    let second = step.transform(&orders()).unwrap();
    assert!(Arc::ptr_eq(first.outputs[0].schema(), second.outputs[0].schema()));
}
