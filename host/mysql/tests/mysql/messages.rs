//! What a person reads whose target does not do.

use arrow_array::{Int64Array, StringArray, TimestampMicrosecondArray};
use sluicegate_connector::{Class, Error};
use sluicegate_mysql::Secret;
use sluicegate_test_servers::{Flavour, MySqlClient};

use crate::support::{Process, column, connection, database, inserts, on_each_server, options, refused};

on_each_server!(
    a_wrong_password,
    a_missing_database,
    a_missing_table,
    all_that_does_not_fit_is_told_at_once,
    a_table_without_a_key,
    a_row_that_no_packet_takes,
    our_own_tables,
);

fn told(error: &Error, class: Class, words: &[&str]) {
    let text = error.to_string();
    assert_eq!(error.class(), class, "{text}");
    for word in words {
        assert!(text.contains(word), "{word:?} is not in {text}");
    }
}

fn a_wrong_password(flavour: Flavour) {
    let database = database(flavour);
    let mut wrong = connection(database.port(), database.name());
    wrong.password = Some(Secret::new("hush-hush"));
    let error = Process::new(&wrong, options("{}")).prepare(&[]).unwrap_err();
    let address = format!("127.0.0.1:{}", database.port());
    told(&error, Class::Configuration, &[&address, "as test", "1045", "check `user` and `password`"]);
    assert!(!format!("{error} {error:?}").contains("hush"), "{error}");
}

fn a_missing_database(flavour: Flavour) {
    let database = database(flavour);
    let missing = connection(database.port(), "not_there");
    let error = Process::new(&missing, options("{}")).prepare(&[]).unwrap_err();
    told(&error, Class::Configuration, &["1049", "not_there", "make the database"]);
}

fn a_missing_table(flavour: Flavour) {
    let database = database(flavour);
    let mut process = Process::new(&connection(database.port(), database.name()), options("{}"));
    let batch = inserts("t", &["id"], 0, vec![column("id", Int64Array::from(vec![1]))]);
    let error = process.prepare(&[batch]).unwrap_err();
    let name = format!("{}.t", database.name());
    let create = format!("CREATE TABLE `{}`.`t` (`id` BIGINT NOT NULL, PRIMARY KEY (`id`))", database.name());
    told(&error, Class::Configuration, &[&name, "it does not exist", "`create_tables: true`", &create]);
}

fn all_that_does_not_fit_is_told_at_once(flavour: Flavour) {
    let mut database = database(flavour);
    let tables = [
        "CREATE TABLE one (id BIGINT PRIMARY KEY, at TIMESTAMP NULL, must INT NOT NULL, n INT, g INT AS (n + 1) STORED)",
        "CREATE TABLE two (id BIGINT, region INT, PRIMARY KEY (id, region))",
        "CREATE TABLE three (id BIGINT PRIMARY KEY) ENGINE=MyISAM",
    ];
    for table in tables {
        database.client().execute(table).unwrap();
    }
    let mut process = Process::new(&connection(database.port(), database.name()), options("{}"));
    let id = || column("id", Int64Array::from(vec![1]));
    let wall = || TimestampMicrosecondArray::from(vec![0]);
    let one = vec![
        id(),
        column("at", wall()),
        column("n", wall()),
        column("extra", StringArray::from(vec!["x"])),
        column("g", Int64Array::from(vec![1])),
    ];
    let batches = [
        inserts("one", &["id"], 0, one),
        inserts("two", &["id"], 0, vec![id()]),
        inserts("three", &["id"], 0, vec![id()]),
    ];
    let error = process.prepare(&batches).unwrap_err();
    told(
        &error,
        Class::Configuration,
        &[
            "its column at is timestamp: a wall clock without a zone is no instant",
            "its column n is int",
            "timestamp(us) cannot be written to it: cast it in a step",
            "it has no column extra: add it (ALTER TABLE",
            "set `on_schema_change`",
            "its column g is computed by the server",
            "its column must takes no NULL and has no default",
            "its primary key is (id, region), and the key of the rows is (id)",
            "its engine, MyISAM, knows no transactions",
        ],
    );
}

fn a_table_without_a_key(flavour: Flavour) {
    let mut database = database(flavour);
    database.client().execute("CREATE TABLE t (id BIGINT)").unwrap();
    let mut process = Process::new(&connection(database.port(), database.name()), options("{}"));
    let batch = inserts("t", &["id"], 0, vec![column("id", Int64Array::from(vec![1]))]);
    let error = process.prepare(&[batch]).unwrap_err();
    told(&error, Class::Configuration, &["table", ".t: it has no primary key", "set `write: insert`"]);
}

fn a_row_that_no_packet_takes(flavour: Flavour) {
    let mut database = database(flavour);
    let packet: usize =
        database.client().lines("SELECT @@global.max_allowed_packet").unwrap()[0].parse().unwrap();
    database.client().execute("CREATE TABLE t (id BIGINT PRIMARY KEY, a LONGTEXT)").unwrap();
    let mut process = Process::new(&connection(database.port(), database.name()), options("{}"));
    process.take();
    let long = "x".repeat(packet);
    let columns = vec![
        column("id", Int64Array::from(vec![1, 2])),
        column("a", StringArray::from(vec!["s", long.as_str()])),
    ];
    let told = refused(process.epoch(&[inserts("t", &["id"], 0, columns)]));
    assert!(told.len() == 1 && told[0].0 == 1, "{}", told.len());
    assert!(told[0].1.contains("`max_allowed_packet`"), "{}", told[0].1);
}

fn our_own_tables(flavour: Flavour) {
    let database = database(flavour);
    let mut process = Process::new(&connection(database.port(), database.name()), options("{}"));
    process.take();
    let batch = inserts("Sluicegate_Positions", &["id"], 0, vec![column("id", Int64Array::from(vec![1]))]);
    let error = process.prepare(&[batch]).unwrap_err();
    told(&error, Class::Configuration, &["is the sink's own table"]);
}

#[test]
fn nobody_answers() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = Process::new(&connection(port, MySqlClient::USER), options("{}")).prepare(&[]).unwrap_err();
    told(&error, Class::Transient, &["no connection to 127.0.0.1", "as test"]);
}
