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

/// Whether nothing in the text has to be escaped.
pub(super) fn is_clean(text: &[u8]) -> bool {
    let dirty = |byte: &u8| u8::from(*byte < 0x20) | u8::from(*byte == b'"') | u8::from(*byte == b'\\');
    // Without a way out in the middle, so that it is done many bytes at a time.
    text.iter().fold(0, |found, byte| found | dirty(byte)) == 0
}

/// Puts what was appended from `start` on into quotes, as the string that has it for its text. It is UTF-8.
pub(crate) fn quote_from(start: usize, out: &mut Vec<u8>) {
    if is_clean(&out[start..]) {
        out.insert(start, b'"');
        out.push(b'"');
        return;
    }
    // The string is put together behind the text, in whose place it then moves.
    let (mut at, end) = (start, out.len());
    out.push(b'"');
    loop {
        let plain = at + find_special(&out[at..end], 0);
        out.extend_from_within(at..plain);
        if plain == end {
            break;
        }
        write_special(out[plain], out);
        at = plain + 1;
    }
    out.push(b'"');
    out.drain(start..end);
}

/// Appends bytes as text of the characters with their numbers, in quotes.
pub(crate) fn write_latin1(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for &byte in bytes {
        match byte {
            b'"' | b'\\' | ..0x20 => write_special(byte, out),
            0x20..0x80 => out.push(byte),
            _ => out.extend_from_slice(char::from(byte).encode_utf8(&mut [0; 2]).as_bytes()),
        }
    }
    out.push(b'"');
}

fn write_escaped(mut text: &[u8], out: &mut Vec<u8>) {
    loop {
        let plain = find_special(text, 0);
        out.extend_from_slice(&text[..plain]);
        let Some(&special) = text.get(plain) else { return };
        write_special(special, out);
        text = &text[plain + 1..];
    }
}

/// Appends a character that stands in no string as it is.
fn write_special(special: u8, out: &mut Vec<u8>) {
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
    fn text_that_was_appended_is_put_into_quotes() {
        for text in ["", "plain é", "\"", "a\"b\\", "\u{1}\n", "{\"a\":[1,\"中\"]}"] {
            let (mut expected, mut out) = (b"before".to_vec(), b"before".to_vec());
            write_string(text.as_bytes(), &mut expected);
            out.extend_from_slice(text.as_bytes());
            quote_from(6, &mut out);
            assert_eq!(out, expected);
        }
    }

    #[test]
    fn every_byte_is_a_character() {
        let all: Vec<u8> = (0..=255).collect();
        let mut json = Vec::new();
        write_latin1(&all, &mut json);
        let text: String = serde_json::from_slice(&json).unwrap();
        assert_eq!(text.chars().map(u32::from).collect::<Vec<_>>(), (0..=255).collect::<Vec<_>>());
    }

    #[test]
    fn clean_text_is_that_without_escapes() {
        assert!(is_clean("plain é 中 /".as_bytes()));
        for dirty in ["a\"", "a\\", "a\n", "\u{1}"] {
            assert!(!is_clean(dirty.as_bytes()));
        }
    }
}
