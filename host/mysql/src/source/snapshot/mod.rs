//! Reading the rows that tables have, while their changes are read from the log: without locks, in parts, several at
//! once, and resumable.
//!
//! A part is the rows of a stretch of a table's primary key. It is read in a view that shows everything that the lane
//! has had of the log; its rows enter the lane when the log was read up to where it was when they were read. Rows whose
//! keys the log had in between are left out: the log has brought them, as they were then or later. So no part can write
//! an older value over a newer one (DBLog, <https://arxiv.org/abs/2010.12597>).
//!
//! What was read of tables travels in the lane's positions. Parts that were not given are void after a restart, and read
//! again.
//!
//! A table without a primary key is one part, of exactly one place in the log: its changes before it are passed over, and
//! the log waits there until its rows were given.
//!
//! | module | holds |
//! |---|---|
//! | `progress` | how much was read, as positions have it |
//! | `key` | primary keys in conditions |
//! | `survey` | a table's columns and key, and where it is divided |
//! | `size` | how large tables are, about |
//! | `even` | dividing tables whose keys lie close together |
//! | `shared` | sessions, and views at a place of the log |
//! | `read` | reading one part |
//! | `touched` | keys that the log had meanwhile |
//! | `part` | a part as the engine takes it |
//! | `tables` | which tables are to be read |

mod even;
pub mod key;
mod part;
mod progress;
pub mod read;
mod shared;
pub mod size;
pub mod survey;
mod tables;
mod touched;

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use sluicegate_connector::{Copying, Error};
use sluicegate_model::TableName;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

pub use part::Part;
pub use progress::Progress;
pub use shared::Shared;
pub use tables::{all, in_order, without_key};

use super::reader::has_reached;
use crate::binlog::{BinlogError, LogPosition, Place, RowsEntry, Table};
use read::{Order, Rows, Unread};
use survey::{Bounds, Found, Listed};
use touched::{Keys, Touched};

/// Parts of a survey that wait to be read.
const SURVEYED: usize = 4;

/// The tables that are being read.
#[derive(Debug)]
pub struct Snapshot {
    shared: Arc<Shared>,
    progress: Progress,
    /// Tables that are to be read, in their order; the first is being read.
    tables: VecDeque<(String, String)>,
    /// Their names.
    names: BTreeSet<String>,
    current: Option<Current>,
    /// The last record that a part of the sink may hold already.
    ahead: Option<u64>,
    failed: Option<Error>,
    /// Rows of the first table that were given.
    given: u64,
    copying: Copying,
}

/// The table that is being read.
#[derive(Debug)]
struct Current {
    found: mpsc::Receiver<Result<Found, Error>>,
    survey: JoinHandle<()>,
    listed: Option<Arc<Listed>>,
    /// A part that waits for a reader.
    next: Option<Bounds>,
    /// Its last part is being read, or waits to be.
    ends: bool,
    /// In their order.
    reading: VecDeque<Reading>,
    /// The key columns of the table as the log describes it.
    keys: Option<(Arc<Table>, Arc<Table>)>,
}

impl Drop for Current {
    fn drop(&mut self) {
        self.survey.abort();
    }
}

/// A part that is being read.
#[derive(Debug)]
struct Reading {
    up_to: Option<Vec<String>>,
    touched: Touched,
    task: JoinHandle<Result<Rows, Unread>>,
    rows: Option<Rows>,
    /// Of a table without a key: the place of the log that its rows are of, or who will tell.
    place: Option<AtPlace>,
}

#[derive(Debug)]
enum AtPlace {
    Awaited(oneshot::Receiver<Place>),
    Known(Place),
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Snapshot {
    /// Goes on where a lane stands. `tables` are those that are to be read, in their order.
    pub fn new(
        shared: Shared,
        progress: Progress,
        mut tables: Vec<(String, String)>,
        ahead: Option<u64>,
    ) -> Self {
        // The one that was begun goes first.
        let full = |(database, table): &(String, String)| format!("{database}.{table}");
        tables.sort_by_key(|table| progress.table() != Some(&full(table)));
        let names = tables.iter().map(full).collect();
        Self {
            shared: Arc::new(shared),
            progress,
            tables: tables.into(),
            names,
            current: None,
            ahead,
            failed: None,
            given: 0,
            copying: Copying::default(),
        }
    }

    /// Tells how many rows there are to read, as far as that is known.
    #[must_use]
    pub fn of_rows(mut self, expected: Option<u64>) -> Self {
        self.copying.expected = expected;
        self
    }

    /// How much was given since the start.
    pub fn copying(&self) -> Copying {
        Copying { ended: self.is_finished(), ..self.copying }
    }

    /// How much was read.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Whether there is nothing left to read.
    pub fn is_finished(&self) -> bool {
        self.tables.is_empty()
    }

    /// Begins what can be begun while the log was read up to a position between two transactions.
    ///
    /// # Errors
    /// What a table cannot be read for. What is not given of it is read again after a transient one.
    pub fn begin(&mut self, at: &LogPosition) -> Result<(), Error> {
        if let Some(error) = self.failed.take() {
            self.restart();
            return Err(error);
        }
        // Before the server has said where its log begins nothing can be compared with it.
        if at.place.file.is_empty() {
            return Ok(());
        }
        let Some((database, table)) = self.tables.front() else { return Ok(()) };
        let name = TableName::new(format!("{database}.{table}"));
        let after = self.progress.after(&name).map(<[String]>::to_vec);
        let current = self.current.get_or_insert_with(|| {
            let (out, found) = mpsc::channel(SURVEYED);
            let table = (database.clone(), table.clone());
            let survey = tokio::spawn(survey::survey(Arc::clone(&self.shared), table, after, out));
            let reading = VecDeque::new();
            Current { found, survey, listed: None, next: None, ends: false, reading, keys: None }
        });
        if current.reading.len() < self.shared.readers
            && let Some(listed) = &current.listed
            && let Some(Bounds { after, up_to }) = current.next.take()
        {
            let (told, place) = if listed.key.is_none() {
                let (told, place) = oneshot::channel();
                (Some(told), Some(AtPlace::Awaited(place)))
            } else {
                (None, None)
            };
            let order = Order {
                listed: Arc::clone(listed),
                after,
                up_to: up_to.clone(),
                seen: at.clone(),
                place: told,
            };
            let task = tokio::spawn(read::read(Arc::clone(&self.shared), order));
            let touched = Touched::default();
            current.reading.push_back(Reading { up_to, touched, task, rows: None, place });
        }
        Ok(())
    }

    /// Waits until something may have changed. Safe to cancel.
    pub async fn changed(&mut self) {
        let readers = self.shared.readers;
        let Some(current) = self.current.as_mut().filter(|_| self.failed.is_none()) else {
            // Begun by whoever reads the log.
            return std::future::pending().await;
        };
        let room = current.next.is_none() && !current.ends && current.reading.len() < readers;
        let Current { found, reading, .. } = current;
        let event = tokio::select! {
            found = found.recv(), if room => Happened::Found(found),
            event = first(reading.front_mut()) => event,
        };
        match event {
            Happened::Found(found) => self.found(found),
            Happened::Read(Ok(Ok(rows))) => self.read(rows),
            Happened::Read(Ok(Err(Unread::Changed))) => {
                tracing::info!("a table was changed while it was read: it is looked at anew");
                self.restart();
            }
            Happened::Read(Ok(Err(Unread::Error(error)))) => self.failed = Some(error),
            Happened::Read(Err(error)) => {
                self.failed = Some(Error::fatal("a part of a table was not read").caused_by(error));
            }
            Happened::Placed(place) => {
                if let Some(first) = current.reading.front_mut() {
                    first.place = Some(AtPlace::Known(place));
                }
            }
        }
    }

    fn found(&mut self, found: Option<Result<Found, Error>>) {
        let Some(current) = &mut self.current else { return };
        match found {
            Some(Ok(Found::Table(listed))) => current.listed = Some(listed),
            Some(Ok(Found::Part(Bounds { after, up_to }))) => {
                current.ends = up_to.is_none();
                current.next = Some(Bounds { after, up_to });
            }
            Some(Ok(Found::Gone)) => {
                if let Some((database, table)) = self.tables.front().cloned() {
                    tracing::warn!(%database, %table, "a table that was to be read is not there any more");
                    self.finish_first();
                }
            }
            Some(Err(error)) => self.failed = Some(error),
            None => self.failed = Some(Error::fatal("a table was not surveyed to its end")),
        }
    }

    fn read(&mut self, mut rows: Rows) {
        let Some(current) = &mut self.current else { return };
        let cut = rows.cut.take();
        let Some(first) = current.reading.front_mut() else { return };
        if let Some(cut) = cut {
            // What is behind the cut is surveyed again, and what is read of that already is void.
            first.up_to = Some(cut.clone());
            first.rows = Some(rows);
            current.reading.truncate(1);
            let (Some((database, table)), Some(_)) = (self.tables.front(), &current.listed) else { return };
            current.survey.abort();
            let (out, found) = mpsc::channel(SURVEYED);
            let table = (database.clone(), table.clone());
            current.survey = tokio::spawn(survey::survey(Arc::clone(&self.shared), table, Some(cut), out));
            (current.found, current.next, current.ends) = (found, None, false);
        } else {
            first.rows = Some(rows);
        }
    }

    /// Reads the first table again from where it was given.
    fn restart(&mut self) {
        self.current = None;
    }

    fn finish_first(&mut self) {
        self.current = None;
        if let Some((database, table)) = self.tables.pop_front() {
            let name = format!("{database}.{table}");
            tracing::info!(table = name, rows = self.given, left = self.tables.len(), "a table was read");
            self.names.remove(&name);
            self.progress.finish(&name);
        }
        self.given = 0;
    }

    /// Whether the log is not to be read on from a place between two transactions.
    pub fn holds(&self, at: &Place) -> bool {
        match self.current.as_ref().and_then(|current| current.reading.front()) {
            Some(Reading { place: Some(AtPlace::Awaited(_)), .. }) => true,
            Some(Reading { place: Some(AtPlace::Known(place)), .. }) => has_reached(at, place),
            _ => false,
        }
    }

    /// Whether a part can be given at a place between two transactions.
    pub fn is_due(&self, at: &Place) -> bool {
        let first = self.current.as_ref().and_then(|current| current.reading.front());
        first.and_then(|first| first.rows.as_ref()).is_some_and(|rows| has_reached(at, &rows.reached))
    }

    /// The part that is due, after a number of events of rows. [`Snapshot::progress`] is behind it then.
    pub fn take(&mut self, events: u64) -> Option<Part> {
        let current = self.current.as_mut()?;
        let listed = current.listed.clone()?;
        let mut first = current.reading.pop_front()?;
        let rows = first.rows.take()?;
        let (up_to, touched) = (first.up_to.take(), std::mem::take(&mut first.touched));
        self.given += rows.numbers.len() as u64;
        self.copying.add(rows.numbers.len() as u64, rows.bytes as u64);
        let number = self.progress.number(events, self.ahead);
        self.progress.read(&listed.name, up_to.as_deref());
        if up_to.is_none() {
            self.finish_first();
        }
        Some(Part { listed, rows, touched, number })
    }

    /// Notes rows of the log. Whether they are to be given: those of a table without a key, before it was read, are not.
    ///
    /// # Errors
    /// Where the rows cannot be read.
    pub fn note(&mut self, table: &Arc<Table>, entry: &RowsEntry) -> Result<bool, BinlogError> {
        if self.tables.is_empty() || !self.names.contains(table.name.as_str()) {
            return Ok(true);
        }
        if table.primary_key.is_empty() {
            return Ok(false);
        }
        let Some(current) = &mut self.current else { return Ok(true) };
        let is_current = current.listed.as_ref().is_some_and(|listed| listed.name == table.name)
            && !current.reading.is_empty();
        if !is_current {
            return Ok(true);
        }
        let known = current.keys.take().filter(|(of, _)| Arc::ptr_eq(of, table));
        let (of, keys_of) =
            known.unwrap_or_else(|| (Arc::clone(table), Arc::new(table.of_columns(&table.primary_key))));
        let columns = crate::binlog::decode::columns(&keys_of, entry)?;
        current.keys = Some((of, keys_of));
        let Some(keys) = Keys::of(columns.iter().map(sluicegate_model::Column::values)) else {
            return Ok(true);
        };
        let mut key = Vec::new();
        for row in 0..columns.first().map_or(0, sluicegate_model::Column::len) {
            keys.write(row, &mut key);
            for reading in &mut current.reading {
                reading.touched.add(&key);
            }
        }
        if current.reading.iter().any(|reading| reading.touched.is_full()) {
            // Read again once the log is through with them: what is begun later has fewer changes before it.
            tracing::info!(table = %table.name, "many rows changed while a table was read: its last parts are read anew");
            self.restart();
        }
        Ok(true)
    }

    /// Notes that a table was changed or emptied: what was read of it and not given is void. `*` means all of a database.
    pub fn altered(&mut self, database: &str, table: &str) {
        let is_first = |(of, name): &(String, String)| of == database && (name == table || table == "*");
        if self.tables.front().is_some_and(is_first) {
            self.restart();
        }
    }

    /// Notes that a table was made: everything that it ever has is in the log.
    pub fn made(&mut self, database: &str, table: &str) {
        let name = format!("{database}.{table}");
        if !self.names.contains(&name) {
            self.progress.finish(&name);
        }
    }
}

enum Happened {
    Found(Option<Result<Found, Error>>),
    Read(Result<Result<Rows, Unread>, tokio::task::JoinError>),
    Placed(Place),
}

/// What comes of the first part.
async fn first(reading: Option<&mut Reading>) -> Happened {
    let Some(reading) = reading.filter(|reading| reading.rows.is_none()) else {
        return std::future::pending().await;
    };
    if let Some(AtPlace::Awaited(place)) = &mut reading.place {
        match place.await {
            Ok(place) => return Happened::Placed(place),
            // It failed before: its task says why.
            Err(_) => reading.place = None,
        }
    }
    Happened::Read((&mut reading.task).await)
}
