//! Numbers as text and with a scale, exactly.

use arrow_buffer::i256;

use super::failing::Why;

/// What to do with digits that the target has no place for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Rounding {
    /// Refuse, unless they are zeros.
    #[default]
    Exact,
    /// To the nearest, halves away from zero.
    HalfUp,
    /// Towards zero: cut off.
    Down,
}

/// Digits of the widest decimal.
const MOST_DIGITS: i64 = 76;

/// A number in decimal notation: `-12.50`, `.5`, `1e3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Number<'a> {
    negative: bool,
    whole: &'a [u8],
    fraction: &'a [u8],
    exponent: i64,
}

impl<'a> Number<'a> {
    /// `None` where the text is anything else, spaces around it included.
    pub fn parse(text: &'a [u8]) -> Option<Self> {
        let (negative, rest) = sign(text);
        let (whole, rest) = digits(rest);
        let (fraction, rest) = match rest {
            [b'.', rest @ ..] => digits(rest),
            rest => (&rest[..0], rest),
        };
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let exponent = match rest {
            [] => 0,
            [b'e' | b'E', rest @ ..] => exponent(rest)?,
            _ => return None,
        };
        Some(Self { negative, whole, fraction, exponent })
    }

    /// Whether it is above zero.
    pub fn is_positive(&self) -> bool {
        !self.negative && self.whole.iter().chain(self.fraction).any(|digit| *digit != b'0')
    }

    /// The number times ten to the `scale`, as an integer.
    pub fn scaled(&self, scale: i8, rounding: Rounding) -> Result<i256, Why> {
        let count = (self.whole.len() + self.fraction.len()) as i64;
        let shift = self.exponent - self.fraction.len() as i64 + i64::from(scale);
        let kept = count + shift.min(0);
        let (mut value, mut significant) = (i256::ZERO, 0_i64);
        let (mut first_dropped, mut dropped) = (0, false);
        for (place, digit) in self.whole.iter().chain(self.fraction).enumerate() {
            let (place, digit) = (place as i64, digit - b'0');
            if place < kept {
                significant += i64::from(significant > 0 || digit > 0);
                if significant > MOST_DIGITS {
                    return Err(Why::OutOfRange);
                }
                value = value.wrapping_mul(TEN).wrapping_add(i256::from_i128(i128::from(digit)));
            } else {
                dropped |= digit > 0;
                if place == kept {
                    first_dropped = digit;
                }
            }
        }
        if dropped {
            match rounding {
                Rounding::Exact => return Err(Why::Inexact),
                Rounding::HalfUp if first_dropped >= 5 => value = value.wrapping_add(i256::ONE),
                Rounding::HalfUp | Rounding::Down => {}
            }
        }
        if shift > 0 && significant > 0 {
            if significant + shift > MOST_DIGITS {
                return Err(Why::OutOfRange);
            }
            value = value.wrapping_mul(power(shift as u32));
        }
        Ok(if self.negative { value.wrapping_neg() } else { value })
    }
}

const TEN: i256 = i256::from_i128(10);

/// Ten to a power of at most 76.
pub(crate) fn power(exponent: u32) -> i256 {
    match 10_i128.checked_pow(exponent) {
        Some(power) => i256::from_i128(power),
        None => TEN.wrapping_pow(exponent),
    }
}

/// A value of one scale in another.
pub(crate) fn rescale(value: i256, from: i8, to: i8, rounding: Rounding) -> Result<i256, Why> {
    let shift = i32::from(to) - i32::from(from);
    if shift == 0 || value == i256::ZERO {
        return Ok(value);
    }
    let distance = shift.unsigned_abs();
    if shift > 0 {
        if i64::from(distance) > MOST_DIGITS {
            return Err(Why::OutOfRange);
        }
        return value.checked_mul(power(distance)).ok_or(Why::OutOfRange);
    }
    // Past the digits of any value: nothing is left of it, not even by rounding.
    let divisor = (i64::from(distance) <= MOST_DIGITS).then(|| power(distance));
    let (quotient, rest) = match divisor {
        // The divisor is positive: neither division by zero nor overflow.
        Some(divisor) => (value.wrapping_div(divisor), value.wrapping_rem(divisor)),
        None => (i256::ZERO, value),
    };
    if rest == i256::ZERO {
        return Ok(quotient);
    }
    match (rounding, divisor) {
        (Rounding::Exact, _) => Err(Why::Inexact),
        (Rounding::HalfUp, Some(divisor)) => {
            // The rest is below half where twice of it is: no overflow, it is below 10^76 in size.
            let rest = rest.wrapping_abs();
            let up = rest >= divisor.wrapping_sub(rest);
            let step = if value.is_negative() { i256::MINUS_ONE } else { i256::ONE };
            Ok(if up { quotient.wrapping_add(step) } else { quotient })
        }
        (Rounding::HalfUp, None) | (Rounding::Down, _) => Ok(quotient),
    }
}

/// Whether a value has at most `precision` digits.
pub(crate) fn fits(value: i256, precision: u8) -> bool {
    let limit = power(u32::from(precision));
    value < limit && value > limit.wrapping_neg()
}

fn sign(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] | rest => (false, rest),
    }
}

fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

/// The digits of an exponent. Past the ninth they no longer matter: no type reaches there.
fn exponent(text: &[u8]) -> Option<i64> {
    let (negative, rest) = sign(text);
    let (digits, rest) = digits(rest);
    if digits.is_empty() || !rest.is_empty() {
        return None;
    }
    let most = 1_000_000_000_i64;
    let exponent = digits.iter().fold(0, |sum: i64, digit| (sum * 10 + i64::from(digit - b'0')).min(most));
    Some(if negative { -exponent } else { exponent })
}

/// A number of the most common form, read fast: a sign, and up to nineteen digits with at most one point among
/// them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ShortNumber {
    /// Whether it has a minus sign.
    pub negative: bool,
    /// Its digits, the point left out.
    pub digits: u64,
    /// How many of them stand behind the point.
    pub places: u32,
}

impl ShortNumber {
    /// The longest text without its sign: nineteen digits, which always fit 64 bits, and a point.
    const LONGEST: usize = 20;

    /// `None` for any other form, numbers among them: [`Number::parse`] knows more.
    #[inline]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let (negative, text) = sign(text);
        if text.is_empty() || text.len() > Self::LONGEST {
            return None;
        }
        let (whole, rest) = run(0, text);
        let (digits, places) = match rest {
            [] if text.len() < Self::LONGEST => (whole, 0),
            [b'.', fraction @ ..] if text.len() > 1 => {
                let (digits, rest) = run(whole, fraction);
                if !rest.is_empty() {
                    return None;
                }
                (digits, fraction.len() as u32)
            }
            _ => return None,
        };
        Some(Self { negative, digits, places })
    }
}

/// Reads digits behind those of `value`, eight at a time while there are eight, and gives what follows them.
/// Wraps past 64 bits: the caller bounds the length.
#[inline]
fn run(mut value: u64, mut text: &[u8]) -> (u64, &[u8]) {
    while let Some((eight, rest)) = text.split_first_chunk::<8>() {
        let Some(digits) = eight_digits(*eight) else { break };
        value = value.wrapping_mul(100_000_000).wrapping_add(digits);
        text = rest;
    }
    while let [first, rest @ ..] = text {
        let digit = first.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
        text = rest;
    }
    (value, text)
}

/// Eight digits at once: bytes are joined to pairs, pairs to fours, fours to eight, each in its own lane of one
/// 64-bit word.
#[inline]
fn eight_digits(text: [u8; 8]) -> Option<u64> {
    const HIGH_BITS: u64 = 0x8080_8080_8080_8080;
    let digits = u64::from_le_bytes(text) ^ 0x3030_3030_3030_3030;
    // A digit is now 0 to 9. Adding 0x76 sets the high bit of every byte from 10 on; a byte that had it set
    // could carry into the next, but is refused itself.
    if (digits | digits.wrapping_add(0x7676_7676_7676_7676)) & HIGH_BITS != 0 {
        return None;
    }
    let pairs = (digits.wrapping_mul(10).wrapping_add(digits >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs.wrapping_mul(100).wrapping_add(pairs >> 16)) & 0x0000_ffff_0000_ffff;
    Some(fours.wrapping_mul(10_000).wrapping_add(fours >> 32) & 0xffff_ffff)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scaled(text: &str, scale: i8, rounding: Rounding) -> Result<String, Why> {
        let number = Number::parse(text.as_bytes()).ok_or(Why::Malformed)?;
        number.scaled(scale, rounding).map(|value| value.to_string())
    }

    #[test]
    fn numbers_are_exact() {
        for (text, scale, expected) in [
            ("12.50", 2, Ok("1250")),
            ("12.500", 2, Ok("1250")),
            ("12.501", 2, Err(Why::Inexact)),
            ("1e3", 0, Ok("1000")),
            ("1.0", 0, Ok("1")),
            ("-1.25E-1", 3, Ok("-125")),
            (".5", 1, Ok("5")),
            ("5.", 1, Ok("50")),
            ("+0", 5, Ok("0")),
            ("0e999999999999", 0, Ok("0")),
            ("1e999999999999", 0, Err(Why::OutOfRange)),
            ("1e-999999999999", 0, Err(Why::Inexact)),
            ("1200", -2, Ok("12")),
            ("1201", -2, Err(Why::Inexact)),
            ("", 0, Err(Why::Malformed)),
            (".", 0, Err(Why::Malformed)),
            ("-", 0, Err(Why::Malformed)),
            ("1e", 0, Err(Why::Malformed)),
            ("1 ", 0, Err(Why::Malformed)),
            ("--1", 0, Err(Why::Malformed)),
            ("1.2.3", 0, Err(Why::Malformed)),
            ("NaN", 0, Err(Why::Malformed)),
        ] {
            assert_eq!(scaled(text, scale, Rounding::Exact), expected.map(str::to_owned), "{text}");
        }
        let most = "9".repeat(76);
        assert_eq!(scaled(&most, 0, Rounding::Exact), Ok(most.clone()));
        assert_eq!(scaled(&format!("{most}0"), 0, Rounding::Exact), Err(Why::OutOfRange));
        assert_eq!(scaled(&format!("000{most}"), 0, Rounding::Exact), Ok(most));
    }

    #[test]
    fn rounding_is_asked_for() {
        for (text, up, down) in [
            ("1.25", "13", "12"),
            ("-1.25", "-13", "-12"),
            ("1.249", "12", "12"),
            ("0.04", "0", "0"),
            ("9.99", "100", "99"),
        ] {
            assert_eq!(scaled(text, 1, Rounding::HalfUp), Ok(up.to_owned()), "{text}");
            assert_eq!(scaled(text, 1, Rounding::Down), Ok(down.to_owned()), "{text}");
        }
        assert_eq!(scaled("0.5", 0, Rounding::HalfUp), Ok("1".to_owned()));
        assert_eq!(scaled("0.5", -1, Rounding::HalfUp), Ok("0".to_owned()));
    }

    proptest! {
        #[test]
        fn the_fast_reader_agrees_with_the_exact_one(text in "[+-]?[0-9]{0,12}[.]?[0-9]{0,9}") {
            if let Some(short) = ShortNumber::parse(text.as_bytes()) {
                let value = i128::from(short.digits) * if short.negative { -1 } else { 1 };
                let exact = Number::parse(text.as_bytes()).unwrap();
                prop_assert_eq!(exact.scaled(short.places as i8, Rounding::Exact), Ok(i256::from_i128(value)));
            }
        }

        #[test]
        fn the_fast_reader_takes_only_numbers(text in "[ 0-9.+e-]{0,20}") {
            if ShortNumber::parse(text.as_bytes()).is_some() {
                prop_assert!(Number::parse(text.as_bytes()).is_some(), "{}", text);
            }
        }

        #[test]
        fn rescaling_agrees_with_reading(value in any::<i64>(), from in 0_i8..20, to in 0_i8..20) {
            for rounding in [Rounding::Exact, Rounding::HalfUp, Rounding::Down] {
                let mut text = Vec::new();
                super::super::text::write_decimal128(i128::from(value), from, &mut text);
                let read = Number::parse(&text).unwrap().scaled(to, rounding);
                prop_assert_eq!(rescale(i256::from_i128(i128::from(value)), from, to, rounding), read);
            }
        }
    }
}
