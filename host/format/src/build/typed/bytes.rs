//! Bytes and bits.

use std::sync::Arc;

use arrow_array::BinaryArray;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use sluicegate_model::Column;

use super::BadRows;
use crate::build::cells::{Cells, tag};
use crate::build::types::BytesAs;

/// Padding is left out by some.
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

impl Cells {
    /// Bytes by the text that stands for them, filled up with zeros to a width.
    pub(super) fn into_bytes(self, encoding: BytesAs, width: Option<u32>, bad: &mut BadRows) -> Column {
        let width = width.map_or(0, |width| width as usize);
        self.rewritten_as_bytes(bad, |tag, cell, out| {
            let start = out.len();
            let read = tag == tag::TEXT
                && match encoding {
                    BytesAs::Base64 => STANDARD.decode_vec(cell, out).is_ok(),
                    BytesAs::Base64Url => URL_SAFE.decode_vec(cell, out).is_ok(),
                    BytesAs::Hex => append_hex(cell, out),
                    BytesAs::Latin1 => latin1(cell, out),
                };
            if !read {
                return Err(match encoding {
                    BytesAs::Base64 => "is no base64",
                    BytesAs::Base64Url => "is no base64 for addresses",
                    BytesAs::Hex => "is no pairs of hexadecimal digits",
                    BytesAs::Latin1 => "is no text of bytes (ISO 8859-1)",
                });
            }
            if out.len() < start + width {
                out.resize(start + width, 0);
            }
            Ok(())
        })
    }

    /// Bits by the number that they are.
    pub(super) fn into_bits(self, width: u8, bad: &mut BadRows) -> Column {
        let bytes = usize::from(width).div_ceil(8);
        let largest = u64::MAX >> (64 - u32::from(width));
        self.rewritten_as_bytes(bad, |tag, cell, out| {
            let number = match tag {
                tag::TRUE => Some(1),
                tag::FALSE => Some(0),
                tag::TEXT | tag::NUMBER => std::str::from_utf8(cell).ok().and_then(|text| text.parse().ok()),
                _ => None,
            };
            let number: u64 =
                number.filter(|number| *number <= largest).ok_or("is no number of as many bits")?;
            out.extend_from_slice(&number.to_be_bytes()[8 - bytes..]);
            Ok(())
        })
    }

    /// Bits in base64, the lowest byte first, as `bytes` or more, the highest first; one bit may be a boolean.
    pub(super) fn into_turned_bits(self, bytes: u8, bad: &mut BadRows) -> Column {
        self.rewritten_as_bytes(bad, |tag, cell, out| {
            let start = out.len();
            match tag {
                tag::TRUE => out.push(1),
                tag::FALSE => out.push(0),
                tag::TEXT if STANDARD.decode_vec(cell, out).is_ok() => {}
                _ => return Err("is no base64"),
            }
            out.resize(out.len().max(start + usize::from(bytes)), 0);
            out[start..].reverse();
            Ok(())
        })
    }

    /// Each value written anew as bytes; what is not appended to is empty.
    pub(super) fn rewritten_as_bytes(
        self,
        bad: &mut BadRows,
        mut write: impl FnMut(u8, &[u8], &mut Vec<u8>) -> Result<(), &'static str>,
    ) -> Column {
        let mut data = Vec::with_capacity(self.data.len());
        let mut offsets = Vec::with_capacity(self.ends.len() + 1);
        offsets.push(0);
        let mut start = 0;
        for (row, (&tag, &end)) in self.tags.iter().zip(&self.ends).enumerate() {
            let cell = &self.data[start..end as usize];
            start = end as usize;
            if tag & (tag::MISSING | tag::NULL) == 0 {
                let before = data.len();
                if let Err(what) = write(tag, cell, &mut data) {
                    data.truncate(before);
                    bad.add(row, &self.name, format_args!("{} {what}", excerpt(tag, cell)));
                }
            }
            offsets.push(data.len());
        }
        let kinds = self.kinds();
        let validity = self.validity(kinds);
        let offsets =
            arrow_buffer::OffsetBuffer::from_lengths(offsets.windows(2).map(|pair| pair[1] - pair[0]));
        self.with_presence(Arc::new(BinaryArray::new(offsets, data.into(), validity)), kinds)
    }
}

/// A cell as a reason quotes it.
pub(super) fn excerpt(tag: u8, cell: &[u8]) -> String {
    match tag {
        tag::TRUE => "true".to_owned(),
        tag::FALSE => "false".to_owned(),
        _ => crate::scan::excerpt(cell),
    }
}

/// Appends the byte of each pair of digits; `false` where there is anything else.
fn append_hex(text: &[u8], out: &mut Vec<u8>) -> bool {
    let start = out.len();
    out.resize(start + text.len() / 2, 0);
    hex::decode_to_slice(text, &mut out[start..]).is_ok()
}

/// Appends the byte of each character; `false` where one has none. `text` is UTF-8.
fn latin1(mut text: &[u8], out: &mut Vec<u8>) -> bool {
    loop {
        let plain = text.iter().position(|byte| !byte.is_ascii()).unwrap_or(text.len());
        out.extend_from_slice(&text[..plain]);
        match text[plain..] {
            [] => return true,
            // U+0080 to U+00FF are the two bytes C2 80 to C3 BF.
            [lead @ (0xC2 | 0xC3), low, ..] => {
                out.push((lead & 3) << 6 | low & 0x3F);
                text = &text[plain + 2..];
            }
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_byte_has_its_character(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
            let mut read = Vec::new();
            prop_assert!(latin1(text.as_bytes(), &mut read));
            prop_assert_eq!(read, bytes);
        }
    }

    #[test]
    fn other_characters_are_no_bytes() {
        assert!(!latin1("a中".as_bytes(), &mut Vec::new()));
        assert!(!latin1("\u{100}".as_bytes(), &mut Vec::new()));
    }
}
