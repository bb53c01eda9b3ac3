//! Where a source begins.

use sluicegate_connector::{Class, StartAt};
use sluicegate_model::{Moment, RowKind};
use sluicegate_mysql::SourceOptions;
use sluicegate_mysql::source::{Start, Until};
use sluicegate_test_servers::{Flavour, MySql, MySqlOptions};

use super::support::{Reading, changes, database, events, ids, on_each_server, options, purge};

on_each_server! {
    rows_come_as_they_were_changed,
    a_pipeline_that_has_never_run_is_told_where_to_begin,
    the_latest_is_after_everything,
    a_gtid_is_a_place,
    a_moment_is_a_place,
    the_earliest_is_the_first_file,
    a_log_that_is_gone_stops_with_choices,
}

fn rows_come_as_they_were_changed(flavour: Flavour) {
    let mut database = database(flavour);
    let port = database.port();
    let name = database.name().to_owned();
    let client = database.client();
    let start = Start::File(client.log_end().unwrap().to_string());
    client.execute("CREATE TABLE orders (id BIGINT PRIMARY KEY, note VARCHAR(20), secret INT)").unwrap();
    client.execute("CREATE TABLE other (id BIGINT PRIMARY KEY)").unwrap();
    client.execute("INSERT INTO orders VALUES (1, 'one', 7), (2, NULL, 8)").unwrap();
    client.execute("INSERT INTO other VALUES (99)").unwrap();
    client.execute("UPDATE orders SET note = 'two' WHERE id = 2").unwrap();
    client.execute("DELETE FROM orders WHERE id = 1").unwrap();

    let options = SourceOptions {
        exclude_tables: vec![format!("{name}.other")],
        exclude_columns: vec![format!("{name}.orders.secret")],
        ..options(&name, start)
    };
    let items = Reading::start(port, options, Some(Until::End), StartAt::Configured).rest();
    let row = |kind, id: &str, note: &str| (kind, vec![id.to_owned(), note.to_owned()]);
    assert_eq!(
        changes(&items),
        [
            row(RowKind::Insert, "1", "one"),
            row(RowKind::Insert, "2", "NULL"),
            row(RowKind::UpdateBefore, "2", "NULL"),
            row(RowKind::UpdateAfter, "2", "two"),
            row(RowKind::Delete, "1", "one"),
        ]
    );
    assert!(events(&items).is_empty());
}

fn a_pipeline_that_has_never_run_is_told_where_to_begin(flavour: Flavour) {
    let database = database(flavour);
    let options = options(database.name(), Start::Committed);
    let error = Reading::new(database.port(), options, None).try_start(StartAt::Configured).unwrap_err();
    assert_eq!(error.class(), Class::Configuration);
    assert!(error.to_string().contains("`start`"), "{error}");
}

fn the_latest_is_after_everything(flavour: Flavour) {
    let mut database = database(flavour);
    let (port, name) = (database.port(), database.name().to_owned());
    let client = database.client();
    client.execute("CREATE TABLE t (id BIGINT PRIMARY KEY)").unwrap();
    client.execute("INSERT INTO t VALUES (1)").unwrap();
    let mut reading = Reading::start(port, options(&name, Start::Latest), None, StartAt::Configured);
    // Where it begins is told first: after a crash it does not begin later.
    let first = reading.chunk(1 << 20).unwrap();
    assert_eq!((first.records, &first.from), (0, &first.to));
    client.execute("INSERT INTO t VALUES (2)").unwrap();
    assert_eq!(ids(&reading.chunk_with_items(1 << 20)), [2]);
}

fn a_gtid_is_a_place(flavour: Flavour) {
    let mut database = database(flavour);
    let (port, name) = (database.port(), database.name().to_owned());
    let client = database.client();
    client.execute("CREATE TABLE t (id BIGINT PRIMARY KEY)").unwrap();
    client.execute("INSERT INTO t VALUES (1)").unwrap();
    let question = match flavour {
        Flavour::MariaDb => "SELECT @@gtid_binlog_pos",
        Flavour::MySql => "SELECT @@gtid_executed",
    };
    let gtids = client.lines(question).unwrap().remove(0);
    client.execute("INSERT INTO t VALUES (2)").unwrap();
    client.execute("INSERT INTO t VALUES (3)").unwrap();
    let options = options(&name, Start::Gtid(gtids));
    let mut reading = Reading::start(port, options.clone(), Some(Until::End), StartAt::Configured);
    assert_eq!(ids(&reading.rest()), [2, 3]);
    // A position that was read up to names the transactions.
    let at = reading.position.clone().unwrap();
    assert!(at.at.contains_key("gtids") || at.at.contains_key("mariadb_gtids"), "{at}");
    client.execute("INSERT INTO t VALUES (4)").unwrap();
    let mut reading = Reading::start(port, options, Some(Until::End), StartAt::Position(at));
    assert_eq!(ids(&reading.rest()), [4]);
}

fn a_moment_is_a_place(flavour: Flavour) {
    // A server of its own: files of the log that others write would be searched too.
    let server = MySql::start(MySqlOptions::new(flavour)).unwrap();
    let mut client = server.client().unwrap();
    client.execute("CREATE DATABASE d").unwrap();
    client.execute("CREATE TABLE d.t (id BIGINT PRIMARY KEY)").unwrap();
    // Transactions carry the time that their session says it is.
    let at = |seconds: i64| format!("SET timestamp = {seconds}");
    let now: i64 = client.lines("SELECT UNIX_TIMESTAMP()").unwrap()[0].parse().unwrap();
    client.execute(&at(now + 10)).unwrap();
    client.execute("INSERT INTO d.t VALUES (1)").unwrap();
    client.execute("FLUSH BINARY LOGS").unwrap();
    client.execute(&at(now + 20)).unwrap();
    client.execute("INSERT INTO d.t VALUES (2)").unwrap();
    client.execute(&at(now + 30)).unwrap();
    client.execute("INSERT INTO d.t VALUES (3)").unwrap();
    let start = |seconds: i64| Start::Timestamp(Moment(seconds * 1000));
    let read = |seconds| {
        let options = options("d", start(seconds));
        ids(&Reading::start(server.port(), options, Some(Until::End), StartAt::Configured).rest())
    };
    if flavour == Flavour::MariaDb {
        assert_eq!(read(now + 25), [3]);
        assert_eq!(read(now + 20), [2, 3]);
    }
    assert_eq!(read(now - 3600), [1, 2, 3]);
}

fn the_earliest_is_the_first_file(flavour: Flavour) {
    let server = MySql::start(MySqlOptions::new(flavour)).unwrap();
    let mut client = server.client().unwrap();
    client.execute("CREATE DATABASE d").unwrap();
    client.execute("CREATE TABLE d.t (id BIGINT PRIMARY KEY)").unwrap();
    client.execute("INSERT INTO d.t VALUES (1)").unwrap();
    client.execute("FLUSH BINARY LOGS").unwrap();
    client.execute("INSERT INTO d.t VALUES (2)").unwrap();
    let options = options("d", Start::Earliest);
    let mut reading = Reading::start(server.port(), options, Some(Until::End), StartAt::Configured);
    assert_eq!(ids(&reading.rest()), [1, 2]);
    // The file's first event names the transactions before it.
    let at = reading.position.unwrap();
    assert!(at.at.contains_key("gtids") || at.at.contains_key("mariadb_gtids"), "{at}");
}

fn a_log_that_is_gone_stops_with_choices(flavour: Flavour) {
    let server = MySql::start(MySqlOptions::new(flavour)).unwrap();
    let mut client = server.client().unwrap();
    client.execute("CREATE DATABASE d").unwrap();
    client.execute("CREATE TABLE d.t (id BIGINT PRIMARY KEY)").unwrap();
    let options = options("d", Start::Earliest);
    let mut reading = Reading::start(server.port(), options.clone(), Some(Until::End), StartAt::Configured);
    reading.rest();
    let at = reading.position.clone().unwrap();
    drop(reading);
    for id in 1..=3 {
        client.execute(&format!("INSERT INTO d.t VALUES ({id})")).unwrap();
    }
    purge(&mut client);
    let error = Reading::new(server.port(), options, None).try_start(StartAt::Position(at)).unwrap_err();
    assert_eq!(error.class(), Class::Fatal, "{error}");
    let text = error.to_string();
    let kept = client.lines("SHOW BINARY LOGS").unwrap().remove(0);
    let kept = format!("{}:4", kept.split('|').next().unwrap());
    for part in [
        "no longer has",
        "positions reset",
        "--resnapshot",
        "on_purged",
        &kept,
        &client.log_end().unwrap().to_string(),
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
}
