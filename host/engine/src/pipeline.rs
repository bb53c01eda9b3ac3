//! A pipeline: the parts put together, and running them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sluicegate_connector::{Class, Error, Incarnations, Sink, Source, TransformFactory, Writer};
use sluicegate_model::{ChangeBatch, Lane, TimeSpan};
use thiserror::Error as ThisError;
use tokio::sync::{mpsc, watch};

use crate::backoff::{self, Backoff};
use crate::budget::Budget;
use crate::coordinator::{Coordinator, Parts};
use crate::counters::Counters;
use crate::dead::{DeadLetterRoute, Refused};
use crate::options::{Options, RetryOptions};
use crate::policies::Policies;
use crate::standby::Standby;
use crate::throttle::Throttle;
use crate::worker::{Pool, Shop};

/// How long a system is waited for at the start: a connection may be lost by chance then as later, and a wrong address is
/// to be told soon.
const AT_THE_START: TimeSpan = TimeSpan(Duration::from_secs(10));

/// A source, steps and a sink.
pub struct Pipeline {
    /// The name, for logs, metrics and dead letters.
    pub name: String,
    /// Where rows come from.
    pub source: Box<dyn Source>,
    /// What is done to them, in order.
    pub steps: Vec<Arc<dyn TransformFactory>>,
    /// Where they go.
    pub sink: Box<dyn Sink>,
    /// Batches of no rows that show the outputs, as far as they are known before the first row: the sink gets ready
    /// for them before it is opened.
    pub outputs: Vec<ChangeBatch>,
    /// Where rows go that cannot be handled.
    pub dead_letters: DeadLetterRoute,
    /// How it runs.
    pub options: Options,
    /// Whether the run ends when all lanes were read to their end.
    pub bounded: bool,
    /// What was done; keep a clone to show it.
    pub counters: Arc<Counters>,
}

/// What whoever runs a pipeline wants of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StopLevel {
    /// Go on.
    Run,
    /// Finish and commit what was read, then end.
    Drain,
    /// End now; what is not committed is read again by the next start.
    Abort,
}

/// How a pipeline ended well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Every lane was read to its end, and all of it is committed.
    SourceEnd,
    /// It was told to stop, and all that was read is committed.
    Drained,
    /// It was told to stop; what was on its way was aborted.
    Aborted,
}

/// Why a pipeline stopped by itself.
#[derive(Debug, ThisError)]
pub enum Stop {
    /// Something failed that waiting does not mend.
    #[error("{0}")]
    Error(#[from] Error),
    /// Too many dead letters.
    #[error(
        "lane {lane}: {failed} or more of the last {of} records went to the dead letters (`dead_letters: stop_after`); \
         the last one at step {step}: {reason}"
    )]
    Threshold {
        /// The lane.
        lane: Lane,
        /// The limit.
        failed: u64,
        /// The window.
        of: u64,
        /// The step that refused the last one.
        step: String,
        /// Its reason.
        reason: String,
    },
}

impl Pipeline {
    /// Runs until the source ends, `level` says so, or something fails. Whatever the end, no row is lost: what is
    /// not committed is read again by the next start.
    ///
    /// # Errors
    /// [`Stop`] says why.
    pub async fn run(self, mut level: watch::Receiver<StopLevel>) -> Result<End, Stop> {
        let Self { name, source, steps, mut sink, outputs, dead_letters, options, bounded, counters } = self;
        // It may wait for another process to end, or for its system to come.
        let writer = tokio::select! {
            writer = open(sink.as_mut(), &outputs, (&name, &counters), &options.retry) => writer?,
            () = told_to_stop(&mut level) => return Ok(End::Drained),
        };
        let source = match sink.lease() {
            Some(lease) if !source.divides_lanes() => Box::new(Standby::new(source, lease, &name)),
            _ => source,
        };
        let incarnations = Incarnations::default();
        let DeadLetterRoute { open, outside, overflow, stop_after, seal, unquoted } = dead_letters;
        let shop = Arc::new(Shop {
            pipeline: name.clone(),
            steps,
            encoder: sink.encoder(),
            refused: Refused::default(),
            incarnations: incarnations.clone(),
            policies: Policies::of(&options),
            seal,
            unquoted,
        });
        let (finished, results) = mpsc::unbounded_channel();
        let pool = Pool::start(&shop, options.worker_count(), &finished)
            .map_err(|error| Error::fatal("a worker thread cannot be started").caused_by(error))?;
        let parts = Parts {
            source,
            writer,
            outside,
            overflow,
            letters_open: open,
            stop_after,
            budget: Budget::new(usize::try_from(options.memory.0).unwrap_or(usize::MAX)),
            throttle: Throttle::new(&options.throttle, Instant::now()),
            name,
            bounded,
            options,
            counters,
            incarnations,
            shop,
            pool,
            results,
            level,
        };
        Coordinator::new(parts).run().await
    }
}

/// Has a sink get ready, and opens its writer. What passes by itself is tried again here too, for [`AT_THE_START`].
async fn open(
    sink: &mut dyn Sink,
    outputs: &[ChangeBatch],
    (pipeline, counters): (&str, &Counters),
    retry: &RetryOptions,
) -> Result<Box<dyn Writer>, Error> {
    let give_up_after = retry.give_up_after.map_or(AT_THE_START, |told| TimeSpan(told.0.min(AT_THE_START.0)));
    let mut trouble = Backoff::new(RetryOptions { give_up_after: Some(give_up_after), ..retry.clone() });
    loop {
        let opened = match sink.prepare(outputs).await {
            Ok(()) => sink.open().await,
            Err(error) => Err(error),
        };
        let error = match opened {
            Err(error) if matches!(error.class(), Class::Transient | Class::Unknown) => error,
            opened => return opened,
        };
        let Some(pause) = trouble.fail(Instant::now(), error.pause()) else { return Err(error) };
        counters.set_stalled(true);
        backoff::note(pipeline, pause, &error);
        tokio::time::sleep(pause).await;
    }
}

/// Waits until something else than running is asked for; for ever where nobody can ask.
async fn told_to_stop(level: &mut watch::Receiver<StopLevel>) {
    if level.wait_for(|level| *level != StopLevel::Run).await.is_err() {
        std::future::pending::<()>().await;
    }
}
