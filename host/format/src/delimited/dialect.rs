//! Where records and fields end.

use std::borrow::Cow;
use std::fmt;

use memchr::{memchr, memchr2};

use super::special::Special;
use crate::scan::find_byte;

/// What sets fields apart and what they may be put in. A quote within quotes is written twice, or behind the escape
/// character; a line feed ends a record, with a carriage return before it or without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// Between fields.
    pub delimiter: Delimiter,
    /// Around a field that holds a delimiter, a line end or itself; `None`: quotes are text like any other.
    pub quote: Option<u8>,
    /// Before a character that is text, whatever else it would be.
    pub escape: Option<u8>,
    /// Whether spaces and tabs around a field are no part of it.
    pub trim: bool,
}

/// What stands between fields: one byte or a few.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Delimiter {
    bytes: [u8; Self::MOST],
    length: u8,
}

impl Delimiter {
    /// The longest one, in bytes.
    pub const MOST: usize = 8;

    /// A delimiter of one byte.
    pub const fn byte(byte: u8) -> Self {
        let mut bytes = [0; Self::MOST];
        bytes[0] = byte;
        Self { bytes, length: 1 }
    }

    /// A delimiter; `None` for one that is empty, too long, or has a line end in it.
    pub fn new(text: &[u8]) -> Option<Self> {
        if text.is_empty() || text.len() > Self::MOST || memchr2(b'\n', b'\r', text).is_some() {
            return None;
        }
        let mut bytes = [0; Self::MOST];
        bytes[..text.len()].copy_from_slice(text);
        Some(Self { bytes, length: text.len() as u8 })
    }

    /// Its bytes, one at least.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }
}

impl fmt::Debug for Delimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Delimiter({:?})", String::from_utf8_lossy(self.as_bytes()))
    }
}

impl Default for Dialect {
    fn default() -> Self {
        Self { delimiter: Delimiter::byte(b','), quote: Some(b'"'), escape: None, trim: false }
    }
}

/// A field of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// Its text, without quotes and escapes.
    pub text: Cow<'a, [u8]>,
    /// The same as it stands, without the quotes around it.
    pub raw: &'a [u8],
    /// The record from there on.
    pub rest: &'a [u8],
    /// Whether it stood in quotes: then it is never NULL.
    pub quoted: bool,
}

impl Dialect {
    /// The place after the line end of the record that begins at `start`; `None` where the bytes end before it does.
    ///
    /// `wide` says of a byte whether it begins a character of two bytes, the second of which must not be taken for a
    /// delimiter (GBK).
    pub fn record_end(&self, bytes: &[u8], start: usize, wide: fn(u8) -> bool) -> Option<usize> {
        let line = start + memchr(b'\n', &bytes[start..])?;
        let holds = |byte: Option<u8>| byte.is_some_and(|byte| memchr(byte, &bytes[start..line]).is_some());
        if !holds(self.quote) && !holds(self.escape) {
            return Some(line + 1);
        }
        let delimiter = self.delimiter.as_bytes();
        let mut at = start;
        loop {
            // At the beginning of a field.
            let text = self.skip_space(bytes, at);
            if self.quote.is_some() && bytes.get(text).copied() == self.quote {
                at = self.closing_quote(bytes, text + 1, wide)? + 1;
            }
            loop {
                let byte = *bytes.get(at)?;
                if byte == b'\n' {
                    return Some(at + 1);
                }
                if bytes[at..].starts_with(delimiter) {
                    at += delimiter.len();
                    break;
                }
                at += if self.escape == Some(byte) || wide(byte) { 2 } else { 1 };
            }
        }
    }

    /// The fields of a record in UTF-8, which has no line end.
    pub fn fields<'a>(&self, record: &'a [u8]) -> Fields<'a> {
        let simple = self.delimiter.length == 1 && self.escape.is_none() && !self.trim;
        let simple = simple.then_some(self.delimiter.bytes[0]);
        Fields { dialect: *self, record, at: Some(0), simple }
    }

    /// Appends a field, in quotes or with escapes where it needs them or `force` says so.
    ///
    /// # Errors
    /// In words, for text that has no form without quotes.
    pub fn write(&self, text: &[u8], force: bool, out: &mut Vec<u8>) -> Result<(), &'static str> {
        let first = self.delimiter.as_bytes()[0];
        if !force && !Special::of(self).is_in(text) {
            out.extend_from_slice(text);
            return Ok(());
        }
        if let Some(quote) = self.quote {
            out.push(quote);
            for &byte in text {
                if byte == quote || Some(byte) == self.escape {
                    out.push(self.escape.unwrap_or(quote));
                }
                out.push(byte);
            }
            out.push(quote);
            return Ok(());
        }
        if memchr2(b'\n', b'\r', text).is_some() {
            return Err("a line end has no form without quotes: set `quote`");
        }
        match self.escape {
            None if force => {
                return Err("without quotes it cannot be told from NULL: set `quote` or `null_text`");
            }
            None if memchr(first, text).is_some() => {
                return Err("it holds what sets fields apart: set `quote` or `escape`");
            }
            None => out.extend_from_slice(text),
            Some(_) if force && text.is_empty() => {
                return Err("without quotes empty text cannot be told from NULL: set `quote` or `null_text`");
            }
            Some(escape) => {
                for (place, &byte) in text.iter().enumerate() {
                    if byte == first || byte == escape || (force && place == 0) {
                        out.push(escape);
                    }
                    out.push(byte);
                }
            }
        }
        Ok(())
    }

    #[inline]
    fn is_quote(&self, byte: Option<&u8>) -> bool {
        self.quote.is_some() && byte.copied() == self.quote
    }

    fn skip_space(&self, bytes: &[u8], at: usize) -> usize {
        let space = |byte: &&u8| matches!(byte, b' ' | b'\t') && **byte != self.delimiter.as_bytes()[0];
        let rest = bytes.get(at..).filter(|_| self.trim).unwrap_or_default();
        at + rest.iter().take_while(space).count()
    }

    /// The place of the quote that ends a field whose text begins at `at`.
    fn closing_quote(&self, bytes: &[u8], mut at: usize, wide: fn(u8) -> bool) -> Option<usize> {
        let quote = self.quote?;
        loop {
            if self.escape.is_none() {
                at += memchr(quote, bytes.get(at..)?)?;
            }
            let byte = *bytes.get(at)?;
            if byte == quote {
                if bytes.get(at + 1) != Some(&quote) {
                    return Some(at);
                }
                at += 2;
            } else {
                at += if self.escape == Some(byte) || wide(byte) { 2 } else { 1 };
            }
        }
    }

    /// The place of the delimiter that comes next, or the end of the record.
    fn next_delimiter(&self, record: &[u8], mut at: usize) -> usize {
        let delimiter = self.delimiter.as_bytes();
        while let Some(rest) = record.get(at..) {
            let found = match self.escape {
                None => memchr(delimiter[0], rest),
                Some(escape) => memchr2(delimiter[0], escape, rest),
            };
            match found {
                None => break,
                Some(found) if rest[found..].starts_with(delimiter) => return at + found,
                Some(found) => at += found + if self.escape == Some(rest[found]) { 2 } else { 1 },
            }
        }
        record.len()
    }

    /// Text without its escapes, and without the second of two quotes where it stood in quotes.
    fn plain<'a>(&self, text: &'a [u8], quoted: bool) -> Cow<'a, [u8]> {
        let quote = self.quote.filter(|_| quoted);
        if quote.is_none() && self.escape.is_none() {
            return Cow::Borrowed(text);
        }
        let marks = |byte: u8| Some(byte) == quote || Some(byte) == self.escape;
        let Some(first) = text.iter().position(|byte| marks(*byte)) else { return Cow::Borrowed(text) };
        let mut plain = Vec::with_capacity(text.len());
        plain.extend_from_slice(&text[..first]);
        let mut rest = text[first..].iter();
        while let Some(&byte) = rest.next() {
            // What follows is text; at the very end nothing does.
            let byte = if marks(byte) { rest.next().copied().unwrap_or(byte) } else { byte };
            plain.push(byte);
        }
        Cow::Owned(plain)
    }
}

/// The fields of a record, in order. After an error there are no more.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    dialect: Dialect,
    record: &'a [u8],
    at: Option<usize>,
    /// The delimiter, where it alone ends a field without quotes, and every byte before it is text.
    simple: Option<u8>,
}

impl<'a> Iterator for Fields<'a> {
    /// In words, for quotes that are not closed or that text follows.
    type Item = Result<Field<'a>, String>;

    #[expect(clippy::inline_always, reason = "a field that goes through memory costs more than to find it")]
    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        let at = self.at.take()?;
        match self.simple {
            Some(delimiter) if !self.dialect.is_quote(self.record.get(at)) => {
                let end = find_byte(self.record, at, delimiter);
                self.at = (end < self.record.len()).then_some(end + 1);
                let (raw, rest) = (&self.record[at..end], &self.record[at..]);
                Some(Ok(Field { text: Cow::Borrowed(raw), raw, rest, quoted: false }))
            }
            _ => Some(self.field(at)),
        }
    }
}

impl<'a> Fields<'a> {
    /// The field that begins at a place, whatever the dialect.
    fn field(&mut self, at: usize) -> Result<Field<'a>, String> {
        let (dialect, record) = (&self.dialect, self.record);
        let start = dialect.skip_space(record, at);
        let quoted = dialect.is_quote(record.get(start));
        let (begin, raw, end) = if quoted {
            let Some(end) = dialect.closing_quote(record, start + 1, |_| false) else {
                return Err("the quotes of the last field are not closed".to_owned());
            };
            let raw = &record[start + 1..end];
            let end = dialect.skip_space(record, end + 1);
            if end < record.len() && !record[end..].starts_with(dialect.delimiter.as_bytes()) {
                return Err(format!("text follows the quotes of a field, at byte {end} of the record"));
            }
            (start + 1, raw, end)
        } else {
            let end = dialect.next_delimiter(record, at);
            let raw = &record[start.min(end)..end];
            (start.min(end), if dialect.trim { raw.trim_ascii_end() } else { raw }, end)
        };
        self.at = (end < record.len()).then(|| end + dialect.delimiter.as_bytes().len());
        Ok(Field { text: dialect.plain(raw, quoted), raw, rest: &record[begin..], quoted })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CSV: Dialect =
        Dialect { delimiter: Delimiter::byte(b','), quote: Some(b'"'), escape: None, trim: false };

    fn narrow(_: u8) -> bool {
        false
    }

    fn fields_of(dialect: Dialect, record: &str) -> Result<Vec<(String, bool)>, String> {
        let text = |field: Field<'_>| (String::from_utf8_lossy(&field.text).into_owned(), field.quoted);
        dialect.fields(record.as_bytes()).map(|field| field.map(text)).collect()
    }

    fn fields(record: &str) -> Result<Vec<(String, bool)>, String> {
        fields_of(CSV, record)
    }

    fn plain(text: &str) -> (String, bool) {
        (text.to_owned(), false)
    }

    fn quoted(text: &str) -> (String, bool) {
        (text.to_owned(), true)
    }

    #[test]
    fn quotes_are_taken_off_and_remembered() {
        assert_eq!(
            fields("a,,\"\",\"b \"\"c\"\"\"").unwrap(),
            [plain("a"), plain(""), quoted(""), quoted("b \"c\"")]
        );
        assert_eq!(fields("").unwrap(), [plain("")]);
        assert_eq!(fields("a,").unwrap(), [plain("a"), plain("")]);
        assert_eq!(fields("5\" disk,b").unwrap(), [plain("5\" disk"), plain("b")]);
        assert!(fields("\"a").unwrap_err().contains("not closed"));
        assert!(fields("\"a\"b,c").unwrap_err().contains("follows the quotes"));
    }

    #[test]
    fn delimiters_may_be_long_and_characters_escaped() {
        let bars = Dialect { delimiter: Delimiter::new(b"||").unwrap(), ..CSV };
        assert_eq!(fields_of(bars, "a|b||\"c||d\"||").unwrap(), [plain("a|b"), quoted("c||d"), plain("")]);
        let mysql = Dialect { escape: Some(b'\\'), quote: None, ..CSV };
        assert_eq!(
            fields_of(mysql, "a\\,b,\\\\,\"q\",\\N,x\\").unwrap(),
            [plain("a,b"), plain("\\"), plain("\"q\""), plain("N"), plain("x\\")]
        );
        assert_eq!(mysql.fields(b"\\N").next().unwrap().unwrap().raw, b"\\N");
        let both = Dialect { escape: Some(b'\\'), ..CSV };
        assert_eq!(fields_of(both, "\"a\\\"b\"\"c\",d").unwrap(), [quoted("a\"b\"c"), plain("d")]);
        let trimmed = Dialect { trim: true, ..CSV };
        assert_eq!(
            fields_of(trimmed, "  a b\t, \" c \" ,  ").unwrap(),
            [plain("a b"), quoted(" c "), plain("")]
        );
        for wrong in [&b""[..], b"a\nb", b"123456789"] {
            assert_eq!(Delimiter::new(wrong), None);
        }
    }

    #[test]
    fn a_line_end_in_quotes_or_escaped_ends_no_record() {
        let text = b"a,\"b\nc\",d\ne\n";
        assert_eq!(CSV.record_end(text, 0, narrow), Some(10));
        assert_eq!(CSV.record_end(text, 10, narrow), Some(12));
        assert_eq!(CSV.record_end(b"a,\"b\nc", 0, narrow), None);
        assert_eq!(CSV.record_end(b"5\" disk\nx", 0, narrow), Some(8), "a quote inside a field is text");
        let escaped = Dialect { escape: Some(b'\\'), quote: None, ..CSV };
        assert_eq!(escaped.record_end(b"a\\\nb\nc\n", 0, narrow), Some(5));
        assert_eq!(escaped.record_end(b"a\\\n", 0, narrow), None);
    }

    #[test]
    fn the_second_byte_of_a_wide_character_is_no_delimiter_and_no_escape() {
        let bars = Dialect { delimiter: Delimiter::byte(b'|'), ..CSV };
        // A character whose second byte is the bar's, then a quote that is text.
        let text = b"\x81|\"a\n\"\n";
        assert_eq!(bars.record_end(text, 0, |byte| byte >= 0x81), Some(5));
        let escaped = Dialect { escape: Some(b'\\'), ..CSV };
        assert_eq!(escaped.record_end(b"\"\x81\\\"\nx\n", 0, |byte| byte >= 0x81), Some(5));
    }

    #[test]
    fn what_has_no_form_is_refused() {
        let bare = Dialect { quote: None, ..CSV };
        let written = |dialect: Dialect, text: &str, force| {
            let mut out = Vec::new();
            dialect.write(text.as_bytes(), force, &mut out).map(|()| String::from_utf8(out).unwrap())
        };
        assert_eq!(written(bare, "a\tb", false).unwrap(), "a\tb");
        assert!(written(bare, "a,b", false).unwrap_err().contains("sets fields apart"));
        assert!(written(bare, "a\nb", false).unwrap_err().contains("line end"));
        assert!(written(bare, "", true).unwrap_err().contains("NULL"));
        let escaped = Dialect { escape: Some(b'\\'), ..bare };
        assert_eq!(written(escaped, "a,\\b", false).unwrap(), "a\\,\\\\b");
        assert_eq!(written(escaped, "NULL", true).unwrap(), "\\NULL");
        assert!(written(escaped, "", true).unwrap_err().contains("empty text"));
    }

    fn dialects() -> impl Strategy<Value = Dialect> {
        let delimiters = prop::sample::select(vec![&b","[..], b"||", b"|,|", "、".as_bytes()]);
        (delimiters, any::<bool>()).prop_map(|(delimiter, escape)| Dialect {
            delimiter: Delimiter::new(delimiter).unwrap(),
            escape: escape.then_some(b'\\'),
            ..CSV
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            dialect in dialects(),
            rows in prop::collection::vec(prop::collection::vec("[a,|、\\\\\"\n\r b]{0,6}", 1..5), 1..6),
        ) {
            let mut text = Vec::new();
            for row in &rows {
                for (place, field) in row.iter().enumerate() {
                    if place > 0 {
                        text.extend_from_slice(dialect.delimiter.as_bytes());
                    }
                    dialect.write(field.as_bytes(), false, &mut text).unwrap();
                }
                text.push(b'\n');
            }
            let mut at = 0;
            for row in &rows {
                let end = dialect.record_end(&text, at, narrow).unwrap();
                let record = std::str::from_utf8(&text[at..end - 1]).unwrap();
                let found: Vec<String> =
                    fields_of(dialect, record).unwrap().into_iter().map(|(text, _)| text).collect();
                prop_assert_eq!(&found, row);
                at = end;
            }
            prop_assert_eq!(at, text.len());
        }
    }
}
