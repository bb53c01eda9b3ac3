//! The `with:` block.

mod cast;
mod constant;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use sluicegate_sdk::ordered::Ordered;

pub use cast::{Cast, OnBad};
pub use constant::{Constant, Scalar};

/// Maps tables, and the names, types and order of their columns.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// What is done to which tables. The first entry that matches a table counts.
    pub tables: Vec<Rule>,
    /// What happens to the rows of a table that no entry matches.
    #[serde(default)]
    pub unmatched: Unmatched,
    /// What happens where an entry names a column that the table lacks.
    #[serde(default)]
    pub missing_columns: MissingColumns,
}

/// What is done to the tables that one pattern matches. `keep`, `drop` and `rename` speak of columns by the names
/// that they come in with; everything else by the names that they go out with.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// A table's full name, or a regular expression that the whole name must match.
    pub r#match: String,
    /// The table that rows go to. `{1}` or `{name}` is a group of the pattern, `{table}` the table's full name.
    /// Left out: the same table.
    pub to: Option<String>,
    /// Only these columns stay.
    pub keep: Option<Vec<String>>,
    /// These columns go.
    #[serde(default)]
    pub drop: Vec<String>,
    /// New names by old ones.
    #[serde(default)]
    pub rename: BTreeMap<String, String>,
    /// The case of all other columns' names.
    #[serde(default)]
    pub name_case: NameCase,
    /// Types by column: a name such as `int64`, `decimal(18,2)`, `timestamp`, or a block that also says what
    /// happens to a cell that does not fit.
    #[serde(default)]
    pub cast: Ordered<Cast>,
    /// Columns with the same value in every row.
    #[serde(default)]
    pub add: Ordered<Constant>,
    /// Columns filled with what is known about each row.
    #[serde(default)]
    pub meta: Ordered<MetaColumn>,
    /// These columns first, in this order; the others follow as they are.
    #[serde(default)]
    pub order: Vec<String>,
    /// Another primary key. Left out: the source's, under its columns' new names.
    pub primary_key: Option<Vec<String>>,
    /// With another primary key: take an unknown key before an update for the one after it, rather than reject the
    /// row. Only right where these columns never change.
    #[serde(default)]
    pub assume_unchanged: bool,
    /// The zone of times without one, for casts: `Asia/Shanghai`. Left out: the pipeline's.
    pub time_zone: Option<String>,
}

/// What happens to the rows of a table that no entry matches.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Unmatched {
    /// They go on as they are.
    #[default]
    Pass,
    /// They are dropped.
    Drop,
    /// They go to the dead letters.
    Reject,
}

/// What happens where an entry names a column that the table lacks.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum MissingColumns {
    /// The name is passed over, with a line in the log: a batch of partial rows may lack a column that the table has.
    #[default]
    Ignore,
    /// The pipeline stops, and says which name it was.
    Stop,
}

/// The case of columns' names.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum NameCase {
    /// As they come in.
    #[default]
    Keep,
    /// In lower case.
    Lower,
    /// In upper case.
    Upper,
}

impl NameCase {
    /// A name in this case.
    pub fn apply(self, name: &str) -> String {
        match self {
            Self::Keep => name.to_owned(),
            Self::Lower => name.to_lowercase(),
            Self::Upper => name.to_uppercase(),
        }
    }
}

/// What is known about a row.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum MetaColumn {
    /// When the source made the change: timestamp(us,UTC).
    EventTime,
    /// When the record entered Kafka or the log was read: timestamp(us,UTC).
    IngestTime,
    /// The message's key: binary.
    Key,
    /// The partition that the message came from: int32.
    Partition,
    /// The message's offset: int64.
    Offset,
    /// The message's headers: map(utf8,binary).
    Headers,
    /// The position that the producer gave the change: utf8.
    SourcePosition,
    /// The transaction that made the change, by the source's own name for it: utf8.
    Transaction,
    /// What the row does, by its code: 0 insert, 1 update-before, 2 update-after, 3 delete: uint8.
    Kind,
    /// The same as `+I`, `-U`, `+U`, `-D`: utf8.
    KindName,
    /// The table that the row came from: utf8.
    Table,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_block_of_the_documentation_reads() {
        let text = r#"{
            "tables": [{
                "match": "SHOP\\.ORDERS_(\\d+)", "to": "ods.orders_{1}", "name_case": "lower",
                "rename": {"ORDER_ID": "id"}, "drop": ["JUNK"], "order": ["id", "amount"],
                "cast": {"amount": "decimal(18,2)", "paid": {"type": "timestamp", "on_bad": "null", "format": "%Y"}},
                "add": {"shard": {"value": "{1}", "type": "int"}, "source": "ogg", "v": 1},
                "meta": {"changed_at": "event-time"}, "primary_key": ["id"], "time_zone": "Asia/Shanghai"
            }],
            "unmatched": "reject"
        }"#;
        let config: Config = serde_json::from_str(text).unwrap();
        assert_eq!(config.unmatched, Unmatched::Reject);
        assert_eq!(config.tables[0].meta.get("changed_at"), Some(&MetaColumn::EventTime));
    }

    #[test]
    fn a_misspelt_key_is_refused() {
        let error =
            serde_json::from_str::<Config>(r#"{"tables": [{"match": "a", "renam": {}}]}"#).unwrap_err();
        assert!(error.to_string().contains("unknown field `renam`"), "{error}");
    }
}
