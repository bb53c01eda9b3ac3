//! Reading the changes of tables: one lane, the server's binlog.
//!
//! | module | holds |
//! |---|---|
//! | `options` | [`SourceOptions`]: what a source is told |
//! | `tables` | which tables and columns are read |
//! | `facts` | what the server says of itself and its log |
//! | `opening` | from a place to a lane that is read |
//! | `check` | whether a server is ready to be a source |
//! | `begin` | where the lane begins |
//! | `kept` | what a server still has of its log |
//! | `dump` | asking a server for its log |
//! | `feed` | events as they come, read ahead |
//! | `refused` | what a server answers that does not give its log |
//! | `reader` | from events to stretches of the tables that are read |
//! | `gathered` | what was read of the log and not given yet |
//! | `ddl` | which tables a statement changes |
//! | `catalog` | how tables are read, as of each place in the log |
//! | `knowledge` | what information_schema says of tables |
//! | `snapshot` | reading the rows that tables have beside the log |
//! | `query` | [`MySqlQuery`]: rows that queries answer with, instead of the log |
//! | `sessions` | sessions that read beside each other |
//! | `terms` | [`BinlogTerms`]: places in the log that people give, and how far lanes are behind |
//! | `times` | how old what is not committed is |
//! | `running` | the lane between a start and the next |
//! | `chunk` | stretches as the engine takes them |
//!
//! A record of the lane is an event of rows; a row's part is its number in the event. An epoch ends between two events,
//! also within a transaction: the position then is the transaction's beginning and the number of events that were read.

mod begin;
mod catalog;
mod check;
mod chunk;
mod ddl;
mod dump;
mod facts;
mod feed;
mod gathered;
mod kept;
mod knowledge;
mod opening;
mod options;
mod query;
mod reader;
mod refused;
mod running;
mod sessions;
mod snapshot;
mod tables;
mod terms;
mod times;

use std::sync::Arc;

use async_trait::async_trait;
use sluicegate_connector::{Copying, Delay, Error, Event, LaneStart, Source, StartAt};
use sluicegate_model::{Decoded, Incarnation, Item, Lane, Position};
use tokio::task::JoinHandle;
use tokio::time::Instant;

pub use options::{ColumnsFrom, OnPurged, OnZeroDate, SnapshotOptions, SourceOptions, Start, Until};
pub use query::{MySqlQuery, QueryOptions};
pub use terms::BinlogTerms;

use crate::Connection;
use crate::client::ReadSession;
use facts::Facts;
use opening::{Opened, Opening, RunEnd};
use running::Running;
use tables::Tables;

/// The name of the lane.
pub const LANE: &str = "binlog";

/// Bytes of a chunk of a sample.
const SAMPLE_BYTES: usize = 1 << 20;

/// The binlog of a MySQL or MariaDB as a source.
pub struct MySqlSource {
    opening: Arc<Opening>,
    /// Where the run ends, once that is known.
    end: Option<RunEnd>,
    assigned: bool,
    state: State,
    /// Where the log was found gone: a server that says so twice is believed.
    gone_at: Option<Position>,
    /// How old what is not committed was, and when that was found.
    delay: Option<(Instant, Delay)>,
}

/// The lane between a start and the next.
enum State {
    /// It stands still.
    Idle,
    /// It is read.
    Running(Box<Running>, LaneStart),
    /// It goes on at another server, or from another place.
    Moving(LaneStart, Option<JoinHandle<Result<Opened, Error>>>),
}

impl MySqlSource {
    /// A source for a pipeline's process. No server is asked anything yet.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for options that do not fit together.
    pub fn new(
        connection: &Connection,
        options: SourceOptions,
        pipeline: &str,
        instance: &str,
    ) -> Result<Self, Error> {
        let connections = options.servers(connection);
        for connection in &connections {
            connection.options()?;
        }
        let database = connection.database().ok();
        let tables = Tables::new(&options, database.as_deref())?;
        let server_id = match options.server_id {
            Some(0) => {
                return Err(Error::configuration("`server_id` of the source is 0, which is no reader's"));
            }
            Some(id) => id,
            None => default_server_id(pipeline, instance),
        };
        let opening = Opening {
            connections,
            options,
            tables: Arc::new(tables),
            server_id,
            lane: Lane::new(LANE),
            until: None,
            run: rand::random(),
            resnapshot: None,
        };
        Ok(Self {
            opening: Arc::new(opening),
            end: None,
            assigned: false,
            state: State::Idle,
            gone_at: None,
            delay: None,
        })
    }

    /// Ends the run there.
    #[must_use]
    pub fn until(self, until: Until) -> Self {
        self.changed(|opening| opening.until = Some(until))
    }

    /// Reads tables again, once, beside the log: these, or all where none is named.
    #[must_use]
    pub fn resnapshot(self, tables: Vec<String>) -> Self {
        self.changed(|opening| opening.resnapshot = Some(tables))
    }

    /// Before anything was begun nobody else has what lanes are opened by.
    fn changed(mut self, change: impl FnOnce(&mut Opening)) -> Self {
        if let Some(opening) = Arc::get_mut(&mut self.opening) {
            change(opening);
        }
        self
    }

    /// Looks whether the servers are ready; `position` is where the pipeline stands. Gives what a person should know.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] with everything that must be mended, each with the statement that
    /// does; the servers'.
    pub async fn check(&self, position: Option<&Position>) -> Result<Vec<String>, Error> {
        let mut notes = Vec::new();
        for connection in &self.opening.connections {
            let found = check::check(&self.opening, connection, position).await?.into_notes()?;
            let address = connection.address();
            notes.extend(found.into_iter().map(|note| format!("{address}: {note}")));
        }
        Ok(notes)
    }

    /// The first rows of the newest file of the log, in batches until there are `count`. Nothing is committed.
    ///
    /// # Errors
    /// The server's.
    pub async fn sample(
        connection: &Connection,
        options: &SourceOptions,
        count: usize,
    ) -> Result<Vec<(Lane, Decoded)>, Error> {
        let mut session = ReadSession::open(connection).await?;
        let facts = Facts::read(&mut session).await?;
        facts.check()?;
        let files = facts.files(&mut session).await;
        session.close().await;
        let start = files?.pop().map_or(Start::Earliest, |file| Start::File(format!("{file}:4")));
        // Under a number of its own: a pipeline that runs is not disturbed.
        let server_id = Some(rand::random_range(1 << 30..u32::MAX));
        let options = SourceOptions { start, server_id, ..options.clone() };
        let mut source = Self::new(connection, options, "", "")?.until(Until::End);
        let start = LaneStart {
            lane: Lane::new(LANE),
            at: StartAt::Configured,
            incarnation: Incarnation(0),
            ahead: None,
        };
        source.start(&[start]).await?;
        let mut sample = Vec::new();
        let mut rows = 0;
        while rows < count {
            match source.next(SAMPLE_BYTES).await? {
                Event::Rows(chunk) => {
                    let decoded = chunk.payload.decode()?;
                    rows += decoded.items.iter().map(rows_of).sum::<usize>();
                    sample.push((chunk.lane, decoded));
                }
                Event::Finished(_) => break,
                _ => {}
            }
        }
        Ok(sample)
    }

    fn opened(&mut self, opened: Opened, start: LaneStart) {
        self.end = opened.end;
        self.state = State::Running(Box::new(opened.running), start);
    }

    /// Goes on at another server, or from another place, where an error of the lane asks for that. Gives the error that
    /// is to be waited for.
    fn failed(&mut self, error: Error) -> Result<(), Error> {
        let State::Running(running, start) = &self.state else { return Err(error) };
        let servers = self.opening.connections.len();
        let Some(at) = running.given().filter(|_| opening::goes_elsewhere(&error, servers)) else {
            return Err(error);
        };
        let gone = refused::is_gone(&error);
        if gone && self.gone_at.as_ref() == Some(&at) {
            return Err(error);
        }
        let start = opening::going_on(start, at.clone());
        // The connection of before goes first: the server takes one reader of a number.
        self.state = State::Moving(start, None);
        if gone {
            self.gone_at = Some(at);
            return Ok(());
        }
        Err(error)
    }
}

fn rows_of(item: &Item) -> usize {
    match item {
        Item::Rows(batch) => batch.len(),
        Item::Control(_) => 0,
    }
}

/// The same for a pipeline's instance over restarts, and hardly ever that of a server: those are small numbers.
fn default_server_id(pipeline: &str, instance: &str) -> u32 {
    let hash = xxhash_rust::xxh3::xxh3_64(format!("{pipeline}/{instance}").as_bytes());
    (1 << 31) | (hash as u32 & 0x7fff_fffe)
}

#[async_trait]
impl Source for MySqlSource {
    async fn next(&mut self, room: usize) -> Result<Event, Error> {
        if !self.assigned {
            self.assigned = true;
            return Ok(Event::Assigned(vec![self.opening.lane.clone()]));
        }
        loop {
            match &mut self.state {
                State::Idle => return std::future::pending().await,
                State::Running(running, _) => match running.next(room).await {
                    Ok(event) => return Ok(event),
                    Err(error) => self.failed(error)?,
                },
                State::Moving(start, task) => {
                    let task = task.get_or_insert_with(|| {
                        let (opening, start, end) =
                            (Arc::clone(&self.opening), start.clone(), self.end.clone());
                        tokio::spawn(async move { opening.open(&start, end.as_ref()).await })
                    });
                    let opened = task.await;
                    let start = start.clone();
                    self.state = State::Moving(start.clone(), None);
                    let opened =
                        opened.map_err(|error| Error::fatal("the lane was not opened").caused_by(error))?;
                    let opened = opened.map_err(|error| error.lane(&start.lane))?;
                    self.opened(opened, start);
                }
            }
        }
    }

    async fn start(&mut self, lanes: &[LaneStart]) -> Result<(), Error> {
        let own = self.opening.lane.clone();
        for start in lanes.iter().filter(|start| start.lane == own) {
            // The connection of before goes first: the server takes one reader of a number.
            self.state = State::Idle;
            let opened = self.opening.open(start, self.end.as_ref()).await;
            let opened = opened.map_err(|error| error.lane(&own))?;
            self.opened(opened, start.clone());
        }
        Ok(())
    }

    async fn release(&mut self, lanes: &[Lane]) -> Result<(), Error> {
        if lanes.contains(&self.opening.lane) {
            self.state = State::Idle;
        }
        Ok(())
    }

    fn lag(&self) -> Vec<(Lane, u64)> {
        // How many events lie ahead is not known: a log is measured in bytes.
        Vec::new()
    }

    fn delay(&mut self, _: &Lane, decided: &Position) -> Option<Delay> {
        if let State::Running(running, _) = &mut self.state
            && let Some(delay) = running.delay(decided)
        {
            self.delay = Some((Instant::now(), delay));
            return Some(delay);
        }
        // While another server is looked for, time goes on.
        self.delay.map(|(found, delay)| Delay { behind: delay.behind + found.elapsed(), ..delay })
    }

    fn copying(&self) -> Option<Copying> {
        match &self.state {
            State::Running(running, _) => running.copying(),
            State::Idle | State::Moving(..) => None,
        }
    }

    async fn close(&mut self) -> Result<(), Error> {
        self.state = State::Idle;
        Ok(())
    }
}

impl Drop for State {
    fn drop(&mut self) {
        if let Self::Moving(_, Some(task)) = self {
            task.abort();
        }
    }
}

impl std::fmt::Debug for MySqlSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let servers: Vec<String> = self.opening.connections.iter().map(Connection::address).collect();
        write!(f, "MySqlSource({}, {:?})", servers.join(", "), self.opening.options.tables)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_keeps_its_number() {
        let id = default_server_id("orders", "host-1");
        assert_eq!(id, default_server_id("orders", "host-1"));
        assert_ne!(id, default_server_id("orders", "host-2"));
        assert!(id >= 1 << 31);
    }
}
