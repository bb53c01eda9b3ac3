//! Decimals and integers as bytes: two's complement, the highest byte first, as few as hold them, in base64.

use arrow_buffer::i256;

use crate::write::{NoForm, write_base64};

/// Appends a number.
pub(super) fn write_i128(value: i128, out: &mut Vec<u8>) {
    write_base64(shortest(&value.to_be_bytes()), out);
}

/// As [`write_i128`].
pub(super) fn write_i256(value: i256, out: &mut Vec<u8>) {
    write_base64(shortest(&value.to_be_bytes()), out);
}

/// Without the bytes at the beginning that only repeat the sign.
fn shortest(bytes: &[u8]) -> &[u8] {
    let repeats =
        bytes.windows(2).take_while(|pair| matches!((pair[0], pair[1]), (0, ..0x80) | (0xFF, 0x80..)));
    &bytes[repeats.count()..]
}

/// Appends the digits of a JSON number as `{"scale", "value"}`.
pub(super) fn write_digits(digits: &str, out: &mut Vec<u8>) -> Result<(), NoForm> {
    let (unscaled, scale) =
        unscaled(digits).ok_or("the number has more than 76 digits, or an exponent out of reach")?;
    out.extend_from_slice(b"{\"scale\":");
    out.extend_from_slice(itoa::Buffer::new().format(scale).as_bytes());
    out.extend_from_slice(b",\"value\":");
    write_i256(unscaled, out);
    out.push(b'}');
    Ok(())
}

/// A number without its point, and the digits that stood behind it.
fn unscaled(digits: &str) -> Option<(i256, i8)> {
    let (number, exponent) = match digits.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, exponent.parse::<i32>().ok()?),
        None => (digits, 0),
    };
    let (negative, number) = match number.strip_prefix('-') {
        Some(number) => (true, number),
        None => (false, number),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let mut value = i256::ZERO;
    for digit in whole.bytes().chain(fraction.bytes()) {
        let digit = i256::from_i128(i128::from(digit.checked_sub(b'0').filter(|digit| *digit < 10)?));
        value = value.checked_mul(i256::from_i128(10))?.checked_add(digit)?;
    }
    let scale = i32::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
    let value = if negative { value.checked_neg()? } else { value };
    // What a reader of ours takes.
    i8::try_from(scale).ok().filter(|scale| scale.unsigned_abs() <= 76).map(|scale| (value, scale))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_byte_is_written_that_says_nothing() {
        let text = |value: i128| {
            let mut out = Vec::new();
            write_i128(value, &mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(
            [text(0), text(-1), text(127), text(128), text(-128), text(-12800)]
                .map(|text| text.trim_matches('"').to_owned()),
            ["AA==", "/w==", "fw==", "AIA=", "gA==", "zgA="]
        );
        assert_eq!(text(i128::from(u64::MAX)), "\"AP//////////\"");
    }

    #[test]
    fn digits_have_a_scale() {
        assert_eq!(unscaled("-12.50"), Some((i256::from_i128(-1250), 2)));
        assert_eq!(unscaled("1e3"), Some((i256::ONE, -3)));
        assert_eq!(unscaled("1.5E-2"), Some((i256::from_i128(15), 3)));
        assert_eq!(unscaled("1e400"), None);
        assert_eq!(unscaled(&"9".repeat(78)), None);
        assert_eq!(unscaled("x"), None);
    }
}
