//! Small values that stand around rows.

use super::{Fault, Scanner, Text};

/// A value that is expected to be text or a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scalar {
    Null,
    /// Text, or the digits of a number.
    Text(Text),
    /// Something else, which was passed.
    Other,
}

impl Scanner<'_> {
    /// Passes a value of one object deep, and gives it where it is text or a number.
    pub(crate) fn scalar(&mut self) -> Result<Scalar, Fault> {
        match self.peek() {
            b'"' => self.string().map(Scalar::Text),
            b'-' | b'0'..=b'9' => {
                let range = self.number()?;
                Ok(Scalar::Text(Text { range, escaped: false }))
            }
            b'n' => {
                self.literal(b"null")?;
                Ok(Scalar::Null)
            }
            _ => {
                self.value(1)?;
                Ok(Scalar::Other)
            }
        }
    }

    /// The texts of an array that was passed before and begins here; `None` where it is something else.
    pub(crate) fn names(&mut self) -> Option<Vec<String>> {
        let mut names = Vec::new();
        let mut scratch = Vec::new();
        if !self.eat(b'[') {
            return None;
        }
        self.skip_space();
        let mut more = !self.eat(b']');
        while more {
            let name = self.string().ok()?;
            names.push(String::from_utf8_lossy(self.resolve(&name, &mut scratch)).into_owned());
            self.skip_space();
            more = self.eat(b',');
            self.skip_space();
        }
        Some(names)
    }
}

/// A text of a message as a reason quotes it.
pub(crate) fn excerpt(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let (beginning, more) = beginning(&text);
    format!("{beginning:?}{more}")
}

/// A value of a message as a reason shows it, quotes and all.
pub(crate) fn excerpt_of_json(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let (beginning, more) = beginning(&text);
    format!("{beginning}{more}")
}

/// The first characters of a text, and whether there are more.
fn beginning(text: &str) -> (&str, &'static str) {
    match text.char_indices().nth(40) {
        Some((end, _)) => (&text[..end], "..."),
        None => (text, ""),
    }
}
