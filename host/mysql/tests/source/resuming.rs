//! Going on where it was.

use sluicegate_connector::{Class, StartAt};
use sluicegate_mysql::source::{Start, Until};
use sluicegate_test_servers::{Flavour, MySqlClient};

use super::support::{Reading, batches, database, ids, items, kill_readers, on_each_server, options};

on_each_server! {
    a_transaction_is_resumed_within,
    every_stretch_ends_where_its_position_says,
    a_lost_connection_is_made_again,
    a_second_reader_of_a_number_is_named,
    an_idle_stream_moves_its_position,
}

/// A table of many rows that one transaction made. Gives where that began.
fn fill(client: &mut MySqlClient, rows: u32) -> Start {
    client.execute("CREATE TABLE t (id BIGINT PRIMARY KEY, text VARCHAR(100))").unwrap();
    let start = Start::File(client.log_end().unwrap().to_string());
    client.execute("BEGIN").unwrap();
    for first in (0..rows).step_by(10_000) {
        let values: Vec<String> = (first..rows.min(first + 10_000))
            .map(|id| format!("({id}, 'a text that belongs to row {id}')"))
            .collect();
        client.execute(&format!("INSERT INTO t VALUES {}", values.join(","))).unwrap();
    }
    client.execute("COMMIT").unwrap();
    start
}

fn a_transaction_is_resumed_within(flavour: Flavour) {
    let rows = 100_000;
    let mut database = database(flavour);
    let (port, name) = (database.port(), database.name().to_owned());
    let start = fill(database.client(), rows);
    let options = options(&name, start);
    let mut read = Vec::new();
    let mut at = StartAt::Configured;
    let mut within = 0;
    let mut ordinals = Vec::new();
    // Each process reads a little and ends.
    loop {
        let mut reading = Reading::start(port, options.clone(), Some(Until::End), at);
        let mut ended = false;
        for _ in 0..3 {
            let Some(chunk) = reading.chunk(200_000) else {
                ended = true;
                break;
            };
            assert!(chunk.bytes <= 200_000);
            let items = items(&chunk);
            for batch in batches(&items) {
                ordinals.extend(
                    batch
                        .origin()
                        .ordinals
                        .iter()
                        .zip(batch.origin().parts.as_deref().unwrap())
                        .map(|(a, b)| (*a, *b)),
                );
            }
            read.extend(ids(&items));
        }
        if ended {
            break;
        }
        let position = reading.position.clone().unwrap();
        within += usize::from(position.at.contains_key("events"));
        at = StartAt::Position(position);
    }
    assert!(within > 3, "it was left within the transaction {within} times");
    assert!(read.iter().copied().eq(0..i64::from(rows)), "each row once, in order");
    assert!(ordinals.is_sorted_by(|one, next| one < next), "no two rows have one number");
}

/// A stretch ends after some thousand events too, however few bytes they are.
fn every_stretch_ends_where_its_position_says(flavour: Flavour) {
    let rows = 8_000;
    let mut database = database(flavour);
    let (port, name) = (database.port(), database.name().to_owned());
    let start = fill(database.client(), 0);
    // An event for each row.
    database.client().execute("BEGIN").unwrap();
    for id in 0..rows {
        database.client().execute(&format!("INSERT INTO t VALUES ({id}, '')")).unwrap();
    }
    database.client().execute("COMMIT").unwrap();
    let options = options(&name, start);
    let (mut read, mut at, mut within) = (Vec::new(), StartAt::Configured, 0);
    // Each process reads one stretch and ends.
    loop {
        let mut reading = Reading::start(port, options.clone(), Some(Until::End), at);
        let Some(chunk) = reading.chunk(64 << 20) else { break };
        read.extend(ids(&items(&chunk)));
        within += usize::from(chunk.to.at.contains_key("events"));
        at = StartAt::Position(chunk.to.clone());
    }
    assert!(within > 0, "no stretch ended within the transaction");
    assert!(read.iter().copied().eq(0..rows), "each row once, in order");
}

fn a_lost_connection_is_made_again(flavour: Flavour) {
    use sluicegate_test_servers::{MySql, MySqlOptions};
    let server = MySql::start(MySqlOptions::new(flavour)).unwrap();
    let mut client = server.client().unwrap();
    client.execute("CREATE DATABASE d").unwrap();
    client.execute("USE d").unwrap();
    let start = fill(&mut client, 50_000);
    let mut reading =
        Reading::start(server.port(), options("d", start), Some(Until::End), StartAt::Configured);
    let mut read = Vec::new();
    let (mut chunks, mut failures) = (0, 0);
    loop {
        match reading.try_chunk(100_000) {
            Ok(Some(chunk)) => read.extend(ids(&items(&chunk))),
            Ok(None) => break,
            Err(error) => {
                assert_eq!(error.class(), Class::Transient, "{error}");
                failures += 1;
            }
        }
        chunks += 1;
        if chunks % 8 == 0 {
            kill_readers(&mut client);
        }
    }
    assert!(read.iter().copied().eq(0..50_000), "each row once, in order");
    assert!(failures <= chunks);
}

fn a_second_reader_of_a_number_is_named(flavour: Flavour) {
    let database = database(flavour);
    let port = database.port();
    let id = std::process::id();
    let mut options = options(database.name(), Start::Latest);
    options.server_id = Some(id);
    let mut first = Reading::start(port, options.clone(), None, StartAt::Configured);
    first.chunk(1 << 20);
    let mut second = Reading::start(port, options, None, StartAt::Configured);
    second.chunk(1 << 20);
    // Each waits for events, and so connects.
    let reader = std::thread::spawn(move || first.error());
    let other = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_secs(1));
        let _ = second.try_chunk(1 << 20);
    });
    let error = reader.join().unwrap();
    assert_eq!(error.class(), Class::Configuration, "{error}");
    assert!(error.to_string().contains("`server_id`"), "{error}");
    drop(other);
}

fn an_idle_stream_moves_its_position(flavour: Flavour) {
    let mut database = database(flavour);
    let port = database.port();
    let name = database.name().to_owned();
    let client = database.client();
    client.execute("CREATE TABLE t (id BIGINT PRIMARY KEY)").unwrap();
    let mut options = options("no_such_database", Start::Latest);
    options.tables.push(format!("{name}.not_there"));
    let mut reading = Reading::start(port, options, None, StartAt::Configured);
    let begin = reading.chunk(1 << 20).unwrap();
    client.execute("INSERT INTO t VALUES (1)").unwrap();
    let moved = reading.chunk(1 << 20).unwrap();
    assert_eq!(moved.records, 0);
    assert_ne!(moved.to, begin.to);
}
