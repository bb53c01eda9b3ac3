//! Several servers with the same transactions.

use std::time::{Duration, Instant};

use sluicegate_connector::{Class, StartAt};
use sluicegate_mysql::SourceOptions;
use sluicegate_mysql::source::Start;
use sluicegate_test_servers::{Flavour, MySql, MySqlClient, MySqlOptions};

use super::support::{ROOM, Reading, ids, items, on_each_server, options};

on_each_server! {
    a_replica_takes_over,
    a_replica_that_is_behind_is_waited_for,
    a_place_in_a_file_stays_with_its_server,
}

/// A server and its replica, which logs what it gets.
struct Pair {
    primary: MySql,
    replica: MySql,
}

impl Pair {
    fn start(flavour: Flavour) -> Self {
        let primary = MySql::start(MySqlOptions::new(flavour)).unwrap();
        let updates = if flavour == Flavour::MariaDb { "log-slave-updates" } else { "log-replica-updates" };
        let replica =
            MySql::start(MySqlOptions::new(flavour).set("server-id", "2").set(updates, "1")).unwrap();
        let mut client = replica.client().unwrap();
        let port = primary.port();
        let user = MySqlClient::USER;
        let statements = match flavour {
            Flavour::MariaDb => [
                format!(
                    "CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT={port}, MASTER_USER='{user}', \
                     MASTER_PASSWORD='{user}', MASTER_USE_GTID=slave_pos, MASTER_CONNECT_RETRY=1"
                ),
                "START SLAVE".to_owned(),
            ],
            Flavour::MySql => [
                format!(
                    "CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT={port}, SOURCE_USER='{user}', \
                     SOURCE_PASSWORD='{user}', SOURCE_AUTO_POSITION=1, GET_SOURCE_PUBLIC_KEY=1, \
                     SOURCE_CONNECT_RETRY=1"
                ),
                "START REPLICA".to_owned(),
            ],
        };
        client.reset_log().unwrap();
        for statement in statements {
            client.execute(&statement).unwrap();
        }
        Self { primary, replica }
    }

    /// The same word for both families.
    fn replication(&self, does: &str) {
        let what = if self.replica.flavour() == Flavour::MariaDb { "SLAVE" } else { "REPLICA" };
        self.replica.client().unwrap().execute(&format!("{does} {what}")).unwrap();
    }

    /// Waits until the replica has as many rows.
    fn await_rows(&self, rows: usize) {
        let mut client = self.replica.client().unwrap();
        let begun = Instant::now();
        while client.lines("SELECT COUNT(*) FROM d.t").ok() != Some(vec![rows.to_string()]) {
            assert!(begun.elapsed() < Duration::from_mins(1), "the replica does not follow");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn reads(&self, start: Start) -> SourceOptions {
        let urls = vec![format!("mysql://127.0.0.1:{}", self.replica.port())];
        SourceOptions { urls, ..options("d", start) }
    }
}

fn table(client: &mut MySqlClient) {
    client.execute("CREATE DATABASE d").unwrap();
    client.execute("CREATE TABLE d.t (id BIGINT PRIMARY KEY)").unwrap();
}

/// A transaction of three rows each.
fn insert(client: &mut MySqlClient, ids: std::ops::Range<i64>) {
    for id in ids.step_by(3) {
        client.execute("BEGIN").unwrap();
        for id in id..id + 3 {
            client.execute(&format!("INSERT INTO d.t VALUES ({id})")).unwrap();
        }
        client.execute("COMMIT").unwrap();
    }
}

/// Reads until there are as many rows. Errors pass by themselves.
fn read(reading: &mut Reading, read: &mut Vec<i64>, up_to: usize) {
    let begun = Instant::now();
    while read.len() < up_to {
        assert!(begun.elapsed() < Duration::from_mins(1), "{} of {up_to} rows came", read.len());
        match reading.try_chunk(ROOM) {
            Ok(chunk) => read.extend(ids(&items(&chunk.expect("a chunk")))),
            Err(error) => {
                assert_eq!(error.class(), Class::Transient, "{error}");
                std::thread::sleep(Duration::from_millis(50));
            }
        }
    }
}

fn a_replica_takes_over(flavour: Flavour) {
    let mut pair = Pair::start(flavour);
    let mut client = pair.primary.client().unwrap();
    table(&mut client);
    let mut reading =
        Reading::start(pair.primary.port(), pair.reads(Start::Latest), None, StartAt::Configured);
    let mut got = Vec::new();
    insert(&mut client, 0..300);
    read(&mut reading, &mut got, 150);
    insert(&mut client, 300..600);
    pair.await_rows(600);
    drop(client);
    pair.primary.kill().unwrap();
    pair.replication("STOP");
    insert(&mut pair.replica.client().unwrap(), 600..900);
    read(&mut reading, &mut got, 900);
    assert!(got.iter().copied().eq(0..900), "each row once, in order: {got:?}");
    // The next process finds the same.
    let at = StartAt::Position(reading.position.clone().unwrap());
    drop(reading);
    insert(&mut pair.replica.client().unwrap(), 900..903);
    let mut reading = Reading::start(pair.primary.port(), pair.reads(Start::Latest), None, at);
    got.clear();
    read(&mut reading, &mut got, 3);
    assert_eq!(got, [900, 901, 902]);
}

fn a_replica_that_is_behind_is_waited_for(flavour: Flavour) {
    let mut pair = Pair::start(flavour);
    let mut client = pair.primary.client().unwrap();
    table(&mut client);
    pair.await_rows(0);
    let mut reading =
        Reading::start(pair.primary.port(), pair.reads(Start::Latest), None, StartAt::Configured);
    let mut got = Vec::new();
    pair.replication("STOP");
    insert(&mut client, 0..30);
    read(&mut reading, &mut got, 30);
    drop(client);
    pair.primary.kill().unwrap();
    let error = loop {
        match reading.try_chunk(ROOM) {
            Ok(chunk) => assert_eq!(chunk.unwrap().records, 0),
            Err(error) if error.to_string().contains("does not have all") => break error,
            Err(error) => assert_eq!(error.class(), Class::Transient, "{error}"),
        }
    };
    assert_eq!(error.class(), Class::Transient, "{error}");
    // The first one comes back.
    pair.primary.start_again().unwrap();
    insert(&mut pair.primary.client().unwrap(), 30..60);
    read(&mut reading, &mut got, 60);
    assert!(got.iter().copied().eq(0..60), "each row once, in order: {got:?}");
}

fn a_place_in_a_file_stays_with_its_server(flavour: Flavour) {
    let mut pair = Pair::start(flavour);
    let mut client = pair.primary.client().unwrap();
    table(&mut client);
    let start = Start::File(client.log_end().unwrap().to_string());
    insert(&mut client, 0..3);
    pair.await_rows(3);
    let mut reading = Reading::start(pair.primary.port(), pair.reads(start), None, StartAt::Configured);
    let mut got = Vec::new();
    read(&mut reading, &mut got, 3);
    assert!(!reading.position.clone().unwrap().to_string().contains("gtids"));
    drop(client);
    pair.primary.kill().unwrap();
    let error = loop {
        match reading.try_chunk(ROOM) {
            Ok(chunk) => assert_eq!(chunk.unwrap().records, 0),
            Err(error) if error.to_string().contains("no GTIDs") => break error,
            Err(error) => assert_eq!(error.class(), Class::Transient, "{error}"),
        }
    };
    assert_eq!(error.class(), Class::Transient, "the first server may come back: {error}");
}
