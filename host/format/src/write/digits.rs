//! The digits of whole numbers, eight at a time.

use super::short::append_in;

/// The first number of nine digits.
const NINE: u64 = 100_000_000;

/// Eight digits, the first in the lowest byte, to the characters that show them.
const SHOWN: u64 = 0x3030_3030_3030_3030;

/// The digits of a number below [`NINE`], the first in the lowest byte. Both halves of four digits are divided into
/// pairs by one multiplication, and all pairs into digits by another.
#[inline(always)]
fn eight(number: u32) -> u64 {
    let halves = u64::from(number / 10_000) | u64::from(number % 10_000) << 32;
    let hundreds = ((halves * 10_486) >> 20) & 0x7F_0000_007F;
    let pairs = hundreds | (halves - 100 * hundreds) << 16;
    let tens = ((pairs * 103) >> 10) & 0x000F_000F_000F_000F;
    tens | (pairs - 10 * tens) << 8
}

/// How many of eight digits are zeros that lead; the last one stands in any case.
#[inline(always)]
fn leading_zeros(digits: u64) -> usize {
    ((digits | 1 << 56).trailing_zeros() / 8) as usize
}

/// Appends all eight digits of a number below [`NINE`].
#[inline(always)]
fn write_eight(number: u32, out: &mut Vec<u8>) {
    out.extend_from_slice(&(eight(number) | SHOWN).to_le_bytes());
}

/// Appends the digits of a number below [`NINE`].
#[inline(always)]
fn write_short(number: u32, out: &mut Vec<u8>) {
    let digits = eight(number);
    let zeros = leading_zeros(digits);
    let end = out.len() + 8 - zeros;
    out.extend_from_slice(&((digits | SHOWN) >> (8 * zeros)).to_le_bytes());
    out.truncate(end);
}

/// Appends the digits of a number.
#[inline(always)]
pub(crate) fn write_unsigned(number: u64, out: &mut Vec<u8>) {
    if number < NINE {
        return write_short(number as u32, out);
    }
    let (high, low) = (number / NINE, (number % NINE) as u32);
    if high < NINE {
        write_short(high as u32, out);
    } else {
        write_short((high / NINE) as u32, out);
        write_eight((high % NINE) as u32, out);
    }
    write_eight(low, out);
}

/// Appends the digits of a number, with a sign where it is negative.
#[inline(always)]
pub(crate) fn write_signed(number: i64, out: &mut Vec<u8>) {
    if number < 0 {
        out.push(b'-');
    }
    write_unsigned(number.unsigned_abs(), out);
}

/// The most digits behind the point that [`write_fixed`] writes.
pub(super) const FIXED: u32 = 7;

/// Appends `number / 10^scale`, with all of its digits and one before the point at least. `scale` is 1 to [`FIXED`].
#[inline(always)]
pub(super) fn write_fixed(number: u64, scale: u32, out: &mut Vec<u8>) {
    let (high, low) = (number / NINE, (number % NINE) as u32);
    if high > 0 {
        write_unsigned(high, out);
    }
    let digits = eight(low);
    let zeros = if high > 0 { 0 } else { leading_zeros(digits).min(7 - scale as usize) };
    let point = 8 * (8 - scale);
    let text = u128::from(digits | SHOWN);
    let (whole, fraction) = (text & ((1 << point) - 1), text >> point);
    let text = whole | u128::from(b'.') << point | fraction << (point + 8);
    append_in(out, |room: &mut [u8; 16]| {
        *room = (text >> (8 * zeros)).to_le_bytes();
        9 - zeros
    });
}

/// Writes the six digits of a number below a million.
#[inline(always)]
pub(super) fn six(number: u32) -> [u8; 6] {
    let [_, _, digits @ ..] = (eight(number) | SHOWN).to_le_bytes();
    digits
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn unsigned(number: u64) -> String {
        let mut out = Vec::new();
        write_unsigned(number, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_half_has_its_digits() {
        for half in 0..10_000 {
            let expected = format!("{half:04}{:04}", 9_999 - half);
            assert_eq!((eight(half * 10_000 + 9_999 - half) | SHOWN).to_le_bytes(), expected.as_bytes());
        }
    }

    #[test]
    fn numbers_of_every_length() {
        for digits in 0..20 {
            let power = 10_u64.pow(digits);
            for number in [power - 1, power, power + 1, 5 * (power / 5), 0, u64::MAX] {
                assert_eq!(unsigned(number), number.to_string());
            }
        }
        let mut out = Vec::new();
        write_signed(i64::MIN, &mut out);
        write_signed(-1, &mut out);
        assert_eq!(out, b"-9223372036854775808-1");
        assert_eq!((&six(0), &six(40_102)), (b"000000", b"040102"));
    }

    proptest! {
        #[test]
        fn any_number_has_its_digits(number in any::<u64>(), bits in 0..64_u32, scale in 1..=FIXED) {
            let number = number >> bits;
            prop_assert_eq!(unsigned(number), number.to_string());
            let one = 10_u64.pow(scale);
            let expected = format!("{}.{:0width$}", number / one, number % one, width = scale as usize);
            let mut out = Vec::new();
            write_fixed(number, scale, &mut out);
            prop_assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }
}
