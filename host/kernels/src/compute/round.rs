//! Rounding: to places behind the point, to a step, to significant digits. Exact but for floats.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type};
use arrow_array::{ArrayRef, ArrowPrimitiveType};
use arrow_buffer::i256;
use arrow_schema::{DECIMAL256_MAX_PRECISION, DataType};
use sluicegate_model::Column;

use super::arithmetic::{NUMBERS, digits_of, numbers};
use super::call::Call;
use crate::cast::{ExactNumbers, Failing, Number, ROUNDING, Rounding, Why, excerpt, power, primitive_array};
use crate::error::type_name;
use crate::options::Given;
use crate::{Checked, KernelError};

/// What values are rounded to.
#[derive(Clone, Copy, Debug)]
enum To<'a> {
    /// So many digits behind the point; before it, where negative.
    Places(i8),
    /// A multiple of a number, as it is written.
    Step(&'a str),
    /// So many digits, from the first that is not 0.
    Digits(u8),
}

impl<'a> To<'a> {
    fn read(given: &Given<'a>) -> Result<Self, KernelError> {
        const PLACES: &str = "a number of digits behind the point, -76 to 76";
        const DIGITS: &str = "a number of digits, 1 to 76";
        let named: Vec<&str> =
            ["places", "step", "digits"].into_iter().filter(|name| given.text(name).is_some()).collect();
        if let [_, second, ..] = named[..] {
            let value = given.text(second).unwrap_or_default();
            return Err(KernelError::bad_option(
                second,
                value,
                "only one of places, step and digits is given",
            ));
        }
        if let Some(step) = given.text("step") {
            let positive = Number::parse(step.as_bytes()).is_some_and(|number| number.is_positive());
            return if positive {
                Ok(Self::Step(step))
            } else {
                Err(KernelError::bad_option("step", step, "it is a number above 0, such as 100 or 0.25"))
            };
        }
        if let Some(digits) = given.number::<u8>("digits", DIGITS)? {
            return if (1..=DECIMAL256_MAX_PRECISION).contains(&digits) {
                Ok(Self::Digits(digits))
            } else {
                Err(KernelError::bad_option("digits", &digits.to_string(), DIGITS))
            };
        }
        let places: i8 = given.number("places", PLACES)?.unwrap_or(0);
        if places.unsigned_abs() > DECIMAL256_MAX_PRECISION {
            return Err(KernelError::bad_option("places", &places.to_string(), PLACES));
        }
        Ok(Self::Places(places))
    }

    /// The multiple to which numbers of a scale are rounded, in units of that scale; none where it depends on the
    /// number. Zero: past the digits of any number.
    fn step(self, scale: i8) -> Result<Option<i256>, KernelError> {
        match self {
            Self::Digits(_) => Ok(None),
            Self::Places(places) if places >= scale => Ok(Some(i256::ONE)),
            Self::Places(places) => {
                let distance = u32::from(scale.abs_diff(places));
                Ok(Some(if distance > 76 { i256::ZERO } else { power(distance) }))
            }
            Self::Step(written) => {
                let number = Number::parse(written.as_bytes());
                let exact = number.and_then(|number| number.scaled(scale, Rounding::Exact).ok());
                exact.map(Some).ok_or_else(|| {
                    let why = format!("a column with {scale} digits behind the point has no such multiples");
                    KernelError::bad_option("step", written, why)
                })
            }
        }
    }
}

pub(super) fn round(call: &Call<'_>) -> Result<Checked, KernelError> {
    let given = call.given(&["places", "step", "digits", "round"])?;
    let to = To::read(&given)?;
    let rounding = given.choice("round", &ROUNDING)?.unwrap_or(Rounding::HalfUp);
    let input = call.only()?;
    match input.data_type() {
        DataType::Float32 => Ok(floats::<Float32Type>(input, to, rounding, f64::from, |value| value as f32)),
        DataType::Float64 => Ok(floats::<Float64Type>(input, to, rounding, |value| value, |value| value)),
        _ => exact(call, input, to, rounding),
    }
}

fn exact(call: &Call<'_>, input: &Column, to: To<'_>, rounding: Rounding) -> Result<Checked, KernelError> {
    let data_type = input.data_type();
    digits_of(data_type).ok_or_else(|| call.wrong_type(0, NUMBERS_OR_FLOATS))?;
    let cells = ExactNumbers::of(input.values().as_ref()).ok_or_else(|| call.wrong_type(0, NUMBERS))?;
    let step = to.step(cells.scale())?;
    let narrow = step.and_then(i256::to_i128);
    let value = |row: usize| {
        let value = cells.value(row);
        // What fits 64 bits, which is nearly all, is divided by the processor.
        match (narrow, value.to_i128()) {
            (Some(step), Some(value)) if step != 0 => {
                Ok(i256::from_i128(multiple(value, step, rounding).ok_or(Why::OutOfRange)?))
            }
            _ => wide(value, step.unwrap_or_else(|| significant(value, to)), rounding),
        }
    };
    let (values, failing) = numbers(call, data_type, input.len(), input.values().nulls(), value)?;
    Ok(Checked::of(input, values, told(input, failing)))
}

const NUMBERS_OR_FLOATS: &str = "integers, decimals or floats";

fn told(input: &Column, failing: Failing) -> Vec<crate::Failed> {
    failing.told(|row, _| {
        format!("round of {} does not fit {}", excerpt(input, row), type_name(input.data_type()))
    })
}

/// The multiple of a positive step next to a value, or none where 128 bits end before it.
fn multiple(value: i128, step: i128, rounding: Rounding) -> Option<i128> {
    let rest = match (i64::try_from(value), i64::try_from(step)) {
        // A step of i64 is positive, so this never overflows.
        (Ok(value), Ok(step)) => i128::from(value % step),
        _ => value % step,
    };
    if rest == 0 {
        return Some(value);
    }
    let cut = value - rest;
    let up = rounding == Rounding::HalfUp && rest.abs() >= step - rest.abs();
    if up { cut.checked_add(if value < 0 { -step } else { step }) } else { Some(cut) }
}

fn wide(value: i256, step: i256, rounding: Rounding) -> Result<i256, Why> {
    if step == i256::ZERO {
        return Ok(i256::ZERO);
    }
    let rest = value.wrapping_rem(step);
    if rest == i256::ZERO {
        return Ok(value);
    }
    let cut = value.wrapping_sub(rest);
    let rest = rest.wrapping_abs();
    if rounding != Rounding::HalfUp || rest < step.wrapping_sub(rest) {
        return Ok(cut);
    }
    let step = if value.is_negative() { step.wrapping_neg() } else { step };
    cut.checked_add(step).ok_or(Why::OutOfRange)
}

/// The step that leaves a number its first digits.
fn significant(value: i256, to: To<'_>) -> i256 {
    let To::Digits(kept) = to else { return i256::ONE };
    let magnitude = value.wrapping_abs();
    let mut digits = 0_u32;
    while digits < 76 && magnitude >= power(digits) {
        digits += 1;
    }
    power(digits.saturating_sub(u32::from(kept)))
}

/// Floats, to the nearest float there is. What is not finite stays.
fn floats<T: ArrowPrimitiveType>(
    input: &Column,
    to: To<'_>,
    rounding: Rounding,
    widen: fn(T::Native) -> f64,
    narrow: fn(f64) -> T::Native,
) -> Checked {
    let whole = |value: f64| if rounding == Rounding::HalfUp { value.round() } else { value.trunc() };
    let at = |value: f64, places: i32| {
        if places.unsigned_abs() > 300 {
            return if places > 0 { value } else { 0.0 };
        }
        let power = 10_f64.powi(places.abs());
        let (up, rounded) = if places >= 0 {
            (value * power, whole(value * power) / power)
        } else {
            (0.0, whole(value / power) * power)
        };
        // A number so large has no digits there.
        if up.is_finite() { rounded } else { value }
    };
    let step = match to {
        To::Step(written) => written.parse().unwrap_or(1.0),
        _ => 1.0,
    };
    let round = |value: f64| match to {
        _ if !value.is_finite() || value == 0.0 => value,
        To::Places(places) => at(value, places.into()),
        To::Digits(digits) => at(value, i32::from(digits) - 1 - value.abs().log10().floor() as i32),
        To::Step(_) => whole(value / step) * step,
    };
    let cells = input.values().as_primitive::<T>();
    let (array, failing) =
        primitive_array::<T>(input.len(), input.values().nulls(), input.data_type(), |row| {
            let (value, rounded) = (cells.value(row), round(widen(cells.value(row))));
            let made = narrow(rounded);
            let lost = widen(value).is_finite() && !widen(made).is_finite();
            if lost { Err(Why::OutOfRange) } else { Ok(made) }
        });
    let array: ArrayRef = Arc::new(array);
    Checked::of(input, array, told(input, failing))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn halves_go_away_from_zero() {
        for (value, step, up, down) in [
            (150, 100, 200, 100),
            (-150, 100, -200, -100),
            (149, 100, 100, 100),
            (-149, 100, -100, -100),
            (7, 5, 5, 5),
        ] {
            assert_eq!(multiple(value, step, Rounding::HalfUp), Some(up));
            assert_eq!(multiple(value, step, Rounding::Down), Some(down));
        }
        assert_eq!(multiple(i128::MAX, 1000, Rounding::HalfUp), None);
    }

    proptest! {
        #[test]
        fn both_widths_agree(value: i128, step in 1_i128.., small in 1_i128..10_000) {
            for step in [step, small] {
                for rounding in [Rounding::HalfUp, Rounding::Down] {
                    let narrow = multiple(value, step, rounding);
                    let wide = wide(i256::from_i128(value), i256::from_i128(step), rounding).unwrap();
                    prop_assert!(narrow.is_none_or(|narrow| i256::from_i128(narrow) == wide));
                    prop_assert_eq!(wide.wrapping_rem(i256::from_i128(step)), i256::ZERO);
                    let distance = wide.wrapping_sub(i256::from_i128(value)).wrapping_abs();
                    prop_assert!(distance < i256::from_i128(step));
                }
            }
        }

        #[test]
        fn significant_digits_are_kept(value: i64, kept in 1_u8..20) {
            let step = significant(i256::from_i128(value.into()), To::Digits(kept));
            let rounded = wide(i256::from_i128(value.into()), step, Rounding::Down).unwrap().to_string();
            let given = value.to_string();
            let (sign, digits) = given.strip_prefix('-').map_or(("", given.as_str()), |digits| ("-", digits));
            let places = 0..digits.len();
            let expected: String = places
                .map(|place| if place < usize::from(kept) { &digits[place..=place] } else { "0" })
                .collect();
            prop_assert_eq!(rounded, format!("{sign}{expected}"));
        }
    }
}
