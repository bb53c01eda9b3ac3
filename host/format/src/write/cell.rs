//! A writer for each type.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Decimal256Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, BinaryArray, BooleanArray, FixedSizeBinaryArray, StringArray};
use arrow_buffer::{NullBuffer, i256};
use arrow_schema::{DataType, Field, TimeUnit};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sluicegate_model::field;

use super::decimal::{write_decimal128, write_decimal256};
use super::digits::{write_signed, write_unsigned};
use super::nested::{Fields, Items, Pairs};
use super::rows::Style;
use super::short::{Texts, append_in};
use super::temporal::{TimestampForm, push_date, push_duration};
use super::text::{is_clean, write_string};
use super::{Decimals, Timestamps};
use crate::scan::{is_number, is_value};
use crate::ticks::counts;

/// Why a value has no form in JSON.
pub(crate) type NoForm = &'static str;

const OUT_OF_YEARS: NoForm = "the date is in no year from 0 to 9999";
const NOT_FINITE: NoForm = "JSON has no form for NaN and infinity";

/// Writes the cells of one column that are not missing, null or not.
pub(super) struct Nullable<'a> {
    nulls: Option<&'a NullBuffer>,
    cells: CellWriter<'a>,
}

impl<'a> Nullable<'a> {
    /// The writer of an array; `None` where its type, or one within it, has no form.
    pub(super) fn new(field: &Field, array: &'a dyn Array, style: Style) -> Option<Self> {
        Some(Self { nulls: array.nulls(), cells: CellWriter::new(field, array, style)? })
    }

    /// Appends the cell of a row.
    #[inline]
    pub(super) fn write(&self, row: usize, out: &mut Vec<u8>) -> Result<(), NoForm> {
        if self.nulls.is_some_and(|nulls| nulls.is_null(row)) {
            out.extend_from_slice(b"null");
            return Ok(());
        }
        self.cells.write(row, out)
    }
}

/// Writes the values of one column. Null and missing cells are its caller's business.
pub(crate) enum CellWriter<'a> {
    Null,
    Boolean(&'a BooleanArray),
    Int8(&'a [i8]),
    Int16(&'a [i16]),
    Int32(&'a [i32]),
    Int64(&'a [i64]),
    UInt8(&'a [u8]),
    UInt16(&'a [u16]),
    UInt32(&'a [u32]),
    UInt64(&'a [u64]),
    Float32(&'a [f32]),
    Float64(&'a [f64]),
    Decimal128 {
        values: &'a [i128],
        scale: i8,
        quoted: bool,
    },
    Decimal256 {
        values: &'a [i256],
        scale: i8,
        quoted: bool,
    },
    /// Text in which nothing has to be escaped.
    CleanText(Texts<'a>),
    Text(Texts<'a>),
    /// Text that is the digits of a number.
    Digits(&'a StringArray),
    /// Text that is JSON.
    Json(&'a StringArray),
    Binary(&'a BinaryArray),
    Fixed(&'a FixedSizeBinaryArray),
    Date(&'a [i32]),
    Duration {
        values: &'a [i64],
        unit: TimeUnit,
    },
    Timestamp {
        values: &'a [i64],
        form: TimestampForm,
    },
    Items(Box<Items<'a>>),
    Fields(Fields<'a>),
    Pairs(Box<Pairs<'a>>),
}

impl<'a> CellWriter<'a> {
    /// The writer of an array; `None` where its type, or one within it, has no form.
    pub(crate) fn new(field: &Field, array: &'a dyn Array, style: Style) -> Option<Self> {
        let quoted = style.decimals == Decimals::String;
        Some(match field.data_type() {
            DataType::Null => Self::Null,
            DataType::Boolean => Self::Boolean(array.as_boolean()),
            DataType::Int8 => Self::Int8(array.as_primitive::<Int8Type>().values()),
            DataType::Int16 => Self::Int16(array.as_primitive::<Int16Type>().values()),
            DataType::Int32 => Self::Int32(array.as_primitive::<Int32Type>().values()),
            DataType::Int64 => Self::Int64(array.as_primitive::<Int64Type>().values()),
            DataType::UInt8 => Self::UInt8(array.as_primitive::<UInt8Type>().values()),
            DataType::UInt16 => Self::UInt16(array.as_primitive::<UInt16Type>().values()),
            DataType::UInt32 => Self::UInt32(array.as_primitive::<UInt32Type>().values()),
            DataType::UInt64 => Self::UInt64(array.as_primitive::<UInt64Type>().values()),
            DataType::Float32 => Self::Float32(array.as_primitive::<Float32Type>().values()),
            DataType::Float64 => Self::Float64(array.as_primitive::<Float64Type>().values()),
            DataType::Decimal128(_, scale) => Self::Decimal128 {
                values: array.as_primitive::<Decimal128Type>().values(),
                scale: *scale,
                quoted,
            },
            DataType::Decimal256(_, scale) => Self::Decimal256 {
                values: array.as_primitive::<Decimal256Type>().values(),
                scale: *scale,
                quoted,
            },
            DataType::Utf8 => Self::text(field, array.as_string()),
            DataType::Binary => Self::Binary(array.as_binary()),
            DataType::FixedSizeBinary(_) => Self::Fixed(array.as_fixed_size_binary()),
            DataType::Date32 => Self::Date(array.as_primitive::<Date32Type>().values()),
            // A time of day is written as the time since midnight.
            DataType::Time64(unit) | DataType::Duration(unit) => {
                Self::Duration { values: counts(array)?, unit: *unit }
            }
            DataType::Timestamp(unit, zone) => {
                let form = TimestampForm::new(*unit, zone.is_some(), style.timestamps);
                Self::Timestamp { values: counts(array)?, form }
            }
            DataType::List(item) => Self::Items(Box::new(Items::new(item, array.as_list(), style)?)),
            DataType::Struct(fields) => Self::Fields(Fields::new(fields, array.as_struct(), style)?),
            DataType::Map(entries, _) => Self::Pairs(Box::new(Pairs::new(entries, array.as_map(), style)?)),
            _ => return None,
        })
    }

    fn text(field: &Field, array: &'a StringArray) -> Self {
        match field.metadata().get(field::JSON).map(String::as_str) {
            Some(field::JSON_NUMBER) => Self::Digits(array),
            Some(field::JSON_RAW) => Self::Json(array),
            _ => {
                let texts = Texts::new(array);
                if is_clean(texts.all()) { Self::CleanText(texts) } else { Self::Text(texts) }
            }
        }
    }

    /// The bytes that bare values are made of; `None` where they may be others too.
    pub(super) fn alphabet(&self) -> Option<&'static [u8]> {
        let is_written_of_digits = matches!(
            self,
            Self::Int8(_)
                | Self::Int16(_)
                | Self::Int32(_)
                | Self::Int64(_)
                | Self::UInt8(_)
                | Self::UInt16(_)
                | Self::UInt32(_)
                | Self::UInt64(_)
                | Self::Decimal128 { .. }
                | Self::Decimal256 { .. }
                | Self::Date(_)
                | Self::Duration { .. }
                | Self::Timestamp { .. }
        );
        is_written_of_digits.then_some(b"0123456789-.: TZ")
    }

    /// Appends the value of a row, which is neither null nor missing.
    // What most columns are is written where it is called: a call a cell costs as much as the digits of a number.
    #[inline(always)]
    pub(crate) fn write(&self, row: usize, out: &mut Vec<u8>) -> Result<(), NoForm> {
        match self {
            Self::CleanText(texts) => texts.append_quoted(row, out),
            Self::Boolean(array) => write_boolean(array.value(row), out),
            Self::Int32(values) => write_signed(values[row].into(), out),
            Self::Int64(values) => write_signed(values[row], out),
            Self::Decimal128 { values, scale, quoted: false } => write_decimal128(values[row], *scale, out),
            Self::Timestamp { values, form } if !form.is_number() => {
                if !form.push_quoted(values[row], out) {
                    return Err(OUT_OF_YEARS);
                }
            }
            _ => return self.write_other(row, out),
        }
        Ok(())
    }

    /// Appends a value of any type.
    #[inline(never)]
    fn write_other(&self, row: usize, out: &mut Vec<u8>) -> Result<(), NoForm> {
        match self {
            Self::CleanText(texts) | Self::Text(texts) => write_string(texts.of(row), out),
            // The step that a column comes from may have put something else there. It is then text.
            Self::Digits(array) => write_as_is(array.value(row), is_number, out),
            Self::Json(array) => write_as_is(array.value(row), is_value, out),
            Self::Null => out.extend_from_slice(b"null"),
            Self::Boolean(array) => write_boolean(array.value(row), out),
            Self::Int8(values) => write_signed(values[row].into(), out),
            Self::Int16(values) => write_signed(values[row].into(), out),
            Self::Int32(values) => write_signed(values[row].into(), out),
            Self::Int64(values) => write_signed(values[row], out),
            Self::UInt8(values) => write_unsigned(values[row].into(), out),
            Self::UInt16(values) => write_unsigned(values[row].into(), out),
            Self::UInt32(values) => write_unsigned(values[row].into(), out),
            Self::UInt64(values) => write_unsigned(values[row], out),
            Self::Float32(values) => write_float(values[row], values[row].is_finite(), out)?,
            Self::Float64(values) => write_float(values[row], values[row].is_finite(), out)?,
            Self::Timestamp { form, .. } if form.is_number() => self.write_bare(row, out)?,
            Self::Decimal128 { quoted, .. } | Self::Decimal256 { quoted, .. } if !quoted => {
                self.write_bare(row, out)?;
            }
            Self::Decimal128 { .. }
            | Self::Decimal256 { .. }
            | Self::Timestamp { .. }
            | Self::Binary(_)
            | Self::Fixed(_)
            | Self::Date(_)
            | Self::Duration { .. } => self.write_in_quotes(row, out)?,
            Self::Items(items) => items.write(row, out)?,
            Self::Fields(fields) => fields.write(row, out)?,
            Self::Pairs(pairs) => pairs.write(row, out)?,
        }
        Ok(())
    }

    fn write_in_quotes(&self, row: usize, out: &mut Vec<u8>) -> Result<(), NoForm> {
        out.push(b'"');
        self.write_bare(row, out)?;
        out.push(b'"');
        Ok(())
    }

    /// As [`CellWriter::write`], without the quotes in which decimals, dates, times and base64 may stand. Nothing in them
    /// is escaped.
    #[inline(always)]
    pub(crate) fn write_bare(&self, row: usize, out: &mut Vec<u8>) -> Result<(), NoForm> {
        let in_years = match self {
            Self::Int32(values) => {
                write_signed(values[row].into(), out);
                true
            }
            Self::Int64(values) => {
                write_signed(values[row], out);
                true
            }
            Self::Decimal128 { values, scale, .. } => {
                write_decimal128(values[row], *scale, out);
                true
            }
            Self::Timestamp { values, form } => form.push(values[row], out),
            _ => return self.write_other_bare(row, out),
        };
        if in_years { Ok(()) } else { Err(OUT_OF_YEARS) }
    }

    /// Appends a value of a type that is not written often.
    #[inline(never)]
    fn write_other_bare(&self, row: usize, out: &mut Vec<u8>) -> Result<(), NoForm> {
        match self {
            Self::Decimal256 { values, scale, .. } => write_decimal256(values[row], *scale, out),
            Self::Binary(array) => push_base64(array.value(row), out),
            Self::Fixed(array) => push_base64(array.value(row), out),
            Self::Duration { values, unit } => push_duration(values[row], *unit, out),
            Self::Date(values) => {
                return if push_date(i64::from(values[row]), out) { Ok(()) } else { Err(OUT_OF_YEARS) };
            }
            _ => return self.write_other(row, out),
        }
        Ok(())
    }
}

#[inline(always)]
fn write_boolean(value: bool, out: &mut Vec<u8>) {
    append_in(out, |room: &mut [u8; 5]| {
        *room = if value { *b"true " } else { *b"false" };
        5 - usize::from(value)
    });
}

/// The shortest digits that are read back as the same float.
#[inline]
fn write_float(value: impl lexical_core::ToLexical, finite: bool, out: &mut Vec<u8>) -> Result<(), NoForm> {
    if !finite {
        return Err(NOT_FINITE);
    }
    out.extend_from_slice(lexical_core::write(value, &mut [0; lexical_core::BUFFER_SIZE]));
    Ok(())
}

fn write_as_is(text: &str, is_json: fn(&str) -> bool, out: &mut Vec<u8>) {
    if is_json(text) {
        out.extend_from_slice(text.as_bytes());
    } else {
        write_string(text.as_bytes(), out);
    }
}

/// Appends bytes in base64, in quotes.
pub(crate) fn write_base64(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    push_base64(bytes, out);
    out.push(b'"');
}

fn push_base64(bytes: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + bytes.len().div_ceil(3) * 4, 0);
    // The room is what the encoding takes.
    let written = STANDARD.encode_slice(bytes, &mut out[start..]).unwrap_or(0);
    out.truncate(start + written);
}

/// The default of each form.
impl Default for Style {
    fn default() -> Self {
        Self { decimals: Decimals::Number, timestamps: Timestamps::Iso }
    }
}
