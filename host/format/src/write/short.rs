//! Short texts, appended without a call: whole blocks of a known length, of which what is too much is cut off again.

use arrow_array::{Array as _, StringArray};

/// Bytes of a block.
const BLOCK: usize = 32;

/// A text that is appended again and again.
#[derive(Clone, Debug)]
pub struct Repeated {
    first: [u8; BLOCK],
    rest: Vec<u8>,
    length: usize,
}

impl Repeated {
    /// One of this text.
    pub fn new(text: &[u8]) -> Self {
        let (start, rest) = text.split_at(text.len().min(BLOCK));
        let mut first = [0; BLOCK];
        first[..start.len()].copy_from_slice(start);
        Self { first, rest: rest.to_vec(), length: text.len() }
    }

    /// Appends the text.
    #[inline(always)]
    pub fn append(&self, out: &mut Vec<u8>) {
        let end = out.len() + self.length;
        out.extend_from_slice(&self.first);
        if self.length > BLOCK {
            out.extend_from_slice(&self.rest);
        }
        out.truncate(end);
    }
}

/// Appends at most `N` bytes: `fill` writes into room for them and gives how many there are.
#[inline(always)]
pub(super) fn append_in<const N: usize>(out: &mut Vec<u8>, fill: impl FnOnce(&mut [u8; N]) -> usize) {
    let start = out.len();
    out.extend_from_slice(&[0; N]);
    if let Some(room) = out.last_chunk_mut() {
        let filled = fill(room);
        out.truncate(start + filled);
    }
}

/// The texts of a column, by their ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Texts<'a> {
    ends: &'a [i32],
    bytes: &'a [u8],
}

impl<'a> Texts<'a> {
    /// Those of an array.
    pub(super) fn new(array: &'a StringArray) -> Self {
        debug_assert_eq!(array.value_offsets().len(), array.len() + 1);
        Self { ends: array.value_offsets(), bytes: array.value_data() }
    }

    /// The bytes of all of them, one behind the other.
    pub(super) fn all(&self) -> &'a [u8] {
        let (first, last) = (self.ends[0], self.ends[self.ends.len() - 1]);
        &self.bytes[first as usize..last as usize]
    }

    /// The bytes of a row's.
    #[inline(always)]
    pub(super) fn of(&self, row: usize) -> &'a [u8] {
        &self.bytes[self.ends[row] as usize..self.ends[row + 1] as usize]
    }

    /// A row's, and a block that begins with it: behind it are those of the next rows. `None` where it is not short, or
    /// one of the last.
    #[inline(always)]
    fn short(&self, row: usize) -> Option<(&'a [u8; BLOCK], usize)> {
        let (start, end) = (self.ends[row] as usize, self.ends[row + 1] as usize);
        let block = self.bytes.get(start..)?.first_chunk()?;
        (end - start <= BLOCK).then_some((block, end - start))
    }

    /// Appends that of a row.
    #[inline(always)]
    pub(super) fn append(&self, row: usize, out: &mut Vec<u8>) {
        if let Some((block, length)) = self.short(row) {
            let end = out.len() + length;
            out.extend_from_slice(block);
            out.truncate(end);
        } else {
            out.extend_from_slice(self.of(row));
        }
    }

    /// Appends that of a row in quotes.
    #[inline(always)]
    pub(super) fn append_quoted(&self, row: usize, out: &mut Vec<u8>) {
        if let Some((block, length)) = self.short(row) {
            append_in(out, |room: &mut [u8; BLOCK + 2]| {
                room[0] = b'"';
                room[1..=BLOCK].copy_from_slice(block);
                room[length + 1] = b'"';
                length + 2
            });
        } else {
            out.push(b'"');
            out.extend_from_slice(self.of(row));
            out.push(b'"');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_every_length_are_appended() {
        let whole: Vec<u8> = (b'0'..=b'z').collect();
        let texts: Vec<&str> =
            (0..whole.len()).map(|end| std::str::from_utf8(&whole[..end]).unwrap()).collect();
        let array = StringArray::from(texts.clone());
        for array in [array.clone(), array.slice(3, texts.len() - 3)] {
            let column = Texts::new(&array);
            let (mut each, mut quoted, mut repeated) = (Vec::new(), Vec::new(), Vec::new());
            for row in 0..array.len() {
                column.append(row, &mut each);
                assert_eq!(column.of(row), array.value(row).as_bytes());
                Repeated::new(array.value(row).as_bytes()).append(&mut repeated);
                let start = quoted.len();
                column.append_quoted(row, &mut quoted);
                assert_eq!(quoted[start..], *format!("\"{}\"", array.value(row)).as_bytes());
            }
            assert_eq!(each, column.all());
            assert_eq!(repeated, each);
        }
    }

    #[test]
    fn only_what_was_filled_is_kept() {
        let mut out = b"a".to_vec();
        append_in(&mut out, |room: &mut [u8; 8]| {
            room[..3].copy_from_slice(b"bcd");
            2
        });
        assert_eq!(out, b"abc");
    }
}
