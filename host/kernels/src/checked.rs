//! Results that list the rows for which there is none.

use arrow_array::ArrayRef;
use sluicegate_model::Column;

/// A row for which a kernel could not make a value, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// The row, from 0.
    pub row: u32,
    /// One sentence without a full stop. It may quote the cell, cut short: treat it as data.
    pub reason: String,
}

/// What a kernel made, and the rows for which it could not: those are null in the column.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// As long as the input. Null where a row failed, missing where the input was missing.
    pub column: Column,
    /// In the order of the rows, each row once.
    pub failed: Vec<Failed>,
}

impl Checked {
    /// A column for which nothing failed.
    pub(crate) fn whole(column: Column) -> Self {
        Self { column, failed: Vec::new() }
    }

    /// Values made from a column, cell by cell: what was missing there is missing here.
    pub(crate) fn of(input: &Column, values: ArrayRef, failed: Vec<Failed>) -> Self {
        Self { column: Column::with_presence(values, input.presence().cloned()), failed }
    }
}

/// How much of a cell a reason quotes, in characters.
const EXCERPT: usize = 40;

/// A cell's text as a reason quotes it: in quotes, escaped, cut short.
pub(crate) fn quote(text: &str) -> String {
    match text.char_indices().nth(EXCERPT) {
        Some((end, _)) => format!("{:?}...", &text[..end]),
        None => format!("{text:?}"),
    }
}
