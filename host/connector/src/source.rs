//! Where rows come from.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use sluicegate_model::{Decoded, Incarnation, Lane, Moment, Position, RawRecord};

use crate::{Error, StartAt};

/// A system that rows are read from. One task of the engine owns it; nothing is called at the same time as
/// anything else.
///
/// A source gives lanes ([`Event::Assigned`]), the engine finds out where each goes on and says so
/// ([`Source::start`]), then the source gives rows ([`Event::Rows`]). When the system wants lanes back
/// ([`Event::Revoked`]), the engine finishes what it has, then lets go ([`Source::release`]).
///
/// A source keeps no memory for retries: after an abort the engine calls [`Source::start`] again with the last
/// decided position, and the source reads from there.
#[async_trait]
pub trait Source: Send {
    /// Waits for what comes next. `room` is the number of bytes that the engine can take now; at 0 no rows are
    /// given, but assignments still are, and the system is kept satisfied (a Kafka consumer is polled): a pipeline
    /// that waits for its sink for hours must not lose its place.
    ///
    /// Rows come in order within a lane; the lanes take turns. A chunk may be larger than `room` only where one
    /// record is. It is given as soon as rows are there, and holds as many of those as are there already: large
    /// under load, prompt when idle.
    ///
    /// Safe to cancel: what was not returned comes with the next call.
    ///
    /// # Errors
    /// [`crate::Class::Transient`]: the engine waits and calls again. Anything else ends the pipeline. A lost
    /// position is [`crate::Class::Fatal`], with the choices that the operator has; never a silent reset.
    async fn next(&mut self, room: usize) -> Result<Event, Error>;

    /// Starts lanes, or rewinds them: rows of each come from `at` on, under the new incarnation. Chunks of the older
    /// incarnation that are still on their way are dropped by the engine.
    ///
    /// # Errors
    /// As [`Source::next`]. A position of another source (`source` differs) is [`crate::Class::Fatal`].
    async fn start(&mut self, lanes: &[LaneStart]) -> Result<(), Error>;

    /// Lets go of revoked or lost lanes. Called once for each [`Event::Revoked`] and [`Event::Lost`], after the
    /// lanes' incarnations have ended: from here on another process may hold them.
    ///
    /// # Errors
    /// As [`Source::next`].
    async fn release(&mut self, lanes: &[Lane]) -> Result<(), Error>;

    /// How far each held lane is behind its end, in records, where that is known. For metrics; never waits.
    fn lag(&self) -> Vec<(Lane, u64)>;

    /// How old what is not committed of a lane is, where its records have times; `decided` is where the lane was committed
    /// last. For metrics; never waits.
    fn delay(&mut self, lane: &Lane, decided: &Position) -> Option<Delay> {
        let _ = (lane, decided);
        None
    }

    /// How far it has come with rows that are there already, where it reads those: the rows of tables, of a query. For
    /// metrics and people; never waits.
    fn copying(&self) -> Option<Copying> {
        None
    }

    /// Whether the system says which of several processes has which lanes. Where it does not, a lease does.
    fn divides_lanes(&self) -> bool {
        false
    }

    /// Leaves: gives all lanes back and closes connections. The engine has committed or aborted everything.
    ///
    /// # Errors
    /// Only for the log: nothing depends on it.
    async fn close(&mut self) -> Result<(), Error>;
}

/// How old what is not committed of a lane is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delay {
    /// The age of the oldest change that is not committed, by the clock of its server; zero at the end. While the server
    /// is away it grows.
    pub behind: Duration,
    /// When the last change was made that is committed; `None` until there is one.
    pub committed: Option<Moment>,
}

/// How far a source has come with rows that are there already, since it was started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Copying {
    /// Parts of tables that were given.
    pub parts: u64,
    /// Rows in them.
    pub rows: u64,
    /// Bytes of those, about.
    pub bytes: u64,
    /// Rows that there were to read at the start, as far as the system knows: most know it roughly.
    pub expected: Option<u64>,
    /// Nothing is left.
    pub ended: bool,
}

impl Copying {
    /// Notes a part.
    pub fn add(&mut self, rows: u64, bytes: u64) {
        self.parts += 1;
        self.rows += rows;
        self.bytes += bytes;
    }
}

/// Where a lane starts.
#[derive(Clone, Debug)]
pub struct LaneStart {
    /// The lane.
    pub lane: Lane,
    /// From where.
    pub at: StartAt,
    /// The life of the lane that its rows carry from now on.
    pub incarnation: Incarnation,
    /// The last record that a part of the sink may hold already ([`crate::Taken::ahead`]). A source whose records are
    /// not all the same when they are read again gives new ones a number above it.
    pub ahead: Option<u64>,
}

/// What a source has to say.
#[derive(Debug)]
pub enum Event {
    /// Lanes are this process's now, beside those that it has. They stand still until [`Source::start`]. Comes once at
    /// first and once after each release, with no lanes where there are none for this process.
    Assigned(Vec<Lane>),
    /// Lanes are wanted back. No more rows of them come. The engine drains what it has until the deadline, then
    /// aborts, and calls [`Source::release`] either way.
    Revoked {
        /// The lanes.
        lanes: Vec<Lane>,
        /// When they will be taken, ready or not.
        deadline: Instant,
    },
    /// Lanes are another's already. Their rows are aborted, nothing of them is committed.
    Lost(Vec<Lane>),
    /// Rows.
    Rows(Box<Chunk>),
    /// A lane was read to where the run was told to stop, and all of its rows were given.
    Finished(Lane),
}

/// A run of records of one lane, as they came, with the positions around them.
pub struct Chunk {
    /// The lane.
    pub lane: Lane,
    /// The life of the lane that [`Source::start`] gave.
    pub incarnation: Incarnation,
    /// The position before the first record.
    pub from: Position,
    /// The position after the last one.
    pub to: Position,
    /// Number of records; 0 where only the position moves (a run of aborted transactions).
    pub records: usize,
    /// Bytes that the records hold in memory.
    pub bytes: usize,
    /// Whether it ends inside a transaction of the source: more of that one's rows come, and a pipeline that keeps
    /// transactions whole waits for them. `false` where a source knows of no transactions.
    pub in_transaction: bool,
    /// The records.
    pub payload: Box<dyn Payload>,
}

impl std::fmt::Debug for Chunk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Chunk({} {}..{}, {} records, {} bytes)",
            self.lane, self.from, self.to, self.records, self.bytes
        )
    }
}

/// The records of a chunk. Workers decode it; it stays until its rows are written, so that the bytes of a
/// row that fails later can go to the dead letters.
pub trait Payload: Send + Sync {
    /// The rows of the records. CPU work, on a worker thread.
    ///
    /// # Errors
    /// Only where no record can be told from another; a bad record is a reject.
    fn decode(&self) -> Result<Decoded, Error>;

    /// A record as it came, by its number in the lane.
    fn raw(&self, ordinal: u64) -> Option<RawRecord>;

    /// One row of a record that holds several, where that can be had; else the record.
    fn raw_row(&self, ordinal: u64, part: Option<u32>) -> Option<RawRecord> {
        let _ = part;
        self.raw(ordinal)
    }

    /// Where a record stands in its lane, for people.
    fn position_of(&self, ordinal: u64) -> Position;

    /// The lane that a record came from, where that is another than the chunk's: dead letters that are sent again come
    /// in a lane of their own, and a letter that fails again names the lane of the row.
    fn lane_of(&self, _ordinal: u64) -> Option<Lane> {
        None
    }
}
