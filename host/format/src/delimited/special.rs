//! Bytes that a field does not hold as it stands.

use memchr::{memchr2, memchr3};

use super::Dialect;

/// What sets fields or records apart, and what quotes or escapes it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Special {
    delimiter: u8,
    quote: u8,
    escape: u8,
}

impl Special {
    /// Those of a dialect.
    pub(super) fn of(dialect: &Dialect) -> Self {
        // The end of a text and the beginning of a delimiter may look like a delimiter together.
        let delimiter = dialect.delimiter.as_bytes()[0];
        let [quote, escape] = [dialect.quote, dialect.escape].map(|byte| byte.unwrap_or(delimiter));
        Self { delimiter, quote, escape }
    }

    /// Whether a text has one of them.
    pub(super) fn is_in(self, text: &[u8]) -> bool {
        let Self { delimiter, quote, escape } = self;
        memchr3(delimiter, quote, escape, text).is_some() || memchr2(b'\n', b'\r', text).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delimited::Delimiter;

    #[test]
    fn each_is_found_wherever_it_stands() {
        let delimiter = Delimiter::new(b"|+").unwrap();
        let dialect = Dialect { delimiter, quote: Some(b'\''), escape: Some(b'\\'), trim: false };
        let special = Special::of(&dialect);
        for length in 0..=50 {
            let text = vec![b'+'; length];
            assert!(!special.is_in(&text), "{length}");
            for place in 0..length {
                for byte in *b"|'\\\n\r" {
                    let mut text = text.clone();
                    text[place] = byte;
                    assert!(special.is_in(&text), "{length} {place} {byte}");
                }
            }
        }
        let without = Special::of(&Dialect { quote: None, ..Dialect::default() });
        assert!(!without.is_in(b"\"\\"));
        assert!(without.is_in(b"a,b"));
    }
}
