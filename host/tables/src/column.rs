//! A column as the table takes it.

use std::borrow::Cow;

use arrow_schema::DataType;
use sluicegate_connector::Error;
use sluicegate_kernels::{Failed, cast};
use sluicegate_model::{Cell, ChangeBatch, Column};

/// How values of a type are written to a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fit {
    /// As they are.
    Same,
    /// After a cast, in which a value may fail: that row is rejected.
    Cast(DataType),
}

/// The values of a column in the type that the table takes, and those that have none.
pub struct PlannedValues<'a> {
    column: Cow<'a, Column>,
    failed: Vec<Failed>,
}

impl<'a> PlannedValues<'a> {
    /// The values of the batch's column number `field`, which is called `name` in the table.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Fatal`] where the column is of a type that the plan did not allow.
    pub fn new(batch: &'a ChangeBatch, field: usize, fit: &Fit, name: &str) -> Result<Self, Error> {
        let column = &batch.columns()[field];
        let Fit::Cast(to) = fit else {
            return Ok(Self { column: Cow::Borrowed(column), failed: Vec::new() });
        };
        let made = cast(column, to, &[]).map_err(|error| {
            Error::fatal("a column cannot be cast").table(batch.table()).column(name).caused_by(error)
        })?;
        Ok(Self { column: Cow::Owned(made.column), failed: made.failed })
    }

    /// The column.
    pub fn column(&self) -> &Column {
        &self.column
    }

    /// Whether any value failed.
    pub fn has_failed(&self) -> bool {
        !self.failed.is_empty()
    }

    /// Why a cell that is NULL now is so, where its value failed.
    pub fn failure(&self, row: usize) -> Option<&str> {
        let place = self.failed.binary_search_by_key(&(row as u32), |failed| failed.row).ok()?;
        Some(&self.failed[place].reason)
    }
}

/// Writes the cells of a column.
pub trait CellWriter {
    /// Its name in the table.
    fn name(&self) -> &str;

    /// What stands between the cells of a key.
    fn separator(&self) -> u8 {
        b','
    }

    /// Whether a cell is there, and a value.
    fn cell(&self, row: usize) -> Cell;

    /// Appends a cell; nothing, and `false`, for one that is missing.
    ///
    /// # Errors
    /// Why the table cannot hold it, in words.
    fn write(&self, row: usize, into: &mut Vec<u8>) -> Result<bool, String>;
}

/// Appends a row's key, with what its writers have between its cells. `key` are the places of its columns among the writers; `other` is
/// the other image of the row, from which a cell is taken that this one does not have.
///
/// # Errors
/// Where a part of it is missing, NULL, or cannot be held, in words.
pub fn write_key<W: CellWriter>(
    writers: &[W],
    key: &[usize],
    (row, other): (usize, Option<usize>),
    into: &mut Vec<u8>,
) -> Result<(), String> {
    for (place, column) in key.iter().enumerate() {
        let writer = &writers[*column];
        let name = writer.name();
        if place > 0 {
            into.push(writer.separator());
        }
        let row = match (writer.cell(row), other) {
            (Cell::Missing, Some(other)) => other,
            _ => row,
        };
        // A value that failed is a NULL too, and its writer says why.
        if !writer.write(row, into)? {
            return Err(format!("column {name}: it is a part of the key, and the row does not have it"));
        }
        if matches!(writer.cell(row), Cell::Null) {
            return Err(format!("column {name}: it is a part of the key, and NULL"));
        }
    }
    Ok(())
}

/// Appends the key of an update's image before, and gives that of the image after it where it is another. A cell that one
/// image does not have is as in the other.
///
/// # Errors
/// As [`write_key`].
pub fn write_moved_key<W: CellWriter>(
    writers: &[W],
    key: &[usize],
    before: usize,
    into: &mut Vec<u8>,
) -> Result<Option<Vec<u8>>, String> {
    let (after, start) = (before + 1, into.len());
    write_key(writers, key, (before, Some(after)), into)?;
    let middle = into.len();
    write_key(writers, key, (after, Some(before)), into)?;
    let moved = into[start..middle] != into[middle..];
    let new = into.split_off(middle);
    Ok(moved.then_some(new))
}
