//! What comes in: rows of one table and one schema.

pub use crate::bindings::sluicegate::transform::columns::{Batch, Field};
use crate::{Column, Failure};

/// What a row does to its table: the codes of the meta column `kind`.
pub mod kind {
    /// `+I`: a row that was not there before.
    pub const INSERT: u8 = 0;
    /// `-U`: the old image of an update, right before its `+U`.
    pub const UPDATE_BEFORE: u8 = 1;
    /// `+U`: the new image of an update; alone, an upsert.
    pub const UPDATE_AFTER: u8 = 2;
    /// `-D`: the last image of a row that is gone.
    pub const DELETE: u8 = 3;
}

impl Batch {
    /// Whether there is no row: the host asks for the tables and schemas of the outputs.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The column of a field that must be there.
    ///
    /// # Errors
    /// [`Failure::stop`] which says what columns there are.
    pub fn require(&self, name: &str) -> Result<Column, Failure> {
        self.find(name).ok_or_else(|| {
            let names: Vec<String> = self.fields().into_iter().map(|field| field.name).collect();
            let names = if names.is_empty() { "no column at all".to_owned() } else { names.join(", ") };
            Failure::stop(format!("table {} has no column {name}; it has {names}", self.table()))
                .with("code", "no-such-column")
                .with("column", name)
        })
    }

    /// What each row does, by the codes in [`kind`]. A source without kinds gives inserts.
    ///
    /// # Errors
    /// [`Failure::stop`] where the host's column is of another type.
    pub fn kinds(&self) -> Result<Vec<u8>, Failure> {
        match self.meta("kind") {
            Some(kinds) => Ok(kinds.numbers::<u8>()?.values().to_vec()),
            None => Ok(vec![kind::INSERT; self.len() as usize]),
        }
    }
}
