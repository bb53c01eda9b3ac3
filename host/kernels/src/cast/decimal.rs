//! Decimals and floats, from text and numbers.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Decimal128Type, Decimal256Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrowPrimitiveType, PrimitiveArray, StringArray};
use arrow_buffer::i256;
use arrow_schema::DataType;
use sluicegate_model::Column;

use super::failing::{Why, primitives};
use super::number::{Number, Rounding, ShortNumber, fits, rescale};
use super::text::CellText;
use crate::Checked;

type Reader<'a> = Box<dyn Fn(usize) -> i256 + 'a>;
type CheckedReader<'a> = Box<dyn Fn(usize) -> Result<i256, Why> + 'a>;

/// A column of integers, decimals or booleans, as integers and the scale that they share.
pub(crate) struct ExactNumbers<'a> {
    value: Reader<'a>,
    scale: i8,
}

impl<'a> ExactNumbers<'a> {
    /// `None` for every other type.
    pub fn of(array: &'a dyn Array) -> Option<Self> {
        fn cells<'a, T: ArrowPrimitiveType>(
            array: &'a dyn Array,
            widen: impl Fn(T::Native) -> i256 + 'a,
        ) -> Reader<'a> {
            let array: &PrimitiveArray<T> = array.as_primitive();
            Box::new(move |row| widen(array.value(row)))
        }
        macro_rules! integers {
            ($($type:ident => $arrow:ty),*) => {
                match array.data_type() {
                    $(DataType::$type => cells::<$arrow>(array, |value| i256::from_i128(value.into())),)*
                    DataType::Decimal128(_, _) => cells::<Decimal128Type>(array, i256::from_i128),
                    DataType::Decimal256(_, _) => cells::<Decimal256Type>(array, |value| value),
                    DataType::Boolean => {
                        let array = array.as_boolean();
                        Box::new(move |row| i256::from_i128(array.value(row).into()))
                    }
                    _ => return None,
                }
            };
        }
        let value: Reader<'a> = integers!(
            Int8 => Int8Type, Int16 => Int16Type, Int32 => Int32Type, Int64 => Int64Type,
            UInt8 => UInt8Type, UInt16 => UInt16Type, UInt32 => UInt32Type, UInt64 => UInt64Type
        );
        let scale = match array.data_type() {
            DataType::Decimal128(_, scale) | DataType::Decimal256(_, scale) => *scale,
            _ => 0,
        };
        Some(Self { value, scale })
    }

    /// The integer of a cell that is not null.
    pub fn value(&self, row: usize) -> i256 {
        (self.value)(row)
    }

    /// How many of its digits stand behind the point.
    pub fn scale(&self) -> i8 {
        self.scale
    }
}

/// `None` where there is no such cast. A float goes by its shortest text: 0.1 is 0.1.
pub(super) fn to_decimal(input: &Column, to: &DataType, rounding: Rounding) -> Option<Checked> {
    match *to {
        DataType::Decimal128(precision, scale) => {
            // The precision of the type bounds the value below 10^38.
            let narrow = |value: i256| value.to_i128().ok_or(Why::OutOfRange);
            if let Some(text) = input.values().as_string_opt::<i32>() {
                let format = Decimal128Format::new(precision, scale, rounding);
                return Some(primitives::<Decimal128Type>(input, to, |row| format.parse(text.value(row))));
            }
            let values = decimals(input, precision, scale, rounding)?;
            Some(primitives::<Decimal128Type>(input, to, |row| narrow(values(row)?)))
        }
        DataType::Decimal256(precision, scale) => {
            let values = decimals(input, precision, scale, rounding)?;
            Some(primitives::<Decimal256Type>(input, to, values))
        }
        _ => None,
    }
}

/// Reads the text of decimals of one type.
struct Decimal128Format {
    precision: u8,
    scale: i8,
    rounding: Rounding,
    /// 10^precision: the first magnitude that does not fit.
    limit: u128,
}

impl Decimal128Format {
    fn new(precision: u8, scale: i8, rounding: Rounding) -> Self {
        // The precision of Decimal128 is 38 at most, which 128 bits hold.
        Self { precision, scale, rounding, limit: 10_u128.saturating_pow(u32::from(precision)) }
    }

    #[inline]
    fn parse(&self, text: &str) -> Result<i128, Why> {
        /// Powers of ten that fit 64 bits, so that the product below fits 128.
        const POWERS: [u64; 20] = {
            let mut powers = [1; 20];
            let mut place = 1;
            while place < powers.len() {
                powers[place] = powers[place - 1] * 10;
                place += 1;
            }
            powers
        };
        let short = ShortNumber::parse(text.as_bytes());
        let power = short
            .and_then(|short| POWERS.get(usize::try_from(i32::from(self.scale) - short.places as i32).ok()?));
        if let (Some(short), Some(power)) = (short, power) {
            let magnitude = u128::from(short.digits) * u128::from(*power);
            if magnitude >= self.limit {
                return Err(Why::OutOfRange);
            }
            let value = magnitude.cast_signed();
            return Ok(if short.negative { -value } else { value });
        }
        self.parse_any(text)
    }

    #[cold]
    fn parse_any(&self, text: &str) -> Result<i128, Why> {
        let value = parse_decimal(text, self.precision, self.scale, self.rounding)?;
        value.to_i128().ok_or(Why::OutOfRange)
    }
}

fn parse_decimal(text: &str, precision: u8, scale: i8, rounding: Rounding) -> Result<i256, Why> {
    let value = Number::parse(text.as_bytes()).ok_or(Why::Malformed)?.scaled(scale, rounding)?;
    if fits(value, precision) { Ok(value) } else { Err(Why::OutOfRange) }
}

/// The cells of any column that has a meaning as decimals.
fn decimals(input: &Column, precision: u8, scale: i8, rounding: Rounding) -> Option<CheckedReader<'_>> {
    let values = input.values().as_ref();
    match values.data_type() {
        DataType::Utf8 => {
            let text: &StringArray = values.as_string();
            Some(Box::new(move |row| parse_decimal(text.value(row), precision, scale, rounding)))
        }
        DataType::Float32 | DataType::Float64 => {
            let cells = CellText::exact(values)?;
            Some(Box::new(move |row| {
                let mut text = Vec::with_capacity(24);
                cells.write(row, &mut text);
                // Infinities and NaN are no decimals, but their text is not the user's.
                let number = Number::parse(&text).ok_or(Why::OutOfRange)?;
                let value = number.scaled(scale, rounding)?;
                if fits(value, precision) { Ok(value) } else { Err(Why::OutOfRange) }
            }))
        }
        _ => {
            let numbers = ExactNumbers::of(values)?;
            Some(Box::new(move |row| {
                let value = rescale(numbers.value(row), numbers.scale(), scale, rounding)?;
                if fits(value, precision) { Ok(value) } else { Err(Why::OutOfRange) }
            }))
        }
    }
}

/// A float that text can be read as.
trait Float: std::str::FromStr + Copy {
    fn narrow(value: f64) -> Self;
    fn widen(self) -> f64;
}

impl Float for f32 {
    fn narrow(value: f64) -> Self {
        value as Self
    }
    fn widen(self) -> f64 {
        self.into()
    }
}

impl Float for f64 {
    fn narrow(value: f64) -> Self {
        value
    }
    fn widen(self) -> f64 {
        self
    }
}

/// `None` where there is no such cast. Text and decimals become the nearest float, which is what a float can do;
/// an integer that has no float of its own fails, and so does a number that would become infinite.
pub(super) fn to_float(input: &Column, to: &DataType) -> Option<Checked> {
    match to {
        DataType::Float32 => floats::<Float32Type>(input, to),
        DataType::Float64 => floats::<Float64Type>(input, to),
        _ => None,
    }
}

fn floats<T>(input: &Column, to: &DataType) -> Option<Checked>
where
    T: ArrowPrimitiveType,
    T::Native: Float,
{
    let values = input.values();
    Some(match values.data_type() {
        DataType::Utf8 => {
            let text: &StringArray = values.as_string();
            primitives::<T>(input, to, |row| parse_float(text.value(row)))
        }
        DataType::Float32 => {
            let floats = values.as_primitive::<Float32Type>();
            primitives::<T>(input, to, |row| Ok(T::Native::narrow(floats.value(row).into())))
        }
        DataType::Float64 => {
            let floats = values.as_primitive::<Float64Type>();
            primitives::<T>(input, to, |row| {
                let (value, narrow) = (floats.value(row), T::Native::narrow(floats.value(row)));
                let overflown = narrow.widen().is_infinite() && value.is_finite();
                if overflown { Err(Why::OutOfRange) } else { Ok(narrow) }
            })
        }
        DataType::Decimal128(_, _) | DataType::Decimal256(_, _) => {
            let cells = CellText::exact(values.as_ref())?;
            primitives::<T>(input, to, |row| {
                let mut text = Vec::with_capacity(80);
                cells.write(row, &mut text);
                parse_float(str::from_utf8(&text).map_err(|_| Why::Malformed)?)
            })
        }
        _ => {
            let numbers = ExactNumbers::of(values.as_ref())?;
            primitives::<T>(input, to, |row| {
                let value = numbers.value(row).to_i128().ok_or(Why::OutOfRange)?;
                let float = T::Native::narrow(value as f64);
                // Both conversions are exact for what came through the first.
                if float.widen() as i128 == value { Ok(float) } else { Err(Why::Inexact) }
            })
        }
    })
}

fn parse_float<F: Float>(text: &str) -> Result<F, Why> {
    let value: F = text.parse().map_err(|_| Why::Malformed)?;
    let digits = text.bytes().any(|byte| byte.is_ascii_digit());
    if digits && value.widen().is_infinite() { Err(Why::OutOfRange) } else { Ok(value) }
}
