//! Positions for people.
//!
//! A sink that can prepare and commit, but cannot hold a position in the same transaction (StarRocks), keeps them in a
//! position store: the [`crate::Writer`] of another sink, which gets no rows. Prepare in the one, commit an epoch with a
//! note of what was prepared in the other, commit in the one.

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
