//! Outputs over Arrow.

use std::cell::{RefCell, RefMut};
use std::sync::Arc;

use sluicegate_interface::{Alignment, Draft};

use super::batch::Batch;
use super::column::Column;
use super::session::Life;
use super::types::{Failure, Reject};

/// Rows that go out, to one table.
#[derive(Debug)]
pub struct Output {
    draft: RefCell<Draft>,
    life: Life,
}

/// What a call gives back.
#[derive(Debug)]
pub struct Outcome {
    /// In the order in which they are to be written. None: every row is dropped, on purpose.
    pub outputs: Vec<Output>,
    /// A row named here goes to the dead letters and leaves every output.
    pub rejects: Vec<Reject>,
}

impl Output {
    /// All rows of the input in order, under its table, with its fields, primary key and meta columns.
    pub fn new(input: &Batch) -> Self {
        Self::of(Draft::of(Arc::clone(input.of_host())))
    }

    fn of(draft: Draft) -> Self {
        Self { draft: RefCell::new(draft), life: Life::now() }
    }

    fn draft(&self) -> RefMut<'_, Draft> {
        self.life.check("output");
        self.draft.borrow_mut()
    }

    /// What the guest has said.
    pub(crate) fn into_draft(self) -> Draft {
        self.draft.into_inner()
    }

    /// An output for each number `0 .. into`, each with the input's rows whose cell in `by` is that number.
    pub fn split(input: &Batch, by: &Column, into: u32) -> Result<Vec<Self>, Failure> {
        let drafts = Draft::split(input.of_host(), &by.of_host().column, into)?;
        Ok(drafts.into_iter().map(Self::of).collect())
    }

    /// Names the table that the rows go to.
    ///
    /// # Panics
    /// Where the name is none: the guest would trap.
    pub fn set_table(&self, name: &str) {
        or_trap(self.draft().set_table(name));
    }

    /// The input's rows that go out, in this order; repeats are allowed.
    ///
    /// # Panics
    /// For a row past the end: the guest would trap.
    pub fn set_rows(&self, rows: &[u32]) {
        or_trap(self.draft().set_rows(rows.to_vec()));
    }

    /// The input's rows whose cell in `by` is `value` go out, in their order.
    pub fn keep_where(&self, by: &Column, value: u64) -> Result<(), Failure> {
        Ok(self.draft().keep_where(&by.of_host().column, value)?)
    }

    /// Names the fields of the primary key.
    ///
    /// # Panics
    /// Where a name is none or stands twice: the guest would trap.
    pub fn set_primary_key(&self, names: &[String]) {
        or_trap(self.draft().set_primary_key(names.to_vec()));
    }

    /// Adds a field, or replaces the one of that name in its place. A column without presence, aligned to the input,
    /// takes the presence of the field that it replaces: a missing cell stays missing.
    ///
    /// # Panics
    /// Where the name is none or the column does not fit: the guest would trap.
    pub fn put(&self, name: &str, column: &Column, aligned: Alignment) {
        or_trap(self.draft().put(name, column.of_host().clone(), aligned));
    }

    /// Renames a field; false where there is none.
    ///
    /// # Panics
    /// Where the new name is none, or another field's: the guest would trap.
    pub fn rename(&self, name: &str, to: &str) -> bool {
        or_trap(self.draft().rename(name, to))
    }

    /// Removes a field; false where there is none.
    pub fn remove(&self, name: &str) -> bool {
        self.draft().remove(name)
    }

    /// Sets a column about the rows: "kind", "key", "partition", "headers", "event-time".
    ///
    /// # Panics
    /// Where a step may not set it, or it does not fit: the guest would trap.
    pub fn set_meta(&self, name: &str, column: &Column, aligned: Alignment) {
        or_trap(self.draft().set_meta(name, column.of_host().column.clone(), aligned));
    }
}

fn or_trap<T>(done: Result<T, String>) -> T {
    done.unwrap_or_else(|why| panic!("{why}"))
}
