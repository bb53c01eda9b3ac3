//! The floor: librdkafka reads a topic and writes the same bytes to three others, with nothing done to a message.
//!
//! Tuned for CPU time: messages move in batches of both clients, large fetches and large batches, no group, no offsets
//! committed, no delivery reports. The producer is idempotent and not transactional, which is less than Sluicegate does.

use std::ffi::CString;
use std::ptr::{self, NonNull};
use std::time::Duration;

use clap::Args;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::producer::{BaseProducer, Producer as _};
use rdkafka::{Offset, TopicPartitionList};
use rdkafka_sys as sys;

use crate::Fallible;

/// Topics that are written to.
pub const TOPICS: usize = 3;

/// What is copied.
#[derive(Clone, Debug, Args)]
pub struct Arguments {
    /// host:port
    #[arg(long)]
    pub brokers: String,
    /// The topic that is read from its beginning.
    #[arg(long)]
    pub from: String,
    /// The topics that are written are this name with -0, -1, -2.
    #[arg(long)]
    pub to: String,
    /// How many messages to copy.
    #[arg(long)]
    pub count: u64,
    /// How batches are compressed.
    #[arg(long)]
    pub compression: String,
}

/// Leaves the partition to the partitioner: a macro of librdkafka's header, which has no binding.
const ANY_PARTITION: i32 = -1;

/// Messages of one call.
const BATCH: usize = 10_000;

/// Copies, and ends when all is acknowledged.
///
/// # Errors
/// librdkafka's.
pub fn run(arguments: &Arguments) -> Fallible<()> {
    let consumer = consumer(arguments)?;
    let producer = producer(arguments)?;
    let outputs = Outputs::new(&producer, &arguments.to)?;
    // SAFETY: the client is alive; the queue that comes back is ours and freed below.
    let queue = unsafe { sys::rd_kafka_queue_get_consumer(consumer.client().native_ptr()) };
    let mut messages: Vec<*mut sys::rd_kafka_message_t> = vec![ptr::null_mut(); BATCH];
    let mut batch = Vec::with_capacity(BATCH);
    let (mut copied, mut output) = (0, 0);
    while copied < arguments.count {
        // SAFETY: the queue is valid and there is room for as many pointers.
        let taken =
            unsafe { sys::rd_kafka_consume_batch_queue(queue, 100, messages.as_mut_ptr(), messages.len()) };
        let taken = &messages[..usize::try_from(taken)?];
        batch.clear();
        for message in taken {
            // SAFETY: librdkafka gave a valid message, ours until it is destroyed below.
            let message = unsafe { &**message };
            if message.err != sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR {
                return Err(format!("the consumer failed: {:?}", message.err).into());
            }
            batch.push(outgoing(message));
        }
        outputs.send(output, &mut batch)?;
        output = (output + 1) % TOPICS;
        copied += taken.len() as u64;
        for message in taken {
            // SAFETY: the message is ours, and librdkafka has copied what the producer needs of it.
            unsafe { sys::rd_kafka_message_destroy(*message) };
        }
    }
    // SAFETY: the queue is ours and not used again.
    unsafe { sys::rd_kafka_queue_destroy(queue) };
    producer.flush(Duration::from_mins(1))?;
    println!("{copied}");
    Ok(())
}

/// A message that has the same key and value and goes wherever the partitioner says.
fn outgoing(message: &sys::rd_kafka_message_t) -> sys::rd_kafka_message_t {
    sys::rd_kafka_message_t {
        err: sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR,
        rkt: ptr::null_mut(),
        partition: ANY_PARTITION,
        payload: message.payload,
        len: message.len,
        key: message.key,
        key_len: message.key_len,
        offset: 0,
        _private: ptr::null_mut(),
    }
}

/// The topics that are written.
struct Outputs<'a> {
    producer: &'a BaseProducer,
    topics: Vec<NonNull<sys::rd_kafka_topic_t>>,
}

impl<'a> Outputs<'a> {
    fn new(producer: &'a BaseProducer, name: &str) -> Fallible<Self> {
        let mut topics = Vec::new();
        for number in 0..TOPICS {
            let name = CString::new(format!("{name}-{number}"))?;
            // SAFETY: the client is alive, the topic that comes back is ours.
            let topic = unsafe {
                sys::rd_kafka_topic_new(producer.client().native_ptr(), name.as_ptr(), ptr::null_mut())
            };
            topics.push(NonNull::new(topic).ok_or("there is no such topic")?);
        }
        Ok(Self { producer, topics })
    }

    /// Hands over messages, waiting while there is no room.
    fn send(&self, output: usize, messages: &mut Vec<sys::rd_kafka_message_t>) -> Fallible<()> {
        use sys::rd_kafka_resp_err_t::{RD_KAFKA_RESP_ERR__QUEUE_FULL, RD_KAFKA_RESP_ERR_NO_ERROR};
        let mut rest = messages.as_mut_slice();
        while !rest.is_empty() {
            // SAFETY: the topic is alive, keys and values are valid during the call, and the flag asks for copies.
            let taken = unsafe {
                sys::rd_kafka_produce_batch(
                    self.topics[output].as_ptr(),
                    ANY_PARTITION,
                    sys::RD_KAFKA_MSG_F_COPY,
                    rest.as_mut_ptr(),
                    i32::try_from(rest.len())?,
                )
            };
            let taken = usize::try_from(taken)?;
            if taken == rest.len() {
                break;
            }
            let first =
                rest.iter().position(|message| message.err != RD_KAFKA_RESP_ERR_NO_ERROR).unwrap_or(0);
            if rest[first].err != RD_KAFKA_RESP_ERR__QUEUE_FULL {
                return Err(format!("the producer failed: {:?}", rest[first].err).into());
            }
            // Once the queue is full, all that follow are refused.
            rest = &mut rest[first..];
            self.producer.poll(Duration::from_millis(1));
        }
        Ok(())
    }
}

impl Drop for Outputs<'_> {
    fn drop(&mut self) {
        for topic in &self.topics {
            // SAFETY: the topic is ours and its client is alive.
            unsafe { sys::rd_kafka_topic_destroy(topic.as_ptr()) };
        }
    }
}

fn consumer(arguments: &Arguments) -> Fallible<BaseConsumer> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", &arguments.brokers)
        // The library wants one; nobody joins it.
        .set("group.id", "sluicegate-bench-copy")
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "error")
        .set("fetch.message.max.bytes", "4194304")
        .set("fetch.wait.max.ms", "10")
        .set("queued.max.messages.kbytes", "32768")
        .create()?;
    let metadata = consumer.fetch_metadata(Some(&arguments.from), Duration::from_secs(10))?;
    let partitions = metadata.topics().first().map_or(0, |topic| topic.partitions().len());
    let mut list = TopicPartitionList::new();
    for partition in 0..i32::try_from(partitions)? {
        list.add_partition_offset(&arguments.from, partition, Offset::Beginning)?;
    }
    consumer.assign(&list)?;
    Ok(consumer)
}

fn producer(arguments: &Arguments) -> Fallible<BaseProducer> {
    let producer = ClientConfig::new()
        .set("bootstrap.servers", &arguments.brokers)
        .set("enable.idempotence", "true")
        .set("delivery.report.only.error", "true")
        .set("partitioner", "murmur2_random")
        .set("compression.type", &arguments.compression)
        .set("linger.ms", "20")
        .set("batch.size", "1000000")
        .set("batch.num.messages", "50000")
        .set("queue.buffering.max.messages", "200000")
        .set("queue.buffering.max.kbytes", "65536")
        .create()?;
    Ok(producer)
}
