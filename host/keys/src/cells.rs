//! Which bytes of a cell are sealed, opened, bound or hashed.
//!
//! - Text and binary: the bytes of the cell.
//! - Booleans, integers, floats, decimals, dates, times of day, timestamps: the bytes of their canonical text,
//!   which is what Arrow's cast to utf8 gives: `true`, `-7`, `1.5`, `12.50` (a decimal with all digits of its
//!   scale), `2026-02-28`, `2026-02-28T09:30:00.000001`, with `Z` or an offset where the type has a zone.
//! - Durations, lists, maps, structs: refused. They have no text that all systems agree on; cast them first.

use arrow_array::{Array, ArrayRef, BinaryArray, StringArray, cast::AsArray};
use arrow_buffer::{Buffer, NullBuffer, OffsetBuffer};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_schema::DataType;

use crate::error::KeyError;

/// The cells of a column as runs of bytes.
pub(crate) struct Cells {
    offsets: OffsetBuffer<i32>,
    values: Buffer,
    nulls: Option<NullBuffer>,
}

impl Cells {
    /// The bytes of any column whose cells have some.
    pub(crate) fn of(array: &ArrayRef) -> Result<Self, KeyError> {
        match array.data_type() {
            DataType::Utf8 => Ok(Self::of_text(array.as_string::<i32>())),
            DataType::Binary => Ok(Self::of_binary(array.as_binary::<i32>())),
            data_type if has_text(data_type) => {
                let options = CastOptions { safe: false, ..CastOptions::default() };
                // Arrow's message would repeat the value.
                let text = cast_with_options(array, &DataType::Utf8, &options)
                    .map_err(|_| KeyError::NoText { data_type: data_type.clone() })?;
                if text.null_count() != array.logical_null_count() {
                    return Err(KeyError::NoText { data_type: data_type.clone() });
                }
                Ok(Self::of_text(text.as_string::<i32>()))
            }
            data_type => Err(KeyError::NoBytes { data_type: data_type.clone() }),
        }
    }

    pub(crate) fn of_text(array: &StringArray) -> Self {
        let (offsets, values, nulls) = array.clone().into_parts();
        Self { offsets, values, nulls }
    }

    pub(crate) fn of_binary(array: &BinaryArray) -> Self {
        let (offsets, values, nulls) = array.clone().into_parts();
        Self { offsets, values, nulls }
    }

    pub(crate) fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    pub(crate) fn nulls(&self) -> Option<&NullBuffer> {
        self.nulls.as_ref()
    }

    /// The bytes of a cell, or none for NULL.
    #[inline]
    pub(crate) fn get(&self, row: usize) -> Option<&[u8]> {
        if self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
            return None;
        }
        Some(&self.values[self.offsets[row] as usize..self.offsets[row + 1] as usize])
    }
}

/// Whether cells of a type are used by their text.
fn has_text(data_type: &DataType) -> bool {
    data_type.is_integer()
        || data_type.is_floating()
        || data_type.is_decimal()
        || matches!(
            data_type,
            DataType::Null
                | DataType::Boolean
                | DataType::Date32
                | DataType::Date64
                | DataType::Time32(_)
                | DataType::Time64(_)
                | DataType::Timestamp(_, _)
        )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{
        BooleanArray, Date32Array, Decimal128Array, DurationMicrosecondArray, NullArray,
        Time64MicrosecondArray, TimestampMicrosecondArray, UInt64Array,
    };

    use super::*;

    fn text(array: impl Array + 'static) -> String {
        let cells = Cells::of(&(Arc::new(array) as ArrayRef)).unwrap();
        String::from_utf8(cells.get(0).unwrap().to_vec()).unwrap()
    }

    #[test]
    fn other_types_are_their_text() {
        assert_eq!(text(UInt64Array::from(vec![u64::MAX])), "18446744073709551615");
        assert_eq!(text(BooleanArray::from(vec![true])), "true");
        let decimal = Decimal128Array::from(vec![1250]).with_precision_and_scale(18, 2).unwrap();
        assert_eq!(text(decimal), "12.50");
        assert_eq!(text(Date32Array::from(vec![20_512])), "2026-02-28");
        assert_eq!(text(Time64MicrosecondArray::from(vec![34_200_000_001])), "09:30:00.000001");
        let time = TimestampMicrosecondArray::from(vec![1_772_271_000_000_001]);
        assert_eq!(text(time.clone()), "2026-02-28T09:30:00.000001");
        assert_eq!(text(time.with_timezone("UTC")), "2026-02-28T09:30:00.000001Z");
    }

    #[test]
    fn nulls_stay_nulls() {
        let cells = Cells::of(&(Arc::new(NullArray::new(3)) as ArrayRef)).unwrap();
        assert_eq!((cells.len(), cells.get(2)), (3, None));
        let cells = Cells::of(&(Arc::new(UInt64Array::from(vec![Some(1), None])) as ArrayRef)).unwrap();
        assert_eq!((cells.get(0), cells.get(1)), (Some(b"1".as_slice()), None));
    }

    #[test]
    fn a_slice_has_its_own_cells() {
        let array: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), None, Some("bc"), Some("d")]));
        let cells = Cells::of(&array.slice(1, 2)).unwrap();
        assert_eq!((cells.len(), cells.get(0), cells.get(1)), (2, None, Some(b"bc".as_slice())));
    }

    #[test]
    fn what_has_no_text_is_refused_without_its_value() {
        let duration: ArrayRef = Arc::new(DurationMicrosecondArray::from(vec![1]));
        assert!(matches!(Cells::of(&duration), Err(KeyError::NoBytes { .. })));
        let far: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![9_123_456_789_012_345_678]));
        let refused = Cells::of(&far).err().unwrap();
        assert!(refused.is_data() && !refused.to_string().contains("912345"), "{refused}");
    }
}
