//! What is authenticated with a cell, so that a sealed value cannot be moved to another place.
//!
//! With an empty context and no bound columns nothing is: the associated data of the AEAD is empty, and any
//! implementation of the algorithm opens the cell. Otherwise the associated data is
//!
//! | bytes | what |
//! |---|---|
//! | 1 | `0x01`, the version of this framing |
//! | 4 | length of the context in bytes, little-endian |
//! | that many | the context, UTF-8 |
//! | 4 | number of bound cells, little-endian |
//! | each cell: 1 | `0x00` NULL, nothing follows; `0x01` a value |
//! | 4 | length of the value, little-endian |
//! | that many | the value |
//!
//! Every part tells its own length, so no two sets of parts give the same bytes, and NULL is not the empty
//! text. The value of a cell is what [`cells`](crate::cells) says: the number 7 and the text `7` are the same
//! here, so that a cell sealed beside a number opens where that number arrives as text.
//!
//! A cell that is bound to a *missing* cell could not be opened beside the whole row, so it is refused.

use arrow_buffer::BooleanBuffer;
use sluicegate_model::Column;

use crate::{cells::Cells, error::KeyError};

/// The version of the framing above.
const FRAMING: u8 = 1;

/// The associated data of each row of a column, written into one buffer that is used again for each row.
pub(crate) struct Binding {
    buffer: Vec<u8>,
    /// Length of the part that is the same for all rows.
    fixed: usize,
    bound: Vec<Bound>,
}

struct Bound {
    cells: Cells,
    presence: Option<BooleanBuffer>,
}

/// The bound column that is missing in a row, by its place.
pub(crate) struct MissingBound(pub(crate) usize);

impl Binding {
    /// For a column of `rows` cells.
    pub(crate) fn new(context: &str, bound_to: &[Column], rows: usize) -> Result<Self, KeyError> {
        let mut buffer = Vec::new();
        if !context.is_empty() || !bound_to.is_empty() {
            let length = u32::try_from(context.len()).map_err(|_| KeyError::ContextTooLong)?;
            buffer.push(FRAMING);
            buffer.extend_from_slice(&length.to_le_bytes());
            buffer.extend_from_slice(context.as_bytes());
            buffer.extend_from_slice(&(bound_to.len() as u32).to_le_bytes());
        }
        let mut bound = Vec::with_capacity(bound_to.len());
        for (index, column) in bound_to.iter().enumerate() {
            if column.len() != rows {
                return Err(KeyError::BoundLength { index, rows: column.len(), expected: rows });
            }
            bound.push(Bound { cells: Cells::of(column.values())?, presence: column.presence().cloned() });
        }
        Ok(Self { fixed: buffer.len(), buffer, bound })
    }

    /// The associated data of a cell that is bound to a context alone.
    pub(crate) fn of_context(&mut self) -> &[u8] {
        self.buffer.truncate(self.fixed);
        &self.buffer
    }

    /// The associated data of a row.
    pub(crate) fn of_row(&mut self, row: usize) -> Result<&[u8], MissingBound> {
        self.buffer.truncate(self.fixed);
        for (index, bound) in self.bound.iter().enumerate() {
            if bound.presence.as_ref().is_some_and(|presence| !presence.value(row)) {
                return Err(MissingBound(index));
            }
            match bound.cells.get(row) {
                None => self.buffer.push(0),
                Some(value) => {
                    self.buffer.push(1);
                    // Arrow's offsets are i32, so a cell is never longer than a u32 can say.
                    self.buffer.extend_from_slice(&(value.len() as u32).to_le_bytes());
                    self.buffer.extend_from_slice(value);
                }
            }
        }
        Ok(&self.buffer)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, Int64Array, StringArray};
    use proptest::prelude::*;

    use super::*;

    fn framed(context: &str, bound: &[Option<String>]) -> Vec<u8> {
        let columns: Vec<Column> =
            bound.iter().map(|cell| Column::new(Arc::new(StringArray::from(vec![cell.clone()])))).collect();
        Binding::new(context, &columns, 1).unwrap().of_row(0).ok().unwrap().to_vec()
    }

    proptest! {
        #[test]
        fn other_parts_give_other_bytes(
            one in ("[ab\0\x01]{0,3}", prop::collection::vec(prop::option::of("[ab\0\x01]{0,2}"), 0..3)),
            other in ("[ab\0\x01]{0,3}", prop::collection::vec(prop::option::of("[ab\0\x01]{0,2}"), 0..3)),
        ) {
            prop_assert_eq!(one == other, framed(&one.0, &one.1) == framed(&other.0, &other.1));
        }
    }

    #[test]
    fn nothing_to_bind_is_no_bytes() {
        assert!(framed("", &[]).is_empty());
        assert!(!framed("", &[None]).is_empty());
    }

    #[test]
    fn the_frame_is_as_documented() {
        let frame = framed("t.c", &[Some("x".into()), None]);
        assert_eq!(frame, b"\x01\x03\0\0\0t.c\x02\0\0\0\x01\x01\0\0\0x\0");
    }

    #[test]
    fn a_number_binds_as_its_text() {
        let number: ArrayRef = Arc::new(Int64Array::from(vec![7]));
        let mut binding = Binding::new("", &[Column::new(number)], 1).unwrap();
        assert_eq!(binding.of_row(0).ok().unwrap(), framed("", &[Some("7".into())]));
    }
}
