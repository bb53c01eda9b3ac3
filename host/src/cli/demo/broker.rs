//! The embedded broker: librdkafka's test cluster, in this process.
//!
//! It speaks the protocol, groups and transactions included, but keeps at most 5 MiB a partition and does not hide
//! what is not committed. So it shows the work; the tests prove the guarantee on Apache Kafka.

use std::time::Duration;

use rdkafka::client::ClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Headers, Message as _};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use rdkafka::producer::{BaseRecord, Producer, ThreadedProducer};
use rdkafka::{Offset, TopicPartitionList};

use sluicegate_model::Position;

use super::messages::Message;
use crate::cli::exit::Failure;

/// How long the broker may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// A broker that ends with this value.
pub(super) struct Embedded {
    cluster: MockCluster<'static, DefaultProducerContext>,
}

/// Reaching the end of a topic is what the demo waits for, and no line in the log.
struct Quiet;

impl ClientContext for Quiet {
    fn error(&self, _: KafkaError, _: &str) {}
}

impl ConsumerContext for Quiet {}

/// A dead letter, as far as the demo shows it.
pub(super) struct Letter {
    pub(super) origin: String,
    pub(super) step: String,
    pub(super) reason: String,
    pub(super) bytes: usize,
}

fn broken(error: KafkaError) -> Failure {
    Failure::failed(format!("the embedded broker: {error}"))
}

impl Embedded {
    /// Starts a broker with topics.
    pub(super) fn start(topics: &[(&str, i32)]) -> Result<Self, Failure> {
        let cluster = MockCluster::new(1).map_err(broken)?;
        for (topic, partitions) in topics {
            cluster.create_topic(topic, *partitions, 1).map_err(broken)?;
        }
        cluster.create_topic("__sluicegate_positions", 1, 1).map_err(broken)?;
        Ok(Self { cluster })
    }

    pub(super) fn brokers(&self) -> String {
        self.cluster.bootstrap_servers()
    }

    fn settings(&self) -> ClientConfig {
        let mut settings = ClientConfig::new();
        settings.set("bootstrap.servers", self.brokers());
        settings
    }

    /// Sends messages, compressed: a partition of this broker holds little.
    pub(super) async fn produce(&self, topic: &'static str, messages: &[Message]) -> Result<(), Failure> {
        let mut settings = self.settings();
        settings.set("compression.type", "zstd").set("linger.ms", "20").set("partitioner", "murmur2_random");
        let producer: ThreadedProducer<_> = settings.create().map_err(broken)?;
        for message in messages {
            let mut record = BaseRecord::to(topic).key(&message.key).payload(&message.value);
            while let Err((error, returned)) = producer.send(record) {
                if error.rdkafka_error_code() != Some(rdkafka::error::RDKafkaErrorCode::QueueFull) {
                    return Err(broken(error));
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
                record = returned;
            }
        }
        producer.flush(PATIENCE).map_err(broken)
    }

    /// Reads a topic from its beginning to its end.
    fn read(&self, topic: &str, mut each: impl FnMut(&BorrowedMessage<'_>)) -> Result<(), Failure> {
        let mut settings = self.settings();
        settings
            .set("group.id", "demo-reader")
            .set("enable.partition.eof", "true")
            .set("enable.auto.commit", "false");
        let consumer: BaseConsumer<Quiet> = settings.create_with_context(Quiet).map_err(broken)?;
        let mut partitions = TopicPartitionList::new();
        partitions.add_partition_offset(topic, 0, Offset::Beginning).map_err(broken)?;
        consumer.assign(&partitions).map_err(broken)?;
        loop {
            match consumer.poll(PATIENCE) {
                Some(Ok(message)) => each(&message),
                Some(Err(KafkaError::PartitionEOF(_))) => return Ok(()),
                Some(Err(error)) => return Err(broken(error)),
                None => {
                    return Err(Failure::failed(format!("the embedded broker: no answer for topic {topic}")));
                }
            }
        }
    }

    /// Messages in a topic.
    pub(super) fn rows(&self, topic: &str) -> Result<u64, Failure> {
        let mut rows = 0;
        self.read(topic, |_| rows += 1)?;
        Ok(rows)
    }

    /// The dead letters in a topic.
    pub(super) fn letters(&self, topic: &str) -> Result<Vec<Letter>, Failure> {
        let mut letters = Vec::new();
        self.read(topic, |message| {
            let header = |name: &str| {
                let headers = message.headers()?;
                let found = headers.iter().find(|header| header.key == name)?;
                Some(String::from_utf8_lossy(found.value.unwrap_or_default()).into_owned())
            };
            let text = |name| header(name).unwrap_or_default();
            let position = text("sluicegate-position");
            let position =
                serde_json::from_str(&position).map_or(position, |known: Position| known.to_string());
            letters.push(Letter {
                origin: format!("{} {position}", text("sluicegate-lane")),
                step: text("sluicegate-step"),
                reason: text("sluicegate-reason"),
                bytes: message.payload_len(),
            });
        })?;
        Ok(letters)
    }
}
