//! Rows as CSV.
//!
//! A row is its fields with [`Format::BETWEEN_FIELDS`] between, one for each planned column. One that the row does not
//! have is [`MISSING`] until it is sent, when it is left out.

use arrow_array::Array as _;
use arrow_array::cast::AsArray as _;
use arrow_schema::{DataType, Field};
use sluicegate_format::values::TextValues;
use sluicegate_model::Column;

use crate::client::Format;

/// NULL.
pub const NULL: &[u8] = b"\\N";

/// A row of one empty text: lines of nothing are passed over by the server.
pub const EMPTY: &[u8] = &[ENCLOSE, ENCLOSE];

/// A cell that the row does not have. A text that is the same is enclosed.
pub const MISSING: &[u8] = b"\x03";

const BETWEEN: u8 = Format::BETWEEN_FIELDS;
const BEHIND: u8 = Format::BEHIND_ROWS;
const ENCLOSE: u8 = Format::ENCLOSE;

/// Writes the fields of one column.
pub struct FieldValues<'a> {
    values: TextValues<'a>,
    /// Whether a value may have to be enclosed.
    encloses: bool,
}

impl<'a> FieldValues<'a> {
    /// Of a column; `None` where its type has no form.
    pub fn new(field: &Field, column: &'a Column) -> Option<Self> {
        let array = column.values().as_ref();
        let encloses = *array.data_type() == DataType::Utf8 && {
            let text = array.as_string::<i32>();
            let (first, last) = (text.value_offsets()[0], text.value_offsets()[text.len()]);
            text.value_data()[first as usize..last as usize]
                .iter()
                .fold(false, |found, byte| found | is_special(*byte))
        };
        Some(Self { values: TextValues::new(field, array)?, encloses })
    }

    /// Appends the field of a row, which is neither null nor missing.
    ///
    /// # Errors
    /// Why the value has no form.
    #[expect(clippy::inline_always, reason = "as the cells that call it")]
    #[inline(always)]
    pub fn write(&self, row: usize, into: &mut Vec<u8>) -> Result<(), &'static str> {
        let start = into.len();
        self.values.write(row, into)?;
        if self.encloses && needs_enclosing(&into[start..]) {
            enclose(start, into);
        }
        Ok(())
    }
}

fn is_special(byte: u8) -> bool {
    matches!(byte, BETWEEN | BEHIND | ENCLOSE) || byte == MISSING[0]
}

fn needs_enclosing(text: &[u8]) -> bool {
    text.first() == Some(&ENCLOSE)
        || text == MISSING
        || text.iter().any(|byte| matches!(*byte, BETWEEN | BEHIND))
}

/// Encloses what was appended from `start` on.
fn enclose(start: usize, into: &mut Vec<u8>) {
    let text = into.split_off(start);
    into.push(ENCLOSE);
    for byte in text {
        if byte == ENCLOSE {
            into.push(ENCLOSE);
        }
        into.push(byte);
    }
    into.push(ENCLOSE);
}

/// The fields of a row, as they were written.
pub fn split(row: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(row);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = field_end(text);
        rest = text.get(end + 1..);
        Some(&text[..end])
    })
}

/// Where the field at the beginning of a text ends.
fn field_end(text: &[u8]) -> usize {
    let encloses = text.first() == Some(&ENCLOSE);
    let mut inside = false;
    for (place, byte) in text.iter().enumerate() {
        match *byte {
            // One that is doubled opens again what it closed.
            ENCLOSE if encloses => inside = !inside,
            BETWEEN if !inside => return place,
            _ => {}
        }
    }
    text.len()
}

/// The later of two images of one row over the earlier: what it has counts, what it lacks stays.
pub fn merge(earlier: &[u8], later: &[u8]) -> Vec<u8> {
    let mut merged = Vec::with_capacity(earlier.len() + later.len());
    for (place, (old, new)) in split(earlier).zip(split(later)).enumerate() {
        if place > 0 {
            merged.push(BETWEEN);
        }
        merged.extend_from_slice(if new == MISSING { old } else { new });
    }
    merged
}

/// Appends fields with what stands between them.
pub fn join<'a>(fields: impl Iterator<Item = &'a [u8]>, into: &mut Vec<u8>) {
    for (place, field) in fields.enumerate() {
        if place > 0 {
            into.push(BETWEEN);
        }
        into.extend_from_slice(field);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::StringArray;
    use proptest::prelude::*;

    use super::*;

    fn line(texts: &[String]) -> Vec<u8> {
        let column = Column::new(Arc::new(StringArray::from(texts.to_vec())));
        let field = Field::new("c", DataType::Utf8, true);
        let values = FieldValues::new(&field, &column).unwrap();
        let mut line = Vec::new();
        for row in 0..texts.len() {
            if row > 0 {
                line.push(BETWEEN);
            }
            values.write(row, &mut line).unwrap();
        }
        line
    }

    #[test]
    fn what_would_be_taken_for_something_else_is_enclosed() {
        let texts = ["plain, \t'", "a\u{1}b", "\"q\"", "a\"b", "\u{3}", "", "\u{2}"].map(str::to_owned);
        let expected: Vec<&[u8]> =
            vec![b"plain, \t'", b"\"a\x01b\"", b"\"\"\"q\"\"\"", b"a\"b", b"\"\x03\"", b"", b"\"\x02\""];
        assert_eq!(split(&line(&texts)).collect::<Vec<_>>(), expected);
        assert_eq!(merge(b"1\x01\x03\x01a", b"1\x01x\x01\x03"), b"1\x01x\x01a");
    }

    proptest! {
        #[test]
        fn a_row_is_split_where_it_was_joined(
            texts in prop::collection::vec("[\\x01\\x02\\x03\"ab\\\\]{0,6}", 1..6),
        ) {
            let line = line(&texts);
            let fields: Vec<&[u8]> = split(&line).collect();
            prop_assert_eq!(fields.len(), texts.len());
            for (field, text) in fields.iter().zip(&texts) {
                let plain = if field.first() == Some(&ENCLOSE) {
                    String::from_utf8(field[1..field.len() - 1].to_vec()).unwrap().replace("\"\"", "\"")
                } else {
                    String::from_utf8(field.to_vec()).unwrap()
                };
                prop_assert_eq!(&plain, text);
            }
        }
    }
}
