//! Where a lane begins.

use std::time::Duration;

use sluicegate_connector::{Error, StartAt};
use sluicegate_model::{Lane, Moment, Position};

use super::dump::{From, Request};
use super::facts::Facts;
use super::feed::Feed;
use super::options::{SourceOptions, Start};
use crate::Connection;
use crate::binlog::event::kind;
use crate::binlog::{LogPosition, Place};
use crate::client::ReadSession;
use crate::client::server::Family;

/// Where the first event of a file begins.
const FILE_BEGIN: u64 = 4;

/// Where a lane begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begin {
    /// Where its log is read from.
    pub at: LogPosition,
    /// Transactions before this moment are passed over.
    pub since: Option<Moment>,
}

/// What it takes to find out.
pub struct Finder<'a> {
    /// The server.
    pub connection: &'a Connection,
    /// What it says of itself.
    pub facts: &'a Facts,
    /// What the source was told.
    pub options: &'a SourceOptions,
    /// The number of this reader.
    pub server_id: u32,
    /// The lane.
    pub lane: &'a Lane,
}

impl Finder<'_> {
    /// Finds where a lane begins.
    ///
    /// # Errors
    /// Where it cannot begin: nothing committed, a position of another server, a start that is none.
    pub async fn find(&self, session: &mut ReadSession, at: &StartAt) -> Result<Begin, Error> {
        let of = |at| Begin { at, since: None };
        match (at, &self.options.start) {
            (StartAt::Position(position), _) => self.position(position).map(of),
            (StartAt::Beginning | StartAt::Configured, Start::Snapshot)
            | (StartAt::Configured, Start::Latest) => {
                let end = self.facts.end(session).await?;
                Ok(of(LogPosition { gtids: end.gtids, place: end.place, ..LogPosition::default() }))
            }
            (StartAt::Beginning, _) | (StartAt::Configured, Start::Earliest) => {
                let files = self.facts.files(session).await?;
                Ok(of(file_begin(&files[0])))
            }
            (StartAt::Configured, Start::Committed) => Err(Error::configuration(
                "the pipeline has never run, and nothing says where it begins",
            )
            .lane(self.lane)
            .help("set `start` of the source: snapshot, earliest, latest, a timestamp, a gtid or a file")),
            (StartAt::Configured, Start::Gtid(set)) => self.gtids(set).map(of),
            (StartAt::Configured, Start::File(place)) => file(place).map(of),
            (StartAt::Configured, Start::Timestamp(moment)) => {
                let files = self.facts.files(session).await?;
                let file = self.file_of(&files, *moment).await?;
                Ok(Begin { at: file_begin(&file), since: Some(*moment) })
            }
        }
    }

    fn position(&self, position: &Position) -> Result<LogPosition, Error> {
        let at = LogPosition::from_position(position).map_err(|error| {
            Error::fatal("the lane cannot go on where it was").lane(self.lane).caused_by(error)
        })?;
        if at.place.file.is_empty() && !self.facts.names_transactions {
            return Err(Error::fatal("the position names transactions, and the server names none any more")
                .lane(self.lane)
                .position(position)
                .help("set `gtid_mode` ON on the server again"));
        }
        if position.source == self.facts.source {
            return Ok(at);
        }
        let (was, is) = (&position.source, &self.facts.source);
        let within = at.events > 0 || at.rows > 0;
        let family = at.flavor().map(|flavor| match flavor {
            crate::binlog::event::format::Flavor::MySql => Family::MySql,
            crate::binlog::event::format::Flavor::MariaDb => Family::MariaDb,
        });
        if family == Some(self.facts.family) && !within {
            tracing::info!(lane = %self.lane, was, is, "the log is read from another server, by GTIDs");
            // The place is one of the other's log.
            return Ok(LogPosition { place: Place::default(), ..at });
        }
        let why = if within {
            "it lies within a transaction, which another server logs in another way"
        } else {
            "it has no GTIDs by which another server could be read"
        };
        Err(Error::fatal(format!("the position is of another server ({was}) than the one that is read now ({is}): {why}"))
            .lane(self.lane)
            .position(position)
            .help(
                "read from the server of before until the pipeline stands between transactions; or fill the targets \
                 anew, then `sluicegate positions reset` and a `start` of today",
            ))
    }

    fn gtids(&self, set: &str) -> Result<LogPosition, Error> {
        let refused = |error| {
            Error::configuration("`start` of the source names no GTIDs of this server")
                .lane(self.lane)
                .caused_by(error)
        };
        let gtids = self.facts.gtids(set).map_err(refused)?;
        if !self.facts.names_transactions {
            return Err(Error::configuration("the server names no transactions: its `gtid_mode` is not ON")
                .lane(self.lane)
                .help("begin at a file: `start: { file: \"binlog.000003:4\" }`"));
        }
        Ok(LogPosition { gtids: Some(gtids), ..LogPosition::default() })
    }

    /// The last file that was begun before a moment, or the first one.
    async fn file_of(&self, files: &[String], moment: Moment) -> Result<String, Error> {
        // The first file that was begun at the moment or later is in `low..=high`.
        let (mut low, mut high) = (0, files.len());
        while low < high {
            let middle = low.midpoint(high);
            if self.begun_at(&files[middle]).await? * 1000 < moment.0 {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(files[low.saturating_sub(1)].clone())
    }

    /// When a file was begun, in seconds since 1970: its first event says so.
    async fn begun_at(&self, file: &str) -> Result<i64, Error> {
        let request = Request {
            from: From::Place(Place { file: file.into(), position: FILE_BEGIN }),
            server_id: self.server_id,
            heartbeat: Duration::from_secs(10),
            family: self.facts.family,
        };
        let mut feed = Feed::begin(self.connection.clone(), request);
        let header = feed.next_of(&[kind::FORMAT_DESCRIPTION]).await?;
        Ok(i64::from(header.timestamp))
    }
}

fn file_begin(file: &str) -> LogPosition {
    let place = Place { file: file.into(), position: FILE_BEGIN };
    LogPosition { place, ..LogPosition::default() }
}

/// `binlog.000003:1234`
pub fn place(text: &str) -> Option<Place> {
    let (file, position) = text.rsplit_once(':')?;
    let position = position.trim().parse().ok().filter(|position| *position >= FILE_BEGIN)?;
    (!file.is_empty()).then(|| Place { file: file.into(), position })
}

fn file(text: &str) -> Result<LogPosition, Error> {
    let place = place(text).ok_or_else(|| {
        Error::configuration(format!(
            "`start` of the source has the file {text:?}, which is no place in a binlog"
        ))
        .help("write it as the server shows it: `{ file: \"binlog.000003:1234\" }`; a file begins at 4")
    })?;
    Ok(LogPosition { place, ..LogPosition::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_file_and_a_number() {
        let at = file("binlog.000003:1234").unwrap().place;
        assert_eq!((&*at.file, at.position), ("binlog.000003", 1234));
        for text in ["binlog.000003", ":4", "binlog.1:x", "binlog.1:3"] {
            assert!(file(text).is_err(), "{text}");
        }
    }
}
