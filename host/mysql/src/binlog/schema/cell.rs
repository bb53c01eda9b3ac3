//! What the bytes of a cell mean.

use std::sync::Arc;

use arrow_schema::{DataType, TimeUnit};
use sluicegate_format::MysqlType;

use super::ZeroDates;
use crate::binlog::charset::Charset;

/// What the bytes of a cell mean, and so the type of Arrow that they become.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CellType {
    /// `TINYINT` to `BIGINT`: Int8 to UInt64, `MEDIUMINT` as 32 bits.
    Integer {
        /// 1, 2, 3, 4 or 8.
        bytes: u8,
        /// No sign.
        unsigned: bool,
    },
    /// `FLOAT`: Float32.
    Float,
    /// `DOUBLE`: Float64.
    Double,
    /// `DECIMAL`: Decimal128, above 38 digits Decimal256.
    Decimal {
        /// All digits.
        precision: u8,
        /// Those behind the point.
        scale: u8,
    },
    /// `BIT`: Binary, the highest byte first.
    Bit {
        /// Number of bytes.
        bytes: u8,
    },
    /// Text: Utf8.
    Text {
        /// Bytes of the length before it.
        prefix: u8,
        /// Its character set, never [`Charset::Binary`].
        charset: Charset,
    },
    /// Bytes: Binary. `VECTOR` and geometries too: as the server keeps them (little-endian Float32; the SRID
    /// in four bytes, then well-known binary).
    Bytes {
        /// Bytes of the length before it.
        prefix: u8,
        /// The bytes that `BINARY(n)` is filled up to with zeros, which the log leaves out; 0 for none.
        width: u16,
    },
    /// MariaDB's `COMPRESSED` columns, as text or bytes.
    Compressed {
        /// Bytes of the length before it.
        prefix: u8,
        /// Its character set.
        charset: Charset,
    },
    /// `ENUM`: Utf8. Number 0 is the empty text that the server keeps for a value that was wrong.
    Enum {
        /// Bytes of the number.
        bytes: u8,
        /// Texts of the numbers from 1.
        labels: Arc<[String]>,
    },
    /// `SET`: Utf8, labels with commas between.
    Set {
        /// Bytes of the mask.
        bytes: u8,
        /// Texts of the bits.
        labels: Arc<[String]>,
    },
    /// `YEAR`: Int16; 0 is the year 0000.
    Year,
    /// `DATE`: Date32, or text.
    Date(ZeroDates),
    /// `TIME`: Duration in microseconds.
    Time {
        /// Digits of the fraction of a second; `None` for the form of MySQL before 5.6.
        digits: Option<u8>,
    },
    /// `DATETIME`: Timestamp in microseconds without a zone, or text.
    DateTime {
        /// Digits of the fraction of a second; `None` for the form of MySQL before 5.6.
        digits: Option<u8>,
        /// What becomes of dates that are none.
        zero: ZeroDates,
    },
    /// `TIMESTAMP`: Timestamp in microseconds in UTC, or text, in UTC too.
    Timestamp {
        /// Digits of the fraction of a second; `None` for the form of MySQL before 5.6.
        digits: Option<u8>,
        /// What becomes of the zero date.
        zero: ZeroDates,
    },
    /// `JSON` of MySQL: Utf8, as `CAST(.. AS CHAR)` prints it.
    Json {
        /// Bytes of the length before it.
        prefix: u8,
    },
    /// MariaDB's `INET4`: Utf8.
    Inet4,
    /// MariaDB's `INET6`: Utf8.
    Inet6,
    /// MariaDB's `UUID`: Utf8.
    Uuid,
}

impl CellType {
    /// The type of Arrow.
    pub fn data_type(&self) -> DataType {
        match *self {
            Self::Integer { bytes, unsigned } => MysqlType::Integer { bytes, unsigned }.data_type(),
            Self::Float => DataType::Float32,
            Self::Double => DataType::Float64,
            Self::Decimal { precision, scale } => {
                MysqlType::Decimal { digits: Some((precision, scale)) }.data_type()
            }
            Self::Year => DataType::Int16,
            Self::Date(zero) if zero != ZeroDates::Text => DataType::Date32,
            Self::DateTime { zero, .. } if zero != ZeroDates::Text => {
                DataType::Timestamp(TimeUnit::Microsecond, None)
            }
            Self::Timestamp { zero, .. } if zero != ZeroDates::Text => {
                DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
            }
            Self::Time { .. } => DataType::Duration(TimeUnit::Microsecond),
            Self::Bit { .. } | Self::Bytes { .. } | Self::Compressed { charset: Charset::Binary, .. } => {
                DataType::Binary
            }
            Self::Text { .. }
            | Self::Compressed { .. }
            | Self::Enum { .. }
            | Self::Set { .. }
            | Self::Date(_)
            | Self::DateTime { .. }
            | Self::Timestamp { .. }
            | Self::Json { .. }
            | Self::Inet4
            | Self::Inet6
            | Self::Uuid => DataType::Utf8,
        }
    }
}
