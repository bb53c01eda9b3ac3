//! Draining, stopping, leaving.

use std::time::{Duration, Instant};

use sluicegate_model::Lane;
use tracing::{info, warn};

use super::Coordinator;
use super::lanes::Phase;
use crate::pipeline::{End, Stop, StopLevel};

/// How long the systems have for their goodbyes.
const GOODBYE: Duration = Duration::from_secs(5);

/// A stop that is under way.
pub(super) struct Stopping {
    end: End,
    pub(super) deadline: Instant,
}

impl Coordinator {
    /// Gives lanes back to the source once all of those that it asked for together have left.
    pub(super) async fn release_what_left(&mut self) -> Result<(), Stop> {
        for lane in self.lanes.overdue(Instant::now()) {
            warn!(pipeline = self.name, %lane, "not drained in time: its last rows are aborted and read again elsewhere");
            self.abandon(&lane);
        }
        while self.abort.is_none()
            && let Some(lanes) = self.lanes.pop_left()
        {
            if let Err(error) = self.source.release(&lanes).await {
                self.wait_or_stop(error, true)?;
            }
        }
        Ok(())
    }

    /// Looks for reasons to stop, and for the end of a stop that is under way.
    pub(super) fn look_for_the_end(&mut self, now: Instant) -> Option<End> {
        let level = *self.level.borrow_and_update();
        if level == StopLevel::Abort {
            return Some(End::Aborted);
        }
        if self.stopping.is_none() {
            let end = if level == StopLevel::Drain {
                End::Drained
            } else if self.bounded && self.is_at_the_end() {
                End::SourceEnd
            } else {
                return None;
            };
            info!(pipeline = self.name, ?end, "stopping: what was read is committed first");
            self.stopping = Some(Stopping { end, deadline: now + self.options.drain_timeout.0 });
            self.leave_all();
        }
        let Some(Stopping { end, deadline }) = &self.stopping else { return None };
        let nothing_left = self.hands.is_some()
            && self.abort.is_none()
            && self.epoch.is_empty()
            && !self.lanes.any(Phase::Leaving);
        if nothing_left {
            return Some(*end);
        }
        if now >= *deadline {
            warn!(
                pipeline = self.name,
                "not drained in time: what is left is aborted, and read again by the next start"
            );
            return Some(End::Aborted);
        }
        None
    }

    /// Whether every lane of ours was read to its end, and no others are to come. Between a revocation and the
    /// assignment that follows a process holds fewer lanes than it will, and is not at the end.
    fn is_at_the_end(&self) -> bool {
        !self.awaits_assignment && self.lanes.all_finished() && self.lanes.all_idle()
    }

    /// Every lane drains; those that were not taken yet leave at once.
    fn leave_all(&mut self) {
        for state in self.lanes.by_name.values_mut() {
            state.phase = match state.phase {
                Phase::Held | Phase::Leaving => Phase::Leaving,
                Phase::Waiting | Phase::Left => Phase::Left,
            };
        }
    }

    /// The last epoch was aborted. A run that ends with its source goes on until all is committed; a stop that was
    /// asked for does not wait for another try.
    pub(super) fn stop_was_disturbed(&mut self) {
        match &mut self.stopping {
            Some(Stopping { end: End::SourceEnd, .. }) => {
                self.stopping = None;
                self.lanes.stay();
            }
            Some(stopping) => stopping.end = End::Aborted,
            None => {}
        }
    }

    /// The last things, whatever the end: the open epoch is aborted, lanes and connections are given back.
    pub(super) async fn leave(&mut self) {
        let lanes: Vec<Lane> = self.lanes.by_name.keys().cloned().collect();
        for lane in &lanes {
            self.incarnations.end(lane);
        }
        let goodbye = async {
            if let Some(operation) = self.operation.take() {
                let (hands, _) = operation.await;
                self.hands = Some(hands);
            }
            if let Some(hands) = &mut self.hands {
                if !self.epoch.is_empty()
                    && let Err(error) = hands.abort().await
                {
                    warn!(
                        pipeline = self.name,
                        "the last epoch was not aborted by us, the system will: {error}"
                    );
                }
                hands.writer.close().await;
            }
            if let Err(error) = self.source.close().await {
                warn!(pipeline = self.name, "the source was not left cleanly: {error}");
            }
        };
        if tokio::time::timeout(GOODBYE, goodbye).await.is_err() {
            warn!(pipeline = self.name, "a system did not answer our goodbye");
        }
    }
}
