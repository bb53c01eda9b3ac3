//! Sealed bytes as binary, base64 or hex.

use base64::{Engine, prelude::BASE64_STANDARD};

use crate::spec::Encoding;

impl Encoding {
    /// Length of `bytes` sealed bytes when encoded. Saturates, as no column can hold so much.
    pub(crate) fn encoded_len(self, bytes: usize) -> usize {
        match self {
            Self::Binary => bytes,
            Self::Base64 => bytes.div_ceil(3).saturating_mul(4),
            Self::Hex => bytes.saturating_mul(2),
        }
    }

    /// Writes sealed bytes into a place of exactly [`Self::encoded_len`].
    pub(crate) fn encode(self, sealed: &[u8], out: &mut [u8]) {
        debug_assert_eq!(out.len(), self.encoded_len(sealed.len()));
        match self {
            Self::Binary => out.copy_from_slice(sealed),
            Self::Base64 => {
                // It fails only where `out` is too short, which `encoded_len` rules out.
                let written = BASE64_STANDARD.encode_slice(sealed, out);
                debug_assert!(written.is_ok());
            }
            Self::Hex => {
                let written = hex::encode_to_slice(sealed, out);
                debug_assert!(written.is_ok());
            }
        }
    }

    /// Decodes into `out`, in place of what it held. False if the cell is not so encoded.
    ///
    /// Base64 is taken in its one canonical form only, so that a cell has one text.
    pub(crate) fn decode(self, cell: &[u8], out: &mut Vec<u8>) -> bool {
        match self {
            Self::Binary => {
                out.clear();
                out.extend_from_slice(cell);
                true
            }
            Self::Base64 => {
                out.resize(base64::decoded_len_estimate(cell.len()), 0);
                match BASE64_STANDARD.decode_slice(cell, out) {
                    Ok(bytes) => {
                        out.truncate(bytes);
                        true
                    }
                    Err(_) => false,
                }
            }
            Self::Hex => {
                out.resize(cell.len() / 2, 0);
                hex::decode_to_slice(cell, out).is_ok()
            }
        }
    }

    /// As [`Self::decode`], but white space is left out and base64 may lack its padding, as other systems
    /// write it. For cells that authenticate nothing anyway.
    pub(crate) fn decode_lenient(self, cell: &[u8], out: &mut Vec<u8>) -> bool {
        if self.decode(cell, out) {
            return true;
        }
        let mut text: Vec<u8> = cell.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        if self == Self::Base64 {
            text.resize(text.len().next_multiple_of(4), b'=');
        }
        self.decode(&text, out)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_encoded_decodes(bytes: Vec<u8>) {
            for encoding in [Encoding::Binary, Encoding::Base64, Encoding::Hex] {
                let mut text = vec![0; encoding.encoded_len(bytes.len())];
                encoding.encode(&bytes, &mut text);
                let mut back = vec![9; 3];
                prop_assert!(encoding.decode(&text, &mut back));
                prop_assert_eq!(&back, &bytes);
            }
        }
    }

    #[test]
    fn other_text_is_refused() {
        let mut out = Vec::new();
        for cell in ["a", "a===", "QQ", "QR==", "Q Q=", "Q\nQ=", "-_8="] {
            assert!(!Encoding::Base64.decode(cell.as_bytes(), &mut out), "{cell}");
        }
        for cell in ["a", "0g", "0x41"] {
            assert!(!Encoding::Hex.decode(cell.as_bytes(), &mut out), "{cell}");
        }
    }

    #[test]
    fn broken_lines_and_lost_padding_are_forgiven_on_wish() {
        let mut out = Vec::new();
        for (encoding, cell) in [
            (Encoding::Base64, "c2x1\r\naWNlZ2F0\nZQ==\n"),
            (Encoding::Base64, "c2x1aWNlZ2F0ZQ"),
            (Encoding::Hex, "736C7569 63656761\n7465"),
        ] {
            assert!(encoding.decode_lenient(cell.as_bytes(), &mut out), "{cell}");
            assert_eq!(out, b"sluicegate");
        }
        assert!(!Encoding::Base64.decode_lenient(b"not base64!", &mut out));
    }
}
