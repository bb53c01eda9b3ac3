//! A source, and what it gives.

use std::time::{Duration, Instant};

use arrow_array::cast::AsArray as _;
use arrow_array::types::Int64Type;
use sluicegate_connector::{Chunk, Error, Event, LaneStart, Source as _, StartAt};
use sluicegate_model::{ChangeBatch, ControlEvent, Incarnation, Item, Lane, Position, RowKind};
use sluicegate_mysql::source::{LANE, Start, Until};
use sluicegate_mysql::{Connection, MySqlSource, Secret, SourceOptions};
use sluicegate_test_servers::{Database, Flavour, MySql, MySqlClient, MySqlOptions};
use tokio::runtime::Runtime;

/// Makes a test of each function for each server.
macro_rules! on_each_server {
    ($($name:ident),* $(,)?) => {
        mod mariadb {
            $(#[test] fn $name() { super::$name(sluicegate_test_servers::Flavour::MariaDb); })*
        }
        mod mysql {
            $(#[test] fn $name() { super::$name(sluicegate_test_servers::Flavour::MySql); })*
        }
    };
}
pub(crate) use on_each_server;

/// A server of its own with some settings, and a database `d`.
pub fn own(flavour: Flavour, settings: &[(&str, &str)]) -> MySql {
    let options =
        settings.iter().fold(MySqlOptions::new(flavour), |options, (key, value)| options.set(*key, *value));
    let server = MySql::start(options).unwrap();
    let mut client = server.client().unwrap();
    client.execute("CREATE DATABASE d").unwrap();
    server
}

/// How long anything may take.
const LIMIT: Duration = Duration::from_mins(1);

/// Bytes that the engine has room for.
pub const ROOM: usize = 1 << 20;

/// A database of its own on the shared server.
pub fn database(flavour: Flavour) -> Database {
    MySql::shared(flavour).unwrap().database("src").unwrap()
}

pub fn connection(port: u16) -> Connection {
    Connection::plain(
        format!("mysql://127.0.0.1:{port}"),
        MySqlClient::USER,
        Some(Secret::new(MySqlClient::USER)),
    )
}

/// Ends the connections that read the server's log, and gives how many there were.
pub fn kill_readers(client: &mut MySqlClient) -> usize {
    let sql = "SELECT id FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%'";
    let readers = client.lines(sql).unwrap();
    for id in &readers {
        // It may have ended by itself.
        let _ = client.execute(&format!("KILL {id}"));
    }
    readers.len()
}

/// Has a server remove all files of its log but the one that it writes, and begin that.
pub fn purge(client: &mut MySqlClient) {
    client.execute("FLUSH BINARY LOGS").unwrap();
    // A server keeps files that it believes somebody to read, and those that a crash now would need.
    let files = |client: &mut MySqlClient| client.lines("SHOW BINARY LOGS").unwrap();
    let last = files(client).pop().unwrap();
    let last = last.split('|').next().unwrap().to_owned();
    let begun = Instant::now();
    while files(client).len() > 1 {
        assert!(begun.elapsed() < LIMIT, "the server keeps its log");
        kill_readers(client);
        std::thread::sleep(Duration::from_millis(50));
        client.execute(&format!("PURGE BINARY LOGS TO '{last}'")).unwrap();
    }
}

/// Options for the tables of a database, from a place on.
pub fn options(database: &str, start: Start) -> SourceOptions {
    SourceOptions { start, ..SourceOptions::new([format!("^{database}[.].*")]) }
}

/// A change: its kind and its cells as text.
pub type Change = (RowKind, Vec<String>);

/// A source that was started.
pub struct Reading {
    runtime: Runtime,
    pub source: MySqlSource,
    /// Where what was given ends.
    pub position: Option<Position>,
    assigned: bool,
    finished: bool,
}

impl Reading {
    pub fn new(port: u16, options: SourceOptions, until: Option<Until>) -> Self {
        static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        // Tests are processes of their own: each reader must have another number.
        let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let instance = format!("{}-{number}", std::process::id());
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let mut source = MySqlSource::new(&connection(port), options, "test", &instance).unwrap();
        if let Some(until) = until {
            source = source.until(until);
        }
        Self { runtime, source, position: None, assigned: false, finished: false }
    }

    /// The same, which reads tables again.
    pub fn resnapshot(mut self, tables: &[&str]) -> Self {
        self.source = self.source.resnapshot(tables.iter().map(|table| (*table).to_owned()).collect());
        self
    }

    pub fn try_start(&mut self, at: StartAt) -> Result<(), Error> {
        let start = LaneStart { lane: Lane::new(LANE), at, incarnation: Incarnation(1), ahead: None };
        let assigned = std::mem::replace(&mut self.assigned, true);
        self.finished = false;
        self.runtime.block_on(async {
            if !assigned && let Event::Assigned(lanes) = self.source.next(0).await? {
                assert_eq!(lanes, [Lane::new(LANE)]);
            }
            self.source.start(&[start]).await
        })
    }

    pub fn start(port: u16, options: SourceOptions, until: Option<Until>, at: StartAt) -> Self {
        let mut reading = Self::new(port, options, until);
        reading.try_start(at).unwrap();
        reading
    }

    /// The next chunk; `None` at the end of the run.
    pub fn try_chunk(&mut self, room: usize) -> Result<Option<Chunk>, Error> {
        if self.finished {
            return Ok(None);
        }
        let next = self.runtime.block_on(async { tokio::time::timeout(LIMIT, self.source.next(room)).await });
        match next.expect("something in time")? {
            Event::Rows(chunk) => {
                if let Some(position) = &self.position {
                    assert_eq!(chunk.from, *position, "chunks follow each other");
                }
                assert_eq!(chunk.incarnation, Incarnation(1));
                self.position = Some(chunk.to.clone());
                Ok(Some(*chunk))
            }
            Event::Finished(_) => {
                self.finished = true;
                Ok(None)
            }
            other => panic!("{other:?}"),
        }
    }

    pub fn chunk(&mut self, room: usize) -> Option<Chunk> {
        self.try_chunk(room).unwrap()
    }

    /// The next chunk that has rows or events.
    pub fn chunk_with_items(&mut self, room: usize) -> Vec<Item> {
        loop {
            let items = items(&self.chunk(room).expect("more rows"));
            if !items.is_empty() {
                return items;
            }
        }
    }

    /// Everything up to the end of the run.
    pub fn rest(&mut self) -> Vec<Item> {
        let mut all = Vec::new();
        while let Some(chunk) = self.chunk(ROOM) {
            all.extend(items(&chunk));
        }
        all
    }

    /// The next error.
    pub fn error(&mut self) -> Error {
        loop {
            match self.try_chunk(ROOM) {
                Ok(Some(_)) => {}
                Ok(None) => panic!("the run ended"),
                Err(error) => return error,
            }
        }
    }
}

/// What a chunk holds. No row of it is refused.
pub fn items(chunk: &Chunk) -> Vec<Item> {
    let decoded = chunk.payload.decode().unwrap();
    assert_eq!(decoded.rejects, []);
    decoded.items
}

pub fn batches(items: &[Item]) -> Vec<&ChangeBatch> {
    items
        .iter()
        .filter_map(|item| match item {
            Item::Rows(batch) => Some(batch),
            Item::Control(_) => None,
        })
        .collect()
}

pub fn events(items: &[Item]) -> Vec<&ControlEvent> {
    items
        .iter()
        .filter_map(|item| match item {
            Item::Rows(_) => None,
            Item::Control(event) => Some(event),
        })
        .collect()
}

/// Changes in their order, cells as Arrow prints them.
pub fn changes(items: &[Item]) -> Vec<Change> {
    let mut changes = Vec::new();
    for batch in batches(items) {
        let options = arrow_cast::display::FormatOptions::default().with_null("NULL");
        let columns: Vec<_> = batch
            .columns()
            .iter()
            .map(|column| {
                arrow_cast::display::ArrayFormatter::try_new(column.values().as_ref(), &options).unwrap()
            })
            .collect();
        for row in 0..batch.len() {
            let cells = columns.iter().map(|column| column.value(row).to_string()).collect();
            changes.push((batch.kind(row), cells));
        }
    }
    changes
}

/// The numbers of the column `id`, in order.
pub fn ids(items: &[Item]) -> Vec<i64> {
    let mut ids = Vec::new();
    for batch in batches(items) {
        let column = batch.column("id").unwrap().values();
        ids.extend_from_slice(column.as_primitive::<Int64Type>().values());
    }
    ids
}
