//! A transactional context: one producer, and the decisions made with it.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use rdkafka_sys as sys;
use rdkafka_sys::types::RDKafkaErrorCode as Code;
use sluicegate_connector::{Class, Encoded, Epoch, Error, Taken, WriteError, Writer};
use sluicegate_model::{DeadLetter, Lane};

use super::decision::{Decision, Fence};
use super::delivery::{Verdict, judge, mark};
use super::encoder::{Body, BodySource};
use super::key::Places;
use super::options::SinkOptions;
use crate::dead_letters::LetterTopic;
use crate::error::Native;
use crate::positions::Store;
use crate::positions::record::Subject;
use crate::producer::{Outgoing, Producer, pointer};
use crate::task::blocking;
use crate::topics::Topics;

/// Messages that are handed to librdkafka in one call.
const AT_ONCE: usize = 1_024;

/// How long a writer sleeps where librdkafka's queue is full.
const NAP: Duration = Duration::from_millis(1);

/// What a writer needs of its sink.
#[derive(Clone)]
pub struct Shared {
    /// What the sink is told.
    pub options: SinkOptions,
    /// Topics that were looked at.
    pub topics: Topics,
    /// Records of the pipeline.
    pub store: Store,
    /// What refuses a process that lost its lanes.
    pub fence: Fence,
    /// Where dead letters go, where they are decided with the rows.
    pub letters: Option<Arc<LetterTopic>>,
}

/// A writer to topics.
pub struct KafkaWriter {
    shared: Shared,
    producer: Option<Arc<Producer>>,
    /// Whether a transaction is open.
    open: bool,
    /// Whether work was begun on another thread whose end was not seen: a caller that was cancelled does not stop it. It
    /// may still send or decide in the producer's name, so that producer is not used again.
    busy: bool,
    /// Where the messages of the open epoch came from.
    bodies: Vec<BodySource>,
    /// Ids of ours whose last transaction may still be undecided.
    suspects: Vec<String>,
    /// Lanes that were taken under the present producer. A record names the producer that may decide about its lane,
    /// so another must not: whoever takes the lane would fence the one that is named.
    taken: HashSet<Lane>,
    /// Bytes of a batch of messages, at most.
    batch_bytes: usize,
}

impl KafkaWriter {
    /// A writer without a producer: the first take makes it.
    pub fn new(shared: Shared) -> Self {
        Self {
            shared,
            producer: None,
            open: false,
            busy: false,
            bodies: Vec::new(),
            suspects: Vec::new(),
            taken: HashSet::new(),
            batch_bytes: usize::MAX,
        }
    }

    fn producer(&mut self) -> Result<Arc<Producer>, Error> {
        if self.busy {
            self.give_up();
        }
        self.producer
            .clone()
            .ok_or_else(|| Error::unknown("the lanes have to be taken before they are written"))
    }

    /// Drops the producer: its id may have something undecided, which the next take ends.
    fn give_up(&mut self) {
        if let Some(producer) = self.producer.take() {
            if !producer.id().is_empty() {
                self.suspects.push(producer.id().to_owned());
            }
            // Destroying it waits for its threads.
            tokio::task::spawn_blocking(move || drop(producer));
        }
        self.open = false;
        self.busy = false;
        self.bodies.clear();
        self.taken.clear();
    }

    /// Does work with the producer on a thread that may block.
    async fn apart<T: Send + 'static>(
        &mut self,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.busy = true;
        let done = blocking(work).await;
        self.busy = false;
        done
    }

    /// Makes the next take begin with a producer whose batches every topic takes.
    fn shrink(&mut self, why: Error) -> Error {
        self.give_up();
        Error::unknown("the producer has to make smaller batches: it is made anew").caused_by(why)
    }

    /// Opens a transaction where none is open.
    fn begin(&mut self, producer: &Producer) -> Result<(), Error> {
        if self.open {
            return Ok(());
        }
        if self.shared.options.transactions {
            producer.begin()?;
        }
        self.open = true;
        Ok(())
    }

    /// Hands over the messages of a body, waiting where there is no room.
    async fn send(&self, producer: &Arc<Producer>, body: &Body, number: usize) -> Result<(), WriteError> {
        let single = body.headers.is_some() || body.timestamps.is_some();
        let count = body.messages.messages.len();
        let partitions = self.shared.topics.get(&body.topic).map_or(1, |facts| facts.partitions.max(1));
        let partition = |place: usize| match &body.places {
            Places::ByKey => -1,
            Places::Given(places) => places[place],
            Places::Hashed(hashes) => (hashes[place] % partitions as u32) as i32,
        };
        let mut next = 0;
        while next < count {
            let sent = if single {
                let partition = partition(next);
                one_by_one(producer, body, next, number, (partition >= 0).then_some(partition))?
            } else {
                let end = count.min(next + AT_ONCE);
                many(producer, body, next..end, number, &partition)?
            };
            next += sent.taken;
            match sent.error {
                None => {}
                Some(error) if error.code == Code::QueueFull => {
                    producer.handle().serve(Duration::ZERO);
                    if producer.is_broken() {
                        return Err(producer.broken(error, "messages were not accepted").into());
                    }
                    tokio::time::sleep(NAP).await;
                }
                Some(error) if error.code == Code::MessageSizeTooLarge => {
                    let (lane, ordinal, part) = body.source.of(next);
                    let (output, reason) = (body.source.table.clone(), error.text);
                    let reject = sluicegate_connector::SinkReject { lane, ordinal, part, output, reason };
                    return Err(WriteError::Rejected(vec![reject]));
                }
                Some(error) if error.is_unknown_topic() => {
                    let what =
                        format!("partition {} of topic {} does not exist", partition(next), body.topic);
                    return Err(error.during(what).into());
                }
                Some(error) => return Err(producer.broken(error, "a message was not accepted").into()),
            }
        }
        Ok(())
    }

    /// What became of messages so far.
    fn look_at_deliveries(&mut self) -> Result<(), WriteError> {
        let Some(producer) = &self.producer else { return Ok(()) };
        match judge(&producer.undelivered(), &self.bodies, &self.shared.topics) {
            Verdict::Fine => Ok(()),
            Verdict::Refused(error) => Err(error),
            Verdict::SmallerBatches(error) => Err(self.shrink(error).into()),
        }
    }

    /// Looks at a topic that was not written to yet.
    async fn meet(&mut self, producer: &Producer, topic: &Arc<str>) -> Result<(), Error> {
        if self.shared.topics.get(topic).is_none() {
            let (topics, handle) = (self.shared.topics.clone(), Arc::clone(producer.handle()));
            let (topic, create) = (Arc::clone(topic), self.shared.options.create_topics.clone());
            blocking(move || topics.learn(&handle, [topic], create.as_ref())).await?;
        }
        match self.shared.topics.smallest() {
            Some(smallest) if smallest < self.batch_bytes => {
                Err(self.shrink(Error::transient(format!("topic {topic} takes {smallest} bytes at once"))))
            }
            _ => Ok(()),
        }
    }

    /// What a new producer is set to.
    fn settings(&self) -> Result<crate::client::Settings, Error> {
        let mut settings = self.shared.store.settings.clone();
        let limit = self.shared.options.max_message_bytes.map(|size| size.0 as usize);
        let largest = limit.unwrap_or(0).max(self.shared.topics.largest()).clamp(1_000_000, 1_000_000_000);
        let batch = self.shared.topics.smallest().unwrap_or(usize::MAX).min(1_000_000);
        settings
            .set("linger.ms", 10)
            .set("queue.buffering.max.kbytes", 32_768)
            .set("queue.buffering.max.messages", 100_000)
            .set("batch.num.messages", 50_000)
            .set("partitioner", "murmur2_random")
            .set("sticky.partitioning.linger.ms", 10)
            .set("compression.type", self.shared.options.compression);
        self.shared.options.librdkafka.apply(&mut settings)?;
        settings.set("message.max.bytes", largest);
        // The broker measures batches: none may be larger than the topic that takes least.
        if settings
            .get("batch.size")
            .and_then(|size| size.parse().ok())
            .is_none_or(|size: usize| size > batch)
        {
            settings.set("batch.size", batch);
        }
        Ok(settings)
    }

    /// A producer that nobody knows yet.
    async fn renew(&mut self) -> Result<Arc<Producer>, Error> {
        let settings = self.settings()?;
        self.batch_bytes = settings.get("batch.size").and_then(|size| size.parse().ok()).unwrap_or(0);
        let store = self.shared.store.clone();
        let transactions = self.shared.options.transactions;
        let producer = blocking(move || {
            if !transactions {
                return Producer::idempotent(&settings);
            }
            let run: u64 = rand::random();
            let id = store.transactional_id(&format!("{}/{run:016x}", store.identity.instance));
            let producer = Producer::transactional(&settings, &id, store.transaction_timeout)?;
            producer.init()?;
            Ok(producer)
        })
        .await?;
        let producer = Arc::new(producer);
        self.producer = Some(Arc::clone(&producer));
        Ok(producer)
    }
}

/// How far messages were taken, and what stopped them.
struct Sent {
    taken: usize,
    error: Option<Native>,
}

/// Hands over a stretch of a body in one call.
fn many(
    producer: &Producer,
    body: &Body,
    stretch: std::ops::Range<usize>,
    number: usize,
    partition: &impl Fn(usize) -> i32,
) -> Result<Sent, Error> {
    let mut native = Vec::with_capacity(stretch.len());
    for place in stretch {
        let (payload, len) = pointer(body.messages.value(&body.messages.messages[place]));
        let (key, key_len) = pointer(body.keys.get(place));
        native.push(sys::rd_kafka_message_t {
            err: sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR,
            rkt: std::ptr::null_mut(),
            partition: partition(place),
            payload,
            len,
            key,
            key_len,
            offset: 0,
            _private: mark(number, place) as *mut _,
        });
    }
    producer.send_batch(&body.topic, &mut native)?;
    // Where the queue is full all that follow are refused. Any other error ends the epoch, so it does no harm
    // that messages behind it were taken.
    let failed = native
        .iter()
        .enumerate()
        .find_map(|(place, message)| Native::check(message.err).err().map(|error| (place, error)));
    Ok(match failed {
        None => Sent { taken: native.len(), error: None },
        Some((taken, error)) => Sent { taken, error: Some(error) },
    })
}

/// Hands over one message, with headers and time.
fn one_by_one(
    producer: &Producer,
    body: &Body,
    place: usize,
    number: usize,
    partition: Option<i32>,
) -> Result<Sent, Error> {
    let headers: Vec<_> = body.headers.iter().flat_map(|headers| headers.get(place)).collect();
    let outcome = producer.try_send(&Outgoing {
        topic: &body.topic,
        partition,
        key: body.keys.get(place),
        value: body.messages.value(&body.messages.messages[place]),
        headers: &headers,
        timestamp_ms: body.timestamps.as_ref().and_then(|times| times[place]),
        mark: mark(number, place),
    })?;
    Ok(match outcome {
        Ok(()) => Sent { taken: 1, error: None },
        Err(error) => Sent { taken: 0, error: Some(error) },
    })
}

#[async_trait]
impl Writer for KafkaWriter {
    async fn take(&mut self, lanes: &[Lane]) -> Result<Vec<Taken>, Error> {
        if self.open || self.busy || self.producer.as_ref().is_some_and(|producer| producer.is_broken()) {
            self.give_up();
        }
        let producer = match &self.producer {
            Some(producer) => Arc::clone(producer),
            None => self.renew().await?,
        };
        let (shared, names, suspects) = (self.shared.clone(), lanes.to_vec(), self.suspects.clone());
        let taken = self
            .apart(move || {
                // A decision of ours that was not answered is made or aborted before anything is read.
                suspects.iter().try_for_each(|id| shared.store.kill(id))?;
                shared.fence.take(&shared.store, &names, producer.id())
            })
            .await?;
        self.suspects.clear();
        self.taken.extend(lanes.iter().cloned());
        Ok(taken)
    }

    async fn write(&mut self, encoded: Encoded) -> Result<(), WriteError> {
        let producer = self.producer()?;
        let body = encoded
            .body
            .downcast::<Body>()
            .map_err(|_| Error::fatal("rows of another sink were given to a Kafka writer"))?;
        self.meet(&producer, &body.topic).await?;
        self.begin(&producer)?;
        let number = self.bodies.len();
        let sent = self.send(&producer, &body, number).await;
        self.bodies.push(body.source);
        sent?;
        self.look_at_deliveries()
    }

    fn joins_dead_letters(&self) -> bool {
        self.shared.letters.is_some() && self.shared.options.transactions
    }

    async fn write_dead_letters(&mut self, letters: Vec<DeadLetter>) -> Result<Vec<DeadLetter>, WriteError> {
        let (Some(topic), true) = (self.shared.letters.clone(), self.joins_dead_letters()) else {
            return Ok(letters);
        };
        if letters.is_empty() {
            return Ok(letters);
        }
        let producer = self.producer()?;
        self.begin(&producer)?;
        let (topics, create) = (self.shared.topics.clone(), topic.create());
        let left = self
            .apart(move || {
                topics.learn(producer.handle(), [topic.name()], create.as_ref())?;
                topic.send_all(&producer, letters, &topics)
            })
            .await?;
        Ok(left)
    }

    async fn commit(&mut self, epoch: &Epoch) -> Result<(), WriteError> {
        let producer = self.producer()?;
        if let Some(span) = epoch.lanes.iter().find(|span| !self.taken.contains(&span.lane)) {
            let what =
                "the lane was taken under an id that this writer has no longer: it has to be taken again";
            return Err(Error::fenced(what).lane(&span.lane).into());
        }
        self.look_at_deliveries()?;
        self.begin(&producer)?;
        let started = Instant::now();
        let decision = Decision { shared: self.shared.clone(), epoch: epoch.clone() };
        let for_thread = Arc::clone(&producer);
        let decided = self.apart(move || decision.make(&for_thread)).await;
        match decided {
            Ok(()) => {
                tracing::trace!(epoch = epoch.number, took = ?started.elapsed(), "decided");
                for span in epoch.lanes.iter().filter(|span| span.released) {
                    self.taken.remove(&span.lane);
                }
                self.open = false;
                self.bodies.clear();
                Ok(())
            }
            Err(error) => {
                // Messages that the broker refused say more than the transaction that failed for them.
                let refused = self.look_at_deliveries();
                if error.class() == Class::Unknown || producer.is_broken() {
                    self.give_up();
                    return Err(error.into());
                }
                refused?;
                Err(error.into())
            }
        }
    }

    async fn abort(&mut self) -> Result<(), Error> {
        let producer = self.producer()?;
        if !self.open {
            return Ok(());
        }
        let transactions = self.shared.options.transactions;
        let limit = self.shared.store.transaction_timeout;
        let for_thread = Arc::clone(&producer);
        let aborted = self
            .apart(move || {
                if transactions {
                    for_thread.abort(limit)?;
                } else {
                    for_thread.purge();
                }
                drop(for_thread.undelivered());
                Ok(())
            })
            .await;
        match aborted {
            Ok(()) => {
                self.open = false;
                self.bodies.clear();
                Ok(())
            }
            Err(error) => {
                self.give_up();
                Err(error)
            }
        }
    }

    async fn state(&mut self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        let (store, key) = (self.shared.store.clone(), key.to_owned());
        blocking(move || store.state(&key)).await
    }

    async fn write_state(&mut self, key: &str, bytes: Vec<u8>) -> Result<(), WriteError> {
        let producer = self.producer()?;
        self.begin(&producer)?;
        let (store, subject) = (self.shared.store.clone(), Subject::State(key.to_owned()));
        self.apart(move || store.put(&producer, &subject, Some(&bytes))).await?;
        Ok(())
    }

    async fn close(&mut self) {
        let producer = self.producer.take();
        if let Err(error) = blocking(move || {
            drop(producer);
            Ok(())
        })
        .await
        {
            tracing::debug!(%error, "the producer was not closed in order");
        }
    }
}
