//! Queues of events and of messages.

use std::ffi::{CStr, c_void};
use std::ptr::NonNull;
use std::sync::Arc;
use std::time::Duration;

use rdkafka_sys as sys;
use sluicegate_connector::Error;
use tokio::sync::Notify;

use super::handle::millis;
use super::partitions::{Entry, entries_of};
use super::{Handle, MessageBatch, Partition, c_text};
use crate::error::Native;

/// A queue of a client.
pub struct Queue {
    native: NonNull<sys::rd_kafka_queue_t>,
    handle: Arc<Handle>,
    /// Told when the queue gets its first entry. The pointer that librdkafka has is of this very `Notify`.
    awake: Option<Arc<Notify>>,
}

// SAFETY: librdkafka's queues may be used from any thread, several at a time.
unsafe impl Send for Queue {}
// SAFETY: as above.
unsafe impl Sync for Queue {}

/// What happened to a consumer.
#[derive(Debug)]
pub enum MainEvent {
    /// The group gave partitions to this member.
    Assign(Vec<Entry>),
    /// The group wants partitions back.
    Revoke(Vec<Entry>),
    /// Something is wrong. librdkafka goes on by itself, unless it is fatal.
    Error(Native),
}

impl Queue {
    fn wrap(handle: &Arc<Handle>, queue: *mut sys::rd_kafka_queue_t) -> Option<Self> {
        NonNull::new(queue).map(|native| Self { native, handle: Arc::clone(handle), awake: None })
    }

    /// A new queue, for answers of the brokers.
    pub fn new(handle: &Arc<Handle>) -> Self {
        // SAFETY: the client is alive. librdkafka always gives a queue.
        let queue = unsafe { sys::rd_kafka_queue_new(handle.as_ptr()) };
        Self::wrap(handle, queue).unwrap_or_else(|| unreachable!("librdkafka gave no queue"))
    }

    /// The queue of a group member, with the client's own events in it too.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Fatal`] for a client without a group: a defect.
    pub fn of_consumer(handle: &Arc<Handle>) -> Result<Self, Error> {
        // SAFETY: the client is alive.
        let queue = unsafe {
            sys::rd_kafka_poll_set_consumer(handle.as_ptr());
            sys::rd_kafka_queue_get_consumer(handle.as_ptr())
        };
        Self::wrap(handle, queue).ok_or_else(|| Error::fatal("the consumer has no group"))
    }

    /// Tells `awake` whenever something enters the empty queue.
    pub fn wake(&mut self, awake: &Arc<Notify>) {
        let awake = Arc::clone(awake);
        // SAFETY: the `Notify` outlives the registration, which ends in `drop`.
        unsafe {
            sys::rd_kafka_queue_cb_event_enable(
                self.as_ptr(),
                Some(on_first_entry),
                Arc::as_ptr(&awake).cast_mut().cast(),
            );
        }
        self.awake = Some(awake);
    }

    /// For calls of librdkafka.
    pub fn as_ptr(&self) -> *mut sys::rd_kafka_queue_t {
        self.native.as_ptr()
    }

    /// The next event of a consumer, if there is one.
    pub fn next_event(&self) -> Option<MainEvent> {
        loop {
            // SAFETY: queue and event are valid; the event is freed once, after everything was copied out of it.
            let event = unsafe {
                let event = sys::rd_kafka_queue_poll(self.as_ptr(), 0);
                if event.is_null() {
                    return None;
                }
                let told = read_event(event);
                sys::rd_kafka_event_destroy(event);
                told
            };
            if event.is_some() {
                return event;
            }
        }
    }

    /// The next answer of a broker: `read` looks at it before it is freed.
    ///
    /// # Errors
    /// `None` where none came in time.
    pub fn answer<T>(
        &self,
        limit: Duration,
        read: impl FnOnce(*mut sys::rd_kafka_event_t) -> T,
    ) -> Option<T> {
        // SAFETY: queue and event are valid, and the event is freed once.
        unsafe {
            let event = sys::rd_kafka_queue_poll(self.as_ptr(), millis(limit));
            if event.is_null() {
                return None;
            }
            let answer = read(event);
            sys::rd_kafka_event_destroy(event);
            Some(answer)
        }
    }
}

/// What an event says; `None` for one that says nothing to us.
///
/// # Safety
/// `event` is valid.
unsafe fn read_event(event: *mut sys::rd_kafka_event_t) -> Option<MainEvent> {
    use sys::rd_kafka_resp_err_t::{
        RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS, RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS,
    };
    // SAFETY: the caller vouches for the event.
    unsafe {
        let code = sys::rd_kafka_event_error(event);
        match sys::rd_kafka_event_type(event) {
            sys::RD_KAFKA_EVENT_REBALANCE => {
                let partitions = entries_of(sys::rd_kafka_event_topic_partition_list(event));
                match code {
                    RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => Some(MainEvent::Assign(partitions)),
                    RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS => Some(MainEvent::Revoke(partitions)),
                    other => Some(MainEvent::Error(Native::of(other))),
                }
            }
            sys::RD_KAFKA_EVENT_ERROR => {
                let error = Native::check(code).err()?;
                let text =
                    CStr::from_ptr(sys::rd_kafka_event_error_string(event)).to_string_lossy().into_owned();
                let fatal = sys::rd_kafka_event_error_is_fatal(event) != 0;
                Some(MainEvent::Error(Native { text, fatal, ..error }))
            }
            // A queue of a consumer gives errors of a partition as messages.
            sys::RD_KAFKA_EVENT_FETCH => {
                let message = sys::rd_kafka_event_message_next(event).as_ref()?;
                let error = Native::check(message.err).err()?;
                let text =
                    CStr::from_ptr(sys::rd_kafka_message_errstr(message)).to_string_lossy().into_owned();
                Some(MainEvent::Error(Native { text, ..error }))
            }
            _ => None,
        }
    }
}

unsafe extern "C" fn on_first_entry(_: *mut sys::rd_kafka_t, awake: *mut c_void) {
    // SAFETY: the pointer is that of a `Notify` which its queue keeps alive as long as it is registered.
    if let Some(awake) = unsafe { awake.cast::<Notify>().as_ref() } {
        awake.notify_one();
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        // SAFETY: the queue is valid; the registration ends before what it points at is dropped.
        unsafe {
            if self.awake.is_some() {
                sys::rd_kafka_queue_cb_event_enable(self.as_ptr(), None, std::ptr::null_mut());
            }
            sys::rd_kafka_queue_destroy(self.as_ptr());
        }
    }
}

/// The queue of one partition.
pub struct MessageQueue(Queue);

impl MessageQueue {
    /// The queue of a partition of a group member, cut off from the member's own queue. Made before the partition
    /// is assigned: librdkafka then leaves it alone.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Fatal`] where librdkafka knows no such partition.
    pub fn of_partition(
        handle: &Arc<Handle>,
        partition: &Partition,
        awake: &Arc<Notify>,
    ) -> Result<Self, Error> {
        let topic = c_text(&partition.topic)?;
        // SAFETY: the client is alive, the queue that comes back is ours.
        let queue =
            unsafe { sys::rd_kafka_queue_get_partition(handle.as_ptr(), topic.as_ptr(), partition.number) };
        let mut queue = Queue::wrap(handle, queue)
            .ok_or_else(|| Error::fatal("the partition has no queue").lane(&partition.lane()))?;
        // SAFETY: the queue is valid; null ends forwarding.
        unsafe { sys::rd_kafka_queue_forward(queue.as_ptr(), std::ptr::null_mut()) };
        queue.wake(awake);
        Ok(Self(queue))
    }

    /// A queue of its own, for partitions that are read without a group.
    pub fn apart(handle: &Arc<Handle>) -> Self {
        Self(Queue::new(handle))
    }

    /// For calls of librdkafka.
    pub fn as_ptr(&self) -> *mut sys::rd_kafka_queue_t {
        self.0.as_ptr()
    }

    /// Messages that are there, up to a number. Waits for the first one.
    ///
    /// One by one, and not by `rd_kafka_consume_batch_queue`: that takes the end of a partition for a message, and when
    /// the group then moves other partitions, this one goes on behind the next message, which is lost (seen with
    /// librdkafka 2.12.1).
    pub fn take(&self, most: usize, wait: Duration) -> MessageBatch {
        let mut messages = Vec::new();
        let mut wait = millis(wait);
        while messages.len() < most {
            // SAFETY: the queue is valid; a message that comes back is ours from then on.
            let message = unsafe { sys::rd_kafka_consume_queue(self.as_ptr(), wait) };
            let Some(message) = NonNull::new(message) else { break };
            messages.push(message);
            wait = 0;
        }
        MessageBatch::new(messages, &self.0.handle)
    }
}
