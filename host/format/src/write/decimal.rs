//! Decimals with all of their digits.

use arrow_buffer::i256;

use super::digits::{FIXED, write_fixed};

/// Appends `value * 10^-scale` as a JSON number: `-12.50`, never with an exponent.
#[inline(always)]
pub(crate) fn write_decimal128(value: i128, scale: i8, out: &mut Vec<u8>) {
    match (u64::try_from(value.unsigned_abs()), u32::try_from(scale)) {
        // Most are such.
        (Ok(small), Ok(scale @ 1..=FIXED)) => {
            if value < 0 {
                out.push(b'-');
            }
            write_fixed(small, scale, out);
        }
        _ => write_any(value, scale, out),
    }
}

#[inline(never)]
fn write_any(value: i128, scale: i8, out: &mut Vec<u8>) {
    let mut digits = itoa::Buffer::new();
    write_digits(value < 0, digits.format(value.unsigned_abs()).as_bytes(), scale, out);
}

/// The digits that are written at once of a number that 128 bits do not hold, and the number that has one more.
const PART: usize = 38;
const PART_END: i256 = i256::from_i128(10_i128.pow(PART as u32));

/// As [`write_decimal128`].
pub(crate) fn write_decimal256(value: i256, scale: i8, out: &mut Vec<u8>) {
    if let Some(value) = value.to_i128() {
        return write_decimal128(value, scale, out);
    }
    // 256 bits hold 77 digits.
    let mut digits = [b'0'; 3 * PART];
    let (mut rest, mut end) = (value, digits.len());
    let start = loop {
        // Each part has the sign of the whole, whose least value has no positive counterpart.
        let part = rest.wrapping_rem(PART_END).as_i128().unsigned_abs();
        let mut buffer = itoa::Buffer::new();
        let text = buffer.format(part).as_bytes();
        let start = end - text.len();
        digits[start..end].copy_from_slice(text);
        rest = rest.wrapping_div(PART_END);
        if rest == i256::ZERO {
            break start;
        }
        end -= PART;
    };
    write_digits(value < i256::ZERO, &digits[start..], scale, out);
}

fn write_digits(negative: bool, digits: &[u8], scale: i8, out: &mut Vec<u8>) {
    if negative {
        out.push(b'-');
    }
    match usize::try_from(scale) {
        Ok(0) => out.extend_from_slice(digits),
        Ok(scale) if digits.len() > scale => {
            let (whole, fraction) = digits.split_at(digits.len() - scale);
            out.extend_from_slice(whole);
            out.push(b'.');
            out.extend_from_slice(fraction);
        }
        Ok(scale) => {
            out.extend_from_slice(b"0.");
            out.resize(out.len() + scale - digits.len(), b'0');
            out.extend_from_slice(digits);
        }
        // A negative scale stands for zeros before the point.
        Err(_) => {
            out.extend_from_slice(digits);
            if digits != b"0" {
                out.resize(out.len() + usize::from(scale.unsigned_abs()), b'0');
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: i128, scale: i8) -> String {
        let (mut narrow, mut wide) = (Vec::new(), Vec::new());
        write_decimal128(value, scale, &mut narrow);
        write_decimal256(i256::from_i128(value), scale, &mut wide);
        assert_eq!(narrow, wide);
        String::from_utf8(narrow).unwrap()
    }

    #[test]
    fn numbers_of_256_bits_are_written_as_arrow_does() {
        let ten = |power| i256::from_i128(10).wrapping_pow(power);
        let around = |value: i256| [value.wrapping_sub(i256::ONE), value, value.wrapping_add(i256::ONE)];
        let powers = (0..=76).flat_map(|power| [ten(power), ten(power).wrapping_neg()]);
        for value in powers.chain([i256::MIN, i256::MAX, i256::ZERO]).flat_map(around) {
            let mut text = Vec::new();
            write_decimal256(value, 0, &mut text);
            assert_eq!(String::from_utf8(text).unwrap(), value.to_string());
        }
    }

    #[test]
    fn every_digit_is_written() {
        assert_eq!(text(1250, 2), "12.50");
        assert_eq!(text(-5, 3), "-0.005");
        assert_eq!(text(0, 2), "0.00");
        assert_eq!(text(0, -2), "0");
        assert_eq!(text(12, -2), "1200");
        assert_eq!(text(-100, 2), "-1.00");
        assert_eq!(text(i128::MIN, 0), i128::MIN.to_string());
        assert_eq!(text(i128::MAX, 38), "1.70141183460469231731687303715884105727");
    }
}
