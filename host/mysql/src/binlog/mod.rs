//! The binlog of MySQL and MariaDB, from its bytes to Arrow. No sockets: events come as bytes and go as
//! batches.
//!
//! | module | holds |
//! |---|---|
//! | [`error`] | what goes wrong, with its place in the log |
//! | [`event`] | the kinds of events |
//! | [`gtid`] | names of transactions, and sets of them |
//! | [`log`] | events in their order: transactions, positions, table maps |
//! | [`schema`] | what the bytes of a table's columns mean |
//! | [`charset`] | the servers' character sets |
//! | `image` | row images into columns |
//! | `json` | MySQL's binary JSON |
//! | [`decode`] | events of rows into batches |
//! | [`file`] | a binlog's file |
//!
//! ```text
//! bytes of an event -> Log::push, Log::next -> RowsEntry, Arc<Table> -> decode -> ChangeBatch
//! ```

mod bytes;
pub mod charset;
pub mod decode;
pub mod error;
pub mod event;
pub mod file;
pub mod gtid;
pub(crate) mod image;
mod json;
pub mod log;
pub mod schema;

pub use decode::{Decoder, Record};
pub use error::{BinlogError, Place};
pub use file::LogFile;
pub use log::{Entry, Log, LogPosition, RowsEntry, count_above, record_number};
pub use schema::{ReadOptions, Table, ZeroDates};
