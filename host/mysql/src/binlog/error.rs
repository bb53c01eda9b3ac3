//! What goes wrong when a binlog is read, in the words of the person who must act.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use sluicegate_model::TableName;
use thiserror::Error;

/// A point in a binlog: where an event begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The file; empty before the first rotate event.
    pub file: Arc<str>,
    /// Bytes from the file's beginning.
    pub position: u64,
}

/// As the server writes it in its own messages: `binlog.000003:1234`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = if self.file.is_empty() { "(first event)" } else { &self.file };
        write!(f, "{file}:{}", self.position)
    }
}

/// What is wrong with bytes, before anybody knows where they stand.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// There is less than the format says.
    #[error("it ends {missing} bytes too early")]
    Short {
        /// Bytes that should have followed.
        missing: usize,
    },
    /// Anything else.
    #[error("{0}")]
    Other(Cow<'static, str>),
}

impl Fault {
    /// A fault in words.
    pub fn new(why: impl Into<Cow<'static, str>>) -> Self {
        Self::Other(why.into())
    }
}

/// Why a binlog cannot be read on.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BinlogError {
    /// An event's bytes are not what its kind says.
    #[error("{place}: the {event} event cannot be read: {fault}")]
    Malformed {
        /// Where it begins.
        place: Place,
        /// The kind of event.
        event: &'static str,
        /// What is wrong.
        fault: Fault,
    },
    /// The checksum does not fit the bytes.
    #[error(
        "{place}: an event is damaged: its CRC32 is {written:08x}, its bytes give {computed:08x}. Read it \
         again (the network may have damaged it); if it stays, `mysqlbinlog --verify-binlog-checksum` shows \
         whether the file is damaged, and then the tables need a new snapshot, or another replica is the \
         source"
    )]
    Checksum {
        /// Where it begins.
        place: Place,
        /// The checksum that the event carries.
        written: u32,
        /// The checksum of its bytes.
        computed: u32,
    },
    /// A kind of event that nobody here knows, and that its server does not say may be passed over.
    #[error("{place}: an event of kind {kind} is not known here and may not be passed over: {hint}")]
    Unknown {
        /// Where it begins.
        place: Place,
        /// Its kind.
        kind: u8,
        /// What it is, where that is known.
        hint: &'static str,
    },
    /// The server says that changes are not in its log.
    #[error(
        "{place}: the server wrote an incident into its binlog: {message:?}. Changes are missing from the \
         log at this point: the tables need a new snapshot"
    )]
    Incident {
        /// Where it begins.
        place: Place,
        /// The server's words.
        message: String,
    },
    /// Rows of a table that no table map named.
    #[error(
        "{place}: rows of table number {table_id} come before any description of it: the log was not read \
         from the beginning of a transaction. Start at a transaction's beginning (`positions show` names it)"
    )]
    NoTableMap {
        /// Where the rows begin.
        place: Place,
        /// The server's number of the table.
        table_id: u64,
    },
    /// Rows that were given already are taken back by the log.
    #[error(
        "{place}: the log rolls back rows that it holds ({what}): the transaction changed tables that cannot \
         be rolled back. Snapshot the tables of this transaction again and start after it"
    )]
    RolledBack {
        /// Where the statement begins.
        place: Place,
        /// The statement.
        what: String,
    },
    /// The transaction in which reading should go on is not the one that was read before.
    #[error(
        "{place}: the transaction has {found} events of rows, of which {expected} were read before: this is \
         not the log that was read before. Start at a transaction's beginning (`positions set`), or snapshot \
         its tables again"
    )]
    OtherLog {
        /// Where the transaction begins.
        place: Place,
        /// Events that were read.
        expected: u64,
        /// Events that it has.
        found: u64,
    },
    /// A table cannot be read as it is described.
    #[error("{place}: table {table}: {why}")]
    Table {
        /// Where its rows or its description begin.
        place: Place,
        /// The table.
        table: TableName,
        /// What does not fit, and what to do.
        why: String,
    },
    /// A row image is not what the table's description says.
    #[error(
        "{place}: table {table}, row {row} of the event{}: the row image does not fit the table's \
         description: {fault}. The description is of another moment, or the event is of a form not known \
         here",
        column.as_ref().map(|name| format!(", column {name}")).unwrap_or_default()
    )]
    RowImage {
        /// Where the event begins.
        place: Place,
        /// The table.
        table: TableName,
        /// The row's number in the event, from 0.
        row: u32,
        /// The column, where it got that far.
        column: Option<String>,
        /// What is wrong.
        fault: Fault,
    },
}
