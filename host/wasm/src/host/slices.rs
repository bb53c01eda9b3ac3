//! Long work on columns, done in slices.
//!
//! The CPU limit of a step is seen while its guest runs, and between the calls that it makes, but not within a call of
//! the host: a kernel over a hundred megabytes, or a regular expression that is slow by design, would run to its
//! end. So what is long is cut into runs of rows, and limits are looked at after each. Kernels work row by row, so
//! the result is the same.

use std::ops::Range;

use sluicegate_interface::{building, size};
use sluicegate_kernels::KernelError;
use sluicegate_keys::KeyError;
use sluicegate_model::Column;

use crate::state::State;

/// What is made in one go, counted in bytes that are looked at: some 10 ms for the slowest of the usual kernels. The
/// batches of a pipeline are smaller.
const SLICE: u64 = 8 << 20;
/// The same for a regular expression, which may look at a byte ten thousand times.
const SLICE_OF_REGEX: u64 = 16 << 10;

/// What a kernel made of a run of rows.
pub(super) struct Made {
    pub(super) column: Column,
    /// Rows that failed, and why.
    pub(super) failed: Vec<(u32, String)>,
}

/// An error that may name a row, which is one of the slice.
pub(super) trait OfRows {
    /// The same error, for the column that the slice is of.
    fn moved(self, by: usize) -> Self;
}

impl OfRows for KernelError {
    fn moved(self, by: usize) -> Self {
        match self {
            Self::MissingCell { row, column } => Self::MissingCell { row: row + by as u32, column },
            other => other,
        }
    }
}

impl OfRows for KeyError {
    fn moved(self, by: usize) -> Self {
        match self {
            Self::BoundMissing { row, index } => Self::BoundMissing { row: row + by, index },
            other => other,
        }
    }
}

/// How long a piece of work is.
#[derive(Clone, Copy)]
pub(super) struct Length {
    /// Bytes that are looked at for each row beside its cells: options, a context.
    per_row: u64,
    slice: u64,
}

impl Length {
    /// Of a kernel that is given these options.
    pub(super) fn of_options(options: &[(String, String)]) -> Self {
        let bytes = options.iter().map(|(name, value)| (name.len() + value.len()) as u64);
        Self { per_row: bytes.fold(32, u64::saturating_add), slice: SLICE }
    }

    /// Of a kernel that looks at a text for every cell.
    pub(super) fn of_text(text: &str) -> Self {
        Self { per_row: 32 + text.len() as u64, slice: SLICE }
    }

    /// Of a regular expression.
    pub(super) fn of_regex() -> Self {
        Self { per_row: 1, slice: SLICE_OF_REGEX }
    }

    /// Runs of rows, each of about one slice.
    fn runs(self, columns: &[Column]) -> impl Iterator<Item = Range<usize>> + use<> {
        let rows = columns.first().map_or(0, Column::len);
        let cells = columns.iter().map(|column| size::whole(column.values())).fold(0, u64::saturating_add);
        let whole = cells.saturating_add((rows as u64).saturating_mul(self.per_row));
        // Columns of different lengths are an error, which the kernel says.
        let even = columns.iter().all(|column| column.len() == rows);
        let runs = if even { whole.div_ceil(self.slice).clamp(1, (rows as u64).max(1)) } else { 1 };
        let step = rows.div_ceil(runs as usize).max(1);
        (0..runs as usize).map(move |run| (run * step).min(rows)..((run + 1) * step).min(rows))
    }
}

impl State {
    /// Applies a kernel to columns, in as many slices as it takes.
    ///
    /// # Errors
    /// Over a limit: the guest traps. Within it, what the kernel says.
    pub(super) fn in_slices<E: OfRows>(
        &self,
        columns: &[Column],
        length: Length,
        kernel: impl Fn(&[Column]) -> Result<Made, E>,
    ) -> wasmtime::Result<Result<Made, E>> {
        let rows = columns.first().map_or(0, Column::len);
        let mut pieces = Vec::new();
        let mut failed = Vec::new();
        let mut bytes = 0u64;
        for run in length.runs(columns) {
            if run.is_empty() && run.start > 0 {
                break;
            }
            let whole = run.len() == rows;
            let made = if whole {
                kernel(columns)
            } else {
                let slices: Vec<_> =
                    columns.iter().map(|column| column.slice(run.start, run.len())).collect();
                kernel(&slices)
            };
            let made = match made {
                Ok(made) => made,
                Err(error) => return Ok(Err(error.moved(run.start))),
            };
            if whole {
                self.room_for(weight(&made))?;
                return Ok(Ok(made));
            }
            bytes = bytes.saturating_add(weight(&made));
            self.room_for(bytes)?;
            self.cpu.check()?;
            pieces.push(made.column);
            failed.extend(made.failed.into_iter().map(|(row, why)| (row + run.start as u32, why)));
        }
        let column = building::join(pieces).map_err(wasmtime::Error::msg)?;
        Ok(Ok(Made { column, failed }))
    }
}

/// Bytes that the host holds for what was made.
fn weight(made: &Made) -> u64 {
    let reasons = made.failed.iter().map(|(_, why)| why.len() as u64 + 64);
    reasons.fold(size::whole(made.column.values()), u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{Int64Array, StringArray};

    use super::*;

    fn runs(length: Length, columns: &[Column]) -> Vec<Range<usize>> {
        length.runs(columns).collect()
    }

    #[test]
    fn usual_batches_are_one_slice() {
        let column = Column::new(Arc::new(Int64Array::from(vec![1; 65_536])));
        let options = [("with".to_owned(), "x".repeat(60))];
        assert_eq!(runs(Length::of_options(&options), &[column]), std::slice::from_ref(&(0..65_536)));
        let none = Column::new(Arc::new(Int64Array::from(Vec::<i64>::new())));
        assert_eq!(runs(Length::of_regex(), &[none]), std::slice::from_ref(&(0..0)));
    }

    #[test]
    fn slices_cover_all_rows_once() {
        let text = Column::new(Arc::new(StringArray::from(vec!["x".repeat(1_000); 100])));
        let runs = runs(Length::of_regex(), &[text]);
        assert!(runs.len() >= 6, "{runs:?}");
        let rows: Vec<usize> = runs.into_iter().flatten().collect();
        assert_eq!(rows, (0..100).collect::<Vec<_>>());
        let long = Column::new(Arc::new(Int64Array::from(vec![1; 7])));
        let runs = self::runs(Length::of_text(&"c".repeat(5 << 20)), &[long]);
        assert_eq!(runs.into_iter().flatten().collect::<Vec<_>>(), (0..7).collect::<Vec<_>>());
    }
}
