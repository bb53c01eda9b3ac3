//! Connections that end, answers that are lost, shards that did not come as far as others.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arrow_array::{Int64Array, StringArray};
use sluicegate_connector::{Class, WriteError};
use sluicegate_model::{ChangeBatch, RowKind};
use sluicegate_test_servers::{Database, Flavour, MySql, MySqlOptions, SmallDisk};

use crate::support::{
    Process, column, connection, database, error, inserts, on_each_server, options, simple,
};

use RowKind::{Insert as I, UpdateAfter as A};

on_each_server!(
    a_killed_connection_loses_its_epoch_alone,
    a_lost_commit_is_found_made,
    uneven_shards_do_not_write_twice,
    connections_that_wait_for_each_other_become_one,
    a_server_that_comes_back,
    a_full_disk,
    a_full_tablespace,
);

const TABLE: &str = "CREATE TABLE t (id BIGINT PRIMARY KEY, a VARCHAR(40), b VARCHAR(40))";
/// Every change is a row: a row twice is seen.
const LOG: &str = "CREATE TABLE log (id BIGINT, a VARCHAR(40), b VARCHAR(40))";

fn with_tables(flavour: Flavour) -> Database {
    let mut database = database(flavour);
    database.client().execute(TABLE).unwrap();
    database.client().execute(LOG).unwrap();
    database
}

fn may_be_tried_again(error: &WriteError) -> bool {
    matches!(error, WriteError::Error(error) if !matches!(error.class(), Class::Fatal | Class::Configuration))
}

/// What the engine does after an error: aborts, and takes the lane again where that was not acknowledged.
fn recover(process: &mut Process) -> u64 {
    let _ = process.abort();
    process.try_take().unwrap().at.clone().into_offset()
}

trait IntoOffset {
    fn into_offset(self) -> u64;
}

impl IntoOffset for sluicegate_connector::StartAt {
    fn into_offset(self) -> u64 {
        match self {
            Self::Position(position) => position.number("offset").unwrap() as u64,
            _ => 0,
        }
    }
}

fn a_killed_connection_loses_its_epoch_alone(flavour: Flavour) {
    let mut database = with_tables(flavour);
    let mut process =
        Process::new(&connection(database.port(), database.name()), options(r#"{"write": "insert"}"#));
    process.take();
    process.epoch(&[simple("log", 0, &[(I, 1, None, None)])]).unwrap();
    process.write(&simple("log", 1, &[(I, 2, None, None)])).unwrap();
    let id = database.client().lines("SELECT connection FROM sluicegate_positions").unwrap().remove(0);
    database.client().execute(&format!("KILL {id}")).unwrap();
    let failed = process.commit(2).unwrap_err();
    assert!(may_be_tried_again(&failed), "{failed:?}");
    assert_eq!(recover(&mut process), 1);
    process.epoch(&[simple("log", 1, &[(I, 2, None, None)])]).unwrap();
    // Killed while nothing is open: nobody notices.
    let id = database.client().lines("SELECT connection FROM sluicegate_positions").unwrap().remove(0);
    database.client().execute(&format!("KILL {id}")).unwrap();
    if process.epoch(&[simple("log", 2, &[(I, 3, None, None)])]).is_err() {
        assert_eq!(recover(&mut process), 2);
        process.epoch(&[simple("log", 2, &[(I, 3, None, None)])]).unwrap();
    }
    assert_eq!(database.client().lines("SELECT id FROM log ORDER BY id").unwrap(), ["1", "2", "3"]);
}

/// Passes bytes on, and cuts the client off right after a commit went to the server, when it is told to.
struct Proxy {
    port: u16,
    cut: Arc<AtomicBool>,
}

impl Proxy {
    fn new(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let cut = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&cut);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let upstream = TcpStream::connect(("127.0.0.1", server)).unwrap();
                let flag = Arc::clone(&flag);
                std::thread::spawn(move || pass(client, upstream, &flag));
            }
        });
        Self { port, cut }
    }
}

fn pass(client: TcpStream, server: TcpStream, cut: &AtomicBool) {
    let (mut from_server, mut to_client) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    let mute = Arc::new(AtomicBool::new(false));
    let muted = Arc::clone(&mute);
    let back = std::thread::spawn(move || {
        let mut bytes = vec![0; 64 << 10];
        while let Ok(count @ 1..) = from_server.read(&mut bytes) {
            // The server has committed, and nobody hears of it.
            if muted.load(Ordering::SeqCst) || to_client.write_all(&bytes[..count]).is_err() {
                break;
            }
        }
        let _ = to_client.shutdown(Shutdown::Both);
    });
    let (mut from_client, mut to_server) = (client, server);
    let mut bytes = vec![0; 64 << 10];
    while let Ok(count @ 1..) = from_client.read(&mut bytes) {
        let commits = bytes[..count].windows(6).any(|bytes| bytes == b"COMMIT");
        if commits && cut.swap(false, Ordering::SeqCst) {
            mute.store(true, Ordering::SeqCst);
        }
        if to_server.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    let _ = to_server.shutdown(Shutdown::Both);
    let _ = back.join();
}

fn a_lost_commit_is_found_made(flavour: Flavour) {
    let mut database = with_tables(flavour);
    let proxy = Proxy::new(database.port());
    let mut process =
        Process::new(&connection(proxy.port, database.name()), options(r#"{"write": "insert"}"#));
    process.take();
    process.epoch(&[simple("log", 0, &[(I, 1, None, None)])]).unwrap();
    process.write(&simple("log", 1, &[(I, 2, None, None)])).unwrap();
    proxy.cut.store(true, Ordering::SeqCst);
    let lost = error(process.commit(2));
    assert_eq!(lost.class(), Class::Unknown, "{lost}");
    assert_eq!(recover(&mut process), 2, "it was made");
    process.epoch(&[simple("log", 2, &[(I, 3, None, None)])]).unwrap();
    assert_eq!(database.client().lines("SELECT id FROM log ORDER BY id").unwrap(), ["1", "2", "3"]);
}

/// One of two connections commits, the other is killed before it does.
fn uneven_shards_do_not_write_twice(flavour: Flavour) {
    let mut database = with_tables(flavour);
    database.client().execute("ALTER TABLE t ADD COLUMN times INT DEFAULT 0").unwrap();
    let two = r#"{"writers": 2}"#;
    let mut process = Process::new(&connection(database.port(), database.name()), options(two));
    process.take();
    // A trigger counts how often a row was written.
    database
        .client()
        .execute("CREATE TRIGGER count_in BEFORE INSERT ON t FOR EACH ROW SET NEW.times = 1")
        .unwrap();
    database
        .client()
        .execute("CREATE TRIGGER count_up BEFORE UPDATE ON t FOR EACH ROW SET NEW.times = OLD.times + 1")
        .unwrap();
    let rows: Vec<_> = (0..40).map(|id| (I, id, Some("x"), None)).collect();
    process.epoch(&[simple("t", 0, &rows)]).unwrap();
    let again: Vec<_> = (0..40).map(|id| (A, id, Some("y"), None)).collect();
    process.write(&simple("t", 40, &again)).unwrap();
    // What the first connection would commit, by another's hand: as if the process had died between the two.
    process.commit(80).unwrap();
    drop(process);
    database
        .client()
        .execute(
            "UPDATE sluicegate_positions SET ordinal = 39, \
             position = '{\"v\":1,\"source\":\"test\",\"at\":{\"offset\":40}}' WHERE shard = 1",
        )
        .unwrap();
    // With as many connections as before, until they are level.
    let three = options(r#"{"writers": 3}"#);
    let mut process = Process::new(&connection(database.port(), database.name()), three);
    assert_eq!(process.take(), 40, "from the one that has decided least");
    // In smaller epochs than before.
    process.epoch(&[simple("t", 40, &again[..10])]).unwrap();
    process.epoch(&[simple("t", 50, &again[10..])]).unwrap();
    let shards = "SELECT COUNT(*), MIN(ordinal), MAX(ordinal) FROM sluicegate_positions";
    assert_eq!(database.client().lines(shards).unwrap(), ["2|79|79"]);
    let more: Vec<_> = (0..40).map(|id| (A, id, Some("z"), None)).collect();
    let told = error(process.write(&simple("t", 80, &more)));
    assert_eq!(told.class(), Class::Unknown, "{told}");
    process.abort().unwrap();
    assert_eq!(process.take(), 80);
    process.epoch(&[simple("t", 80, &more)]).unwrap();
    assert_eq!(database.client().lines(shards).unwrap(), ["3|119|119"]);
    let sql = "SELECT times, COUNT(*) > 0 FROM t WHERE a = 'z' GROUP BY times ORDER BY times";
    assert_eq!(
        database.client().lines(sql).unwrap(),
        ["3|1", "4|1"],
        "the first connection's rows came three times, and those that were taken back once more"
    );
    let level = "SELECT COUNT(DISTINCT position), MIN(ordinal), MAX(ordinal) FROM sluicegate_positions";
    assert_eq!(database.client().lines(level).unwrap(), ["1|119|119"]);
}

fn a_server_that_comes_back(flavour: Flavour) {
    let mut server = MySql::start(MySqlOptions::new(flavour)).unwrap();
    let mut client = server.client().unwrap();
    client.execute(&format!("USE test; {LOG}")).unwrap();
    let mut process = Process::new(&connection(server.port(), "test"), options(r#"{"write": "insert"}"#));
    process.take();
    process.epoch(&[simple("log", 0, &[(I, 1, None, None)])]).unwrap();
    process.write(&simple("log", 1, &[(I, 2, None, None)])).unwrap();
    drop(client);
    server.kill().unwrap();
    let failed = process.commit(2).unwrap_err();
    assert!(may_be_tried_again(&failed), "{failed:?}");
    let _ = process.abort();
    let away = process.try_take().unwrap_err();
    assert_eq!(away.class(), Class::Transient, "{away}");
    server.start_again().unwrap();
    assert_eq!(recover(&mut process), 1);
    process.epoch(&[simple("log", 1, &[(I, 2, None, None)])]).unwrap();
    // Read-only, as a primary is that steps down.
    let mut client = server.client().unwrap();
    client.execute("SET GLOBAL read_only = 1").unwrap();
    client.execute("CREATE USER plain IDENTIFIED BY 'plain'; GRANT ALL ON test.* TO plain").unwrap();
    let mut plain = connection(server.port(), "test");
    "plain".clone_into(&mut plain.user);
    plain.password = Some(sluicegate_mysql::Secret::new("plain"));
    let mut process = Process::new(&plain, options(r#"{"write": "insert"}"#));
    process.prepare(&[]).unwrap();
    let refused = process.try_take().unwrap_err();
    assert_eq!(refused.class(), Class::Transient, "{refused}");
    assert!(refused.to_string().contains("the server is read-only"), "{refused}");
    client.execute("SET GLOBAL read_only = 0").unwrap();
    assert_eq!(recover(&mut process), 2);
    process.epoch(&[simple("log", 2, &[(I, 3, None, None)])]).unwrap();
    assert_eq!(client.lines("SELECT id FROM test.log ORDER BY id").unwrap(), ["1", "2", "3"]);
}

/// Each row that is written changes one row elsewhere, which the connection has locked until the epoch ends.
fn connections_that_wait_for_each_other_become_one(flavour: Flavour) {
    let mut database = with_tables(flavour);
    for sql in [
        "CREATE TABLE total (id INT PRIMARY KEY, n BIGINT)",
        "INSERT INTO total VALUES (1, 0)",
        "CREATE TRIGGER counts AFTER INSERT ON t FOR EACH ROW UPDATE total SET n = n + 1 WHERE id = 1",
    ] {
        database.client().execute(sql).unwrap();
    }
    let mut process =
        Process::new(&connection(database.port(), database.name()), options(r#"{"writers": 3}"#));
    process.take();
    let rows: Vec<_> = (0..20).map(|id| (I, id, None, None)).collect();
    let failed = process.epoch(&[simple("t", 0, &rows)]).unwrap_err();
    assert_eq!(error(Err(failed)).class(), Class::Transient);
    assert_eq!(recover(&mut process), 0);
    process.epoch(&[simple("t", 0, &rows)]).unwrap();
    let found = database.client().lines("SELECT n, (SELECT COUNT(*) FROM t) FROM total").unwrap();
    assert_eq!(found, ["20|20"]);
}

/// Rows of 16 KiB.
fn wide(first: u64, count: u64) -> ChangeBatch {
    let ids: Vec<i64> = (first..first + count).map(|id| id as i64).collect();
    let text = "x".repeat(16 << 10);
    let texts = StringArray::from_iter_values(ids.iter().map(|_| text.as_str()));
    inserts("wide", &[], first, vec![column("id", Int64Array::from(ids)), column("a", texts)])
}

/// Writes until the server has no room. What is still to be written.
fn write_until_full(process: &mut Process) -> u64 {
    let mut from = process.take();
    let full = loop {
        match process.epoch(&[wide(from, 64)]) {
            Ok(()) => from += 64,
            Err(full) => break full,
        }
        assert!(from < 10_000, "it is never full");
    };
    assert!(may_be_tried_again(&full), "{full:?}");
    let WriteError::Error(told) = &full else { panic!("{full:?}") };
    for word in ["1114", "it is tried again until there is room"] {
        assert!(told.to_string().contains(word), "{word:?} is not in {told}");
    }
    let _ = process.abort();
    from
}

fn each_row_is_there_once(server: &MySql, rows: u64) {
    let found = server.client().unwrap().lines("SELECT COUNT(*), COUNT(DISTINCT id), MAX(id) FROM test.wide");
    assert_eq!(found.unwrap(), [format!("{rows}|{rows}|{}", rows - 1)]);
}

/// `MariaDB` 10.11 may end itself there ("Out of disk space in rollback"), after it has said that the table is full.
fn a_full_disk(flavour: Flavour) {
    let Some(disk) = SmallDisk::mount(32).unwrap() else {
        eprintln!("skipped: no disk can be mounted here");
        return;
    };
    let mut server = MySql::start(MySqlOptions::new(flavour).with_disk(&disk)).unwrap();
    let place = disk.directory().display();
    let table = format!("CREATE TABLE test.wide (id BIGINT, a LONGTEXT) DATA DIRECTORY = '{place}'");
    server.client().unwrap().execute(&table).unwrap();
    let mut process = Process::new(&connection(server.port(), "test"), options("{}"));
    let from = write_until_full(&mut process);
    if process.try_take().is_ok() {
        assert!(may_be_tried_again(&process.epoch(&[wide(from, 64)]).unwrap_err()), "it is full still");
    }
    disk.make_room().unwrap();
    if !server.process_id().is_alive() {
        server.start_again().unwrap();
    }
    let _ = process.abort();
    let _ = process.try_take();
    assert_eq!(recover(&mut process), from);
    process.epoch(&[wide(from, 64)]).unwrap();
    each_row_is_there_once(&server, from + 64);
}

/// As a full disk, but for one file of the server alone, which may not grow any more until the server is told that it
/// may.
fn a_full_tablespace(flavour: Flavour) {
    let file = |most: &str| format!("ibdata1:12M:autoextend:max:{most}");
    let options_of_server = MySqlOptions::new(flavour)
        .set("innodb-file-per-table", "0")
        .set("innodb-data-file-path", file("32M"));
    let mut server = MySql::start(options_of_server).unwrap();
    server.client().unwrap().execute("CREATE TABLE test.wide (id BIGINT, a LONGTEXT)").unwrap();
    let mut process = Process::new(&connection(server.port(), "test"), options("{}"));
    let from = write_until_full(&mut process);
    // Full still, however often it is tried.
    process.try_take().unwrap();
    assert!(may_be_tried_again(&process.epoch(&[wide(from, 64)]).unwrap_err()));
    let _ = process.abort();
    server.set("innodb-data-file-path", file("128M"));
    server.start_again().unwrap();
    let away = process.try_take().unwrap_err();
    assert_eq!(away.class(), Class::Transient, "its connections are gone: {away}");
    assert_eq!(recover(&mut process), from);
    process.epoch(&[wide(from, 64)]).unwrap();
    each_row_is_there_once(&server, from + 64);
}
