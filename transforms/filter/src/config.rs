//! The `with:` block.

use schemars::JsonSchema;
use serde::Deserialize;
use sluicegate_sdk::scalar::Scalar;

/// Keeps the changes of some rows and drops those of the others. A change that moves a row in or out becomes an insert
/// or a delete, so that the target holds the rows that meet the condition and no others.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The tables that are meant, by full name or by a regular expression that the whole name must match. Others pass
    /// by. Left out: all tables.
    pub tables: Option<Vec<String>>,
    /// The condition on rows.
    #[serde(rename = "where")]
    pub condition: Option<Condition>,
    /// What happens to the rows for which `where` is true. Left out: `keep`.
    pub matched: Option<Matched>,
    /// The changes that pass, as they are after a move in or out was made an insert or a delete. Left out: all.
    pub kinds: Option<Vec<Kind>>,
    /// Take an unknown value before an update for the one after it, rather than reject the row. Only right where the
    /// columns of `where` never change.
    #[serde(default)]
    pub assume_unchanged: bool,
}

/// What happens to the rows for which the condition is true.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Matched {
    /// They are kept, the others dropped: those for which it is false and those for which it is unknown.
    #[default]
    Keep,
    /// They are dropped, the others kept.
    Drop,
}

/// What a change does.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A row that was not there before.
    Insert,
    /// A row that changed.
    Update,
    /// A row that is gone.
    Delete,
}

/// A condition: `all`, `any` or `not` of others, or a test of a column or of what is known about the row. Several tests
/// of one column must all hold.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// All of these hold.
    pub all: Option<Vec<Condition>>,
    /// One of these holds.
    pub any: Option<Vec<Condition>>,
    /// This does not hold.
    pub not: Option<Box<Condition>>,
    /// The column that is tested.
    pub column: Option<String>,
    /// What is known about the row is tested instead of a column.
    pub meta: Option<Meta>,
    /// It is this value. Values are written as text or number and read in the column's type.
    pub eq: Option<Scalar>,
    /// It is another value than this.
    pub ne: Option<Scalar>,
    /// It is less than this.
    pub lt: Option<Scalar>,
    /// It is this or less.
    pub le: Option<Scalar>,
    /// It is greater than this.
    pub gt: Option<Scalar>,
    /// It is this or greater.
    pub ge: Option<Scalar>,
    /// It is one of these.
    #[serde(rename = "in")]
    pub within: Option<Vec<Scalar>>,
    /// It is none of these.
    pub not_in: Option<Vec<Scalar>>,
    /// The text is like this: `%` stands for any characters, `_` for one, `\` takes the meaning of the next.
    pub like: Option<String>,
    /// The text holds what this regular expression finds; `^` and `$` tie it to the ends.
    pub matches: Option<String>,
    /// The text begins with this.
    pub starts_with: Option<String>,
    /// The text ends with this.
    pub ends_with: Option<String>,
    /// The text contains this.
    pub contains: Option<String>,
    /// Whether it is NULL.
    pub is_null: Option<bool>,
    /// Whether the source did not say it.
    pub is_missing: Option<bool>,
}

/// What is known about a row beside its columns.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq, Hash)]
#[serde(rename_all = "snake_case")]
pub enum Meta {
    /// When the source says that it happened.
    EventTime,
    /// When it was read.
    IngestTime,
    /// The partition that it came from.
    Partition,
    /// Its offset there.
    Offset,
}

impl Meta {
    /// Its name in the interface.
    pub fn name(self) -> &'static str {
        match self {
            Self::EventTime => "event-time",
            Self::IngestTime => "ingest-time",
            Self::Partition => "partition",
            Self::Offset => "offset",
        }
    }

    /// Its type.
    pub fn data_type(self) -> &'static str {
        match self {
            Self::EventTime | Self::IngestTime => "timestamp(us,UTC)",
            Self::Partition => "int32",
            Self::Offset => "int64",
        }
    }
}
