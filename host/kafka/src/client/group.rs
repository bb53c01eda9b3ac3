//! Membership of a consumer group.

use std::sync::Arc;
use std::time::Duration;

use rdkafka_sys as sys;
use sluicegate_connector::Error;

use super::handle::millis;
use super::partitions::Entry;
use super::{Handle, PartitionList};
use crate::error::Native;

/// What a member is known to its group by, at one moment. A broker refuses a decision that carries an old one.
pub struct Membership(*mut sys::rd_kafka_consumer_group_metadata_t);

// SAFETY: plain memory with one owner.
unsafe impl Send for Membership {}

impl Membership {
    /// What the member is known by now.
    pub fn fetch(consumer: &Handle) -> Option<Self> {
        // SAFETY: the client is alive; what comes back is ours.
        let metadata = unsafe { sys::rd_kafka_consumer_group_metadata(consumer.as_ptr()) };
        (!metadata.is_null()).then(|| Self(metadata))
    }

    /// The generation of the group; negative where the client is no member at all.
    pub fn generation(&self) -> i32 {
        // SAFETY: the metadata is valid.
        unsafe { sys::rd_kafka_consumer_group_metadata_generation_id(self.0) }
    }

    /// For calls of librdkafka.
    pub fn as_ptr(&self) -> *const sys::rd_kafka_consumer_group_metadata_t {
        self.0
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        // SAFETY: the metadata is ours.
        unsafe { sys::rd_kafka_consumer_group_metadata_destroy(self.0) };
    }
}

/// Joins a group for topics. A name that begins with `^` is a regular expression.
///
/// # Errors
/// librdkafka's, for an expression that is none.
pub fn subscribe(consumer: &Handle, topics: &[String]) -> Result<(), Error> {
    let list = PartitionList::new();
    for topic in topics {
        let name = super::c_text(topic)?;
        // SAFETY: the list is ours; the name is copied.
        unsafe { sys::rd_kafka_topic_partition_list_add(list.as_ptr(), name.as_ptr(), -1) };
    }
    // SAFETY: client and list are valid.
    let code = unsafe { sys::rd_kafka_subscribe(consumer.as_ptr(), list.as_ptr()) };
    Native::check(code).map_err(|error| {
        Error::configuration(format!("the topics {topics:?} cannot be subscribed to")).caused_by(error)
    })
}

/// Adds partitions to what is read.
///
/// # Errors
/// librdkafka's.
pub fn assign(consumer: &Handle, list: &PartitionList) -> Result<(), Native> {
    // SAFETY: client and list are valid; an error that comes back is ours.
    unsafe { Native::take(sys::rd_kafka_incremental_assign(consumer.as_ptr(), list.as_ptr())) }
}

/// Takes partitions from what is read. An empty list answers a revocation all the same.
///
/// # Errors
/// librdkafka's.
pub fn unassign(consumer: &Handle, list: &PartitionList) -> Result<(), Native> {
    // SAFETY: client and list are valid; an error that comes back is ours.
    unsafe { Native::take(sys::rd_kafka_incremental_unassign(consumer.as_ptr(), list.as_ptr())) }
}

/// Whether the group took everything away without asking. Known until the next change of the assignment.
pub fn is_lost(consumer: &Handle) -> bool {
    // SAFETY: the client is alive.
    unsafe { sys::rd_kafka_assignment_lost(consumer.as_ptr()) != 0 }
}

/// Moves partitions that are read to other offsets. What was fetched before does not come out of their queues any
/// more once this has returned. Blocks.
///
/// # Errors
/// librdkafka's for the call; each partition has its own in the entries.
pub fn seek(consumer: &Handle, list: &PartitionList, limit: Duration) -> Result<Vec<Entry>, Native> {
    // SAFETY: client and list are valid; an error that comes back is ours.
    unsafe { Native::take(sys::rd_kafka_seek_partitions(consumer.as_ptr(), list.as_ptr(), millis(limit)))? };
    Ok(list.entries())
}

/// What the group has committed for partitions. For a `read_committed` client the answer is *stable*: it waits for the
/// transactions that have sent offsets of these partitions and are not decided. Blocks.
///
/// # Errors
/// librdkafka's; `UnstableOffsetCommit` where a transaction stays undecided.
pub fn committed(consumer: &Handle, list: &PartitionList, limit: Duration) -> Result<Vec<Entry>, Native> {
    // SAFETY: client and list are valid.
    Native::check(unsafe { sys::rd_kafka_committed(consumer.as_ptr(), list.as_ptr(), millis(limit)) })?;
    let entries = list.entries();
    match entries.iter().find_map(|entry| entry.error.clone()) {
        Some(error) => Err(error),
        None => Ok(entries),
    }
}

/// Commits offsets of a group outside a transaction. Blocks.
///
/// # Errors
/// The broker's.
pub fn commit(consumer: &Handle, list: &PartitionList) -> Result<(), Native> {
    // SAFETY: client and list are valid.
    Native::check(unsafe { sys::rd_kafka_commit(consumer.as_ptr(), list.as_ptr(), 0) })
}

/// Leaves the group. Revocations that this causes are answered here. Blocks, at most for the limit.
pub fn leave(consumer: &Arc<Handle>, queue: &super::Queue, limit: Duration) {
    let end = std::time::Instant::now() + limit;
    // SAFETY: client and queue are valid; an error that comes back is ours.
    let begun =
        unsafe { Native::take(sys::rd_kafka_consumer_close_queue(consumer.as_ptr(), queue.as_ptr())) };
    if let Err(error) = begun {
        tracing::debug!(%error, "the consumer was closed already");
        return;
    }
    // SAFETY: the client is alive.
    while unsafe { sys::rd_kafka_consumer_closed(consumer.as_ptr()) } == 0 && std::time::Instant::now() < end
    {
        match queue.next_event() {
            Some(super::MainEvent::Assign(_)) => drop(assign(consumer, &PartitionList::new())),
            Some(super::MainEvent::Revoke(entries)) => {
                let list = PartitionList::of(entries.iter().map(|entry| (&entry.partition, entry.offset)));
                if list.map_or(true, |list| unassign(consumer, &list).is_err()) {
                    drop(unassign(consumer, &PartitionList::new()));
                }
            }
            Some(super::MainEvent::Error(_)) => {}
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    }
}
