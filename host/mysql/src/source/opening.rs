//! From a place to a lane that is read: the server that has it, and the tables that are read beside its log.

use std::sync::Arc;

use mysql_async::Row;
use sluicegate_connector::{Class, Error, LaneStart, StartAt};
use sluicegate_model::{Lane, Position};

use super::begin::{Begin, Finder};
use super::catalog::Catalog;
use super::chunk::LaneFacts;
use super::facts::{self, Facts};
use super::kept::{Kept, Missing};
use super::knowledge::Knowledge;
use super::options::{OnPurged, SourceOptions, Start, Until};
use super::reader::{End, Reader};
use super::refused;
use super::running::{Announce, Running, Server};
use super::sessions::Sessions;
use super::snapshot::{self, Progress, Snapshot};
use super::tables::Tables;
use crate::Connection;
use crate::binlog::{Decoder, LogPosition, ReadOptions, count_above};
use crate::client::ReadSession;

/// What it takes to open a lane.
pub struct Opening {
    /// The servers that may be read, in the order in which they are tried.
    pub connections: Vec<Connection>,
    /// What the source was told.
    pub options: SourceOptions,
    /// Which tables and columns are read.
    pub tables: Arc<Tables>,
    /// The number of this reader.
    pub server_id: u32,
    /// The lane.
    pub lane: Lane,
    /// Where the run ends.
    pub until: Option<Until>,
    /// Tells the run from every other.
    pub run: u64,
    /// Tables that the run was told to read again; all where none is named.
    pub resnapshot: Option<Vec<String>>,
}

/// Where a run ends in the log of a server.
#[derive(Clone, Debug)]
pub struct RunEnd {
    /// The server's name in positions.
    source: String,
    /// The place there, or the time.
    pub end: End,
}

/// A lane that is read.
pub struct Opened {
    /// The lane.
    pub running: Running,
    /// Where the run ends.
    pub end: Option<RunEnd>,
}

/// Why a server is not read.
enum Refusal {
    /// It does not have the log from there on.
    Gone(Error),
    /// Anything else.
    Other(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

impl Opening {
    /// Opens the lane at the first server that has it; `end` is that of a lane that was open before. Where none has the
    /// log any more, and the source or the run says so, tables are read again in its stead.
    ///
    /// # Errors
    /// The servers'.
    pub async fn open(&self, start: &LaneStart, end: Option<&RunEnd>) -> Result<Opened, Error> {
        let (mut refused, mut gone) = (Vec::new(), None);
        for connection in &self.connections {
            match self.open_at(connection, start, end, false).await {
                Ok(opened) => return Ok(opened),
                Err(Refusal::Other(error)) => refused.push((connection, error)),
                Err(Refusal::Gone(error)) => {
                    gone.get_or_insert(connection);
                    refused.push((connection, error));
                }
            }
        }
        // A server that is away may have it yet.
        let all_answered = refused.iter().all(|(_, error)| error.class() == Class::Fatal);
        let told = self.options.on_purged == OnPurged::Resnapshot || self.resnapshot.is_some();
        if let Some(connection) = gone.filter(|_| told && all_answered) {
            let opened = self.open_at(connection, start, end, true).await;
            return opened.map_err(|refusal| match refusal {
                Refusal::Gone(error) | Refusal::Other(error) => error,
            });
        }
        Err(join(refused))
    }

    async fn open_at(
        &self,
        connection: &Connection,
        start: &LaneStart,
        end: Option<&RunEnd>,
        jumps: bool,
    ) -> Result<Opened, Refusal> {
        let mut session = ReadSession::open(connection).await?;
        let facts = Facts::read(&mut session).await?;
        facts.check()?;
        let (begin, jumped) = self.place(connection, &facts, &mut session, start, jumps).await?;
        let end = match (&self.until, end) {
            (None, _) => None,
            (Some(_), Some(known)) if known.source == facts.source => Some(known.clone()),
            (Some(until), _) => {
                let end = match until {
                    Until::Time(moment) => End::Time(*moment),
                    Until::End => End::Place(facts.end(&mut session).await?.place),
                };
                Some(RunEnd { source: facts.source.clone(), end })
            }
        };
        let read = ReadOptions { zero_dates: self.options.zero_dates.into() };
        let (progress, asked) = self.progress(&mut session, start, jumped).await?;
        let snapshot = match progress {
            Some(progress) => {
                let shared = self.shared(connection, &facts, read);
                Some(self.snapshot(&mut session, shared, progress, start.ahead).await?)
            }
            None => None,
        };
        let clock_ahead = facts::clock_ahead(&mut session).await?;
        session.close().await;
        let columns_from = self.options.columns_from;
        let knowledge = Knowledge::read(connection, &facts, columns_from, &self.tables).await?;
        let catalog = Catalog::new(Arc::clone(&self.tables), read, columns_from, knowledge);
        tracing::info!(
            lane = %self.lane, server = connection.address(), place = %begin.at.place,
            gtids = begin.at.gtids.as_ref().map(ToString::to_string), server_id = self.server_id, "the binlog is read"
        );
        let announces = match &start.at {
            StartAt::Configured if begin.since.is_none() => Announce::Beginning,
            StartAt::Position(from) if jumped || asked || from.source != facts.source => {
                Announce::After(Box::new(from.clone()))
            }
            _ => Announce::Nothing,
        };
        let facts_of_lane = Arc::new(LaneFacts {
            lane: self.lane.clone(),
            source: facts.source.clone(),
            decoder: Decoder::new(self.lane.clone()),
        });
        let until = end.as_ref().map(|end| end.end.clone());
        let reader = Reader::new(self.lane.clone(), begin.at, begin.since, until, catalog);
        let reader = match snapshot {
            Some(snapshot) => reader.with_snapshot(snapshot),
            None => reader,
        };
        let server = Server {
            connection: connection.clone(),
            facts,
            columns_from,
            tables: Arc::clone(&self.tables),
            reader_id: self.server_id,
            heartbeat: self.options.heartbeat.0,
            clock_ahead,
        };
        let running = Running::new(server, facts_of_lane, start.incarnation, reader, announces);
        Ok(Opened { running, end })
    }

    /// Where the log of a server is read from, and whether that is behind a gap which tables are read for.
    async fn place(
        &self,
        connection: &Connection,
        facts: &Facts,
        session: &mut ReadSession,
        start: &LaneStart,
        jumps: bool,
    ) -> Result<(Begin, bool), Refusal> {
        let finder =
            Finder { connection, facts, options: &self.options, server_id: self.server_id, lane: &self.lane };
        let StartAt::Position(position) = &start.at else {
            let begin = finder.find(session, &start.at).await?;
            if matches!(self.options.start, Start::Snapshot | Start::Latest) {
                self.check_prepared(session).await?;
            }
            if matches!(self.options.start, Start::Gtid(_) | Start::File(_)) {
                let kept = Kept::read(facts, session).await?;
                if let Some(missing) = kept.misses(facts, &begin.at) {
                    return Err(kept.error(facts, &begin.at, missing).lane(&self.lane).into());
                }
            }
            return Ok((begin, false));
        };
        let begin = match finder.find(session, &start.at).await {
            Ok(begin) => begin,
            // Whatever it was that the position says, the tables have it.
            Err(_) if jumps => {
                Begin { at: LogPosition::from_position(position).unwrap_or_default(), since: None }
            }
            Err(error) => return Err(error.into()),
        };
        let is_other = position.source != facts.source;
        if jumps {
            let end = facts.end(session).await?;
            self.check_prepared(session).await?;
            let after = begin.at.ordinal + begin.at.events + u64::from(begin.at.rows > 0);
            let at = LogPosition {
                gtids: end.gtids,
                place: end.place,
                // Above all numbers that rows have had, and those that a part of the sink holds.
                ordinal: after.max(start.ahead.map_or(0, count_above)),
                ..LogPosition::default()
            };
            tracing::warn!(
                lane = %self.lane, %position, on = %at.place,
                "what was logged after the position is gone: tables are copied anew. Rows that were deleted meanwhile stay \
                 in the targets, where nothing else takes them out"
            );
            return Ok((Begin { at, since: None }, true));
        }
        let kept = Kept::read_up_to(facts, session, &begin.at).await?;
        match kept.misses(facts, &begin.at) {
            None if is_other && start.ahead.is_some_and(|ahead| count_above(ahead) > begin.at.ordinal) => {
                Err(Error::fatal(
                    "some connections of the sink have decided what others have not: only the server that was read \
                     before can tell them apart",
                )
                .lane(&self.lane)
                .help(
                    "start that server again, or copy the tables anew: `sluicegate run FILE --resnapshot`",
                )
                .into())
            }
            None => Ok((begin, false)),
            Some(Missing::Unknown) if is_other && self.connections.len() > 1 => Err(Error::transient(format!(
                "{} does not have all of the transactions that were read from another server; {kept}",
                connection.address()
            ))
            .lane(&self.lane)
            .into()),
            Some(missing) => {
                let error = kept.error(facts, &begin.at, missing).lane(&self.lane).position(position);
                Err(Refusal::Gone(error))
            }
        }
    }

    /// Waits for XA transactions that are prepared where a lane begins at the log's end: their rows are in the log before
    /// it, and in the tables only when they are committed.
    async fn check_prepared(&self, session: &mut ReadSession) -> Result<(), Error> {
        let rows: Result<Vec<Row>, Error> =
            session.rows("XA RECOVER", "XA transactions cannot be listed").await;
        let prepared = match rows {
            Ok(rows) => rows.len(),
            Err(error) if session.is_broken() => return Err(error),
            Err(error) => {
                tracing::warn!(
                    lane = %self.lane,
                    "an XA transaction that is prepared now and committed later would not be seen, and none can be looked \
                     for: `GRANT XA_RECOVER_ADMIN ON *.*` to the user ({error})"
                );
                0
            }
        };
        if prepared == 0 {
            return Ok(());
        }
        Err(Error::transient(format!(
            "{prepared} XA transactions are prepared: their rows were logged before the place where the lane begins"
        ))
        .lane(&self.lane)
        .help("they are waited for; `XA RECOVER` shows them, `XA COMMIT` or `XA ROLLBACK` ends what nobody will"))
    }

    /// How much of the tables was read, and whether that is another than the lane's position says: some are to be read
    /// again. `None` where none is read.
    async fn progress(
        &self,
        session: &mut ReadSession,
        start: &LaneStart,
        jumped: bool,
    ) -> Result<(Option<Progress>, bool), Error> {
        let progress = match &start.at {
            StartAt::Position(position) => Progress::of(position).map_err(|error| {
                let what = "the position says of tables what this program does not know";
                Error::fatal(what).position(position).caused_by(error)
            })?,
            StartAt::Beginning | StartAt::Configured => {
                (self.options.start == Start::Snapshot).then(Progress::default)
            }
        };
        let was_asked = progress.as_ref().is_some_and(|progress| progress.was_asked_by(self.run));
        let begins = progress.is_some() && !matches!(start.at, StartAt::Position(_));
        let asked = self.resnapshot.as_ref().filter(|_| !was_asked && !begins);
        if asked.is_none() && !jumped {
            return Ok((progress, false));
        }
        let all = snapshot::all(session, &self.tables).await?;
        let all: Vec<String> =
            all.into_iter().map(|(database, table)| format!("{database}.{table}")).collect();
        let named = self.resnapshot.as_deref().unwrap_or_default();
        if let Some(unknown) = named.iter().find(|name| !all.contains(name)) {
            let what = format!("`--resnapshot` names {unknown}, which is no table that the source reads");
            return Err(Error::configuration(what)
                .help(format!("write `database.table`; there are: {}", all.join(", "))));
        }
        let again = if named.is_empty() { all } else { named.to_vec() };
        self.check_again(session, &again, jumped && self.resnapshot.is_none()).await?;
        let mut progress = progress.unwrap_or_else(Progress::none);
        progress.again(again, self.run);
        Ok((Some(progress), true))
    }

    /// Looks at tables that are to be read again. Rows without keys are there twice then.
    async fn check_again(
        &self,
        session: &mut ReadSession,
        again: &[String],
        by_itself: bool,
    ) -> Result<(), Error> {
        let keyless = snapshot::without_key(session, again).await?;
        if keyless.is_empty() {
            return Ok(());
        }
        let keyless = keyless.join(", ");
        if by_itself {
            return Err(Error::fatal(format!(
                "the server no longer has its log, and tables without a primary key are not copied anew by \
                 `on_purged: resnapshot`, since their rows would be there twice: {keyless}"
            ))
            .lane(&self.lane)
            .help("empty their targets, then `sluicegate run FILE --resnapshot`"));
        }
        tracing::warn!(
            lane = %self.lane, tables = keyless,
            "tables without a primary key are copied anew: their rows are there twice where their targets were not emptied"
        );
        Ok(())
    }

    fn shared(&self, connection: &Connection, facts: &Facts, read: ReadOptions) -> snapshot::Shared {
        snapshot::Shared {
            sessions: Sessions::new(connection.clone()),
            facts: facts.clone(),
            tables: Arc::clone(&self.tables),
            read,
            part_bytes: self.options.snapshot.part.0,
            readers: usize::from(self.options.snapshot.readers.max(1)),
        }
    }

    /// The tables that are read beside the log.
    async fn snapshot(
        &self,
        session: &mut ReadSession,
        shared: snapshot::Shared,
        progress: Progress,
        ahead: Option<u64>,
    ) -> Result<Snapshot, Error> {
        let mut tables = snapshot::all(session, &self.tables).await?;
        tables.retain(|(database, table)| progress.wants(&format!("{database}.{table}")));
        if !tables.is_empty() {
            tables = snapshot::in_order(session, tables).await?;
            shared.facts.check_whole_rows()?;
            tracing::info!(lane = %self.lane, tables = tables.len(), "tables are read, and their changes meanwhile");
        }
        let names = tables.iter().map(|(database, table)| (&**database, &**table));
        let expected = snapshot::size::rows_of_tables(session, names).await?;
        Ok(Snapshot::new(shared, progress, tables, ahead).of_rows(expected))
    }
}

/// One error of those of several servers.
fn join(mut refused: Vec<(&Connection, Error)>) -> Error {
    if refused.len() == 1
        && let Some((_, error)) = refused.pop()
    {
        return error;
    }
    // One that may come back is waited for.
    let class = refused.iter().map(|(_, error)| error.class()).find(|class| *class == Class::Transient);
    let class = class.or_else(|| refused.first().map(|(_, error)| error.class())).unwrap_or(Class::Fatal);
    let lines: Vec<String> =
        refused.iter().map(|(connection, error)| format!("{}: {error}", connection.address())).collect();
    Error::new(class, format!("none of the servers can be read on. {}", lines.join(". ")))
}

/// Whether a lane that failed may go on elsewhere, or in another way.
pub fn goes_elsewhere(error: &Error, servers: usize) -> bool {
    refused::is_gone(error) || (error.class() == Class::Transient && servers > 1)
}

/// Where a lane that was read up to a position goes on.
pub fn going_on(start: &LaneStart, at: Position) -> LaneStart {
    LaneStart { at: StartAt::Position(at), ..start.clone() }
}
