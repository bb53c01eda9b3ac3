//! What may be set about the form of values.

use schemars::JsonSchema;
use serde::Deserialize;

/// How a decimal is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Decimals {
    /// As a bare number with all of its digits: `12.50`. The default.
    #[default]
    Number,
    /// As a string with all of its digits, for readers that take every number for a binary float: `"12.50"`.
    String,
}

/// How a date with a time is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Timestamps {
    /// As ISO 8601 has it: `2024-05-22T09:50:40.123`, with a `Z` at the end where the column is in UTC. The default.
    #[default]
    Iso,
    /// As SQL has it: `2024-05-22 09:50:40.123`, in UTC where the column is.
    Sql,
    /// As a number: the time since 1970 in the column's own unit, microseconds unless a step made another.
    Epoch,
}
