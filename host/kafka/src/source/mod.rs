//! Reading from topics.
//!
//! | module | holds |
//! |---|---|
//! | [`options`] | what a source is told |
//! | [`consumer`] | the consumer and its settings; [`SourceGroup`], which the sink shares |
//! | [`rebalance`] | what the group wants, in order |
//! | [`lanes`] | the lanes that are held, read in turns |
//! | [`chunk`] | a run of messages, decoded where they lie |
//! | [`start`] | from what a lane is told to an offset |
//!
//! No thread of ours polls: librdkafka tells when a queue gets its first entry, and all calls in between do not
//! wait. The engine's calls of [`Source::next`], also those without room, keep the membership.

mod chunk;
mod consumer;
mod lanes;
pub mod options;
mod rebalance;
mod start;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use sluicegate_connector::{Error, Event, LaneStart, Source, StartAt};
use sluicegate_format::Decode;
use sluicegate_model::Lane;
use tokio::sync::Notify;

pub use consumer::SourceGroup;
pub(crate) use consumer::position;
pub use options::{Moment, OnPurged, SourceOptions, Start, Topics, Until};

use crate::client::{MessageQueue, Partition, PartitionList, Queue, admin, group};
use crate::task::{Task, blocking};
use crate::{Connection, Identity};
use chunk::LaneFacts;
use lanes::{HeldLane, Lanes};
use rebalance::{Rebalance, Wish};
use start::{Rules, Wanted};

/// How long a call of [`Source::next`] sleeps at most before it looks at all queues again.
const NAP: Duration = Duration::from_millis(100);

/// How long a seek may take.
const SEEK_LIMIT: Duration = Duration::from_secs(30);

/// A member of a consumer group that reads topics.
pub struct KafkaSource {
    group: SourceGroup,
    options: SourceOptions,
    rules: Rules,
    decode: Arc<dyn Decode>,
    rebalance: Rebalance,
    lanes: Lanes,
    ready: VecDeque<Event>,
    /// Told when the group has something to say.
    events: Arc<Notify>,
    /// Told when a lane gets messages.
    rows: Arc<Notify>,
    joining: Option<Task<()>>,
    joined: bool,
    inspected: Instant,
    inspection: Option<Task<Vec<admin::Topic>>>,
}

impl KafkaSource {
    /// A source. Nothing is asked of a broker before the first call of [`Source::next`].
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for options that do not fit together or that librdkafka does
    /// not take.
    pub fn new(connection: &Connection, options: SourceOptions, identity: &Identity) -> Result<Self, Error> {
        if options.topics.all().is_empty() {
            return Err(Error::configuration("the source has no topics").help("name some under `topics`"));
        }
        let decode = options.decoder()?;
        let group = SourceGroup::new(connection, &options, identity)?;
        let (events, rows) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let mut queue = Queue::of_consumer(&group.consumer)?;
        queue.wake(&events);
        let rules = Rules { start: options.start.clone(), on_purged: options.on_purged, until: None };
        Ok(Self {
            rebalance: Rebalance::new(group.clone(), queue),
            group,
            options,
            rules,
            decode,
            lanes: Lanes::default(),
            ready: VecDeque::new(),
            events,
            rows,
            joining: None,
            joined: false,
            inspected: Instant::now(),
            inspection: None,
        })
    }

    /// Stops at a point of each lane instead of never.
    #[must_use]
    pub fn until(mut self, until: Until) -> Self {
        self.rules.until = Some(until);
        self
    }

    /// The consumer group, for the sink.
    pub fn group(&self) -> SourceGroup {
        self.group.clone()
    }

    /// Finds a broker and joins the group, once.
    async fn join(&mut self) -> Result<(), Error> {
        if self.joined {
            return Ok(());
        }
        let (group, topics) = (self.group.clone(), self.options.topics.clone());
        let joining = self.joining.get_or_insert_with(|| Task::spawn(move || join(&group, &topics)));
        let done = joining.wait().await;
        self.joining = None;
        self.joined = done.is_ok();
        done
    }

    /// Turns the group's next wish into an event.
    fn heed(&mut self, wish: Wish) -> Event {
        match wish {
            Wish::Take(partitions) => {
                let mut lanes = Vec::with_capacity(partitions.len());
                for partition in partitions {
                    let Some(source) = self.rebalance.source_of(&partition.topic) else { continue };
                    let lane = partition.lane();
                    lanes.push(lane.clone());
                    let (source, decode) = (Arc::clone(source), Arc::clone(&self.decode));
                    self.lanes.insert(HeldLane::new(LaneFacts { lane, partition, source, decode }));
                }
                Event::Assigned(lanes)
            }
            Wish::Give(partitions) => {
                let deadline = Instant::now() + self.options.max_poll_interval.0 / 3;
                Event::Revoked { lanes: self.stop(&partitions), deadline }
            }
            Wish::Lost(partitions) => Event::Lost(self.stop(&partitions)),
        }
    }

    fn stop(&mut self, partitions: &[Partition]) -> Vec<Lane> {
        let lanes: Vec<Lane> = partitions.iter().map(Partition::lane).collect();
        for lane in &lanes {
            if let Some(held) = self.lanes.get_mut(lane) {
                held.stop();
            }
        }
        lanes
    }

    /// Looks from time to time whether a topic was deleted and made anew while it is read.
    async fn inspect(&mut self) -> Result<(), Error> {
        if self.inspection.is_none() && self.inspected.elapsed() > self.options.refresh.0 {
            self.inspected = Instant::now();
            let mut names: Vec<_> =
                self.lanes.iter().map(|lane| lane.facts.partition.topic.to_string()).collect();
            names.sort();
            names.dedup();
            let consumer = Arc::clone(&self.group.consumer);
            self.inspection = Some(Task::spawn(move || admin::describe_topics(&consumer, &names)));
        }
        if !self.inspection.as_ref().is_some_and(Task::is_finished) {
            return Ok(());
        }
        let Some(mut inspection) = self.inspection.take() else { return Ok(()) };
        // A broker that is away is no news: reading waits for it too.
        let Ok(topics) = inspection.wait().await else { return Ok(()) };
        let cluster = self.group.cluster_id()?;
        for topic in topics {
            let source = format!("{cluster}/{}", topic.id);
            let read =
                |lane: &&HeldLane| *lane.facts.partition.topic == *topic.name && *lane.facts.source != source;
            if let Some(lane) = self.lanes.iter().find(read) {
                return Err(Error::fatal("the topic was deleted and made anew while it was read")
                    .lane(&lane.facts.lane)
                    .help("choose with `sluicegate positions set` where to begin in the new one"));
            }
        }
        Ok(())
    }
}

/// Finds a broker, looks whether the topics are there and the group's members agree, and joins it. Blocks.
fn join(source: &SourceGroup, topics: &Topics) -> Result<(), Error> {
    source.cluster_id()?;
    admin::connect(&source.consumer);
    let names = topics.names();
    let found = admin::describe_topics(&source.consumer, &names)?;
    let missing: Vec<_> = names
        .iter()
        .filter(|name| !found.iter().any(|topic| topic.name == **name))
        .map(String::as_str)
        .collect();
    if !missing.is_empty() {
        let brokers = source.consumer.brokers();
        let what = format!("there is no topic {} at {brokers}", missing.join(", "));
        return Err(Error::configuration(what).help("check `topics` of the source, or make it first"));
    }
    source.check_plan()?;
    group::subscribe(&source.consumer, topics.all())
}

#[async_trait]
impl Source for KafkaSource {
    async fn next(&mut self, room: usize) -> Result<Event, Error> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Ok(event);
            }
            self.join().await?;
            self.rebalance.listen()?;
            if let Some(wish) = self.rebalance.next().await? {
                return Ok(self.heed(wish));
            }
            self.inspect().await?;
            if room > 0 {
                if let Some(event) = self.lanes.next_event(room)? {
                    return Ok(event);
                }
                tokio::select! {
                    () = self.events.notified() => {}
                    () = self.rows.notified() => {}
                    () = tokio::time::sleep(NAP) => {}
                }
            } else {
                tokio::select! {
                    () = self.events.notified() => {}
                    () = tokio::time::sleep(NAP) => {}
                }
            }
        }
    }

    async fn start(&mut self, starts: &[LaneStart]) -> Result<(), Error> {
        let mut wanted = Vec::with_capacity(starts.len());
        for start in starts {
            // A lane that the group has taken back meanwhile: the engine hears of it with the next event.
            let Some(lane) = self.lanes.get(&start.lane) else { continue };
            start::offset_of(start, &lane.facts.source)?;
            wanted.push(Wanted {
                partition: lane.facts.partition.clone(),
                at: start.at.clone(),
                first: lane.queue.is_none(),
            });
        }
        let (group, rules) = (self.group.clone(), self.rules.clone());
        let (resolved, wanted) =
            blocking(move || Ok((start::resolve(&group, &rules, &wanted)?, wanted))).await?;
        let (first, again): (Vec<_>, Vec<_>) = wanted.into_iter().partition(|one| one.first);

        let again: Vec<_> =
            again.into_iter().map(|one| (resolved[&one.partition.lane()].offset, one.partition)).collect();
        if !again.is_empty() {
            let group = self.group.clone();
            blocking(move || seek(&group, &again)).await?;
        }
        let mut list = PartitionList::new();
        for one in &first {
            let Some(lane) = self.lanes.get_mut(&one.partition.lane()) else { continue };
            // Cut off from the member's own queue before the first message can enter it.
            lane.queue = Some(MessageQueue::of_partition(&self.group.consumer, &one.partition, &self.rows)?);
            list.add(&one.partition, resolved[&one.partition.lane()].offset)?;
        }
        if !first.is_empty() {
            group::assign(&self.group.consumer, &list)
                .map_err(|error| error.during("lanes could not be started"))?;
        }
        for start in starts {
            let (Some(lane), Some(resolved)) = (self.lanes.get_mut(&start.lane), resolved.get(&start.lane))
            else {
                continue;
            };
            lane.begin(start.incarnation, resolved.offset);
            lane.end = resolved.end.or(lane.end);
            // Where a lane began is decided with the first epoch, so that a lane without messages does not begin
            // somewhere else the next time.
            if start.at == StartAt::Configured {
                let chunk =
                    chunk::of_nothing(&lane.facts, start.incarnation, resolved.offset, resolved.offset);
                self.ready.push_back(Event::Rows(chunk));
            }
        }
        // Messages may be there already, under a notice that an earlier call took.
        self.rows.notify_one();
        Ok(())
    }

    async fn release(&mut self, lanes: &[Lane]) -> Result<(), Error> {
        let mut list = PartitionList::new();
        for lane in lanes {
            if let Some(held) = self.lanes.remove(lane)
                && held.queue.is_some()
            {
                list.add(&held.facts.partition, -1)?;
            }
        }
        // Also where nothing of them was read: the group waits for an answer.
        if let Err(error) = group::unassign(&self.group.consumer, &list) {
            tracing::warn!(%error, "lanes could not be given back in order");
            drop(group::unassign(&self.group.consumer, &PartitionList::new()));
        }
        Ok(())
    }

    fn divides_lanes(&self) -> bool {
        true
    }

    fn lag(&self) -> Vec<(Lane, u64)> {
        self.lanes.lag(&self.group.consumer)
    }

    async fn close(&mut self) -> Result<(), Error> {
        self.lanes = Lanes::default();
        self.ready.clear();
        if !self.joined {
            return Ok(());
        }
        self.joined = false;
        // The queue is the source's own: events that the farewell causes are answered by whoever polls it.
        let consumer = Arc::clone(&self.group.consumer);
        let mut queue = Queue::of_consumer(&consumer)?;
        queue.wake(&self.events);
        blocking(move || {
            group::leave(&consumer, &queue, Duration::from_secs(10));
            Ok(())
        })
        .await
    }
}

/// A source that was not closed: an error ended the pipeline. Without this librdkafka may wait for ever for the answer to
/// a rebalance when its client is destroyed. A static member leaves nothing behind by it: its lanes stay its own until
/// the session time-out.
impl Drop for KafkaSource {
    fn drop(&mut self) {
        if !self.joined {
            return;
        }
        self.lanes = Lanes::default();
        self.ready.clear();
        if let Ok(queue) = Queue::of_consumer(&self.group.consumer) {
            group::leave(&self.group.consumer, &queue, Duration::from_secs(5));
        }
    }
}

/// Moves lanes that are being read. Blocks.
///
/// By seeking and not by taking the lanes out and in again: librdkafka would take that for the answer to a revocation
/// that it has just queued, and give the other lanes away while their rows are still being written.
fn seek(source: &SourceGroup, wanted: &[(i64, Partition)]) -> Result<(), Error> {
    use rdkafka_sys::types::RDKafkaErrorCode as Code;
    let mut left: Vec<(i64, Partition)> = wanted.to_vec();
    let end = Instant::now() + SEEK_LIMIT;
    loop {
        let list = PartitionList::of(left.iter().map(|(offset, partition)| (partition, *offset)))?;
        let entries = group::seek(&source.consumer, &list, SEEK_LIMIT)
            .map_err(|error| error.during("lanes could not be rewound"))?;
        let mut again = Vec::new();
        for entry in entries {
            match entry.error {
                None => {}
                // Its fetcher is only being started.
                Some(error)
                    if matches!(
                        error.code,
                        Code::State | Code::PreviousInProgress | Code::OperationTimedOut
                    ) && Instant::now() < end =>
                {
                    again.extend(left.iter().find(|(_, partition)| *partition == entry.partition).cloned());
                }
                Some(error) => {
                    let lane = entry.partition.lane();
                    return Err(error.during("the lane could not be rewound").lane(&lane));
                }
            }
        }
        if again.is_empty() {
            return Ok(());
        }
        left = again;
        std::thread::sleep(Duration::from_millis(10));
    }
}
