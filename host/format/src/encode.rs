//! From batches to messages.

use arrow_schema::Field;
use sluicegate_model::{ChangeBatch, Column, TableName};
use thiserror::Error;

use crate::Messages;

/// A format that is written. Shared by all workers; it keeps nothing between calls.
///
/// A format gives values. Keys, headers and partitions are the sink's business, but for a format whose columns say
/// them ([`Encode::parts`]).
pub trait Encode: Send + Sync {
    /// Appends a message for each row or pair, in the order of the rows. Rows that the format does not write by
    /// its options (deletes that are ignored) have no message. A row that cannot be written is among the rejects and
    /// has no message either; for a pair there is one reject, which names its `+U`.
    ///
    /// # Errors
    /// Where no row of the batch can be written; nothing was appended.
    fn encode(&self, batch: &ChangeBatch, out: &mut Messages) -> Result<Vec<EncodeReject>, EncodeError>;

    /// The columns that are keys and headers of messages by themselves.
    fn parts<'a>(&self, batch: &'a ChangeBatch) -> Parts<'a> {
        let _ = batch;
        Parts::default()
    }

    /// What stands once before the messages of a batch where they are kept one after the other, in a file: the names
    /// of the columns. No line end. Batches that differ in it do not share a file.
    fn preamble(&self, batch: &ChangeBatch) -> Option<Vec<u8>> {
        let _ = batch;
        None
    }
}

/// Columns that are parts of a message beside its value.
#[derive(Clone, Copy, Debug, Default)]
pub struct Parts<'a> {
    /// The key, as binary or text; NULL is no key.
    pub key: Option<&'a Column>,
    /// The headers, as [`sluicegate_model::meta::headers_type`].
    pub headers: Option<&'a Column>,
}

/// A row that the format cannot hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodeReject {
    /// The row of the batch that the message would have stood for, as in [`crate::Message::row`].
    pub row: u32,
    /// Why, for the person who reads the dead letters.
    pub reason: String,
}

/// Why a batch cannot be written at all.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// A column is of a type that the format has no form for.
    #[error(
        "{format} cannot hold column {column:?} of table {table}, a {data_type}: cast or drop it in a step"
    )]
    Type {
        /// The format.
        format: &'static str,
        /// The table, or destination.
        table: TableName,
        /// The column.
        column: String,
        /// Its type.
        data_type: String,
    },
    /// Messages could not be sealed.
    #[error("messages of table {table} cannot be encrypted: {why}")]
    Encryption {
        /// The table, or destination.
        table: TableName,
        /// Why.
        why: String,
    },
    /// A column that has no place, or a place that has no column.
    #[error("{format} cannot write column {column:?} of table {table}: {why}")]
    Column {
        /// The format.
        format: &'static str,
        /// The table, or destination.
        table: TableName,
        /// The column.
        column: String,
        /// Why, and what to do.
        why: &'static str,
    },
}

impl EncodeError {
    /// Of a column whose type has no form.
    pub(crate) fn of_type(format: &'static str, batch: &ChangeBatch, field: &Field) -> Self {
        Self::Type {
            format,
            table: batch.table().clone(),
            column: field.name().clone(),
            data_type: field.data_type().to_string(),
        }
    }
}
