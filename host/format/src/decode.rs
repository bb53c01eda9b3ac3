//! From messages to batches.

use sluicegate_model::{Decoded, Lane, RowReject};

/// A message of a lane, borrowed from its source.
#[derive(Clone, Copy)]
pub struct Record<'a> {
    /// The message's number in its lane; it grows from one message to the next. For Kafka, the offset.
    pub ordinal: u64,
    /// The key.
    pub key: Option<&'a [u8]>,
    /// The value; `None` is a tombstone.
    pub value: Option<&'a [u8]>,
    /// When the message entered the log, in microseconds since 1970 in UTC.
    pub timestamp_us: Option<i64>,
    /// Headers in order; names may repeat.
    pub headers: &'a [(String, Option<Vec<u8>>)],
}

/// Lengths only: a record may hold what must not reach a log.
impl std::fmt::Debug for Record<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Record")
            .field("ordinal", &self.ordinal)
            .field("key_bytes", &self.key.map(<[u8]>::len))
            .field("value_bytes", &self.value.map(<[u8]>::len))
            .field("headers", &self.headers.len())
            .finish_non_exhaustive()
    }
}

/// What is the same for all messages of a lane.
#[derive(Clone, Copy, Debug)]
pub struct LaneInfo<'a> {
    /// The lane, which every row's origin names.
    pub lane: &'a Lane,
    /// The topic.
    pub topic: &'a str,
    /// The partition of the topic.
    pub partition: i32,
}

/// A format that is read. Shared by all workers; it keeps nothing between calls.
pub trait Decode: Send + Sync {
    /// Turns a stretch of a lane, in order, into batches and control events. Rows are gathered by table; a control
    /// event comes after all rows before it and before all rows after it. A message that cannot be read is among
    /// the rejects, leaves nothing else behind, and takes no other message with it.
    fn decode(&self, lane: &LaneInfo<'_>, records: &[Record<'_>]) -> Decoded;
}

/// What became of a stretch of which some records were rejected before the others were read.
pub(crate) fn beside(mut decoded: Decoded, rejects: impl IntoIterator<Item = RowReject>) -> Decoded {
    decoded.rejects.extend(rejects);
    decoded.rejects.sort_by_key(|reject| (reject.ordinal, reject.part));
    decoded
}
