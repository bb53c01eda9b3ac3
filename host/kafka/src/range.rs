//! The messages of a partition between two offsets, read without a group: for people, and for work that is done once.

use std::time::{Duration, Instant};

use rdkafka::TopicPartitionList;
use rdkafka::client::ClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::message::{BorrowedMessage, Headers, Message};
use sluicegate_connector::Error;

use crate::client::{Partition, Settings};

/// How long nothing may come before the brokers are given up.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long one look waits.
const LOOK: Duration = Duration::from_millis(100);

/// Errors come back from the calls: they need no second line in the log.
struct Quiet;

impl ClientContext for Quiet {
    fn error(&self, _: KafkaError, _: &str) {}
}

impl ConsumerContext for Quiet {}

/// A message, owned.
pub struct Owned {
    /// Its offset.
    pub offset: i64,
    /// When it entered the topic, in milliseconds since 1970.
    pub timestamp_ms: Option<i64>,
    /// The key.
    pub key: Option<Vec<u8>>,
    /// The value; `None` is a tombstone.
    pub value: Option<Vec<u8>>,
    /// Headers in order.
    pub headers: Vec<(String, Option<Vec<u8>>)>,
}

/// Reads stretches of partitions, one after another. Blocks; belongs on a thread that may.
pub struct RangeReader {
    consumer: BaseConsumer<Quiet>,
    at: Option<(Partition, i64)>,
}

impl RangeReader {
    /// A reader of committed messages. Nothing is asked of a broker yet.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for settings that librdkafka does not take.
    pub fn new(settings: &Settings) -> Result<Self, Error> {
        let mut settings = settings.clone();
        settings
            // The library wants a group; it is never joined, and nothing is committed under it.
            .set("group.id", "sluicegate-reader")
            .set("enable.auto.commit", false)
            .set("enable.auto.offset.store", false)
            .set("enable.partition.eof", true)
            .set("auto.offset.reset", "error")
            .set("isolation.level", "read_committed")
            .set("queued.max.messages.kbytes", 16_384)
            .set("fetch.wait.max.ms", 20)
            .set("check.crcs", true);
        let config: ClientConfig =
            settings.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        let consumer = config
            .create_with_context(Quiet)
            .map_err(|error| Error::configuration("the topic cannot be read").caused_by(error))?;
        Ok(Self { consumer, at: None })
    }

    /// Goes to an offset of a partition. Cheap where the reader stands there already.
    ///
    /// # Errors
    /// The broker's.
    pub fn seek(&mut self, partition: &Partition, offset: i64) -> Result<(), Error> {
        if self.at.as_ref().is_some_and(|(here, next)| here == partition && *next == offset) {
            return Ok(());
        }
        let failed = |error: KafkaError| {
            Error::transient("the topic cannot be read").lane(&partition.lane()).caused_by(error)
        };
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(&partition.topic, partition.number, rdkafka::Offset::Offset(offset))
            .map_err(failed)?;
        self.consumer.assign(&list).map_err(failed)?;
        self.at = Some((partition.clone(), offset));
        Ok(())
    }

    /// Where the reader stands in a partition, if it does.
    pub fn standing(&self, partition: &Partition) -> Option<i64> {
        self.at.as_ref().filter(|(here, _)| here == partition).map(|(_, next)| *next)
    }

    /// The next message below `end`, which was an end of the partition for readers of committed messages once; `None`
    /// where there is none.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Fatal`] where messages are gone, else the broker's.
    pub fn next(&mut self, end: i64) -> Result<Option<Owned>, Error> {
        let Some((partition, next)) = &mut self.at else { return Ok(None) };
        let begun = Instant::now();
        while *next < end {
            match self.consumer.poll(LOOK) {
                None if begun.elapsed() > PATIENCE => {
                    let what = format!("no messages came within {} s", PATIENCE.as_secs());
                    return Err(Error::transient(what).lane(&partition.lane()));
                }
                Some(Err(KafkaError::PartitionEOF(number))) if number == partition.number => {
                    // All below `end` was seen: what is left are markers of transactions.
                    self.at = None;
                    return Ok(None);
                }
                None | Some(Err(KafkaError::PartitionEOF(_))) => {}
                // Of a stretch that was read before.
                Some(Ok(message))
                    if message.topic() != &*partition.topic
                        || message.partition() != partition.number
                        || message.offset() < *next => {}
                Some(Ok(message)) if message.offset() >= end => {
                    // It is not given, and would be missed by whoever reads on.
                    self.at = None;
                    return Ok(None);
                }
                Some(Ok(message)) => {
                    *next = message.offset() + 1;
                    return Ok(Some(owned(&message)));
                }
                Some(Err(error)) => {
                    let lane = partition.lane();
                    return Err(match error.rdkafka_error_code() {
                        Some(Code::AutoOffsetReset | Code::OffsetOutOfRange | Code::NoOffset) => {
                            Error::fatal("messages are gone from the topic").lane(&lane).caused_by(error)
                        }
                        Some(Code::TopicAuthorizationFailed) => {
                            Error::configuration("the topic may not be read")
                                .lane(&lane)
                                .help("grant Read on the topic")
                        }
                        _ => Error::transient("the topic cannot be read").lane(&lane).caused_by(error),
                    });
                }
            }
        }
        Ok(None)
    }
}

fn owned(message: &BorrowedMessage<'_>) -> Owned {
    let headers = message.headers().into_iter().flat_map(Headers::iter);
    Owned {
        offset: message.offset(),
        timestamp_ms: message.timestamp().to_millis(),
        key: message.key().map(<[u8]>::to_vec),
        value: message.payload().map(<[u8]>::to_vec),
        headers: headers.map(|header| (header.key.to_owned(), header.value.map(<[u8]>::to_vec))).collect(),
    }
}
