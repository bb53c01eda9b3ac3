//! What becomes of each letter.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use sluicegate_model::{Lane, Position, TableName};

use super::Filter;
use super::done::{Done, KnownPlace};
use super::later::Later;
use super::narrow::Stage;

/// What a replay is asked for.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Which letters.
    pub filter: Filter,
    /// Also rows whose key changed later, or nobody can tell.
    pub force: bool,
}

/// What becomes of a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is sent again.
    Send,
    /// It was not asked for.
    NotAsked,
    /// The pipeline has not passed its row yet, and reads it again itself.
    NotPassed,
    /// A row of the same key came later and was written.
    ChangedLater(Later),
    /// Whether a row of the same key came later cannot be told.
    CannotTell(String),
    /// The row does not go where the letter's row was on its way to.
    Elsewhere(String),
    /// Another letter about the same row, of another step, goes first.
    Waits(String),
    /// It cannot be opened.
    Closed(String),
}

impl Fate {
    /// A word for programs.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::NotAsked => "not-asked",
            Self::NotPassed => "not-passed",
            Self::ChangedLater(_) => "changed-later",
            Self::CannotTell(_) => "cannot-tell",
            Self::Elsewhere(_) => "elsewhere",
            Self::Waits(_) => "waits",
            Self::Closed(_) => "closed",
        }
    }

    /// Whether the letter was asked for and is kept back.
    pub const fn is_refusal(&self) -> bool {
        !matches!(self, Self::Send | Self::NotAsked)
    }
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send => f.write_str("is sent again"),
            Self::NotAsked => f.write_str("was not asked for"),
            Self::NotPassed => {
                f.write_str("the pipeline has not passed this row yet: it reads it again itself when it runs")
            }
            Self::ChangedLater(later) => {
                write!(f, "its key was changed later, at {later}; --force writes it all the same")
            }
            Self::CannotTell(why) => {
                write!(
                    f,
                    "whether its key was changed later cannot be told: {why}; --force writes it all the same"
                )
            }
            Self::Elsewhere(why) => write!(f, "{why}; --force sends it to all of them"),
            Self::Waits(id) => write!(f, "waits for {id}, which is about the same row: replay once more"),
            Self::Closed(why) => write!(f, "it cannot be opened: {why}"),
        }
    }
}

/// A letter that was not sent again yet, without its bytes.
#[derive(Clone, Debug)]
pub struct Entry {
    /// As [`DeadLetter::id`].
    pub id: String,
    /// The lane of its row.
    pub lane: Lane,
    /// Where in the lane.
    pub position: Position,
    /// The record's number in the lane.
    pub ordinal: u64,
    /// Which row of the record.
    pub part: Option<u32>,
    /// Where the row was on its way to.
    pub output: Option<TableName>,
    /// The step that refused it.
    pub step: String,
    /// Why.
    pub reason: String,
    /// When it was put aside last.
    pub when: Option<DateTime<Utc>>,
    /// Where it lies; more than once where a crash came in between.
    pub copies: Vec<(usize, u64)>,
    /// What becomes of it.
    pub fate: Fate,
    pub(super) keys: Vec<u128>,
    /// Its row can be read, and its key is not known.
    pub(super) key_unknown: bool,
    /// Its row does not go where it was on its way to, and is written all the same.
    pub(super) anywhere: bool,
}

/// Letters about one row that are sent again together, with one decision.
#[derive(Clone, Debug)]
pub struct Unit {
    /// The letters' numbers among [`Plan::entries`].
    pub letters: Vec<usize>,
    /// Where its bytes lie.
    pub bytes: (usize, u64),
}

/// What a replay will do.
#[derive(Debug)]
pub struct Plan {
    /// All places.
    pub places: Arc<[KnownPlace]>,
    /// All letters that were not sent again yet.
    pub entries: Vec<Entry>,
    /// What is sent again, in order.
    pub units: Vec<Unit>,
    /// From where on only one of a row's outputs is written.
    pub stages: HashMap<(Lane, u64, u32), Stage>,
}

impl Plan {
    /// All copies of a unit's letters.
    pub fn copies(&self, unit: &Unit) -> impl Iterator<Item = (usize, u64)> {
        unit.letters.iter().flat_map(|letter| self.entries[*letter].copies.iter().copied())
    }

    /// Letters that were asked for and are kept back.
    pub fn refused(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.fate.is_refusal())
    }

    /// Number of letters of a kind.
    pub fn count(&self, of: impl Fn(&Fate) -> bool) -> usize {
        self.entries.iter().filter(|entry| of(&entry.fate)).count()
    }
}

/// What was decided before a plan is made.
#[derive(Clone, Debug, Default)]
pub struct Decided {
    /// By the pipeline, for each lane.
    pub pipeline: BTreeMap<Lane, Position>,
    /// By earlier replays.
    pub replays: Done,
}

impl Decided {
    /// Whether the pipeline has passed a row; `None` where nothing is decided for its lane.
    pub fn has_passed(&self, lane: &Lane, row: &Position) -> Option<bool> {
        self.pipeline.get(lane).map(|committed| is_beyond(committed, row))
    }
}

/// Whether a lane was read beyond a row. A log that was made anew is never read again where it was: that is beyond.
fn is_beyond(committed: &Position, row: &Position) -> bool {
    // Of a file that grows more becomes known: how it begins. Its number stays.
    let log = |position: &Position| position.source.split(" head:").next().map(str::to_owned);
    log(committed) != log(row) || committed.number("offset") > row.number("offset")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_passed_where_the_next_one_is_committed() {
        let at = |source: &str, offset: u64| Position {
            v: 1,
            source: source.to_owned(),
            at: serde_json::Map::from_iter([("offset".to_owned(), offset.into())]),
        };
        assert!(is_beyond(&at("c/t", 8), &at("c/t", 7)));
        assert!(!is_beyond(&at("c/t", 7), &at("c/t", 7)));
        assert!(is_beyond(&at("c/u", 7), &at("c/t", 7)), "another topic under its name");
        assert!(!is_beyond(&at("inode:7 head:1024:a1", 7), &at("inode:7 head:20:b2", 7)));
        assert!(is_beyond(&at("inode:8 head:20:b2", 7), &at("inode:7 head:20:b2", 7)));
    }
}
