//! Where records and fields end.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

/// What sets fields apart and what they may be put in. A quote within quotes is written twice; a line feed ends a
/// record, with a carriage return before it or without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// Between fields.
    pub delimiter: u8,
    /// Around a field that holds a delimiter, a line end or itself.
    pub quote: u8,
}

impl Default for Dialect {
    fn default() -> Self {
        Self { delimiter: b',', quote: b'"' }
    }
}

/// A field of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// Its text, without quotes.
    pub text: Cow<'a, [u8]>,
    /// Whether it stood in quotes: then it is never NULL.
    pub quoted: bool,
}

impl Dialect {
    /// The place after the line end of the record that begins at `start`; `None` where the bytes end before it does.
    ///
    /// `wide` says of a byte whether it begins a character of two bytes, the second of which must not be taken for a
    /// delimiter (GBK).
    pub fn record_end(self, bytes: &[u8], start: usize, wide: fn(u8) -> bool) -> Option<usize> {
        let line = start + memchr(b'\n', &bytes[start..])?;
        if memchr(self.quote, &bytes[start..line]).is_none() {
            return Some(line + 1);
        }
        let mut at = start;
        loop {
            // At the beginning of a field.
            if bytes.get(at) == Some(&self.quote) {
                at = self.closing_quote(bytes, at + 1)? + 1;
            }
            loop {
                match *bytes.get(at)? {
                    b'\n' => return Some(at + 1),
                    byte if byte == self.delimiter => break,
                    byte if wide(byte) => at += 2,
                    _ => at += 1,
                }
            }
            at += 1;
        }
    }

    /// The place of the quote that ends a field whose text begins at `at`.
    fn closing_quote(self, bytes: &[u8], mut at: usize) -> Option<usize> {
        loop {
            at += memchr(self.quote, bytes.get(at..)?)?;
            if bytes.get(at + 1) != Some(&self.quote) {
                return Some(at);
            }
            at += 2;
        }
    }

    /// The fields of a record, which has no line end.
    ///
    /// # Errors
    /// In words, for quotes that are not closed or that text follows.
    pub fn fields<'a>(
        self,
        record: &'a [u8],
        mut each: impl FnMut(Field<'a>) -> Result<(), String>,
    ) -> Result<(), String> {
        let mut at = 0;
        loop {
            let quoted = record.get(at) == Some(&self.quote);
            let text = if quoted {
                let start = at + 1;
                let end =
                    self.closing_quote(record, start).ok_or("the quotes of the last field are not closed")?;
                at = end + 1;
                if at < record.len() && record[at] != self.delimiter {
                    return Err(format!("text follows the quotes of a field, at byte {at} of the record"));
                }
                self.without_doubles(&record[start..end])
            } else {
                let start = at;
                at = memchr(self.delimiter, &record[start..]).map_or(record.len(), |end| start + end);
                Cow::Borrowed(&record[start..at])
            };
            each(Field { text, quoted })?;
            if at >= record.len() {
                return Ok(());
            }
            at += 1;
        }
    }

    fn without_doubles(self, text: &[u8]) -> Cow<'_, [u8]> {
        if memchr(self.quote, text).is_none() {
            return Cow::Borrowed(text);
        }
        let mut single = Vec::with_capacity(text.len());
        let mut rest = text;
        while let Some(place) = memchr(self.quote, rest) {
            single.extend_from_slice(&rest[..=place]);
            // The second of the two.
            rest = rest.get(place + 2..).unwrap_or_default();
        }
        single.extend_from_slice(rest);
        Cow::Owned(single)
    }

    /// Appends a field, in quotes where it needs them or `force` says so.
    pub fn write(self, text: &[u8], force: bool, out: &mut Vec<u8>) {
        let needs = force
            || memchr2(self.delimiter, self.quote, text).is_some()
            || memchr2(b'\n', b'\r', text).is_some();
        if !needs {
            return out.extend_from_slice(text);
        }
        out.push(self.quote);
        for byte in text {
            if *byte == self.quote {
                out.push(self.quote);
            }
            out.push(*byte);
        }
        out.push(self.quote);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CSV: Dialect = Dialect { delimiter: b',', quote: b'"' };

    fn narrow(_: u8) -> bool {
        false
    }

    fn fields(record: &str) -> Result<Vec<(String, bool)>, String> {
        let mut found = Vec::new();
        CSV.fields(record.as_bytes(), |field| {
            found.push((String::from_utf8_lossy(&field.text).into_owned(), field.quoted));
            Ok(())
        })?;
        Ok(found)
    }

    #[test]
    fn quotes_are_taken_off_and_remembered() {
        let plain = |text: &str| (text.to_owned(), false);
        let quoted = |text: &str| (text.to_owned(), true);
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
    fn a_line_end_in_quotes_ends_no_record() {
        let text = b"a,\"b\nc\",d\ne\n";
        assert_eq!(CSV.record_end(text, 0, narrow), Some(10));
        assert_eq!(CSV.record_end(text, 10, narrow), Some(12));
        assert_eq!(CSV.record_end(b"a,\"b\nc", 0, narrow), None);
        assert_eq!(CSV.record_end(b"5\" disk\nx", 0, narrow), Some(8), "a quote inside a field is text");
    }

    #[test]
    fn the_second_byte_of_a_wide_character_is_no_delimiter() {
        let bars = Dialect { delimiter: b'|', quote: b'"' };
        // A character whose second byte is the bar's, then a quote that is text.
        let text = b"\x81|\"a\n\"\n";
        assert_eq!(bars.record_end(text, 0, |byte| byte >= 0x81), Some(5));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(rows in prop::collection::vec(prop::collection::vec("[a,\"\n\r b]{0,6}", 1..5), 1..6)) {
            let mut text = Vec::new();
            for row in &rows {
                for (place, field) in row.iter().enumerate() {
                    if place > 0 {
                        text.push(b',');
                    }
                    CSV.write(field.as_bytes(), false, &mut text);
                }
                text.push(b'\n');
            }
            let mut at = 0;
            for row in &rows {
                let end = CSV.record_end(&text, at, narrow).unwrap();
                let record = std::str::from_utf8(&text[at..end - 1]).unwrap();
                let found: Vec<String> = fields(record).unwrap().into_iter().map(|(text, _)| text).collect();
                prop_assert_eq!(&found, row);
                at = end;
            }
            prop_assert_eq!(at, text.len());
        }
    }
}
