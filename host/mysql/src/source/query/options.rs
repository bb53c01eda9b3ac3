//! What a query is told.

use schemars::JsonSchema;
use serde::Deserialize;
use sluicegate_model::ByteSize;

use crate::source::options::OnZeroDate;

/// Rows that a query answers with, once: for jobs that run by day, as over the rows of yesterday.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "MySqlQueryOptions")]
pub struct QueryOptions {
    /// What is asked. `{table}` stands for a table, each of `tables` in turn; `{part}` for the condition of a part of it, by
    /// which it is read in parts, several at once: `SELECT id, amount FROM {table} WHERE {part}`. In a query of several
    /// tables `{part:o}` is about the one that is called `o` there. `{name}` is the table's name as text. Default:
    /// `SELECT * FROM {table} WHERE {part}`.
    #[serde(default = "all")]
    pub sql: String,
    /// Tables: names, as `database.table` or `table`; runs of numbered ones, `order_00..order_63`; and regular expressions
    /// over full names, which begin with `^`.
    #[serde(default)]
    pub tables: Vec<String>,
    /// A query that names the tables: each of its rows is a table's name, or a database's and a table's.
    pub tables_sql: Option<String>,
    /// A condition that `{part}` has in it, so that parts are of the rows that it leaves.
    #[serde(rename = "where")]
    pub filter: Option<String>,
    /// Columns by which a table is divided into parts, none of which may be NULL. Default: its primary key.
    pub split_by: Option<Vec<String>>,
    /// The name of the rows' table. All tables then must have the same columns. Default: each table's own name.
    pub into: Option<String>,
    /// The primary key of the rows. Default: that of their table, where the query has all of its columns; else none.
    pub key: Option<Vec<String>>,
    /// Whether a query that was read to its end is read again by the next start. Without it, it is read once: a start with
    /// another query, or with other dates (`$[yyyy-MM-dd]`) anywhere in the file, reads again. Default: false.
    #[serde(default)]
    pub repeat: bool,
    /// Parts that are read at once, each by a connection. Default: 2.
    #[serde(default = "readers")]
    pub readers: u16,
    /// Bytes of a part, about. A part is held in memory. Default: 4MiB.
    #[serde(default = "part")]
    pub part: ByteSize,
    /// What becomes of dates that are none, such as `0000-00-00`.
    #[serde(default)]
    pub zero_dates: OnZeroDate,
}

fn all() -> String {
    "SELECT * FROM {table} WHERE {part}".to_owned()
}

fn readers() -> u16 {
    2
}

fn part() -> ByteSize {
    ByteSize(4 << 20)
}

impl QueryOptions {
    /// All rows of tables.
    pub fn of_tables(tables: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            sql: all(),
            tables: tables.into_iter().map(Into::into).collect(),
            tables_sql: None,
            filter: None,
            split_by: None,
            into: None,
            key: None,
            repeat: false,
            readers: readers(),
            part: part(),
            zero_dates: OnZeroDate::default(),
        }
    }

    /// Tells this query from every other, on the days that it is about: what its rows are depends on nothing else.
    pub(super) fn identity(&self, dates: &[String]) -> String {
        let Self { sql, tables, tables_sql, filter, split_by, into, key, .. } = self;
        let all = format!("{:?}", (sql, tables, tables_sql, filter, split_by, into, key, dates));
        format!("{:032x}", xxhash_rust::xxh3::xxh3_128(all.as_bytes()))
    }
}
