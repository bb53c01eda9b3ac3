//! Positions: points in a lane.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A point in a lane, between two rows: everything before it was read. What `at` holds is its source's own:
/// `{"offset": 4711}` for Kafka, a GTID set and an ordinal for a binlog. The engine never looks inside; it
/// carries positions to where they are stored and back, as the JSON `{"v": 1, "source": ..., "at": {...}}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Version of the form of `at`, set by the source that wrote it.
    pub v: u32,
    /// What the lane belongs to, so that a position is never used on another system of the same name: the
    /// id of a Kafka cluster and topic, the uuid of a MySQL server.
    pub source: String,
    /// The point in the source's own terms.
    pub at: Map<String, Value>,
}

impl Position {
    /// A number in the source's terms, where it is one.
    pub fn number(&self, key: &str) -> Option<i64> {
        self.at.get(key).and_then(Value::as_i64)
    }
}

/// As a person reads it: `offset 4711`.
impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (key, value)) in self.at.iter().enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            match value {
                Value::String(text) => write!(f, "{comma}{key} {text}")?,
                other => write!(f, "{comma}{key} {other}")?,
            }
        }
        Ok(())
    }
}
