//! What a source is told.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use sluicegate_model::{ByteSize, Moment, TimeSpan};

use super::query::QueryOptions;
use crate::Connection;
use crate::binlog::ZeroDates;

/// Reading the changes of tables from the binlog.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "MySqlSourceOptions")]
pub struct SourceOptions {
    /// Tables, as `database.table`; a name without a database is in that of the connection. One that begins with `^` is a
    /// regular expression over all names, which must match the whole of one; tables that are made later and match are
    /// read too. Required, unless there is a `query`.
    #[serde(default)]
    pub tables: Vec<String>,
    /// Tables that are not read, though `tables` has them. Names and expressions as there.
    #[serde(default)]
    pub exclude_tables: Vec<String>,
    /// Columns that are not read, as `database.table.column`. Names and expressions as in `tables`.
    #[serde(default)]
    pub exclude_columns: Vec<String>,
    /// Where a pipeline that has never run begins. One that has run goes on where it was.
    #[serde(default)]
    pub start: Start,
    /// How tables are read where the pipeline begins with their rows.
    #[serde(default)]
    pub snapshot: SnapshotOptions,
    /// What is done where the server has removed the part of its log that is to be read next.
    #[serde(default)]
    pub on_purged: OnPurged,
    /// More servers that have the same transactions: the replicas of the connection's `url`, or what it is a replica of, as
    /// `mysql://HOST:PORT`. Where one cannot be read on, the next is taken that has all transactions that were read. They
    /// need GTIDs, and a user and `tls` as the connection has them.
    #[serde(default)]
    pub urls: Vec<String>,
    /// The number under which the server knows this reader: another than that of every server and every other reader. A
    /// second reader of the same number ends the first. Default: made of the pipeline's and the instance's names.
    pub server_id: Option<u32>,
    /// Where the names of columns come from.
    #[serde(default)]
    pub columns_from: ColumnsFrom,
    /// What becomes of dates that are none, such as `0000-00-00`: servers without strict modes hold them.
    #[serde(default)]
    pub zero_dates: OnZeroDate,
    /// How often the server says that it is alive when it has nothing else to say. After three times as long without
    /// a word the connection is made anew. Default: 10s.
    #[serde(default = "heartbeat")]
    pub heartbeat: TimeSpan,
    /// Rows that a query answers with, instead of the binlog: no key but those of the connection may stand beside it.
    pub query: Option<QueryOptions>,
}

fn heartbeat() -> TimeSpan {
    TimeSpan(Duration::from_secs(10))
}

impl SourceOptions {
    /// Options with everything but the tables at its default.
    pub fn new(tables: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            tables: tables.into_iter().map(Into::into).collect(),
            exclude_tables: Vec::new(),
            exclude_columns: Vec::new(),
            start: Start::default(),
            snapshot: SnapshotOptions::default(),
            on_purged: OnPurged::default(),
            urls: Vec::new(),
            server_id: None,
            columns_from: ColumnsFrom::default(),
            zero_dates: OnZeroDate::default(),
            heartbeat: heartbeat(),
            query: None,
        }
    }

    /// The servers that may be read, in the order in which they are tried.
    pub(super) fn servers(&self, connection: &Connection) -> Vec<Connection> {
        let others = self.urls.iter().map(|url| Connection { url: url.clone(), ..connection.clone() });
        std::iter::once(connection.clone()).chain(others).collect()
    }

    /// The tables that are named, and not by an expression.
    pub fn names(&self) -> Vec<String> {
        if let Some(query) = &self.query {
            return query.into.iter().cloned().collect();
        }
        self.tables.iter().filter(|table| !table.starts_with('^')).cloned().collect()
    }
}

/// Where a pipeline begins that has never run.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    /// With the rows that the tables have: they are read while changes are, and then changes alone. Tables that are added
    /// to `tables` later are read too.
    #[default]
    Snapshot,
    /// Nowhere: a pipeline that has never run stops, and asks for one of the others.
    Committed,
    /// At the first transaction that the server still has.
    Earliest,
    /// After the last transaction that was there at the start.
    Latest,
    /// At the first transaction of this time or later.
    Timestamp(Moment),
    /// After these transactions: `UUID:1-5` of MySQL, `0-1-9` of MariaDB, as `gtid_executed` and `gtid_binlog_pos` show
    /// them.
    Gtid(String),
    /// At a transaction's beginning in a file: `binlog.000003:1234`.
    File(String),
}

/// How tables are read.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SnapshotOptions {
    /// Parts of a table that are read at once, each by a connection. Default: 2.
    pub readers: u16,
    /// Bytes of a part, about. A part is held in memory, and read again where the process ends before it was given.
    /// Default: 4MiB.
    pub part: ByteSize,
}

impl Default for SnapshotOptions {
    fn default() -> Self {
        Self { readers: 2, part: ByteSize(4 << 20) }
    }
}

/// What is done where the server has removed the part of its log that is to be read next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OnPurged {
    /// The pipeline stops, and says what the server still has.
    #[default]
    Stop,
    /// All tables are copied anew, and the log is read on from its end. Rows that were deleted in the gap stay in targets.
    /// Tables without a primary key stop the pipeline: their rows would be there twice.
    Resnapshot,
}

/// Where the names of columns come from, the labels of ENUM and SET, and what else the log has only under
/// `binlog_row_metadata=FULL`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ColumnsFrom {
    /// From the log: always right. A table that the log does not describe in full stops the pipeline.
    #[default]
    Log,
    /// Where the log has none, from information_schema as it is at the start and after each change of a table. Right as
    /// long as no table that is read was changed between the position and now.
    InformationSchema,
}

/// What becomes of dates that are none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OnZeroDate {
    /// The row goes to the dead letters.
    #[default]
    Reject,
    /// NULL.
    Null,
    /// All columns of dates become text, as the server prints them.
    Text,
}

impl From<OnZeroDate> for ZeroDates {
    fn from(policy: OnZeroDate) -> Self {
        match policy {
            OnZeroDate::Reject => Self::Reject,
            OnZeroDate::Null => Self::Null,
            OnZeroDate::Text => Self::Text,
        }
    }
}

/// Where a run stops.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Until {
    /// At the end of the log as it was when the lane was first started.
    End,
    /// At the first transaction of this time or later.
    Time(Moment),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_is_a_word_or_a_map() {
        let start = |json: &str| {
            let options = format!(r#"{{"tables": ["shop.orders"], "start": {json}}}"#);
            serde_json::from_str::<SourceOptions>(&options).map(|options| options.start)
        };
        assert_eq!(start("\"latest\"").unwrap(), Start::Latest);
        assert_eq!(start("{\"timestamp\": 17}").unwrap(), Start::Timestamp(Moment(17)));
        assert_eq!(start("{\"gtid\": \"0-1-9\"}").unwrap(), Start::Gtid("0-1-9".to_owned()));
        assert!(start("\"first\"").is_err());
    }
}
