//! Parts of a message that should be of one kind.

use crate::scan::{Fault, Scalar, Scanner, Text, excerpt};

/// Passes parts of a message, and keeps the first thing that is wrong with them: a message is read to its end, so that
/// one that is no JSON at all is called that.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    bad: Option<String>,
}

impl Parts {
    /// Says what is wrong at a byte of the message.
    #[cold]
    pub(crate) fn bad(&mut self, at: usize, what: impl std::fmt::Display) {
        self.bad.get_or_insert_with(|| format!("byte {at}: {what}"));
    }

    /// The first thing that is wrong, if anything is.
    pub(crate) fn take_bad(&mut self) -> Option<String> {
        self.bad.take()
    }

    /// Passes an object or array, by the bracket that opens it, and gives where it begins; `None` for null.
    pub(crate) fn place(
        &mut self,
        key: &str,
        opens: u8,
        scanner: &mut Scanner<'_>,
    ) -> Result<Option<usize>, Fault> {
        let at = scanner.at();
        let first = scanner.peek();
        scanner.value(1)?;
        if first != opens && first != b'n' {
            let what = if opens == b'[' { "array" } else { "object" };
            self.bad(at, format_args!("`{key}` is no {what}"));
        }
        Ok((first == opens).then_some(at))
    }

    /// Passes text; `None` for null and for nothing between the quotes.
    pub(crate) fn text(&mut self, key: &str, scanner: &mut Scanner<'_>) -> Result<Option<Text>, Fault> {
        let at = scanner.at();
        let quoted = matches!(scanner.peek(), b'"' | b'n');
        let text = self.number_or_text(key, scanner)?;
        if !quoted {
            self.bad(at, format_args!("`{key}` is no text"));
        }
        Ok(text)
    }

    /// Passes text or a number, which some producers put in quotes; `None` as for text.
    pub(crate) fn number_or_text(
        &mut self,
        key: &str,
        scanner: &mut Scanner<'_>,
    ) -> Result<Option<Text>, Fault> {
        let at = scanner.at();
        Ok(match scanner.scalar()? {
            Scalar::Text(text) => Some(text).filter(|text| !text.range.is_empty()),
            Scalar::Null => None,
            Scalar::Other => {
                self.bad(at, format_args!("`{key}` is no number"));
                None
            }
        })
    }
}

/// What a message counts time in.
pub(crate) struct TimeUnit {
    name: &'static str,
    micros: i64,
}

impl TimeUnit {
    pub(crate) const SECONDS: Self = Self { name: "seconds", micros: 1_000_000 };
    pub(crate) const MILLISECONDS: Self = Self { name: "milliseconds", micros: 1_000 };

    /// The microseconds that a part counts in this unit.
    ///
    /// # Errors
    /// The reason where it is no number, or one of more microseconds than 64 bits hold.
    pub(crate) fn micros(&self, key: &str, text: &Text, scanner: &Scanner<'_>) -> Result<i64, String> {
        let digits = &scanner.bytes()[text.range.clone()];
        let count = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse::<i64>().ok());
        count.and_then(|count| count.checked_mul(self.micros)).ok_or_else(|| {
            format!("byte {}: `{key}` is {}, no number of {}", text.range.start, excerpt(digits), self.name)
        })
    }
}
