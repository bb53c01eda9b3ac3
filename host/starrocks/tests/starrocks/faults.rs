//! Answers that are lost, servers that start again, writers that are stale: each row's effect once.

use sluicegate_connector::{Class, WriteError};
use starrocks_sim::{Kind, Operation, Settings, Simulator, TransactionState};

use crate::support::{Running, Target, cluster, cluster_with, lane, orders};

/// Rows that are there twice are seen.
const APPEND: &str =
    "CREATE TABLE ods.orders (id BIGINT, name VARCHAR(8)) DUPLICATE KEY(id) DISTRIBUTED BY HASH(id)";
const UPSERT: &str =
    "CREATE TABLE ods.orders (id BIGINT NOT NULL, name VARCHAR(8)) PRIMARY KEY(id) DISTRIBUTED BY HASH(id)";
const OPTIONS: &str = r#"{"write": "append"}"#;

fn ids(simulator: &Simulator) -> Vec<String> {
    simulator.query("SELECT id FROM ods.orders ORDER BY id").unwrap()
}

fn row(id: i64) -> sluicegate_model::ChangeBatch {
    orders(&[(0, id, Some("x"))])
}

fn class(error: &WriteError) -> Class {
    match error {
        WriteError::Error(error) => error.class(),
        WriteError::Rejected(rows) => panic!("rows were refused: {rows:?}"),
    }
}

/// Writes a row an epoch until all of them are in, as the engine does: after an error the epoch is aborted, and where
/// that is not acknowledged, or the lanes are lost, they are taken again.
async fn until_done(target: &Target, mut running: Running, last: i64) {
    for _ in 0..200 {
        if running.at() >= last {
            return;
        }
        let next = running.at() + 1;
        if running.epoch(&row(next), next).await.is_err() && running.writer.abort().await.is_err() {
            drop(running);
            running = Running::start(target).await;
        }
    }
    panic!("it never came to an end");
}

#[tokio::test]
async fn an_answer_that_is_lost_anywhere_neither_loses_nor_doubles_a_row() {
    let operations =
        [Operation::Begin, Operation::Load, Operation::Prepare, Operation::Commit, Operation::Rollback];
    let kinds = [
        Kind::LostRequest,
        Kind::LostAnswer,
        Kind::Html,
        Kind::CutOff(7),
        Kind::Fails("disk is gone".to_owned()),
    ];
    for operation in operations {
        for kind in &kinds {
            let simulator = cluster().await;
            simulator.query(APPEND).unwrap();
            let target = Target::new(&simulator, OPTIONS);
            let mut running = Running::start(&target).await;
            running.epoch(&row(1), 1).await.unwrap();
            simulator.fault(operation, kind.clone(), 2);
            until_done(&target, running, 3).await;
            simulator.clear_faults();
            assert_eq!(ids(&simulator), ["1", "2", "3"], "{operation:?} {kind:?}");
            assert_eq!(Running::start(&target).await.at(), 3, "{operation:?} {kind:?}");
        }
    }
}

/// A process that dies between the decision and the commit: its successor commits.
#[tokio::test]
async fn what_is_decided_is_committed_by_whoever_comes_next() {
    let simulator = cluster().await;
    simulator.query(APPEND).unwrap();
    let target = Target::new(&simulator, OPTIONS);
    let mut running = Running::start(&target).await;
    running.write(&row(1)).await.unwrap();
    // The process is killed while it asks for the commit.
    simulator.fault(Operation::Commit, Kind::Slow(std::time::Duration::from_mins(10)), 1);
    let killed = tokio::time::timeout(std::time::Duration::from_secs(2), running.commit(1)).await;
    assert!(killed.is_err());
    drop(running);
    assert!(ids(&simulator).is_empty());
    assert_eq!(simulator.labels("ods")[0].1, TransactionState::Prepared);
    let running = Running::start(&target).await;
    assert_eq!(running.at(), 1);
    assert_eq!(ids(&simulator), ["1"]);
}

/// What is prepared and was not decided is never committed.
#[tokio::test]
async fn what_is_not_decided_is_read_again() {
    let simulator = cluster().await;
    simulator.query(APPEND).unwrap();
    let target = Target::new(&simulator, r#"{"write": "append", "buffer": "64KiB"}"#);
    let mut running = Running::start(&target).await;
    let many: Vec<(u8, i64, Option<&str>)> = (0..5_000).map(|id| (0, id, None)).collect();
    running.write(&orders(&many)).await.unwrap();
    assert_eq!(simulator.labels("ods")[0].1, TransactionState::Prepared);
    drop(running);
    let running = Running::start(&target).await;
    assert_eq!(running.at(), 0);
    until_done(&target, running, 1).await;
    assert_eq!(ids(&simulator), ["1"]);
}

/// The cluster forgot the label of a load that was decided, and nobody noted that it was committed.
#[tokio::test]
async fn a_label_that_is_forgotten_is_replayed_or_stops() {
    for (statement, options, repeatable) in [(UPSERT, "{}", true), (APPEND, OPTIONS, false)] {
        let simulator = cluster_with(Settings { labels_kept: 2, ..Settings::default() }).await;
        simulator.query(statement).unwrap();
        let target = Target::new(&simulator, options);
        let mut running = Running::start(&target).await;
        running.write(&row(1)).await.unwrap();
        // It is committed, and the process is killed before it hears of it.
        simulator.fault(Operation::Commit, Kind::LostAnswer, 1);
        simulator.fault(Operation::State, Kind::Slow(std::time::Duration::from_mins(10)), 1);
        let killed = tokio::time::timeout(std::time::Duration::from_secs(2), running.commit(1)).await;
        assert!(killed.is_err());
        drop(running);
        simulator.clear_faults();
        assert_eq!(ids(&simulator), ["1"]);
        // Others load, and the label is forgotten.
        simulator
            .query("CREATE TABLE ods.others (id BIGINT) DUPLICATE KEY(id) DISTRIBUTED BY HASH(id)")
            .unwrap();
        let client = crate::support::client(&simulator);
        for number in 0..4 {
            let rows = br#"{"id":1}"#.to_vec().into();
            let options = sluicegate_starrocks::client::LoadOptions::default();
            client.stream_load("ods", "others", &format!("other-{number}"), &options, rows).await.unwrap();
        }
        if repeatable {
            let running = Running::start(&target).await;
            assert_eq!(running.at(), 0, "rows that come twice are there once");
            until_done(&target, running, 2).await;
            assert_eq!(ids(&simulator), ["1", "2"]);
        } else {
            let error = target.writer().await.take(&[lane()]).await.unwrap_err();
            assert_eq!(error.class(), Class::Fatal);
            let told = error.to_string();
            assert!(
                told.contains("it is not known whether the rows from") && told.contains("positions set"),
                "{told}"
            );
            assert_eq!(ids(&simulator), ["1"]);
        }
    }
}

#[tokio::test]
async fn servers_that_start_again_are_waited_for() {
    let mut simulator = cluster().await;
    simulator.query(APPEND).unwrap();
    let target = Target::new(&simulator, OPTIONS);
    let mut running = Running::start(&target).await;
    running.epoch(&row(1), 1).await.unwrap();
    simulator.restart_back_end(0).await.unwrap();
    simulator.restart_front_end(0).await.unwrap();
    until_done(&target, running, 3).await;
    assert_eq!(ids(&simulator), ["1", "2", "3"]);
}

/// A server that is full says so, and is left alone for a while.
#[tokio::test]
async fn too_many_versions_are_waited_out() {
    let simulator = cluster().await;
    simulator.query(APPEND).unwrap();
    let target = Target::new(&simulator, OPTIONS);
    let mut running = Running::start(&target).await;
    let words =
        "Failed to load data into tablet 10042, because of too many versions, current/limit: 1000/1000.";
    simulator.fault(Operation::Prepare, Kind::Fails(words.to_owned()), 1);
    let error = running.epoch(&row(1), 1).await.unwrap_err();
    assert_eq!(class(&error), Class::Transient);
    let WriteError::Error(error) = error else { return };
    assert!(error.pause().is_some() && error.to_string().contains("make epochs larger"), "{error}");
}

/// A load that could not be rolled back when it was given up is rolled back when the cluster answers again.
#[tokio::test]
async fn what_is_given_up_is_rolled_back_later() {
    let simulator = cluster().await;
    simulator.query(APPEND).unwrap();
    let target = Target::new(&simulator, r#"{"write": "append", "buffer": "64KiB"}"#);
    let mut running = Running::start(&target).await;
    let many: Vec<(u8, i64, Option<&str>)> = (0..5_000).map(|id| (0, id, Some("x"))).collect();
    running.write(&orders(&many)).await.unwrap();
    let (label, _) = simulator.labels("ods").pop().unwrap();
    // The client's own connections try again.
    simulator.fault(Operation::Rollback, Kind::LostRequest, 2);
    running.writer.abort().await.unwrap();
    simulator.clear_faults();
    assert_eq!(simulator.transaction("ods", &label), Some(TransactionState::Prepared));
    running.epoch(&row(1), 1).await.unwrap();
    assert_eq!(simulator.transaction("ods", &label), Some(TransactionState::Aborted));
    assert_eq!(ids(&simulator), ["1"]);
}

/// What a process prepared that was killed is rolled back by whoever takes its lane: another instance, too.
#[tokio::test]
async fn what_the_dead_have_prepared_is_rolled_back() {
    let simulator = cluster().await;
    simulator.query(APPEND).unwrap();
    let target = Target::new(&simulator, r#"{"write": "append", "buffer": "64KiB"}"#);
    let mut running = Running::start(&target).await;
    running.epoch(&row(1), 1).await.unwrap();
    let many: Vec<(u8, i64, Option<&str>)> = (0..5_000).map(|id| (0, id, Some("x"))).collect();
    running.write(&orders(&many)).await.unwrap();
    let (label, state) = simulator.labels("ods").pop().unwrap();
    assert_eq!(state, TransactionState::Prepared);
    // Killed. Its lock is taken away with it.
    drop(running);
    // One of another lane, and one of another pipeline, are not ours to judge.
    let client = crate::support::client(&simulator);
    let marked = label.rsplit_once('-').unwrap().0;
    let others = [format!("{marked}-00000000"), "sg-0000-0000-0-1-1-0-0".to_owned()];
    for other in &others {
        let minute = std::time::Duration::from_mins(1);
        client.begin("ods", "orders", other, minute).await.unwrap();
        let options = sluicegate_starrocks::client::LoadOptions::default();
        client.load("ods", "orders", other, &options, br#"{"id":9}"#.to_vec().into()).await.unwrap();
        client.prepare("ods", "orders", other, minute).await.unwrap();
    }
    let running = Running::start(&target).await;
    assert_eq!(running.at(), 1);
    assert_eq!(simulator.transaction("ods", &label), Some(TransactionState::Aborted));
    for other in &others {
        assert_eq!(simulator.transaction("ods", other), Some(TransactionState::Prepared), "{other}");
    }
    until_done(&target, running, 2).await;
    assert_eq!(ids(&simulator), ["1", "2"]);
}

/// Where rows say where they came from, a label that was forgotten is no riddle.
#[tokio::test]
async fn rows_are_looked_for_where_the_label_is_forgotten() {
    const POSITIONS: &str = "CREATE TABLE ods.orders (id BIGINT, partition_number INT, at BIGINT) \
                             DUPLICATE KEY(id) DISTRIBUTED BY HASH(id)";
    const OPTIONS: &str =
        r#"{"write": "append", "position_columns": {"partition": "partition_number", "offset": "at"}}"#;
    let rows = |ids: std::ops::Range<i64>| {
        use arrow_array::{ArrayRef, Int32Array, Int64Array};
        use sluicegate_model::Column;
        let count = ids.end - ids.start;
        // Offsets of tests begin at 0 with each batch.
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("id", std::sync::Arc::new(ids.collect::<Int64Array>())),
            ("partition_number", std::sync::Arc::new(Int32Array::from_iter_values((0..count).map(|_| 0)))),
            ("at", std::sync::Arc::new((0..count).collect::<Int64Array>())),
        ];
        let columns = columns.into_iter().map(|(name, array)| (name, Column::new(array))).collect();
        crate::support::batch("orders", columns, &vec![0; count as usize])
    };
    for applied in [true, false] {
        let simulator = cluster_with(Settings { labels_kept: 2, ..Settings::default() }).await;
        simulator.query(POSITIONS).unwrap();
        let target = Target::new(&simulator, OPTIONS);
        let mut running = Running::start(&target).await;
        running.write(&rows(1..3)).await.unwrap();
        let (operation, kind) = if applied {
            simulator.fault(Operation::Commit, Kind::LostAnswer, 1);
            (Operation::State, Kind::Slow(std::time::Duration::from_mins(10)))
        } else {
            (Operation::Commit, Kind::Slow(std::time::Duration::from_mins(10)))
        };
        simulator.fault(operation, kind, 1);
        let killed = tokio::time::timeout(std::time::Duration::from_secs(2), running.commit(2)).await;
        assert!(killed.is_err());
        drop(running);
        simulator.clear_faults();
        let client = crate::support::client(&simulator);
        if !applied {
            // An operator, or time, aborts it.
            let label = simulator.labels("ods")[0].0.clone();
            client.roll_back("ods", "orders", &label).await.unwrap();
        }
        simulator
            .query("CREATE TABLE ods.others (id BIGINT) DUPLICATE KEY(id) DISTRIBUTED BY HASH(id)")
            .unwrap();
        for number in 0..4 {
            let options = sluicegate_starrocks::client::LoadOptions::default();
            let body = br#"{"id":1}"#.to_vec().into();
            client.stream_load("ods", "others", &format!("other-{number}"), &options, body).await.unwrap();
        }
        let mut running = Running::start(&target).await;
        assert_eq!(running.at(), if applied { 2 } else { 0 }, "{applied}");
        if !applied {
            running.epoch(&rows(1..3), 2).await.unwrap();
        }
        assert_eq!(ids(&simulator), ["1", "2"], "{applied}");
    }
}
