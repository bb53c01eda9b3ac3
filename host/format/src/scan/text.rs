//! The end of a string, and its escapes.

use std::ops::Range;

use super::find::find_special;
use super::{Fault, Scanner};

/// A string in a message: what stands between its quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Text {
    /// Where it stands.
    pub(crate) range: Range<usize>,
    /// Whether there are escapes in it, all of them good.
    pub(crate) escaped: bool,
}

impl<'a> Scanner<'a> {
    /// Passes a string, whose opening quote is next.
    #[inline]
    pub(crate) fn string(&mut self) -> Result<Text, Fault> {
        if !self.eat(b'"') {
            return Err(self.fault("text in double quotes is expected"));
        }
        let start = self.at;
        self.at = find_special(self.bytes, start);
        if self.peek() == b'"' {
            self.at += 1;
            return Ok(Text { range: start..self.at - 1, escaped: false });
        }
        self.string_with_escapes(start)
    }

    #[cold]
    fn string_with_escapes(&mut self, start: usize) -> Result<Text, Fault> {
        loop {
            self.at = find_special(self.bytes, self.at);
            match self.bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Text { range: start..self.at - 1, escaped: true });
                }
                Some(b'\\') => self.escape()?,
                Some(_) => return Err(self.fault("a control character in a string must be escaped")),
                None => {
                    return Err(Fault { at: start - 1, what: "the string that begins here is not closed" });
                }
            }
        }
    }

    fn escape(&mut self) -> Result<(), Fault> {
        match self.bytes.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 2,
            Some(b'u') => {
                let no_escape = self.fault("\\u is followed by four hexadecimal digits");
                match code_unit(self.bytes, self.at).ok_or(no_escape)? {
                    0xD800..0xDC00 => {
                        let low = code_unit(self.bytes, self.at + 6);
                        if !low.is_some_and(|low| (0xDC00..0xE000).contains(&low)) {
                            return Err(self.fault("a surrogate stands alone, which is no character"));
                        }
                        self.at += 12;
                    }
                    0xDC00..0xE000 => {
                        return Err(self.fault("a surrogate stands alone, which is no character"));
                    }
                    _ => self.at += 6,
                }
            }
            _ => return Err(self.fault("a backslash is followed by none of \" \\ / b f n r t u")),
        }
        Ok(())
    }

    /// The bytes of a string, its escapes resolved into `scratch` where it has any.
    #[inline]
    pub(crate) fn resolve<'s>(&self, text: &Text, scratch: &'s mut Vec<u8>) -> &'s [u8]
    where
        'a: 's,
    {
        let raw = &self.bytes[text.range.clone()];
        if !text.escaped {
            return raw;
        }
        scratch.clear();
        unescape(raw, scratch);
        scratch
    }
}

/// The number of the escape `\uXXXX` that begins at `at`.
fn code_unit(bytes: &[u8], at: usize) -> Option<u32> {
    let [b'\\', b'u', digits @ ..] = bytes.get(at..at + 6)? else { return None };
    digits.iter().try_fold(0, |unit, digit| Some(unit * 16 + (*digit as char).to_digit(16)?))
}

/// Appends what stands between the quotes of a string that [`Scanner::string`] has passed, with its escapes
/// resolved.
pub(crate) fn unescape(raw: &[u8], out: &mut Vec<u8>) {
    let mut at = 0;
    while at < raw.len() {
        let plain = memchr::memchr(b'\\', &raw[at..]).map_or(raw.len(), |found| at + found);
        out.extend_from_slice(&raw[at..plain]);
        at = plain;
        let Some(&kind) = raw.get(at + 1) else { break };
        if kind == b'u' {
            let first = code_unit(raw, at).unwrap_or_default();
            at += 6;
            let code = if (0xD800..0xDC00).contains(&first) {
                let second = code_unit(raw, at).unwrap_or(0xDC00);
                at += 6;
                0x1_0000 + ((first - 0xD800) << 10) + (second.wrapping_sub(0xDC00) & 0x3FF)
            } else {
                first
            };
            // Passed strings hold no lone surrogates, so each code is a character.
            let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
            out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        } else {
            out.push(match kind {
                b'b' => 0x08,
                b'f' => 0x0C,
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                other => other,
            });
            at += 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(json: &str) -> Result<String, Fault> {
        let mut scanner = Scanner::new(json.as_bytes())?;
        let text = scanner.string()?;
        assert!(scanner.is_at_end());
        let mut scratch = Vec::new();
        Ok(String::from_utf8(scanner.resolve(&text, &mut scratch).to_vec()).unwrap())
    }

    #[test]
    fn escapes_are_resolved() {
        assert_eq!(text_of(r#""""#).unwrap(), "");
        assert_eq!(text_of(r#""a\"\\\/\b\f\n\r\t""#).unwrap(), "a\"\\/\u{8}\u{c}\n\r\t");
        assert_eq!(text_of(r#""\u00e9\u4E2D\ud83D\uDE00!\u0000""#).unwrap(), "é中😀!\0");
    }

    #[test]
    fn what_is_no_string_is_refused_where_it_is_wrong() {
        for (json, at) in [
            (r#""abc"#, 0),
            (r#""abc\"#, 4),
            (r#""a\x""#, 2),
            (r#""\u12G4""#, 1),
            (r#""\ud83d""#, 1),
            (r#""\ud83d\u0041""#, 1),
            (r#""\ude00\ud83d""#, 1),
            ("\"a\nb\"", 2),
        ] {
            assert_eq!(text_of(json).unwrap_err().at, at, "{json}");
        }
    }
}
