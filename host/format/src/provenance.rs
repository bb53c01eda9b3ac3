//! Where the rows of a batch come from, as the columns about them say.

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{Array, StringArray, TimestampMicrosecondArray};
use sluicegate_model::{ChangeBatch, meta};

/// What formats write about a change beside its row.
pub(crate) struct Provenance<'a> {
    times: Option<&'a TimestampMicrosecondArray>,
    positions: Option<&'a StringArray>,
    transactions: Option<&'a StringArray>,
}

impl<'a> Provenance<'a> {
    /// Of the rows of a batch. A column of another type than [`meta`] gives it says nothing.
    pub(crate) fn of(batch: &'a ChangeBatch) -> Self {
        let texts = |name| batch.meta().get(name).and_then(|texts| texts.as_string_opt());
        Self {
            times: batch
                .meta()
                .get(meta::EVENT_TIME)
                .and_then(|times| times.as_primitive_opt::<TimestampMicrosecondType>()),
            positions: texts(meta::SOURCE_POSITION),
            transactions: texts(meta::TRANSACTION),
        }
    }

    /// When a row was changed, in microseconds since 1970 in UTC.
    #[inline]
    pub(crate) fn event_time(&self, row: usize) -> Option<i64> {
        self.times.filter(|times| times.is_valid(row)).map(|times| times.value(row))
    }

    /// The position of a row's change in its source.
    #[inline]
    pub(crate) fn position(&self, row: usize) -> Option<&'a str> {
        text(self.positions, row)
    }

    /// The transaction of a row's change.
    #[inline]
    pub(crate) fn transaction(&self, row: usize) -> Option<&'a str> {
        text(self.transactions, row)
    }
}

#[inline]
fn text(texts: Option<&StringArray>, row: usize) -> Option<&str> {
    texts.filter(|texts| texts.is_valid(row)).map(|texts| texts.value(row))
}
