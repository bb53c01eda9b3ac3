//! The types of MySQL and MariaDB, from the text that their servers write for them.
//!
//! The text is that of `information_schema.columns.column_type`, of `SHOW CREATE TABLE`, and of Canal's `mysqlType`:
//! `decimal(18,2) unsigned`, `enum('a','b')`, `varchar(20) character set latin1`.
//! Their grammar: <https://dev.mysql.com/doc/refman/8.4/en/data-types.html>.
//!
//! | type | Arrow |
//! |---|---|
//! | `tinyint` .. `bigint`, `mediumint` as `int`, `bool` as `tinyint` | Int8 .. Int64; `unsigned` and `zerofill`: UInt8 .. UInt64 |
//! | `serial` | UInt64 |
//! | `decimal(p,s)`, `numeric`, `fixed` | Decimal128, above 38 digits Decimal256 |
//! | `decimal` without digits | Utf8 with its digits (`json=number`): tools that leave them out have any number of them |
//! | `float`, `double`, `real`, `float(25)` | Float32, Float64, Float64, Float64 |
//! | `year` | Int16 |
//! | `date`, `time`, `datetime`, `timestamp` | Date32, Duration, Timestamp without a zone, Timestamp in UTC; in microseconds whatever their precision |
//! | `char`, `varchar`, `text`, `enum`, `set`, `json`, and what is not known | Utf8 |
//! | `binary`, `varbinary`, `blob`, `bit`, `vector`, geometries, text of the character set `binary` | Binary |
//!
//! | module | holds |
//! |---|---|
//! | `read` | from the text |
//! | `write` | to the text, of any column |

mod read;
mod write;

use std::collections::HashMap;
use std::sync::Arc;

use arrow_schema::{DataType, Field, TimeUnit};
use sluicegate_model::field;

/// The type of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MysqlType {
    /// `tinyint` to `bigint`.
    Integer {
        /// 1, 2, 3, 4 or 8.
        bytes: u8,
        /// No values below 0.
        unsigned: bool,
    },
    /// `decimal`, `numeric`, `dec`, `fixed`.
    Decimal {
        /// All digits, and those behind the point; `None` where the text does not say.
        digits: Option<(u8, u8)>,
    },
    /// `float` of up to 24 bits.
    Float,
    /// `double`, `real`, `float` of more bits.
    Double,
    /// `bit(n)`.
    Bit {
        /// Number of bits, 1 to 64.
        width: u8,
    },
    /// `year`.
    Year,
    /// `date`.
    Date,
    /// `time`: a length of time, which may be negative and over 24 hours.
    Time {
        /// Digits of the fraction of a second, 0 to 6.
        precision: u8,
    },
    /// `datetime`: what a clock on a wall shows.
    DateTime {
        /// Digits of the fraction of a second, 0 to 6.
        precision: u8,
    },
    /// `timestamp`: an instant.
    Timestamp {
        /// Digits of the fraction of a second, 0 to 6.
        precision: u8,
    },
    /// `char`, `varchar`, `text` and their kin.
    Text,
    /// `binary`, `varbinary`, `blob` and their kin.
    Binary {
        /// The bytes of a `binary(n)`, which values are filled up to with zeros.
        width: Option<u32>,
    },
    /// `enum` with its labels; none where the text does not say them.
    Enum(Arc<[String]>),
    /// `set` with its labels; none where the text does not say them.
    Set(Arc<[String]>),
    /// `json`.
    Json,
    /// `geometry` and its kin: the SRID in four bytes, little-endian, then well-known binary.
    Geometry,
    /// A type that is not known here: its values are text.
    Other,
}

impl MysqlType {
    /// The type of a text. No text is wrong: what is not known is [`MysqlType::Other`].
    pub fn parse(text: &str) -> Self {
        read::read(text)
    }

    /// The type in which MySQL holds the values of a column, with its text. It is what the source called the type,
    /// where the column still is of it. What MySQL has no type for goes as text, lists and structs as JSON.
    pub fn of(field: &Field) -> (Self, String) {
        write::write(field)
    }

    /// The Arrow type that holds every value, exactly. What it cannot hold: dates that are none (`0000-00-00`,
    /// `2024-02-31`), which a mode of the server allows.
    pub fn data_type(&self) -> DataType {
        match *self {
            Self::Integer { bytes, unsigned } => match (bytes, unsigned) {
                (1, false) => DataType::Int8,
                (1, true) => DataType::UInt8,
                (2, false) => DataType::Int16,
                (2, true) => DataType::UInt16,
                (3 | 4, false) => DataType::Int32,
                (3 | 4, true) => DataType::UInt32,
                (_, false) => DataType::Int64,
                (_, true) => DataType::UInt64,
            },
            Self::Decimal { digits: Some((precision, scale)) } if precision <= 38 => {
                DataType::Decimal128(precision, scale as i8)
            }
            Self::Decimal { digits: Some((precision, scale)) } => {
                DataType::Decimal256(precision, scale as i8)
            }
            Self::Float => DataType::Float32,
            Self::Double => DataType::Float64,
            Self::Year => DataType::Int16,
            Self::Date => DataType::Date32,
            Self::Time { .. } => DataType::Duration(TimeUnit::Microsecond),
            Self::DateTime { .. } => DataType::Timestamp(TimeUnit::Microsecond, None),
            Self::Timestamp { .. } => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Self::Bit { .. } | Self::Binary { .. } | Self::Geometry => DataType::Binary,
            Self::Decimal { digits: None }
            | Self::Text
            | Self::Enum(_)
            | Self::Set(_)
            | Self::Json
            | Self::Other => DataType::Utf8,
        }
    }

    /// The field of a column, which may be NULL. `text` is what the source calls the type.
    pub fn field(&self, name: &str, text: &str) -> Field {
        let mut about = HashMap::from([(field::SOURCE_TYPE.to_owned(), text.to_owned())]);
        if *self == (Self::Decimal { digits: None }) {
            about.insert(field::JSON.to_owned(), field::JSON_NUMBER.to_owned());
        }
        Field::new(name, self.data_type(), true).with_metadata(about)
    }
}
