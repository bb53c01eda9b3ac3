//! What may be set about `json`.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use sluicegate_model::RowKind;

use super::decode::JsonDecoder;
use super::encode::JsonEncoder;
use crate::options::{DeclaredTypes, Direction, Format};
use crate::write::{Decimals, Timestamps};
use crate::{Decode, Encode, FormatError};

/// Flat JSON: a message is an object, a field of it a column.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JsonOptions {
    /// Reading: the name of the table that the rows are of. Default: the topic.
    #[serde(default)]
    pub table: Option<String>,
    /// Reading: the columns of the primary key, in its order. Default: none.
    #[serde(default)]
    pub primary_key: Option<Vec<String>>,
    /// Reading: what a row does to its table. Default: insert.
    #[serde(default)]
    pub kind: Option<RowsAre>,
    /// Reading: what a message without a value means. Default: reject.
    #[serde(default)]
    pub on_tombstone: Option<OnTombstone>,
    /// Reading: exact types, by table and column. A row with a value that does not fit is rejected. A column that
    /// is not named here is text, with its numbers digit for digit.
    #[serde(default)]
    pub schema: Option<DeclaredTypes>,
    /// Writing: what becomes of a deleted row. Default: tombstone.
    #[serde(default)]
    pub deletes: Option<Deletes>,
    /// Writing: how decimals are written. Default: number.
    #[serde(default)]
    pub decimals: Option<Decimals>,
    /// Writing: how dates with times are written. Default: iso.
    #[serde(default)]
    pub timestamps: Option<Timestamps>,
}

/// What a row does to its table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RowsAre {
    /// Each is a new row.
    #[default]
    Insert,
    /// Each is new or replaces the one of its key.
    Upsert,
}

impl RowsAre {
    /// The kind of each row.
    pub const fn kind(self) -> RowKind {
        match self {
            Self::Insert => RowKind::Insert,
            Self::Upsert => RowKind::UpdateAfter,
        }
    }
}

/// What a message without a value means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnTombstone {
    /// It goes to the dead letters.
    #[default]
    Reject,
    /// The row of the message's key is deleted. The key is a JSON object with the columns of `primary_key`, or,
    /// where that is one column, its value: a JSON scalar or bare text.
    Delete,
}

/// What becomes of a deleted row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Deletes {
    /// A message without a value, which a compacted topic takes for the end of its key.
    #[default]
    Tombstone,
    /// Nothing is written.
    Ignore,
    /// The last image of the row, with `"__deleted": true`.
    Flag,
}

const NAME: &str = "json";

impl Format for JsonOptions {
    fn decoder(&self) -> Result<Arc<dyn Decode>, FormatError> {
        let of_writing = [
            ("deletes", self.deletes.is_some()),
            ("decimals", self.decimals.is_some()),
            ("timestamps", self.timestamps.is_some()),
        ];
        Direction::Reading.refuse(NAME, &of_writing)?;
        if self.on_tombstone == Some(OnTombstone::Delete)
            && self.primary_key.as_ref().is_none_or(Vec::is_empty)
        {
            return Err(FormatError::Needs {
                format: NAME,
                option: "on_tombstone: delete",
                needs: "primary_key",
            });
        }
        Ok(Arc::new(JsonDecoder::new(self)))
    }

    fn encoder(&self) -> Result<Arc<dyn Encode>, FormatError> {
        let of_reading = [
            ("table", self.table.is_some()),
            ("primary_key", self.primary_key.is_some()),
            ("kind", self.kind.is_some()),
            ("on_tombstone", self.on_tombstone.is_some()),
            ("schema", self.schema.is_some()),
        ];
        Direction::Writing.refuse(NAME, &of_reading)?;
        Ok(Arc::new(JsonEncoder::new(self)))
    }

    fn declared_types(&self) -> Option<&DeclaredTypes> {
        self.schema.as_ref()
    }

    fn declared_key(&self) -> Option<&[String]> {
        self.primary_key.as_deref()
    }
}
