//! The text of a double, as the server's `my_gcvt` writes it: the shortest digits that read back as the same
//! number, plainly where the point is within fifteen places, else with an exponent.

use std::io::Write as _;

/// Places of the point up to which no exponent is written.
const PLAIN: i32 = 15;

/// Appends the text of a double; a whole number keeps a `.0`, so that it stays a double.
pub(super) fn write(number: f64, out: &mut Vec<u8>) {
    let mut buffer = [0_u8; 40];
    let mut rest = &mut buffer[..];
    // `d.ddde±x` in at most 24 bytes.
    drop(write!(rest, "{:e}", number.abs()));
    let left = rest.len();
    let written = &buffer[..buffer.len() - left];
    if number.is_sign_negative() {
        out.push(b'-');
    }
    let exponent_at = written.iter().position(|byte| *byte == b'e').unwrap_or(written.len());
    let (mantissa, exponent) = written.split_at(exponent_at);
    let exponent: i32 = std::str::from_utf8(exponent.get(1..).unwrap_or_default())
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    let mut digits = [0_u8; 32];
    let mut count = 0;
    for digit in mantissa.iter().filter(|byte| byte.is_ascii_digit()) {
        digits[count] = *digit;
        count += 1;
    }
    let digits = &digits[..count];
    // The point stands behind this many digits.
    let point = exponent + 1;
    if digits == b"0" {
        out.extend_from_slice(b"0.0");
    } else if !(-PLAIN < point && point <= PLAIN) {
        out.push(digits[0]);
        if count > 1 {
            out.push(b'.');
            out.extend_from_slice(&digits[1..]);
        }
        out.push(b'e');
        out.extend_from_slice(itoa::Buffer::new().format(exponent).as_bytes());
    } else if point <= 0 {
        out.extend_from_slice(b"0.");
        out.resize(out.len() + point.unsigned_abs() as usize, b'0');
        out.extend_from_slice(digits);
    } else if let Some((whole, fraction)) =
        digits.split_at_checked(point as usize).filter(|(_, f)| !f.is_empty())
    {
        out.extend_from_slice(whole);
        out.push(b'.');
        out.extend_from_slice(fraction);
    } else {
        out.extend_from_slice(digits);
        out.resize(out.len() + point as usize - count, b'0');
        out.extend_from_slice(b".0");
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(number: f64) -> String {
        let mut out = Vec::new();
        write(number, &mut out);
        String::from_utf8(out).unwrap()
    }

    proptest! {
        #[test]
        fn every_double_reads_back(bits in any::<u64>()) {
            let number = f64::from_bits(bits);
            prop_assume!(number.is_finite());
            let text = text(number);
            prop_assert_eq!(text.parse::<f64>().unwrap().to_bits(), bits);
            prop_assert!(text.contains(['.', 'e']));
        }
    }
}
