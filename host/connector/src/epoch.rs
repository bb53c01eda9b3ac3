//! Epochs, and which life of a lane counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::RwLock;
use sluicegate_model::{Incarnation, Lane, Position};
use std::collections::HashMap;

/// What one epoch moves in one lane.
#[derive(Clone, Debug)]
pub struct LaneSpan {
    /// The lane.
    pub lane: Lane,
    /// The life of the lane that the rows belong to.
    pub incarnation: Incarnation,
    /// The position that was decided last; the first row of the epoch is the next after it.
    pub from: Position,
    /// The position that this epoch decides. Equal to `from` where only `released` or `note` is to be written.
    pub to: Position,
    /// Whether this process gives the lane up with this epoch, so that a successor need not fence it.
    pub released: bool,
    /// What the engine wants back from the next [`crate::Writer::take`] of the lane: small, opaque.
    pub note: Option<serde_json::Value>,
}

/// What is decided as one: the rows written since the last decision, and the spans that they came from.
#[derive(Clone, Debug)]
pub struct Epoch {
    /// Counts the epochs of this process, for logs.
    pub number: u64,
    /// Each lane that the epoch moves or releases, once.
    pub lanes: Vec<LaneSpan>,
    /// Asked by a writer at the point that [`crate::Writer::commit`] names.
    pub incarnations: Incarnations,
}

impl Epoch {
    /// The first lane whose incarnation has ended, if any: then the epoch must not be committed.
    pub fn stale_lane(&self) -> Option<&Lane> {
        self.lanes
            .iter()
            .find(|span| !self.incarnations.is_current(&span.lane, span.incarnation))
            .map(|span| &span.lane)
    }
}

/// The current incarnation of each lane that this process holds. Shared between the engine, which begins and
/// ends them, and writers, which ask. Cheap to clone: clones are the same table.
#[derive(Clone, Debug, Default)]
pub struct Incarnations {
    current: Arc<RwLock<HashMap<Lane, Incarnation>>>,
    last: Arc<AtomicU64>,
}

impl Incarnations {
    /// Begins a new life of a lane and ends the one before it.
    pub fn begin(&self, lane: &Lane) -> Incarnation {
        let incarnation = Incarnation(self.last.fetch_add(1, Ordering::Relaxed) + 1);
        self.current.write().insert(lane.clone(), incarnation);
        incarnation
    }

    /// Ends the life of a lane. Called before the lane is given back to its source, so that no row of it can be
    /// committed after another process may have taken it.
    pub fn end(&self, lane: &Lane) {
        self.current.write().remove(lane);
    }

    /// Whether an incarnation is the lane's present one.
    pub fn is_current(&self, lane: &Lane, incarnation: Incarnation) -> bool {
        self.current.read().get(lane) == Some(&incarnation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_life_ends_the_old_one() {
        let incarnations = Incarnations::default();
        let lane = Lane::from("t/0");
        let first = incarnations.begin(&lane);
        let second = incarnations.begin(&lane);
        assert!(!incarnations.is_current(&lane, first));
        assert!(incarnations.is_current(&lane, second));
        incarnations.end(&lane);
        assert!(!incarnations.is_current(&lane, second));
    }
}
