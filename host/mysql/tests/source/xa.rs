//! XA transactions: rows that are logged when they are prepared.

use sluicegate_connector::{Class, StartAt};
use sluicegate_mysql::source::{Start, Until};
use sluicegate_test_servers::{Flavour, MySql, MySqlClient, MySqlOptions};

use super::support::{ROOM, Reading, ids, on_each_server, options};

on_each_server! {
    rows_come_once,
    a_rollback_stops_once,
    what_is_prepared_at_the_start_is_waited_for,
}

/// A server of its own: what is prepared stays so for everybody.
fn server(flavour: Flavour) -> (MySql, MySqlClient) {
    let server = MySql::start(MySqlOptions::new(flavour)).unwrap();
    let mut client = server.client().unwrap();
    client.execute("CREATE DATABASE d").unwrap();
    client.execute("CREATE TABLE d.t (id BIGINT PRIMARY KEY)").unwrap();
    (server, client)
}

fn prepare(server: &MySql, name: &str, id: i64) {
    // A session of its own, which ends: others may decide then.
    let mut client = server.client().unwrap();
    for statement in [
        format!("XA START '{name}'"),
        format!("INSERT INTO d.t VALUES ({id})"),
        format!("XA END '{name}'"),
        format!("XA PREPARE '{name}'"),
    ] {
        client.execute(&statement).unwrap();
    }
}

/// Decides about what another session prepared, which may still be on its way out.
fn decide(client: &mut MySqlClient, statement: &str) {
    let mut tries = 0;
    while let Err(error) = client.execute(statement) {
        tries += 1;
        assert!(tries < 200, "{error}");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

fn rows_come_once(flavour: Flavour) {
    let (server, mut client) = server(flavour);
    let start = Start::File(client.log_end().unwrap().to_string());
    prepare(&server, "one", 1);
    client.execute("INSERT INTO d.t VALUES (2)").unwrap();
    decide(&mut client, "XA COMMIT 'one'");
    for statement in
        ["XA START 'two'", "INSERT INTO d.t VALUES (3)", "XA END 'two'", "XA COMMIT 'two' ONE PHASE"]
    {
        client.execute(statement).unwrap();
    }
    let options = options("d", start);
    let mut reading = Reading::start(server.port(), options.clone(), Some(Until::End), StartAt::Configured);
    assert_eq!(ids(&reading.rest()), [1, 2, 3]);
    // One process reads the prepare, the next the commit.
    prepare(&server, "three", 4);
    let at = StartAt::Position(reading.position.clone().unwrap());
    let mut reading = Reading::start(server.port(), options.clone(), Some(Until::End), at);
    assert_eq!(ids(&reading.rest()), [4]);
    let at = StartAt::Position(reading.position.clone().unwrap());
    drop(reading);
    decide(&mut client, "XA COMMIT 'three'");
    client.execute("INSERT INTO d.t VALUES (5)").unwrap();
    assert_eq!(ids(&Reading::start(server.port(), options, Some(Until::End), at).rest()), [5]);
}

fn a_rollback_stops_once(flavour: Flavour) {
    let (server, mut client) = server(flavour);
    let options = options("d", Start::File(client.log_end().unwrap().to_string()));
    prepare(&server, "one", 1);
    decide(&mut client, "XA ROLLBACK 'one'");
    client.execute("INSERT INTO d.t VALUES (2)").unwrap();
    let mut reading = Reading::start(server.port(), options.clone(), Some(Until::End), StartAt::Configured);
    assert_eq!(ids(&reading.chunk_with_items(ROOM)), [1]);
    let error = reading.error();
    assert_eq!(error.class(), Class::Fatal);
    assert!(error.to_string().contains("was rolled back") && error.to_string().contains("6f6e65"), "{error}");
    let at = StartAt::Position(reading.position.clone().unwrap());
    drop(reading);
    assert_eq!(ids(&Reading::start(server.port(), options, Some(Until::End), at).rest()), [2]);
}

fn what_is_prepared_at_the_start_is_waited_for(flavour: Flavour) {
    let (server, mut client) = server(flavour);
    prepare(&server, "one", 1);
    for start in [Start::Snapshot, Start::Latest] {
        let mut reading = Reading::new(server.port(), options("d", start), Some(Until::End));
        let error = reading.try_start(StartAt::Configured).unwrap_err();
        assert_eq!(error.class(), Class::Transient, "{error}");
        assert!(error.to_string().contains("1 XA transactions are prepared"), "{error}");
    }
    decide(&mut client, "XA COMMIT 'one'");
    let options = options("d", Start::Snapshot);
    let mut reading = Reading::start(server.port(), options, Some(Until::End), StartAt::Configured);
    assert_eq!(ids(&reading.rest()), [1]);
}
