//! Requests and what their answers mean.

use std::time::{Duration, Instant};

use sluicegate_connector::Class;
use sluicegate_starrocks::client::{Begun, Counts, Ended, Failure, LabelState, LoadOptions, Loaded};
use sluicegate_starrocks::{Client, Connection, Secret};
use starrocks_sim::{Kind, Operation, Settings, Simulator, TransactionState};

use crate::support::{USER, client, cluster, cluster_with, connection};

const TABLE: &str =
    "CREATE TABLE ods.t (id BIGINT NOT NULL, name VARCHAR(8)) PRIMARY KEY(id) DISTRIBUTED BY HASH(id)";
const ALL: &str = "SELECT * FROM ods.t ORDER BY id";
const MINUTE: Duration = Duration::from_mins(1);

async fn with_table() -> (Simulator, Client) {
    let simulator = cluster().await;
    simulator.query(TABLE).expect("a table");
    let client = client(&simulator);
    (simulator, client)
}

async fn prepared(client: &Client, label: &str, rows: &str) -> Result<Option<Counts>, Failure> {
    assert_eq!(client.begin("ods", "t", label, MINUTE).await?, Begun::Yes);
    client.load("ods", "t", label, &LoadOptions::default(), rows.as_bytes().to_vec().into()).await?;
    client.prepare("ods", "t", label, MINUTE).await
}

#[tokio::test]
async fn a_transaction_is_seen_when_it_is_committed() {
    let (simulator, client) = with_table().await;
    let counts = prepared(&client, "l1", r#"{"id":1,"name":"a"}{"id":2}"#).await.unwrap().unwrap();
    assert_eq!(counts, Counts { total: 2, loaded: 2, filtered: 0, unselected: 0 });
    assert!(simulator.query(ALL).unwrap().is_empty());
    assert_eq!(client.state("ods", "l1").await.unwrap(), LabelState::Prepared);
    // Asked for twice, it is prepared once.
    assert_eq!(client.prepare("ods", "t", "l1", MINUTE).await.unwrap(), None);
    for _ in 0..2 {
        assert_eq!(client.commit("ods", "t", "l1").await.unwrap(), Ended::Applied);
    }
    assert_eq!(simulator.query(ALL).unwrap(), ["1|a", "2|NULL"]);
    assert_eq!(client.begin("ods", "t", "l1", MINUTE).await.unwrap(), Begun::Used);
    assert!(matches!(client.roll_back("ods", "t", "l1").await, Err(Failure::Refused { .. })));
}

#[tokio::test]
async fn a_transaction_that_is_rolled_back_leaves_nothing() {
    let (simulator, client) = with_table().await;
    prepared(&client, "l1", r#"{"id":1}"#).await.unwrap();
    client.roll_back("ods", "t", "l1").await.unwrap();
    client.roll_back("ods", "t", "l1").await.unwrap();
    assert!(matches!(client.commit("ods", "t", "l1").await.unwrap(), Ended::Unknown(_)));
    assert!(matches!(client.commit("ods", "t", "never").await.unwrap(), Ended::Unknown(_)));
    // The label is free again.
    prepared(&client, "l1", r#"{"id":3}"#).await.unwrap();
    client.commit("ods", "t", "l1").await.unwrap();
    assert_eq!(simulator.query(ALL).unwrap(), ["3|NULL"]);
}

#[tokio::test]
async fn rows_are_refused_while_they_are_prepared() {
    let (simulator, client) = with_table().await;
    let failure = prepared(&client, "l1", r#"{"id":1}{"id":2,"name":"too long by far"}"#).await.unwrap_err();
    let Failure::Rows { why, log, .. } = &failure else { panic!("{failure}") };
    assert_eq!(why, "too many filtered rows");
    let log = client.error_log(log.as_ref().unwrap(), 1000).await.unwrap();
    assert!(
        log.contains("String 'too long by far'(length=15) is too long. The max length of 'name' is 8"),
        "{log}"
    );
    assert_eq!(simulator.transaction("ods", "l1"), Some(TransactionState::Aborted));
    let failure = prepared(&client, "l2", "no json").await.unwrap_err();
    assert!(matches!(failure, Failure::Rows { .. }), "{failure}");
}

#[tokio::test]
async fn restarts_forget_what_is_not_prepared() {
    let (mut simulator, client) = with_table().await;
    client.begin("ods", "t", "l1", MINUTE).await.unwrap();
    prepared(&client, "l2", r#"{"id":2}"#).await.unwrap();
    simulator.restart_front_end(0).await.unwrap();
    assert_eq!(client.state("ods", "l1").await.unwrap(), LabelState::Unknown);
    assert_eq!(client.state("ods", "l2").await.unwrap(), LabelState::Prepared);
    client.begin("ods", "t", "l3", MINUTE).await.unwrap();
    simulator.restart_back_end(0).await.unwrap();
    let rows = r#"{"id":3}"#.as_bytes().to_vec();
    let failure = client.load("ods", "t", "l3", &LoadOptions::default(), rows.into()).await.unwrap_err();
    assert!(matches!(failure, Failure::Gone { .. }), "{failure}");
    assert_eq!(client.commit("ods", "t", "l2").await.unwrap(), Ended::Applied);
    assert_eq!(simulator.query(ALL).unwrap(), ["2|NULL"]);
}

#[tokio::test]
async fn a_commit_that_is_not_seen_in_time_is_one() {
    let (simulator, client) = with_table().await;
    for (label, kind) in
        [("l1", Kind::PublishTimeout), ("l2", Kind::LostAnswer), ("l3", Kind::Html), ("l4", Kind::CutOff(9))]
    {
        prepared(&client, label, r#"{"id":1}"#).await.unwrap();
        simulator.fault(Operation::Commit, kind, 1);
        assert_eq!(client.commit("ods", "t", label).await.unwrap(), Ended::Applied, "{label}");
    }
    // A request that never came is asked for again.
    prepared(&client, "l5", r#"{"id":5}"#).await.unwrap();
    simulator.fault(Operation::Commit, Kind::LostRequest, 2);
    let ended = client.commit_until("ods", "t", "l5", Instant::now() + MINUTE).await.unwrap();
    assert_eq!(ended, Ended::Applied);
    assert_eq!(simulator.query(ALL).unwrap(), ["1|NULL", "5|NULL"]);
}

#[tokio::test]
async fn labels_are_forgotten_by_count() {
    let simulator = cluster_with(Settings { labels_kept: 3, ..Settings::default() }).await;
    simulator.query(TABLE).unwrap();
    let client = client(&simulator);
    for number in 0..6 {
        let label = format!("l{number}");
        prepared(&client, &label, &format!(r#"{{"id":{number}}}"#)).await.unwrap();
        client.commit("ods", "t", &label).await.unwrap();
    }
    assert!(matches!(client.commit("ods", "t", "l0").await.unwrap(), Ended::Unknown(_)));
    assert_eq!(client.commit("ods", "t", "l5").await.unwrap(), Ended::Applied);
}

#[tokio::test]
async fn a_plain_load_is_loaded_once_under_its_label() {
    let (simulator, client) = with_table().await;
    let options = LoadOptions::default();
    let rows = sluicegate_starrocks::client::Payload::from(r#"{"id":1}{"id":2}"#.as_bytes().to_vec());
    simulator.fault(Operation::StreamLoad, Kind::LostAnswer, 2);
    let until = Instant::now() + MINUTE;
    let counts = client.stream_load_until("ods", "t", "l1", (&options, &rows), until).await.unwrap();
    assert_eq!(counts, None, "the label says that it is there");
    simulator.fault(Operation::StreamLoad, Kind::PublishTimeout, 1);
    let loaded = client.stream_load("ods", "t", "l2", &options, rows.clone()).await.unwrap();
    assert!(matches!(loaded, Loaded::Applied(Some(Counts { loaded: 2, .. }))), "{loaded:?}");
    assert_eq!(simulator.query("SELECT COUNT(*) FROM ods.t").unwrap(), ["2"]);
}

#[tokio::test]
async fn a_front_end_that_is_away_is_passed_over() {
    let (mut simulator, client) = with_table().await;
    simulator.stop_front_end(1).await;
    prepared(&client, "l1", r#"{"id":1}"#).await.unwrap();
    // The follower sends on to the leader.
    simulator.start_front_end(1).await.unwrap();
    let mut follower = connection(&simulator);
    follower.fe.remove(0);
    let follower = Client::new(&follower).unwrap();
    assert_eq!(follower.commit("ods", "t", "l1").await.unwrap(), Ended::Applied);
    prepared(&follower, "l2", r#"{"id":2}"#).await.unwrap();
    simulator.stop_front_end(0).await;
    simulator.stop_front_end(1).await;
    // A connection that was open is found closed first.
    let mut failure = client.begin("ods", "t", "l3", MINUTE).await.unwrap_err();
    while matches!(failure, Failure::Lost { .. }) {
        failure = client.begin("ods", "t", "l3", MINUTE).await.unwrap_err();
    }
    assert!(matches!(failure, Failure::Unreachable { .. }), "{failure}");
    let error = failure.into_error();
    assert_eq!(error.class(), Class::Transient);
    assert!(error.to_string().contains("see whether the front ends run"), "{error}");
}

/// What a person is told about a connection that is not as it should be.
async fn told(
    simulator: &Simulator,
    user: (&str, &str),
    change: impl FnOnce(&mut Connection),
) -> sluicegate_connector::Error {
    let mut connection =
        Connection::plain(simulator.front_ends(), simulator.sql(), "ods", user.0, Some(Secret::new(user.1)));
    change(&mut connection);
    let client = Client::new(&connection).unwrap();
    let error = client.begin(&connection.database, "t", "l", MINUTE).await.unwrap_err().into_error();
    assert!(!error.to_string().contains(user.1), "{error}");
    error
}

#[tokio::test]
async fn bad_connections_are_told() {
    let (simulator, client) = with_table().await;
    let error = told(&simulator, (USER.0, "wrong-password"), |_| ()).await;
    assert_eq!(error.class(), Class::Configuration);
    assert!(error.to_string().contains("Access denied for loader@"), "{error}");
    let error = told(&simulator, ("guest", "guest"), |_| ()).await;
    assert!(error.to_string().contains("INSERT privilege"), "{error}");
    let error = told(&simulator, USER, |connection| connection.database = "nowhere".to_owned()).await;
    assert!(error.to_string().contains("Database[nowhere] does not exist."), "{error}");
    let failure = client.begin("ods", "nothing", "l", MINUTE).await.unwrap_err();
    assert!(failure.to_string().contains(r#"unknown table "ods.nothing""#), "{failure}");
    // A front end by another name than its back ends have.
    let error = told(&simulator, USER, |connection| {
        connection.fe = vec![simulator.front_ends()[0].replace("127.0.0.1", "localhost")];
    })
    .await;
    assert_eq!(error.class(), Class::Configuration);
    assert!(error.to_string().contains("127.0.0.1") && error.to_string().contains("`backends`"), "{error}");
    simulator.fault(Operation::Begin, Kind::Html, 1);
    let error = told(&simulator, USER, |_| ()).await;
    assert!(error.to_string().contains("It works!"), "{error}");
    simulator.fault(Operation::Begin, Kind::CutOff(20), 1);
    let error = told(&simulator, USER, |_| ()).await;
    assert_eq!(error.class(), Class::Transient, "{error}");
    assert!(error.to_string().contains("the answer was lost"), "{error}");
}

#[tokio::test]
async fn a_back_end_may_be_named() {
    let (simulator, _) = with_table().await;
    let mut connection = connection(&simulator);
    connection.fe = vec![simulator.front_ends()[0].replace("127.0.0.1", "localhost")];
    connection.backends = vec!["127.0.0.*".to_owned()];
    let client = Client::new(&connection).unwrap();
    prepared(&client, "l1", r#"{"id":1}"#).await.unwrap();
}
