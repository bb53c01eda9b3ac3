//! A grown column as an Arrow array.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, BooleanArray, StringArray};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field};
use sluicegate_model::{Column, field};

use super::cells::{Cells, tag};
use crate::write::write_string;

const PRESENT: u8 = !tag::MISSING;
const VALUE: u8 = !(tag::MISSING | tag::NULL);
const BOOLEAN: u8 = tag::TRUE | tag::FALSE;

impl Cells {
    /// The column as its cells say: text, numbers as their digits, booleans, or JSON of any kind.
    pub(super) fn into_column(mut self, rows: usize) -> (Field, Column) {
        self.fill(rows);
        let kinds = self.kinds();
        let (json, values): (_, ArrayRef) = match kinds & VALUE {
            0 | tag::TEXT => (None, Arc::new(self.take_text(kinds))),
            tag::NUMBER => (Some(field::JSON_NUMBER), Arc::new(self.take_text(kinds))),
            tag::RAW => (Some(field::JSON_RAW), Arc::new(self.take_text(kinds))),
            booleans if booleans & !BOOLEAN == 0 => (None, Arc::new(self.booleans(kinds))),
            _ => (Some(field::JSON_RAW), Arc::new(self.rewritten(write_json))),
        };
        let field = Field::new(&self.name, values.data_type().clone(), true);
        let metadata = json.map(|json| HashMap::from([(field::JSON.to_owned(), json.to_owned())]));
        (field.with_metadata(metadata.unwrap_or_default()), self.with_presence(values, kinds))
    }

    /// The column as text or booleans, to be cast to a declared type: text without quotes, numbers as their digits.
    pub(super) fn into_castable(mut self, to: &DataType) -> (String, Column) {
        let kinds = self.kinds();
        let values: ArrayRef = if kinds & BOOLEAN == 0 {
            Arc::new(self.take_text(kinds))
        } else if kinds & VALUE & !BOOLEAN == 0 && *to == DataType::Boolean {
            Arc::new(self.booleans(kinds))
        } else {
            Arc::new(self.rewritten(write_plain))
        };
        let column = self.with_presence(values, kinds);
        (self.name, column)
    }

    /// The column as JSON.
    pub(super) fn into_raw(mut self) -> Column {
        let kinds = self.kinds();
        let values =
            if kinds & VALUE & !tag::RAW == 0 { self.take_text(kinds) } else { self.rewritten(write_json) };
        self.with_presence(Arc::new(values), kinds)
    }

    pub(super) fn with_presence(&self, values: ArrayRef, kinds: u8) -> Column {
        let presence = (kinds & tag::MISSING != 0).then(|| self.bits(PRESENT));
        Column::with_presence(values, presence)
    }

    /// A bit a cell: whether it is of one of some kinds.
    fn bits(&self, kinds: u8) -> BooleanBuffer {
        BooleanBuffer::collect_bool(self.tags.len(), |row| self.tags[row] & kinds != 0)
    }

    pub(super) fn validity(&self, kinds: u8) -> Option<NullBuffer> {
        (kinds & !VALUE != 0).then(|| NullBuffer::new(self.bits(VALUE)))
    }

    fn booleans(&self, kinds: u8) -> BooleanArray {
        BooleanArray::new(self.bits(tag::TRUE), self.validity(kinds))
    }

    /// The bytes of the cells as they are, without a copy.
    fn take_text(&mut self, kinds: u8) -> StringArray {
        let mut offsets = Vec::with_capacity(self.ends.len() + 1);
        offsets.push(0);
        offsets.extend_from_slice(&self.ends);
        let data = std::mem::take(&mut self.data);
        text_array(offsets, data, self.validity(kinds))
    }

    /// The cells written anew, each by its kind.
    pub(super) fn rewritten(&self, mut write: impl FnMut(u8, &[u8], &mut Vec<u8>)) -> StringArray {
        let mut data = Vec::with_capacity(self.data.len() + 8 * self.tags.len());
        let mut offsets = Vec::with_capacity(self.ends.len() + 1);
        offsets.push(0);
        let mut start = 0;
        for (&tag, &end) in self.tags.iter().zip(&self.ends) {
            write(tag, &self.data[start..end as usize], &mut data);
            start = end as usize;
            offsets.push(data.len() as i32);
        }
        text_array(offsets, data, self.validity(self.kinds()))
    }
}

fn write_json(tag: u8, cell: &[u8], out: &mut Vec<u8>) {
    match tag {
        tag::TEXT => write_string(cell, out),
        _ => write_plain(tag, cell, out),
    }
}

fn write_plain(tag: u8, cell: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(match tag {
        tag::TRUE => b"true",
        tag::FALSE => b"false",
        _ => cell,
    });
}

fn text_array(offsets: Vec<i32>, data: Vec<u8>, validity: Option<NullBuffer>) -> StringArray {
    debug_assert!(offsets.is_sorted() && offsets.last() == Some(&(data.len() as i32)));
    debug_assert!(
        offsets.windows(2).all(|o| std::str::from_utf8(&data[o[0] as usize..o[1] as usize]).is_ok())
    );
    // SAFETY: the offsets begin at 0 and are lengths of `data` as it grew, so they never fall and none is past its end.
    let offsets = unsafe { OffsetBuffer::new_unchecked(ScalarBuffer::from(offsets)) };
    // SAFETY: each cell is UTF-8: a stretch between two ASCII bytes of a message that was checked as a whole
    // (`Scanner::new`), whole characters that escapes stood for, or ASCII written here. The validity has a bit a
    // cell: it was made from the tags, of which there is one a cell.
    unsafe { StringArray::new_unchecked(offsets, Buffer::from_vec(data), validity) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::Scanner;
    use sluicegate_model::Cell;

    fn column(cells: &[Option<&str>]) -> (Field, Column) {
        let mut column = Cells::new("a".to_owned());
        for (row, json) in cells.iter().enumerate() {
            if let Some(json) = json {
                column.read(row, &mut Scanner::new(json.as_bytes()).unwrap(), 0).unwrap();
            }
        }
        column.into_column(cells.len())
    }

    fn texts(column: &Column) -> Vec<Option<&str>> {
        column.values().as_any().downcast_ref::<StringArray>().unwrap().iter().collect()
    }

    #[test]
    fn columns_are_of_the_type_that_their_cells_say() {
        let (field, numbers) = column(&[Some("1.50"), Some("null"), None]);
        assert_eq!(field.metadata()[field::JSON], field::JSON_NUMBER);
        assert_eq!(texts(&numbers), [Some("1.50"), None, None]);
        assert_eq!([numbers.cell(1), numbers.cell(2)], [Cell::Null, Cell::Missing]);

        let (field, nulls) = column(&[Some("null"), Some("null")]);
        assert!(field.metadata().is_empty() && field.data_type() == &DataType::Utf8);
        assert_eq!(nulls.values().null_count(), 2);

        let (field, booleans) = column(&[Some("true"), Some("false"), Some("null")]);
        assert_eq!(field.data_type(), &DataType::Boolean);
        assert_eq!(*booleans.values().to_data().buffers()[0], [0b001]);

        let (field, raw) = column(&[Some("[1, 2]"), Some("{}")]);
        assert_eq!(field.metadata()[field::JSON], field::JSON_RAW);
        assert_eq!(texts(&raw), [Some("[1, 2]"), Some("{}")]);
    }

    #[test]
    fn mixed_kinds_are_json() {
        let cells = [Some(r#""a\"b\n""#), Some("1"), None, Some("true"), Some("null"), Some("[]")];
        let (field, mixed) = column(&cells);
        assert_eq!(field.metadata()[field::JSON], field::JSON_RAW);
        assert_eq!(texts(&mixed), [Some(r#""a\"b\n""#), Some("1"), None, Some("true"), None, Some("[]")]);
        assert_eq!([mixed.cell(2), mixed.cell(4)], [Cell::Missing, Cell::Null]);
    }
}
