//! The loops over cells. One output buffer a column, no allocation a cell.

use std::sync::Arc;

use arrow_array::{ArrayRef, BinaryArray, StringArray};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use sluicegate_model::Column;

use crate::{
    algorithm::{CellOpener, CellSealer},
    binding::{Binding, MissingBound},
    cells::Cells,
    error::{KeyError, Refusal},
    spec::{Encoding, Plaintext},
};

/// What opening made, and the rows for which it could not.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The opened cells; those that failed are NULL.
    pub column: Column,
    /// Row and reason, in order of rows. No reason holds the content of a cell or of a key.
    pub failed: Vec<(u32, String)>,
}

/// Runs of bytes under construction.
struct Runs {
    offsets: Vec<i32>,
    values: Vec<u8>,
}

impl Runs {
    fn new(rows: usize, bytes: usize) -> Self {
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        Self { offsets, values: Vec::with_capacity(bytes) }
    }

    /// Ends a cell at the end of the bytes written so far. The caller sees to it that these stay below 2^31.
    fn end_cell(&mut self) {
        self.offsets.push(self.values.len() as i32);
    }

    fn offsets(offsets: Vec<i32>) -> OffsetBuffer<i32> {
        OffsetBuffer::new(ScalarBuffer::from(offsets))
    }

    fn into_binary(self, nulls: Option<NullBuffer>) -> ArrayRef {
        Arc::new(BinaryArray::new(Self::offsets(self.offsets), Buffer::from_vec(self.values), nulls))
    }

    /// # Safety
    /// Every cell must be UTF-8.
    unsafe fn into_text(self, nulls: Option<NullBuffer>) -> ArrayRef {
        let offsets = Self::offsets(self.offsets);
        let values = Buffer::from_vec(self.values);
        // SAFETY: the caller says that the cells are UTF-8; offsets were checked, and the last is the length
        // of the values, since cells end where the bytes end.
        Arc::new(unsafe { StringArray::new_unchecked(offsets, values, nulls) })
    }
}

/// Refuses what offsets of 32 bits cannot say.
fn fits(bytes: u64) -> Result<usize, KeyError> {
    if bytes > i32::MAX as u64 { Err(KeyError::TooLarge { bytes }) } else { Ok(bytes as usize) }
}

/// The end of a group of rows that are sealed together: enough that a call for all of them costs little a
/// cell, few enough that what is made for them stays in the nearest cache.
fn end_of_group(cells: &Cells, start: usize) -> usize {
    const ROWS: usize = 128;
    const BYTES: usize = 16 * 1024;
    let mut bytes = 0;
    let full = (start..cells.len()).take(ROWS).find(|row| {
        bytes += cells.get(*row).map_or(0, <[u8]>::len);
        bytes >= BYTES
    });
    full.map_or((start + ROWS).min(cells.len()), |row| row + 1)
}

/// Seals every value. NULL stays NULL.
pub(crate) fn seal(
    cells: &Cells,
    mut sealer: impl CellSealer,
    encoding: Encoding,
    binding: &mut Binding,
) -> Result<ArrayRef, KeyError> {
    let rows = cells.len();
    let total = (0..rows)
        .filter_map(|row| cells.get(row))
        .map(|cell| encoding.encoded_len(sealer.sealed_len(cell.len())) as u64)
        .sum();
    let mut runs = Runs::new(rows, fits(total)?);
    let mut sealed = Vec::new();
    let mut expected = 0;
    for row in 0..rows {
        if row == expected {
            expected = end_of_group(cells, row);
            sealer.expect(&mut (row..expected).filter_map(|row| cells.get(row)).map(<[u8]>::len));
        }
        if let Some(cell) = cells.get(row) {
            let associated =
                binding.of_row(row).map_err(|MissingBound(index)| KeyError::BoundMissing { row, index })?;
            let length = sealer.sealed_len(cell.len());
            let start = runs.values.len();
            runs.values.resize(start + encoding.encoded_len(length), 0);
            let out = &mut runs.values[start..];
            if encoding == Encoding::Binary {
                sealer.seal(associated, cell, out)?;
            } else {
                sealed.resize(length, 0);
                sealer.seal(associated, cell, &mut sealed)?;
                encoding.encode(&sealed, out);
            }
        }
        runs.end_cell();
    }
    let nulls = cells.nulls().cloned();
    Ok(match encoding {
        Encoding::Binary => runs.into_binary(nulls),
        // SAFETY: base64 and hex are ASCII.
        Encoding::Base64 | Encoding::Hex => unsafe { runs.into_text(nulls) },
    })
}

/// Opens every value. NULL stays NULL; what does not open becomes NULL, with a reason.
pub(crate) fn open(
    key: &str,
    column: &Column,
    cells: &Cells,
    mut opener: impl CellOpener,
    decode: impl Fn(&[u8], &mut Vec<u8>) -> Result<(), Refusal>,
    plaintext: Plaintext,
    binding: &mut Binding,
) -> Checked {
    let rows = cells.len();
    let bytes = (0..rows).filter_map(|row| cells.get(row)).map(<[u8]>::len).sum();
    // An opened cell is never longer than a sealed one, so the offsets fit.
    let mut runs = Runs::new(rows, bytes);
    let mut failed = Vec::new();
    let mut sealed = Vec::new();
    for row in 0..rows {
        if let Some(cell) = cells.get(row) {
            let opened = decode(cell, &mut sealed).and_then(|()| {
                let associated =
                    binding.of_row(row).map_err(|MissingBound(index)| Refusal::BoundMissing(index))?;
                let range = opener.open(associated, &mut sealed)?;
                if plaintext.admits(&sealed[range.clone()]) { Ok(range) } else { Err(Refusal::NotText) }
            });
            match opened {
                Ok(range) => runs.values.extend_from_slice(&sealed[range]),
                Err(refusal) => failed.push((row as u32, format!("key `{key}`: {refusal}"))),
            }
        }
        runs.end_cell();
    }
    let nulls = without(cells.nulls(), &failed, rows);
    let values = match plaintext {
        Plaintext::Binary => runs.into_binary(nulls),
        // SAFETY: `admits` let nothing but UTF-8 through, cell by cell.
        Plaintext::Text => unsafe { runs.into_text(nulls) },
    };
    Checked { column: Column::with_presence(values, column.presence().cloned()), failed }
}

/// The validity with the failed rows taken out.
fn without(nulls: Option<&NullBuffer>, failed: &[(u32, String)], rows: usize) -> Option<NullBuffer> {
    if failed.is_empty() {
        return nulls.cloned();
    }
    let mut valid = vec![true; rows];
    for (row, _) in failed {
        valid[*row as usize] = false;
    }
    NullBuffer::union(nulls, Some(&NullBuffer::new(BooleanBuffer::from(valid))))
}

/// Thirty-two bytes for every value. NULL stays NULL.
pub(crate) fn hash(cells: &Cells, of: impl Fn(&[u8]) -> [u8; 32]) -> Result<ArrayRef, KeyError> {
    let rows = cells.len();
    let mut runs = Runs::new(rows, fits(rows as u64 * 32)?);
    for row in 0..rows {
        if let Some(cell) = cells.get(row) {
            runs.values.extend_from_slice(&of(cell));
        }
        runs.end_cell();
    }
    Ok(runs.into_binary(cells.nulls().cloned()))
}
