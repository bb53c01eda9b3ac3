//! Positions for people.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use sluicegate_connector::{Error, LanePosition, PositionAdmin};
use sluicegate_model::{Lane, Position};

use super::record::{LaneRecord, Subject, VERSION};
use super::{KafkaTerms, MARK, PositionsOptions, Store};
use crate::client::admin;
use crate::client::{Handle, Kind, Partition, PartitionList};
use crate::task::blocking;
use crate::{Connection, Identity, SourceGroup};

/// A living process renews its lease within this time, and with some to spare.
const LEASE_LOOK: Duration = Duration::from_secs(6);

/// The positions of one pipeline in a cluster.
pub struct KafkaPositions {
    sink: Arc<Handle>,
    store_settings: crate::client::Settings,
    connect_timeout: Duration,
    options: PositionsOptions,
    identity: Identity,
    /// The source, where it is Kafka.
    source: Option<SourceGroup>,
}

impl KafkaPositions {
    /// Positions in the sink's cluster, of lanes of a source, where that is Kafka. The group is not joined. Positions
    /// of another source are stored as they are given, and whoever holds their lanes is refused from then on.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for options that librdkafka does not take.
    pub fn new(
        sink: &Connection,
        options: PositionsOptions,
        identity: Identity,
        source: impl Into<Option<SourceGroup>>,
    ) -> Result<Self, Error> {
        let store_settings = sink.settings()?;
        let connect_timeout = sink.connect_timeout.0;
        let sink = Handle::new(Kind::Producer, &store_settings)?;
        Ok(Self { sink, store_settings, connect_timeout, options, identity, source: source.into() })
    }

    /// Blocks.
    fn open(&self) -> Result<Opened, Error> {
        let cluster = self.sink.cluster_id(self.connect_timeout)?;
        let timeout = Duration::from_secs(15);
        let source = self.source.clone();
        let store = Store::open(
            &self.sink,
            &self.store_settings,
            &self.options,
            &self.identity,
            source.clone(),
            timeout,
        )?;
        store.reader.lock().catch_up()?;
        let same = match &source {
            Some(source) => *cluster == *source.cluster_id()?,
            None => false,
        };
        Ok(Opened { store, source, same })
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
    source: Option<SourceGroup>,
    /// Whether the group's offsets go with the records.
    same: bool,
}

impl Opened {
    /// Refuses to change what a living process decides. The group remembers a process that has ended, also in order,
    /// until its session time-out: that is waited for.
    fn check_idle(&self) -> Result<(), Error> {
        let Some(source) = &self.source else { return self.check_lease() };
        let group = &source.name;
        let end = Instant::now() + source.session_timeout + Duration::from_secs(2);
        let mut said = false;
        loop {
            let count = admin::members(&source.consumer, group)?;
            if count == 0 {
                return Ok(());
            }
            if Instant::now() > end {
                let what = format!("the pipeline is running: group {group} has {count} members");
                return Err(Error::configuration(what).help("stop its processes first"));
            }
            if !said {
                let most = source.session_timeout.as_secs();
                tracing::info!(
                    "group {group} has {count} members: waiting for {most} s, in case they have ended"
                );
                said = true;
            }
            std::thread::sleep(Duration::from_millis(250));
        }
    }

    /// Of a source without a group: whoever renews the lease lives.
    fn check_lease(&self) -> Result<(), Error> {
        let lease = || {
            let mut reader = self.store.reader.lock();
            reader.catch_up()?;
            Ok::<_, Error>(reader.lease().filter(|lease| !lease.released).cloned())
        };
        let Some(seen) = lease()? else { return Ok(()) };
        tracing::info!(
            instance = seen.instance,
            "looking whether the process that has the lease still lives"
        );
        let end = Instant::now() + LEASE_LOOK;
        while Instant::now() < end {
            std::thread::sleep(Duration::from_millis(250));
            if let Some(found) = lease()?
                && found != seen
            {
                let what = format!("the pipeline is running: {} renews its lease", found.instance);
                return Err(Error::configuration(what).help("stop its processes first"));
            }
        }
        Ok(())
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

    fn show(&self) -> Result<Vec<LanePosition>, Error> {
        let reader = self.store.reader.lock();
        let mut lanes: Vec<LanePosition> = reader
            .lanes()
            .map(|(lane, found)| LanePosition {
                lane: lane.clone(),
                position: found.record.position.clone(),
                holder: found.record.holder.clone().filter(|_| !found.record.released),
                lag: None,
                behind: None,
            })
            .collect();
        lanes.sort_by(|a, b| a.lane.cmp(&b.lane));
        if let Some(source) = &self.source {
            KafkaTerms::new(source.clone()).measure_now(&mut lanes)?;
        }
        Ok(lanes)
    }

    fn set(&self, positions: &[(Lane, Position)]) -> Result<(), Error> {
        self.check_idle()?;
        let Some(source) = &self.source else {
            let records: Vec<_> =
                positions.iter().map(|(lane, position)| (lane.clone(), Some(position.clone()))).collect();
            return self.write(&records, false);
        };
        let terms = KafkaTerms::new(source.clone());
        let mut list = PartitionList::new();
        let mut records = Vec::with_capacity(positions.len());
        for (lane, given) in positions {
            let (partition, position) = terms.complete(lane, given)?;
            list.add(&partition, position.number("offset").unwrap_or_default())?;
            records.push((lane.clone(), Some(position)));
        }
        self.write(&records, false)?;
        if self.same {
            list.set_metadata(MARK);
            admin::set_group_offsets(&source.consumer, &source.name, &list)?;
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
        if let Some(source) = self.source.as_ref().filter(|_| self.same && !partitions.is_empty()) {
            let list = PartitionList::of(partitions.iter().map(|partition| (partition, -1)))?;
            admin::forget_group_offsets(&source.consumer, &source.name, &list)?;
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
