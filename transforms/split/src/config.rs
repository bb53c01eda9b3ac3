//! The `with:` block.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};
use sluicegate_sdk::kernels::Algorithm;
use sluicegate_sdk::ordered::Ordered;

/// Splits rows over several outputs, or copies them to each. One of `into`, `ranges`, `values` and `copy` says how.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The columns by which rows are split. Several with `into`, one with `ranges` and `values`, none with `copy`.
    #[serde(default)]
    pub by: Vec<String>,
    /// Split over this many outputs by a hash: the output is the hash modulo this number.
    pub into: Option<u32>,
    /// The hash for `into`. Left out: `murmur2`.
    pub hash: Option<Hash>,
    /// The table of each output of `into`. `{n}` is the output's number from 0, `{table}` the table that rows come
    /// from. Left out: `{table}-{n}`.
    pub to: Option<String>,
    /// Split by ranges: each takes what is below its bound and not below the one before it; the last may have no
    /// bound.
    pub ranges: Option<Vec<Range>>,
    /// Split by lists of values: the table of an output, and its values.
    pub values: Option<Ordered<Vec<Value>>>,
    /// The table of the rows that no range and no list takes, NULL among them.
    pub other: Option<String>,
    /// Without `other`: what happens to these rows.
    pub unmatched: Option<Unmatched>,
    /// Copy every row to each of these tables.
    pub copy: Option<Vec<String>>,
    /// Columns of single outputs, by the output's number or its table as it is written here.
    #[serde(default)]
    pub columns: BTreeMap<String, Columns>,
    /// Whether the output is told by its table, by its partition (its number from 0), or by both.
    #[serde(default)]
    pub target: TargetKind,
    /// Take an unknown value before an update for the one after it, rather than reject the row. Only right where the
    /// columns of `by` never change.
    #[serde(default)]
    pub assume_unchanged: bool,
}

/// The rows below a bound.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Range {
    /// The bound, which is not in the range: a number, a date, a text. Left out, in the last range: no bound.
    pub below: Option<Value>,
    /// The table of these rows. `{table}` is the table that rows come from.
    pub to: String,
}

/// Columns of an output.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Columns {
    /// Only these stay.
    pub keep: Option<Vec<String>>,
    /// These go.
    #[serde(default)]
    pub drop: Vec<String>,
}

impl Columns {
    /// The names that go. `fields` is asked for where it is needed alone.
    pub fn removed(&self, fields: impl FnOnce() -> Vec<String>) -> Vec<String> {
        let mut removed = self.drop.clone();
        if let Some(keep) = &self.keep {
            removed.extend(fields().into_iter().filter(|name| !keep.contains(name)));
        }
        removed
    }
}

/// A hash. Each gives the same output on every machine and in every version.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Hash {
    /// As Kafka's default partitioner hashes keys.
    #[default]
    Murmur2,
    /// The fastest.
    Xxh3,
    /// As zlib's `crc32`.
    Crc32,
}

impl Hash {
    /// The kernel's algorithm.
    pub fn algorithm(self) -> Algorithm {
        match self {
            Self::Murmur2 => Algorithm::Murmur2,
            Self::Xxh3 => Algorithm::Xxh3,
            Self::Crc32 => Algorithm::Crc32,
        }
    }
}

/// What happens to rows that no output takes.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Unmatched {
    /// They go to the dead letters.
    #[default]
    Reject,
    /// They are dropped.
    Drop,
}

/// How an output is told.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum TargetKind {
    /// By its table.
    #[default]
    Table,
    /// By its partition; the table stays.
    Partition,
    /// By both.
    Both,
}

/// A value of the column, as text that is cast to the column's type; none for null.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value(pub Option<String>);

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyScalar;

        impl Visitor<'_> for AnyScalar {
            type Value = Value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("null, true, false, a number or a text")
            }

            fn visit_unit<E: Error>(self) -> Result<Value, E> {
                Ok(Value(None))
            }

            fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
                Ok(Value(Some(value.to_string())))
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
                Ok(Value(Some(value.to_string())))
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
                Ok(Value(Some(value.to_string())))
            }

            fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
                Ok(Value(Some(value.to_string())))
            }

            fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
                Ok(Value(Some(value.to_owned())))
            }
        }

        deserializer.deserialize_any(AnyScalar)
    }
}

impl JsonSchema for Value {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Value".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["null", "boolean", "number", "string"] })
    }
}
