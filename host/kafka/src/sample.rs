//! The newest messages of a source, for people to look at: no group is joined, nothing is committed.

use std::time::{Duration, Instant};

use rdkafka::client::ClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Headers, Message};
use rdkafka::{Offset, TopicPartitionList};
use regex::Regex;
use sluicegate_connector::Error;
use sluicegate_format::{Decode, LaneInfo, Record};
use sluicegate_model::{Decoded, Lane, TimeSpan};

use crate::Connection;
use crate::client::Partition;
use crate::source::SourceOptions;
use crate::task::blocking;

/// Errors come back from the calls: they need no second line in the log.
struct Quiet;

impl ClientContext for Quiet {
    fn error(&self, _: KafkaError, _: &str) {}
}

impl ConsumerContext for Quiet {}

/// How long the newest messages are waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// Decodes the newest messages of a source, `count` at most, lane by lane.
///
/// # Errors
/// [`sluicegate_connector::Class::Configuration`] where no broker answers or a topic does not exist.
pub async fn newest(
    connection: &Connection,
    options: &SourceOptions,
    count: usize,
) -> Result<Vec<(Lane, Decoded)>, Error> {
    let decode = options.decoder()?;
    let mut settings = connection.settings()?;
    options.librdkafka.apply(&mut settings)?;
    settings
        .set("group.id", "sluicegate-preview")
        .set("enable.auto.commit", false)
        .set("enable.partition.eof", true)
        .set("isolation.level", "read_committed");
    let config: ClientConfig =
        settings.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    let (brokers, topics) = (connection.brokers.clone(), options.topics.clone());
    let connect_timeout = connection.connect_timeout;
    blocking(move || {
        let consumer: BaseConsumer<Quiet> =
            config.create_with_context(Quiet).map_err(|error| refused(&brokers, error))?;
        let partitions = partitions(&consumer, topics.all(), &brokers, connect_timeout)?;
        let sampled = read(&consumer, &partitions, count).map_err(|error| refused(&brokers, error))?;
        Ok(sampled.iter().map(|lane| lane.decode(decode.as_ref())).collect())
    })
    .await
}

fn refused(brokers: &str, error: KafkaError) -> Error {
    Error::transient(format!("the brokers at {brokers} gave no messages")).caused_by(error)
}

/// The partitions of the topics that are named or match.
fn partitions(
    consumer: &BaseConsumer<Quiet>,
    topics: &[String],
    brokers: &str,
    connect_timeout: TimeSpan,
) -> Result<Vec<Partition>, Error> {
    let metadata = consumer.fetch_metadata(None, connect_timeout.0).map_err(|error| {
        let what = format!("no broker at {brokers} answers within {connect_timeout}");
        // The error's own text says this twice.
        let code = error.rdkafka_error_code().unwrap_or(RDKafkaErrorCode::Fail);
        Error::transient(what).caused_by(code).help("check `brokers` of the connection and whether they run")
    })?;
    let mut found = Vec::new();
    for topic in topics {
        let matches: Box<dyn Fn(&str) -> bool> = if topic.starts_with('^') {
            let pattern = Regex::new(topic).map_err(|error| {
                Error::configuration(format!("{topic} is no regular expression")).caused_by(error)
            })?;
            Box::new(move |name| pattern.is_match(name))
        } else {
            Box::new(move |name| name == topic)
        };
        let before = found.len();
        for known in metadata.topics().iter().filter(|known| matches(known.name())) {
            found.extend(
                known.partitions().iter().map(|partition| Partition::new(known.name(), partition.id())),
            );
        }
        if found.len() == before {
            return Err(Error::configuration(format!("topic {topic} does not exist at {brokers}")));
        }
    }
    Ok(found)
}

/// A message, owned.
struct Owned {
    offset: u64,
    key: Option<Vec<u8>>,
    value: Option<Vec<u8>>,
    timestamp_us: Option<i64>,
    headers: Vec<(String, Option<Vec<u8>>)>,
}

struct Sampled {
    partition: Partition,
    messages: Vec<Owned>,
}

impl Sampled {
    fn decode(&self, decode: &dyn Decode) -> (Lane, Decoded) {
        let lane = self.partition.lane();
        let records: Vec<Record<'_>> = self
            .messages
            .iter()
            .map(|message| Record {
                ordinal: message.offset,
                key: message.key.as_deref(),
                value: message.value.as_deref(),
                timestamp_us: message.timestamp_us,
                headers: &message.headers,
            })
            .collect();
        let info = LaneInfo { lane: &lane, topic: &self.partition.topic, partition: self.partition.number };
        let decoded = decode.decode(&info, &records);
        (lane, decoded)
    }
}

/// Reads the last messages of each partition until `count` are there or all ends are reached.
fn read(
    consumer: &BaseConsumer<Quiet>,
    partitions: &[Partition],
    count: usize,
) -> Result<Vec<Sampled>, KafkaError> {
    let each = i64::try_from(count.div_ceil(partitions.len().max(1))).unwrap_or(i64::MAX);
    let mut list = TopicPartitionList::new();
    for Partition { topic, number } in partitions {
        list.add_partition_offset(topic, *number, Offset::OffsetTail(each))?;
    }
    consumer.assign(&list)?;
    let mut sampled: Vec<Sampled> = partitions
        .iter()
        .map(|partition| Sampled { partition: partition.clone(), messages: Vec::new() })
        .collect();
    let (mut ends, mut read) = (0, 0);
    let until = Instant::now() + PATIENCE;
    while ends < partitions.len() && read < count && Instant::now() < until {
        match consumer.poll(Duration::from_millis(200)) {
            None => {}
            Some(Err(KafkaError::PartitionEOF(_))) => ends += 1,
            Some(Err(error)) => return Err(error),
            Some(Ok(message)) => {
                let place = |lane: &&mut Sampled| {
                    *lane.partition.topic == *message.topic() && lane.partition.number == message.partition()
                };
                if let Some(lane) = sampled.iter_mut().find(place) {
                    lane.messages.push(owned(&message));
                    read += 1;
                }
            }
        }
    }
    sampled.retain(|lane| !lane.messages.is_empty());
    Ok(sampled)
}

fn owned(message: &BorrowedMessage<'_>) -> Owned {
    let headers = message.headers().into_iter().flat_map(|headers| headers.iter());
    Owned {
        offset: message.offset() as u64,
        key: message.key().map(<[u8]>::to_vec),
        value: message.payload().map(<[u8]>::to_vec),
        timestamp_us: message.timestamp().to_millis().map(|millis| millis.saturating_mul(1_000)),
        headers: headers.map(|header| (header.key.to_owned(), header.value.map(<[u8]>::to_vec))).collect(),
    }
}
