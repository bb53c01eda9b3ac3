//! The cells of a column as literals.

use std::io::Write as _;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Decimal256Type, DurationMicrosecondType, Float32Type, Float64Type, Int8Type,
    Int16Type, Int32Type, Int64Type, TimestampMicrosecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{
    Array, ArrayRef, BinaryArray, BooleanArray, FixedSizeBinaryArray, PrimitiveArray, StringArray,
};
use arrow_schema::{DataType, TimeUnit};
use sluicegate_format::values::{push_decimal128, push_decimal256};

use super::temporal::{self, Unfit};
use super::text;

/// A column's cells, ready to be written one by one. NULL is not its business.
pub enum Cells<'a> {
    /// All NULL.
    Null,
    /// 0 and 1.
    Boolean(&'a BooleanArray),
    /// Integers.
    Int8(&'a PrimitiveArray<Int8Type>),
    /// Integers.
    Int16(&'a PrimitiveArray<Int16Type>),
    /// Integers.
    Int32(&'a PrimitiveArray<Int32Type>),
    /// Integers.
    Int64(&'a PrimitiveArray<Int64Type>),
    /// Integers.
    UInt8(&'a PrimitiveArray<UInt8Type>),
    /// Integers.
    UInt16(&'a PrimitiveArray<UInt16Type>),
    /// Integers.
    UInt32(&'a PrimitiveArray<UInt32Type>),
    /// Integers.
    UInt64(&'a PrimitiveArray<UInt64Type>),
    /// Floats, by their shortest digits.
    Float32(&'a PrimitiveArray<Float32Type>),
    /// Floats, by their shortest digits.
    Float64(&'a PrimitiveArray<Float64Type>),
    /// Decimals with their scale.
    Decimal128(&'a PrimitiveArray<Decimal128Type>, i8),
    /// Decimals with their scale.
    Decimal256(&'a PrimitiveArray<Decimal256Type>, i8),
    /// Days.
    Date(&'a PrimitiveArray<Date32Type>),
    /// Moments, with the digits of the second that the column keeps.
    DateTime(&'a PrimitiveArray<TimestampMicrosecondType>, u32),
    /// Lengths of time, with the digits of the second that the column keeps.
    Time(&'a PrimitiveArray<DurationMicrosecondType>, u32),
    /// Texts.
    Text(&'a StringArray),
    /// Bytes.
    Bytes(&'a BinaryArray),
    /// Bytes.
    Fixed(&'a FixedSizeBinaryArray),
}

impl<'a> Cells<'a> {
    /// The cells of an array. `digits` of the second are what the target keeps. `None` for a type that has no literal:
    /// columns are cast to one that has before.
    pub fn new(array: &'a ArrayRef, digits: u32) -> Option<Self> {
        Some(match array.data_type() {
            DataType::Null => Self::Null,
            DataType::Boolean => Self::Boolean(array.as_boolean()),
            DataType::Int8 => Self::Int8(array.as_primitive()),
            DataType::Int16 => Self::Int16(array.as_primitive()),
            DataType::Int32 => Self::Int32(array.as_primitive()),
            DataType::Int64 => Self::Int64(array.as_primitive()),
            DataType::UInt8 => Self::UInt8(array.as_primitive()),
            DataType::UInt16 => Self::UInt16(array.as_primitive()),
            DataType::UInt32 => Self::UInt32(array.as_primitive()),
            DataType::UInt64 => Self::UInt64(array.as_primitive()),
            DataType::Float32 => Self::Float32(array.as_primitive()),
            DataType::Float64 => Self::Float64(array.as_primitive()),
            DataType::Decimal128(_, scale) => Self::Decimal128(array.as_primitive(), *scale),
            DataType::Decimal256(_, scale) => Self::Decimal256(array.as_primitive(), *scale),
            DataType::Date32 => Self::Date(array.as_primitive()),
            DataType::Timestamp(TimeUnit::Microsecond, _) => Self::DateTime(array.as_primitive(), digits),
            DataType::Duration(TimeUnit::Microsecond) => Self::Time(array.as_primitive(), digits),
            DataType::Utf8 => Self::Text(array.as_string()),
            DataType::Binary => Self::Bytes(array.as_binary()),
            DataType::FixedSizeBinary(_) => Self::Fixed(array.as_fixed_size_binary()),
            _ => return None,
        })
    }

    /// Appends the literal of a cell that is not NULL.
    ///
    /// # Errors
    /// Why there is none, in words; what was appended is to be cut off then.
    pub fn write(&self, row: usize, into: &mut Vec<u8>) -> Result<(), String> {
        let mut number = itoa::Buffer::new();
        let digits = match self {
            Self::Null => "NULL",
            Self::Boolean(cells) => {
                if cells.value(row) {
                    "1"
                } else {
                    "0"
                }
            }
            Self::Int8(cells) => number.format(cells.value(row)),
            Self::Int16(cells) => number.format(cells.value(row)),
            Self::Int32(cells) => number.format(cells.value(row)),
            Self::Int64(cells) => number.format(cells.value(row)),
            Self::UInt8(cells) => number.format(cells.value(row)),
            Self::UInt16(cells) => number.format(cells.value(row)),
            Self::UInt32(cells) => number.format(cells.value(row)),
            Self::UInt64(cells) => number.format(cells.value(row)),
            Self::Float32(cells) => return float(f64::from(cells.value(row)), cells.value(row), into),
            Self::Float64(cells) => return float(cells.value(row), cells.value(row), into),
            Self::Decimal128(cells, scale) => {
                push_decimal128(cells.value(row), *scale, into);
                return Ok(());
            }
            Self::Decimal256(cells, scale) => {
                push_decimal256(cells.value(row), *scale, into);
                return Ok(());
            }
            Self::Date(cells) => {
                let days = i64::from(cells.value(row));
                return temporal::push_date(days, into).map_err(|why| unfit(why, "DATE"));
            }
            Self::DateTime(cells, digits) => {
                return temporal::push_date_time(cells.value(row), *digits, into)
                    .map_err(|why| unfit(why, "DATETIME"));
            }
            Self::Time(cells, digits) => {
                return temporal::push_time(cells.value(row), *digits, into)
                    .map_err(|why| unfit(why, "TIME"));
            }
            Self::Text(cells) => {
                text::push(cells.value(row), into);
                return Ok(());
            }
            Self::Bytes(cells) => {
                text::push_bytes(cells.value(row), into);
                return Ok(());
            }
            Self::Fixed(cells) => {
                text::push_bytes(cells.value(row), into);
                return Ok(());
            }
        };
        into.extend_from_slice(digits.as_bytes());
        Ok(())
    }
}

/// With an exponent, so that the server takes it for a float and not for a decimal.
fn float(value: f64, shown: impl std::fmt::LowerExp, into: &mut Vec<u8>) -> Result<(), String> {
    if !value.is_finite() {
        return Err(format!("{value} is no number that the server has"));
    }
    // Writing to memory does not fail.
    let _ = write!(into, "{shown:e}");
    Ok(())
}

fn unfit(why: Unfit, kind: &str) -> String {
    match why {
        Unfit::Range => format!("it is outside of what a {kind} holds"),
        Unfit::Digits(digits) => {
            format!("the column keeps {digits} digits of the second, and it has more")
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{Decimal128Array, Float32Array, Float64Array, UInt64Array};

    use super::*;

    fn written(array: ArrayRef) -> Vec<String> {
        let cells = Cells::new(&array, 6).unwrap();
        (0..array.len())
            .map(|row| {
                let mut text = Vec::new();
                cells.write(row, &mut text).map_or_else(|why| why, |()| String::from_utf8(text).unwrap())
            })
            .collect()
    }

    #[test]
    fn numbers_keep_every_digit() {
        assert_eq!(written(Arc::new(UInt64Array::from(vec![u64::MAX]))), ["18446744073709551615"]);
        let cents =
            Decimal128Array::from(vec![-5_i128, 0, 12_345, 7]).with_precision_and_scale(18, 3).unwrap();
        assert_eq!(written(Arc::new(cents)), ["-0.005", "0.000", "12.345", "0.007"]);
        let hundreds = Decimal128Array::from(vec![12_i128, 0]).with_precision_and_scale(5, -2).unwrap();
        assert_eq!(written(Arc::new(hundreds)), ["1200", "0"]);
        assert_eq!(written(Arc::new(Float64Array::from(vec![0.1, 1e300, -0.0]))), ["1e-1", "1e300", "-0e0"]);
        assert_eq!(written(Arc::new(Float32Array::from(vec![0.1]))), ["1e-1"]);
        assert!(written(Arc::new(Float64Array::from(vec![f64::NAN])))[0].contains("no number"));
    }
}
