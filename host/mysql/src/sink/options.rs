//! What a sink is told.

use schemars::JsonSchema;
use serde::Deserialize;
use sluicegate_connector::Error;
use sluicegate_model::ByteSize;
use sluicegate_tables::OnSchemaChange;

/// Writing to tables.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "MySqlSinkOptions")]
pub struct SinkOptions {
    /// The table of each output. May hold `{table}`, the output's name, and its parts `{database}` and `{name}`. A name
    /// without a database is in that of the connection. Default: `{table}`.
    #[serde(default = "table")]
    pub table: String,
    /// What becomes of a row.
    #[serde(default)]
    pub write: WriteMode,
    /// By what statements rows are added.
    #[serde(default)]
    pub mode: WriteBy,
    /// Connections that write at once. Rows of one key are always on the same. Default: 1.
    #[serde(default = "one")]
    pub writers: u16,
    /// The size of one statement.
    #[serde(default)]
    pub batch: BatchOptions,
    /// Makes tables that are missing, from the columns and the key of the rows. Default: false, a missing table is an
    /// error.
    #[serde(default)]
    pub create_tables: bool,
    /// What to do about a column that the table does not have.
    #[serde(default)]
    pub on_schema_change: OnSchemaChange,
    /// What to do where the server cannot add a column at once, but has to build the table anew.
    #[serde(default)]
    pub online_ddl: OnlineDdl,
    /// Modes beside the strict ones that every session has, by their names in `sql_mode`.
    #[serde(default)]
    pub sql_mode: Vec<String>,
    /// Statements that every session runs first, such as `SET SESSION sql_log_bin = 0`.
    #[serde(default)]
    pub init: Vec<String>,
}

fn table() -> String {
    "{table}".to_owned()
}

fn one() -> u16 {
    1
}

/// What becomes of a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WriteMode {
    /// The table follows the rows: a row is inserted or takes the place of the one with its key, a delete removes it.
    /// Where neither the rows nor the table have a key, rows are added.
    #[default]
    Upsert,
    /// Rows are added. One whose key is there already goes to the dead letters, and so does a delete.
    Insert,
    /// As `upsert`, by `REPLACE`: what other columns the table has is set to their defaults.
    Replace,
}

/// By what statements rows are added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WriteBy {
    /// Many new rows by `LOAD DATA LOCAL INFILE` where the server allows it (`local_infile`), all else by `INSERT`.
    #[default]
    Auto,
    /// `INSERT`.
    Insert,
    /// As `auto`; a server that does not allow it is an error.
    Load,
}

/// The size of one statement. The server's `max_allowed_packet` bounds it too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BatchOptions {
    /// Rows, at most.
    pub rows: usize,
    /// Bytes, at most, where one row is not larger.
    pub bytes: ByteSize,
}

impl Default for BatchOptions {
    fn default() -> Self {
        Self { rows: 5_000, bytes: ByteSize(1 << 20) }
    }
}

/// What to do where a table has to be built anew for a column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnlineDdl {
    /// Stop, with the statement: a person runs it when it suits.
    #[default]
    Stop,
    /// Let the server do it while others read and write the table. The pipeline waits, however long it takes.
    Allow,
}

/// Modes that change what a statement means, or how strict the server is.
const REFUSED_MODES: [&str; 9] = [
    "ANSI",
    "ANSI_QUOTES",
    "ORACLE",
    "MSSQL",
    "DB2",
    "POSTGRESQL",
    "MAXDB",
    "TRADITIONAL",
    "EMPTY_STRING_IS_NULL",
];

impl Default for SinkOptions {
    fn default() -> Self {
        Self {
            table: table(),
            write: WriteMode::default(),
            mode: WriteBy::default(),
            writers: 1,
            batch: BatchOptions::default(),
            create_tables: false,
            on_schema_change: OnSchemaChange::default(),
            online_ddl: OnlineDdl::default(),
            sql_mode: Vec::new(),
            init: Vec::new(),
        }
    }
}

impl SinkOptions {
    /// Looks whether the options fit together.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`].
    pub fn check(&self) -> Result<(), Error> {
        if !(1..=64).contains(&self.writers) {
            let what = format!("`writers` of the sink is {}, and may be 1 to 64", self.writers);
            return Err(Error::configuration(what));
        }
        if self.batch.rows == 0 || self.batch.bytes.0 == 0 {
            return Err(Error::configuration("`batch` of the sink allows no row"));
        }
        let word =
            |mode: &str| !mode.is_empty() && mode.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        for mode in &self.sql_mode {
            if !word(mode) || REFUSED_MODES.iter().any(|refused| refused.eq_ignore_ascii_case(mode)) {
                let what = format!("`sql_mode` of the sink cannot have {mode:?}");
                return Err(Error::configuration(what).help(
                    "it changes what statements mean; modes such as PAD_CHAR_TO_FULL_LENGTH may stand there",
                ));
            }
        }
        super::destination::destination(&self.table).map(|_| ())
    }

    /// Whether a target has rows of one output alone, so that it can be emptied when that is.
    pub fn keeps_tables_apart(&self) -> bool {
        super::destination::destination(&self.table).is_ok_and(|table| table.keeps_tables_apart())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_checked() {
        let check = |json: &str| serde_json::from_str::<SinkOptions>(json).unwrap().check();
        assert!(check(r#"{"write": "insert", "sql_mode": ["PAD_CHAR_TO_FULL_LENGTH"]}"#).is_ok());
        for json in [
            r#"{"sql_mode": ["ANSI_QUOTES"]}"#,
            r#"{"sql_mode": ["x' --"]}"#,
            r#"{"writers": 0}"#,
            r#"{"table": "{tabel}"}"#,
            r#"{"batch": {"rows": 0}}"#,
        ] {
            assert!(check(json).is_err(), "{json}");
        }
        assert!(serde_json::from_str::<SinkOptions>(r#"{"tabel": "x"}"#).is_err());
    }
}
