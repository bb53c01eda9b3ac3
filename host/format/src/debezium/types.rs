//! From the types of Kafka Connect to those of columns.
//!
//! | literal type | meaning | column |
//! |---|---|---|
//! | int8 .. int64, float, double, boolean, string | | Int8 .. Int64, Float32, Float64, Boolean, Utf8 |
//! | bytes, or the text that `binary` makes of them | | Binary |
//! | bytes | `connect.data.Decimal` | Decimal; 65 digits where the schema does not say how many |
//! | struct | `debezium.data.VariableScaleDecimal` | Utf8 with its digits (`json=number`) |
//! | int16 .. int64, bytes | a source type that is unsigned | UInt8 .. UInt64; a negative int64 is 2^64 more |
//! | string | a source type that is a decimal | Decimal |
//! | int32 | `Date` | Date32 |
//! | int32, int64 | `Time`, `MicroTime`, `NanoTime`, `MicroDuration`, `NanoDuration` | Duration |
//! | int64 | `Timestamp`, `MicroTimestamp`, `NanoTimestamp` | Timestamp without a zone |
//! | string | `IsoDate`, `IsoTime`, `IsoTimestamp` | as the three above |
//! | string | `ZonedTimestamp` | Timestamp in UTC |
//! | int32 | `Year` | Int16 |
//! | bytes | `Bits` | Binary, the highest bits first, as MySQL has them |
//! | struct | `geometry.Geometry`, `Point`, `Geography` | Binary: four bytes of SRID, then WKB, as MySQL has them |
//! | string | `Json`, `Enum`, `EnumSet`, `Uuid`, `Xml`, and all others | Utf8, with the source type in the metadata |
//! | array, map, struct | | Utf8 with the JSON as it stands (`json=raw`) |
//!
//! The meanings: <https://debezium.io/documentation/reference/stable/connectors/mysql.html#mysql-data-types> and the
//! pages of the other connectors.

use std::sync::Arc;

use arrow_schema::{DataType, TimeUnit};

use super::connect::ConnectField;
use super::modes::{BigintMode, BinaryMode, DecimalMode, TimeMode};
use super::options::DebeziumOptions;
use super::source_type::SourceType;
use crate::MysqlType;
use crate::build::{BytesAs, CellType, Reading};
use crate::options::TypeName;

/// Digits of the longest decimal of the databases that say how many of theirs stand behind the point.
const MOST_DIGITS: u8 = 65;

impl BinaryMode {
    pub(super) const fn bytes(self) -> BytesAs {
        match self {
            Self::Bytes | Self::Base64 => BytesAs::Base64,
            Self::Base64UrlSafe => BytesAs::Base64Url,
            Self::Hex => BytesAs::Hex,
        }
    }
}

/// The type of a column by its field; `None` where the field says nothing that is known.
///
/// # Errors
/// The reason where the field is none that a connector writes.
pub(super) fn of_field(field: &ConnectField, binary: Option<BinaryMode>) -> Result<Option<CellType>, String> {
    let source = SourceType::of(field);
    let mut made = match by_meaning(field)? {
        Some(made) => made,
        None => match by_kind(field) {
            Some(made) => made,
            None => return Ok(None),
        },
    };
    if let Some(source) = source {
        source.refine(&mut made, &field.kind, binary);
        made.source_type = Some(source.text.into());
    }
    Ok(Some(made))
}

fn by_meaning(field: &ConnectField) -> Result<Option<CellType>, String> {
    use TimeUnit::{Microsecond, Millisecond, Nanosecond};
    let meaning = field.meaning();
    let word = match meaning.strip_prefix("io.debezium.") {
        Some(word) => word,
        None => match meaning.strip_prefix("org.apache.kafka.connect.data.") {
            Some("Decimal") => return decimal(field).map(Some),
            Some("Date") => "time.Date",
            Some("Time") => "time.Time",
            Some("Timestamp") => "time.Timestamp",
            _ => return Ok(None),
        },
    };
    let labels = |set: &str| {
        let labels =
            field.parameter("allowed")?.split(',').map(|label| format!("'{}'", label.replace('\'', "''")));
        Some(format!("{set}({})", labels.collect::<Vec<_>>().join(",")))
    };
    Ok(Some(match word {
        "time.Date" | "time.IsoDate" => CellType::of(DataType::Date32, Reading::Ticks(None)),
        "time.Time" => duration(Millisecond),
        "time.MicroTime" | "time.MicroDuration" | "time.IsoTime" => duration(Microsecond),
        "time.NanoTime" | "time.NanoDuration" => duration(Nanosecond),
        "time.Timestamp" => timestamp(Millisecond),
        "time.MicroTimestamp" | "time.IsoTimestamp" => timestamp(Microsecond),
        "time.NanoTimestamp" => timestamp(Nanosecond),
        "time.ZonedTimestamp" => {
            let utc = DataType::Timestamp(Microsecond, Some("UTC".into()));
            CellType::of(utc, Reading::Ticks(Some(Microsecond)))
        }
        "time.Year" => CellType::of(DataType::Int16, Reading::plain()).called("year"),
        "data.VariableScaleDecimal" => CellType::of(DataType::Utf8, Reading::Unscaled(0)),
        "data.Bits" => {
            let width: Option<u32> = field.number("length").filter(|width| (1..=64).contains(width));
            let made =
                CellType::of(DataType::Binary, Reading::LittleBits(width.unwrap_or(0).div_ceil(8) as u8));
            match width {
                Some(width) => made.called(format!("bit({width})")),
                None => made,
            }
        }
        "data.Json" => text("json"),
        "data.Uuid" => text("uuid"),
        "data.Xml" => text("xml"),
        "data.Enum" => text(labels("enum").unwrap_or_else(|| "enum".to_owned())),
        "data.EnumSet" => text(labels("set").unwrap_or_else(|| "set".to_owned())),
        "data.geometry.Geometry" | "data.geometry.Geography" => geometry("geometry"),
        "data.geometry.Point" => geometry("point"),
        _ => return Ok(None),
    }))
}

fn by_kind(field: &ConnectField) -> Option<CellType> {
    let plain = |data_type| Some(CellType::of(data_type, Reading::plain()));
    match field.kind.as_str() {
        "boolean" => plain(DataType::Boolean),
        "int8" => plain(DataType::Int8),
        "int16" => plain(DataType::Int16),
        "int32" => plain(DataType::Int32),
        "int64" => plain(DataType::Int64),
        "float" | "float32" => plain(DataType::Float32),
        "double" | "float64" => plain(DataType::Float64),
        "string" => plain(DataType::Utf8),
        "bytes" => {
            Some(CellType::of(DataType::Binary, Reading::Bytes { encoding: BytesAs::Base64, width: None }))
        }
        "array" | "map" | "struct" => Some(CellType::of(DataType::Utf8, Reading::Raw)),
        _ => None,
    }
}

fn text(source_type: impl Into<Arc<str>>) -> CellType {
    CellType::of(DataType::Utf8, Reading::plain()).called(source_type)
}

fn geometry(source_type: &str) -> CellType {
    CellType::of(DataType::Binary, Reading::Geometry).called(source_type)
}

/// Milliseconds are kept as microseconds, so that a column is of one type whatever its precision.
fn finer(unit: TimeUnit) -> TimeUnit {
    if unit == TimeUnit::Millisecond { TimeUnit::Microsecond } else { unit }
}

fn duration(unit: TimeUnit) -> CellType {
    CellType::of(DataType::Duration(finer(unit)), Reading::Ticks(Some(unit)))
}

fn timestamp(unit: TimeUnit) -> CellType {
    CellType::of(DataType::Timestamp(finer(unit), None), Reading::Ticks(Some(unit)))
}

fn decimal(field: &ConnectField) -> Result<CellType, String> {
    let name = field.field.as_deref().unwrap_or_default();
    let Some(scale) = field.number::<i8>("scale") else {
        return Err(format!("the schema says no scale of the decimal {name:?}"));
    };
    let said = field.number::<u8>("connect.decimal.precision");
    // A negative scale stands for zeros before the point: its digits are kept.
    let Ok(behind) = u8::try_from(scale) else {
        return Ok(CellType::of(DataType::Utf8, Reading::Unscaled(scale)));
    };
    match said.unwrap_or(MOST_DIGITS.max(behind)) {
        digits if digits > 76 || digits < behind.max(1) => Err(format!(
            "the schema says that {behind} of the {digits} digits of the decimal {name:?} stand behind the point"
        )),
        digits => Ok(CellType::of(decimal_type(digits, scale), Reading::Unscaled(scale))),
    }
}

/// The narrowest decimal of some digits.
pub(super) fn decimal_type(digits: u8, scale: i8) -> DataType {
    if digits <= 38 { DataType::Decimal128(digits, scale) } else { DataType::Decimal256(digits, scale) }
}

/// The reading of a declared type, for an event without a schema.
pub(super) fn of_declared(name: &TypeName, options: &DebeziumOptions) -> CellType {
    let to = &name.data_type;
    let precise = options.decimals == Some(DecimalMode::Precise);
    let reading = match to {
        DataType::Decimal128(_, scale) | DataType::Decimal256(_, scale) => match options.decimals {
            Some(DecimalMode::Precise) => Reading::Unscaled(*scale),
            Some(_) => Reading::plain(),
            None => Reading::NumberOnly,
        },
        DataType::UInt64 if options.bigint_unsigned == Some(BigintMode::Long) => Reading::Wrapped,
        integer if integer.is_integer() && precise => Reading::Unscaled(0),
        DataType::Binary | DataType::FixedSizeBinary(_) => {
            Reading::Bytes { encoding: options.binary.unwrap_or_default().bytes(), width: None }
        }
        DataType::Date32 => Reading::Ticks(None),
        DataType::Duration(unit) | DataType::Time64(unit) | DataType::Timestamp(unit, _) => {
            let time_of_day = !matches!(to, DataType::Timestamp(..));
            let milliseconds = match &name.source {
                Some((MysqlType::Time { precision } | MysqlType::DateTime { precision }, _)) => {
                    *precision <= 3
                }
                _ => matches!(unit, TimeUnit::Second | TimeUnit::Millisecond),
            };
            Reading::Ticks(Some(match options.times.unwrap_or_default() {
                TimeMode::Connect => TimeUnit::Millisecond,
                TimeMode::AdaptiveTimeMicroseconds if time_of_day && milliseconds => TimeUnit::Microsecond,
                _ if milliseconds => TimeUnit::Millisecond,
                _ => *unit,
            }))
        }
        _ => Reading::plain(),
    };
    let made = |reading| CellType::of(to.clone(), reading);
    match &name.source {
        Some((MysqlType::Bit { width }, text)) => {
            made(Reading::LittleBits(width.div_ceil(8))).called(text.as_str())
        }
        Some((MysqlType::Binary { width }, text)) => {
            let encoding = options.binary.unwrap_or_default().bytes();
            made(Reading::Bytes { encoding, width: *width }).called(text.as_str())
        }
        Some((MysqlType::Geometry, text)) => made(Reading::Geometry).called(text.as_str()),
        Some((_, text)) => made(reading).called(text.as_str()),
        None => made(reading),
    }
}
