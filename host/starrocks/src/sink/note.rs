//! Which labels count, as the position store keeps it beside the positions.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sluicegate_model::{Lane, Position};

/// What an epoch prepared, and from where its lanes were read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Work {
    /// In the order in which they are committed.
    pub labels: Vec<Prepared>,
    /// The positions before the epoch.
    pub from: BTreeMap<Lane, Position>,
}

/// A load that is prepared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prepared {
    /// The table's database.
    pub database: String,
    /// The table.
    pub table: String,
    /// The transaction's label.
    pub label: String,
    /// Whether the same rows loaded twice are there once: the table has a primary key.
    pub repeatable: bool,
    /// Of each lane the record of its last row, where the table has columns for that and they may have to be looked for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub last: BTreeMap<Lane, u64>,
}

/// What stands in a lane's note: the engine's own, and the work of the last epoch where it may not be done.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Note {
    /// The engine's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<serde_json::Value>,
    /// What was prepared, and has to be committed before anything else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work: Option<Work>,
}

impl Note {
    /// As the position store keeps it; `None` where there is nothing to say.
    pub fn to_value(&self) -> Option<serde_json::Value> {
        if *self == Self::default() {
            return None;
        }
        serde_json::to_value(self).ok()
    }

    /// As the position store gave it.
    ///
    /// # Errors
    /// Where another version wrote it.
    pub fn from_value(value: Option<serde_json::Value>) -> Result<Self, serde_json::Error> {
        value.map_or_else(|| Ok(Self::default()), serde_json::from_value)
    }
}
