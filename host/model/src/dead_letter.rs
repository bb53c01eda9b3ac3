//! Rows put aside.

use serde::{Deserialize, Serialize};

use crate::{Lane, Position, TableName};

/// A record as its source had it, byte for byte.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct RawRecord {
    /// The Kafka key, where there is one.
    pub key: Option<Vec<u8>>,
    /// The message, the row image, the line. `None` is a tombstone.
    pub value: Option<Vec<u8>>,
    /// Headers in order; names may repeat.
    pub headers: Vec<(String, Option<Vec<u8>>)>,
}

/// Lengths only: a record may hold what must not reach a log.
impl std::fmt::Debug for RawRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RawRecord")
            .field("key_bytes", &self.key.as_ref().map(Vec::len))
            .field("value_bytes", &self.value.as_ref().map(Vec::len))
            .field("headers", &self.headers.len())
            .finish()
    }
}

/// Where, why and by what a row was put aside: all but its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The step that refused it: `decode`, a step's name as configured, `encode`, `write`.
    pub step: String,
    /// Why, in words.
    pub reason: String,
}

/// A row put aside with everything that is needed to look at it and to send it again.
#[derive(Clone, Debug)]
pub struct DeadLetter {
    /// The pipeline.
    pub pipeline: String,
    /// The lane that the row came from.
    pub lane: Lane,
    /// Where in the lane, in the source's own terms.
    pub position: Position,
    /// The record's number in its lane.
    pub ordinal: u64,
    /// Which row of a record that holds several; `None`: the whole record.
    pub part: Option<u32>,
    /// The destination that it was on its way to, where it got that far.
    pub output: Option<TableName>,
    /// Why.
    pub why: Reason,
    /// The record as it came.
    pub raw: RawRecord,
}

impl DeadLetter {
    /// The same for the same row, so that a repeat after a crash shows: pipeline, lane, ordinal, part, output.
    pub fn id(&self) -> String {
        let part = self.part.map(|part| format!(".{part}")).unwrap_or_default();
        let output = self.output.as_ref().map(|output| format!("/{output}")).unwrap_or_default();
        format!("{}/{}/{}{part}{output}", self.pipeline, self.lane, self.ordinal)
    }
}
