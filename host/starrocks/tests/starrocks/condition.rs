//! Rows that take the place of others only where the value of a column is not smaller.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, StringArray};
use arrow_buffer::BooleanBuffer;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use sluicegate_connector::{Class, Sink as _};
use sluicegate_model::{ChangeBatch, Column};
use starrocks_sim::{Settings, Simulator};

use crate::support::{Running, Target, batch, cluster, cluster_with};

const TABLE: &str = "CREATE TABLE ods.orders (id BIGINT NOT NULL, changed BIGINT, name VARCHAR(8)) PRIMARY KEY(id) \
                     DISTRIBUTED BY HASH(id)";
const ALL: &str = "SELECT * FROM ods.orders ORDER BY id";

const INSERT: u8 = 0;
const AFTER: u8 = 2;
const DELETE: u8 = 3;

/// Kind, key, the value that decides.
type Change = (u8, i64, Option<i64>);

/// Changes whose names are their places among all.
fn changes(changes: &[Change], first: usize) -> ChangeBatch {
    let ids: ArrayRef = Arc::new(changes.iter().map(|change| Some(change.1)).collect::<Int64Array>());
    let changed: ArrayRef = Arc::new(changes.iter().map(|change| change.2).collect::<Int64Array>());
    let names = (first..).take(changes.len()).map(|place| Some(format!("n{place}")));
    let names: ArrayRef = Arc::new(names.collect::<StringArray>());
    let kinds: Vec<u8> = changes.iter().map(|change| change.0).collect();
    let columns = [("id", ids), ("changed", changed), ("name", names)];
    batch("orders", columns.into_iter().map(|(name, array)| (name, Column::new(array))).collect(), &kinds)
}

/// What the table has after all of them, by one change after the other.
fn expected(all: &[Change]) -> Vec<String> {
    let mut rows: BTreeMap<i64, (Option<i64>, usize)> = BTreeMap::new();
    for (place, (kind, id, changed)) in all.iter().enumerate() {
        let outdone = rows.get(id).is_some_and(|(there, _)| there > changed);
        if *kind == DELETE {
            rows.remove(id);
        } else if !outdone {
            rows.insert(*id, (*changed, place));
        }
    }
    let text = |value: Option<i64>| value.map_or("NULL".to_owned(), |value| value.to_string());
    rows.into_iter().map(|(id, (changed, place))| format!("{id}|{}|n{place}", text(changed))).collect()
}

async fn follow(simulator: &Simulator, options: &str, epochs: &[Vec<Change>]) {
    // What a case that failed has left.
    let _ = simulator.query("DROP TABLE ods.orders");
    simulator.query(TABLE).unwrap();
    let target = Target::new(simulator, options);
    let mut running = Running::start(&target).await;
    let mut done: Vec<Change> = Vec::new();
    for epoch in epochs {
        let batch = changes(epoch, done.len());
        done.extend(epoch);
        running.epoch(&batch, done.len() as i64).await.unwrap();
        assert_eq!(simulator.query(ALL).unwrap(), expected(&done), "{done:?}");
    }
}

fn epochs() -> impl Strategy<Value = Vec<Vec<Change>>> {
    let kind = prop_oneof![2 => Just(INSERT), 3 => Just(AFTER), 1 => Just(DELETE)];
    let change = (kind, 0_i64..4, prop::option::weighted(0.9, -12_i64..12));
    prop::collection::vec(prop::collection::vec(change, 1..12), 1..5)
}

#[test]
fn the_larger_value_stays_within_epochs_and_between_them() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let forms = [
        ((3, 5), r#"{"merge_condition": "changed"}"#),
        ((3, 5), r#"{"merge_condition": "CHANGED", "delivery": "at-least-once", "format": "csv"}"#),
        ((4, 2), r#"{"merge_condition": "changed", "delivery": "at-least-once", "format": "auto"}"#),
    ];
    for (version, options) in forms {
        let simulator = runtime.block_on(cluster_with(Settings { version, ..Settings::default() }));
        let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(24) });
        runner
            .run(&epochs(), |epochs| {
                runtime.block_on(follow(&simulator, options, &epochs));
                Ok(())
            })
            .unwrap();
    }
}

#[tokio::test]
async fn a_change_without_the_value_costs_one_row() {
    let simulator = cluster().await;
    simulator.query(TABLE).unwrap();
    let target = Target::new(&simulator, r#"{"merge_condition": "changed"}"#);
    let mut running = Running::start(&target).await;
    running.epoch(&changes(&[(INSERT, 1, Some(5)), (INSERT, 2, Some(5))], 0), 2).await.unwrap();
    let partial = |changed: Vec<Option<i64>>, there: Vec<bool>| {
        let ids: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
        let changed: ArrayRef = Arc::new(Int64Array::from(changed));
        let changed = Column::with_presence(changed, Some(BooleanBuffer::from(there)));
        let names: ArrayRef = Arc::new(StringArray::from(vec![None::<&str>; 2]));
        let names = Column::with_presence(names, Some(BooleanBuffer::new_unset(2)));
        let columns = vec![("id", Column::new(ids)), ("changed", changed), ("name", names)];
        batch("orders", columns, &[AFTER, AFTER])
    };
    let refused = running.refused(&partial(vec![None, Some(9)], vec![false, true]));
    assert_eq!(refused.len(), 1);
    assert_eq!(
        (refused[0].row, refused[0].reason.as_str()),
        (
            0,
            "column changed: it decides whether the row takes the place of another (`merge_condition`), and the row does \
             not have it"
        )
    );
    running.epoch(&partial(vec![Some(4), Some(9)], vec![true, true]), 4).await.unwrap();
    assert_eq!(simulator.query(ALL).unwrap(), ["1|5|n0", "2|9|n1"]);
}

#[tokio::test]
async fn a_column_that_cannot_decide_is_told() {
    let simulator = cluster().await;
    simulator.query(TABLE).unwrap();
    for (column, words) in [
        ("id", "its column id is a part of the key"),
        ("name", "its column name is neither a number nor a date"),
        ("other", "the rows have no column other, which is the `merge_condition`"),
    ] {
        let target = Target::new(&simulator, &format!(r#"{{"merge_condition": "{column}"}}"#));
        let error = target.sink().prepare(&[changes(&[], 0)]).await.unwrap_err();
        assert_eq!(error.class(), Class::Configuration);
        assert!(error.to_string().contains(words), "{error}");
    }
}
