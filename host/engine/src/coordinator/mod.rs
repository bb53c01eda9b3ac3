//! The decisions: one task that owns the source, the lanes and the open epoch.
//!
//! Everything that decides stands in this one loop, so that there is no race to reason about between parts of the
//! engine: an event of the source, a chunk that came back from a worker, the end of an operation of the writer and
//! the clock are taken one after another, and after each the next operation follows from the state alone.
//!
//! | file | holds |
//! |---|---|
//! | `mod.rs` | the state, the loop |
//! | `events.rs` | what the source says: assigned, revoked, lost, rows, finished |
//! | `operations.rs` | what the writer does next: take, write, commit, abort; and what follows from its end |
//! | `ending.rs` | draining, stopping, leaving |
//! | `lanes.rs` | where each lane stands |
//! | `open_epoch.rs` | the epoch that is being filled |
//! | `hands.rs` | the writer and the places for dead letters |

mod ending;
mod events;
mod hands;
mod lanes;
mod open_epoch;
mod operations;

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use sluicegate_connector::{Class, DeadLetters, Error, Incarnations, Source, StartAt, Writer};
use sluicegate_model::TimeSpan;
use tokio::sync::{mpsc, watch};
use tracing::info;

use self::hands::Hands;
use self::lanes::Lanes;
use self::open_epoch::OpenEpoch;
use self::operations::{Abort, Ended};
use crate::backoff::{self, Backoff};
use crate::budget::Budget;
use crate::copying::CopyClock;
use crate::counters::Counters;
use crate::dead::StopAfter;
use crate::options::{Options, RetryOptions};
use crate::pipeline::{End, Stop, StopLevel};
use crate::throttle::Throttle;
use crate::worker::{Done, Pool, Shop};

/// Chunks that wait at workers, for each worker: enough to keep it busy, few enough that chunks grow under load.
const CHUNKS_A_WORKER: usize = 2;
/// Bytes of one chunk, at most.
const CHUNK_BYTES: usize = 4 << 20;
/// How often gauges are set and a stalled pipeline looks at itself.
const TICK: Duration = Duration::from_secs(1);

/// What the coordinator is made of.
pub(crate) struct Parts {
    pub(crate) name: String,
    pub(crate) source: Box<dyn Source>,
    pub(crate) writer: Box<dyn Writer>,
    pub(crate) outside: Option<Box<dyn DeadLetters>>,
    pub(crate) overflow: Option<Box<dyn DeadLetters>>,
    pub(crate) letters_open: bool,
    pub(crate) stop_after: StopAfter,
    pub(crate) options: Options,
    pub(crate) bounded: bool,
    pub(crate) counters: Arc<Counters>,
    pub(crate) incarnations: Incarnations,
    pub(crate) shop: Arc<Shop>,
    pub(crate) pool: Pool,
    pub(crate) results: mpsc::UnboundedReceiver<Done>,
    pub(crate) budget: Budget,
    pub(crate) throttle: Throttle,
    pub(crate) level: watch::Receiver<StopLevel>,
}

/// Runs one pipeline.
pub(crate) struct Coordinator {
    name: String,
    source: Box<dyn Source>,
    options: Options,
    bounded: bool,
    letters_open: bool,
    stop_after: StopAfter,
    counters: Arc<Counters>,
    incarnations: Incarnations,
    shop: Arc<Shop>,
    pool: Pool,
    results: mpsc::UnboundedReceiver<Done>,
    budget: Budget,
    throttle: Throttle,
    level: watch::Receiver<StopLevel>,

    lanes: Lanes,
    epoch: OpenEpoch,
    epochs: u64,
    /// Chunks that workers have.
    at_work: usize,
    /// `None` while an operation has them.
    hands: Option<Hands>,
    operation: Option<BoxFuture<'static, (Hands, Ended)>>,
    /// The open epoch must be aborted before anything else.
    abort: Option<Abort>,
    /// After errors of the sink that may pass.
    trouble: Backoff,
    /// After being fenced on lanes that are still ours.
    fenced: Backoff,
    /// After errors of the source that may pass.
    source_trouble: Backoff,
    stopping: Option<ending::Stopping>,
    /// The source has yet to say which lanes are ours: at first, and after each revocation.
    awaits_assignment: bool,
    next_tick: Instant,
    next_stalled_line: Instant,
    copy_clock: CopyClock,
}

impl Coordinator {
    pub(crate) fn new(parts: Parts) -> Self {
        let retry = &parts.options.retry;
        let second = TimeSpan(Duration::from_secs(1));
        let fenced = RetryOptions { first: second, ..retry.clone() };
        let now = Instant::now();
        Self {
            hands: Some(Hands::new(parts.writer, parts.outside, parts.overflow)),
            trouble: Backoff::new(retry.clone()),
            fenced: Backoff::new(fenced),
            source_trouble: Backoff::new(retry.clone()),
            name: parts.name,
            source: parts.source,
            options: parts.options,
            bounded: parts.bounded,
            letters_open: parts.letters_open,
            stop_after: parts.stop_after,
            counters: parts.counters,
            incarnations: parts.incarnations,
            shop: parts.shop,
            pool: parts.pool,
            results: parts.results,
            budget: parts.budget,
            throttle: parts.throttle,
            level: parts.level,
            lanes: Lanes::default(),
            epoch: OpenEpoch::default(),
            epochs: 0,
            at_work: 0,
            operation: None,
            abort: None,
            stopping: None,
            awaits_assignment: true,
            next_tick: now,
            next_stalled_line: now,
            copy_clock: CopyClock::default(),
        }
    }

    /// Runs to the end; whatever the end, the open epoch is ended and the source is left.
    pub(crate) async fn run(mut self) -> Result<End, Stop> {
        let end = self.turn().await;
        self.leave().await;
        end
    }

    async fn turn(&mut self) -> Result<End, Stop> {
        loop {
            let now = Instant::now();
            self.look_at_the_clock(now);
            self.release_what_left().await?;
            if let Some(end) = self.look_for_the_end(now) {
                return Ok(end);
            }
            self.begin_operation(now)?;

            let room = self.room(now);
            let wake = tokio::time::Instant::from_std(self.next_wake(now));
            let source_may = self.source_trouble.wait_until(now).is_none();
            tokio::select! {
                biased;
                ended = run_operation(&mut self.operation) => self.operation_ended(ended).await?,
                Some(done) = self.results.recv() => self.came_back(done),
                _ = self.level.changed() => {}
                event = self.source.next(room), if source_may => self.source_said(event)?,
                () = self.budget.freed(), if room == 0 => {}
                () = tokio::time::sleep_until(wake) => {}
            }
        }
    }

    /// Bytes that the source may give now.
    fn room(&self, now: Instant) -> usize {
        let busy = self.at_work >= self.options.worker_count() * CHUNKS_A_WORKER;
        let waiting =
            self.stopping.is_some() || self.is_waiting(now) || self.throttle.wait_until(now).is_some();
        let free = self.budget.free();
        // Not worth a chunk: a budget that is nearly used up must not cut the rows into crumbs.
        let crumbs = free < CHUNK_BYTES.min(self.budget.limit() / 2);
        if busy || waiting || crumbs { 0 } else { free.min(CHUNK_BYTES) }
    }

    /// Whether the writer pauses between tries.
    fn is_waiting(&self, now: Instant) -> bool {
        self.pause_until(now).is_some()
    }

    fn pause_until(&self, now: Instant) -> Option<Instant> {
        self.trouble.wait_until(now).max(self.fenced.wait_until(now))
    }

    fn next_wake(&self, now: Instant) -> Instant {
        let due = |opened: Instant| {
            let soon = opened + self.options.max_delay.0;
            if soon > now { soon } else { opened + self.options.max_epoch.0 }
        };
        let times = [
            Some(self.next_tick),
            self.epoch
                .opened()
                .map(due)
                .filter(|_| self.operation.is_none() && self.epoch.may_end(&self.options)),
            self.pause_until(now),
            self.source_trouble.wait_until(now),
            self.throttle.wait_until(now),
            self.lanes.next_deadline(),
            self.stopping.as_ref().map(|stopping| stopping.deadline),
        ];
        times.into_iter().flatten().min().unwrap_or(self.next_tick).max(now + Duration::from_millis(1))
    }

    fn look_at_the_clock(&mut self, now: Instant) {
        let stalled = self.trouble.tries() > 0 || self.source_trouble.tries() > 0 || self.fenced.tries() > 0;
        self.counters.set_stalled(stalled);
        if now < self.next_tick {
            return;
        }
        self.next_tick = now + TICK;
        let pipeline = || self.name.clone();
        metrics::gauge!("sluicegate_stalled", "pipeline" => pipeline()).set(f64::from(u8::from(stalled)));
        for (lane, records) in self.source.lag() {
            metrics::gauge!("sluicegate_lag_records", "pipeline" => pipeline(), "lane" => lane.to_string())
                .set(records as f64);
        }
        for (lane, state) in self.lanes.flowing() {
            let StartAt::Position(decided) = &state.decided else { continue };
            let Some(delay) = self.source.delay(lane, decided) else { continue };
            let labels = [("pipeline", pipeline()), ("lane", lane.to_string())];
            metrics::gauge!("sluicegate_lag_seconds", &labels).set(delay.behind.as_secs_f64());
            if let Some(moment) = delay.committed {
                metrics::gauge!("sluicegate_committed_timestamp_seconds", &labels)
                    .set(moment.0 as f64 / 1000.0);
            }
        }
        if let Some(copying) = self.source.copying() {
            let left = self.copy_clock.look(&self.name, now, &copying);
            self.counters.set_copying(copying, left);
        }
        if stalled && now >= self.next_stalled_line {
            self.next_stalled_line = now + Duration::from_mins(1);
            let since = [&self.trouble, &self.fenced, &self.source_trouble];
            let since = since.into_iter().filter_map(Backoff::failing_since).min();
            let seconds = since.map_or(0, |since| now.duration_since(since).as_secs());
            info!(pipeline = self.name, seconds, "stalled: waiting for a system to come back");
        }
    }

    /// Sorts an error: what may pass is waited for, the rest ends the pipeline.
    fn wait_or_stop(&mut self, error: Error, source: bool) -> Result<(), Stop> {
        let now = Instant::now();
        let backoff = match (error.class(), source) {
            (Class::Configuration | Class::Fatal, _) => return Err(error.into()),
            (_, true) => &mut self.source_trouble,
            (Class::Fenced, false) => &mut self.fenced,
            (Class::Transient | Class::Unknown, false) => &mut self.trouble,
        };
        let Some(pause) = backoff.fail(now, error.pause()) else { return Err(error.into()) };
        backoff::note(&self.name, pause, &error);
        Ok(())
    }
}

/// Waits for the end of the operation; for ever where there is none.
async fn run_operation(operation: &mut Option<BoxFuture<'static, (Hands, Ended)>>) -> (Hands, Ended) {
    match operation {
        Some(running) => {
            let ended = running.await;
            *operation = None;
            ended
        }
        None => std::future::pending().await,
    }
}
