//! Places in a log that people give, and how far lanes are behind its end.

use std::time::Duration;

use mysql_async::Row;
use sluicegate_connector::{Behind, Error, LanePosition};
use sluicegate_model::{Lane, Position};

use super::LANE;
use super::begin;
use super::dump::{From, Request};
use super::facts::Facts;
use super::feed::Feed;
use super::kept::{Kept, Missing};
use super::options::SourceOptions;
use super::snapshot::Progress;
use crate::Connection;
use crate::binlog::event::kind;
use crate::binlog::gtid::GtidSet;
use crate::binlog::{LogPosition, Place};
use crate::client::ReadSession;
use crate::client::server::Family;
use crate::sql::text::quoted;

/// How long a server may take to find the next transaction in its log.
const LOOK: Duration = Duration::from_secs(10);

/// Events that begin a transaction.
const BEGIN: [u8; 4] = [kind::GTID, kind::ANONYMOUS_GTID, kind::GTID_TAGGED, kind::MARIADB_GTID];

/// Words in the names of events, as `SHOW BINLOG EVENTS` has them, before which no transaction is open.
const BETWEEN: [&str; 6] = ["gtid", "format_desc", "rotate", "stop", "checkpoint", "encryption"];

/// What a source of a binlog knows about points in it. It does not read as the pipeline's reader.
#[derive(Clone)]
pub struct BinlogTerms {
    connections: Vec<Connection>,
}

/// A server that answered.
struct Asked<'a> {
    connection: &'a Connection,
    session: ReadSession,
    facts: Facts,
}

impl BinlogTerms {
    /// Of a source. No server is asked anything yet.
    pub fn new(connection: &Connection, options: &SourceOptions) -> Self {
        Self { connections: options.servers(connection) }
    }

    /// The position after a set of transactions (`UUID:1-5`, `0-1-9`), or at a transaction's beginning in a file
    /// (`binlog.000003:1234`). `known` is where the lane is committed: how far tables were copied is kept of it.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for another lane, for what is no place in a log, and for one that the
    /// server does not have; the server's.
    pub async fn position(
        &self,
        lane: &Lane,
        text: &str,
        known: Option<&Position>,
    ) -> Result<Position, Error> {
        if lane.as_str() != LANE {
            return Err(Error::configuration(format!("the source has no lane {lane}"))
                .help(format!("its only one is {LANE}: write {LANE}=GTIDS or {LANE}=FILE:OFFSET")));
        }
        let mut asked = self.ask(known).await?;
        let found = asked.place(text, known).await;
        let facts = asked.facts;
        asked.session.close().await;
        let mut position = found.map_err(|error| error.lane(lane))?.to_position(&facts.source);
        if let Some(Ok(Some(progress))) = known.map(Progress::of) {
            progress.add_to(&mut position);
        }
        Ok(position)
    }

    /// Says how far each lane is behind.
    ///
    /// # Errors
    /// The server's.
    pub async fn measure(&self, mut lanes: Vec<LanePosition>) -> Result<Vec<LanePosition>, Error> {
        for lane in &mut lanes {
            if let Some(position) = lane.position.as_ref().filter(|_| lane.lane.as_str() == LANE) {
                let mut asked = self.ask(Some(position)).await?;
                lane.behind = Some(asked.behind(position).await?);
                asked.session.close().await;
            }
        }
        Ok(lanes)
    }

    /// The server whose log a position is of; else the first that answers.
    async fn ask(&self, known: Option<&Position>) -> Result<Asked<'_>, Error> {
        let (mut other, mut failed) = (None, None);
        for connection in &self.connections {
            match Asked::open(connection).await {
                Ok(asked) if known.is_none_or(|known| known.source == asked.facts.source) => {
                    return Ok(asked);
                }
                Ok(asked) => other = other.or(Some(asked)),
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        let none = || Error::configuration("the source names no server");
        other.ok_or_else(|| failed.unwrap_or_else(none))
    }
}

impl<'a> Asked<'a> {
    async fn open(connection: &'a Connection) -> Result<Self, Error> {
        let mut session = ReadSession::open(connection).await?;
        let facts = Facts::read(&mut session).await?;
        facts.check()?;
        Ok(Self { connection, session, facts })
    }

    /// A place that a person gave, as the server has it.
    async fn place(&mut self, text: &str, known: Option<&Position>) -> Result<LogPosition, Error> {
        let text = text.trim();
        let mut at = match (self.facts.gtids(text), begin::place(text)) {
            (Ok(gtids), _) if !gtids.is_empty() => {
                if !self.facts.names_transactions {
                    return Err(Error::configuration(
                        "the server names no transactions: its `gtid_mode` is not ON",
                    )
                    .help("name a file and an offset in it, as in binlog.000003:1234"));
                }
                LogPosition { gtids: Some(gtids), ..LogPosition::default() }
            }
            (_, Some(place)) => LogPosition { place, ..LogPosition::default() },
            _ => {
                return Err(Error::configuration(format!("{text:?} is no place in a binlog")).help(
                    "write the transactions that were read, as `gtid_executed` or `gtid_binlog_pos` show them, or a file \
                     and an offset in it, as in binlog.000003:1234",
                ));
            }
        };
        let kept = Kept::read(&self.facts, &mut self.session).await?;
        if let Some(missing) = kept.misses(&self.facts, &at) {
            let what = match missing {
                Missing::Purged => "the server no longer has its log from there on",
                Missing::Unknown => "the server's log has not come so far",
            };
            return Err(Error::configuration(format!("{text}: {what}; {kept}")));
        }
        if at.gtids.is_none() {
            self.check_between(&at.place, &kept.end.place).await?;
            at.gtids = self.gtids_at(&at.place).await?;
        }
        // Numbers of records only grow.
        if let Some(known) = known.and_then(|known| LogPosition::from_position(known).ok()) {
            at.ordinal = known.ordinal + known.events + u64::from(known.rows > 0);
        }
        Ok(at)
    }

    /// Looks whether an event begins at a place, and none of a transaction that began before it.
    async fn check_between(&mut self, place: &Place, end: &Place) -> Result<(), Error> {
        if place == end {
            return Ok(());
        }
        let sql = format!("SHOW BINLOG EVENTS IN {} FROM {} LIMIT 1", quoted(&place.file), place.position);
        let help = "`SHOW BINLOG EVENTS` lists where transactions begin: at their `Gtid` or `Anonymous_Gtid`";
        let refused = |what: &str| Error::configuration(format!("{place}: {what}")).help(help);
        let rows: Vec<Row> = self
            .session
            .rows(sql, "events of the binlog cannot be listed")
            .await
            .map_err(|error| refused("no event of the log begins there").caused_by(error))?;
        // Some servers go on to the next event where none begins.
        let begins = |row: &&Row| row.get::<u64, _>(1) == Some(place.position);
        let Some(name) = rows.first().filter(begins).and_then(|row| row.get::<String, _>(2)) else {
            return Err(refused("no event of the log begins there"));
        };
        let name = name.to_lowercase();
        if BETWEEN.iter().any(|word| name.contains(word)) {
            return Ok(());
        }
        Err(refused("it is within a transaction"))
    }

    /// The transactions before a place, of a server that can tell.
    async fn gtids_at(&mut self, place: &Place) -> Result<Option<GtidSet>, Error> {
        if self.facts.family == Family::MySql {
            return Ok(None);
        }
        let what = "the transactions before a place cannot be asked for";
        let sql = format!("SELECT BINLOG_GTID_POS({}, {})", quoted(&place.file), place.position);
        let set: Option<(Option<String>,)> = self.session.first(sql, what).await?;
        let set = set.and_then(|(set,)| set);
        set.map(|set| self.facts.gtids(&set)).transpose().map_err(|error| Error::fatal(what).caused_by(error))
    }

    async fn behind(&mut self, position: &Position) -> Result<Behind, Error> {
        let at = LogPosition::from_position(position)
            .map_err(|error| Error::fatal("how far the lane is behind is not known").caused_by(error))?;
        let kept = Kept::read(&self.facts, &mut self.session).await?;
        let is_own = position.source == self.facts.source;
        let transactions = match (&kept.end.gtids, &at.gtids) {
            (Some(had), Some(read)) => had.count_without(read),
            _ => None,
        };
        let bytes = if is_own {
            let files = self.facts.file_sizes(&mut self.session).await?;
            bytes_between(&files, &at.place, &kept.end.place)
        } else {
            None
        };
        let mut end = LogPosition {
            gtids: kept.end.gtids.clone(),
            place: kept.end.place.clone(),
            ..LogPosition::default()
        }
        .to_position(&self.facts.source);
        // It counts what a lane has read.
        end.at.remove("ordinal");
        let mut behind = Behind { seconds: None, bytes, transactions, end: Some(end), warning: None };
        if !is_own && self.facts.by_gtid(&at).is_none() {
            return Ok(behind);
        }
        if let Some(missing) = kept.misses(&self.facts, &at) {
            behind.warning = Some(kept.error(&self.facts, &at, missing).what().to_owned());
            return Ok(behind);
        }
        behind.seconds = if behind.is_at_end() { Some(0) } else { self.age(&at).await };
        let kept_for = self.facts.kept_for().map(|kept| kept.as_secs());
        if let (Some(age), Some(kept_for)) = (behind.seconds, kept_for)
            && age.saturating_mul(2) >= kept_for
        {
            behind.warning = Some(format!(
                "the server removes its log after {kept_for} s, and the oldest transaction that is not committed is {age} s \
                 old: `SET GLOBAL binlog_expire_logs_seconds` to more keeps it until it is read"
            ));
        }
        Ok(behind)
    }

    /// How old the first transaction after a position is, in seconds; `None` where the server does not say.
    async fn age(&mut self, at: &LogPosition) -> Option<u64> {
        let from = match self.facts.by_gtid(at) {
            Some(gtids) => From::Gtids(gtids.clone()),
            None => From::Place(at.place.clone()),
        };
        // Under a number of its own: a pipeline that runs is not disturbed.
        let server_id = rand::random_range(1 << 30..u32::MAX);
        let request =
            Request { from, server_id, heartbeat: Duration::from_secs(1), family: self.facts.family };
        let mut feed = Feed::begin(self.connection.clone(), request);
        let first = tokio::time::timeout(LOOK, feed.next_of(&BEGIN)).await;
        let first = match first {
            Ok(Ok(header)) => u64::from(header.timestamp),
            Ok(Err(error)) => {
                tracing::warn!("the age of the next transaction is not known: {error}");
                return None;
            }
            Err(_) => return None,
        };
        let now =
            self.session.number("SELECT UNIX_TIMESTAMP()", "the server's clock cannot be asked for").await;
        Some(now.ok()??.saturating_sub(first))
    }
}

/// Bytes of a log from a place to another; `None` where one of them is in no file of it, or they are the other way round.
fn bytes_between(files: &[(String, u64)], from: &Place, to: &Place) -> Option<u64> {
    let find = |place: &Place| files.iter().position(|(name, _)| **name == *place.file);
    let (first, last) = (find(from)?, find(to)?);
    let whole: u64 = files.get(first..last)?.iter().map(|(_, size)| size).sum();
    (whole + to.position).checked_sub(from.position)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_counted_over_files() {
        let files = ["a.1", "a.2", "a.3"].map(|name| (name.to_owned(), 1000));
        let place = |file: &str, position| Place { file: file.into(), position };
        let between = |from, to| bytes_between(&files, &from, &to);
        assert_eq!(between(place("a.1", 900), place("a.3", 50)), Some(1150));
        assert_eq!(between(place("a.3", 4), place("a.3", 4)), Some(0));
        assert_eq!(between(place("a.3", 4), place("a.2", 4)), None);
        assert_eq!(between(place("a.3", 5), place("a.3", 4)), None);
        assert_eq!(between(place("", 0), place("a.3", 4)), None);
    }
}
