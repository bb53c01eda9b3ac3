//! Keys that the log had while a part was read: those rows come from the log.

use std::collections::HashSet;

use arrow_array::cast::AsArray as _;
use arrow_array::{Array as _, ArrayRef, BinaryArray, StringArray};
use arrow_buffer::Buffer;
use arrow_schema::DataType;

/// Bytes of keys, at most: a transaction may change more rows than memory holds keys.
const MOST_BYTES: usize = 16 << 20;

/// What a key costs beside its bytes.
const OVERHEAD: usize = 48;

/// Keys, cell by cell as bytes.
#[derive(Debug, Default)]
pub struct Touched {
    keys: HashSet<Box<[u8]>>,
    bytes: usize,
}

impl Touched {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Adds a key.
    pub fn add(&mut self, key: &[u8]) {
        if !self.keys.contains(key) {
            self.bytes += key.len() + OVERHEAD;
            self.keys.insert(key.into());
        }
    }

    /// Whether there are as many as there may be: the part is to be read again.
    pub fn is_full(&self) -> bool {
        self.bytes >= MOST_BYTES
    }

    /// Whether a key is among them.
    pub fn has(&self, key: &[u8]) -> bool {
        self.keys.contains(key)
    }
}

/// Reads the keys of rows from the columns of a key.
#[derive(Debug)]
pub struct Keys(Vec<Cells>);

#[derive(Debug)]
enum Cells {
    Fixed { bytes: Buffer, width: usize },
    Text(StringArray),
    Bytes(BinaryArray),
}

impl Keys {
    /// Of columns; `None` where one has cells of a type that no key has.
    pub fn of<'a>(columns: impl IntoIterator<Item = &'a ArrayRef>) -> Option<Self> {
        columns.into_iter().map(Cells::of).collect::<Option<_>>().map(Self)
    }

    /// Writes the key of a row. Keys of the same columns are the same bytes only where they are the same.
    pub fn write(&self, row: usize, into: &mut Vec<u8>) {
        into.clear();
        for cells in &self.0 {
            match cells {
                Cells::Fixed { bytes, width } => {
                    into.extend_from_slice(&bytes[row * width..(row + 1) * width]);
                }
                Cells::Text(texts) => push(texts.value(row).as_bytes(), into),
                Cells::Bytes(texts) => push(texts.value(row), into),
            }
        }
    }
}

fn push(cell: &[u8], into: &mut Vec<u8>) {
    into.extend_from_slice(&cell.len().to_le_bytes());
    into.extend_from_slice(cell);
}

impl Cells {
    fn of(array: &ArrayRef) -> Option<Self> {
        Some(match array.data_type() {
            DataType::Utf8 => Self::Text(array.as_string::<i32>().clone()),
            DataType::Binary => Self::Bytes(array.as_binary::<i32>().clone()),
            other => {
                let width = other.primitive_width()?;
                let data = array.to_data();
                let bytes =
                    data.buffers().first()?.slice_with_length(data.offset() * width, data.len() * width);
                Self::Fixed { bytes, width }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::Int64Array;

    use super::*;

    #[test]
    fn keys_are_the_same_bytes_where_they_are_the_same() {
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![0, 7, 7, 8]));
        let texts: ArrayRef = Arc::new(StringArray::from(vec!["", "a", "a", "a"]));
        let keys = |offset| Keys::of([&numbers.slice(offset, 3), &texts.slice(offset, 3)]).unwrap();
        let key = |offset, row| {
            let mut key = Vec::new();
            keys(offset).write(row, &mut key);
            key
        };
        assert_eq!(key(0, 1), key(1, 1));
        assert_ne!(key(0, 1), key(1, 2));
        let mut touched = Touched::default();
        touched.add(&key(0, 1));
        assert!(touched.has(&key(1, 0)) && !touched.has(&key(0, 0)));
    }

    #[test]
    fn there_is_room_for_so_many_bytes() {
        let mut touched = Touched::default();
        let mut key = vec![0; 1 << 20];
        for number in 0..16 {
            assert!(!touched.is_full(), "{number}");
            key[0] = number;
            for _ in 0..2 {
                touched.add(&key);
            }
        }
        assert!(touched.is_full());
    }
}
