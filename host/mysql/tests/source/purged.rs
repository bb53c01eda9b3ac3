//! Logs that are gone, and tables that are read again.

use std::collections::BTreeMap;

use sluicegate_connector::{Class, StartAt};
use sluicegate_model::{Item, Position, RowKind};
use sluicegate_mysql::SourceOptions;
use sluicegate_mysql::source::{OnPurged, Start, Until};
use sluicegate_test_servers::{Flavour, MySql, MySqlClient, MySqlOptions};

use super::support::{ROOM, Reading, changes, kill_readers, on_each_server, options, purge};

on_each_server! {
    tables_are_copied_anew,
    a_log_that_goes_while_it_is_read,
    rows_without_keys_are_not_doubled,
    a_table_is_read_again_once,
}

/// A server with a table of numbered rows.
fn server(flavour: Flavour) -> (MySql, MySqlClient) {
    let server = MySql::start(MySqlOptions::new(flavour)).unwrap();
    let mut client = server.client().unwrap();
    client.execute("CREATE DATABASE d").unwrap();
    client.execute("CREATE TABLE d.t (id BIGINT PRIMARY KEY, version BIGINT)").unwrap();
    let values: Vec<String> = (0..1_000).map(|id| format!("({id}, 0)")).collect();
    client.execute(&format!("INSERT INTO d.t VALUES {}", values.join(","))).unwrap();
    (server, client)
}

fn resnapshots() -> SourceOptions {
    SourceOptions { on_purged: OnPurged::Resnapshot, ..options("d", Start::Snapshot) }
}

/// The table that changes make: versions by number.
fn apply(copy: &mut BTreeMap<String, String>, items: &[Item]) {
    for (kind, mut cells) in changes(items) {
        let (version, id) = (cells.pop().unwrap(), cells.pop().unwrap());
        match kind {
            RowKind::Delete | RowKind::UpdateBefore => drop(copy.remove(&id)),
            RowKind::Insert | RowKind::UpdateAfter => drop(copy.insert(id, version)),
        }
    }
}

fn table(client: &mut MySqlClient) -> BTreeMap<String, String> {
    let line = |line: String| {
        let (id, version) = line.split_once('|').unwrap();
        (id.to_owned(), version.to_owned())
    };
    client.lines("SELECT id, version FROM d.t").unwrap().into_iter().map(line).collect()
}

fn ordinal(position: &Position) -> i64 {
    position.number("ordinal").unwrap()
}

/// What was changed while the log was gone is there, but for rows that were deleted then.
fn tables_are_copied_anew(flavour: Flavour) {
    let (server, mut client) = server(flavour);
    let mut copy = BTreeMap::new();
    let mut reading = Reading::start(server.port(), resnapshots(), Some(Until::End), StartAt::Configured);
    apply(&mut copy, &reading.rest());
    let at = reading.position.clone().unwrap();
    drop(reading);
    client.execute("UPDATE d.t SET version = 1 WHERE id < 500").unwrap();
    client.execute("INSERT INTO d.t VALUES (2000, 1)").unwrap();
    client.execute("DELETE FROM d.t WHERE id = 7").unwrap();
    purge(&mut client);
    client.execute("UPDATE d.t SET version = 2 WHERE id = 600").unwrap();
    let start = StartAt::Position(at.clone());
    let mut reading = Reading::start(server.port(), resnapshots(), Some(Until::End), start);
    reading.position = Some(at.clone());
    apply(&mut copy, &reading.rest());
    assert_eq!(copy.remove("7").as_deref(), Some("0"), "nothing takes it out");
    assert_eq!(copy, table(&mut client));
    let later = reading.position.clone().unwrap();
    assert!(ordinal(&later) >= ordinal(&at), "{at} and {later}");
    // From there on the log is enough.
    drop(reading);
    client.execute("DELETE FROM d.t WHERE id = 8").unwrap();
    let mut reading =
        Reading::start(server.port(), resnapshots(), Some(Until::End), StartAt::Position(later));
    let items = reading.rest();
    assert_eq!(changes(&items).len(), 1);
    apply(&mut copy, &items);
    assert_eq!(copy, table(&mut client));
}

fn a_log_that_goes_while_it_is_read(flavour: Flavour) {
    let (server, mut client) = server(flavour);
    let mut copy = BTreeMap::new();
    let mut reading = Reading::start(server.port(), resnapshots(), None, StartAt::Configured);
    while copy.len() < 1_000 {
        apply(&mut copy, &reading.chunk_with_items(ROOM));
    }
    client.execute("UPDATE d.t SET version = 1 WHERE id = 1").unwrap();
    while copy["1"] != "1" {
        apply(&mut copy, &reading.chunk_with_items(ROOM));
    }
    client.execute("UPDATE d.t SET version = 2 WHERE id = 2").unwrap();
    kill_readers(&mut client);
    purge(&mut client);
    client.execute("UPDATE d.t SET version = 3 WHERE id = 3").unwrap();
    while copy["2"] != "2" || copy["3"] != "3" {
        match reading.try_chunk(ROOM) {
            Ok(chunk) => apply(&mut copy, &super::support::items(&chunk.unwrap())),
            Err(error) => assert_eq!(error.class(), Class::Transient, "{error}"),
        }
    }
    assert_eq!(copy, table(&mut client));
}

fn rows_without_keys_are_not_doubled(flavour: Flavour) {
    let (server, mut client) = server(flavour);
    client.execute("CREATE TABLE d.keyless (id BIGINT, version BIGINT)").unwrap();
    client.execute("INSERT INTO d.keyless VALUES (1, 1)").unwrap();
    let mut reading = Reading::start(server.port(), resnapshots(), Some(Until::End), StartAt::Configured);
    reading.rest();
    let at = StartAt::Position(reading.position.clone().unwrap());
    drop(reading);
    client.execute("INSERT INTO d.keyless VALUES (2, 2)").unwrap();
    purge(&mut client);
    let error = Reading::new(server.port(), resnapshots(), None).try_start(at.clone()).unwrap_err();
    assert_eq!(error.class(), Class::Fatal, "{error}");
    assert!(error.to_string().contains("d.keyless") && error.to_string().contains("--resnapshot"), "{error}");
    // Whoever asks for it gets it, under any policy.
    let options = options("d", Start::Snapshot);
    let mut reading = Reading::new(server.port(), options, Some(Until::End)).resnapshot(&[]);
    reading.try_start(at).unwrap();
    assert_eq!(changes(&reading.rest()).len(), 1_002);
}

/// A pipeline that began in the log gets one table's rows, and no other's.
fn a_table_is_read_again_once(flavour: Flavour) {
    let (server, mut client) = server(flavour);
    client.execute("CREATE TABLE d.other (id BIGINT PRIMARY KEY, version BIGINT)").unwrap();
    client.execute("INSERT INTO d.other VALUES (1, 1)").unwrap();
    let options = options("d", Start::Latest);
    let mut reading = Reading::start(server.port(), options.clone(), Some(Until::End), StartAt::Configured);
    assert_eq!(changes(&reading.rest()), []);
    let at = reading.position.clone().unwrap();
    drop(reading);
    client.execute("UPDATE d.other SET version = 2").unwrap();
    client.execute("UPDATE d.t SET version = 2 WHERE id = 5").unwrap();
    let unknown = Reading::new(server.port(), options.clone(), None)
        .resnapshot(&["d.missing"])
        .try_start(StartAt::Position(at.clone()))
        .unwrap_err();
    assert!(unknown.class() == Class::Configuration && unknown.to_string().contains("d.other"), "{unknown}");
    let mut reading = Reading::new(server.port(), options.clone(), Some(Until::End)).resnapshot(&["d.t"]);
    reading.position = Some(at.clone());
    reading.try_start(StartAt::Position(at)).unwrap();
    let told = reading.chunk(ROOM).unwrap();
    assert_eq!(told.records, 0);
    // An epoch that failed: the same run goes on from what was decided, and does not begin anew.
    let mut copy = BTreeMap::new();
    let mut first = reading.chunk_with_items(ROOM);
    first.extend(reading.rest());
    let end = reading.position.clone().unwrap();
    reading.try_start(StartAt::Position(end)).unwrap();
    assert_eq!(changes(&reading.rest()), [], "it was read");
    let (others, own): (Vec<_>, Vec<_>) = first
        .into_iter()
        .partition(|item| matches!(item, Item::Rows(batch) if batch.table().as_str() == "d.other"));
    assert_eq!(changes(&others).len(), 2, "the update alone");
    apply(&mut copy, &own);
    assert_eq!(copy, table(&mut client));
    // A later run reads the log alone.
    let at = StartAt::Position(reading.position.clone().unwrap());
    drop(reading);
    client.execute("CREATE TABLE d.later (id BIGINT PRIMARY KEY)").unwrap();
    let mut reading = Reading::start(server.port(), options, Some(Until::End), at);
    assert_eq!(changes(&reading.rest()), []);
}
