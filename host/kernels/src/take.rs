//! Picking rows.

use arrow_array::UInt32Array;
use sluicegate_model::Column;

use crate::KernelError;

/// The cells at `rows`, in that order; repeats are allowed. Each keeps its state.
///
/// # Errors
/// [`KernelError::RowOutOfRange`] for a row past the end, [`KernelError::TooLarge`] where repeats make more
/// text than a column holds.
pub fn take(input: &Column, rows: &[u32]) -> Result<Column, KernelError> {
    if let Some(&row) = rows.iter().find(|row| **row as usize >= input.len()) {
        return Err(KernelError::RowOutOfRange { row, rows: input.len() });
    }
    let rows = UInt32Array::from(rows.to_vec());
    input.take(&rows).map_err(|error| KernelError::arrow("take", &error))
}
