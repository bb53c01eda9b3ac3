//! What tests do with a broker: topics, writing, reading.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use rdkafka::admin::{AdminClient, NewPartitions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::metadata::MetadataTopic;
use rdkafka::topic_partition_list::TopicPartitionListElem;
use rdkafka::{Offset, TopicPartitionList};

use super::admin::{REQUEST, block_on, check, options, wait_until};
use super::record::{Message, Record};
use super::{reader, writer};
use crate::error::ServerError;

/// How long [`KafkaClient::read_all_committed`] waits for open transactions: longer than the broker's default
/// transaction time-out, 60 s.
const SETTLE: Duration = Duration::from_secs(75);

/// A name that no other test of the run uses: `prefix` with the pid and a counter.
pub fn unique_name(prefix: &str) -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    format!("{prefix}-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed))
}

/// A client of one cluster. It holds an address only: each call connects by itself.
#[derive(Clone, Debug)]
pub struct KafkaClient {
    brokers: String,
}

impl KafkaClient {
    /// Of the cluster behind `host:port`, a listener without security.
    pub fn new(brokers: impl Into<String>) -> Self {
        KafkaClient { brokers: brokers.into() }
    }

    /// `host:port`.
    pub fn brokers(&self) -> &str {
        &self.brokers
    }

    /// Makes a topic with settings such as `("cleanup.policy", "compact")`, and returns when it can be used.
    ///
    /// # Errors
    /// When the broker refuses, or the topic has no leaders within 30 s.
    pub fn create_topic(
        &self,
        name: &str,
        partitions: i32,
        configs: &[(&str, &str)],
    ) -> Result<(), ServerError> {
        let mut topic = NewTopic::new(name, partitions, TopicReplication::Fixed(1));
        topic.config = configs.to_vec();
        let results = block_on(self.admin()?.create_topics([&topic], &options()));
        check(format!("making topic {name}"), results)?;
        self.await_partitions(name, partitions)
    }

    /// Raises a topic's number of partitions to `total`.
    ///
    /// # Errors
    /// As [`create_topic`](Self::create_topic).
    pub fn add_partitions(&self, topic: &str, total: i32) -> Result<(), ServerError> {
        let partitions = NewPartitions::new(topic, total as usize);
        let results = block_on(self.admin()?.create_partitions([&partitions], &options()));
        check(format!("adding partitions to {topic}"), results)?;
        self.await_partitions(topic, total)
    }

    /// Deletes a topic, and returns when it is gone.
    ///
    /// # Errors
    /// When the broker refuses.
    pub fn delete_topic(&self, topic: &str) -> Result<(), ServerError> {
        let results = block_on(self.admin()?.delete_topics(&[topic], &options()));
        check(format!("deleting topic {topic}"), results)?;
        let consumer = self.consumer(Isolation::Uncommitted)?;
        wait_until(format!("waiting until topic {topic} is gone"), || {
            Ok(consumer.fetch_metadata(Some(topic), REQUEST)?.topics().iter().all(|t| t.error().is_some()))
        })
    }

    /// Deletes the messages of a partition below an offset, as retention does.
    ///
    /// # Errors
    /// When the broker refuses.
    pub fn delete_records(&self, topic: &str, partition: i32, below: i64) -> Result<(), ServerError> {
        let what = format!("deleting records of {topic}");
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(topic, partition, Offset::Offset(below))
            .map_err(ServerError::kafka(what.clone()))?;
        let done = block_on(self.admin()?.delete_records(&list, &options()))
            .map_err(ServerError::kafka(what.clone()))?;
        done.elements().iter().try_for_each(TopicPartitionListElem::error).map_err(ServerError::kafka(what))
    }

    /// Writes messages and returns how many, when the broker has them all. Written by one idempotent producer: in
    /// order, each once.
    ///
    /// # Errors
    /// The first message that the broker refused.
    pub fn produce(
        &self,
        topic: &str,
        records: impl IntoIterator<Item = Record>,
    ) -> Result<u64, ServerError> {
        writer::write(self.config(), topic, records)
    }

    /// The number of partitions.
    ///
    /// # Errors
    /// When there is no such topic.
    pub fn partitions(&self, topic: &str) -> Result<i32, ServerError> {
        let consumer = self.consumer(Isolation::Uncommitted)?;
        count_partitions(&consumer, topic).map_err(ServerError::kafka(format!("looking at topic {topic}")))
    }

    /// The ends of a topic's partitions (high watermarks), open transactions included.
    ///
    /// # Errors
    /// When there is no such topic.
    pub fn end_offsets(&self, topic: &str) -> Result<BTreeMap<i32, i64>, ServerError> {
        self.ends(topic, Isolation::Uncommitted)
    }

    /// The last stable offsets of a topic's partitions: how far a `read_committed` reader can get now.
    ///
    /// # Errors
    /// When there is no such topic.
    pub fn stable_offsets(&self, topic: &str) -> Result<BTreeMap<i32, i64>, ServerError> {
        self.ends(topic, Isolation::Committed)
    }

    /// Waits until no transaction is open below the present ends of a topic.
    ///
    /// # Errors
    /// [`ServerError::OpenTransaction`] when one still is after `limit`.
    pub fn settle(&self, topic: &str, limit: Duration) -> Result<(), ServerError> {
        let ends = self.end_offsets(topic)?;
        let start = Instant::now();
        loop {
            let stable = self.stable_offsets(topic)?;
            let open = ends.iter().find(|(partition, end)| stable.get(*partition).is_none_or(|s| s < *end));
            let Some((&partition, &end)) = open else { return Ok(()) };
            if start.elapsed() > limit {
                let stable = stable.get(&partition).copied().unwrap_or(-1);
                return Err(ServerError::OpenTransaction {
                    topic: topic.to_owned(),
                    partition,
                    stable,
                    end,
                    limit,
                });
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Gives each message that a `read_committed` reader sees now to `each`: up to the last stable offset. Messages of
    /// a partition come in order; partitions are mixed.
    ///
    /// # Errors
    /// When the topic cannot be read.
    pub fn for_each_committed(&self, topic: &str, each: impl FnMut(Message)) -> Result<(), ServerError> {
        let consumer = self.consumer(Isolation::Committed)?;
        reader::read_to_end(&consumer, topic, each)
    }

    /// What a `read_committed` reader sees now, by partition and offset. Messages of open transactions, and what
    /// stands behind them, are not there.
    ///
    /// # Errors
    /// When the topic cannot be read.
    pub fn read_committed(&self, topic: &str) -> Result<Vec<Message>, ServerError> {
        let mut messages = Vec::new();
        self.for_each_committed(topic, |message| messages.push(message))?;
        messages.sort_by_key(|m| (m.partition, m.offset));
        Ok(messages)
    }

    /// Waits until the transactions that are open now have ended, then reads as [`read_committed`](Self::read_committed).
    ///
    /// # Errors
    /// When one is still open after 75 s, or the topic cannot be read.
    pub fn read_all_committed(&self, topic: &str) -> Result<Vec<Message>, ServerError> {
        self.settle(topic, SETTLE)?;
        self.read_committed(topic)
    }

    /// What a group has committed for a topic, by partition. Partitions without a commit are not in it.
    ///
    /// # Errors
    /// When the topic or the coordinator cannot be asked.
    pub fn committed_offsets(&self, group: &str, topic: &str) -> Result<BTreeMap<i32, i64>, ServerError> {
        let what = || format!("asking what group {group} has committed for {topic}");
        let consumer: BaseConsumer =
            self.config().set("group.id", group).create().map_err(ServerError::kafka(what()))?;
        let partitions = count_partitions(&consumer, topic).map_err(ServerError::kafka(what()))?;
        let mut list = TopicPartitionList::new();
        list.add_partition_range(topic, 0, partitions - 1);
        let committed = consumer.committed_offsets(list, REQUEST).map_err(ServerError::kafka(what()))?;
        let offset = |e: TopicPartitionListElem<'_>| match e.offset() {
            Offset::Offset(offset) => Some((e.partition(), offset)),
            _ => None,
        };
        Ok(committed.elements().into_iter().filter_map(offset).collect())
    }

    fn config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.brokers);
        config
    }

    fn admin(&self) -> Result<AdminClient<DefaultClientContext>, ServerError> {
        self.config().create().map_err(ServerError::kafka("making an admin client"))
    }

    fn consumer(&self, isolation: Isolation) -> Result<BaseConsumer, ServerError> {
        self.config()
            // The library wants a group; nothing is ever committed under it.
            .set("group.id", "sluicegate-test-reader")
            .set("enable.auto.commit", "false")
            .set("enable.partition.eof", "true")
            .set("auto.offset.reset", "earliest")
            .set("isolation.level", isolation.level())
            .create()
            .map_err(ServerError::kafka("making a consumer"))
    }

    fn ends(&self, topic: &str, isolation: Isolation) -> Result<BTreeMap<i32, i64>, ServerError> {
        let what = || format!("asking for the ends of {topic}");
        let consumer = self.consumer(isolation)?;
        let partitions = count_partitions(&consumer, topic).map_err(ServerError::kafka(what()))?;
        (0..partitions)
            .map(|p| {
                let (_, end) =
                    consumer.fetch_watermarks(topic, p, REQUEST).map_err(ServerError::kafka(what()))?;
                Ok((p, end))
            })
            .collect()
    }

    fn await_partitions(&self, topic: &str, partitions: i32) -> Result<(), ServerError> {
        let consumer = self.consumer(Isolation::Uncommitted)?;
        wait_until(format!("waiting for topic {topic}"), || {
            let metadata = consumer.fetch_metadata(Some(topic), REQUEST)?;
            let with_leader = metadata
                .topics()
                .iter()
                .flat_map(MetadataTopic::partitions)
                .filter(|p| p.leader() >= 0)
                .count();
            if with_leader != partitions as usize {
                return Ok(false);
            }
            // The metadata name a leader before it knows that it is one.
            for partition in 0..partitions {
                consumer.fetch_watermarks(topic, partition, REQUEST)?;
            }
            Ok(true)
        })
    }
}

/// What a reader sees of transactions.
#[derive(Clone, Copy)]
enum Isolation {
    Committed,
    Uncommitted,
}

impl Isolation {
    fn level(self) -> &'static str {
        match self {
            Isolation::Committed => "read_committed",
            Isolation::Uncommitted => "read_uncommitted",
        }
    }
}

/// The number of partitions of a topic, which is an error where there is none.
pub(super) fn count_partitions(consumer: &BaseConsumer, topic: &str) -> Result<i32, KafkaError> {
    let metadata = consumer.fetch_metadata(Some(topic), REQUEST)?;
    let unknown = RDKafkaErrorCode::UnknownTopicOrPartition;
    let found = metadata.topics().first().ok_or(KafkaError::MetadataFetch(unknown))?;
    match found.error() {
        Some(error) => Err(KafkaError::MetadataFetch(error.into())),
        None => Ok(found.partitions().len() as i32),
    }
}
