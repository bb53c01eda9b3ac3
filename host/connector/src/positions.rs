//! Positions kept apart from the rows, and positions for people.

use async_trait::async_trait;
use serde::Serialize;
use sluicegate_model::{Lane, Position};

use crate::{Error, Taken};

/// Keeps the decision for a sink that can prepare and commit, but cannot hold a position in the same transaction
/// (StarRocks): prepare in the sink, [`Positions::decide`] here, commit in the sink.
///
/// A store refuses a stale writer: after a lane was taken by one holder, `decide` of any earlier one fails.
#[async_trait]
pub trait Positions: Send {
    /// Takes lanes, as [`crate::Writer::take`] does. Each comes back with the note of a decision that was not yet
    /// [`Positions::done`]: work in the sink that must be finished, or found finished, before anything else.
    ///
    /// # Errors
    /// As [`crate::Writer::take`].
    async fn take(&mut self, lanes: &[Lane]) -> Result<Vec<Taken>, Error>;

    /// Moves lanes from one position to the next, all or none, with a note of what was prepared.
    ///
    /// # Errors
    /// The system's, where it is sure that nothing was decided; otherwise the answer is [`Decision::Unknown`].
    async fn decide(
        &mut self,
        moves: &[(Lane, Position, Position)],
        note: &serde_json::Value,
    ) -> Result<Decision, Error>;

    /// The work that the last note names is finished.
    ///
    /// # Errors
    /// The system's; the note is found again by the next take.
    async fn done(&mut self, note: &serde_json::Value) -> Result<(), Error>;

    /// Gives lanes up, so that a successor need not wait.
    ///
    /// # Errors
    /// The system's; a successor then fences instead.
    async fn release(&mut self, lanes: &[Lane]) -> Result<(), Error>;
}

/// What came of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is durable.
    Made,
    /// Another holder has the lane. Nothing was decided.
    Fenced,
    /// The answer was lost: take the lanes again and look.
    Unknown,
}

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
