//! Pairs whose key changed.

use arrow_ord::ord::{DynComparator, make_comparator};
use arrow_schema::SortOptions;
use sluicegate_model::{ChangeBatch, Column};

/// The columns of a batch's primary key.
pub(crate) struct Key<'a>(Vec<(&'a Column, DynComparator)>);

impl<'a> Key<'a> {
    /// Without columns where the batch has no key, lacks a column of it, or has one of a type that has no order.
    pub(crate) fn new(batch: &'a ChangeBatch) -> Self {
        let columns = batch.primary_key().iter().map(|name| {
            let column = batch.column(name)?;
            let order = make_comparator(column.values(), column.values(), SortOptions::default()).ok()?;
            Some((column, order))
        });
        Self(columns.collect::<Option<_>>().unwrap_or_default())
    }

    /// Whether the key of a `-U` is not that of the `+U` after it. A cell that is missing in one of them is taken
    /// for unchanged: a source that leaves it out says so.
    pub(crate) fn changes_after(&self, row: usize) -> bool {
        self.0.iter().any(|(column, order)| {
            !column.is_missing(row) && !column.is_missing(row + 1) && order(row, row + 1).is_ne()
        })
    }
}
