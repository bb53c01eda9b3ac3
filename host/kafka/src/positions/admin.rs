//! Positions for people.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use sluicegate_connector::{Error, LanePosition, PositionAdmin};
use sluicegate_model::{Lane, Position};

use super::record::{LaneRecord, Subject, VERSION};
use super::{MARK, PositionsOptions, Store};
use crate::client::admin::{self, Offset};
use crate::client::{Handle, Kind, Partition, PartitionList};
use crate::source::position;
use crate::task::blocking;
use crate::{Connection, Identity, SourceGroup};

/// The positions of one pipeline, of a source that is Kafka.
pub struct KafkaPositions {
    sink: Arc<Handle>,
    store_settings: crate::client::Settings,
    connect_timeout: Duration,
    options: PositionsOptions,
    identity: Identity,
    source: SourceGroup,
}

impl KafkaPositions {
    /// Positions in the sink's cluster, of lanes of a source. The group is not joined.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for options that librdkafka does not take.
    pub fn new(
        sink: &Connection,
        options: PositionsOptions,
        identity: Identity,
        source: SourceGroup,
    ) -> Result<Self, Error> {
        let store_settings = sink.settings()?;
        let connect_timeout = sink.connect_timeout.0;
        let sink = Handle::new(Kind::Producer, &store_settings)?;
        Ok(Self { sink, store_settings, connect_timeout, options, identity, source })
    }

    /// Blocks.
    fn open(&self) -> Result<Opened, Error> {
        let cluster = self.sink.cluster_id(self.connect_timeout)?;
        let timeout = Duration::from_secs(15);
        let source = Some(self.source.clone());
        let store =
            Store::open(&self.sink, &self.store_settings, &self.options, &self.identity, source, timeout)?;
        store.reader.lock().catch_up()?;
        let same = *cluster == *self.source.cluster_id()?;
        Ok(Opened { store, source: self.source.clone(), same })
    }

    fn parts(&self) -> Self {
        Self {
            sink: Arc::clone(&self.sink),
            store_settings: self.store_settings.clone(),
            connect_timeout: self.connect_timeout,
            options: self.options.clone(),
            identity: self.identity.clone(),
            source: self.source.clone(),
        }
    }
}

struct Opened {
    store: Store,
    source: SourceGroup,
    /// Whether the group's offsets go with the records.
    same: bool,
}

impl Opened {
    /// Refuses to change what a living process decides. The group remembers a process that has ended, also in order,
    /// until its session time-out: that is waited for.
    fn check_idle(&self) -> Result<(), Error> {
        let group = &self.source.name;
        let end = Instant::now() + self.source.session_timeout + Duration::from_secs(2);
        let mut said = false;
        loop {
            let count = admin::members(&self.source.consumer, group)?;
            if count == 0 {
                return Ok(());
            }
            if Instant::now() > end {
                let what = format!("the pipeline is running: group {group} has {count} members");
                return Err(Error::configuration(what).help("stop its processes first"));
            }
            if !said {
                let most = self.source.session_timeout.as_secs();
                tracing::info!(
                    "group {group} has {count} members: waiting for {most} s, in case they have ended"
                );
                said = true;
            }
            std::thread::sleep(Duration::from_millis(250));
        }
    }

    /// Writes records in one decision, after their holders were fenced.
    fn write(&self, records: &[(Lane, Option<Position>)], refound: bool) -> Result<(), Error> {
        let producer = self.store.take_over(&self.store.transactional_id("positions/admin"))?;
        let holders: BTreeSet<String> = {
            let reader = self.store.reader.lock();
            let named = records.iter().filter_map(|(lane, _)| reader.lane(lane));
            named
                .filter(|found| !found.record.released)
                .filter_map(|found| found.record.holder.clone())
                .collect()
        };
        holders.iter().try_for_each(|holder| self.store.kill(holder))?;
        producer.begin()?;
        for (lane, position) in records {
            let record = LaneRecord {
                v: VERSION,
                position: position.clone(),
                holder: None,
                released: true,
                from_beginning: false,
                note: None,
            };
            self.store.put_lane(&producer, lane, &record)?;
        }
        if refound {
            self.store.put(&producer, &Subject::Founding, None)?;
        }
        producer.commit(Duration::from_secs(30))
    }

    /// A position as it is stored: with the topic that it is of, where the caller left that out.
    fn complete(&self, lane: &Lane, given: &Position) -> Result<(Partition, Position), Error> {
        let partition = Partition::of(lane)
            .ok_or_else(|| Error::configuration(format!("{lane} is no lane: write TOPIC/PARTITION")))?;
        let offset = given
            .number("offset")
            .filter(|offset| *offset >= 0)
            .ok_or_else(|| Error::configuration("a position of Kafka is an offset, 0 or more").lane(lane))?;
        let topics = admin::describe_topics(&self.source.consumer, &[partition.topic.to_string()])?;
        let topic = topics
            .into_iter()
            .find(|topic| partition.number >= 0 && partition.number < topic.partitions)
            .ok_or_else(|| Error::configuration(format!("the source has no partition {lane}")))?;
        let source: Arc<str> = format!("{}/{}", self.source.cluster_id()?, topic.id).into();
        if !given.source.is_empty() && *given.source != *source {
            return Err(Error::configuration("the position is of another topic or cluster").lane(lane));
        }
        Ok((partition, position(&source, offset)))
    }

    fn show(&self) -> Result<Vec<LanePosition>, Error> {
        let reader = self.store.reader.lock();
        let mut lanes: Vec<LanePosition> = reader
            .lanes()
            .map(|(lane, found)| LanePosition {
                lane: lane.clone(),
                position: found.record.position.clone(),
                holder: found.record.holder.clone().filter(|_| !found.record.released),
                lag: None,
            })
            .collect();
        lanes.sort_by(|a, b| a.lane.cmp(&b.lane));
        let mut names: Vec<String> = lanes
            .iter()
            .filter_map(|lane| Partition::of(&lane.lane))
            .map(|partition| partition.topic.to_string())
            .collect();
        names.sort();
        names.dedup();
        let topics = admin::describe_topics(&self.source.consumer, &names)?;
        let there = |partition: &Partition| {
            topics.iter().any(|topic| topic.name == *partition.topic && partition.number < topic.partitions)
        };
        let asked: Vec<_> = lanes
            .iter()
            .filter_map(|lane| Partition::of(&lane.lane))
            .filter(there)
            .map(|partition| (partition, Offset::Latest))
            .collect();
        for (partition, end) in admin::offsets(&self.source.consumer, &asked, true)? {
            let name = partition.lane();
            if let Some(lane) = lanes.iter_mut().find(|lane| lane.lane == name) {
                let offset = lane.position.as_ref().and_then(|position| position.number("offset"));
                lane.lag = offset.map(|offset| (end - offset).max(0) as u64);
            }
        }
        Ok(lanes)
    }

    fn set(&self, positions: &[(Lane, Position)]) -> Result<(), Error> {
        self.check_idle()?;
        let mut list = PartitionList::new();
        let mut records = Vec::with_capacity(positions.len());
        for (lane, given) in positions {
            let (partition, position) = self.complete(lane, given)?;
            list.add(&partition, position.number("offset").unwrap_or_default())?;
            records.push((lane.clone(), Some(position)));
        }
        self.write(&records, false)?;
        if self.same {
            list.set_metadata(MARK);
            admin::set_group_offsets(&self.source.consumer, &self.source.name, &list)?;
        }
        Ok(())
    }

    fn reset(&self, lanes: &[Lane]) -> Result<(), Error> {
        self.check_idle()?;
        let all = lanes.is_empty();
        let lanes: Vec<Lane> = if all {
            self.store.reader.lock().lanes().map(|(lane, _)| lane.clone()).collect()
        } else {
            lanes.to_vec()
        };
        let records: Vec<_> = lanes.iter().map(|lane| (lane.clone(), None)).collect();
        self.write(&records, all)?;
        let partitions: Vec<Partition> = lanes.iter().filter_map(Partition::of).collect();
        if self.same && !partitions.is_empty() {
            let list = PartitionList::of(partitions.iter().map(|partition| (partition, -1)))?;
            admin::forget_group_offsets(&self.source.consumer, &self.source.name, &list)?;
        }
        Ok(())
    }
}

#[async_trait]
impl PositionAdmin for KafkaPositions {
    async fn show(&mut self) -> Result<Vec<LanePosition>, Error> {
        let own = self.parts();
        blocking(move || own.open()?.show()).await
    }

    async fn set(&mut self, positions: &[(Lane, Position)]) -> Result<(), Error> {
        let (own, positions) = (self.parts(), positions.to_vec());
        blocking(move || own.open()?.set(&positions)).await
    }

    async fn reset(&mut self, lanes: &[Lane]) -> Result<(), Error> {
        let (own, lanes) = (self.parts(), lanes.to_vec());
        blocking(move || own.open()?.reset(&lanes)).await
    }
}
