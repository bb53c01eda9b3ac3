//! Strings and their escapes.

use crate::scan::find_special;

/// Appends a string in quotes. `text` is UTF-8.
#[inline]
pub(crate) fn write_string(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    write_escaped(text, out);
    out.push(b'"');
}

/// Appends names as an array of strings.
pub(crate) fn write_names(names: &[String], out: &mut Vec<u8>) {
    out.push(b'[');
    for (place, name) in names.iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        write_string(name.as_bytes(), out);
    }
    out.push(b']');
}

/// Appends text that holds nothing to escape, in quotes.
#[inline]
pub(super) fn write_clean(text: &[u8], out: &mut Vec<u8>) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    out.extend_from_slice(text);
    out.push(b'"');
}

/// Whether nothing in the text has to be escaped.
pub(super) fn is_clean(text: &[u8]) -> bool {
    let dirty = |byte: &u8| u8::from(*byte < 0x20) | u8::from(*byte == b'"') | u8::from(*byte == b'\\');
    // Without a way out in the middle, so that it is done many bytes at a time.
    text.iter().fold(0, |found, byte| found | dirty(byte)) == 0
}

fn write_escaped(mut text: &[u8], out: &mut Vec<u8>) {
    loop {
        let plain = find_special(text, 0);
        out.extend_from_slice(&text[..plain]);
        let Some(&special) = text.get(plain) else { return };
        match special {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x0C => out.extend_from_slice(b"\\f"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            control => {
                let digit = |nibble: u8| b"0123456789abcdef"[usize::from(nibble & 15)];
                out.extend_from_slice(&[b'\\', b'u', b'0', b'0', digit(control >> 4), digit(control)]);
            }
        }
        text = &text[plain + 1..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_is_read_back() {
        let all: String = (0..0x250).filter_map(char::from_u32).chain("中😀\u{2028}".chars()).collect();
        let mut json = Vec::new();
        write_string(all.as_bytes(), &mut json);
        assert_eq!(serde_json::from_slice::<String>(&json).unwrap(), all);
    }

    #[test]
    fn clean_text_is_that_without_escapes() {
        assert!(is_clean("plain é 中 /".as_bytes()));
        for dirty in ["a\"", "a\\", "a\n", "\u{1}"] {
            assert!(!is_clean(dirty.as_bytes()));
        }
    }
}
