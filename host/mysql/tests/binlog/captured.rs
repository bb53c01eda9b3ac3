//! A database on the run's server of a flavour, and what its binlog has had to say since.

use std::fs::File;
use std::io::{Seek as _, SeekFrom};
use std::path::PathBuf;

use bytes::Bytes;
use sluicegate_mysql::binlog::{Entry, Log, LogFile, LogPosition, Place};
use sluicegate_test_servers::{Database, Flavour, LogPlace, MySql, MySqlClient, MySqlOptions, SharedMySql};

/// Where a database is.
enum Server {
    /// The run's, and a database of our own there.
    Shared { _server: SharedMySql, database: Database },
    /// Our own, for settings that hold for a whole server.
    Own { _server: MySql, client: MySqlClient },
}

/// A database whose binlog is read.
pub struct Captured {
    server: Server,
    pub flavour: Flavour,
    /// The database.
    pub name: String,
    /// Where reading begins.
    start: (String, u64),
}

impl Captured {
    /// On the run's server.
    pub fn new(flavour: Flavour, purpose: &str) -> Self {
        let server = MySql::shared(flavour).unwrap();
        let mut database = server.database(purpose).unwrap();
        let name = database.name().to_owned();
        database.client().execute(&format!("USE `{name}`")).unwrap();
        let mut captured = Self {
            server: Server::Shared { _server: server, database },
            flavour,
            name,
            start: Default::default(),
        };
        captured.begin();
        captured
    }

    /// On a server with settings.
    pub fn with(options: MySqlOptions, flavour: Flavour) -> Self {
        let server = MySql::start(options).unwrap();
        let mut client = server.client().unwrap();
        client.execute("CREATE DATABASE own CHARACTER SET utf8mb4").unwrap();
        client.execute("USE own").unwrap();
        let server = Server::Own { _server: server, client };
        let mut captured = Self { server, flavour, name: "own".to_owned(), start: Default::default() };
        captured.begin();
        captured
    }

    pub fn client(&mut self) -> &mut MySqlClient {
        match &mut self.server {
            Server::Shared { database, .. } => database.client(),
            Server::Own { client, .. } => client,
        }
    }

    /// Runs statements, set apart by `;` at the ends of lines.
    pub fn run(&mut self, sql: &str) {
        for statement in sql.split(";\n").map(str::trim).filter(|statement| !statement.is_empty()) {
            self.client().execute(statement.trim_end_matches(';')).unwrap();
        }
    }

    /// One value.
    pub fn value(&mut self, sql: &str) -> String {
        self.client().lines(sql).unwrap().remove(0)
    }

    /// What comes from here on is read.
    pub fn begin(&mut self) {
        self.start = self.end();
    }

    /// A file is read from its beginning.
    pub fn start_at(&mut self, file: &str) {
        self.start = (file.to_owned(), 4);
    }

    /// The end of the log.
    pub fn end(&mut self) -> (String, u64) {
        let LogPlace { file, position } = self.client().log_end().unwrap();
        (file, position)
    }

    fn file(&mut self, name: &str) -> File {
        let basename = PathBuf::from(self.value("SELECT @@log_bin_basename"));
        File::open(basename.with_file_name(name)).unwrap()
    }

    /// The format description of the file that is read, and the events from the start to the end of the log.
    pub fn events(&mut self) -> (Bytes, Vec<Bytes>) {
        let (name, start) = self.start.clone();
        let (last, end) = self.end();
        assert_eq!(name, last, "the log went on in another file");
        let mut file = self.file(&name);
        let description = LogFile::new(&mut file).unwrap().next_event().unwrap().unwrap();
        file.seek(SeekFrom::Start(0)).unwrap();
        let mut log = LogFile::new(&mut file).unwrap();
        let (mut events, mut at) = (Vec::new(), 4);
        while at < end {
            let event = log.next_event().unwrap().unwrap();
            if at >= start {
                events.push(event.clone());
            }
            at += event.len() as u64;
        }
        (description, events)
    }

    /// A log that begins where reading does, the format description read.
    pub fn log(&mut self) -> (Log, Vec<Bytes>) {
        let (description, events) = self.events();
        (self.log_with(&description), events)
    }

    /// A log that begins where reading does.
    pub fn log_with(&self, description: &Bytes) -> Log {
        let place = Place { file: self.start.0.as_str().into(), position: self.start.1 };
        let position = LogPosition { gtids: None, place, events: 0, rows: 0, ordinal: 0 };
        let mut log = Log::new(position);
        log.push(description).unwrap();
        log
    }

    /// All entries since the start.
    pub fn entries(&mut self) -> Vec<Entry> {
        let (mut log, events) = self.log();
        let mut entries = Vec::new();
        for event in &events {
            log.push(event).unwrap();
            while let Some(entry) = log.next().unwrap() {
                entries.push(entry);
            }
        }
        entries
    }

    /// How many events of a kind there were since the start; those within compressed transactions are not seen.
    pub fn count(&mut self, kind: u8) -> usize {
        self.events().1.iter().filter(|event| event[4] == kind).count()
    }
}

/// A server of its own with settings.
pub fn own(flavour: Flavour, settings: &[(&str, &str)]) -> Captured {
    let options =
        settings.iter().fold(MySqlOptions::new(flavour), |options, (key, value)| options.set(*key, *value));
    Captured::with(options, flavour)
}
