//! Reading records, past other writers' open transactions.

use std::collections::HashMap;
use std::ptr::NonNull;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka_sys as sys;
use sluicegate_connector::Error;
use sluicegate_model::Lane;

use super::record::{Founding, LaneRecord, LeaseRecord, Subject};
use crate::client::admin::{self, Offset};
use crate::client::{Handle, Kind, MessageQueue, Partition, Settings, c_text};

/// How long a reader waits for open transactions to be decided. A dead writer's transaction is aborted by the
/// broker after the transaction time-out, at the next of its looks, which are 10 s apart.
const PATIENCE: Duration = Duration::from_mins(1);

/// How long a new reader waits for the leader of its partition. What fails then shows when it reads.
const CONNECT: Duration = Duration::from_secs(5);

/// How long it sleeps for messages at a time.
const NAP: Duration = Duration::from_millis(20);

/// A lane's record, and where it stands: two records of the same content are two decisions.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The record.
    pub record: LaneRecord,
    /// Its offset in the topic of positions.
    pub at: i64,
}

/// What was decided about one pipeline, read once and then followed.
pub struct Reader {
    handle: Arc<Handle>,
    topic: NonNull<sys::rd_kafka_topic_t>,
    queue: MessageQueue,
    partition: Partition,
    pipeline: Arc<str>,
    /// The offset up to which everything was read.
    next: i64,
    lanes: HashMap<Lane, Found>,
    states: HashMap<String, Vec<u8>>,
    founding: Option<Founding>,
    lease: Option<LeaseRecord>,
}

// SAFETY: librdkafka's topic may be used from any thread; all else is safe to send.
unsafe impl Send for Reader {}

impl Reader {
    /// Opens the partition of a pipeline. Blocks.
    ///
    /// # Errors
    /// The broker's.
    pub fn open(settings: &Settings, partition: Partition, pipeline: &Arc<str>) -> Result<Self, Error> {
        let mut settings = settings.clone();
        settings
            .set("isolation.level", "read_committed")
            .set("enable.partition.eof", true)
            .set("auto.offset.reset", "error")
            .set("enable.auto.commit", false)
            .set("queued.max.messages.kbytes", 4_096)
            // The end of the partition shows when a broker has nothing to answer for so long.
            .set("fetch.wait.max.ms", 2)
            .set("fetch.queue.backoff.ms", 5)
            .set("check.crcs", true);
        let handle = Handle::new(Kind::Consumer, &settings)?;
        admin::connect(&handle);
        let name = c_text(&partition.topic)?;
        let queue = MessageQueue::apart(&handle);
        // SAFETY: the client is alive; the topic that comes back is ours. A queue of ours outlives the reading.
        let topic = unsafe { sys::rd_kafka_topic_new(handle.as_ptr(), name.as_ptr(), std::ptr::null_mut()) };
        let topic =
            NonNull::new(topic).ok_or_else(|| Error::fatal("the topic of positions cannot be read"))?;
        // A reader that does not know the leader yet begins half a second later.
        handle.learn_leaders(topic, CONNECT);
        Ok(Self {
            handle,
            topic,
            queue,
            partition,
            pipeline: Arc::clone(pipeline),
            next: 0,
            lanes: HashMap::new(),
            states: HashMap::new(),
            founding: None,
            lease: None,
        })
    }

    /// Reads everything that is in the topic now. Blocks.
    ///
    /// Until the *high watermark*, as a client without isolation sees it: what a `read_committed` client calls the end
    /// stops before the first open transaction, of whatever lane, and records behind it that are decided already
    /// would be missed. Whoever wants to read past a writer has fenced it before this is called.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Transient`] where a transaction stays open.
    pub fn catch_up(&mut self) -> Result<(), Error> {
        let asked = [(self.partition.clone(), Offset::Latest)];
        let end = admin::offsets(&self.handle, &asked, false)?.first().map_or(0, |(_, offset)| *offset);
        if end < self.next {
            return Err(Error::fatal(format!(
                "topic {} was made anew: positions are lost",
                self.partition.topic
            ))
            .help("choose with `sluicegate positions set` where each lane goes on"));
        }
        if end == self.next {
            return Ok(());
        }
        let _reading = self.read()?;
        let give_up = Instant::now() + PATIENCE;
        while self.next < end {
            let batch = self.queue.take(4_096, NAP);
            for message in batch.iter() {
                match message.error() {
                    None => {
                        self.learn(message.key().unwrap_or_default(), message.value(), message.offset())?;
                        self.next = message.offset() + 1;
                    }
                    Some(_) if message.is_end() => self.next = self.next.max(message.offset()),
                    Some(error) => return Err(error.during("positions could not be read")),
                }
            }
            if self.next < end && Instant::now() > give_up {
                let what = format!(
                    "positions could not be read to their end: a transaction over topic {} stays open",
                    self.partition.topic
                );
                return Err(Error::transient(what));
            }
        }
        Ok(())
    }

    /// Reads on from where everything was read. Only while somebody waits for it: a broker is not asked in between.
    fn read(&self) -> Result<Reading, Error> {
        let from = if self.next == 0 { i64::from(sys::RD_KAFKA_OFFSET_BEGINNING) } else { self.next };
        let reading = Reading { topic: self.topic, partition: self.partition.number };
        // SAFETY: topic and queue are alive, and outlive the reading.
        let started = unsafe {
            sys::rd_kafka_consume_start_queue(
                self.topic.as_ptr(),
                self.partition.number,
                from,
                self.queue.as_ptr(),
            )
        };
        if started == 0 { Ok(reading) } else { Err(Error::fatal("the topic of positions cannot be read")) }
    }

    fn learn(&mut self, key: &[u8], value: Option<&[u8]>, at: i64) -> Result<(), Error> {
        match (Subject::of_key(key, &self.pipeline), value) {
            (None, _) => {}
            (Some(Subject::Lane(lane)), Some(bytes)) => {
                let record = LaneRecord::parse(bytes, &lane)?;
                self.lanes.insert(lane, Found { record, at });
            }
            (Some(Subject::Lane(lane)), None) => drop(self.lanes.remove(&lane)),
            (Some(Subject::State(name)), Some(bytes)) => drop(self.states.insert(name, bytes.to_vec())),
            (Some(Subject::State(name)), None) => drop(self.states.remove(&name)),
            (Some(Subject::Founding), bytes) => {
                self.founding = bytes.and_then(|bytes| serde_json::from_slice(bytes).ok());
            }
            (Some(Subject::Lease), bytes) => {
                self.lease = bytes.and_then(|bytes| serde_json::from_slice(bytes).ok());
            }
        }
        Ok(())
    }

    /// The record of a lane, as of the last [`Reader::catch_up`].
    pub fn lane(&self, lane: &Lane) -> Option<&Found> {
        self.lanes.get(lane)
    }

    /// All records of lanes.
    pub fn lanes(&self) -> impl Iterator<Item = (&Lane, &Found)> {
        self.lanes.iter()
    }

    /// A state of the engine.
    pub fn state(&self, name: &str) -> Option<&[u8]> {
        self.states.get(name).map(Vec::as_slice)
    }

    /// What the pipeline found when it ran for the first time.
    pub fn founding(&self) -> Option<&Founding> {
        self.founding.as_ref()
    }

    /// Which process runs the pipeline.
    pub fn lease(&self) -> Option<&LeaseRecord> {
        self.lease.as_ref()
    }

    /// The partition that the records of the pipeline are in.
    pub fn partition(&self) -> &Partition {
        &self.partition
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        // SAFETY: the topic is ours, nothing is read from it, and the client lives on until after this.
        unsafe { sys::rd_kafka_topic_destroy(self.topic.as_ptr()) };
    }
}

/// A partition that is being read, until this is dropped.
struct Reading {
    topic: NonNull<sys::rd_kafka_topic_t>,
    partition: i32,
}

impl Drop for Reading {
    fn drop(&mut self) {
        // SAFETY: this lives within a call of the reader, which keeps the topic.
        unsafe { sys::rd_kafka_consume_stop(self.topic.as_ptr(), self.partition) };
    }
}
