//! Batches of changes.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch, UInt32Array};
use arrow_buffer::ScalarBuffer;
use arrow_schema::{ArrowError, SchemaRef};
use thiserror::Error;

use crate::{Column, Lane, Meta, RowKind, TableName, row_kind};

/// Why columns do not make a batch. Always a defect of the code that put them together.
#[derive(Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum BatchError {
    /// A column, or the kinds, is of another length than the batch.
    #[error("column {column:?} has {found} rows, the batch has {expected}")]
    Length {
        /// Field or meta column.
        column: String,
        /// Its length.
        found: usize,
        /// The batch's.
        expected: usize,
    },
    /// More or fewer columns than fields.
    #[error("{columns} columns for {fields} fields")]
    Width {
        /// Columns given.
        columns: usize,
        /// Fields of the schema.
        fields: usize,
    },
    /// A column is not of its field's type.
    #[error("column {column:?} is {found}, its field says {expected}")]
    Type {
        /// The field.
        column: String,
        /// Type of the column.
        found: String,
        /// Type of the field.
        expected: String,
    },
    /// A kind is none of the four codes.
    #[error("row {row} has kind {code}, which is none of 0 to 3")]
    Kind {
        /// The row.
        row: usize,
        /// Its code.
        code: u8,
    },
}

/// Where each row of a batch came from. Rows keep it through every step, so that a dead letter, a header and
/// a resume can name it.
#[derive(Clone, Debug, PartialEq)]
pub struct Origin {
    /// The lane: a batch holds rows of one lane only.
    pub lane: Lane,
    /// Each row's record in the lane, a number that grows: the offset of a Kafka message, the ordinal of a
    /// change in a binlog. Both halves of a pair have the same.
    pub ordinals: ScalarBuffer<u64>,
    /// Which row of a record that holds several, from 0; `None` where each record is one row.
    pub parts: Option<ScalarBuffer<u32>>,
}

impl Origin {
    /// Rows `start .. start + count`.
    #[must_use]
    pub fn slice(&self, start: usize, count: usize) -> Self {
        Self {
            lane: self.lane.clone(),
            ordinals: self.ordinals.slice(start, count),
            parts: self.parts.as_ref().map(|parts| parts.slice(start, count)),
        }
    }

    fn take(&self, rows: &UInt32Array) -> Self {
        let pick = |row: &u32| *row as usize;
        Self {
            lane: self.lane.clone(),
            ordinals: rows.values().iter().map(|row| self.ordinals[pick(row)]).collect(),
            parts: self
                .parts
                .as_ref()
                .map(|parts| rows.values().iter().map(|row| parts[pick(row)]).collect()),
        }
    }

    /// Which row of its record a row is; `None` where its record is one row.
    pub fn part(&self, row: usize) -> Option<u32> {
        self.parts.as_ref().map(|parts| parts[row])
    }
}

/// Rows of one table and one schema, in order, with what each does to the table.
#[derive(Clone, Debug)]
pub struct ChangeBatch {
    table: TableName,
    schema: SchemaRef,
    columns: Vec<Column>,
    kinds: ScalarBuffer<u8>,
    origin: Origin,
    primary_key: Arc<[String]>,
    meta: Meta,
}

impl ChangeBatch {
    /// Puts a batch together. `primary_key` names fields in the key's order; it may name one that the schema
    /// lacks (a step removed it), which a sink that needs it will say.
    ///
    /// # Errors
    /// [`BatchError`] where lengths, types or kinds do not fit.
    pub fn new(
        table: TableName,
        schema: SchemaRef,
        columns: Vec<Column>,
        kinds: ScalarBuffer<u8>,
        origin: Origin,
        primary_key: Arc<[String]>,
        meta: Meta,
    ) -> Result<Self, BatchError> {
        let rows = kinds.len();
        let length =
            |column: &str, found| BatchError::Length { column: column.to_owned(), found, expected: rows };
        if columns.len() != schema.fields().len() {
            return Err(BatchError::Width { columns: columns.len(), fields: schema.fields().len() });
        }
        for (field, column) in schema.fields().iter().zip(&columns) {
            if column.len() != rows {
                return Err(length(field.name(), column.len()));
            }
            if column.data_type() != field.data_type() {
                return Err(BatchError::Type {
                    column: field.name().clone(),
                    found: column.data_type().to_string(),
                    expected: field.data_type().to_string(),
                });
            }
        }
        if origin.ordinals.len() != rows {
            return Err(length("(ordinals)", origin.ordinals.len()));
        }
        if let Some(parts) = origin.parts.as_ref().filter(|parts| parts.len() != rows) {
            return Err(length("(parts)", parts.len()));
        }
        if let Some(name) = meta.misfit(rows) {
            return Err(length(name, meta.get(name).map_or(0, arrow_array::Array::len)));
        }
        if let Some(row) = kinds.iter().position(|&code| RowKind::from_code(code).is_none()) {
            return Err(BatchError::Kind { row, code: kinds[row] });
        }
        Ok(Self { table, schema, columns, kinds, origin, primary_key, meta })
    }

    /// The table, or destination.
    pub fn table(&self) -> &TableName {
        &self.table
    }

    /// Names and types of the columns.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The columns, in the order of the fields.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The column of a field, by name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.schema.column_with_name(name).map(|(place, _)| &self.columns[place])
    }

    /// Codes of [`RowKind`], a row each.
    pub fn kinds(&self) -> &ScalarBuffer<u8> {
        &self.kinds
    }

    /// What a row does.
    pub fn kind(&self, row: usize) -> RowKind {
        // The constructor refused every other code.
        RowKind::from_code(self.kinds[row]).unwrap_or(RowKind::Insert)
    }

    /// Where the rows came from.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Names of the key's fields, in the key's order; empty where the table has none.
    pub fn primary_key(&self) -> &Arc<[String]> {
        &self.primary_key
    }

    /// Columns about the rows.
    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.kinds.len()
    }

    /// Whether there is no row: then the batch is a question about the schema.
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// Whether `row` and the next are the halves of one update.
    pub fn is_pair(&self, row: usize) -> bool {
        row_kind::is_pair(&self.kinds, &self.origin.ordinals, row)
    }

    /// The rows that must stay together with `row`: itself, or both halves of its pair.
    pub fn unit_of(&self, row: usize) -> std::ops::Range<usize> {
        row_kind::unit_of(&self.kinds, &self.origin.ordinals, row)
    }

    /// How many changes the rows are: a pair is one.
    pub fn changes(&self) -> usize {
        self.len() - (0..self.len()).filter(|row| self.is_pair(*row)).count()
    }

    /// Rows `start .. start + count`, without a copy. The caller keeps pairs whole.
    #[must_use]
    pub fn slice(&self, start: usize, count: usize) -> Self {
        Self {
            table: self.table.clone(),
            schema: Arc::clone(&self.schema),
            columns: self.columns.iter().map(|column| column.slice(start, count)).collect(),
            kinds: self.kinds.slice(start, count),
            origin: self.origin.slice(start, count),
            primary_key: Arc::clone(&self.primary_key),
            meta: self.meta.slice(start, count),
        }
    }

    /// The rows at `rows`, in that order; repeats are allowed. Halves without their partner are settled
    /// ([`row_kind::settle_halves`]).
    ///
    /// # Errors
    /// Arrow's, for an index past the end.
    pub fn take(&self, rows: &UInt32Array) -> Result<Self, ArrowError> {
        if let Some(row) = rows.values().iter().find(|row| **row as usize >= self.len()) {
            return Err(ArrowError::InvalidArgumentError(format!("row {row} of a batch of {}", self.len())));
        }
        let origin = self.origin.take(rows);
        let kinds: Vec<u8> = rows.values().iter().map(|row| self.kinds[*row as usize]).collect();
        let kinds = row_kind::settle_halves(&kinds, &origin.ordinals).unwrap_or(kinds);
        Ok(Self {
            table: self.table.clone(),
            schema: Arc::clone(&self.schema),
            columns: self.columns.iter().map(|column| column.take(rows)).collect::<Result<_, _>>()?,
            kinds: kinds.into(),
            origin,
            primary_key: Arc::clone(&self.primary_key),
            meta: self.meta.take(rows)?,
        })
    }

    /// The same rows under another table's name.
    #[must_use]
    pub fn with_table(mut self, table: TableName) -> Self {
        self.table = table;
        self
    }

    /// The columns as an Arrow batch, in which missing cells are null: for printing and comparing.
    ///
    /// # Errors
    /// Arrow's, where a field that is not nullable holds a null.
    pub fn to_record_batch(&self) -> Result<RecordBatch, ArrowError> {
        let arrays: Vec<ArrayRef> = self.columns.iter().map(|column| Arc::clone(column.values())).collect();
        let options = arrow_array::RecordBatchOptions::new().with_row_count(Some(self.len()));
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options)
    }

    /// Bytes of memory that the columns hold, shared buffers counted each time.
    pub fn memory(&self) -> usize {
        let columns: usize = self.columns.iter().map(|column| column.values().get_array_memory_size()).sum();
        let meta: usize = self.meta.iter().map(|(_, column)| column.get_array_memory_size()).sum();
        columns + meta + self.len() * size_of::<(u8, u64)>()
    }

    /// Everything that the batch is made of, to be changed and put together again.
    pub fn into_parts(self) -> Parts {
        Parts {
            table: self.table,
            schema: self.schema,
            columns: self.columns,
            kinds: self.kinds,
            origin: self.origin,
            primary_key: self.primary_key,
            meta: self.meta,
        }
    }
}

/// A batch taken apart; [`Parts::build`] puts it together again and checks it.
#[derive(Clone, Debug)]
pub struct Parts {
    /// The table, or destination.
    pub table: TableName,
    /// Names and types of `columns`.
    pub schema: SchemaRef,
    /// In the order of the fields.
    pub columns: Vec<Column>,
    /// Codes of [`RowKind`].
    pub kinds: ScalarBuffer<u8>,
    /// Where the rows came from.
    pub origin: Origin,
    /// Names of the key's fields.
    pub primary_key: Arc<[String]>,
    /// Columns about the rows.
    pub meta: Meta,
}

impl Parts {
    /// The batch.
    ///
    /// # Errors
    /// As [`ChangeBatch::new`].
    pub fn build(self) -> Result<ChangeBatch, BatchError> {
        let Self { table, schema, columns, kinds, origin, primary_key, meta } = self;
        ChangeBatch::new(table, schema, columns, kinds, origin, primary_key, meta)
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::StringArray;
    use arrow_schema::{DataType, Field, Schema};

    use super::*;

    fn batch(kinds: &[u8], ordinals: &[u64]) -> Result<ChangeBatch, BatchError> {
        let names: Vec<String> = (0..kinds.len()).map(|row| format!("r{row}")).collect();
        ChangeBatch::new(
            "shop.orders".into(),
            Arc::new(Schema::new(vec![Field::new("id", DataType::Utf8, true)])),
            vec![Column::new(Arc::new(StringArray::from(names)))],
            kinds.to_vec().into(),
            Origin { lane: "t/0".into(), ordinals: ordinals.to_vec().into(), parts: None },
            Arc::from(["id".to_owned()]),
            Meta::new(),
        )
    }

    #[test]
    fn kinds_and_lengths_are_checked() {
        assert_eq!(batch(&[0, 7], &[0, 1]).unwrap_err(), BatchError::Kind { row: 1, code: 7 });
        assert!(matches!(batch(&[0, 0], &[0]), Err(BatchError::Length { .. })));
    }

    #[test]
    fn taking_one_half_settles_it() {
        let batch = batch(&[0, 1, 2], &[4, 5, 5]).unwrap();
        assert!(batch.is_pair(1));
        assert_eq!(batch.changes(), batch.len() - 1);
        let halves = batch.take(&UInt32Array::from(vec![1])).unwrap();
        assert_eq!(halves.kind(0), RowKind::Delete);
        let whole = batch.take(&UInt32Array::from(vec![1, 2])).unwrap();
        assert!(whole.is_pair(0));
        assert_eq!(&whole.origin().ordinals[..], [5, 5]);
    }

    #[test]
    fn a_row_past_the_end_is_refused() {
        assert!(batch(&[0], &[0]).unwrap().take(&UInt32Array::from(vec![1])).is_err());
    }
}
