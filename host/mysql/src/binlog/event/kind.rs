//! The numbers of the kinds of events.

/// A statement.
pub const QUERY: u8 = 2;
/// The log ends; the server stopped.
pub const STOP: u8 = 3;
/// The log goes on in another file.
pub const ROTATE: u8 = 4;
/// A value for a statement.
pub const INTVAR: u8 = 5;
/// Data of `LOAD DATA` in statement format.
pub const APPEND_BLOCK: u8 = 9;
/// Data of `LOAD DATA` in statement format is to be removed.
pub const DELETE_FILE: u8 = 11;
/// A seed for a statement.
pub const RAND: u8 = 13;
/// A variable for a statement.
pub const USER_VAR: u8 = 14;
/// What the log says about itself.
pub const FORMAT_DESCRIPTION: u8 = 15;
/// A transaction commits.
pub const XID: u8 = 16;
/// Data of `LOAD DATA` in statement format begins.
pub const BEGIN_LOAD_QUERY: u8 = 17;
/// `LOAD DATA` in statement format.
pub const EXECUTE_LOAD_QUERY: u8 = 18;
/// The table of the rows that follow.
pub const TABLE_MAP: u8 = 19;
/// Inserted rows.
pub const WRITE_ROWS_V1: u8 = 23;
/// Updated rows.
pub const UPDATE_ROWS_V1: u8 = 24;
/// Deleted rows.
pub const DELETE_ROWS_V1: u8 = 25;
/// Changes are missing from the log.
pub const INCIDENT: u8 = 26;
/// The server is alive.
pub const HEARTBEAT: u8 = 27;
/// To be passed over.
pub const IGNORABLE: u8 = 28;
/// The statement that made the rows that follow.
pub const ROWS_QUERY: u8 = 29;
/// Inserted rows.
pub const WRITE_ROWS: u8 = 30;
/// Updated rows.
pub const UPDATE_ROWS: u8 = 31;
/// Deleted rows.
pub const DELETE_ROWS: u8 = 32;
/// The name of the transaction that follows.
pub const GTID: u8 = 33;
/// A transaction without a name follows.
pub const ANONYMOUS_GTID: u8 = 34;
/// The transactions before this file.
pub const PREVIOUS_GTIDS: u8 = 35;
/// Of group replication.
pub const TRANSACTION_CONTEXT: u8 = 36;
/// Of group replication.
pub const VIEW_CHANGE: u8 = 37;
/// An XA transaction is prepared, or committed in one phase.
pub const XA_PREPARE: u8 = 38;
/// Updated rows whose JSON may be given as differences.
pub const PARTIAL_UPDATE_ROWS: u8 = 39;
/// A compressed transaction.
pub const TRANSACTION_PAYLOAD: u8 = 40;
/// The server is alive, in a log beyond 4 GiB.
pub const HEARTBEAT_V2: u8 = 41;
/// The name, with a tag, of the transaction that follows.
pub const GTID_TAGGED: u8 = 42;
/// MariaDB: the statement that made the rows that follow.
pub const ANNOTATE_ROWS: u8 = 160;
/// MariaDB: the oldest file that recovery needs.
pub const BINLOG_CHECKPOINT: u8 = 161;
/// MariaDB: the name of the transaction that follows.
pub const MARIADB_GTID: u8 = 162;
/// MariaDB: the transactions before this file.
pub const GTID_LIST: u8 = 163;
/// MariaDB: the rest of the file is encrypted.
pub const START_ENCRYPTION: u8 = 164;
/// MariaDB: a compressed statement.
pub const QUERY_COMPRESSED: u8 = 165;
/// MariaDB: compressed inserted rows.
pub const WRITE_ROWS_COMPRESSED_V1: u8 = 166;
/// MariaDB: compressed updated rows.
pub const UPDATE_ROWS_COMPRESSED_V1: u8 = 167;
/// MariaDB: compressed deleted rows.
pub const DELETE_ROWS_COMPRESSED_V1: u8 = 168;
/// MariaDB: compressed inserted rows.
pub const WRITE_ROWS_COMPRESSED: u8 = 169;
/// MariaDB: compressed updated rows.
pub const UPDATE_ROWS_COMPRESSED: u8 = 170;
/// MariaDB: compressed deleted rows.
pub const DELETE_ROWS_COMPRESSED: u8 = 171;
/// MariaDB 12: a part of an event of rows.
pub const PARTIAL_ROW_DATA: u8 = 172;

/// The name of a kind, as the servers' tools print it.
pub const fn name(kind: u8) -> &'static str {
    match kind {
        QUERY => "Query",
        STOP => "Stop",
        ROTATE => "Rotate",
        INTVAR => "Intvar",
        APPEND_BLOCK => "Append_block",
        DELETE_FILE => "Delete_file",
        RAND => "RAND",
        USER_VAR => "User var",
        FORMAT_DESCRIPTION => "Format_desc",
        XID => "Xid",
        BEGIN_LOAD_QUERY => "Begin_load_query",
        EXECUTE_LOAD_QUERY => "Execute_load_query",
        TABLE_MAP => "Table_map",
        WRITE_ROWS_V1 => "Write_rows_v1",
        UPDATE_ROWS_V1 => "Update_rows_v1",
        DELETE_ROWS_V1 => "Delete_rows_v1",
        INCIDENT => "Incident",
        HEARTBEAT => "Heartbeat",
        IGNORABLE => "Ignorable",
        ROWS_QUERY => "Rows_query",
        WRITE_ROWS => "Write_rows",
        UPDATE_ROWS => "Update_rows",
        DELETE_ROWS => "Delete_rows",
        GTID => "Gtid",
        ANONYMOUS_GTID => "Anonymous_Gtid",
        PREVIOUS_GTIDS => "Previous_gtids",
        TRANSACTION_CONTEXT => "Transaction_context",
        VIEW_CHANGE => "View_change",
        XA_PREPARE => "XA_prepare",
        PARTIAL_UPDATE_ROWS => "Update_rows_partial",
        TRANSACTION_PAYLOAD => "Transaction_payload",
        HEARTBEAT_V2 => "Heartbeat_v2",
        GTID_TAGGED => "Gtid_tagged_log",
        ANNOTATE_ROWS => "Annotate_rows",
        BINLOG_CHECKPOINT => "Binlog_checkpoint",
        MARIADB_GTID => "Gtid (MariaDB)",
        GTID_LIST => "Gtid_list",
        START_ENCRYPTION => "Start_encryption",
        QUERY_COMPRESSED => "Query_compressed",
        WRITE_ROWS_COMPRESSED_V1 => "Write_rows_compressed_v1",
        UPDATE_ROWS_COMPRESSED_V1 => "Update_rows_compressed_v1",
        DELETE_ROWS_COMPRESSED_V1 => "Delete_rows_compressed_v1",
        WRITE_ROWS_COMPRESSED => "Write_rows_compressed",
        UPDATE_ROWS_COMPRESSED => "Update_rows_compressed",
        DELETE_ROWS_COMPRESSED => "Delete_rows_compressed",
        PARTIAL_ROW_DATA => "Partial_row_data",
        _ => "unknown",
    }
}
