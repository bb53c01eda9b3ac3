//! What may be set about `debezium-json`.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::decode::DebeziumDecoder;
use super::encode::DebeziumEncoder;
use super::modes::{BigintMode, BinaryMode, DecimalMode, TimeMode};
use crate::options::{DeclaredTypes, Direction, Format};
use crate::{Decode, Encode, FormatError};

/// Debezium's change events, with or without the schema beside them. Types are those of that schema; events without
/// one get theirs from the `schema` block here, and `decimals`, `times`, `binary` and `bigint_unsigned` say how the
/// connector was set.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DebeziumOptions {
    /// How decimals stand in events: the connector's `decimal.handling.mode`. Reading: only for events without a
    /// schema. Default: writing, `precise`; reading, numbers are taken as they are and text is refused.
    #[serde(default)]
    pub decimals: Option<DecimalMode>,
    /// How dates and times stand in events: the connector's `time.precision.mode`. Reading: only for events without
    /// a schema; what the column is precise to is then what its declared type is, `datetime(3)` or `timestamp(ms)` for
    /// milliseconds. Default: adaptive_time_microseconds.
    #[serde(default)]
    pub times: Option<TimeMode>,
    /// How bytes stand in events: the connector's `binary.handling.mode`. Reading: for events without a schema, and
    /// for text of a schema that names a binary type of the source. Default: bytes.
    #[serde(default)]
    pub binary: Option<BinaryMode>,
    /// How unsigned 64-bit integers stand in events: the connector's `bigint.unsigned.handling.mode`. Reading: only
    /// for events without a schema. Default: precise.
    #[serde(default)]
    pub bigint_unsigned: Option<BigintMode>,
    /// What stands in the place of a value that the source did not send: the connector's
    /// `unavailable.value.placeholder`. Such a cell is missing, never NULL. Default: `__debezium_unavailable_value`.
    #[serde(default)]
    pub unavailable_value: Option<String>,
    /// Reading: the columns of the primary key, in its order, instead of those of the message's key.
    #[serde(default)]
    pub primary_key: Option<Vec<String>>,
    /// Reading: the table of flattened records that do not name theirs, and of tombstones. Default: the topic
    /// without what stands before its first dot.
    #[serde(default)]
    pub table: Option<String>,
    /// Reading: what a message without a value means. Default: ignore.
    #[serde(default)]
    pub on_tombstone: Option<OnTombstone>,
    /// Reading: exact types, by table and column, instead of those of the event's schema. A row with a value that
    /// does not fit is rejected. Without either, a column is text, with its numbers digit for digit.
    #[serde(default)]
    pub schema: Option<DeclaredTypes>,
    /// Writing: whether the schema stands beside each event, as `{"schema": .., "payload": ..}`. Default: true.
    #[serde(default)]
    pub envelope: Option<bool>,
    /// Writing: whether a message without a value follows each delete, which ends its key in a compacted topic.
    /// Default: false.
    #[serde(default)]
    pub tombstones: Option<bool>,
}

/// What a message without a value means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnTombstone {
    /// Nothing: it follows a delete, which was an event of its own.
    #[default]
    Ignore,
    /// The row of the message's key is deleted: for flattened records, whose deletes are nothing else.
    Delete,
}

pub(super) const NAME: &str = "debezium-json";

impl Format for DebeziumOptions {
    fn decoder(&self) -> Result<Arc<dyn Decode>, FormatError> {
        self.check_placeholder()?;
        Direction::Reading.refuse(
            NAME,
            &[("envelope", self.envelope.is_some()), ("tombstones", self.tombstones.is_some())],
        )?;
        Ok(Arc::new(DebeziumDecoder::new(self)))
    }

    fn encoder(&self) -> Result<Arc<dyn Encode>, FormatError> {
        self.check_placeholder()?;
        Direction::Writing.refuse(
            NAME,
            &[
                ("primary_key", self.primary_key.is_some()),
                ("table", self.table.is_some()),
                ("on_tombstone", self.on_tombstone.is_some()),
                ("schema", self.schema.is_some()),
            ],
        )?;
        Ok(Arc::new(DebeziumEncoder::new(self)))
    }

    fn declared_types(&self) -> Option<&DeclaredTypes> {
        self.schema.as_ref()
    }

    fn declared_key(&self) -> Option<&[String]> {
        self.primary_key.as_deref()
    }
}

impl DebeziumOptions {
    fn check_placeholder(&self) -> Result<(), FormatError> {
        match self.unavailable_value.as_deref() {
            Some("") => Err(FormatError::Value {
                format: NAME,
                option: "unavailable_value",
                value: String::new(),
                wanted: "the text that the connector writes, which is never empty",
            }),
            _ => Ok(()),
        }
    }
}
