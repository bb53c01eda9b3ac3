//! What the writer does next, and what follows from how it ended.

use std::collections::BTreeSet;
use std::time::Instant;

use sluicegate_connector::{Class, Epoch, Error, LaneSpan, StartAt, Taken, WriteError};
use sluicegate_model::{DeadLetter, Lane};
use tracing::{debug, info, warn};

use super::Coordinator;
use super::hands::Handful;
use super::lanes::Phase;
use super::open_epoch::OpenEpoch;
use crate::pipeline::Stop;
use crate::worker::{Done, Work};

/// Chunks handed over in one operation, at most: between operations the loop looks at everything else.
const HANDFULS: usize = 64;

/// What an operation came to.
pub(super) enum Ended {
    Take(Vec<Lane>, Result<Vec<Taken>, Error>),
    Write(Result<(), WriteError>),
    Commit(Epoch, Instant, Result<(), WriteError>),
    Abort(Abort, Result<(), Error>),
}

/// Why and how the open epoch is aborted.
pub(super) struct Abort {
    /// Memory must not be trusted, whatever the abort's answer: the lanes are taken again.
    take_again: bool,
}

impl Abort {
    /// The lanes go on from what this process remembers, if the abort is acknowledged.
    pub(super) const fn rewind() -> Self {
        Self { take_again: false }
    }
}

impl Coordinator {
    /// Begins what the state asks for, if the writer is free.
    pub(super) fn begin_operation(&mut self, now: Instant) -> Result<(), Stop> {
        if self.hands.is_none() {
            return Ok(());
        }
        if let Some(abort) = self.abort.take() {
            self.begin_abort(abort);
            return Ok(());
        }
        if self.is_waiting(now) {
            return Ok(());
        }
        let waiting = self.lanes.in_phase(Phase::Waiting);
        let drained = self.lanes.drained();
        let may_end = self.epoch.may_end(&self.options);
        if !waiting.is_empty() && self.epoch.is_empty() && self.stopping.is_none() {
            if self.source_trouble.wait_until(now).is_none() {
                self.begin_take(waiting);
            }
        } else if !drained.is_empty() && !may_end {
            // The rest of a transaction does not come to us any more: all of it is read again.
            self.begin_abort(Abort::rewind());
        } else if !drained.is_empty()
            || (may_end && self.epoch.is_full(&self.options, now))
            || (may_end && !waiting.is_empty() && !self.epoch.is_empty())
        {
            self.begin_commit(drained, now);
        } else if self.lanes.any_ready() {
            self.begin_write(now)?;
        } else if may_end && self.epoch.is_due(&self.options, now) && self.at_work == 0 {
            self.begin_commit(Vec::new(), now);
        }
        Ok(())
    }

    fn begin_take(&mut self, lanes: Vec<Lane>) {
        let Some(mut hands) = self.hands.take() else { return };
        self.operation = Some(Box::pin(async move {
            let taken = hands.take(&lanes).await;
            (hands, Ended::Take(lanes, taken))
        }));
    }

    /// Hands over what is ready, in the order of each lane.
    fn begin_write(&mut self, now: Instant) -> Result<(), Stop> {
        let mut handfuls = Vec::new();
        let names: Vec<Lane> = self.lanes.flowing().map(|(lane, _)| lane.clone()).collect();
        for lane in names {
            while handfuls.len() < HANDFULS {
                let Some(done) = self.lanes.get_mut(&lane).and_then(super::lanes::LaneState::pop_ready)
                else {
                    break;
                };
                handfuls.push(self.admit(done, now)?);
            }
        }
        let Some(mut hands) = self.hands.take() else { return Ok(()) };
        self.operation = Some(Box::pin(async move {
            let written = hands.write(handfuls).await;
            (hands, Ended::Write(written))
        }));
        Ok(())
    }

    /// Counts a chunk into the open epoch, and its dead letters against the threshold.
    fn admit(&mut self, done: Done, now: Instant) -> Result<Handful, Stop> {
        self.epoch.touch(&done, now);
        let Done { lane, records, result, permit, .. } = done;
        let Work { parts, letters } = result?;
        if let Some(letter) = letters.first().filter(|_| !self.letters_open) {
            return Err(no_place_for(letter).into());
        }
        let dead = letters.len() as u64;
        let too_many = self
            .lanes
            .get_mut(&lane)
            .is_some_and(|state| state.window.note((records as u64).max(dead), dead, self.stop_after));
        if let Some(last) = letters.last().filter(|_| too_many) {
            return Err(Stop::Threshold {
                lane,
                failed: self.stop_after.failed,
                of: self.stop_after.of,
                step: last.why.step.clone(),
                reason: last.why.reason.clone(),
            });
        }
        for letter in &letters {
            debug!(
                pipeline = self.name,
                id = letter.id(),
                step = letter.why.step,
                "dead letter: {}",
                letter.why.reason
            );
        }
        Ok(Handful { parts, letters, permit })
    }

    fn begin_commit(&mut self, released: Vec<Lane>, now: Instant) {
        let epoch = self.close_epoch(&released);
        if epoch.lanes.is_empty() {
            self.leave_lanes(&released);
            return;
        }
        let Some(mut hands) = self.hands.take() else { return };
        self.operation = Some(Box::pin(async move {
            let committed = hands.commit(&epoch).await;
            (hands, Ended::Commit(epoch, now, committed))
        }));
    }

    /// The spans of the open epoch, and of lanes that are given up with it.
    fn close_epoch(&mut self, released: &[Lane]) -> Epoch {
        let released: BTreeSet<&Lane> = released.iter().collect();
        let mut spans = Vec::new();
        for (lane, touched) in &self.epoch.lanes {
            spans.push(LaneSpan {
                lane: lane.clone(),
                incarnation: touched.incarnation,
                from: touched.from.clone(),
                to: touched.to.clone(),
                released: released.contains(lane),
                note: self.lanes.by_name.get(lane).and_then(|state| state.window.to_note()),
            });
        }
        for lane in released {
            let state = self.lanes.by_name.get(lane).filter(|_| !self.epoch.lanes.contains_key(lane));
            let Some((state, incarnation)) = state.and_then(|state| Some((state, state.incarnation?))) else {
                continue;
            };
            // A lane that was never decided has no position to release; its successor fences instead.
            let StartAt::Position(position) = &state.decided else { continue };
            spans.push(LaneSpan {
                lane: lane.clone(),
                incarnation,
                from: position.clone(),
                to: position.clone(),
                released: true,
                note: state.window.to_note(),
            });
        }
        self.epochs += 1;
        Epoch { number: self.epochs, lanes: spans, incarnations: self.incarnations.clone() }
    }

    fn begin_abort(&mut self, abort: Abort) {
        let Some(mut hands) = self.hands.take() else { return };
        self.counters.aborted();
        metrics::counter!("sluicegate_epochs_aborted_total", "pipeline" => self.name.clone()).increment(1);
        self.operation = Some(Box::pin(async move {
            let aborted = hands.abort().await;
            (hands, Ended::Abort(abort, aborted))
        }));
    }

    pub(super) async fn operation_ended(
        &mut self,
        (hands, ended): (super::Hands, Ended),
    ) -> Result<(), Stop> {
        self.hands = Some(hands);
        match ended {
            Ended::Take(lanes, Ok(taken)) => {
                debug!(pipeline = self.name, ?lanes, "taken");
                self.trouble.succeed();
                self.taken(taken).await
            }
            Ended::Take(_, Err(error)) => self.wait_or_stop(error, false),
            Ended::Write(Ok(())) => Ok(()),
            Ended::Commit(epoch, began, Ok(())) => {
                self.committed(&epoch, began);
                Ok(())
            }
            Ended::Write(Err(error)) | Ended::Commit(_, _, Err(error)) => self.failed(error),
            Ended::Abort(abort, answer) => self.aborted(abort, answer).await,
        }
    }

    /// Progress: the only place where it is made.
    fn committed(&mut self, epoch: &Epoch, began: Instant) {
        let OpenEpoch { counts, .. } = std::mem::take(&mut self.epoch);
        let mut left = Vec::new();
        for span in &epoch.lanes {
            if let Some(state) = self.lanes.get_mut(&span.lane) {
                state.decided = StartAt::Position(span.to.clone());
                state.decided_window = state.window.clone();
            }
            if span.released {
                left.push(span.lane.clone());
            }
        }
        left.extend(self.lanes.drained().into_iter().filter(|lane| !self.has_decided(lane)));
        self.leave_lanes(&left);
        self.trouble.succeed();
        self.fenced.succeed();
        self.counters.committed(&counts);
        let pipeline = || self.name.clone();
        let count =
            |name: &'static str, amount| metrics::counter!(name, "pipeline" => pipeline()).increment(amount);
        count("sluicegate_rows_read_total", counts.read);
        count("sluicegate_bytes_read_total", counts.read_bytes);
        count("sluicegate_rows_written_total", counts.written);
        count("sluicegate_bytes_written_total", counts.written_bytes);
        count("sluicegate_dead_letters_total", counts.dead);
        count("sluicegate_epochs_total", 1);
        metrics::histogram!("sluicegate_commit_seconds", "pipeline" => pipeline()).record(began.elapsed());
        if counts.dead > 0 {
            warn!(
                pipeline = self.name,
                epoch = epoch.number,
                count = counts.dead,
                "dead letters were written"
            );
        }
    }

    fn has_decided(&self, lane: &Lane) -> bool {
        self.lanes.by_name.get(lane).is_some_and(|state| matches!(state.decided, StartAt::Position(_)))
    }

    /// Their last rows are decided: their incarnation ends before anybody else may take them.
    fn leave_lanes(&mut self, lanes: &[Lane]) {
        for lane in lanes {
            self.incarnations.end(lane);
            if let Some(state) = self.lanes.get_mut(lane) {
                state.phase = Phase::Left;
                state.incarnation = None;
            }
        }
    }

    /// A write or a commit did not happen: the epoch is aborted, and what follows depends on why.
    fn failed(&mut self, error: WriteError) -> Result<(), Stop> {
        let take_again = match error {
            WriteError::Rejected(rows) => {
                info!(
                    pipeline = self.name,
                    rows = rows.len(),
                    "the sink refused rows: they go to the dead letters"
                );
                self.shop.refused.add(rows);
                false
            }
            WriteError::Error(error) => {
                let take_again = matches!(error.class(), Class::Fenced | Class::Unknown);
                self.wait_or_stop(error, false)?;
                take_again
            }
        };
        let earlier = self.abort.take().is_some_and(|abort| abort.take_again);
        self.abort = Some(Abort { take_again: take_again || earlier });
        Ok(())
    }

    /// The epoch is gone. Lanes go on from memory only if the system said so; else they are taken again, all of them:
    /// the writer that comes is a new one, and what the old one held in its name is nobody's.
    async fn aborted(&mut self, abort: Abort, answer: Result<(), Error>) -> Result<(), Stop> {
        let OpenEpoch { lanes: touched, .. } = std::mem::take(&mut self.epoch);
        let mut take_again = abort.take_again;
        if let Err(error) = answer {
            take_again = true;
            if !matches!(error.class(), Class::Fenced | Class::Unknown) || !self.is_waiting(Instant::now()) {
                self.wait_or_stop(error, false)?;
            }
        }
        self.stop_was_disturbed();
        let mut rewound = Vec::new();
        for (lane, state) in &mut self.lanes.by_name {
            let affected = take_again || touched.contains_key(lane);
            match state.phase {
                Phase::Held if take_again => state.phase = Phase::Waiting,
                Phase::Held if affected => rewound.push((lane.clone(), state.decided.clone())),
                // Its successor reads again what was not decided.
                Phase::Leaving if affected => state.phase = Phase::Left,
                _ => continue,
            }
            self.incarnations.end(lane);
            state.incarnation = None;
            state.forget_chunks();
        }
        self.start(rewound).await
    }
}

fn no_place_for(letter: &DeadLetter) -> Error {
    let mut error =
        Error::fatal(format!("step {} cannot handle a row: {}", letter.why.step, letter.why.reason))
            .lane(&letter.lane)
            .position(&letter.position)
            .help("configure `dead_letters:` to put such rows aside and go on");
    if let Some(output) = &letter.output {
        error = error.table(output);
    }
    error
}
