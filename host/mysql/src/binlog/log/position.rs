//! Where a log can be read on.

use serde_json::{Map, Value};
use sluicegate_model::Position;
use thiserror::Error;

use crate::binlog::error::Place;
use crate::binlog::event::format::Flavor;
use crate::binlog::gtid::GtidSet;

/// The version of the form below.
const VERSION: u32 = 1;

/// Bits of a record's number below the count of events: numbers for records that are put between two events.
const BETWEEN: u32 = 20;

/// The number of a record that is an event of rows, the `count`th of the lane from 0. An event keeps its number whenever
/// it is read again; what is put between events is made anew, and has numbers of its own.
pub const fn record_number(count: u64) -> u64 {
    (count + 1) << BETWEEN
}

/// The count of the first event whose number is above another.
pub const fn count_above(number: u64) -> u64 {
    number >> BETWEEN
}

/// A point in a log: before a transaction, and how much of it was read.
///
/// A log can be read from the beginning of a transaction only, where its tables are described; so a point
/// inside one is its beginning and a number of rows. These are counted as logged, before any filter: whatever
/// is configured differently later, they are the same rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogPosition {
    /// The transactions that were read; `None` where the server names none.
    pub gtids: Option<GtidSet>,
    /// Where the transaction begins, or comes next.
    pub place: Place,
    /// Events of rows of the transaction that were read.
    pub events: u64,
    /// Rows of the next event that were read.
    pub rows: u32,
    /// Events of rows before the transaction, since the lane began.
    pub ordinal: u64,
}

/// A stored position that is none of a binlog.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the stored position ({position}) is none of a binlog: {why}")]
pub struct PositionError {
    position: String,
    why: String,
}

impl LogPosition {
    /// As it is stored. `source` is the server's, so that it is never taken for another's.
    pub fn to_position(&self, source: &str) -> Position {
        let mut at = Map::new();
        match &self.gtids {
            Some(GtidSet::MySql(set)) => drop(at.insert("gtids".to_owned(), set.to_string().into())),
            Some(GtidSet::MariaDb(set)) => {
                drop(at.insert("mariadb_gtids".to_owned(), set.to_string().into()));
            }
            None => {}
        }
        at.insert("file".to_owned(), Value::from(&*self.place.file));
        at.insert("position".to_owned(), self.place.position.into());
        if self.events > 0 || self.rows > 0 {
            at.insert("events".to_owned(), self.events.into());
        }
        if self.rows > 0 {
            at.insert("rows".to_owned(), self.rows.into());
        }
        at.insert("ordinal".to_owned(), self.ordinal.into());
        Position { v: VERSION, source: source.to_owned(), at }
    }

    /// From what was stored.
    ///
    /// # Errors
    /// [`PositionError`].
    pub fn from_position(position: &Position) -> Result<Self, PositionError> {
        let error = |why: String| PositionError { position: position.to_string(), why };
        if position.v != VERSION {
            return Err(error(format!("its form is version {}, this program knows {VERSION}", position.v)));
        }
        let text = |key: &str| position.at.get(key).and_then(Value::as_str);
        let number = |key: &str| match position.at.get(key) {
            None => Ok(0),
            Some(value) => value.as_u64().ok_or_else(|| error(format!("{key} is no number"))),
        };
        let gtids = match (text("gtids"), text("mariadb_gtids")) {
            (Some(set), None) => Some(GtidSet::MySql(set.parse().map_err(|e| error(format!("{e}")))?)),
            (None, Some(set)) => Some(GtidSet::MariaDb(set.parse().map_err(|e| error(format!("{e}")))?)),
            (None, None) => None,
            (Some(_), Some(_)) => return Err(error("it has GTIDs of both families".to_owned())),
        };
        let file = text("file").ok_or_else(|| error("it has no file".to_owned()))?;
        let rows = u32::try_from(number("rows")?).map_err(|_| error("rows is too large".to_owned()))?;
        Ok(Self {
            gtids,
            place: Place { file: file.into(), position: number("position")? },
            events: number("events")?,
            rows,
            ordinal: number("ordinal")?,
        })
    }

    /// The family of its names of transactions.
    pub fn flavor(&self) -> Option<Flavor> {
        self.gtids.as_ref().map(|set| match set {
            GtidSet::MySql(_) => Flavor::MySql,
            GtidSet::MariaDb(_) => Flavor::MariaDb,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_go_both_ways() {
        let set = "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5:nightly:7";
        for gtids in [
            None,
            Some(GtidSet::MySql(set.parse().unwrap())),
            Some(GtidSet::MariaDb("0-1-9,1-2-5".parse().unwrap())),
        ] {
            for (events, rows) in [(0, 0), (3, 0), (3, 2)] {
                let place = Place { file: "binlog.000003".into(), position: 5 << 32 };
                let position = LogPosition { gtids: gtids.clone(), place, events, rows, ordinal: 11 };
                assert_eq!(LogPosition::from_position(&position.to_position("s")), Ok(position));
            }
        }
    }

    #[test]
    fn counts_are_above_numbers() {
        for number in [0, 5, record_number(0), record_number(0) + 1, record_number(7)] {
            assert!(record_number(count_above(number)) > number, "{number}");
        }
    }

    #[test]
    fn what_is_no_position_is_refused() {
        let position =
            |json: &str| Position { v: 1, source: "s".to_owned(), at: serde_json::from_str(json).unwrap() };
        for json in [
            "{}",
            r#"{"file": "a", "position": "x"}"#,
            r#"{"file": "a", "gtids": "0-1-2"}"#,
            r#"{"file": "a", "gtids": "", "mariadb_gtids": ""}"#,
            r#"{"file": "a", "rows": 99999999999}"#,
        ] {
            assert!(LogPosition::from_position(&position(json)).is_err(), "{json}");
        }
        let newer = Position { v: 2, ..position(r#"{"file": "a"}"#) };
        assert!(LogPosition::from_position(&newer).unwrap_err().to_string().contains("version 2"));
    }
}
