//! Texts and bytes.

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// A text in quotes. A quote in it is doubled, which means the same under every `sql_mode`; a backslash does not, so a
/// text that holds one is written as the digits of its bytes.
pub fn push(text: &str, into: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    let Some(first) = memchr::memchr2(b'\'', b'\\', bytes) else {
        into.reserve(bytes.len() + 2);
        into.push(b'\'');
        into.extend_from_slice(bytes);
        into.push(b'\'');
        return;
    };
    if memchr::memchr(b'\\', &bytes[first..]).is_some() {
        into.extend_from_slice(b"_utf8mb4 ");
        push_bytes(bytes, into);
        return;
    }
    into.push(b'\'');
    let mut rest = bytes;
    while let Some(quote) = memchr::memchr(b'\'', rest) {
        into.extend_from_slice(&rest[..=quote]);
        into.push(b'\'');
        rest = &rest[quote + 1..];
    }
    into.extend_from_slice(rest);
    into.push(b'\'');
}

/// A text as SQL text.
pub fn quoted(text: &str) -> String {
    let mut quoted = Vec::new();
    push(text, &mut quoted);
    // Quotes and digits were added to a text: it is one still.
    String::from_utf8(quoted).unwrap_or_default()
}

/// Bytes by their digits.
pub fn push_bytes(bytes: &[u8], into: &mut Vec<u8>) {
    into.reserve(bytes.len() * 2 + 3);
    into.extend_from_slice(b"X'");
    for byte in bytes {
        into.push(HEX[usize::from(byte >> 4)]);
        into.push(HEX[usize::from(byte & 15)]);
    }
    into.push(b'\'');
}

/// The end of the literal that a tuple of literals begins with: the place of the comma behind it, or of the end. A comma
/// within quotes is none; in a literal of ours a quote inside is doubled, so each toggles.
pub fn literal_end(tuple: &[u8]) -> usize {
    let mut from = 0;
    while let Some(found) = memchr::memchr2(b'\'', b',', &tuple[from..]) {
        let place = from + found;
        if tuple[place] == b',' {
            return place;
        }
        match memchr::memchr(b'\'', &tuple[place + 1..]) {
            Some(close) => from = place + 1 + close + 1,
            None => return tuple.len(),
        }
    }
    tuple.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn texts_are_quoted() {
        assert_eq!(quoted("plain"), "'plain'");
        assert_eq!(quoted("it's ''"), "'it''s '''''");
        assert_eq!(quoted("a\\'b"), "_utf8mb4 X'615C2762'");
        assert_eq!(quoted(""), "''");
    }

    proptest! {
        /// What is not in quotes of ours is never the text's.
        #[test]
        fn no_text_leaves_its_quotes(text in "[a'\\\\,\0-\u{7f}漢😀]{0,20}", next in "[a',]{0,5}") {
            let mut tuple = Vec::new();
            push(&text, &mut tuple);
            let end = tuple.len();
            tuple.push(b',');
            push(&next, &mut tuple);
            prop_assert_eq!(literal_end(&tuple), end);
            prop_assert_eq!(literal_end(&tuple[end + 1..]), tuple.len() - end - 1);
            prop_assert!(!tuple.contains(&b'\\'));
        }
    }
}
