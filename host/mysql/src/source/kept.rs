//! What a server still has of its log.

use std::fmt;
use std::time::Duration;

use sluicegate_connector::Error;

use super::facts::{Facts, LogEnd};
use super::refused;
use crate::binlog::gtid::GtidSet;
use crate::binlog::{LogPosition, Place};
use crate::client::ReadSession;
use crate::client::server::Family;
use crate::sql::text::quoted;

/// How long a server may take to count transactions that its log had already.
const PATIENCE: Duration = Duration::from_secs(2);

/// Between two looks at it.
const PAUSE: Duration = Duration::from_millis(50);

/// Where the first event of a file begins.
const FILE_BEGIN: u64 = 4;

/// From where to where a server has its log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Names of its files, in order.
    files: Vec<String>,
    /// The transactions before the first file; `None` where the server names none.
    before: Option<GtidSet>,
    /// Its end.
    pub end: LogEnd,
}

/// Why a log cannot be read from a position on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// The server has removed it.
    Purged,
    /// The server has not had it: it was restored, or is behind.
    Unknown,
}

impl Kept {
    /// Asks a server.
    ///
    /// # Errors
    /// The server's.
    pub async fn read(facts: &Facts, session: &mut ReadSession) -> Result<Self, Error> {
        let what = "the beginning of the binlog cannot be asked for";
        let files = facts.files(session).await?;
        let first = files.first().map_or("", String::as_str);
        let sql = match facts.family {
            Family::MySql if !facts.names_transactions => None,
            Family::MySql => Some("SELECT @@GLOBAL.gtid_purged".to_owned()),
            Family::MariaDb => Some(format!("SELECT BINLOG_GTID_POS({}, {FILE_BEGIN})", quoted(first))),
        };
        let before = match sql {
            None => None,
            Some(sql) => {
                let set: Option<(Option<String>,)> = session.first(sql, what).await?;
                let set = set.and_then(|(set,)| set).unwrap_or_default();
                Some(facts.gtids(&set).map_err(|error| Error::fatal(what).caused_by(error))?)
            }
        };
        Ok(Self { files, before, end: facts.end(session).await? })
    }

    /// The same, of a server that may need a moment to count what its log has had up to a position.
    ///
    /// # Errors
    /// The server's.
    pub async fn read_up_to(
        facts: &Facts,
        session: &mut ReadSession,
        at: &LogPosition,
    ) -> Result<Self, Error> {
        let until = tokio::time::Instant::now() + PATIENCE;
        loop {
            let kept = Self::read(facts, session).await?;
            if kept.misses(facts, at) != Some(Missing::Unknown) || tokio::time::Instant::now() >= until {
                return Ok(kept);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Whether, and why, the log cannot be read from a position on.
    pub fn misses(&self, facts: &Facts, at: &LogPosition) -> Option<Missing> {
        if let Some(gtids) = facts.by_gtid(at) {
            let purged = self.before.as_ref().is_some_and(|before| !gtids.contains_all(before));
            let unknown = self.end.gtids.as_ref().is_some_and(|had| !had.contains_all(gtids));
            return if unknown { Some(Missing::Unknown) } else { purged.then_some(Missing::Purged) };
        }
        let number = |file: &str| file.rsplit_once('.').and_then(|(_, digits)| digits.parse::<u64>().ok());
        let Place { file, position } = &at.place;
        if self.files.iter().any(|kept| **kept == **file) {
            let beyond = **file == *self.end.place.file && *position > self.end.place.position;
            return beyond.then_some(Missing::Unknown);
        }
        let before_first = self.files.first().is_some_and(|first| number(file) < number(first));
        Some(if before_first { Missing::Purged } else { Missing::Unknown })
    }

    /// What is said of it where it stops a pipeline.
    pub fn error(&self, facts: &Facts, at: &LogPosition, missing: Missing) -> Error {
        let wanted = match facts.by_gtid(at) {
            Some(gtids) => format!("after the transactions {gtids}"),
            None => format!("from {}", at.place),
        };
        let what = match missing {
            Missing::Purged => "the server no longer has the part of its log that is to be read",
            Missing::Unknown => {
                "the server has never had the log that was read before: it was set up anew or restored"
            }
        };
        Error::fatal(format!("{what} ({wanted}); {self}")).help(refused::CHOICES)
    }
}

/// What the server still has, as `start` of a source names it.
impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = self.files.first().map_or("", String::as_str);
        write!(f, "its log begins at {first}:{FILE_BEGIN}")?;
        if let Some(before) = self.before.as_ref().filter(|before| !before.is_empty()) {
            write!(f, " (after the transactions {before})")?;
        }
        write!(f, " and ends at {}", self.end.place)?;
        match self.end.gtids.as_ref().filter(|had| !had.is_empty()) {
            Some(had) => write!(f, " (after the transactions {had})"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(files: &[&str], before: &str, end: &str, position: u64) -> Kept {
        let gtids = |text: &str| Some(GtidSet::MariaDb(text.parse().unwrap()));
        let file = files.last().copied().unwrap_or_default();
        Kept {
            files: files.iter().map(|file| (*file).to_owned()).collect(),
            before: gtids(before),
            end: LogEnd { place: Place { file: file.into(), position }, gtids: gtids(end) },
        }
    }

    #[test]
    fn what_is_missing_is_told() {
        let facts = Facts::for_tests(Family::MariaDb, &[("server_id", "1")]);
        let kept = kept(&["binlog.000007", "binlog.000008"], "0-1-50", "0-1-90", 700);
        let by_gtid = |text: &str| LogPosition {
            gtids: Some(GtidSet::MariaDb(text.parse().unwrap())),
            ..LogPosition::default()
        };
        assert_eq!(kept.misses(&facts, &by_gtid("0-1-50")), None);
        assert_eq!(kept.misses(&facts, &by_gtid("0-1-90")), None);
        assert_eq!(kept.misses(&facts, &by_gtid("0-1-49")), Some(Missing::Purged));
        assert_eq!(kept.misses(&facts, &by_gtid("0-1-91")), Some(Missing::Unknown));
        assert_eq!(kept.misses(&facts, &by_gtid("1-1-5")), Some(Missing::Unknown));
        let by_file = |file: &str, position| LogPosition {
            place: Place { file: file.into(), position },
            ..LogPosition::default()
        };
        assert_eq!(kept.misses(&facts, &by_file("binlog.000007", 4)), None);
        assert_eq!(kept.misses(&facts, &by_file("binlog.000006", 4)), Some(Missing::Purged));
        assert_eq!(kept.misses(&facts, &by_file("binlog.000009", 4)), Some(Missing::Unknown));
        assert_eq!(kept.misses(&facts, &by_file("binlog.000008", 701)), Some(Missing::Unknown));
        let text = kept.error(&facts, &by_gtid("0-1-49"), Missing::Purged).to_string();
        for part in ["binlog.000007:4", "0-1-50", "binlog.000008:700", "0-1-90", "--resnapshot", "on_purged"]
        {
            assert!(text.contains(part), "{part} is not in {text}");
        }
    }
}
