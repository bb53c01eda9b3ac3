//! Positions for people.
//!
//! A sink that can prepare and commit, but cannot hold a position in the same transaction (StarRocks), keeps them in a
//! position store: the [`crate::Writer`] of another sink, which gets no rows. Prepare in the one, commit an epoch with a
//! note of what was prepared in the other, commit in the one.

use std::fmt;

use async_trait::async_trait;
use serde::Serialize;
use sluicegate_model::{Lane, Position};

use crate::Error;

/// What is committed for a lane, for `sluicegate positions`.
#[derive(Clone, Debug, Serialize)]
pub struct LanePosition {
    /// The lane.
    pub lane: Lane,
    /// What was decided last; `None` where the lane has never been decided.
    pub position: Option<Position>,
    /// Who holds the lane, in the system's own terms.
    pub holder: Option<String>,
    /// How far it is behind the end, in records.
    pub lag: Option<u64>,
    /// The same of a lane that is a log, which is not counted in records; `None` where it is none, or nothing is known.
    pub behind: Option<Behind>,
}

/// How far a lane is behind the end of its log, as far as its server knows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Behind {
    /// The age of the oldest transaction that is not committed, in seconds of the server's clock; 0 at the end.
    pub seconds: Option<u64>,
    /// Bytes of the log between the position and the end.
    pub bytes: Option<u64>,
    /// Transactions that are not committed.
    pub transactions: Option<u64>,
    /// The end of the log.
    pub end: Option<Position>,
    /// What has to be seen to before the lane cannot go on.
    pub warning: Option<String>,
}

impl Behind {
    /// Whether everything in the log is committed.
    pub fn is_at_end(&self) -> bool {
        self.transactions == Some(0) || self.bytes == Some(0)
    }
}

/// As a person reads it: `3 transactions, 4711 bytes, 12 s behind`.
impl fmt::Display for Behind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_at_end() {
            return f.write_str("at the end of the log");
        }
        let known = [(self.transactions, "transactions"), (self.bytes, "bytes"), (self.seconds, "s")];
        let known: Vec<String> =
            known.iter().filter_map(|(number, unit)| Some(format!("{} {unit}", (*number)?))).collect();
        if known.is_empty() {
            return f.write_str("how far behind is not known");
        }
        write!(f, "{} behind", known.join(", "))
    }
}

/// Positions as an operator sees and moves them. The pipeline must not be running where it changes something.
#[async_trait]
pub trait PositionAdmin: Send {
    /// All lanes, in order of their names.
    ///
    /// # Errors
    /// The system's.
    async fn show(&mut self) -> Result<Vec<LanePosition>, Error>;

    /// Moves lanes to positions, in one decision.
    ///
    /// # Errors
    /// [`crate::Class::Configuration`] where the pipeline is running.
    async fn set(&mut self, positions: &[(Lane, Position)]) -> Result<(), Error>;

    /// Forgets lanes: the next start begins where `start:` says. All lanes where `lanes` is empty.
    ///
    /// # Errors
    /// [`crate::Class::Configuration`] where the pipeline is running.
    async fn reset(&mut self, lanes: &[Lane]) -> Result<(), Error>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_told() {
        let behind =
            |transactions, bytes, seconds| Behind { seconds, bytes, transactions, ..Behind::default() };
        assert_eq!(behind(Some(3), Some(40), Some(1)).to_string(), "3 transactions, 40 bytes, 1 s behind");
        assert_eq!(behind(None, None, Some(1)).to_string(), "1 s behind");
        assert_eq!(behind(Some(0), Some(40), None).to_string(), "at the end of the log");
        assert_eq!(behind(None, None, None).to_string(), "how far behind is not known");
    }
}
