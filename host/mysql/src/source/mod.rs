//! Reading the changes of tables: one lane, the server's binlog.
//!
//! | module | holds |
//! |---|---|
//! | `options` | [`SourceOptions`]: what a source is told |
//! | `tables` | which tables and columns are read |
//! | `facts` | what the server says of itself and its log |
//! | `begin` | where the lane begins |
//! | `dump` | asking a server for its log |
//! | `feed` | events as they come, read ahead |
//! | `refused` | what a server answers that does not give its log |
//! | `reader` | from events to stretches of the tables that are read |
//! | `ddl` | which tables a statement changes |
//! | `catalog` | how tables are read, as of each place in the log |
//! | `knowledge` | what information_schema says of tables |
//! | `snapshot` | reading the rows that tables have beside the log |
//! | `running` | the lane between a start and the next |
//! | `chunk` | stretches as the engine takes them |
//!
//! A record of the lane is an event of rows; a row's part is its number in the event. An epoch ends between two events,
//! also within a transaction: the position then is the transaction's beginning and the number of events that were read.

mod begin;
mod catalog;
mod chunk;
mod ddl;
mod dump;
mod facts;
mod feed;
mod knowledge;
mod options;
mod reader;
mod refused;
mod running;
mod snapshot;
mod tables;

use std::sync::Arc;

use async_trait::async_trait;
use sluicegate_connector::{Error, Event, LaneStart, Source, StartAt};
use sluicegate_model::{Decoded, Incarnation, Item, Lane};

pub use options::{ColumnsFrom, OnZeroDate, SnapshotOptions, SourceOptions, Start, Until};

use crate::Connection;
use crate::binlog::{Decoder, ReadOptions};
use crate::client::Session;
use begin::Finder;
use catalog::Catalog;
use chunk::LaneFacts;
use facts::Facts;
use knowledge::Knowledge;
use reader::{End, Reader};
use running::{Running, Server};
use snapshot::{Progress, Snapshot};
use tables::Tables;

/// The name of the lane.
pub const LANE: &str = "binlog";

/// Bytes of a chunk of a sample.
const SAMPLE_BYTES: usize = 1 << 20;

/// The binlog of a MySQL or MariaDB as a source.
pub struct MySqlSource {
    connection: Connection,
    options: SourceOptions,
    tables: Arc<Tables>,
    server_id: u32,
    lane: Lane,
    until: Option<Until>,
    /// Where the run ends, once that is known.
    end: Option<End>,
    assigned: bool,
    running: Option<Running>,
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
        connection.options()?;
        let database = connection.database().ok();
        let tables = Tables::new(&options, database.as_deref())?;
        let server_id = match options.server_id {
            Some(0) => {
                return Err(Error::configuration("`server_id` of the source is 0, which is no reader's"));
            }
            Some(id) => id,
            None => default_server_id(pipeline, instance),
        };
        Ok(Self {
            connection: connection.clone(),
            options,
            tables: Arc::new(tables),
            server_id,
            lane: Lane::new(LANE),
            until: None,
            end: None,
            assigned: false,
            running: None,
        })
    }

    /// Ends the run there.
    #[must_use]
    pub fn until(mut self, until: Until) -> Self {
        self.until = Some(until);
        self
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
        let mut session = Session::open(connection, &[], &[]).await?;
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
            lane: source.lane.clone(),
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

    async fn begin(&mut self, start: &LaneStart) -> Result<Running, Error> {
        let mut session = Session::open(&self.connection, &[], &[]).await?;
        let facts = Facts::read(&mut session).await?;
        facts.check()?;
        let finder = Finder {
            connection: &self.connection,
            facts: &facts,
            options: &self.options,
            server_id: self.server_id,
            lane: &self.lane,
        };
        let begin = finder.find(&mut session, &start.at).await?;
        if self.end.is_none() {
            self.end = match self.until {
                None => None,
                Some(Until::Time(moment)) => Some(End::Time(moment)),
                Some(Until::End) => Some(End::Place(facts.end(&mut session).await?.place)),
            };
        }
        let options = ReadOptions { zero_dates: self.options.zero_dates.into() };
        let snapshot = self.snapshot(&mut session, &facts, options, start).await?;
        session.close().await;
        let knowledge =
            Knowledge::read(&self.connection, &facts, self.options.columns_from, &self.tables).await?;
        let catalog = Catalog::new(Arc::clone(&self.tables), options, self.options.columns_from, knowledge);
        tracing::info!(
            lane = %self.lane, place = %begin.at.place, gtids = begin.at.gtids.as_ref().map(ToString::to_string),
            server_id = self.server_id, "the binlog is read"
        );
        let facts_of_lane = Arc::new(LaneFacts {
            lane: self.lane.clone(),
            source: facts.source.clone(),
            decoder: Decoder::new(self.lane.clone()),
        });
        let reader = Reader::new(self.lane.clone(), begin.at, begin.since, self.end.clone(), catalog);
        let reader = match snapshot {
            Some(snapshot) => reader.with_snapshot(snapshot),
            None => reader,
        };
        let server = Server {
            connection: self.connection.clone(),
            facts,
            columns_from: self.options.columns_from,
            tables: Arc::clone(&self.tables),
            reader_id: self.server_id,
            heartbeat: self.options.heartbeat.0,
        };
        let announces = start.at == StartAt::Configured && begin.since.is_none();
        Ok(Running::new(server, facts_of_lane, start.incarnation, reader, announces))
    }

    /// The tables that are read beside the log, where the lane began with them.
    async fn snapshot(
        &self,
        session: &mut Session,
        facts: &Facts,
        read: ReadOptions,
        start: &LaneStart,
    ) -> Result<Option<Snapshot>, Error> {
        let progress = match &start.at {
            StartAt::Position(position) => Progress::of(position).map_err(|error| {
                let what = "the position says of tables what this program does not know";
                Error::fatal(what).position(position).caused_by(error)
            })?,
            StartAt::Beginning | StartAt::Configured => {
                (self.options.start == Start::Snapshot).then(Progress::default)
            }
        };
        let Some(progress) = progress else { return Ok(None) };
        let tables = snapshot::to_read(session, &self.tables, &progress).await?;
        if !tables.is_empty() {
            facts.check_whole_rows()?;
            tracing::info!(lane = %self.lane, tables = tables.len(), "tables are read, and their changes meanwhile");
        }
        let shared = snapshot::Shared {
            connection: self.connection.clone(),
            facts: facts.clone(),
            tables: Arc::clone(&self.tables),
            read,
            part_bytes: self.options.snapshot.part.0,
            readers: usize::from(self.options.snapshot.readers.max(1)),
            idle: parking_lot::Mutex::default(),
        };
        Ok(Some(Snapshot::new(shared, progress, tables, start.ahead)))
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
            return Ok(Event::Assigned(vec![self.lane.clone()]));
        }
        match &mut self.running {
            Some(running) => running.next(room).await,
            None => std::future::pending().await,
        }
    }

    async fn start(&mut self, lanes: &[LaneStart]) -> Result<(), Error> {
        let own = self.lane.clone();
        for start in lanes.iter().filter(|start| start.lane == own) {
            // The connection of before goes first: the server takes one reader of a number.
            self.running = None;
            let running = self.begin(start).await;
            self.running = Some(running.map_err(|error| error.lane(&own))?);
        }
        Ok(())
    }

    async fn release(&mut self, lanes: &[Lane]) -> Result<(), Error> {
        if lanes.contains(&self.lane) {
            self.running = None;
        }
        Ok(())
    }

    fn lag(&self) -> Vec<(Lane, u64)> {
        // How many events lie ahead is not known: a log is measured in bytes.
        Vec::new()
    }

    async fn close(&mut self) -> Result<(), Error> {
        self.running = None;
        Ok(())
    }
}

impl std::fmt::Debug for MySqlSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MySqlSource({}, {:?})", self.connection.address(), self.options.tables)
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
