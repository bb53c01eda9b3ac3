//! Values as JSON and as text, for systems whose bodies are no messages.

#![expect(clippy::inline_always, reason = "a call a cell costs as much as the digits of a number: measured")]

use arrow_array::Array;
use arrow_buffer::i256;
use arrow_schema::Field;

pub use crate::write::Repeated;
use crate::write::{CellWriter, PlainValues, Style, write_decimal128, write_decimal256, write_string};
use crate::{Decimals, Timestamps};

/// Decimals have all of their digits, dates and times are as SQL has them, bytes are in base64.
const SQL: Style = Style { decimals: Decimals::Number, timestamps: Timestamps::Sql };

/// Writes the values of one column as JSON, each of them by itself.
pub struct JsonValues<'a>(CellWriter<'a>);

impl<'a> JsonValues<'a> {
    /// Of an array; `None` where its type, or one within it, has no form. Decimals have all of their digits, dates and
    /// times are as SQL has them, bytes are in base64.
    pub fn new(field: &Field, values: &'a dyn Array) -> Option<Self> {
        CellWriter::new(field, values, SQL).map(Self)
    }

    /// Appends the value of a row, which is neither null nor missing.
    ///
    /// # Errors
    /// Why it has no form; what was appended is to be cut off then.
    #[inline(always)]
    pub fn write(&self, row: usize, out: &mut Vec<u8>) -> Result<(), &'static str> {
        self.0.write(row, out)
    }
}

/// Writes the values of one column as text, each of them by itself: text as it is, all else as [`JsonValues`] has it, without
/// quotes.
pub struct TextValues<'a>(PlainValues<'a>);

impl<'a> TextValues<'a> {
    /// Of an array; `None` where its type, or one within it, has no form.
    pub fn new(field: &Field, values: &'a dyn Array) -> Option<Self> {
        PlainValues::new(field, values, SQL).map(Self)
    }

    /// Appends the value of a row, which is neither null nor missing.
    ///
    /// # Errors
    /// Why it has no form; what was appended is to be cut off then.
    #[inline(always)]
    pub fn write(&self, row: usize, out: &mut Vec<u8>) -> Result<(), &'static str> {
        self.0.write(row, out)
    }
}

/// Appends a text as JSON.
pub fn push_text(text: &str, out: &mut Vec<u8>) {
    write_string(text.as_bytes(), out);
}

/// Appends `value * 10^-scale` with all of its digits: `-12.50`, never with an exponent.
#[inline]
pub fn push_decimal128(value: i128, scale: i8, out: &mut Vec<u8>) {
    write_decimal128(value, scale, out);
}

/// As [`push_decimal128`].
pub fn push_decimal256(value: i256, scale: i8, out: &mut Vec<u8>) {
    write_decimal256(value, scale, out);
}
