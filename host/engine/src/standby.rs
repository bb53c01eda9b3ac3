//! A source that does not divide its lanes among processes: one process has them all, by a lease, and others wait for it.

use std::time::Duration;

use async_trait::async_trait;
use sluicegate_connector::{Copying, Delay, Error, Event, Holder, LaneStart, Lease, Source};
use sluicegate_model::{Lane, Position};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// How often a holder renews its lease, and others look at it.
const BEAT: Duration = Duration::from_secs(2);
/// A lease that stands still for so long on the clock of whoever waits is free.
const STILL: Duration = Duration::from_secs(10);
/// How long giving it up may take.
const GOODBYE: Duration = Duration::from_secs(2);

/// What is known of the lease.
#[derive(Clone, Debug)]
enum Standing {
    /// Another has it, or nobody knows.
    Waiting,
    /// It is ours, as of then.
    Ours(Instant),
    /// Another process of this instance has taken it.
    Replaced,
}

/// A source whose lanes are this process's while it has a lease.
pub(crate) struct Standby {
    source: Box<dyn Source>,
    lanes: Vec<Lane>,
    /// Lanes are with the engine.
    given: bool,
    /// They were called lost, and are not given back yet.
    losing: bool,
    instance: String,
    standing: watch::Receiver<Standing>,
    stop: Option<oneshot::Sender<()>>,
    keeper: JoinHandle<()>,
}

impl Standby {
    pub(crate) fn new(source: Box<dyn Source>, lease: Box<dyn Lease>, pipeline: &str) -> Self {
        let instance = lease.instance().to_owned();
        let (told, standing) = watch::channel(Standing::Waiting);
        let (stop, stopped) = oneshot::channel();
        let keeper = Keeper { lease, pipeline: pipeline.to_owned(), own: None, seen: None, told };
        let keeper = tokio::spawn(keeper.run(stopped));
        let stop = Some(stop);
        Self { source, lanes: Vec::new(), given: false, losing: false, instance, standing, stop, keeper }
    }

    /// Since when the lease is ours; `None` where it is not, or was not renewed for too long: another may have it.
    fn ours(&self) -> Option<Instant> {
        match *self.standing.borrow() {
            Standing::Ours(renewed) if renewed.elapsed() < STILL => Some(renewed),
            _ => None,
        }
    }

    fn note(&mut self, event: &Event) {
        match event {
            Event::Assigned(lanes) => self.lanes.extend(lanes.iter().cloned()),
            Event::Revoked { lanes, .. } | Event::Lost(lanes) => {
                self.lanes.retain(|lane| !lanes.contains(lane));
            }
            Event::Rows(_) | Event::Finished(_) => {}
        }
    }
}

#[async_trait]
impl Source for Standby {
    async fn next(&mut self, room: usize) -> Result<Event, Error> {
        loop {
            if matches!(*self.standing.borrow(), Standing::Replaced) {
                let what = format!("another process runs the pipeline under the name {} too", self.instance);
                return Err(Error::configuration(what)
                    .help("it has taken the lanes. Give one of them another `instance:`, and it waits for the other to end"));
            }
            if self.losing {
                std::future::pending::<()>().await;
            }
            let Some(renewed) = self.ours() else {
                if self.given {
                    (self.given, self.losing) = (false, true);
                    return Ok(Event::Lost(self.lanes.clone()));
                }
                // The keeper lives as long as this does.
                let _ = self.standing.changed().await;
                continue;
            };
            if !self.given {
                self.given = true;
                if !self.lanes.is_empty() {
                    return Ok(Event::Assigned(self.lanes.clone()));
                }
            }
            tokio::select! {
                biased;
                _ = self.standing.changed() => {}
                () = tokio::time::sleep_until(renewed + STILL) => {}
                event = self.source.next(room) => {
                    let event = event?;
                    self.note(&event);
                    return Ok(event);
                }
            }
        }
    }

    async fn start(&mut self, lanes: &[LaneStart]) -> Result<(), Error> {
        self.source.start(lanes).await
    }

    async fn release(&mut self, lanes: &[Lane]) -> Result<(), Error> {
        self.losing = false;
        self.source.release(lanes).await
    }

    fn lag(&self) -> Vec<(Lane, u64)> {
        self.source.lag()
    }

    fn delay(&mut self, lane: &Lane, decided: &Position) -> Option<Delay> {
        self.source.delay(lane, decided)
    }

    fn copying(&self) -> Option<Copying> {
        self.source.copying()
    }

    async fn close(&mut self) -> Result<(), Error> {
        let closed = self.source.close().await;
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
            let _ = tokio::time::timeout(GOODBYE, &mut self.keeper).await;
        }
        closed
    }
}

impl Drop for Standby {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

/// Looks after the lease.
struct Keeper {
    lease: Box<dyn Lease>,
    pipeline: String,
    /// As this process wrote it last.
    own: Option<Holder>,
    /// Another's, and since when it has stood so.
    seen: Option<(Option<Holder>, Instant)>,
    told: watch::Sender<Standing>,
}

impl Keeper {
    async fn run(mut self, mut stopped: oneshot::Receiver<()>) {
        let mut beat = tokio::time::interval(BEAT);
        beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = &mut stopped => break,
                _ = beat.tick() => {}
            }
            match self.beat().await {
                Ok(Standing::Replaced) => {
                    self.told.send_replace(Standing::Replaced);
                    return;
                }
                Ok(standing) => drop(self.told.send_replace(standing)),
                // What is known of it grows old by itself.
                Err(error) => tracing::warn!(pipeline = self.pipeline, "the lease: {error}"),
            }
        }
        if let Some(own) = self.own.take() {
            let given_up = Holder { released: true, beat: own.beat + 1, ..own.clone() };
            if let Err(error) = self.lease.put(Some(&own), &given_up).await {
                tracing::debug!(pipeline = self.pipeline, "the lease was not given up: {error}");
            }
        }
    }

    async fn beat(&mut self) -> Result<Standing, Error> {
        // Before it is written: later is when others begin to count.
        let now = Instant::now();
        if let Some(own) = &self.own {
            let next = Holder { beat: own.beat + 1, ..own.clone() };
            if self.lease.put(Some(own), &next).await? {
                self.own = Some(next);
                return Ok(Standing::Ours(now));
            }
        }
        let found = self.lease.look().await?;
        if let Some(holder) = found.as_ref().filter(|holder| holder.process == self.lease.process()) {
            // The answer to an earlier writing was lost.
            self.own = Some(holder.clone());
            return Ok(Standing::Waiting);
        }
        let had = self.own.take().is_some();
        let same_instance = found.as_ref().is_some_and(|holder| holder.instance == self.lease.instance());
        if had && same_instance {
            return Ok(Standing::Replaced);
        }
        let known = self.seen.take().filter(|(seen, _)| *seen == found);
        if known.is_none()
            && let Some(holder) = found.as_ref().filter(|holder| !holder.released)
        {
            tracing::info!(
                pipeline = self.pipeline,
                holder = holder.instance,
                "another process has the lease"
            );
        }
        let since = known.map_or(now, |(_, since)| since);
        let free = same_instance
            || found.as_ref().is_none_or(|holder| holder.released)
            || now.duration_since(since) >= STILL;
        if !free {
            self.seen = Some((found, since));
            return Ok(Standing::Waiting);
        }
        let next = Holder {
            process: self.lease.process().to_owned(),
            instance: self.lease.instance().to_owned(),
            beat: found.as_ref().map_or(0, |holder| holder.beat + 1),
            released: false,
        };
        if self.lease.put(found.as_ref(), &next).await? {
            tracing::info!(pipeline = self.pipeline, "the lease is ours");
            self.own = Some(next);
            return Ok(Standing::Ours(now));
        }
        Ok(Standing::Waiting)
    }
}
