//! A producer, transactional or not. Everything here may block but [`Producer::send_batch`].

use std::collections::HashMap;
use std::ffi::c_void;
use std::ptr::NonNull;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rdkafka_sys as sys;
use rdkafka_sys::types::RDKafkaErrorCode as Code;
use sluicegate_connector::{Class, Error};
use sys::rd_kafka_vtype_t as V;

use crate::client::admin;
use crate::client::group::Membership;
use crate::client::handle::{Undelivered, millis};
use crate::client::{Handle, Kind, PartitionList, Settings, c_text};
use crate::error::Native;

/// How long one call of librdkafka may take before it is asked again.
const STEP: Duration = Duration::from_secs(5);

/// How long a new producer waits for its coordinator; the first after a broker's start may take a while.
const INIT_LIMIT: Duration = Duration::from_mins(1);

/// A message to send, borrowed; librdkafka copies it.
pub struct Outgoing<'a> {
    /// The topic.
    pub topic: &'a str,
    /// The partition; `None` leaves it to the partitioner.
    pub partition: Option<i32>,
    /// The key.
    pub key: Option<&'a [u8]>,
    /// The value; `None` is a tombstone.
    pub value: Option<&'a [u8]>,
    /// Headers, in order.
    pub headers: &'a [(&'a str, Option<&'a [u8]>)],
    /// Its time, in milliseconds since 1970; `None` is now.
    pub timestamp_ms: Option<i64>,
    /// Comes back where it is not delivered.
    pub mark: usize,
}

/// A topic as a producer knows it.
struct NativeTopic(NonNull<sys::rd_kafka_topic_t>);

// SAFETY: librdkafka's topics may be used from any thread, several at a time.
unsafe impl Send for NativeTopic {}
// SAFETY: as above.
unsafe impl Sync for NativeTopic {}

impl Drop for NativeTopic {
    fn drop(&mut self) {
        // SAFETY: the topic is ours, and its client lives longer: see the order of `Producer`'s fields.
        unsafe { sys::rd_kafka_topic_destroy(self.0.as_ptr()) };
    }
}

/// A producer.
pub struct Producer {
    topics: Mutex<HashMap<Arc<str>, Arc<NativeTopic>>>,
    id: Option<String>,
    handle: Arc<Handle>,
}

impl Producer {
    /// A producer that writes each message once and in order, as long as it lives.
    ///
    /// # Errors
    /// [`Class::Configuration`] for a setting that librdkafka does not take.
    pub fn idempotent(settings: &Settings) -> Result<Self, Error> {
        let mut settings = settings.clone();
        settings.set("enable.idempotence", true).set("delivery.report.only.error", true);
        let handle = Handle::new(Kind::Producer, &settings)?;
        Ok(Self { topics: Mutex::default(), id: None, handle })
    }

    /// A producer with a transactional id. Nobody is fenced before [`Producer::init`].
    ///
    /// # Errors
    /// [`Class::Configuration`] for a setting that librdkafka does not take.
    pub fn transactional(settings: &Settings, id: &str, timeout: Duration) -> Result<Self, Error> {
        let mut settings = settings.clone();
        settings
            .set("enable.idempotence", true)
            .set("delivery.report.only.error", true)
            .set("transactional.id", id)
            .set("transaction.timeout.ms", timeout.as_millis());
        let handle = Handle::new(Kind::Producer, &settings)?;
        Ok(Self { topics: Mutex::default(), id: Some(id.to_owned()), handle })
    }

    /// The transactional id; empty where there is none.
    pub fn id(&self) -> &str {
        self.id.as_deref().unwrap_or_default()
    }

    /// The client.
    pub fn handle(&self) -> &Arc<Handle> {
        &self.handle
    }

    /// Makes the transactional id this producer's. When it returns, nothing of an earlier owner is open.
    ///
    /// # Errors
    /// The broker's.
    pub fn init(&self) -> Result<(), Error> {
        admin::connect(&self.handle);
        // SAFETY: the client is alive; an error that comes back is ours.
        let step =
            || unsafe { Native::take(sys::rd_kafka_init_transactions(self.handle.as_ptr(), millis(STEP))) };
        until(INIT_LIMIT, step).map_err(|error| {
            if error.code == Code::OperationTimedOut {
                return self.handle.unreachable(INIT_LIMIT);
            }
            error.during(format!("the transactional id {} could not be initialised", self.id()))
        })
    }

    /// Opens a transaction. Does not wait.
    ///
    /// # Errors
    /// librdkafka's, where the producer is of no use any more.
    pub fn begin(&self) -> Result<(), Error> {
        // SAFETY: the client is alive; an error that comes back is ours.
        let begun = unsafe { Native::take(sys::rd_kafka_begin_transaction(self.handle.as_ptr())) };
        begun.map_err(|error| self.broken(error, "a transaction could not be opened"))
    }

    /// Makes offsets of a group part of the transaction, in the name of a member.
    ///
    /// # Errors
    /// [`Class::Fenced`] where the broker knows the member by another generation or id.
    pub fn send_offsets(
        &self,
        offsets: &PartitionList,
        member: &Membership,
        limit: Duration,
    ) -> Result<(), Error> {
        // SAFETY: all three are alive; an error that comes back is ours.
        let step = || unsafe {
            Native::take(sys::rd_kafka_send_offsets_to_transaction(
                self.handle.as_ptr(),
                offsets.as_ptr(),
                member.as_ptr(),
                millis(STEP),
            ))
        };
        until(limit, step).map_err(|error| self.broken(error, "the offsets of the group were not accepted"))
    }

    /// Decides the transaction: sends what is left, waits for it, commits.
    ///
    /// # Errors
    /// [`Class::Unknown`] where nobody knows whether it was decided; anything else says that it was not, and it has to
    /// be aborted.
    pub fn commit(&self, limit: Duration) -> Result<(), Error> {
        // SAFETY: the client is alive; an error that comes back is ours.
        let step =
            || unsafe { Native::take(sys::rd_kafka_commit_transaction(self.handle.as_ptr(), millis(STEP))) };
        let what = "the transaction was not committed";
        until(limit, step).map_err(|error| {
            if error.abort {
                // librdkafka says so before it sends the decision, or when the broker has refused it.
                error.during(what)
            } else {
                // Fenced or timed out: an earlier try may have come through, and only its answer was lost.
                Error::unknown("nobody knows whether the transaction was committed").caused_by(error)
            }
        })
    }

    /// Ends the transaction without a trace.
    ///
    /// # Errors
    /// Where the broker has not acknowledged it.
    pub fn abort(&self, limit: Duration) -> Result<(), Error> {
        // SAFETY: the client is alive; an error that comes back is ours.
        let step =
            || unsafe { Native::take(sys::rd_kafka_abort_transaction(self.handle.as_ptr(), millis(STEP))) };
        until(limit, step).map_err(|error| Error::unknown("the transaction was not aborted").caused_by(error))
    }

    /// Waits until everything that was sent is delivered or given up.
    ///
    /// # Errors
    /// [`Class::Transient`] where something is still on its way.
    pub fn flush(&self, limit: Duration) -> Result<(), Error> {
        // SAFETY: the client is alive.
        let flushed = Native::check(unsafe { sys::rd_kafka_flush(self.handle.as_ptr(), millis(limit)) });
        flushed.map_err(|error| Error::transient("messages could not be delivered").caused_by(error))
    }

    /// Gives up everything that was not delivered.
    pub fn purge(&self) {
        let all = sys::RD_KAFKA_PURGE_F_QUEUE | sys::RD_KAFKA_PURGE_F_INFLIGHT;
        // SAFETY: the client is alive.
        unsafe { sys::rd_kafka_purge(self.handle.as_ptr(), all) };
        drop(self.flush(STEP));
        drop(self.handle.take_undelivered());
    }

    /// Messages that were not delivered since the last call.
    pub fn undelivered(&self) -> Vec<Undelivered> {
        self.handle.serve(Duration::ZERO);
        self.handle.take_undelivered()
    }

    /// The error of a producer that does not take anything.
    pub fn broken(&self, error: Native, doing: &str) -> Error {
        match self.handle.fatal_error() {
            Some(fatal) => {
                let class =
                    if fatal.is_fenced() || error.is_fenced() { Class::Fenced } else { Class::Unknown };
                Error::new(class, doing).caused_by(fatal)
            }
            None if error.fatal => Error::new(Class::Fenced, doing).caused_by(error),
            None => error.during(doing),
        }
    }

    /// Whether the client is of no use any more.
    pub fn is_broken(&self) -> bool {
        self.handle.fatal_error().is_some()
    }

    fn topic(&self, name: &str) -> Result<Arc<NativeTopic>, Error> {
        let mut topics = self.topics.lock();
        if let Some(topic) = topics.get(name) {
            return Ok(Arc::clone(topic));
        }
        let text = c_text(name)?;
        // SAFETY: the client is alive; the topic that comes back is ours.
        let topic =
            unsafe { sys::rd_kafka_topic_new(self.handle.as_ptr(), text.as_ptr(), std::ptr::null_mut()) };
        let topic = NonNull::new(topic)
            .ok_or_else(|| Error::configuration(format!("{name:?} cannot be written to as a topic")))?;
        let topic = Arc::new(NativeTopic(topic));
        topics.insert(name.into(), Arc::clone(&topic));
        Ok(topic)
    }

    /// Sends a message; waits where librdkafka's queue is full.
    ///
    /// # Errors
    /// librdkafka's.
    pub fn send(&self, message: &Outgoing<'_>) -> Result<(), Error> {
        loop {
            match self.try_send(message)? {
                Ok(()) => return Ok(()),
                Err(error) if error.code == Code::QueueFull => self.handle.serve(Duration::from_millis(1)),
                Err(error) => return Err(self.broken(error, "a message was not accepted")),
            }
        }
    }

    /// Sends a message where there is room for it. Does not wait.
    ///
    /// # Errors
    /// The outer one: a topic that cannot be written to. The inner one: librdkafka's about this message.
    pub fn try_send(&self, message: &Outgoing<'_>) -> Result<Result<(), Native>, Error> {
        let topic = self.topic(message.topic)?;
        let mut names = Vec::with_capacity(message.headers.len());
        for (name, _) in message.headers {
            names.push(c_text(name)?);
        }
        let mut parts = Vec::with_capacity(8 + names.len());
        let mut part = |vtype, u| parts.push(sys::rd_kafka_vu_t { vtype, u });
        let bytes = |bytes: Option<&[u8]>| {
            let (ptr, size) = pointer(bytes);
            sys::rd_kafka_vu_s__bindgen_ty_1 {
                mem: sys::rd_kafka_vu_s__bindgen_ty_1__bindgen_ty_1 { ptr, size },
            }
        };
        part(V::RD_KAFKA_VTYPE_RKT, sys::rd_kafka_vu_s__bindgen_ty_1 { rkt: topic.0.as_ptr() });
        part(
            V::RD_KAFKA_VTYPE_PARTITION,
            sys::rd_kafka_vu_s__bindgen_ty_1 { i32_: message.partition.unwrap_or(-1) },
        );
        part(V::RD_KAFKA_VTYPE_MSGFLAGS, sys::rd_kafka_vu_s__bindgen_ty_1 { i: sys::RD_KAFKA_MSG_F_COPY });
        part(V::RD_KAFKA_VTYPE_KEY, bytes(message.key));
        part(V::RD_KAFKA_VTYPE_VALUE, bytes(message.value));
        part(V::RD_KAFKA_VTYPE_OPAQUE, sys::rd_kafka_vu_s__bindgen_ty_1 { ptr: message.mark as *mut c_void });
        if let Some(time) = message.timestamp_ms {
            part(V::RD_KAFKA_VTYPE_TIMESTAMP, sys::rd_kafka_vu_s__bindgen_ty_1 { i64_: time });
        }
        for ((_, value), name) in message.headers.iter().zip(&names) {
            let (val, size) = pointer(*value);
            let header = sys::rd_kafka_vu_s__bindgen_ty_1__bindgen_ty_2 {
                name: name.as_ptr(),
                val: val.cast_const(),
                size: size as isize,
            };
            part(V::RD_KAFKA_VTYPE_HEADER, sys::rd_kafka_vu_s__bindgen_ty_1 { header });
        }
        // SAFETY: every part says what it is, its pointers outlive the call, and the flags ask for copies.
        Ok(unsafe {
            Native::take(sys::rd_kafka_produceva(self.handle.as_ptr(), parts.as_ptr(), parts.len()))
        })
    }

    /// Sends messages of one topic, each with its partition or -1 for the partitioner, as far as there is room. Does
    /// not wait. What was not taken has its error set.
    ///
    /// # Errors
    /// A topic that cannot be written to.
    pub fn send_batch(&self, topic: &str, messages: &mut [sys::rd_kafka_message_t]) -> Result<(), Error> {
        let topic = self.topic(topic)?;
        let flags = sys::RD_KAFKA_MSG_F_COPY | sys::RD_KAFKA_MSG_F_PARTITION;
        // SAFETY: the topic is alive, the messages' pointers outlive the call, and the flags ask for copies.
        unsafe {
            sys::rd_kafka_produce_batch(
                topic.0.as_ptr(),
                // Each message says its own.
                -1,
                flags,
                messages.as_mut_ptr(),
                messages.len() as i32,
            );
        }
        Ok(())
    }
}

/// A pointer that librdkafka only reads. An empty value is no null: it keeps a pointer.
pub fn pointer(bytes: Option<&[u8]>) -> (*mut c_void, usize) {
    match bytes {
        None => (std::ptr::null_mut(), 0),
        Some(bytes) => (bytes.as_ptr().cast_mut().cast(), bytes.len()),
    }
}

/// Repeats a call as long as librdkafka says that it may be repeated.
fn until(limit: Duration, call: impl Fn() -> Result<(), Native>) -> Result<(), Native> {
    let end = Instant::now() + limit;
    loop {
        match call() {
            Err(error) if error.retriable && !error.fatal && !error.abort && Instant::now() < end => {
                std::thread::sleep(Duration::from_millis(20));
            }
            other => return other,
        }
    }
}
