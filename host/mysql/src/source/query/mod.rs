//! Rows that queries answer with: batch reads, once, several parts at once, resumable.
//!
//! One lane. A query is asked of each of its tables, and of a table in parts of its primary key, as a snapshot is; the
//! parts are given in their order, a record of the lane each, and positions say up to which key of which table they were.
//! What was not given is asked again after a restart. A query has an identity: its text, its tables, and the dates of the
//! day that it is about. One that was read to its end is not read again; one that was not must be, before another begins.
//!
//! | module | holds |
//! |---|---|
//! | `options` | [`QueryOptions`]: what a query is told |
//! | `template` | its text, and what is put into it |
//! | `names` | the tables that it is asked of |
//! | `described` | the columns of an answer as a table |
//! | `plan` | what is asked of which tables |
//! | `work` | reading parts |
//! | `reached` | how far it was read, as positions have it |

mod described;
mod names;
mod options;
mod plan;
mod reached;
mod template;
mod work;

use std::sync::Arc;

use async_trait::async_trait;
use sluicegate_connector::{Chunk, Copying, Error, Event, LaneStart, Payload, Source, StartAt};
use sluicegate_model::{ByteSize, Decoded, Incarnation, Lane, Position, RawRecord};

pub use options::QueryOptions;

use super::chunk::LaneFacts;
use super::rows_of;
use super::sessions::Sessions;
use super::snapshot::Part;
use super::snapshot::size::rows_of_tables;
use crate::Connection;
use crate::binlog::Decoder;
use plan::Plan;
use reached::Reached;
use template::Template;
use work::{Shared, Work};

/// The name of the lane.
pub const LANE: &str = "query";

/// Bytes of a chunk of a sample.
const SAMPLE_BYTES: usize = 1 << 20;

/// A query over tables of a MySQL or MariaDB as a source. It ends by itself.
pub struct MySqlQuery {
    connection: Connection,
    options: QueryOptions,
    template: Template,
    identity: String,
    facts: Arc<LaneFacts>,
    assigned: bool,
    /// The number of the query among those that were read, once it is known.
    run: Option<u64>,
    running: Option<Running>,
}

/// The lane between a start and the next.
struct Running {
    facts: Arc<LaneFacts>,
    incarnation: Incarnation,
    /// `None` where there is nothing to read.
    shared: Option<Arc<Shared>>,
    work: Option<Work>,
    /// Where what was given ends.
    at: Position,
    reached: Reached,
    /// Nothing is left to read, and a position is yet to say so.
    closes: bool,
    ahead: Option<u64>,
    finished: bool,
    copying: Copying,
}

impl MySqlQuery {
    /// A query. `dates` are those of the day that it is about. No server is asked anything yet.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for options that do not fit together.
    pub fn new(connection: &Connection, options: QueryOptions, dates: &[String]) -> Result<Self, Error> {
        connection.options()?;
        let template = plan::check(&options, connection.database().ok().as_deref())?;
        let lane = Lane::new(LANE);
        let decoder = Decoder::new(lane.clone());
        Ok(Self {
            connection: connection.clone(),
            identity: options.identity(dates),
            options,
            template,
            facts: Arc::new(LaneFacts { lane, source: String::new(), decoder }),
            assigned: false,
            run: None,
            running: None,
        })
    }

    /// The first rows, in batches until there are `count`. Nothing is committed.
    ///
    /// # Errors
    /// The server's.
    pub async fn sample(
        connection: &Connection,
        options: &QueryOptions,
        count: usize,
    ) -> Result<Vec<(Lane, Decoded)>, Error> {
        let options = QueryOptions { readers: 1, part: ByteSize(1), ..options.clone() };
        let mut source = Self::new(connection, options, &[])?;
        let lane = source.facts.lane.clone();
        let incarnation = Incarnation(0);
        source.start(&[LaneStart { lane, at: StartAt::Configured, incarnation, ahead: None }]).await?;
        let (mut sample, mut rows) = (Vec::new(), 0);
        while rows < count
            && let Some(running) = &mut source.running
            && let Event::Rows(chunk) = running.next(SAMPLE_BYTES).await?
        {
            let decoded = chunk.payload.decode()?;
            rows += decoded.items.iter().map(rows_of).sum::<usize>();
            sample.push((chunk.lane, decoded));
        }
        Ok(sample)
    }

    /// From where a start goes on.
    fn goes_on(&mut self, at: &StartAt) -> Result<Reached, Error> {
        let before = match at {
            StartAt::Position(position) => Some(Reached::of(position)?),
            StartAt::Beginning | StartAt::Configured => None,
        };
        let Some(before) = before else {
            let run = *self.run.get_or_insert(1);
            return Ok(Reached::begin(&self.identity, run, None));
        };
        let is_ours = before.query == self.identity;
        let run = match self.run {
            Some(run) => run,
            None if is_ours && !before.ended => before.run,
            None if is_ours && !self.options.repeat => {
                tracing::info!(
                    lane = %self.facts.lane,
                    "the query was read to its end before, and is not read again: `repeat: true` does that, and so do \
                     other dates (`--date`)"
                );
                before.run
            }
            None if before.ended => before.run + 1,
            None => {
                return Err(Error::fatal("the query before this one was not read to its end").help(
                    "run it first, with the `--date` that it was run with, or as the file was; or give its rest up with \
                     `sluicegate positions reset`",
                ));
            }
        };
        self.run = Some(run);
        // Of a query before this one, where nothing of this one was decided.
        let is_old = before.run < run;
        Ok(if is_old { Reached::begin(&self.identity, run, Some(&before)) } else { before })
    }

    async fn begin(&mut self, start: &LaneStart) -> Result<Running, Error> {
        let mut reached = self.goes_on(&start.at)?;
        let at = match &start.at {
            StartAt::Position(position) => position.clone(),
            StartAt::Beginning | StartAt::Configured => reached.to_position(),
        };
        let (mut shared, mut closes) = (None, false);
        let mut copying = Copying::default();
        if !reached.ended {
            let sessions = Sessions::new(self.connection.clone());
            let mut session = sessions.take().await?;
            let database = self.connection.database().ok();
            let plan =
                Plan::make(&mut session, &self.options, self.template.clone(), database.as_deref()).await?;
            // How many rows a condition leaves is not known.
            if self.options.filter.is_none() {
                let left = plan.tables.iter().filter(|asked| reached.progress.wants(asked.name.as_str()));
                let names = left.filter_map(|asked| asked.of.as_ref());
                let names = names.map(|(database, table)| (&**database, &**table));
                copying.expected = rows_of_tables(&mut session, names).await?;
            }
            sessions.give_back(session);
            // Tables that were left may not be there any more.
            closes = plan.tables.iter().all(|asked| !reached.progress.wants(asked.name.as_str()));
            tracing::info!(lane = %self.facts.lane, tables = plan.tables.len(), run = reached.run, "the query is read");
            reached.ended = closes;
            shared = Some(Arc::new(Shared { sessions, options: self.options.clone(), plan }));
        }
        Ok(Running {
            facts: Arc::clone(&self.facts),
            incarnation: start.incarnation,
            shared,
            work: None,
            at,
            reached,
            closes,
            ahead: start.ahead,
            finished: false,
            copying,
        })
    }
}

impl Running {
    /// What comes next. Safe to cancel.
    async fn next(&mut self, room: usize) -> Result<Event, Error> {
        if self.finished || (room == 0 && !self.reached.ended) {
            return std::future::pending().await;
        }
        if std::mem::take(&mut self.closes) {
            return Ok(Event::Rows(Box::new(self.close())));
        }
        if self.reached.ended {
            self.finished = true;
            self.work = None;
            return Ok(Event::Finished(self.facts.lane.clone()));
        }
        let Some(shared) = &self.shared else {
            return Err(Error::fatal("a query that was not planned cannot be read"));
        };
        let work = match &mut self.work {
            Some(work) => work,
            empty => empty.insert(Work::begin(Arc::clone(shared), left(shared, &self.reached))),
        };
        match work.piece().await {
            Ok(Some(piece)) => self.give(piece).map(|chunk| Event::Rows(Box::new(chunk))),
            Ok(None) => Err(Error::fatal("the query was not read to its end")),
            Err(error) => {
                // What was not given is read again.
                self.work = None;
                Err(error.lane(&self.facts.lane))
            }
        }
    }

    /// The end of a query that has no rows left.
    fn close(&mut self) -> Chunk {
        let to = self.reached.to_position();
        let from = std::mem::replace(&mut self.at, to.clone());
        Chunk {
            lane: self.facts.lane.clone(),
            incarnation: self.incarnation,
            payload: Box::new(Nothing(from.clone())),
            from,
            to,
            records: 0,
            bytes: 0,
            in_transaction: false,
        }
    }

    fn give(&mut self, piece: work::Piece) -> Result<Chunk, Error> {
        let work::Piece { asked, up_to, rows } = piece;
        self.copying.add(rows.numbers.len() as u64, rows.bytes as u64);
        let number = self.reached.progress.number(0, self.ahead);
        self.reached.progress.read(&asked.name, up_to.as_deref());
        if up_to.is_none() {
            tracing::info!(table = %asked.name, "a table was read");
            let was_read = |asked: &Arc<plan::Asked>| !self.reached.progress.wants(asked.name.as_str());
            self.reached.ended = self.shared.iter().flat_map(|shared| &shared.plan.tables).all(was_read);
        }
        let to = self.reached.to_position();
        let from = std::mem::replace(&mut self.at, to.clone());
        Part::alone(Arc::clone(&asked.listed), rows, number).into_chunk(
            &self.facts,
            self.incarnation,
            from,
            to,
        )
    }
}

/// No rows, at a position.
struct Nothing(Position);

impl Payload for Nothing {
    fn decode(&self) -> Result<Decoded, Error> {
        Ok(Decoded { items: Vec::new(), rejects: Vec::new() })
    }

    fn raw(&self, _ordinal: u64) -> Option<RawRecord> {
        None
    }

    fn position_of(&self, _ordinal: u64) -> Position {
        self.0.clone()
    }
}

/// The tables that are to be read, each after a key.
fn left(shared: &Shared, reached: &Reached) -> Vec<(Arc<plan::Asked>, Option<Vec<String>>)> {
    let progress = &reached.progress;
    let open = shared.plan.tables.iter().filter(|asked| progress.wants(asked.name.as_str()));
    let mut open: Vec<_> =
        open.map(|asked| (Arc::clone(asked), progress.after(&asked.name).map(<[String]>::to_vec))).collect();
    // The one that was begun goes first.
    open.sort_by_key(|(asked, _)| progress.table() != Some(asked.name.as_str()));
    open
}

#[async_trait]
impl Source for MySqlQuery {
    async fn next(&mut self, room: usize) -> Result<Event, Error> {
        if !self.assigned {
            self.assigned = true;
            return Ok(Event::Assigned(vec![self.facts.lane.clone()]));
        }
        match &mut self.running {
            Some(running) => running.next(room).await,
            None => std::future::pending().await,
        }
    }

    async fn start(&mut self, lanes: &[LaneStart]) -> Result<(), Error> {
        let own = self.facts.lane.clone();
        for start in lanes.iter().filter(|start| start.lane == own) {
            self.running = None;
            let running = self.begin(start).await;
            self.running = Some(running.map_err(|error| error.lane(&own))?);
        }
        Ok(())
    }

    async fn release(&mut self, lanes: &[Lane]) -> Result<(), Error> {
        if lanes.contains(&self.facts.lane) {
            self.running = None;
        }
        Ok(())
    }

    fn lag(&self) -> Vec<(Lane, u64)> {
        // How many rows a query has is known at its end.
        Vec::new()
    }

    fn copying(&self) -> Option<Copying> {
        let running = self.running.as_ref()?;
        Some(Copying { ended: running.reached.ended, ..running.copying })
    }

    async fn close(&mut self) -> Result<(), Error> {
        self.running = None;
        Ok(())
    }
}

impl std::fmt::Debug for MySqlQuery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MySqlQuery({}, {:?})", self.connection.address(), self.options.tables)
    }
}
