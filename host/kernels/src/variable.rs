//! Building columns of text and bytes.

use std::sync::Arc;

use arrow_array::{ArrayRef, BinaryArray, StringArray};
use arrow_buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};

use crate::KernelError;

/// Cells of text or bytes, written one after the other into one buffer. What does not fit Arrow's offsets is an
/// error when it is written, so that a cell which repeats itself a million times never takes the memory first.
pub(crate) struct VariableBuilder<'a> {
    function: &'a str,
    offsets: Vec<i32>,
    data: Vec<u8>,
}

impl<'a> VariableBuilder<'a> {
    /// Room for `rows` cells and `bytes` bytes; it grows where that is not enough.
    pub fn new(function: &'a str, rows: usize, bytes: usize) -> Self {
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        Self { function, offsets, data: Vec::with_capacity(bytes) }
    }

    /// Adds to the open cell.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), KernelError> {
        if self.data.len() + bytes.len() > i32::MAX as usize {
            return Err(self.too_large());
        }
        self.data.extend_from_slice(bytes);
        Ok(())
    }

    /// The buffer, for writers that add a bounded number of bytes to the open cell.
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.data
    }

    /// Ends the open cell; a cell to which nothing was added is empty.
    pub fn end(&mut self) -> Result<(), KernelError> {
        let end = i32::try_from(self.data.len()).map_err(|_| self.too_large())?;
        self.offsets.push(end);
        Ok(())
    }

    /// A text column. `nulls` covers all cells.
    pub fn into_text(self, nulls: Option<NullBuffer>) -> Result<ArrayRef, KernelError> {
        let (function, offsets, data) = self.into_buffers();
        let array = StringArray::try_new(offsets, data, nulls);
        Ok(Arc::new(array.map_err(|error| KernelError::arrow(function, &error))?))
    }

    /// A column of bytes. `nulls` covers all cells.
    pub fn into_binary(self, nulls: Option<NullBuffer>) -> Result<ArrayRef, KernelError> {
        let (function, offsets, data) = self.into_buffers();
        let array = BinaryArray::try_new(offsets, data, nulls);
        Ok(Arc::new(array.map_err(|error| KernelError::arrow(function, &error))?))
    }

    fn into_buffers(self) -> (&'a str, OffsetBuffer<i32>, Buffer) {
        // The offsets start at 0 and each is the length of a buffer that only grows.
        let offsets = OffsetBuffer::new(ScalarBuffer::from(self.offsets));
        (self.function, offsets, Buffer::from_vec(self.data))
    }

    fn too_large(&self) -> KernelError {
        KernelError::TooLarge { function: self.function.to_owned() }
    }
}
