//! Integers, from text, numbers and booleans.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type,
    UInt64Type,
};
use arrow_array::{Array, ArrowPrimitiveType, StringArray};
use arrow_schema::DataType;
use sluicegate_model::Column;

use super::decimal::ExactNumbers;
use super::failing::{Why, primitives};
use super::number::{Number, Rounding, ShortNumber, rescale};
use crate::Checked;

/// `None` where there is no such cast.
pub(super) fn to_integer(input: &Column, to: &DataType, rounding: Rounding) -> Option<Checked> {
    match to {
        DataType::Int8 => cast::<Int8Type>(input, to, rounding),
        DataType::Int16 => cast::<Int16Type>(input, to, rounding),
        DataType::Int32 => cast::<Int32Type>(input, to, rounding),
        DataType::Int64 => cast::<Int64Type>(input, to, rounding),
        DataType::UInt8 => cast::<UInt8Type>(input, to, rounding),
        DataType::UInt16 => cast::<UInt16Type>(input, to, rounding),
        DataType::UInt32 => cast::<UInt32Type>(input, to, rounding),
        DataType::UInt64 => cast::<UInt64Type>(input, to, rounding),
        _ => None,
    }
}

/// An integer type that a magnitude of 64 bits may fit.
trait Integer: TryFrom<i128> + Copy {
    fn of(negative: bool, magnitude: u64) -> Option<Self>;
}

macro_rules! integers {
    ($($native:ty),*) => {$(
        impl Integer for $native {
            #[inline]
            fn of(negative: bool, magnitude: u64) -> Option<Self> {
                if negative {
                    <$native>::try_from(0_i64.checked_sub_unsigned(magnitude)?).ok()
                } else {
                    <$native>::try_from(magnitude).ok()
                }
            }
        }
    )*};
}

integers!(i8, i16, i32, i64, u8, u16, u32, u64);

fn cast<T>(input: &Column, to: &DataType, rounding: Rounding) -> Option<Checked>
where
    T: ArrowPrimitiveType,
    T::Native: Integer,
{
    let values = input.values();
    Some(match values.data_type() {
        DataType::Utf8 => {
            let text: &StringArray = values.as_string();
            primitives::<T>(input, to, |row| parse(text.value(row).as_bytes(), rounding))
        }
        DataType::Float32 => {
            let floats = values.as_primitive::<Float32Type>();
            primitives::<T>(input, to, |row| from_float(f64::from(floats.value(row)), rounding))
        }
        DataType::Float64 => {
            let floats = values.as_primitive::<Float64Type>();
            primitives::<T>(input, to, |row| from_float(floats.value(row), rounding))
        }
        _ => {
            let numbers = ExactNumbers::of(values.as_ref())?;
            primitives::<T>(input, to, |row| {
                let value = rescale(numbers.value(row), numbers.scale(), 0, rounding)?;
                value.to_i128().and_then(|value| value.try_into().ok()).ok_or(Why::OutOfRange)
            })
        }
    })
}

/// The integer of a text: nearly always a few digits, and read as such first.
#[inline]
fn parse<N: Integer>(text: &[u8], rounding: Rounding) -> Result<N, Why> {
    if let Some(ShortNumber { negative, digits, places: 0 }) = ShortNumber::parse(text) {
        return N::of(negative, digits).ok_or(Why::OutOfRange);
    }
    parse_any(text, rounding)
}

#[cold]
fn parse_any<N: Integer>(text: &[u8], rounding: Rounding) -> Result<N, Why> {
    let value = Number::parse(text).ok_or(Why::Malformed)?.scaled(0, rounding)?;
    value.to_i128().and_then(|value| value.try_into().ok()).ok_or(Why::OutOfRange)
}

fn from_float<N: Integer>(value: f64, rounding: Rounding) -> Result<N, Why> {
    let whole = match rounding {
        Rounding::Exact if value.fract() != 0.0 && value.is_finite() => return Err(Why::Inexact),
        Rounding::HalfUp => value.round(),
        Rounding::Exact | Rounding::Down => value.trunc(),
    };
    // 2^100 is far outside of all targets and well inside of i128, so that the conversion is exact.
    if !whole.is_finite() || whole.abs() > 2.0_f64.powi(100) {
        return Err(Why::OutOfRange);
    }
    N::try_from(whole as i128).map_err(|_| Why::OutOfRange)
}
