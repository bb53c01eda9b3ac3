//! Types of columns.

use arrow_schema::{DataType, TimeUnit};

/// The type of a column that is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// BOOLEAN.
    Boolean,
    /// TINYINT to BIGINT, with their bits.
    Integer(u8),
    /// LARGEINT: 128 bits.
    LargeInt,
    /// FLOAT.
    Float,
    /// DOUBLE.
    Double,
    /// DECIMAL with precision and scale.
    Decimal(u8, i8),
    /// DATE.
    Date,
    /// DATETIME, with microseconds.
    DateTime,
    /// CHAR, VARCHAR and STRING, with the bytes that they hold.
    Text(usize),
    /// VARBINARY, with the bytes that it holds.
    Bytes(usize),
    /// JSON.
    Json,
}

impl ColumnType {
    /// A type as `COLUMN_TYPE` of `information_schema.columns` has it. There BOOLEAN is `tinyint(1)` and LARGEINT
    /// `bigint(20) unsigned`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.to_ascii_lowercase();
        let (name, rest) = text.split_once('(').unwrap_or((&text, ""));
        let (arguments, behind) = rest.split_once(')').unwrap_or((rest, ""));
        let number = |place: usize| -> Option<usize> { arguments.split(',').nth(place)?.trim().parse().ok() };
        let unsigned = behind.contains("unsigned") || name.ends_with("unsigned");
        Some(match name.trim().trim_end_matches("unsigned").trim() {
            "boolean" => Self::Boolean,
            "tinyint" if number(0) == Some(1) => Self::Boolean,
            "tinyint" => Self::Integer(8),
            "smallint" => Self::Integer(16),
            "int" => Self::Integer(32),
            "bigint" if unsigned => Self::LargeInt,
            "bigint" => Self::Integer(64),
            "largeint" => Self::LargeInt,
            "float" => Self::Float,
            "double" => Self::Double,
            "decimal" | "decimal32" | "decimal64" | "decimal128" | "decimal256" | "decimalv2" => {
                Self::Decimal(u8::try_from(number(0)?).ok()?, i8::try_from(number(1).unwrap_or(0)).ok()?)
            }
            "date" => Self::Date,
            "datetime" => Self::DateTime,
            "char" => Self::Text(number(0).unwrap_or(1)),
            "varchar" => Self::Text(number(0).unwrap_or(65_533)),
            "string" => Self::Text(65_533),
            "varbinary" => Self::Bytes(number(0).unwrap_or(1_048_576)),
            "json" => Self::Json,
            _ => return None,
        })
    }

    /// The type that values are made to before they are written.
    pub fn arrow(self) -> DataType {
        match self {
            Self::Boolean => DataType::Boolean,
            Self::Integer(8) => DataType::Int8,
            Self::Integer(16) => DataType::Int16,
            Self::Integer(32) => DataType::Int32,
            Self::Integer(_) => DataType::Int64,
            Self::LargeInt => DataType::Decimal128(38, 0),
            Self::Float => DataType::Float32,
            Self::Double => DataType::Float64,
            Self::Decimal(precision, scale) if precision <= 38 => DataType::Decimal128(precision, scale),
            Self::Decimal(precision, scale) => DataType::Decimal256(precision, scale),
            Self::Date => DataType::Date32,
            Self::DateTime => DataType::Timestamp(TimeUnit::Microsecond, None),
            Self::Text(_) | Self::Json => DataType::Utf8,
            Self::Bytes(_) => DataType::Binary,
        }
    }

    /// A value as JSON that every such column takes: what a row has that is there to be removed.
    pub fn any_value(self) -> &'static str {
        match self {
            Self::Boolean => "false",
            Self::Integer(_) | Self::LargeInt | Self::Float | Self::Double | Self::Decimal(..) => "0",
            Self::Date => "\"1970-01-01\"",
            Self::DateTime => "\"1970-01-01 00:00:00\"",
            Self::Text(_) | Self::Bytes(_) => "\"\"",
            Self::Json => "{}",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_as_the_cluster_writes_them() {
        for (text, expected) in [
            ("tinyint(1)", ColumnType::Boolean),
            ("tinyint(4)", ColumnType::Integer(8)),
            ("bigint(20)", ColumnType::Integer(64)),
            ("bigint(20) unsigned", ColumnType::LargeInt),
            ("decimal(18, 2)", ColumnType::Decimal(18, 2)),
            ("DECIMAL128(38,10)", ColumnType::Decimal(38, 10)),
            ("varchar(65533)", ColumnType::Text(65_533)),
            ("varbinary", ColumnType::Bytes(1_048_576)),
            ("datetime", ColumnType::DateTime),
        ] {
            assert_eq!(ColumnType::parse(text), Some(expected), "{text}");
        }
        assert_eq!(ColumnType::parse("array<int(11)>"), None);
        assert_eq!(ColumnType::parse("hll"), None);
    }
}
