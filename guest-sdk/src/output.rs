//! What goes out: rows to tables, and rows refused.

pub use crate::bindings::sluicegate::transform::columns::{Alignment, Outcome, Output};
pub use crate::bindings::sluicegate::transform::types::Reject;
use crate::kernels::Checked;
use crate::{Batch, Column};

impl Outcome {
    /// Every row is dropped, on purpose.
    pub fn nothing() -> Self {
        Self { outputs: Vec::new(), rejects: Vec::new() }
    }

    /// Outputs in the order in which they are to be written.
    pub fn of(outputs: Vec<Output>) -> Self {
        Self { outputs, rejects: Vec::new() }
    }

    /// Adds rows that cannot be handled: they go to the dead letters and leave every output.
    #[must_use]
    pub fn reject(mut self, rejects: Rejects) -> Self {
        self.rejects.extend(rejects.into_list());
        self
    }
}

impl Outcome {
    /// Adds a row that cannot be handled, by its number in the input: it goes to the dead letters and leaves every
    /// output.
    #[must_use]
    pub fn reject_row(mut self, row: u32, reason: impl Into<String>) -> Self {
        self.rejects.push(Reject { row, reason: reason.into() });
        self
    }
}

impl Output {
    /// All rows of the input, to another table.
    pub fn to(input: &Batch, table: &str) -> Self {
        let output = Self::new(input);
        output.set_table(table);
        output
    }

    /// Adds a field with a cell a row of the input, or replaces the one of that name in its place. Where the column
    /// says nothing about missing cells, it takes the presence of the field that it replaces.
    pub fn set(&self, name: &str, column: &Column) {
        self.put(name, column, Alignment::Input);
    }
}

/// Outputs in the order in which they are to be written.
impl From<Vec<Output>> for Outcome {
    fn from(outputs: Vec<Output>) -> Self {
        Self::of(outputs)
    }
}

/// Outputs in the order in which they are to be written.
impl<const N: usize> From<[Output; N]> for Outcome {
    fn from(outputs: [Output; N]) -> Self {
        Self::of(outputs.into())
    }
}

/// One output.
impl From<Output> for Outcome {
    fn from(output: Output) -> Self {
        Self::of(vec![output])
    }
}

/// Rows that cannot be handled, collected: each row once, with all of its reasons.
#[derive(Clone, Debug, Default)]
pub struct Rejects(Vec<Reject>);

impl Rejects {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a row, by its number in the input.
    pub fn add(&mut self, row: u32, reason: impl Into<String>) {
        self.0.push(Reject { row, reason: reason.into() });
    }

    /// Adds the rows for which a kernel could make no value of a column, and gives the column.
    pub fn add_failed(&mut self, column: &str, checked: Checked) -> crate::Column {
        for failed in checked.failed {
            self.add(failed.row, format!("column {column}: {}", failed.reason));
        }
        checked.column
    }

    /// Each row once, in order, its reasons joined.
    pub fn into_list(mut self) -> Vec<Reject> {
        self.0.sort_by_key(|reject| reject.row);
        self.0.dedup_by(|next, kept| {
            let same = next.row == kept.row;
            if same {
                kept.reason.push_str("; ");
                kept.reason.push_str(&next.reason);
            }
            same
        });
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_named_once() {
        let mut rejects = Rejects::new();
        rejects.add(7, "a");
        rejects.add(2, "b");
        rejects.add(7, "c");
        let list = rejects.into_list();
        let list: Vec<_> = list.iter().map(|reject| (reject.row, reject.reason.as_str())).collect();
        assert_eq!(list, [(2, "b"), (7, "a; c")]);
    }
}
