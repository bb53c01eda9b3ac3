//! What a sink is told.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use sluicegate_connector::Error;
use sluicegate_model::{ByteSize, TimeSpan};
use sluicegate_tables::OnSchemaChange;
use sluicegate_tables::name::same;

use super::form::{self, Compression, FormatChoice};
use super::plan::PlannedColumn;

/// Writing to tables.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "StarRocksSinkOptions")]
pub struct SinkOptions {
    /// The table of each output. May hold `{table}`, the output's name, and its parts `{database}` and `{name}`. A name
    /// without a database is in that of the connection.
    pub table: String,
    /// What becomes of a row.
    pub write: WriteMode,
    /// Whether a row may be there twice after a crash.
    pub delivery: Delivery,
    /// Where positions are kept: StarRocks keeps none. `source`; `{ file: DIRECTORY }`, relative to the pipeline file, for one
    /// process at a time; or `{ mysql: NAME }`, a connection of that name, in whose table `sluicegate_positions` they are.
    pub positions: PositionsAt,
    /// The form of rows in plain loads, those of `delivery: at-least-once`. Loads in transactions are JSON.
    pub format: FormatChoice,
    /// How plain loads are compressed on their way. Worth its CPU time, here and in the cluster, where the network is slow.
    pub compression: Compression,
    /// Bytes of rows that wait in memory. What is more goes to the cluster before the epoch ends, as a load of its own.
    pub buffer: ByteSize,
    /// Makes tables that are missing, from the columns and the key of the rows. Default: false, a missing table is an
    /// error.
    pub create_tables: bool,
    /// Copies of each row in tables that are made. Default: as many as the cluster makes.
    pub copies: Option<u16>,
    /// What to do about a column that the table does not have.
    pub on_schema_change: OnSchemaChange,
    /// Columns of tables without a primary key in which rows of a Kafka topic say where they came from (`meta` of the step
    /// `schema-map` puts it there). Where the cluster has forgotten whether a load was committed, the rows are looked for by
    /// them; otherwise the pipeline stops and a person has to look.
    pub position_columns: Option<PositionColumns>,
    /// A column whose value decides: a row takes the place of another only where it is not smaller.
    pub merge_condition: Option<String>,
    /// How long a load may wait to be prepared. After that the cluster gives it up.
    pub load_timeout: TimeSpan,
    /// How long the cluster keeps what is prepared for a process that died before it could commit it.
    pub prepared_timeout: TimeSpan,
    /// Headers of every load beside those that are set anyway, by the names of the cluster.
    pub headers: BTreeMap<String, String>,
}

/// What becomes of a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WriteMode {
    /// The table, one with a primary key, follows the rows: a row is inserted or takes the place of the one with its key,
    /// a delete removes it.
    #[default]
    Upsert,
    /// Rows are added, for tables without a primary key. Of an update the row after it is added; a delete goes to the
    /// dead letters.
    Append,
    /// As each table is: `upsert` into those with a primary key, `append` to all others. A table that is made gets the
    /// primary key that the rows have.
    Auto,
}

impl WriteMode {
    /// Whether rows take the place of those with their keys, in a table that has, or will have, a primary key or not.
    pub(super) fn upserts(self, has_key: bool) -> bool {
        match self {
            Self::Upsert => true,
            Self::Append => false,
            Self::Auto => has_key,
        }
    }
}

/// Whether a row may be there twice after a crash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Delivery {
    /// Never: rows are prepared, then the position is decided, then they are committed.
    #[default]
    ExactlyOnce,
    /// It may: rows are loaded, then the position is decided. Fewer requests; enough for tables with a primary key, where
    /// the same row twice is one row.
    AtLeastOnce,
}

/// Where positions are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PositionsAt {
    /// Where rows come from, if that is Kafka: in the topic `__sluicegate_positions` of its cluster. Of files, in a
    /// directory beside the pipeline file that is called after the pipeline.
    #[default]
    Source,
    /// In a directory; relative to the pipeline file. One process of the pipeline runs at a time.
    File(String),
    /// In the table `sluicegate_positions` of a MySQL or MariaDB: the name of a connection under `connections:`, with a
    /// database.
    #[serde(rename = "mysql")]
    MySql(String),
}

/// Columns that say where a row came from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PositionColumns {
    /// The column of the partition's number.
    pub partition: String,
    /// The column of the offset.
    pub offset: String,
    /// The column of the topic; needed where a table gets rows of several.
    pub topic: Option<String>,
}

impl PositionColumns {
    /// Whether all of them are written.
    pub(super) fn are_in(&self, columns: &[PlannedColumn]) -> bool {
        let mut names =
            [Some(&self.partition), Some(&self.offset), self.topic.as_ref()].into_iter().flatten();
        names.all(|name| columns.iter().any(|column| same(&column.name, name)))
    }
}

/// Headers that are set by the sink: what they carry is guaranteed.
const OWN: [&str; 26] = [
    "label",
    "db",
    "table",
    "format",
    "columns",
    "jsonpaths",
    "json_root",
    "strip_outer_array",
    "where",
    "max_filter_ratio",
    "strict_mode",
    "partial_update",
    "merge_condition",
    "timeout",
    "prepared_timeout",
    "timezone",
    "compression",
    "content-encoding",
    "column_separator",
    "row_delimiter",
    "enclose",
    "escape",
    "transaction_type",
    // Labels count for nothing there.
    "enable_merge_commit",
    "negative",
    "authorization",
];

impl Default for SinkOptions {
    fn default() -> Self {
        Self {
            table: "{table}".to_owned(),
            write: WriteMode::default(),
            delivery: Delivery::default(),
            positions: PositionsAt::default(),
            format: FormatChoice::default(),
            compression: Compression::default(),
            buffer: ByteSize(64 << 20),
            create_tables: false,
            copies: None,
            on_schema_change: OnSchemaChange::default(),
            position_columns: None,
            merge_condition: None,
            load_timeout: TimeSpan(Duration::from_mins(10)),
            prepared_timeout: TimeSpan(Duration::from_hours(24)),
            headers: BTreeMap::new(),
        }
    }
}

impl SinkOptions {
    /// Looks whether the options fit together.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`].
    pub fn check(&self) -> Result<(), Error> {
        if !(1 << 16..=1 << 30).contains(&self.buffer.0) {
            return Err(Error::configuration("`buffer` of the sink may be 64 KiB to 1 GiB"));
        }
        if self.load_timeout.0 < Duration::from_secs(10) {
            return Err(Error::configuration("`load_timeout` of the sink may be 10 s or more"));
        }
        for name in self.headers.keys() {
            let token = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
            if OWN.iter().any(|own| own.eq_ignore_ascii_case(name))
                || name.is_empty()
                || !name.bytes().all(token)
            {
                let what = format!("`headers` of the sink cannot have {name:?}");
                return Err(
                    Error::configuration(what).help("the sink sets it itself, or it is no name of a header")
                );
            }
        }
        if self.write == WriteMode::Append && self.merge_condition.is_some() {
            return Err(Error::configuration(
                "`merge_condition` of the sink is for tables with a primary key",
            ));
        }
        form::check(self)?;
        super::destination::destination(&self.table).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_checked() {
        let check = |json: &str| serde_json::from_str::<SinkOptions>(json).unwrap().check();
        assert!(check(r#"{"write": "append", "headers": {"load_dop": "1"}}"#).is_ok());
        for json in [
            r#"{"headers": {"Strict_Mode": "false"}}"#,
            r#"{"headers": {"a: b": "c"}}"#,
            r#"{"table": "{tabel}"}"#,
            r#"{"buffer": "1KiB"}"#,
            r#"{"write": "append", "merge_condition": "ts"}"#,
        ] {
            assert!(check(json).is_err(), "{json}");
        }
        assert!(serde_json::from_str::<SinkOptions>(r#"{"tabel": "x"}"#).is_err());
    }
}
