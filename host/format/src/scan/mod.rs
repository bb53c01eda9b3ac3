//! The reader of JSON text: strict, in one pass, without recursion and without copies.
//!
//! It knows RFC 8259 and nothing more: no comments, no NaN, no numbers with leading zeros, no lone surrogates,
//! which no UTF-8 text can hold. Who calls it puts values where they belong; values that nobody asked for are
//! skipped, but checked all the same.
//!
//! | module | holds |
//! |---|---|
//! | `text` | the end of a string, and its escapes |
//! | `number` | the form of a number |
//! | `parts` | small values that stand around rows |
//! | `expected` | texts that most often come next |
//! | `find` | the first byte of a kind |
//! | `skip` | values of any kind, as deep as [`MAX_DEPTH`] |

mod expected;
mod find;
mod number;
mod parts;
mod skip;
mod text;

use std::fmt;

pub(crate) use expected::Expected;
pub(crate) use find::{find_byte, find_special};
pub(crate) use number::is_number;
pub(crate) use parts::{Scalar, excerpt, excerpt_of_json};
pub(crate) use skip::is_value;
pub(crate) use text::{Text, unescape};

/// How deep objects and arrays may nest in a message, all of its levels counted.
pub(crate) const MAX_DEPTH: u32 = 64;

/// What is wrong with a text, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The byte of the message, from 0.
    pub(crate) at: usize,
    /// What is wrong there.
    pub(crate) what: &'static str,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "byte {}: {}", self.at, self.what)
    }
}

/// A place in a message. Methods that read something leave the place behind it; after an error the place says
/// nothing.
#[derive(Clone)]
pub(crate) struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Scanner<'a> {
    /// The beginning of a message.
    ///
    /// # Errors
    /// Where the message is no UTF-8: at the first byte that is not.
    pub(crate) fn new(bytes: &'a [u8]) -> Result<Self, Fault> {
        if simdutf8::basic::from_utf8(bytes).is_ok() {
            return Ok(Self { bytes, at: 0 });
        }
        // Only the slower check says where.
        let at = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
        Err(Fault { at, what: "the message is not UTF-8" })
    }

    /// The place, in bytes from the beginning of the message.
    #[inline]
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// Goes to a place that was [`Scanner::at`] before.
    #[inline]
    pub(crate) fn go_to(&mut self, at: usize) {
        self.at = at;
    }

    /// The whole message.
    #[inline]
    pub(crate) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The bytes that are left.
    #[inline]
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// The next byte; 0, with which nothing in JSON begins, at the end.
    #[inline]
    pub(crate) fn peek(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    /// Whether nothing is left.
    #[inline]
    pub(crate) fn is_at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// Passes spaces, tabs and ends of lines.
    #[inline]
    pub(crate) fn skip_space(&mut self) {
        // Most messages have no space between their parts at all.
        if self.peek() <= b' ' {
            while matches!(self.peek(), b' ' | b'\t' | b'\n' | b'\r') {
                self.at += 1;
            }
        }
    }

    /// Passes a byte if it is the next one.
    #[inline]
    pub(crate) fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == byte && byte != 0;
        self.at += usize::from(found);
        found
    }

    /// Passes what the next bytes are known to be.
    #[inline]
    pub(crate) fn eat_known(&mut self, known: &[u8]) -> bool {
        let found = self.rest().starts_with(known);
        if found {
            self.at += known.len();
        }
        found
    }

    /// Passes the colon between a key and its value, and the space around it.
    #[inline]
    pub(crate) fn colon(&mut self) -> Result<(), Fault> {
        self.skip_space();
        if !self.eat(b':') {
            return Err(self.fault("a colon is expected after a key"));
        }
        self.skip_space();
        Ok(())
    }

    /// Passes the brace that opens an object, and says whether a key follows.
    #[inline]
    pub(crate) fn open_object(&mut self) -> Result<bool, Fault> {
        if !self.eat(b'{') {
            return Err(self.fault("an object is expected"));
        }
        self.skip_space();
        if self.eat(b'}') { Ok(false) } else { self.before_key() }
    }

    /// Passes what follows a value in an object, and says whether another key does.
    #[inline]
    pub(crate) fn next_in_object(&mut self) -> Result<bool, Fault> {
        self.skip_space();
        match self.peek() {
            b',' => {
                self.at += 1;
                self.skip_space();
                self.before_key()
            }
            b'}' => {
                self.at += 1;
                Ok(false)
            }
            _ => Err(self.fault("a comma or the end of the object is expected")),
        }
    }

    #[inline]
    fn before_key(&self) -> Result<bool, Fault> {
        if self.peek() == b'"' { Ok(true) } else { Err(self.fault("a key in double quotes is expected")) }
    }

    /// Passes `true`, `false` or `null`.
    #[inline]
    pub(crate) fn literal(&mut self, word: &'static [u8]) -> Result<(), Fault> {
        if self.eat_known(word) { Ok(()) } else { Err(self.no_value()) }
    }

    /// What is wrong at this place.
    #[cold]
    pub(crate) fn fault(&self, what: &'static str) -> Fault {
        let what = if self.is_at_end() { "the message ends too early" } else { what };
        Fault { at: self.at, what }
    }

    /// The fault of a place at which no value begins.
    #[cold]
    pub(crate) fn no_value(&self) -> Fault {
        self.fault(
            "a value is expected: text in double quotes, a number, true, false, null, an object or an array",
        )
    }
}
