//! A type as `information_schema` describes it.

use arrow_schema::{DataType, TimeUnit};

/// The type of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// A whole number of so many bits.
    Integer {
        /// 8, 16, 24, 32 or 64.
        bits: u8,
        /// Whether it is from 0 on.
        unsigned: bool,
    },
    /// `DECIMAL(precision, scale)`.
    Decimal {
        /// Digits.
        precision: u8,
        /// Digits behind the point.
        scale: u8,
    },
    /// `FLOAT`.
    Float,
    /// `DOUBLE`.
    Double,
    /// `BIT(n)`.
    Bit,
    /// `YEAR`.
    Year,
    /// `DATE`.
    Date,
    /// `TIME(digits)`.
    Time(u32),
    /// `DATETIME(digits)`: a wall clock without a zone.
    DateTime(u32),
    /// `TIMESTAMP(digits)`: an instant.
    Timestamp(u32),
    /// `CHAR`, `VARCHAR`, `TEXT`, `ENUM`, `SET`, and what the server reads from text: `UUID`, `INET6`.
    Text,
    /// `JSON`. MariaDB's is a text with a check.
    Json,
    /// `BINARY`, `VARBINARY`, `BLOB`, geometry in the server's own form.
    Bytes,
}

/// What `information_schema.COLUMNS` says of a type.
#[derive(Clone, Copy, Debug)]
pub struct Described<'a> {
    /// `DATA_TYPE`.
    pub data_type: &'a str,
    /// `COLUMN_TYPE`.
    pub column_type: &'a str,
    /// `NUMERIC_PRECISION`.
    pub precision: Option<u64>,
    /// `NUMERIC_SCALE`.
    pub scale: Option<u64>,
    /// `DATETIME_PRECISION`.
    pub digits: Option<u64>,
}

impl ColumnType {
    /// The type that is described.
    pub fn new(described: &Described<'_>) -> Self {
        let column_type = described.column_type.to_ascii_lowercase();
        let unsigned = column_type.contains("unsigned") || column_type.contains("zerofill");
        let integer = |bits| Self::Integer { bits, unsigned };
        let digits = described.digits.and_then(|digits| u32::try_from(digits).ok()).unwrap_or(0);
        let small = |number: Option<u64>| number.and_then(|number| u8::try_from(number).ok());
        match described.data_type.to_ascii_lowercase().as_str() {
            "tinyint" => integer(8),
            "smallint" => integer(16),
            "mediumint" => integer(24),
            "int" | "integer" => integer(32),
            "bigint" => integer(64),
            "decimal" | "numeric" => Self::Decimal {
                precision: small(described.precision).unwrap_or(10),
                scale: small(described.scale).unwrap_or(0),
            },
            "float" => Self::Float,
            "double" | "real" => Self::Double,
            "bit" => Self::Bit,
            "year" => Self::Year,
            "date" => Self::Date,
            "time" => Self::Time(digits),
            "datetime" => Self::DateTime(digits),
            "timestamp" => Self::Timestamp(digits),
            "json" => Self::Json,
            "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" | "geometry"
            | "point" | "linestring" | "polygon" | "multipoint" | "multilinestring" | "multipolygon"
            | "geometrycollection" | "geomcollection" | "vector" => Self::Bytes,
            _ => Self::Text,
        }
    }

    /// The Arrow type whose values are written to it.
    pub fn arrow(&self) -> DataType {
        match self {
            Self::Integer { bits: 8, unsigned: false } => DataType::Int8,
            Self::Integer { bits: 8, unsigned: true } => DataType::UInt8,
            Self::Integer { bits: 16, unsigned: false } => DataType::Int16,
            Self::Integer { bits: 16, unsigned: true } | Self::Year => DataType::UInt16,
            Self::Integer { bits: 64, unsigned: false } => DataType::Int64,
            Self::Integer { bits: 64, unsigned: true } => DataType::UInt64,
            Self::Integer { unsigned: false, .. } => DataType::Int32,
            Self::Integer { unsigned: true, .. } => DataType::UInt32,
            Self::Decimal { precision, scale } if *precision <= 38 => {
                DataType::Decimal128(*precision, *scale as i8)
            }
            Self::Decimal { precision, scale } => DataType::Decimal256(*precision, *scale as i8),
            Self::Float => DataType::Float32,
            Self::Double => DataType::Float64,
            Self::Date => DataType::Date32,
            Self::Time(_) => DataType::Duration(TimeUnit::Microsecond),
            Self::DateTime(_) => DataType::Timestamp(TimeUnit::Microsecond, None),
            Self::Timestamp(_) => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Self::Text | Self::Json => DataType::Utf8,
            Self::Bytes | Self::Bit => DataType::Binary,
        }
    }

    /// Digits of the second that it keeps.
    pub fn digits(&self) -> u32 {
        match self {
            Self::Time(digits) | Self::DateTime(digits) | Self::Timestamp(digits) => *digits,
            _ => 6,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(data_type: &str, column_type: &str) -> ColumnType {
        let (precision, scale) = (Some(65), Some(30));
        ColumnType::new(&Described { data_type, column_type, precision, scale, digits: Some(3) })
    }

    #[test]
    fn descriptions_are_read() {
        assert_eq!(named("bigint", "bigint(20) unsigned").arrow(), DataType::UInt64);
        assert_eq!(named("mediumint", "mediumint").arrow(), DataType::Int32);
        assert_eq!(named("decimal", "decimal(65,30)").arrow(), DataType::Decimal256(65, 30));
        assert_eq!(named("datetime", "datetime(3)"), ColumnType::DateTime(3));
        assert_eq!(named("enum", "enum('a','unsigned')"), ColumnType::Text);
        assert_eq!(named("longblob", "longblob").arrow(), DataType::Binary);
    }
}
