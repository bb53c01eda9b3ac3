//! A grown column as one of Arrow's.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BinaryArray, Date32Array, Decimal128Array, Decimal256Array, DurationMicrosecondArray,
    Float32Array, Float64Array, Int8Array, Int16Array, Int32Array, Int64Array, StringArray,
    TimestampMicrosecondArray, UInt8Array, UInt16Array, UInt32Array, UInt64Array,
};
use arrow_buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::ArrowError;
use sluicegate_model::Column;

use super::column::{Cells, GrowingColumn, Strings};
use crate::binlog::charset::Charset;

impl GrowingColumn {
    /// The column; `None` for one that is left out.
    ///
    /// # Errors
    /// Arrow's, for digits that no decimal has.
    pub(super) fn finish(mut self) -> Result<Option<Column>, ArrowError> {
        let nulls = self.validity.finish();
        let presence = self.presence.finish().map(|presence| presence.inner().clone());
        let array: ArrayRef = match self.cells {
            Cells::Skipped(_) => return Ok(None),
            Cells::Int8(values) => Arc::new(Int8Array::new(values.into(), nulls)),
            Cells::UInt8(values) => Arc::new(UInt8Array::new(values.into(), nulls)),
            Cells::Int16(values) | Cells::Year(values) => Arc::new(Int16Array::new(values.into(), nulls)),
            Cells::UInt16(values) => Arc::new(UInt16Array::new(values.into(), nulls)),
            Cells::Int24(values) | Cells::Int32(values) => Arc::new(Int32Array::new(values.into(), nulls)),
            Cells::UInt24(values) | Cells::UInt32(values) => Arc::new(UInt32Array::new(values.into(), nulls)),
            Cells::Int64(values) => Arc::new(Int64Array::new(values.into(), nulls)),
            Cells::UInt64(values) => Arc::new(UInt64Array::new(values.into(), nulls)),
            Cells::Float(values) => Arc::new(Float32Array::new(values.into(), nulls)),
            Cells::Double(values) => Arc::new(Float64Array::new(values.into(), nulls)),
            Cells::Decimal128 { values, precision, scale } => {
                let array = Decimal128Array::new(values.into(), nulls);
                Arc::new(array.with_precision_and_scale(precision, scale as i8)?)
            }
            Cells::Decimal256 { values, precision, scale } => {
                let array = Decimal256Array::new(values.into(), nulls);
                Arc::new(array.with_precision_and_scale(precision, scale as i8)?)
            }
            Cells::Date { values, .. } => Arc::new(Date32Array::new(values.into(), nulls)),
            Cells::Time { values, .. } => Arc::new(DurationMicrosecondArray::new(values.into(), nulls)),
            Cells::DateTime { values, .. } => Arc::new(TimestampMicrosecondArray::new(values.into(), nulls)),
            Cells::Timestamp { values, .. } => {
                Arc::new(TimestampMicrosecondArray::new(values.into(), nulls).with_timezone("UTC"))
            }
            Cells::Fixed { strings, .. }
            | Cells::Bytes { strings, .. }
            | Cells::Compressed { strings, charset: Charset::Binary, .. } => Arc::new(binary(strings, nulls)),
            Cells::Text { strings, .. }
            | Cells::Compressed { strings, .. }
            | Cells::Enum { strings, .. }
            | Cells::Set { strings, .. }
            | Cells::Json { strings, .. }
            | Cells::DateText(strings)
            | Cells::DateTimeText { strings, .. }
            | Cells::TimestampText { strings, .. }
            | Cells::Inet4(strings)
            | Cells::Inet6(strings)
            | Cells::Uuid(strings) => Arc::new(text(strings, nulls)),
        };
        Ok(Some(Column::with_presence(array, presence)))
    }
}

fn offsets(offsets: Vec<i32>, bytes: usize) -> OffsetBuffer<i32> {
    debug_assert!(
        offsets.is_sorted() && offsets.first() == Some(&0) && offsets.last() == Some(&(bytes as i32))
    );
    // SAFETY: the offsets begin at 0 and are lengths of the bytes as they grew and were cut back to one of
    // them, never over `i32::MAX` (`Strings::push`, `Strings::write`), so they never fall and none is past
    // the end.
    unsafe { OffsetBuffer::new_unchecked(ScalarBuffer::from(offsets)) }
}

fn text(strings: Strings, nulls: Option<NullBuffer>) -> StringArray {
    let Strings { data, offsets: ends } = strings;
    debug_assert!(
        ends.windows(2).all(|cell| std::str::from_utf8(&data[cell[0] as usize..cell[1] as usize]).is_ok())
    );
    let offsets = offsets(ends, data.len());
    // SAFETY: each cell is UTF-8: it was decoded (`Charset::decode` appends characters or checked UTF-8), is
    // a label that was a `String`, a text of JSON whose strings were checked, or digits and signs written
    // here. The validity has a bit a cell: every cell was added with one.
    unsafe { StringArray::new_unchecked(offsets, Buffer::from_vec(data), nulls) }
}

fn binary(strings: Strings, nulls: Option<NullBuffer>) -> BinaryArray {
    let Strings { data, offsets: ends } = strings;
    let offsets = offsets(ends, data.len());
    // SAFETY: as above; bytes need no check.
    unsafe { BinaryArray::new_unchecked(offsets, Buffer::from_vec(data), nulls) }
}
