//! Types of columns that a configuration or a message says, and how values are read as them.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_schema::{DataType, Field, TimeUnit};
use schemars::JsonSchema;
use serde::de::{Deserialize, Deserializer, Error as _};
use sluicegate_model::field;

use super::unavailable::Unavailable;
use crate::MysqlType;
use crate::options::TypeName;

/// The type of a column, and how a value of a message becomes a cell of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CellType {
    pub(crate) data_type: DataType,
    /// What the source calls the type.
    pub(crate) source_type: Option<Arc<str>>,
    pub(crate) reading: Reading,
}

/// How a value becomes a cell. Values are what JSON has: text, the digits of a number, true and false, and objects
/// and arrays as they stand in the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// By its text, as the kernels cast it, with their options.
    Cast(Vec<(String, String)>),
    /// A date or a time that begins with one, by its text; the days that no calendar has go by the policy.
    Date { zero: ZeroDates, options: Vec<(String, String)> },
    /// A number as its digits.
    Digits,
    /// Bytes, filled up with zeros to a width.
    Bytes { encoding: BytesAs, width: Option<u32> },
    /// The bits of a number, in as few bytes as hold `width` of them, the highest first.
    Bits { width: u8 },
    /// One of some labels, by its number from 1; 0 is the empty text of a value that was none. What is no number is
    /// the label itself.
    Label(Arc<[String]>),
    /// Some of the labels, set apart by commas: a number with a bit for each, an array of them, or the text itself.
    Labels(Arc<[String]>),
    /// A count of units since 1970 or midnight, of a date of days; or its text.
    Ticks(Option<TimeUnit>),
    /// A decimal of a scale as the bytes of its unscaled value, in base64, with a scale of its own, or as a number.
    Unscaled(i8),
    /// A number with a sign that stands for one of 64 bits without.
    Wrapped,
    /// A number as such; text is refused, for it may be digits or bytes.
    NumberOnly,
    /// Bits in base64, the lowest byte first, in as many bytes or more; they are turned.
    LittleBits(u8),
    /// A geometry as an object with its well-known bytes in base64.
    Geometry,
    /// JSON, as it stands.
    Raw,
}

/// What becomes of a date that no calendar has, as MySQL's `0000-00-00`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ZeroDates {
    /// The row is rejected.
    #[default]
    Error,
    /// It becomes NULL.
    Null,
    /// Columns that hold dates become text, all of them, so that every value stays as it is.
    Text,
}

impl ZeroDates {
    /// As an option of a format, in which YAML's null is the policy of that name.
    pub(crate) fn option<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        match Option::<String>::deserialize(deserializer)?.as_deref() {
            Some("error") => Ok(Some(Self::Error)),
            None | Some("null") => Ok(Some(Self::Null)),
            Some("text") => Ok(Some(Self::Text)),
            Some(other) => Err(D::Error::unknown_variant(other, &["error", "null", "text"])),
        }
    }
}

/// How bytes stand in the text of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum BytesAs {
    /// RFC 4648's standard alphabet, with padding: what most producers write, and we.
    #[default]
    Base64,
    /// RFC 4648's alphabet for addresses and names of files, with padding or without.
    Base64Url,
    /// Two hexadecimal digits a byte.
    Hex,
    /// A character a byte, by its number: ISO 8859-1.
    Latin1,
}

/// How a format writes values whose form is not the same everywhere.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dialect {
    pub(crate) bytes: BytesAs,
    /// The time zone of timestamps that do not say one; UTC where there is none.
    pub(crate) zone: Option<String>,
    pub(crate) zero_dates: ZeroDates,
    /// Whether the text of an `enum` or `set` may be a number.
    pub(crate) numbered_labels: bool,
    /// Whether a value of the type `json` is the value itself, where others have text that holds it.
    pub(crate) embedded_json: bool,
    /// Whether geometries are text.
    pub(crate) text_geometries: bool,
    /// Whether names of columns that differ in the case of their letters are one, as in MySQL.
    pub(crate) any_case: bool,
    /// Whether only the type that a message says tells how a value is read: a declared type is then cast from it.
    pub(crate) typed_values: bool,
    /// What stands in the place of a value that the source did not send.
    pub(crate) unavailable: Option<Unavailable>,
}

impl CellType {
    /// A type that values are read as.
    pub(crate) const fn of(data_type: DataType, reading: Reading) -> Self {
        Self { data_type, source_type: None, reading }
    }

    /// The same, with what the source calls it.
    pub(crate) fn called(self, source_type: impl Into<Arc<str>>) -> Self {
        Self { source_type: Some(source_type.into()), ..self }
    }

    /// A type that was declared.
    pub(crate) fn declared(name: &TypeName, dialect: &Dialect) -> Self {
        match &name.source {
            Some((kind, text)) => Self::of_mysql(kind, text, dialect),
            None => Self {
                reading: Reading::of(&name.data_type, dialect),
                data_type: name.data_type.clone(),
                source_type: None,
            },
        }
    }

    /// A type of MySQL, of which the source says `text`.
    pub(crate) fn of_mysql(kind: &MysqlType, text: &str, dialect: &Dialect) -> Self {
        let data_type = kind.data_type();
        let mut made =
            Self { reading: Reading::of(&data_type, dialect), data_type, source_type: Some(text.into()) };
        match kind {
            MysqlType::Decimal { digits: None } => made.reading = Reading::Digits,
            MysqlType::Binary { width } => {
                made.reading = Reading::Bytes { encoding: dialect.bytes, width: *width };
            }
            MysqlType::Bit { width } => made.reading = Reading::Bits { width: *width },
            MysqlType::Enum(labels) if dialect.numbered_labels && !labels.is_empty() => {
                made.reading = Reading::Label(Arc::clone(labels));
            }
            MysqlType::Set(labels) => {
                let labels = if dialect.numbered_labels { Arc::clone(labels) } else { Arc::default() };
                made.reading = Reading::Labels(labels);
            }
            MysqlType::Json if dialect.embedded_json => made.reading = Reading::Raw,
            MysqlType::Geometry if dialect.text_geometries => {
                made.data_type = DataType::Utf8;
                made.reading = Reading::Cast(Vec::new());
            }
            MysqlType::Date | MysqlType::DateTime { .. } | MysqlType::Timestamp { .. }
                if dialect.zero_dates == ZeroDates::Text =>
            {
                made.data_type = DataType::Utf8;
                made.reading = Reading::Cast(Vec::new());
            }
            _ => {}
        }
        made
    }

    /// The field of a column of this type.
    pub(super) fn field(&self, name: &str) -> Field {
        let mut about = HashMap::new();
        if let Some(text) = &self.source_type {
            about.insert(field::SOURCE_TYPE.to_owned(), text.to_string());
        }
        let json = match self.reading {
            Reading::Digits => Some(field::JSON_NUMBER),
            Reading::Unscaled(_) if self.data_type == DataType::Utf8 => Some(field::JSON_NUMBER),
            Reading::Raw => Some(field::JSON_RAW),
            _ => None,
        };
        if let Some(json) = json {
            about.insert(field::JSON.to_owned(), json.to_owned());
        }
        Field::new(name, self.data_type.clone(), true).with_metadata(about)
    }

    /// Whether cells of both can stand in one column. The source may spell its words in another case.
    pub(super) fn fits(&self, other: &Self) -> bool {
        let same_words = match (&self.source_type, &other.source_type) {
            (Some(one), Some(other)) => one.eq_ignore_ascii_case(other),
            (one, other) => one == other,
        };
        same_words && self.data_type == other.data_type && self.reading == other.reading
    }
}

impl Reading {
    /// By its text.
    pub(crate) const fn plain() -> Self {
        Self::Cast(Vec::new())
    }

    /// The reading of a type of which no more is known.
    fn of(data_type: &DataType, dialect: &Dialect) -> Self {
        let options = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
        match data_type {
            DataType::Binary | DataType::FixedSizeBinary(_) => {
                Self::Bytes { encoding: dialect.bytes, width: None }
            }
            DataType::Timestamp(_, Some(_)) => Self::Date {
                zero: dialect.zero_dates,
                options: dialect.zone.iter().flat_map(|zone| options("time-zone", zone)).collect(),
            },
            DataType::Date32 | DataType::Timestamp(_, None) => {
                Self::Date { zero: dialect.zero_dates, options: Vec::new() }
            }
            _ => Self::Cast(Vec::new()),
        }
    }
}
