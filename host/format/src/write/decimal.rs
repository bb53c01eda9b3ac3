//! Decimals with all of their digits.

use arrow_buffer::i256;

/// Appends `value * 10^-scale` as a JSON number: `-12.50`, never with an exponent.
#[inline]
pub(crate) fn write_decimal128(value: i128, scale: i8, out: &mut Vec<u8>) {
    let mut digits = itoa::Buffer::new();
    // Most fit into 64 bits, whose digits come quicker.
    let text = match u64::try_from(value.unsigned_abs()) {
        Ok(small) => digits.format(small),
        Err(_) => digits.format(value.unsigned_abs()),
    };
    write_digits(value < 0, text.as_bytes(), scale, out);
}

/// As [`write_decimal128`].
pub(crate) fn write_decimal256(value: i256, scale: i8, out: &mut Vec<u8>) {
    let text = value.to_string();
    let digits = text.strip_prefix('-').unwrap_or(&text);
    write_digits(text.len() != digits.len(), digits.as_bytes(), scale, out);
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
