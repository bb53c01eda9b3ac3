//! `raw`: a message as it is, for formats that a guest knows.
//!
//! | column | type | holds |
//! |---|---|---|
//! | `key` | binary | the key; NULL where there is none |
//! | `value` | binary | the value; NULL for a tombstone |
//! | `headers` | map(utf8,binary) | the headers |
//! | `topic` | utf8 | the topic; of a file, its name up to the first dot |
//! | `partition` | int32 | the partition; of a file 0 |
//! | `offset` | int64 | the offset; of a file the line |
//! | `timestamp` | timestamp(us,UTC) | when it entered the log; NULL where nothing says so |
//!
//! With `text`, `key` and `value` are text, and a message with bytes that are no UTF-8 is rejected. Every message is a
//! `+I`: what it does is for a step to say.
//!
//! Written, `value` is the message, NULL a tombstone; `key` and `headers`, where they are there, are the message's own.
//! The other four may be there and say nothing. Every row is a message but the old half of a pair.
//!
//! | module | holds |
//! |---|---|
//! | `options` | [`RawOptions`]: what may be set |
//! | `decode` | messages to rows |
//! | `encode` | rows to messages |

mod decode;
mod encode;
mod options;

pub use options::RawOptions;

const NAME: &str = "raw";

/// The names of the columns, in their order.
mod column {
    pub(super) const KEY: &str = "key";
    pub(super) const VALUE: &str = "value";
    pub(super) const HEADERS: &str = "headers";
    pub(super) const TOPIC: &str = "topic";
    pub(super) const PARTITION: &str = "partition";
    pub(super) const OFFSET: &str = "offset";
    pub(super) const TIMESTAMP: &str = "timestamp";
    /// Those that are written nowhere.
    pub(super) const ABOUT: [&str; 4] = [TOPIC, PARTITION, OFFSET, TIMESTAMP];
}
