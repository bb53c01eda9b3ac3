//! Questions and orders to the brokers. All of these block; they are called where that is allowed.

use std::collections::BTreeMap;
use std::ffi::{CStr, CString, c_char};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka_sys as sys;
use rdkafka_sys::types::RDKafkaErrorCode as Code;
use sluicegate_connector::Error;
use sys::rd_kafka_admin_op_t as Op;

use super::handle::millis;
use super::partitions::{Entry, entries_of, entry_of};
use super::{Handle, Partition, PartitionList, Queue, c_text, test_cluster};
use crate::error::Native;

/// How long a broker has to answer.
pub const LIMIT: Duration = Duration::from_secs(30);

/// How long a partition may be without a leader before it is an error: a topic that was just made, or whose broker was
/// just lost, has none for a moment.
const LEADERLESS: Duration = Duration::from_secs(5);

/// A topic as its cluster describes it.
#[derive(Clone, Debug)]
pub struct Topic {
    /// The name.
    pub name: String,
    /// An id that a topic made anew under the same name does not have.
    pub id: String,
    /// Number of partitions.
    pub partitions: i32,
}

/// What is asked of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offset {
    /// The first that is still there.
    Earliest,
    /// One past the last.
    Latest,
    /// The first message of a time, in milliseconds since 1970, or later; the end where there is none.
    Time(i64),
}

/// A topic to be made.
#[derive(Clone, Debug)]
pub struct NewTopic {
    /// The name.
    pub name: String,
    /// Number of partitions; the broker's default where it is `None`.
    pub partitions: Option<i32>,
    /// Copies of each partition; the broker's default where it is `None`.
    pub replication: Option<i32>,
    /// Its settings.
    pub config: BTreeMap<String, String>,
}

/// One call: makes its options and a queue for the answer, sends it, and reads what comes back.
fn call<T>(
    handle: &Arc<Handle>,
    op: Op,
    set: impl FnOnce(*mut sys::rd_kafka_AdminOptions_t),
    send: impl FnOnce(*const sys::rd_kafka_AdminOptions_t, *mut sys::rd_kafka_queue_t),
    read: impl FnOnce(*mut sys::rd_kafka_event_t) -> Result<T, Native>,
) -> Result<T, Native> {
    let queue = Queue::new(handle);
    let mut reason = [0 as c_char; 256];
    // SAFETY: the client is alive; the options are made and freed here, and used by `send` in between.
    unsafe {
        let options = sys::rd_kafka_AdminOptions_new(handle.as_ptr(), op);
        let request = millis(LIMIT);
        sys::rd_kafka_AdminOptions_set_request_timeout(options, request, reason.as_mut_ptr(), reason.len());
        set(options);
        send(options, queue.as_ptr());
        sys::rd_kafka_AdminOptions_destroy(options);
    }
    let answer = queue.answer(LIMIT + Duration::from_secs(5), |event| {
        // SAFETY: the event is valid; its text is copied.
        unsafe {
            if let Err(error) = Native::check(sys::rd_kafka_event_error(event)) {
                let text =
                    CStr::from_ptr(sys::rd_kafka_event_error_string(event)).to_string_lossy().into_owned();
                return Err(Native { text, ..error });
            }
        }
        read(event)
    });
    answer.unwrap_or_else(|| Err(Native::of(sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR__TIMED_OUT)))
}

/// # Safety
/// `text` is null or a valid text.
unsafe fn owned(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: the caller vouches for it.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}

fn c_texts(names: &[String]) -> Result<Vec<CString>, Error> {
    names.iter().map(|name| c_text(name)).collect()
}

/// Waits until a broker has answered that the cluster itself has named. Where none does, whoever asks next says so.
///
/// librdkafka drops the connection that it began with as soon as it knows the cluster. A question for a coordinator that
/// is on its way just then is lost, and is asked again at the next look, half a second or a second later. A client that
/// waits here first starts in milliseconds.
pub fn connect(handle: &Arc<Handle>) {
    if handle.cluster_id(LIMIT).is_err() || test_cluster::is_it(handle) {
        return;
    }
    let ask = || {
        // SAFETY: client, options and queue are alive.
        let send = |options, queue| unsafe { sys::rd_kafka_DescribeCluster(handle.as_ptr(), options, queue) };
        call(handle, Op::RD_KAFKA_ADMIN_OP_DESCRIBECLUSTER, |_| (), send, |_| Ok(()))
    };
    // The first question may be one of those that are lost.
    if ask().is_err_and(|error| error.code == Code::DestroyBroker) {
        drop(ask());
    }
}

/// Describes topics; one that does not exist is left out.
///
/// # Errors
/// The broker's.
pub fn describe_topics(handle: &Arc<Handle>, names: &[String]) -> Result<Vec<Topic>, Error> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let failed =
        |error: Native| error.during(format!("the topics {} could not be described", names.join(", ")));
    if test_cluster::is_it(handle) {
        return test_cluster::describe_topics(handle, names).map_err(failed);
    }
    let texts = c_texts(names)?;
    let mut pointers: Vec<*const c_char> = texts.iter().map(|text| text.as_ptr()).collect();
    let send = |options, queue| {
        // SAFETY: the names outlive the call, which copies them.
        unsafe {
            let topics = sys::rd_kafka_TopicCollection_of_topic_names(pointers.as_mut_ptr(), pointers.len());
            sys::rd_kafka_DescribeTopics(handle.as_ptr(), topics, options, queue);
            sys::rd_kafka_TopicCollection_destroy(topics);
        }
    };
    let read = |event| {
        let mut count = 0;
        let mut topics = Vec::new();
        // SAFETY: the event is of this call; what it gives lives as long as it and is copied.
        unsafe {
            let result = sys::rd_kafka_event_DescribeTopics_result(event);
            let described = sys::rd_kafka_DescribeTopics_result_topics(result, &raw mut count);
            for place in 0..count {
                let topic = *described.add(place);
                let error = sys::rd_kafka_TopicDescription_error(topic);
                if !error.is_null() {
                    match Native::check(sys::rd_kafka_error_code(error)) {
                        Ok(()) => {}
                        Err(unknown) if unknown.is_unknown_topic() => continue,
                        Err(_) => return Err(Native::read(error)),
                    }
                }
                let mut partitions = 0;
                sys::rd_kafka_TopicDescription_partitions(topic, &raw mut partitions);
                topics.push(Topic {
                    name: owned(sys::rd_kafka_TopicDescription_name(topic)),
                    id: owned(sys::rd_kafka_Uuid_base64str(sys::rd_kafka_TopicDescription_topic_id(topic))),
                    partitions: i32::try_from(partitions).unwrap_or(i32::MAX),
                });
            }
        }
        Ok(topics)
    };
    call(handle, Op::RD_KAFKA_ADMIN_OP_DESCRIBETOPICS, |_| {}, send, read).map_err(failed)
}

/// A setting of topics, by topic, where it could be read.
///
/// # Errors
/// The broker's.
pub fn topic_setting(
    handle: &Arc<Handle>,
    names: &[String],
    setting: &str,
) -> Result<BTreeMap<String, String>, Error> {
    if names.is_empty() || test_cluster::is_it(handle) {
        return Ok(BTreeMap::new());
    }
    let texts = c_texts(names)?;
    let send = |options, queue| {
        // SAFETY: the resources are made and freed here; the call copies them.
        unsafe {
            let topic = sys::rd_kafka_ResourceType_t::RD_KAFKA_RESOURCE_TOPIC;
            let mut resources: Vec<_> =
                texts.iter().map(|text| sys::rd_kafka_ConfigResource_new(topic, text.as_ptr())).collect();
            let count = resources.len();
            sys::rd_kafka_DescribeConfigs(handle.as_ptr(), resources.as_mut_ptr(), count, options, queue);
            sys::rd_kafka_ConfigResource_destroy_array(resources.as_mut_ptr(), count);
        }
    };
    let read = |event| {
        let mut found = BTreeMap::new();
        let (mut resources, mut entries) = (0, 0);
        // SAFETY: the event is of this call; what it gives lives as long as it and is copied.
        unsafe {
            let result = sys::rd_kafka_event_DescribeConfigs_result(event);
            let described = sys::rd_kafka_DescribeConfigs_result_resources(result, &raw mut resources);
            for place in 0..resources {
                let resource = *described.add(place);
                if Native::check(sys::rd_kafka_ConfigResource_error(resource)).is_err() {
                    continue;
                }
                let configs = sys::rd_kafka_ConfigResource_configs(resource, &raw mut entries);
                for entry in (0..entries).map(|place| *configs.add(place)) {
                    if owned(sys::rd_kafka_ConfigEntry_name(entry)) == setting {
                        let topic = owned(sys::rd_kafka_ConfigResource_name(resource));
                        found.insert(topic, owned(sys::rd_kafka_ConfigEntry_value(entry)));
                    }
                }
            }
        }
        Ok(found)
    };
    call(handle, Op::RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, |_| {}, send, read)
        .map_err(|error| error.during(format!("the settings of {} could not be read", names.join(", "))))
}

/// Makes a topic; one that exists is left as it is.
///
/// # Errors
/// The broker's.
pub fn create_topic(handle: &Arc<Handle>, topic: &NewTopic) -> Result<(), Error> {
    let name = c_text(&topic.name)?;
    let mut config = Vec::new();
    for (key, value) in &topic.config {
        config.push((c_text(key)?, c_text(value)?));
    }
    let mut reason = [0 as c_char; 256];
    // SAFETY: name and buffer outlive the call. A null comes back for numbers that no topic can have.
    let mut native = unsafe {
        sys::rd_kafka_NewTopic_new(
            name.as_ptr(),
            topic.partitions.unwrap_or(-1),
            topic.replication.unwrap_or(-1),
            reason.as_mut_ptr(),
            reason.len(),
        )
    };
    if native.is_null() {
        let what = format!("topic {} cannot be made with these numbers of partitions and copies", topic.name);
        return Err(Error::configuration(what));
    }
    let send = |options, queue| {
        // SAFETY: the topic is ours until it is freed here; the call copies it.
        unsafe {
            for (key, value) in &config {
                sys::rd_kafka_NewTopic_set_config(native, key.as_ptr(), value.as_ptr());
            }
            sys::rd_kafka_CreateTopics(handle.as_ptr(), &raw mut native, 1, options, queue);
            sys::rd_kafka_NewTopic_destroy(native);
        }
    };
    let read = |event| {
        let mut count = 0;
        // SAFETY: the event is of this call and names its one topic.
        unsafe {
            let result = sys::rd_kafka_event_CreateTopics_result(event);
            let topics = sys::rd_kafka_CreateTopics_result_topics(result, &raw mut count);
            for made in (0..count).map(|place| *topics.add(place)) {
                match sys::rd_kafka_topic_result_error(made) {
                    sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS => {}
                    code => Native::check(code).map_err(|error| {
                        let text = owned(sys::rd_kafka_topic_result_error_string(made));
                        Native { text: if text.is_empty() { error.text.clone() } else { text }, ..error }
                    })?,
                }
            }
        }
        Ok(())
    };
    call(handle, Op::RD_KAFKA_ADMIN_OP_CREATETOPICS, |_| {}, send, read)
        .map_err(|error| error.during(format!("topic {} could not be made", topic.name)))
}

/// Offsets of partitions. `committed_only`: the end is where a `read_committed` reader has to stop now, not the
/// high watermark.
///
/// # Errors
/// The broker's, for the call or for one of the partitions.
pub fn offsets(
    handle: &Arc<Handle>,
    partitions: &[(Partition, Offset)],
    committed_only: bool,
) -> Result<Vec<(Partition, i64)>, Error> {
    if partitions.is_empty() {
        return Ok(Vec::new());
    }
    let list = PartitionList::of(partitions.iter().map(|(partition, offset)| {
        let spec = match offset {
            Offset::Earliest => sys::rd_kafka_OffsetSpec_t::RD_KAFKA_OFFSET_SPEC_EARLIEST as i64,
            Offset::Latest => sys::rd_kafka_OffsetSpec_t::RD_KAFKA_OFFSET_SPEC_LATEST as i64,
            Offset::Time(time) => *time,
        };
        (partition, spec)
    }))?;
    let level = if committed_only {
        sys::rd_kafka_IsolationLevel_t::RD_KAFKA_ISOLATION_LEVEL_READ_COMMITTED
    } else {
        sys::rd_kafka_IsolationLevel_t::RD_KAFKA_ISOLATION_LEVEL_READ_UNCOMMITTED
    };
    let give_up = Instant::now() + LEADERLESS;
    loop {
        let entries =
            list_offsets(handle, &list, level).map_err(|error| error.during("offsets could not be read"))?;
        let leaderless =
            |error: &Native| matches!(error.code, Code::NotLeaderForPartition | Code::LeaderNotAvailable);
        if entries.iter().any(|entry| entry.error.as_ref().is_some_and(leaderless))
            && Instant::now() < give_up
        {
            std::thread::sleep(Duration::from_millis(20));
            continue;
        }
        let offset_of = |entry: Entry| match entry.error {
            None => Ok((entry.partition, entry.offset)),
            Some(error) => {
                let lane = entry.partition.lane();
                Err(error.during("the offset could not be read").lane(&lane))
            }
        };
        return entries.into_iter().map(offset_of).collect();
    }
}

/// One question for offsets.
fn list_offsets(
    handle: &Arc<Handle>,
    list: &PartitionList,
    level: sys::rd_kafka_IsolationLevel_t,
) -> Result<Vec<Entry>, Native> {
    let set = |options| {
        // SAFETY: the options are valid; an error that comes back is ours.
        unsafe { drop(Native::take(sys::rd_kafka_AdminOptions_set_isolation_level(options, level))) };
    };
    // SAFETY: the list outlives the call, which copies it.
    let send =
        |options, queue| unsafe { sys::rd_kafka_ListOffsets(handle.as_ptr(), list.as_ptr(), options, queue) };
    let read = |event| {
        let mut count = 0;
        // SAFETY: the event is of this call; what it gives lives as long as it and is copied.
        unsafe {
            let result = sys::rd_kafka_event_ListOffsets_result(event);
            let infos = sys::rd_kafka_ListOffsets_result_infos(result, &raw mut count);
            let entry =
                |place| entry_of(&*sys::rd_kafka_ListOffsetsResultInfo_topic_partition(*infos.add(place)));
            Ok((0..count).map(entry).collect::<Vec<Entry>>())
        }
    };
    call(handle, Op::RD_KAFKA_ADMIN_OP_LISTOFFSETS, set, send, read)
}

/// Number of members that a consumer group has; 0 where there is no such group.
///
/// # Errors
/// The broker's.
pub fn members(handle: &Arc<Handle>, group: &str) -> Result<usize, Error> {
    let name = c_text(group)?;
    let mut pointers = [name.as_ptr()];
    // SAFETY: the name outlives the call, which copies it.
    let send = |options, queue| unsafe {
        sys::rd_kafka_DescribeConsumerGroups(handle.as_ptr(), pointers.as_mut_ptr(), 1, options, queue);
    };
    let read = |event| {
        let mut count = 0;
        // SAFETY: the event is of this call and describes its one group.
        unsafe {
            let result = sys::rd_kafka_event_DescribeConsumerGroups_result(event);
            let groups = sys::rd_kafka_DescribeConsumerGroups_result_groups(result, &raw mut count);
            let mut members = 0;
            for group in (0..count).map(|place| *groups.add(place)) {
                let error = sys::rd_kafka_ConsumerGroupDescription_error(group);
                if !error.is_null() && Native::check(sys::rd_kafka_error_code(error)).is_err() {
                    let error = Native::read(error);
                    if error.code != rdkafka_sys::types::RDKafkaErrorCode::GroupIdNotFound {
                        return Err(error);
                    }
                }
                members += sys::rd_kafka_ConsumerGroupDescription_member_count(group);
            }
            Ok(members)
        }
    };
    call(handle, Op::RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS, |_| {}, send, read)
        .map_err(|error| error.during(format!("group {group} could not be described")))
}

/// Sets what a group without members has committed.
///
/// # Errors
/// The broker's, for the call or for one of the partitions.
pub fn set_group_offsets(handle: &Arc<Handle>, group: &str, list: &PartitionList) -> Result<(), Error> {
    let name = c_text(group)?;
    let send = |options, queue| {
        // SAFETY: the order is made and freed here; the call copies it.
        unsafe {
            let mut order = sys::rd_kafka_AlterConsumerGroupOffsets_new(name.as_ptr(), list.as_ptr());
            sys::rd_kafka_AlterConsumerGroupOffsets(handle.as_ptr(), &raw mut order, 1, options, queue);
            sys::rd_kafka_AlterConsumerGroupOffsets_destroy(order);
        }
    };
    let read = |event| {
        let mut count = 0;
        // SAFETY: the event is of this call.
        unsafe {
            let result = sys::rd_kafka_event_AlterConsumerGroupOffsets_result(event);
            group_results(
                sys::rd_kafka_AlterConsumerGroupOffsets_result_groups(result, &raw mut count),
                count,
            )
        }
    };
    call(handle, Op::RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS, |_| {}, send, read)
        .map_err(|error| error.during(format!("offsets of group {group} could not be set")))
}

/// Forgets what a group without members has committed.
///
/// # Errors
/// The broker's, for the call or for one of the partitions.
pub fn forget_group_offsets(handle: &Arc<Handle>, group: &str, list: &PartitionList) -> Result<(), Error> {
    let name = c_text(group)?;
    let send = |options, queue| {
        // SAFETY: the order is made and freed here; the call copies it.
        unsafe {
            let mut order = sys::rd_kafka_DeleteConsumerGroupOffsets_new(name.as_ptr(), list.as_ptr());
            sys::rd_kafka_DeleteConsumerGroupOffsets(handle.as_ptr(), &raw mut order, 1, options, queue);
            sys::rd_kafka_DeleteConsumerGroupOffsets_destroy(order);
        }
    };
    let read = |event| {
        let mut count = 0;
        // SAFETY: the event is of this call.
        unsafe {
            let result = sys::rd_kafka_event_DeleteConsumerGroupOffsets_result(event);
            group_results(
                sys::rd_kafka_DeleteConsumerGroupOffsets_result_groups(result, &raw mut count),
                count,
            )
        }
    };
    match call(handle, Op::RD_KAFKA_ADMIN_OP_DELETECONSUMERGROUPOFFSETS, |_| {}, send, read) {
        // There is nothing to forget.
        Err(error) if error.code == rdkafka_sys::types::RDKafkaErrorCode::GroupIdNotFound => Ok(()),
        other => {
            other.map_err(|error| error.during(format!("offsets of group {group} could not be deleted")))
        }
    }
}

/// # Safety
/// `groups` points at `count` valid results.
unsafe fn group_results(
    groups: *mut *const sys::rd_kafka_group_result_t,
    count: usize,
) -> Result<(), Native> {
    // SAFETY: the caller vouches for the results.
    unsafe {
        for group in (0..count).map(|place| *groups.add(place)) {
            let error = sys::rd_kafka_group_result_error(group);
            if !error.is_null() && Native::check(sys::rd_kafka_error_code(error)).is_err() {
                return Err(Native::read(error));
            }
            let entries = entries_of(sys::rd_kafka_group_result_partitions(group));
            if let Some(error) = entries.into_iter().find_map(|entry| entry.error) {
                return Err(error);
            }
        }
    }
    Ok(())
}
