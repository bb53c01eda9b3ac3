//! Writing messages.

use std::sync::Mutex;
use std::time::Duration;

use rdkafka::client::ClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer as _, ProducerContext, ThreadedProducer};

use super::record::Record;
use crate::error::ServerError;

/// How long the last messages may take to be acknowledged.
const FLUSH: Duration = Duration::from_mins(2);

/// Writes all records and returns how many, when the broker has them.
pub(super) fn write(
    mut config: ClientConfig,
    topic: &str,
    records: impl IntoIterator<Item = Record>,
) -> Result<u64, ServerError> {
    let what = || format!("writing to {topic}");
    let producer: ThreadedProducer<Deliveries> = config
        .set("enable.idempotence", "true")
        .set("partitioner", "murmur2_random")
        .set("linger.ms", "20")
        .set("queue.buffering.max.messages", "500000")
        // A topic that is not there will not appear: nothing makes topics by itself here. 30 s by default.
        .set("topic.metadata.propagation.max.ms", "2000")
        .create_with_context(Deliveries::default())
        .map_err(ServerError::kafka(what()))?;
    let mut count = 0;
    for record in records {
        send(&producer, topic, &record).map_err(ServerError::kafka(what()))?;
        count += 1;
    }
    producer.flush(FLUSH).map_err(ServerError::kafka(what()))?;
    producer.context().first_error().map_or(Ok(count), |e| Err(ServerError::kafka(what())(e)))
}

/// Remembers the first message that could not be delivered.
#[derive(Default)]
struct Deliveries(Mutex<Option<KafkaError>>);

impl Deliveries {
    fn first_error(&self) -> Option<KafkaError> {
        self.0.lock().ok().and_then(|first| first.clone())
    }
}

impl ClientContext for Deliveries {}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if let (Err((error, _)), Ok(mut first)) = (result, self.0.lock()) {
            first.get_or_insert_with(|| error.clone());
        }
    }
}

/// Hands one message to the producer, waiting while its queue is full.
fn send(producer: &ThreadedProducer<Deliveries>, topic: &str, record: &Record) -> Result<(), KafkaError> {
    let headers = (!record.headers.is_empty()).then(|| {
        record
            .headers
            .iter()
            .fold(OwnedHeaders::new_with_capacity(record.headers.len()), |headers, (key, value)| {
                headers.insert(Header { key, value: value.as_ref() })
            })
    });
    let mut message: BaseRecord<'_, [u8], [u8]> = BaseRecord::to(topic);
    message.partition = record.partition;
    message.key = record.key.as_deref();
    message.payload = record.value.as_deref();
    message.timestamp = record.timestamp_ms;
    message.headers = headers;
    loop {
        match producer.send(message) {
            Ok(()) => return Ok(()),
            Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), again)) => {
                message = again;
                std::thread::sleep(Duration::from_millis(5));
            }
            Err((error, _)) => return Err(error),
        }
    }
}
