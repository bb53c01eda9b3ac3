//! Columns about the rows of a batch.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, UInt32Array};
use arrow_schema::{ArrowError, DataType, Field, Fields, TimeUnit};

/// When the change was made, by the source: `timestamp(us,UTC)`.
pub const EVENT_TIME: &str = "event-time";
/// When the record entered Kafka or the log was read: `timestamp(us,UTC)`.
pub const INGEST_TIME: &str = "ingest-time";
/// The Kafka key: binary.
pub const KEY: &str = "key";
/// The Kafka partition that a row came from; set by a step, the one it goes to: int32.
pub const PARTITION: &str = "partition";
/// The Kafka offset: int64.
pub const OFFSET: &str = "offset";
/// Headers of the message: map(utf8,binary).
pub const HEADERS: &str = "headers";
/// The row kind, by its code: uint8. Not kept here but in the batch itself.
pub const KIND: &str = "kind";
/// The position that a producer gave its change (`pos` of OGG, `file:pos` of a binlog): utf8.
pub const SOURCE_POSITION: &str = "source-position";

/// The transaction of the source that made the change, by the source's own name for it (`xid` of Maxwell and OGG, a GTID, the id
/// that Debezium gives): utf8.
pub const TRANSACTION: &str = "transaction";

/// The type of a meta column of ours; `None` for a name that we do not know.
pub fn data_type_of(name: &str) -> Option<DataType> {
    Some(match name {
        EVENT_TIME | INGEST_TIME => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        KEY => DataType::Binary,
        PARTITION => DataType::Int32,
        OFFSET => DataType::Int64,
        KIND => DataType::UInt8,
        SOURCE_POSITION | TRANSACTION => DataType::Utf8,
        HEADERS => headers_type(),
        _ => return None,
    })
}

/// map(utf8,binary), with the field names that Arrow's own map builder uses.
pub fn headers_type() -> DataType {
    let entries = Fields::from(vec![
        Field::new("keys", DataType::Utf8, false),
        Field::new("values", DataType::Binary, true),
    ]);
    DataType::Map(Arc::new(Field::new("entries", DataType::Struct(entries), false)), false)
}

/// Columns about the rows, by name, each as long as the batch. A source gives those that it has.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Meta(Vec<(Arc<str>, ArrayRef)>);

impl Meta {
    /// No columns.
    pub fn new() -> Self {
        Self::default()
    }

    /// The column of a name.
    pub fn get(&self, name: &str) -> Option<&ArrayRef> {
        self.0.iter().find(|(known, _)| &**known == name).map(|(_, column)| column)
    }

    /// Adds a column, or replaces the one of that name.
    pub fn set(&mut self, name: impl Into<Arc<str>>, column: ArrayRef) {
        let name = name.into();
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, place)) => *place = column,
            None => self.0.push((name, column)),
        }
    }

    /// Takes a column away.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(known, _)| &**known != name);
    }

    /// Names and columns, in the order in which they were set.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &ArrayRef)> {
        self.0.iter().map(|(name, column)| (&**name, column))
    }

    /// Rows `start .. start + count` of every column.
    #[must_use]
    pub fn slice(&self, start: usize, count: usize) -> Self {
        Self(self.0.iter().map(|(name, column)| (Arc::clone(name), column.slice(start, count))).collect())
    }

    /// The rows at `rows` of every column.
    ///
    /// # Errors
    /// Arrow's, for an index past the end.
    pub fn take(&self, rows: &UInt32Array) -> Result<Self, ArrowError> {
        let taken = self.0.iter().map(|(name, column)| {
            Ok((Arc::clone(name), arrow_select::take::take(column.as_ref(), rows, None)?))
        });
        taken.collect::<Result<_, ArrowError>>().map(Self)
    }

    /// The first column that is not `rows` long, if any.
    pub(crate) fn misfit(&self, rows: usize) -> Option<&str> {
        self.0.iter().find(|(_, column)| column.len() != rows).map(|(name, _)| &**name)
    }
}
