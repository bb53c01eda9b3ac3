//! Servers that are set up in other ways.

use sluicegate_connector::{Class, StartAt};
use sluicegate_mysql::SourceOptions;
use sluicegate_mysql::source::{ColumnsFrom, Start, Until};
use sluicegate_test_servers::Flavour;

use super::support::{Reading, batches, changes, ids, on_each_server, options, own};

on_each_server! {
    a_log_without_names_needs_the_servers_help,
    a_server_that_logs_statements_is_refused,
    rows_that_were_logged_as_statements_are_missed,
}

fn a_log_without_names_needs_the_servers_help(flavour: Flavour) {
    let metadata = if flavour == Flavour::MariaDb { "NO_LOG" } else { "MINIMAL" };
    let server = own(flavour, &[("binlog-row-metadata", metadata)]);
    let mut client = server.client().unwrap();
    client
        .execute("CREATE TABLE d.t (n BIGINT UNSIGNED PRIMARY KEY, e ENUM('a','it''s'), m MEDIUMINT)")
        .unwrap();
    client.execute("INSERT INTO d.t VALUES (18446744073709551615, 'it''s', -1)").unwrap();
    let log = options("d", Start::Earliest);
    let error = Reading::start(server.port(), log.clone(), Some(Until::End), StartAt::Configured).error();
    assert_eq!(error.class(), Class::Fatal);
    let text = error.to_string();
    assert!(text.contains("binlog_row_metadata = FULL") && text.contains("d.t"), "{text}");

    let helped = SourceOptions { columns_from: ColumnsFrom::InformationSchema, ..log };
    let mut reading = Reading::start(server.port(), helped.clone(), None, StartAt::Configured);
    let items = reading.chunk_with_items(1 << 20);
    assert_eq!(changes(&items)[0].1, ["18446744073709551615", "it's", "-1"]);
    assert_eq!(batches(&items)[0].primary_key()[..], ["n".to_owned()]);
    // What is known is read again after the table changed.
    client.execute("ALTER TABLE d.t ADD COLUMN more INT").unwrap();
    client.execute("INSERT INTO d.t VALUES (1, 'a', 1, 5)").unwrap();
    let mut items = Vec::new();
    while batches(&items).is_empty() {
        items.extend(reading.chunk_with_items(1 << 20));
    }
    assert_eq!(changes(&items)[0].1, ["1", "a", "1", "5"]);
}

fn a_server_that_logs_statements_is_refused(flavour: Flavour) {
    let server = own(flavour, &[("binlog-format", "STATEMENT")]);
    let mut reading = Reading::new(server.port(), options("d", Start::Earliest), None);
    let error = reading.try_start(StartAt::Configured).unwrap_err();
    assert_eq!(error.class(), Class::Configuration);
    assert!(error.to_string().contains("SET GLOBAL binlog_format = ROW"), "{error}");
}

fn rows_that_were_logged_as_statements_are_missed(flavour: Flavour) {
    let server = own(flavour, &[]);
    let mut client = server.client().unwrap();
    client.execute("CREATE TABLE d.t (id BIGINT PRIMARY KEY)").unwrap();
    client.execute("CREATE DATABASE e").unwrap();
    client.execute("CREATE TABLE e.t (id BIGINT PRIMARY KEY)").unwrap();
    client.execute("INSERT INTO d.t VALUES (1)").unwrap();
    client.execute("SET SESSION binlog_format = STATEMENT").unwrap();
    client.execute("INSERT INTO e.t VALUES (1)").unwrap();
    client.execute("INSERT INTO d.t VALUES (2)").unwrap();
    let mut reading =
        Reading::start(server.port(), options("d", Start::Earliest), Some(Until::End), StartAt::Configured);
    assert_eq!(ids(&reading.chunk_with_items(1 << 20)), [1]);
    let error = reading.error();
    assert_eq!(error.class(), Class::Fatal);
    let text = error.to_string();
    assert!(text.contains("as a statement") && text.contains("INSERT INTO d.t"), "{text}");
}
