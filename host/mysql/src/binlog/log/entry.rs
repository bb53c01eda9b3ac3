//! What comes out of a log.

use std::sync::Arc;

use super::position::record_number;
use crate::binlog::error::Place;
use crate::binlog::event::gtid::Xa;
use crate::binlog::event::query::Query;
use crate::binlog::event::rotate::LogPlace;
use crate::binlog::event::rows::Rows;
use crate::binlog::event::statement::Statement;
use crate::binlog::event::table_map::TableMap;
use crate::binlog::gtid::Gtid;

/// A transaction, as far as its beginning says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// Its name; `None` where the server gives none.
    pub gtid: Option<Gtid>,
    /// The server where it was made.
    pub server_id: u32,
    /// When it was committed there, in microseconds since 1970; `None` where the log does not say.
    pub committed_at: Option<i64>,
    /// When the event that begins it was written, in seconds since 1970.
    pub timestamp: u32,
    /// Where it begins.
    pub place: Place,
    /// MariaDB: what it does to an XA transaction.
    pub xa: Option<Xa>,
}

impl Transaction {
    /// When it was committed, as exactly as the log says, in microseconds since 1970.
    pub fn time(&self) -> i64 {
        self.committed_at.unwrap_or(i64::from(self.timestamp) * 1_000_000)
    }
}

/// Rows of one table that one event changed.
#[derive(Clone, Debug)]
pub struct RowsEntry {
    /// Their transaction.
    pub transaction: Arc<Transaction>,
    /// Their table. The same description is the same `Arc`, mostly.
    pub map: Arc<TableMap>,
    /// The rows, as bytes.
    pub rows: Rows,
    /// Number of this event among the transaction's events of rows, as logged: from 0, before any filter.
    pub number: u64,
    /// Number of this event among all events of rows that the lane had: grows, over restarts too.
    pub ordinal: u64,
    /// Rows at its beginning that the sink holds already.
    pub skip: u32,
    /// When the statement began, in seconds since 1970.
    pub timestamp: u32,
    /// Where the event begins; within a compressed transaction, where that begins.
    pub place: Place,
}

impl RowsEntry {
    /// The number of the record in its lane.
    pub const fn record(&self) -> u64 {
        record_number(self.ordinal)
    }
}

/// A statement that is no part of a transaction's frame: DDL, or a change in statement format.
#[derive(Clone, Debug)]
pub struct StatementEntry {
    /// Its transaction.
    pub transaction: Arc<Transaction>,
    /// What it is.
    pub statement: Statement,
    /// Its text and what it ran under.
    pub query: Query,
    /// When it began, in seconds since 1970.
    pub timestamp: u32,
    /// Where it begins.
    pub place: Place,
}

/// What the events of a log mean. [`super::Log::position`] is behind the entry that was given last.
#[derive(Clone, Debug)]
pub enum Entry {
    /// A transaction begins.
    Begin(Arc<Transaction>),
    /// Rows.
    Rows(Box<RowsEntry>),
    /// The statement that made the rows that follow, where the server is told to log it.
    RowsQuery(String),
    /// A statement.
    Statement(Box<StatementEntry>),
    /// The transaction is committed: the position is behind it.
    Commit(Arc<Transaction>),
    /// The transaction is rolled back; it had no rows.
    Rollback(Arc<Transaction>),
    /// The transaction's rows are prepared as an XA transaction: a later one commits them or takes them back.
    XaPrepared(Arc<Transaction>),
    /// Rows that were prepared before are committed; the text names them.
    XaCommit(Arc<Transaction>, String),
    /// Rows that were prepared before are taken back; the text names them.
    XaRollback(Arc<Transaction>, String),
    /// The log goes on in another file.
    Rotate(LogPlace),
    /// The server is alive, and its log ends here.
    Heartbeat(LogPlace),
}
