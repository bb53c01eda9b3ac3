//! What the source says, and what workers give back.

use std::time::Instant;

use sluicegate_connector::{Chunk, Error, Event, LaneStart, StartAt, Taken};
use sluicegate_model::Lane;
use tracing::{debug, info};

use super::Coordinator;
use super::lanes::{LaneState, Phase, Revocation};
use super::operations::Abort;
use crate::dead::Window;
use crate::pipeline::Stop;
use crate::worker::{Done, Job};

impl Coordinator {
    pub(super) fn source_said(&mut self, event: Result<Event, Error>) -> Result<(), Stop> {
        let event = match event {
            Ok(event) => event,
            Err(error) => return self.wait_or_stop(error, true),
        };
        self.source_trouble.succeed();
        match event {
            Event::Assigned(lanes) => self.assigned(lanes),
            Event::Revoked { lanes, deadline } => self.revoked(lanes, deadline),
            Event::Lost(lanes) => self.lost(lanes),
            Event::Rows(chunk) => self.rows(chunk),
            Event::Finished(lane) => {
                debug!(pipeline = self.name, %lane, "read to the end");
                if let Some(state) = self.lanes.get_mut(&lane) {
                    state.finished = true;
                }
            }
        }
        Ok(())
    }

    fn assigned(&mut self, lanes: Vec<Lane>) {
        info!(pipeline = self.name, ?lanes, "assigned");
        // One comes after each release: those that are yet to be released bring another.
        self.awaits_assignment = !self.lanes.revocations.is_empty();
        for lane in lanes {
            self.lanes.by_name.insert(lane, LaneState::waiting());
        }
    }

    /// Lanes whose rows are on their way drain first; the others leave at once.
    fn revoked(&mut self, lanes: Vec<Lane>, deadline: Instant) {
        info!(pipeline = self.name, ?lanes, "revoked");
        for lane in &lanes {
            if let Some(state) = self.lanes.get_mut(lane) {
                state.phase = if state.phase == Phase::Held { Phase::Leaving } else { Phase::Left };
            }
        }
        self.awaits_assignment = true;
        self.lanes.revocations.push(Revocation { lanes, deadline });
    }

    /// Somebody else has them: nothing of them may be committed.
    fn lost(&mut self, lanes: Vec<Lane>) {
        info!(pipeline = self.name, ?lanes, "lost");
        for lane in &lanes {
            self.abandon(lane);
        }
        self.awaits_assignment = true;
        self.lanes.revocations.push(Revocation { lanes, deadline: Instant::now() });
    }

    /// Ends a lane without its last rows: they are aborted if they are in the open epoch.
    pub(super) fn abandon(&mut self, lane: &Lane) {
        self.incarnations.end(lane);
        if let Some(state) = self.lanes.get_mut(lane) {
            state.phase = Phase::Left;
            state.incarnation = None;
            state.forget_chunks();
        }
        if self.epoch.lanes.contains_key(lane) {
            self.abort.get_or_insert(Abort::rewind());
        }
    }

    fn rows(&mut self, chunk: Box<Chunk>) {
        let permit = self.budget.take(chunk.bytes);
        let Some(state) = self.lanes.get_mut(&chunk.lane) else { return };
        if state.incarnation != Some(chunk.incarnation) || state.phase != Phase::Held {
            return;
        }
        // A lane that began at `latest` must not begin there again after an abort: what lay between is not skipped.
        if !matches!(state.decided, StartAt::Position(_)) {
            state.decided = StartAt::Position(chunk.from.clone());
        }
        let now = Instant::now();
        if chunk.records > 0 && self.counters.rows_came(now) {
            info!(pipeline = self.name, lane = %chunk.lane, "the first rows came");
        }
        self.throttle.spend(chunk.records, chunk.bytes, now);
        self.at_work += 1;
        self.pool.give(Job { seq: state.give(), chunk, permit });
    }

    pub(super) fn came_back(&mut self, done: Done) {
        self.at_work -= 1;
        // A chunk of an older life is dropped here, and its permit with it.
        if let Some(state) = self.lanes.get_mut(&done.lane)
            && state.incarnation == Some(done.incarnation)
        {
            state.came_back(done);
        }
    }

    /// Lanes were taken: their rows may come.
    pub(super) async fn taken(&mut self, taken: Vec<Taken>) -> Result<(), Stop> {
        let mut starts = Vec::with_capacity(taken.len());
        for Taken { lane, at, note, ahead } in taken {
            // It may have been revoked or lost meanwhile.
            let Some(state) = self.lanes.get_mut(&lane).filter(|state| state.phase == Phase::Waiting) else {
                continue;
            };
            state.decided = at.clone();
            state.ahead = ahead;
            state.decided_window = Window::from_note(note.as_ref());
            starts.push((lane, at));
        }
        self.start(starts).await
    }

    /// Begins a new life of lanes, from where each goes on.
    pub(super) async fn start(&mut self, lanes: Vec<(Lane, StartAt)>) -> Result<(), Stop> {
        let mut starts = Vec::with_capacity(lanes.len());
        for (lane, at) in lanes {
            let Some(state) = self.lanes.get_mut(&lane) else { continue };
            let incarnation = self.incarnations.begin(&lane);
            state.begin(incarnation);
            state.phase = Phase::Held;
            let ahead = state.ahead;
            starts.push(LaneStart { lane, at, incarnation, ahead });
        }
        if starts.is_empty() {
            return Ok(());
        }
        debug!(pipeline = self.name, ?starts, "start");
        if let Err(error) = self.source.start(&starts).await {
            // They are taken again, which ends with another start.
            for LaneStart { lane, .. } in &starts {
                self.incarnations.end(lane);
                if let Some(state) = self.lanes.get_mut(lane) {
                    state.phase = Phase::Waiting;
                    state.incarnation = None;
                }
            }
            return self.wait_or_stop(error, true);
        }
        Ok(())
    }
}
