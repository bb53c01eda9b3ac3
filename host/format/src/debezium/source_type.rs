//! The type of the source's column, where a connector was told to pass it on (`column.propagate.source.type`).

use arrow_schema::DataType;

use super::connect::ConnectField;
use super::modes::BinaryMode;
use super::types::decimal_type;
use crate::MysqlType;
use crate::build::{CellType, Reading};

/// The parameters of a field that say it:
/// <https://debezium.io/documentation/reference/stable/connectors/mysql.html#mysql-property-column-propagate-source-type>.
pub(super) const TYPE: &str = "__debezium.source.column.type";
pub(super) const LENGTH: &str = "__debezium.source.column.length";
pub(super) const SCALE: &str = "__debezium.source.column.scale";

/// What the source calls a type.
pub(super) struct SourceType {
    /// In lower case, with its digits: `decimal(18,2) unsigned`.
    pub(super) text: String,
    /// What it is to MySQL. Other databases have words of their own, of which those that matter here are the same.
    kind: MysqlType,
}

impl SourceType {
    /// That of a field, if it says one.
    pub(super) fn of(field: &ConnectField) -> Option<Self> {
        let words = field.parameter(TYPE)?.to_ascii_lowercase();
        let digits = match (field.parameter(LENGTH), field.parameter(SCALE)) {
            (Some(length), Some(scale)) => format!("({length},{scale})"),
            (Some(length), None) => format!("({length})"),
            _ => String::new(),
        };
        let text = match words.split_once(' ') {
            _ if words.contains('(') || digits.is_empty() => words,
            // The digits of an integer are how wide it is shown, those of an enum are none.
            _ if words.contains("int") || words.starts_with("enum") || words.starts_with("set") => words,
            Some((word, rest)) => format!("{word}{digits} {rest}"),
            None => words + &digits,
        };
        let kind = MysqlType::parse(&text);
        Some(Self { text, kind })
    }

    /// Makes a type exact that the connector could not say as it is.
    pub(super) fn refine(&self, made: &mut CellType, literal: &str, binary: Option<BinaryMode>) {
        match (&self.kind, literal) {
            // Kafka Connect has no unsigned integers. In the mode `long` those from 2^63 on are negative.
            (MysqlType::Integer { unsigned: true, bytes: 8 }, "int64") => {
                *made = CellType::of(DataType::UInt64, Reading::Wrapped);
            }
            (MysqlType::Integer { unsigned: true, .. }, "int8" | "int16" | "int32" | "int64") => {
                *made = CellType::of(self.kind.data_type(), Reading::plain());
            }
            (MysqlType::Integer { unsigned: true, bytes: 8 }, "bytes")
                if made.reading == Reading::Unscaled(0) =>
            {
                *made = CellType::of(DataType::UInt64, Reading::Unscaled(0));
            }
            (MysqlType::Decimal { digits: Some((digits, scale)) }, "string") => {
                *made = CellType::of(decimal_type(*digits, *scale as i8), Reading::plain());
            }
            (_, "string") if self.is_binary() => {
                if let Some(mode) = binary {
                    *made = CellType::of(
                        DataType::Binary,
                        Reading::Bytes { encoding: mode.bytes(), width: None },
                    );
                }
            }
            _ => {}
        }
    }

    fn is_binary(&self) -> bool {
        let word = self.text.split(['(', ' ']).next().unwrap_or_default();
        matches!(self.kind, MysqlType::Binary { .. }) || matches!(word, "bytea" | "raw" | "image")
    }
}
