//! Fields about the row, before those of its columns.

use schemars::JsonSchema;
use serde::Deserialize;

/// A field about the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MetaColumn {
    /// What was done: `I`, `U`, `D`, or `T` for a truncate, or what `op_codes` has for them. Without `op_codes` `+I`,
    /// `-U`, `+U` and `-D` are read too.
    OpType,
    /// The name of the table, with its schema.
    Table,
    /// When the change was made: `YYYY-MM-DD HH:MM:SS.ffffff` in `time_zone`.
    OpTs,
    /// When the message was made. Passed over; written empty, so that the same rows give the same bytes.
    CurrentTs,
    /// The position in the source's trail.
    Pos,
    /// The transaction.
    Xid,
    /// The tokens of the operation. Passed over; written empty.
    Tokens,
    /// Anything else. Passed over; written empty.
    Ignore,
}

impl MetaColumn {
    /// The name, as a header has it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::OpType => "op_type",
            Self::Table => "table",
            Self::OpTs => "op_ts",
            Self::CurrentTs => "current_ts",
            Self::Pos => "pos",
            Self::Xid => "xid",
            Self::Tokens => "tokens",
            Self::Ignore => "ignore",
        }
    }
}

/// Which images of a row stand in a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Images {
    /// One: the row after the change, or the last one of a deleted row.
    #[default]
    After,
    /// Both, column by column: the value before the change, then the one after it.
    BeforeAfter,
}
