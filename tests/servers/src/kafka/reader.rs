//! Reading a topic from its beginning to its present end.

use std::collections::BTreeSet;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Headers as _, Message as _};
use rdkafka::{Offset, TopicPartitionList};

use super::client::count_partitions;
use super::record::Message;
use crate::error::ServerError;

/// How long nothing may come before a reader gives up.
const SILENCE: Duration = Duration::from_secs(30);

/// Gives every message to `each` until the end of each partition was met once. For a `read_committed` consumer the end
/// is the last stable offset.
pub(super) fn read_to_end(
    consumer: &BaseConsumer,
    topic: &str,
    mut each: impl FnMut(Message),
) -> Result<(), ServerError> {
    let what = || format!("reading {topic}");
    let partitions = count_partitions(consumer, topic).map_err(ServerError::kafka(what()))?;
    let mut list = TopicPartitionList::new();
    for partition in 0..partitions {
        list.add_partition_offset(topic, partition, Offset::Beginning).map_err(ServerError::kafka(what()))?;
    }
    consumer.assign(&list).map_err(ServerError::kafka(what()))?;

    let mut left: BTreeSet<i32> = (0..partitions).collect();
    while !left.is_empty() {
        match consumer.poll(SILENCE) {
            Some(Ok(message)) => each(owned(&message)),
            Some(Err(KafkaError::PartitionEOF(partition))) => {
                left.remove(&partition);
            }
            // The client reconnects by itself; a broker that stays away ends in the silence below.
            Some(Err(KafkaError::MessageConsumption(
                RDKafkaErrorCode::BrokerTransportFailure | RDKafkaErrorCode::AllBrokersDown,
            ))) => {}
            Some(Err(error)) => return Err(ServerError::kafka(what())(error)),
            None => {
                let (topic, left) = (topic.to_owned(), left.len());
                return Err(ServerError::ReaderStuck { topic, left, limit: SILENCE });
            }
        }
    }
    Ok(())
}

fn owned(message: &BorrowedMessage<'_>) -> Message {
    let headers = message.headers().map_or_else(Vec::new, |headers| {
        headers.iter().map(|h| (h.key.to_owned(), h.value.map(<[u8]>::to_vec))).collect()
    });
    Message {
        partition: message.partition(),
        offset: message.offset(),
        timestamp_ms: message.timestamp().to_millis(),
        key: message.key().map(<[u8]>::to_vec),
        value: message.payload().map(<[u8]>::to_vec),
        headers,
    }
}
