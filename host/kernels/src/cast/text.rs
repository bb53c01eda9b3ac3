//! Any cell as text.

use std::io::Write as _;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Decimal256Type, DurationMicrosecondType,
    DurationMillisecondType, DurationNanosecondType, DurationSecondType, Float32Type, Float64Type, Int8Type,
    Int16Type, Int32Type, Int64Type, Time64MicrosecondType, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, PrimitiveArray};
use arrow_buffer::i256;
use arrow_schema::{DataType, TimeUnit};
use sluicegate_model::Column;

use super::temporal::write;
use crate::variable::VariableBuilder;
use crate::{Checked, KernelError};

type Writer<'a> = Box<dyn Fn(usize, &mut Vec<u8>) + Send + Sync + 'a>;

/// Writes the cells of a column as text, in the form that every reader of this crate takes back.
pub(crate) struct CellText<'a>(Writer<'a>);

impl<'a> CellText<'a> {
    /// The canonical form, in which equal numbers have equal text: `-0.0` is written as `0.0`. `None` for types
    /// that have no text of their own: nested ones, and bytes.
    pub fn canonical(array: &'a dyn Array) -> Option<Self> {
        // Adding 0.0 turns -0.0 into 0.0 and leaves every other number.
        Self::new(array, 0.0)
    }

    /// The form in which every number reads back as it was.
    pub fn exact(array: &'a dyn Array) -> Option<Self> {
        // Adding -0.0 leaves every number.
        Self::new(array, -0.0)
    }

    fn new(array: &'a dyn Array, zero: f32) -> Option<Self> {
        use DataType as T;
        macro_rules! integer {
            ($($type:ident => $arrow:ty),*) => {
                match array.data_type() {
                    $(T::$type => Some(cells::<$arrow>(array, |value, out| {
                        out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
                    })),)*
                    _ => None,
                }
            };
        }
        macro_rules! by_unit {
            ($unit:expr, $second:ty, $milli:ty, $micro:ty, $nano:ty, $write:expr) => {
                match $unit {
                    TimeUnit::Second => cells::<$second>(array, $write),
                    TimeUnit::Millisecond => cells::<$milli>(array, $write),
                    TimeUnit::Microsecond => cells::<$micro>(array, $write),
                    TimeUnit::Nanosecond => cells::<$nano>(array, $write),
                }
            };
        }
        let integers = integer!(
            Int8 => Int8Type, Int16 => Int16Type, Int32 => Int32Type, Int64 => Int64Type,
            UInt8 => UInt8Type, UInt16 => UInt16Type, UInt32 => UInt32Type, UInt64 => UInt64Type
        );
        let writer = match array.data_type() {
            _ if integers.is_some() => integers?,
            T::Boolean => {
                let array = array.as_boolean();
                Box::new(move |row, out: &mut Vec<u8>| {
                    out.extend_from_slice(if array.value(row) { b"true" } else { b"false" });
                })
            }
            T::Float32 => cells::<Float32Type>(array, move |value, out| {
                let value = value + zero;
                write_float(f64::from(value), format_args!("{value:e}"), out);
            }),
            T::Float64 => cells::<Float64Type>(array, move |value, out| {
                let value = value + f64::from(zero);
                write_float(value, format_args!("{value:e}"), out);
            }),
            &T::Decimal128(_, scale) => {
                cells::<Decimal128Type>(array, move |value, out| write_decimal128(value, scale, out))
            }
            &T::Decimal256(_, scale) => {
                cells::<Decimal256Type>(array, move |value, out| write_decimal256(value, scale, out))
            }
            T::Date32 => cells::<Date32Type>(array, |days, out| write::date(i64::from(days), out)),
            T::Time64(TimeUnit::Microsecond) => cells::<Time64MicrosecondType>(array, |micros, out| {
                write::duration(micros, TimeUnit::Microsecond, out);
            }),
            &T::Duration(unit) => by_unit!(
                unit,
                DurationSecondType,
                DurationMillisecondType,
                DurationMicrosecondType,
                DurationNanosecondType,
                move |value, out| write::duration(value, unit, out)
            ),
            T::Timestamp(unit, zone) => {
                let (unit, zoned) = (*unit, zone.is_some());
                by_unit!(
                    unit,
                    TimestampSecondType,
                    TimestampMillisecondType,
                    TimestampMicrosecondType,
                    TimestampNanosecondType,
                    move |value, out| {
                        write::timestamp(value, unit, out);
                        if zoned {
                            out.push(b'Z');
                        }
                    }
                )
            }
            _ => return None,
        };
        Some(Self(writer))
    }

    /// Appends the text of a cell that is not null.
    pub fn write(&self, row: usize, into: &mut Vec<u8>) {
        (self.0)(row, into);
    }
}

fn cells<'a, T: ArrowPrimitiveType>(
    array: &'a dyn Array,
    write: impl Fn(T::Native, &mut Vec<u8>) + Send + Sync + 'a,
) -> Writer<'a> {
    let array: &PrimitiveArray<T> = array.as_primitive();
    Box::new(move |row, out| write(array.value(row), out))
}

/// Every cell in its text.
pub(super) fn to_text(input: &Column) -> Result<Option<Checked>, KernelError> {
    let array = input.values();
    let Some(text) = CellText::exact(array.as_ref()) else { return Ok(None) };
    let mut cells = VariableBuilder::new("cast", array.len(), array.len() * 12);
    for row in 0..array.len() {
        if array.is_valid(row) {
            text.write(row, cells.buffer());
        }
        cells.end()?;
    }
    let values: ArrayRef = cells.into_text(array.nulls().cloned())?;
    Ok(Some(Checked::of(input, values, Vec::new())))
}

/// Digits of an integer with the point `scale` places from the right.
fn write_scaled(negative: bool, digits: &[u8], scale: i8, out: &mut Vec<u8>) {
    if negative {
        out.push(b'-');
    }
    let places = usize::from(scale.unsigned_abs());
    if scale <= 0 {
        out.extend_from_slice(digits);
        if digits != b"0" {
            out.resize(out.len() + places, b'0');
        }
    } else if digits.len() > places {
        let (whole, fraction) = digits.split_at(digits.len() - places);
        out.extend_from_slice(whole);
        out.push(b'.');
        out.extend_from_slice(fraction);
    } else {
        out.extend_from_slice(b"0.");
        out.resize(out.len() + places - digits.len(), b'0');
        out.extend_from_slice(digits);
    }
}

/// A decimal of 128 bits: all of its digits.
pub(crate) fn write_decimal128(value: i128, scale: i8, out: &mut Vec<u8>) {
    let mut buffer = itoa::Buffer::new();
    write_scaled(value < 0, buffer.format(value.unsigned_abs()).as_bytes(), scale, out);
}

/// A decimal of 256 bits: all of its digits.
pub(crate) fn write_decimal256(value: i256, scale: i8, out: &mut Vec<u8>) {
    if let Some(value) = value.to_i128() {
        return write_decimal128(value, scale, out);
    }
    let text = value.to_string();
    let digits = text.strip_prefix('-').unwrap_or(&text);
    write_scaled(value.is_negative(), digits.as_bytes(), scale, out);
}

/// Below this power of ten, and from the next on, a float is written with an exponent.
const PLAIN_FROM: i32 = -5;
const PLAIN_BELOW: i32 = 16;

/// The shortest text that reads back as the same number, which is what `scientific` holds in Rust's `{:e}`. The
/// layout is ours, so it stays when the standard library's choice of layout changes: `1.5`, `100.0`, `1e300`.
fn write_float(value: f64, scientific: std::fmt::Arguments<'_>, out: &mut Vec<u8>) {
    if value.is_nan() {
        return out.extend_from_slice(b"NaN");
    }
    if value.is_infinite() {
        return out.extend_from_slice(if value > 0.0 { b"Infinity".as_slice() } else { b"-Infinity" });
    }
    let start = out.len();
    // Writing to a Vec cannot fail.
    let _ = out.write_fmt(scientific);
    let written = &out[start..];
    let mark = written.iter().position(|&byte| byte == b'e').unwrap_or(written.len());
    let exponent = std::str::from_utf8(&written[(mark + 1).min(written.len())..]);
    let exponent: i32 = exponent.ok().and_then(|digits| digits.parse().ok()).unwrap_or(0);
    if !(PLAIN_FROM..PLAIN_BELOW).contains(&exponent) {
        return;
    }
    let mut digits = [0_u8; 24];
    let mut count = 0;
    for &byte in written[..mark].iter().filter(|byte| byte.is_ascii_digit()) {
        // Seventeen digits are the most that a double needs.
        digits[count] = byte;
        count += 1;
    }
    out.truncate(start);
    if value.is_sign_negative() {
        out.push(b'-');
    }
    let digits = &digits[..count];
    if exponent < 0 {
        out.extend_from_slice(b"0.");
        out.resize(out.len() + (-exponent - 1) as usize, b'0');
        out.extend_from_slice(digits);
        return;
    }
    let whole = exponent as usize + 1;
    if count <= whole {
        out.extend_from_slice(digits);
        out.resize(out.len() + whole - count, b'0');
        out.extend_from_slice(b".0");
    } else {
        out.extend_from_slice(&digits[..whole]);
        out.push(b'.');
        out.extend_from_slice(&digits[whole..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn float(value: f64) -> String {
        let mut out = Vec::new();
        write_float(value, format_args!("{value:e}"), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn floats_are_short() {
        for (value, text) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.5, "1.5"),
            (-100.0, "-100.0"),
            (0.1, "0.1"),
            (0.000_01, "0.00001"),
            (0.000_001, "1e-6"),
            (123_456_789.012, "123456789.012"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e16"),
            (1.25e300, "1.25e300"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            assert_eq!(float(value), text);
        }
    }

    #[test]
    fn decimals_have_all_their_digits() {
        for (value, scale, text) in
            [(150, 2, "1.50"), (-5, 2, "-0.05"), (0, 2, "0.00"), (7, 0, "7"), (7, -3, "7000"), (0, -3, "0")]
        {
            let (mut narrow, mut wide) = (Vec::new(), Vec::new());
            write_decimal128(value, scale, &mut narrow);
            write_decimal256(i256::from_i128(value), scale, &mut wide);
            assert_eq!(String::from_utf8(narrow).unwrap(), text);
            assert_eq!(String::from_utf8(wide).unwrap(), text);
        }
        let mut wide = Vec::new();
        write_decimal256(i256::MIN, 76, &mut wide);
        assert!(wide.starts_with(b"-5.7896"));
    }
}
