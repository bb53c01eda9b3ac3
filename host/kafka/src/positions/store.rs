//! The topic of positions: made, opened, written to.

use std::sync::Arc;

use parking_lot::Mutex;
use sluicegate_connector::{Error, StartAt, Taken};
use sluicegate_model::Lane;

use super::record::{Founding, LaneRecord, Subject, VERSION, to_bytes};
use super::{PositionsOptions, Reader};
use crate::client::admin::{self, NewTopic};
use crate::client::{Handle, Partition, Settings};
use crate::producer::{Outgoing, Producer};
use crate::{Identity, SourceGroup};

/// What is needed to read and write the records of a pipeline. Cheap to clone: clones share what was read.
#[derive(Clone)]
pub struct Store {
    /// For any client of the sink's cluster.
    pub settings: Settings,
    /// The pipeline, and this process.
    pub identity: Identity,
    /// The source, where it is Kafka.
    pub source: Option<SourceGroup>,
    /// Its time-out for transactions.
    pub transaction_timeout: std::time::Duration,
    pub(super) reader: Arc<Mutex<Reader>>,
    partition: Partition,
}

impl Store {
    /// Opens the records of a pipeline; makes their topic where it is missing. Blocks.
    ///
    /// # Errors
    /// The broker's, or [`sluicegate_connector::Class::Configuration`] for a topic that forgets positions.
    pub fn open(
        handle: &Arc<Handle>,
        settings: &Settings,
        options: &PositionsOptions,
        identity: &Identity,
        source: Option<SourceGroup>,
        transaction_timeout: std::time::Duration,
    ) -> Result<Self, Error> {
        let partitions = ensure_topic(handle, options)?;
        let pipeline: Arc<str> = identity.pipeline.as_str().into();
        let hash = sluicegate_kernels::murmur2(pipeline.as_bytes());
        let number = ((hash as u32 & 0x7fff_ffff) % partitions.max(1) as u32) as i32;
        let partition = Partition::new(options.topic.as_str(), number);
        let reader = Reader::open(settings, partition.clone(), &pipeline)?;
        Ok(Self {
            settings: settings.clone(),
            identity: identity.clone(),
            source,
            transaction_timeout,
            reader: Arc::new(Mutex::new(reader)),
            partition,
        })
    }

    /// Puts a record into a producer's open transaction.
    ///
    /// # Errors
    /// librdkafka's.
    pub fn put(&self, producer: &Producer, subject: &Subject, value: Option<&[u8]>) -> Result<(), Error> {
        let key = subject.key(&self.identity.pipeline);
        producer.send(&Outgoing {
            topic: &self.partition.topic,
            partition: Some(self.partition.number),
            key: Some(&key),
            value,
            headers: &[],
            timestamp_ms: None,
            mark: 0,
        })
    }

    /// Puts a lane's record into a producer's open transaction.
    ///
    /// # Errors
    /// librdkafka's.
    pub fn put_lane(&self, producer: &Producer, lane: &Lane, record: &LaneRecord) -> Result<(), Error> {
        self.put(producer, &Subject::Lane(lane.clone()), Some(&to_bytes(record)))
    }

    /// A transactional id of this pipeline. No part of a name holds a slash but lanes, which stand in the middle.
    pub fn transactional_id(&self, rest: &str) -> String {
        format!("{}/{rest}", self.identity.pipeline)
    }

    /// A producer under a transactional id, initialised: whoever had the id before is refused from now on, and what
    /// it left open is aborted, or finished where it was decided already. Blocks.
    ///
    /// # Errors
    /// The broker's.
    pub fn take_over(&self, id: &str) -> Result<Producer, Error> {
        let producer = Producer::transactional(&self.settings, id, self.transaction_timeout)?;
        producer.init()?;
        Ok(producer)
    }

    /// Ends whatever a transactional id has open, and refuses its holder. Blocks.
    ///
    /// # Errors
    /// The broker's.
    pub fn kill(&self, id: &str) -> Result<(), Error> {
        tracing::info!(id, "fencing a writer");
        self.take_over(id).map(drop)
    }

    /// A state of the engine, as it was decided last. Blocks.
    ///
    /// # Errors
    /// The broker's.
    pub fn state(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        let mut reader = self.reader.lock();
        reader.catch_up()?;
        Ok(reader.state(name).map(<[u8]>::to_vec))
    }

    /// Records what is there when the pipeline runs for the first time. Blocks.
    ///
    /// Under an id of its own, initialised before the last look: of two that found at once one is refused, so that a
    /// late one never writes over what an earlier one found.
    ///
    /// # Errors
    /// The broker's; [`sluicegate_connector::Class::Fenced`] where another process founds at the same time.
    pub(super) fn found(&self, reader: &mut Reader, lanes: &[Lane]) -> Result<(), Error> {
        if reader.founding().is_some() {
            return Ok(());
        }
        let producer = self.take_over(&self.transactional_id("founding"))?;
        reader.catch_up()?;
        if reader.founding().is_some() {
            return Ok(());
        }
        let mut founding = Founding { v: VERSION, ..Founding::default() };
        if let Some(source) = &self.source {
            let mut topics = source.topics.names();
            topics
                .extend(lanes.iter().filter_map(Partition::of).map(|partition| partition.topic.to_string()));
            topics.sort();
            topics.dedup();
            let described = admin::describe_topics(&source.consumer, &topics)?;
            founding.topics.extend(described.into_iter().map(|topic| (topic.name, topic.partitions)));
        }
        producer.begin()?;
        self.put(&producer, &Subject::Founding, Some(&to_bytes(&founding)))?;
        producer.commit(self.transaction_timeout)?;
        reader.catch_up()
    }
}

/// Where a lane goes on, after the reader has caught up.
pub(super) fn taken(reader: &Reader, lane: &Lane) -> Taken {
    let found = reader.lane(lane).map(|found| &found.record);
    let at = match found {
        Some(LaneRecord { position: Some(position), .. }) => StartAt::Position(position.clone()),
        Some(LaneRecord { from_beginning: true, .. }) => StartAt::Beginning,
        // It was claimed and nothing was decided, or it was reset.
        Some(_) => StartAt::Configured,
        None => without_record(reader, lane),
    };
    Taken { lane: lane.clone(), at, note: found.and_then(|record| record.note.clone()), ahead: None }
}

/// A lane without a record was there when the pipeline was founded, or came later.
fn without_record(reader: &Reader, lane: &Lane) -> StartAt {
    let founding = reader.founding();
    let count = Partition::of(lane).and_then(|partition| {
        founding?.topics.get(&*partition.topic).map(|count| (partition.number, *count))
    });
    match count {
        Some((number, count)) if number < count => StartAt::Configured,
        Some(_) => StartAt::Beginning,
        // A topic that matched later, or a source that has no topics.
        None if reader.lanes().next().is_some() => StartAt::Beginning,
        None => StartAt::Configured,
    }
}

/// Makes the topic where it is missing, and gives its number of partitions.
fn ensure_topic(handle: &Arc<Handle>, options: &PositionsOptions) -> Result<i32, Error> {
    let names = [options.topic.clone()];
    if admin::describe_topics(handle, &names)?.is_empty() {
        let settings = [
            ("cleanup.policy", "compact"),
            // Small segments that are compacted soon: a start reads all that is left.
            ("segment.bytes", "16777216"),
            ("segment.ms", "600000"),
            ("min.cleanable.dirty.ratio", "0.1"),
            ("compression.type", "producer"),
        ];
        let config = settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let topic = NewTopic {
            name: options.topic.clone(),
            partitions: Some(options.partitions),
            replication: options.replication,
            config,
        };
        admin::create_topic(handle, &topic)?;
    }
    crate::topics::await_topic(handle, &options.topic).map(|topic| topic.partitions).and_then(|partitions| {
        let policy = admin::topic_setting(handle, &names, "cleanup.policy").unwrap_or_default();
        match policy.get(&options.topic) {
            Some(policy) if policy != "compact" => {
                let what =
                    format!("topic {} forgets positions: its cleanup.policy is {policy}", options.topic);
                Err(Error::configuration(what).help("set it to compact, or name another topic"))
            }
            _ => Ok(partitions),
        }
    })
}
