//! Numbers that stand in messages as bytes.

use arrow_buffer::i256;
use arrow_schema::DataType;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sluicegate_model::Column;

use super::BadRows;
use super::cast_column;
use crate::build::cells::{Cells, tag};
use crate::scan::Scanner;
use crate::write::{write_decimal128, write_decimal256};

impl Cells {
    /// Decimals by their unscaled values: two's complement, the highest byte first, in base64. An object has a `scale`
    /// of its own beside its `value`; a number is what it is.
    pub(super) fn into_unscaled(self, scale: i8, to: &DataType, bad: &mut BadRows) -> Column {
        let name = self.name.clone();
        let mut bytes = Vec::new();
        let digits = self.rewritten_as_text(bad, |tag, cell, out| match tag {
            tag::TEXT => {
                bytes.clear();
                STANDARD.decode_vec(cell, &mut bytes).map_err(|_| "is no base64")?;
                write_unscaled(&bytes, scale, out)
            }
            tag::RAW => write_own_scale(cell, &mut bytes, out),
            tag::NUMBER => {
                out.extend_from_slice(cell);
                Ok(())
            }
            _ => Err("is no number"),
        });
        if *to == DataType::Utf8 { digits } else { cast_column(&name, &digits, to, &[], bad) }
    }

    /// Numbers that are none in quotes.
    pub(super) fn into_number(self, to: &DataType, bad: &mut BadRows) -> Column {
        let name = self.name.clone();
        let digits = self.rewritten_as_text(bad, |tag, cell, out| {
            if tag == tag::TEXT {
                return Err("is text, which may be digits or bytes: set `decimals` to the connector's decimal.handling.mode");
            }
            out.extend_from_slice(cell);
            Ok(())
        });
        cast_column(&name, &digits, to, &[], bad)
    }

    /// Unsigned numbers of 64 bits, which are negative from 2^63 on.
    pub(super) fn into_wrapped(self, to: &DataType, bad: &mut BadRows) -> Column {
        let name = self.name.clone();
        let digits = self.rewritten_as_text(bad, |_, cell, out| {
            match lexical_core::parse::<i64>(cell) {
                Ok(negative @ ..0) => {
                    out.extend_from_slice(itoa::Buffer::new().format(negative as u64).as_bytes());
                }
                _ => out.extend_from_slice(cell),
            }
            Ok(())
        });
        cast_column(&name, &digits, to, &[], bad)
    }
}

/// Appends the digits of `value * 10^-scale`.
fn write_unscaled(value: &[u8], scale: i8, out: &mut Vec<u8>) -> Result<(), &'static str> {
    let Some(first) = value.first() else { return Err("is empty, which is no number") };
    let sign = if *first >= 0x80 { 0xFF } else { 0 };
    if let Some(room) = 16_usize.checked_sub(value.len()) {
        let mut bytes = [sign; 16];
        bytes[room..].copy_from_slice(value);
        write_decimal128(i128::from_be_bytes(bytes), scale, out);
    } else if let Some(room) = 32_usize.checked_sub(value.len()) {
        let mut bytes = [sign; 32];
        bytes[room..].copy_from_slice(value);
        write_decimal256(i256::from_be_bytes(bytes), scale, out);
    } else {
        return Err("has more digits than any decimal");
    }
    Ok(())
}

/// Appends the digits of `{"scale": 2, "value": "base64"}`, which was checked when it was passed.
fn write_own_scale(json: &[u8], bytes: &mut Vec<u8>, out: &mut Vec<u8>) -> Result<(), &'static str> {
    const NO_DECIMAL: &str = "is no decimal of the form {\"scale\", \"value\"}";
    let mut scanner = Scanner::new(json).map_err(|_| NO_DECIMAL)?;
    let (mut scale, mut value) = (None, None);
    let mut more = scanner.open_object().map_err(|_| NO_DECIMAL)?;
    while more {
        let key = scanner.string().map_err(|_| NO_DECIMAL)?;
        scanner.colon().map_err(|_| NO_DECIMAL)?;
        match &json[key.range] {
            b"scale" => {
                let number = scanner.number().map_err(|_| NO_DECIMAL)?;
                scale = lexical_core::parse::<i64>(&json[number]).ok();
            }
            b"value" => value = Some(scanner.string().map_err(|_| NO_DECIMAL)?.range),
            _ => {
                scanner.value(0).map_err(|_| NO_DECIMAL)?;
            }
        }
        more = scanner.next_in_object().map_err(|_| NO_DECIMAL)?;
    }
    let (Some(scale), Some(value)) = (scale, value) else { return Err(NO_DECIMAL) };
    let scale = i8::try_from(scale).map_err(|_| "has a scale that no decimal has")?;
    bytes.clear();
    // A slash may be escaped.
    if json[value.clone()].contains(&b'\\') {
        let mut plain = Vec::new();
        crate::scan::unescape(&json[value], &mut plain);
        STANDARD.decode_vec(&plain, bytes).map_err(|_| "is no base64")?;
    } else {
        STANDARD.decode_vec(&json[value], bytes).map_err(|_| "is no base64")?;
    }
    write_unscaled(bytes, scale, out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(base64: &str, scale: i8) -> Result<String, &'static str> {
        let mut out = Vec::new();
        write_unscaled(&STANDARD.decode(base64).unwrap(), scale, &mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn bytes_are_numbers_with_a_sign() {
        assert_eq!(digits("/w==", 2).unwrap(), "-0.01");
        assert_eq!(digits("AIA=", 2).unwrap(), "1.28");
        assert_eq!(digits("zgA=", 2).unwrap(), "-128.00");
        assert_eq!(digits("AP//////////", 0).unwrap(), u64::MAX.to_string());
        let nines = format!("{}.99", "9".repeat(63));
        assert_eq!(digits("APMWJxx/w5CKi+9GTjlF73olNgn//////////w==", 2).unwrap(), nines);
        assert!(digits("", 2).is_err());
        assert!(digits(&STANDARD.encode([1; 33]), 2).is_err());
    }

    #[test]
    fn a_scale_of_its_own_counts() {
        let digits = |json: &str| {
            let mut out = Vec::new();
            write_own_scale(json.as_bytes(), &mut Vec::new(), &mut out)?;
            Ok::<_, &str>(String::from_utf8(out).unwrap())
        };
        assert_eq!(digits(r#"{"scale":2,"value":"/w=="}"#).unwrap(), "-0.01");
        assert_eq!(digits(r#"{"value":"\/w==","scale":-3}"#).unwrap(), "-1000");
        for bad in [
            "{}",
            "[]",
            r#"{"scale":2}"#,
            r#"{"scale":2.5,"value":"AA=="}"#,
            r#"{"scale":999,"value":"AA=="}"#,
        ] {
            assert!(digits(bad).is_err(), "{bad}");
        }
    }
}
