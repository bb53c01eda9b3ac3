//! Values as JSON, for systems whose bodies are no messages.

use arrow_array::Array;
use arrow_schema::Field;

use crate::write::{CellWriter, Style, write_string};
use crate::{Decimals, Timestamps};

/// Writes the values of one column as JSON, each of them by itself.
pub struct JsonValues<'a>(CellWriter<'a>);

impl<'a> JsonValues<'a> {
    /// Of an array; `None` where its type, or one within it, has no form. Decimals have all of their digits, dates and
    /// times are as SQL has them, bytes are in base64.
    pub fn new(field: &Field, values: &'a dyn Array) -> Option<Self> {
        let style = Style { decimals: Decimals::Number, timestamps: Timestamps::Sql };
        CellWriter::new(field, values, style).map(Self)
    }

    /// Appends the value of a row, which is neither null nor missing.
    ///
    /// # Errors
    /// Why it has no form; what was appended is to be cut off then.
    #[inline]
    pub fn write(&self, row: usize, out: &mut Vec<u8>) -> Result<(), &'static str> {
        self.0.write(row, out)
    }
}

/// Appends a text as JSON.
pub fn push_text(text: &str, out: &mut Vec<u8>) {
    write_string(text.as_bytes(), out);
}
