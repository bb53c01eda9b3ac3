//! Lists of partitions with offsets.

use std::ffi::CStr;
use std::ptr::NonNull;
use std::sync::Arc;

use rdkafka_sys as sys;
use sluicegate_connector::Error;
use sluicegate_model::Lane;

use super::c_text;
use crate::error::Native;

/// A partition of a topic.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Partition {
    /// The topic.
    pub topic: Arc<str>,
    /// Its number.
    pub number: i32,
}

impl Partition {
    /// A partition by its topic and number.
    pub fn new(topic: impl Into<Arc<str>>, number: i32) -> Self {
        Self { topic: topic.into(), number }
    }

    /// The lane that it is.
    pub fn lane(&self) -> Lane {
        Lane::new(format!("{}/{}", self.topic, self.number))
    }

    /// The partition that a lane is; `None` for a lane of another kind of source. A topic's name holds no slash.
    pub fn of(lane: &Lane) -> Option<Self> {
        let (topic, number) = lane.as_str().rsplit_once('/')?;
        Some(Self::new(topic, number.parse().ok()?))
    }
}

/// A partition in a list, as librdkafka answered.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The partition.
    pub partition: Partition,
    /// An offset, or what stands in its place; negative values are librdkafka's own.
    pub offset: i64,
    /// What was stored with a committed offset.
    pub metadata: Vec<u8>,
    /// What went wrong with this partition.
    pub error: Option<Native>,
}

/// A list of partitions, owned.
pub struct PartitionList(NonNull<sys::rd_kafka_topic_partition_list_t>);

// SAFETY: the list is plain memory with one owner.
unsafe impl Send for PartitionList {}

impl PartitionList {
    /// An empty list.
    pub fn new() -> Self {
        // SAFETY: librdkafka allocates, and aborts the process where it cannot.
        let list = unsafe { sys::rd_kafka_topic_partition_list_new(8) };
        Self(NonNull::new(list).unwrap_or_else(|| unreachable!("librdkafka gave no list")))
    }

    /// A list of partitions with an offset each.
    ///
    /// # Errors
    /// As [`Self::add`].
    pub fn of<'a>(entries: impl IntoIterator<Item = (&'a Partition, i64)>) -> Result<Self, Error> {
        let mut list = Self::new();
        for (partition, offset) in entries {
            list.add(partition, offset)?;
        }
        Ok(list)
    }

    /// Adds a partition with an offset.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for a name with a zero byte.
    pub fn add(&mut self, partition: &Partition, offset: i64) -> Result<(), Error> {
        let topic = c_text(&partition.topic)?;
        // SAFETY: the list is ours; librdkafka copies the name.
        unsafe {
            let entry =
                sys::rd_kafka_topic_partition_list_add(self.as_ptr(), topic.as_ptr(), partition.number);
            (*entry).offset = offset;
        }
        Ok(())
    }

    /// Stores a text with the offset of every partition of the list.
    pub fn set_metadata(&mut self, text: &str) {
        // SAFETY: the list is ours; what an entry held before is freed, what it gets is allocated by the C
        // allocator, which librdkafka frees it with.
        unsafe {
            for place in 0..(*self.as_ptr()).cnt {
                let entry = &mut *(*self.as_ptr()).elems.add(place as usize);
                libc::free(entry.metadata);
                let copy = libc::malloc(text.len());
                if copy.is_null() {
                    (entry.metadata, entry.metadata_size) = (std::ptr::null_mut(), 0);
                    continue;
                }
                std::ptr::copy_nonoverlapping(text.as_ptr(), copy.cast(), text.len());
                (entry.metadata, entry.metadata_size) = (copy, text.len());
            }
        }
    }

    /// For calls of librdkafka.
    pub fn as_ptr(&self) -> *mut sys::rd_kafka_topic_partition_list_t {
        self.0.as_ptr()
    }

    /// What the list holds now.
    pub fn entries(&self) -> Vec<Entry> {
        // SAFETY: the list is valid.
        unsafe { entries_of(self.as_ptr()) }
    }
}

impl Drop for PartitionList {
    fn drop(&mut self) {
        // SAFETY: the list is ours.
        unsafe { sys::rd_kafka_topic_partition_list_destroy(self.as_ptr()) };
    }
}

/// What a list holds; nothing for a null pointer.
///
/// # Safety
/// `list` is null or a valid list.
pub unsafe fn entries_of(list: *const sys::rd_kafka_topic_partition_list_t) -> Vec<Entry> {
    // SAFETY: the caller vouches for the list, and librdkafka for its entries.
    unsafe {
        let Some(list) = list.as_ref() else { return Vec::new() };
        (0..list.cnt as usize).map(|place| entry_of(&*list.elems.add(place))).collect()
    }
}

/// One entry.
///
/// # Safety
/// `entry` is librdkafka's: its pointers are valid.
pub unsafe fn entry_of(entry: &sys::rd_kafka_topic_partition_t) -> Entry {
    // SAFETY: the caller vouches for the entry; everything is copied.
    unsafe {
        let metadata = if entry.metadata.is_null() {
            Vec::new()
        } else {
            std::slice::from_raw_parts(entry.metadata.cast::<u8>(), entry.metadata_size).to_vec()
        };
        Entry {
            partition: Partition::new(&*CStr::from_ptr(entry.topic).to_string_lossy(), entry.partition),
            offset: entry.offset,
            metadata,
            error: Native::check(entry.err).err(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lane_is_a_partition_and_back() {
        let partition = Partition::new("ogg.shop.orders", 3);
        assert_eq!(partition.lane().as_str(), "ogg.shop.orders/3");
        assert_eq!(Partition::of(&partition.lane()), Some(partition));
        assert_eq!(Partition::of(&"binlog".into()), None);
    }

    #[test]
    fn lists_keep_offsets_and_metadata() {
        let mut list = PartitionList::of([(&Partition::new("t", 1), 7)]).unwrap();
        list.set_metadata("ours");
        list.set_metadata("mine");
        let entries = list.entries();
        assert_eq!((entries[0].offset, &entries[0].metadata[..]), (7, &b"mine"[..]));
    }
}
