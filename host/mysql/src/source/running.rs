//! The lane between a start and the next.

use std::sync::Arc;
use std::time::Duration;

use sluicegate_connector::{Chunk, Class, Copying, Delay, Error, Event};
use sluicegate_model::{Incarnation, Position};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::chunk::{LaneFacts, Stretch};
use super::dump::{From, Request};
use super::facts::Facts;
use super::feed::{Feed, Sent};
use super::knowledge::Knowledge;
use super::options::ColumnsFrom;
use super::reader::{ReadError, Reader};
use super::tables::Tables;
use super::times::{Span, Times};
use crate::Connection;
use crate::binlog::{BinlogError, LogPosition, Place};

/// How often the position moves on over what is of no table that is read.
const MOVE_EVERY: Duration = Duration::from_secs(1);

/// Bytes of a stretch, at most, whatever there is room for: as columns, and as what a sink takes, rows have several times the
/// bytes that a log keeps them in.
const STRETCH_BYTES: usize = 1 << 20;

/// Events after which others get a turn.
const TURN: usize = 4096;

/// The server that is read, and what was said of it.
pub struct Server {
    /// How it is reached.
    pub connection: Connection,
    /// What it says of itself.
    pub facts: Facts,
    /// Where the names of columns come from.
    pub columns_from: ColumnsFrom,
    /// The tables that are read.
    pub tables: Arc<Tables>,
    /// The number of this reader.
    pub reader_id: u32,
    /// How often the server says that it is alive.
    pub heartbeat: Duration,
    /// What its clock is ahead of ours, in milliseconds.
    pub clock_ahead: i64,
}

impl Server {
    /// Begins to read from a position.
    fn feed(&self, at: &LogPosition) -> Feed {
        let from = match self.facts.by_gtid(at) {
            Some(gtids) => From::Gtids(gtids.clone()),
            None => From::Place(at.place.clone()),
        };
        let request =
            Request { from, server_id: self.reader_id, heartbeat: self.heartbeat, family: self.facts.family };
        Feed::begin(self.connection.clone(), request)
    }

    /// Asks what information_schema says now.
    fn learn(&self) -> JoinHandle<Result<Knowledge, Error>> {
        let (connection, facts) = (self.connection.clone(), self.facts.clone());
        let (from, tables) = (self.columns_from, Arc::clone(&self.tables));
        tokio::spawn(async move { Knowledge::read(&connection, &facts, from, &tables).await })
    }
}

/// What is told of a lane before anything comes, so that it is not begun elsewhere after a crash.
#[derive(Clone, Debug)]
pub enum Announce {
    /// Nothing.
    Nothing,
    /// Where it begins.
    Beginning,
    /// Where it goes on after a position: at another server, or behind a gap.
    After(Box<Position>),
}

/// A lane that is read.
pub struct Running {
    server: Server,
    facts: Arc<LaneFacts>,
    incarnation: Incarnation,
    reader: Reader,
    feed: Option<Feed>,
    /// An event that there was no room for, or no time.
    held: Option<Sent>,
    /// There was no room: what was gathered is given.
    full: bool,
    /// Said when everything that was read before it was given.
    failed: Option<Error>,
    learning: Option<JoinHandle<Result<Knowledge, Error>>>,
    /// When the position may move on by itself.
    next_move: Instant,
    /// What is yet to be told.
    announces: Announce,
    finished: bool,
    /// Where an event was damaged on its way: once may be the network.
    damaged: Option<Place>,
    /// When what was given was made.
    times: Times,
}

/// What came of the events that are there.
enum Filled {
    /// Something for the engine.
    Chunk(Box<Chunk>),
    /// All that is there was read.
    Dry,
    /// There may be more, after others had a turn.
    Turn,
    /// The end of the run was reached.
    Ended,
    /// What is known of tables is to be learnt first.
    Learn,
}

impl Running {
    /// A lane that is read from the reader's position on.
    pub fn new(
        server: Server,
        facts: Arc<LaneFacts>,
        incarnation: Incarnation,
        reader: Reader,
        announces: Announce,
    ) -> Self {
        Self {
            times: Times::new(server.clock_ahead),
            server,
            facts,
            incarnation,
            reader,
            feed: None,
            held: None,
            full: false,
            failed: None,
            learning: None,
            next_move: Instant::now() + MOVE_EVERY,
            announces,
            finished: false,
            damaged: None,
        }
    }

    /// Up to where everything was given; `None` where the lane has not begun yet.
    pub fn given(&self) -> Option<Position> {
        let told = matches!(self.announces, Announce::Nothing) && self.reader.has_begun();
        told.then(|| self.reader.given().to_position(&self.facts.source))
    }

    /// How much was read of the tables beside the log; `None` where none are.
    pub fn copying(&self) -> Option<Copying> {
        self.reader.copying()
    }

    /// How old what is not committed is, where the lane is committed up to a position; `None` where nothing is known yet.
    pub fn delay(&mut self, decided: &Position) -> Option<Delay> {
        self.times.delay(decided, self.reader.times(), self.feed.is_some())
    }

    /// What comes next. Safe to cancel.
    ///
    /// # Errors
    /// The server's, and what cannot be read of its log. After a transient one the log is read on from where it was.
    pub async fn next(&mut self, room: usize) -> Result<Event, Error> {
        loop {
            if self.finished || room == 0 {
                // A server waits for a reader that takes nothing.
                std::future::pending::<()>().await;
            }
            if let Some(learning) = &mut self.learning {
                let learnt = learning.await;
                self.learning = None;
                let learnt = learnt
                    .map_err(|error| Error::fatal("information_schema was not read").caused_by(error))?;
                self.reader.learn(learnt?);
                continue;
            }
            match self.fill(room.min(STRETCH_BYTES))? {
                Filled::Chunk(chunk) => return Ok(Event::Rows(chunk)),
                Filled::Ended => {
                    self.finished = true;
                    self.feed = None;
                    return Ok(Event::Finished(self.facts.lane.clone()));
                }
                Filled::Learn => self.learning = Some(self.server.learn()),
                Filled::Turn => tokio::task::yield_now().await,
                Filled::Dry => self.wait().await,
            }
        }
    }

    /// Waits for an event, or until the position is to move.
    async fn wait(&mut self) {
        let feed = match &mut self.feed {
            Some(feed) => feed,
            empty => empty.insert(self.server.feed(&self.reader.position())),
        };
        let (moves, held) = (self.reader.has_moved(), self.reader.is_held());
        let parts = async {
            match self.reader.snapshot() {
                Some(snapshot) => snapshot.changed().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            sent = feed.next(), if !held => match sent {
                Ok(sent) => self.held = Some(sent),
                Err(error) => self.failed = Some(error),
            },
            () = parts => {}
            () = tokio::time::sleep_until(self.next_move), if moves => {}
        }
    }

    /// Reads what is there.
    fn fill(&mut self, room: usize) -> Result<Filled, Error> {
        match std::mem::replace(&mut self.announces, Announce::Nothing) {
            Announce::Nothing => {}
            Announce::Beginning => return Ok(self.chunk(self.reader.nothing())),
            Announce::After(from) => {
                let mut chunk = self.reader.nothing().into_chunk(&self.facts, self.incarnation);
                chunk.from = *from;
                return Ok(self.give(chunk, Span::default()));
            }
        }
        self.reader.begin_parts().map_err(|error| error.lane(&self.facts.lane))?;
        if self.failed.is_none()
            && let Err(error) = self.read(room)
        {
            self.failed = Some(error);
        }
        let stops = self.failed.is_some() || self.reader.has_ended();
        let moves = self.reader.left_transaction()
            || (self.reader.has_moved() && (stops || self.next_move <= Instant::now()));
        let full = std::mem::take(&mut self.full);
        if (full || moves || self.reader.is_ready(room))
            && let Some(stretch) = self.reader.take(!stops && (full || !moves))
        {
            return Ok(self.chunk(stretch));
        }
        if self.failed.is_none()
            && !self.reader.has_records()
            && self.reader.has_part()
            && let Some((part, from, to)) = self.reader.take_part()
        {
            self.next_move = Instant::now() + MOVE_EVERY;
            let source = &self.facts.source;
            let (from, to) = (from.to_position(source), to.to_position(source));
            let chunk = part.into_chunk(&self.facts, self.incarnation, from, to)?;
            return Ok(self.give(chunk, Span::default()));
        }
        if let Some(error) = self.failed.take() {
            (self.feed, self.held) = (None, None);
            self.reader.reconnect();
            return Err(error);
        }
        Ok(if self.reader.has_ended() {
            Filled::Ended
        } else if self.reader.wants_knowledge() {
            Filled::Learn
        } else if self.held.is_some() && !self.reader.is_held() {
            Filled::Turn
        } else {
            Filled::Dry
        })
    }

    /// Reads events until there is enough of them, or no more.
    fn read(&mut self, room: usize) -> Result<(), Error> {
        for _ in 0..TURN {
            let stops = self.reader.gather(room).map_err(|error| self.sort(error))?;
            if stops || self.reader.has_part() || self.reader.is_held() {
                return Ok(());
            }
            let Some(feed) = &mut self.feed else { return Ok(()) };
            let sent = match self.held.take() {
                Some(sent) => sent,
                None => match feed.try_next()? {
                    Some(sent) => sent,
                    None => return Ok(()),
                },
            };
            if self.reader.has_records() && self.reader.bytes() + sent.event.memory() > room {
                self.held = Some(sent);
                self.full = true;
                return Ok(());
            }
            self.times.hear();
            self.reader.push(sent.event).map_err(|error| self.sort(error))?;
        }
        // The position is behind the last event: what it holds must not be left for a stretch that begins there.
        self.reader.gather(room).map_err(|error| self.sort(error))?;
        // More may be there: it is taken after others had a turn.
        self.held = match &mut self.feed {
            Some(feed) => feed.try_next()?,
            None => None,
        };
        Ok(())
    }

    fn chunk(&mut self, stretch: Stretch) -> Filled {
        self.next_move = Instant::now() + MOVE_EVERY;
        let times = stretch.times;
        let chunk = stretch.into_chunk(&self.facts, self.incarnation);
        self.give(chunk, times)
    }

    fn give(&mut self, chunk: Chunk, times: Span) -> Filled {
        self.times.give(&chunk.to, times);
        Filled::Chunk(Box::new(chunk))
    }

    fn sort(&mut self, error: ReadError) -> Error {
        match error {
            ReadError::Other(error) => error,
            ReadError::Log(error) => {
                let place = match &error {
                    BinlogError::Checksum { place, .. } => Some(place.clone()),
                    _ => None,
                };
                let again = place.is_some() && self.damaged != place;
                self.damaged = place.or(self.damaged.take());
                let class = if again { Class::Transient } else { Class::Fatal };
                Error::new(class, error.to_string()).lane(&self.facts.lane)
            }
        }
    }
}
