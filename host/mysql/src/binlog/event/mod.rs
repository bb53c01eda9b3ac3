//! Events: the records of a binlog.
//!
//! | module | holds |
//! |---|---|
//! | [`header`] | the nineteen bytes that begin each event |
//! | [`kind`] | the numbers of the kinds of events, with their names |
//! | [`frame`] | from raw bytes to header and body, the checksum verified |
//! | [`format`] | what a log says about itself: server, checksums, lengths |
//! | [`rotate`] | where the log goes on; heartbeats |
//! | [`incident`] | the server's word that its log has a gap |
//! | [`query`] | statements, with the variables they ran under |
//! | [`statement`] | what a statement is: begin, commit, savepoint, XA, DDL, changes |
//! | [`gtid`] | the events that name transactions, MySQL's and MariaDB's, and the sets at a file's beginning |
//! | [`table_map`] | the table that the rows after it belong to |
//! | [`metadata`] | what a table map may say beyond types: signs, character sets, names, labels, keys |
//! | [`rows`] | inserted, updated and deleted rows, still as bytes |
//! | [`compressed`] | MariaDB's compressed events |
//! | [`payload`] | MySQL's compressed transactions, event by event |
//! | [`spooled`] | an event that is too large for memory, in a file |
//!
//! Sources: the MySQL internals pages at
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_replication_binlog_event.html> and
//! <https://mariadb.com/kb/en/replication-protocol/>.

pub mod compressed;
pub mod format;
pub mod frame;
pub mod gtid;
pub mod header;
pub mod incident;
pub mod kind;
pub mod metadata;
pub mod payload;
pub mod query;
pub mod rotate;
pub mod rows;
pub mod spooled;
pub mod statement;
pub mod table_map;

use bytes::Bytes;

pub use header::Header;

/// An event: its header, and what follows it without the checksum. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Event {
    /// The header.
    pub header: Header,
    /// The bytes between header and checksum.
    pub body: Bytes,
}
