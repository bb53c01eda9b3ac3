//! What is said of a server before a run.

use sluicegate_connector::{Class, StartAt};
use sluicegate_model::Position;
use sluicegate_mysql::source::{Start, Until};
use sluicegate_mysql::{Connection, MySqlSource, Secret, SourceOptions};
use sluicegate_test_servers::{Flavour, MySql};

use super::support::{Reading, connection, on_each_server, options, own, purge};

on_each_server! {
    all_that_is_missing_is_told_at_once,
    a_user_without_rights_is_told_the_grants,
    what_a_person_should_know,
    a_position_that_is_gone_is_told,
}

fn check(
    connection: &Connection,
    options: SourceOptions,
    position: Option<&Position>,
) -> Result<Vec<String>, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let source = MySqlSource::new(connection, options, "checks", "a").unwrap();
    runtime.block_on(source.check(position)).map_err(|error| {
        assert!(matches!(error.class(), Class::Configuration), "{error}");
        error.to_string()
    })
}

#[track_caller]
fn says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
}

/// A server with a table.
fn with_table(flavour: Flavour, settings: &[(&str, &str)]) -> MySql {
    let server = own(flavour, settings);
    server.client().unwrap().execute("CREATE TABLE d.t (id BIGINT PRIMARY KEY)").unwrap();
    server
}

fn all_that_is_missing_is_told_at_once(flavour: Flavour) {
    let metadata = if flavour == Flavour::MariaDb { "NO_LOG" } else { "MINIMAL" };
    let settings = [
        ("binlog-format", "STATEMENT"),
        ("binlog-row-image", "MINIMAL"),
        ("binlog-row-metadata", metadata),
        ("server-id", "4711"),
    ];
    let server = with_table(flavour, &settings);
    let options = SourceOptions { server_id: Some(4711), ..options("nothing", Start::Snapshot) };
    let told = check(&connection(server.port()), options, None).unwrap_err();
    says(
        &told,
        &[
            "SET GLOBAL binlog_format = ROW",
            "SET GLOBAL binlog_row_image = FULL",
            "SET GLOBAL binlog_row_metadata = FULL",
            "4711, is the server's own",
            "matches no table",
        ],
    );
}

fn a_user_without_rights_is_told_the_grants(flavour: Flavour) {
    let server = with_table(flavour, &[]);
    let mut client = server.client().unwrap();
    client.execute("CREATE USER reader@'%' IDENTIFIED BY 'hush'").unwrap();
    client.execute("GRANT INSERT ON d.t TO reader@'%'").unwrap();
    let url = format!("mysql://127.0.0.1:{}", server.port());
    let reader = Connection::plain(url, "reader", Some(Secret::new("hush")));
    let ready = || check(&reader, options("d", Start::Snapshot), None);
    let monitor = if flavour == Flavour::MariaDb {
        "GRANT BINLOG MONITOR ON *.*"
    } else {
        "GRANT REPLICATION CLIENT ON *.*"
    };
    says(
        &ready().unwrap_err(),
        &[&format!("{monitor} TO 'reader'@'%'"), "GRANT SELECT ON d.t TO 'reader'@'%'"],
    );
    client.execute("GRANT REPLICATION CLIENT ON *.* TO reader@'%'").unwrap();
    let told = ready().unwrap_err();
    says(&told, &["GRANT REPLICATION SLAVE ON *.* TO 'reader'@'%'", "GRANT SELECT ON d.t"]);
    assert!(!told.contains(monitor) && !told.contains("hush"), "{told}");
    client.execute("GRANT REPLICATION SLAVE ON *.* TO reader@'%'").unwrap();
    client.execute("GRANT SELECT ON d.* TO reader@'%'").unwrap();
    ready().unwrap();
}

fn what_a_person_should_know(flavour: Flavour) {
    let settings: &[(&str, &str)] = match flavour {
        Flavour::MariaDb => &[("binlog-expire-logs-seconds", "3600")],
        Flavour::MySql => &[
            ("binlog-expire-logs-seconds", "3600"),
            ("gtid-mode", "OFF"),
            ("enforce-gtid-consistency", "OFF"),
        ],
    };
    let server = with_table(flavour, settings);
    let mut options = options("d", Start::Snapshot);
    options.tables.extend(["d.missing".to_owned(), "^shop_[0-9]+[.]orders".to_owned()]);
    let mut reading = Reading::start(
        server.port(),
        SourceOptions { server_id: Some(77), ..options.clone() },
        None,
        StartAt::Configured,
    );
    reading.chunk(1 << 20);
    options.server_id = Some(77);
    let notes = check(&connection(server.port()), options.clone(), None).unwrap().join("\n");
    says(
        &notes,
        &["after 3600 s", "binlog_expire_logs_seconds = 604800", "\"d.missing\"", "^shop_[0-9]+[.]orders"],
    );
    assert!(!notes.contains("\"^d[.].*\""), "{notes}");
    if flavour == Flavour::MySql {
        says(&notes, &["gtid_mode=OFF", "SET GLOBAL gtid_mode"]);
        options.urls = vec![format!("mysql://127.0.0.1:{}", server.port())];
        let told = check(&connection(server.port()), options, None).unwrap_err();
        says(&told, &["`urls` need them"]);
    }
}

fn a_position_that_is_gone_is_told(flavour: Flavour) {
    let server = with_table(flavour, &[]);
    let mut client = server.client().unwrap();
    let options = options("d", Start::Snapshot);
    let mut reading = Reading::start(server.port(), options.clone(), Some(Until::End), StartAt::Configured);
    reading.rest();
    let at = reading.position.clone().unwrap();
    drop(reading);
    let ready = || check(&connection(server.port()), options.clone(), Some(&at));
    ready().unwrap();
    client.execute("INSERT INTO d.t VALUES (1)").unwrap();
    purge(&mut client);
    says(&ready().unwrap_err(), &["no longer has", "--resnapshot"]);
}
