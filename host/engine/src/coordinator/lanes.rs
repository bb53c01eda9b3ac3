//! The lanes that this process holds, and how far each has come.

use std::collections::BTreeMap;
use std::time::Instant;

use sluicegate_connector::StartAt;
use sluicegate_model::{Incarnation, Lane};

use crate::dead::Window;
use crate::worker::Done;

/// Where a lane stands between assignment and release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Assigned; to be taken before anything else, or again.
    Waiting,
    /// Taken; rows flow.
    Held,
    /// Wanted back; what was read is drained.
    Leaving,
    /// Nothing of it is on its way any more, or what is does not count.
    Left,
}

/// One lane.
pub(super) struct LaneState {
    pub(super) phase: Phase,
    pub(super) incarnation: Option<Incarnation>,
    /// What was decided last, as far as it may be trusted: where a rewind goes to.
    pub(super) decided: StartAt,
    /// The last record that a part of the sink held already when the lane was taken.
    pub(super) ahead: Option<u64>,
    pub(super) decided_window: Window,
    /// With the rows of the open epoch.
    pub(super) window: Window,
    /// Chunks given to workers in this incarnation.
    given: u64,
    /// The chunk to be written next.
    next: u64,
    ready: BTreeMap<u64, Done>,
    pub(super) finished: bool,
}

impl LaneState {
    pub(super) fn waiting() -> Self {
        Self {
            phase: Phase::Waiting,
            incarnation: None,
            decided: StartAt::Configured,
            ahead: None,
            decided_window: Window::default(),
            window: Window::default(),
            given: 0,
            next: 0,
            ready: BTreeMap::new(),
            finished: false,
        }
    }

    /// Begins a new life from what was decided.
    pub(super) fn begin(&mut self, incarnation: Incarnation) {
        self.incarnation = Some(incarnation);
        self.window = self.decided_window.clone();
        self.forget_chunks();
    }

    /// Drops everything on its way; its permits come back.
    pub(super) fn forget_chunks(&mut self) {
        (self.given, self.next, self.finished) = (0, 0, false);
        self.ready.clear();
    }

    /// The number of a chunk that goes to a worker.
    pub(super) fn give(&mut self) -> u64 {
        self.given += 1;
        self.given - 1
    }

    /// A chunk came back from a worker; it waits for its turn.
    pub(super) fn came_back(&mut self, done: Done) {
        self.ready.insert(done.seq, done);
    }

    pub(super) fn has_ready(&self) -> bool {
        self.ready.first_key_value().is_some_and(|(seq, _)| *seq == self.next)
    }

    /// The chunk whose turn it is, if it is there.
    pub(super) fn pop_ready(&mut self) -> Option<Done> {
        let done = self.ready.remove(&self.next)?;
        self.next += 1;
        Some(done)
    }

    /// Whether nothing is between the source and the open epoch.
    pub(super) fn is_idle(&self) -> bool {
        self.given == self.next
    }
}

/// Lanes that the source wants back with one event; it gets them back with one call.
pub(super) struct Revocation {
    pub(super) lanes: Vec<Lane>,
    pub(super) deadline: Instant,
}

/// All lanes.
#[derive(Default)]
pub(super) struct Lanes {
    pub(super) by_name: BTreeMap<Lane, LaneState>,
    pub(super) revocations: Vec<Revocation>,
}

impl Lanes {
    pub(super) fn get_mut(&mut self, lane: &Lane) -> Option<&mut LaneState> {
        self.by_name.get_mut(lane)
    }

    pub(super) fn in_phase(&self, phase: Phase) -> Vec<Lane> {
        let fits = self.by_name.iter().filter(|(_, state)| state.phase == phase);
        fits.map(|(lane, _)| lane.clone()).collect()
    }

    pub(super) fn any(&self, phase: Phase) -> bool {
        self.by_name.values().any(|state| state.phase == phase)
    }

    pub(super) fn any_ready(&self) -> bool {
        self.flowing().any(|(_, state)| state.has_ready())
    }

    /// Lanes whose rows may be written.
    pub(super) fn flowing(&self) -> impl Iterator<Item = (&Lane, &LaneState)> {
        self.by_name.iter().filter(|(_, state)| matches!(state.phase, Phase::Held | Phase::Leaving))
    }

    /// Lanes that drained: their last rows are in the open epoch, or there were none.
    pub(super) fn drained(&self) -> Vec<Lane> {
        let drained =
            self.by_name.iter().filter(|(_, state)| state.phase == Phase::Leaving && state.is_idle());
        drained.map(|(lane, _)| lane.clone()).collect()
    }

    pub(super) fn all_idle(&self) -> bool {
        self.flowing().all(|(_, state)| state.is_idle())
    }

    pub(super) fn all_finished(&self) -> bool {
        self.revocations.is_empty()
            && self.by_name.values().all(|state| state.finished && state.phase == Phase::Held)
    }

    /// A revocation of which every lane has left, if there is one. Its lanes are forgotten.
    pub(super) fn pop_left(&mut self) -> Option<Vec<Lane>> {
        let left = |lane: &Lane| self.by_name.get(lane).is_none_or(|state| state.phase == Phase::Left);
        let place = self.revocations.iter().position(|one| one.lanes.iter().all(left))?;
        let Revocation { lanes, .. } = self.revocations.swap_remove(place);
        for lane in &lanes {
            self.by_name.remove(lane);
        }
        Some(lanes)
    }

    /// Lanes that did not leave in time.
    pub(super) fn overdue(&self, now: Instant) -> Vec<Lane> {
        let late = self.revocations.iter().filter(|one| one.deadline <= now);
        let leaving =
            |lane: &&Lane| self.by_name.get(*lane).is_some_and(|state| state.phase == Phase::Leaving);
        late.flat_map(|one| one.lanes.iter().filter(leaving).cloned()).collect()
    }

    /// Lanes that were leaving for a stop that is called off are held again; those that the source wants back are not.
    pub(super) fn stay(&mut self) {
        for (lane, state) in &mut self.by_name {
            let wanted = self.revocations.iter().any(|one| one.lanes.contains(lane));
            if state.phase == Phase::Leaving && !wanted {
                state.phase = Phase::Held;
            }
        }
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.revocations.iter().map(|one| one.deadline).min()
    }
}
