//! DECIMAL: digits packed nine to four bytes, the highest first, so that values sort as bytes do.
//!
//! The digits before the point are one group of fewer than nine and then groups of nine, those behind it the
//! other way round. The first bit is inverted, and a negative number has all bits inverted.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/group__DECIMAL.html> (`decimal2bin`).

use arrow_buffer::i256;

use crate::binlog::bytes::Cursor;
use crate::binlog::error::Fault;

const DIGITS_OF_GROUP: usize = 9;
/// Bytes of a group of 0 to 9 digits.
const BYTES_OF: [usize; 10] = [0, 1, 1, 2, 2, 3, 3, 4, 4, 4];
const POWERS: [u32; 10] =
    [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000];
/// Bytes of the longest: DECIMAL(65,30) has 35 and 30 digits.
const MOST_BYTES: usize = 64;

/// Number of bytes of a value.
#[inline]
pub(in crate::binlog) const fn len(precision: u8, scale: u8) -> usize {
    part_len((precision - scale) as usize) + part_len(scale as usize)
}

const fn part_len(digits: usize) -> usize {
    digits / DIGITS_OF_GROUP * 4 + BYTES_OF[digits % DIGITS_OF_GROUP]
}

/// The groups of a value's digits, the highest first, with the sign taken out of the bytes.
struct Groups {
    bytes: [u8; MOST_BYTES],
    negative: bool,
}

impl Groups {
    #[inline]
    fn new(bytes: &[u8]) -> Result<Self, Fault> {
        let mut plain = [0; MOST_BYTES];
        let Some(own) = plain.get_mut(..bytes.len()).filter(|own| !own.is_empty()) else {
            return Err(Fault::new(format!("a DECIMAL of {} bytes", bytes.len())));
        };
        let negative = bytes[0] & 0x80 == 0;
        let mask = if negative { 0xff } else { 0 };
        for (to, from) in own.iter_mut().zip(bytes) {
            *to = from ^ mask;
        }
        own[0] ^= 0x80;
        Ok(Self { bytes: plain, negative })
    }

    /// Calls with each group's value and number of digits.
    #[inline]
    fn each(&self, precision: u8, scale: u8, mut group: impl FnMut(u32, usize)) -> Result<(), Fault> {
        let mut place = 0;
        let mut read = |digits: usize| {
            let mut value = 0;
            for byte in &self.bytes[place..place + BYTES_OF[digits]] {
                value = value << 8 | u32::from(*byte);
            }
            place += BYTES_OF[digits];
            if value >= POWERS[digits] {
                return Err(Fault::new(format!(
                    "a DECIMAL has a group of {digits} digits with the value {value}"
                )));
            }
            group(value, digits);
            Ok(())
        };
        let whole = usize::from(precision - scale);
        let fraction = usize::from(scale);
        if !whole.is_multiple_of(DIGITS_OF_GROUP) {
            read(whole % DIGITS_OF_GROUP)?;
        }
        for _ in 0..whole / DIGITS_OF_GROUP + fraction / DIGITS_OF_GROUP {
            read(DIGITS_OF_GROUP)?;
        }
        if !fraction.is_multiple_of(DIGITS_OF_GROUP) {
            read(fraction % DIGITS_OF_GROUP)?;
        }
        Ok(())
    }
}

/// A value of up to 38 digits, in units of the scale.
#[inline]
pub(super) fn to_i128(bytes: &[u8], precision: u8, scale: u8) -> Result<i128, Fault> {
    let groups = Groups::new(bytes)?;
    if precision <= 18 {
        let mut value = 0_i64;
        groups.each(precision, scale, |group, digits| {
            value = value * i64::from(POWERS[digits]) + i64::from(group);
        })?;
        return Ok(i128::from(if groups.negative { -value } else { value }));
    }
    let mut value = 0_i128;
    groups.each(precision, scale, |group, digits| {
        value = value * i128::from(POWERS[digits]) + i128::from(group);
    })?;
    Ok(if groups.negative { -value } else { value })
}

/// A value of up to 65 digits, in units of the scale.
pub(super) fn to_i256(bytes: &[u8], precision: u8, scale: u8) -> Result<i256, Fault> {
    let groups = Groups::new(bytes)?;
    let mut value = i256::ZERO;
    groups.each(precision, scale, |group, digits| {
        let shifted = value.wrapping_mul(i256::from_i128(i128::from(POWERS[digits])));
        value = shifted.wrapping_add(i256::from_i128(i128::from(group)));
    })?;
    Ok(if groups.negative { value.wrapping_neg() } else { value })
}

/// Appends the text of a value, with as many digits behind the point as its scale says.
pub(in crate::binlog) fn write(
    bytes: &[u8],
    precision: u8,
    scale: u8,
    out: &mut Vec<u8>,
) -> Result<(), Fault> {
    let groups = Groups::new(bytes)?;
    let mut digits = [0_u8; 128];
    let mut end = 0;
    groups.each(precision, scale, |mut group, count| {
        for place in (end..end + count).rev() {
            digits[place] = b'0' + (group % 10) as u8;
            group /= 10;
        }
        end += count;
    })?;
    let digits = &digits[..end];
    let (whole, fraction) = digits.split_at(digits.len() - usize::from(scale));
    if groups.negative && digits.iter().any(|digit| *digit != b'0') {
        out.push(b'-');
    }
    let first = whole.iter().position(|digit| *digit != b'0');
    out.extend_from_slice(first.map_or(b"0", |first| &whole[first..]));
    if !fraction.is_empty() {
        out.push(b'.');
        out.extend_from_slice(fraction);
    }
    Ok(())
}

/// Takes a value's bytes.
#[inline]
pub(super) fn take<'a>(cursor: &mut Cursor<'a>, precision: u8, scale: u8) -> Result<&'a [u8], Fault> {
    cursor.take(len(precision, scale))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The server's packing, from digits.
    fn packed(negative: bool, digits: &str, scale: usize) -> Vec<u8> {
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        let first = whole.len() % 9;
        let mut groups: Vec<&str> = vec![&whole[..first]];
        groups.extend((first..whole.len()).step_by(9).map(|at| &whole[at..at + 9]));
        groups.extend((0..fraction.len()).step_by(9).map(|at| &fraction[at..fraction.len().min(at + 9)]));
        let mut bytes = Vec::new();
        for group in groups.iter().filter(|group| !group.is_empty()) {
            let value: u32 = group.parse().unwrap();
            bytes.extend_from_slice(&value.to_be_bytes()[4 - BYTES_OF[group.len()]..]);
        }
        bytes[0] ^= 0x80;
        if negative {
            for byte in &mut bytes {
                *byte = !*byte;
            }
        }
        bytes
    }

    #[test]
    fn the_manuals_example() {
        // decimal2bin's own: 1234567890.1234 as DECIMAL(14,4), and its negative.
        let bytes = [0x81, 0x0d, 0xfb, 0x38, 0xd2, 0x04, 0xd2];
        assert_eq!(to_i128(&bytes, 14, 4), Ok(12_345_678_901_234));
        let negative: Vec<u8> = bytes.iter().map(|byte| !byte).collect();
        assert_eq!(to_i128(&negative, 14, 4), Ok(-12_345_678_901_234));
    }

    #[test]
    fn a_group_that_is_too_large_is_refused() {
        assert!(to_i128(&[0x80 | 0x64], 2, 0).is_err());
        assert!(to_i128(&[], 2, 0).is_err());
    }

    proptest! {
        #[test]
        fn every_value_is_exact(digits in "[0-9]{1,65}", scale in 0_usize..=30, negative in any::<bool>()) {
            let scale = scale.min(digits.len());
            let (precision, places) = (digits.len() as u8, scale as u8);
            let zero = digits.bytes().all(|digit| digit == b'0');
            let bytes = packed(negative && !zero, &digits, scale);
            prop_assert_eq!(bytes.len(), len(precision, places));
            let sign = if negative && !zero { "-" } else { "" };
            let wide = to_i256(&bytes, precision, places).unwrap();
            prop_assert_eq!(wide, i256::from_string(&format!("{sign}{digits}")).unwrap());
            if precision <= 38 {
                prop_assert_eq!(i256::from_i128(to_i128(&bytes, precision, places).unwrap()), wide);
            }
            let mut text = Vec::new();
            write(&bytes, precision, places, &mut text).unwrap();
            let whole = digits[..digits.len() - scale].trim_start_matches('0');
            let whole = if whole.is_empty() { "0" } else { whole };
            let point = if scale == 0 { "" } else { "." };
            let expected = format!("{sign}{whole}{point}{}", &digits[digits.len() - scale..]);
            prop_assert_eq!(String::from_utf8(text).unwrap(), expected);
        }
    }
}
