//! librdkafka, wrapped as far as this crate uses it: what the published wrapper does not give (generations,
//! partition queues read in batches, topic ids) or would give at the cost of an allocation a message.
//!
//! | module | holds |
//! |---|---|
//! | [`settings`] | what a client is set to |
//! | [`handle`] | a client, its log and why it cannot connect |
//! | [`partitions`] | lists of partitions with offsets |
//! | [`queue`] | queues of events and of messages |
//! | [`batch`] | messages as librdkafka holds them |
//! | [`group`] | membership of a consumer group |
//! | [`members`] | who else is in a consumer group |
//! | [`admin`] | questions and orders to the brokers |
//! | [`test_cluster`] | librdkafka's own test cluster, which knows no administrator |

pub mod admin;
pub mod batch;
pub mod group;
pub mod handle;
pub mod members;
pub mod partitions;
pub mod queue;
pub mod settings;
mod test_cluster;

pub use batch::MessageBatch;
pub use handle::{Handle, Kind};
pub use members::Member;
pub use partitions::{Partition, PartitionList};
pub use queue::{MainEvent, MessageQueue, Queue};
pub use settings::Settings;

use std::ffi::CString;

use sluicegate_connector::Error;

/// A text for librdkafka.
///
/// # Errors
/// [`sluicegate_connector::Class::Configuration`] where it holds a zero byte.
pub fn c_text(text: &str) -> Result<CString, Error> {
    CString::new(text).map_err(|_| Error::configuration(format!("{text:?} holds a zero byte")))
}
