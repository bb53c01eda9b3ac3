//! Columns of cells in three states.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, BooleanArray, UInt32Array, make_array};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use arrow_schema::{ArrowError, DataType};

/// The state of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cell {
    /// There is a value.
    Value,
    /// The source said NULL.
    Null,
    /// The source did not say: a partial image. Never to be taken for NULL.
    Missing,
}

/// The states of a column's cells: what is the same for all of them was asked of the array once.
#[derive(Clone, Copy, Debug)]
pub struct States<'a> {
    presence: Option<&'a BooleanBuffer>,
    nulls: Option<&'a NullBuffer>,
    all_null: bool,
}

impl States<'_> {
    /// The state of a cell.
    #[inline]
    pub fn cell(&self, row: usize) -> Cell {
        if self.presence.is_some_and(|presence| !presence.value(row)) {
            Cell::Missing
        } else if self.all_null || self.nulls.is_some_and(|nulls| nulls.is_null(row)) {
            Cell::Null
        } else {
            Cell::Value
        }
    }
}

/// An Arrow array and, where a source gave partial images, which of its cells are there at all.
///
/// Arrow has two states, a change has three: beside validity there is *presence*, a bit a cell, 0 = missing.
/// A missing cell is null in the array too, always: the constructor sees to it. A column in which every cell
/// is there has no presence. Columns never change and are cheap to clone.
#[derive(Clone, Debug)]
pub struct Column {
    values: ArrayRef,
    presence: Option<BooleanBuffer>,
}

impl Column {
    /// A column in which every cell is there.
    pub fn new(values: ArrayRef) -> Self {
        Self { values, presence: None }
    }

    /// A column with a presence mask as long as the array; a missing cell is made null.
    ///
    /// # Panics
    /// If the mask is not as long as the array: a defect of the caller, never of the data.
    pub fn with_presence(values: ArrayRef, presence: Option<BooleanBuffer>) -> Self {
        let Some(presence) = presence else { return Self::new(values) };
        assert_eq!(presence.len(), values.len(), "a presence mask covers its column");
        if presence.count_set_bits() == presence.len() {
            return Self::new(values);
        }
        let covered = NullBuffer::new(presence.clone());
        let validity = NullBuffer::union(values.logical_nulls().as_ref(), Some(&covered));
        let values = match (values.data_type(), validity) {
            // The null type has no validity buffer: all of its cells are null already.
            (DataType::Null, _) | (_, None) => values,
            (_, validity @ Some(_)) if validity.as_ref() == values.nulls() => values,
            (_, Some(validity)) => {
                let data = values.to_data().into_builder().nulls(Some(validity));
                // SAFETY: only the validity buffer was replaced, by one of the same length; every other
                // buffer is the valid array's own.
                make_array(unsafe { data.build_unchecked() })
            }
        };
        Self { values, presence: Some(presence) }
    }

    /// A column of `rows` missing cells of a type.
    pub fn all_missing(data_type: &DataType, rows: usize) -> Self {
        let values = arrow_array::new_null_array(data_type, rows);
        if rows == 0 {
            Self::new(values)
        } else {
            Self { values, presence: Some(BooleanBuffer::new_unset(rows)) }
        }
    }

    /// The array. Missing cells are null in it.
    pub fn values(&self) -> &ArrayRef {
        &self.values
    }

    /// The presence mask, 0 = missing; `None` where every cell is there.
    pub fn presence(&self) -> Option<&BooleanBuffer> {
        self.presence.as_ref()
    }

    /// The array and the mask.
    pub fn into_parts(self) -> (ArrayRef, Option<BooleanBuffer>) {
        (self.values, self.presence)
    }

    /// The type of the cells.
    pub fn data_type(&self) -> &DataType {
        self.values.data_type()
    }

    /// Number of cells.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Whether the source did not say what is in a cell.
    pub fn is_missing(&self, row: usize) -> bool {
        self.presence.as_ref().is_some_and(|presence| !presence.value(row))
    }

    /// Whether any cell is missing.
    pub fn has_missing(&self) -> bool {
        self.presence.is_some()
    }

    /// The state of a cell. Where many are asked for, [`Column::states`] is quicker.
    pub fn cell(&self, row: usize) -> Cell {
        self.states().cell(row)
    }

    /// The states of all cells.
    pub fn states(&self) -> States<'_> {
        States {
            presence: self.presence.as_ref(),
            nulls: self.values.nulls(),
            // It has no validity buffer.
            all_null: *self.data_type() == DataType::Null,
        }
    }

    /// The same values with another presence; for a column that takes the presence of the field it replaces.
    #[must_use]
    pub fn masked_by(&self, presence: Option<&BooleanBuffer>) -> Self {
        let both = match (self.presence.as_ref(), presence) {
            (None, None) => return self.clone(),
            (Some(mask), None) | (None, Some(mask)) => mask.clone(),
            (Some(own), Some(other)) => own & other,
        };
        Self::with_presence(Arc::clone(&self.values), Some(both))
    }

    /// Cells `start .. start + count`, without a copy.
    #[must_use]
    pub fn slice(&self, start: usize, count: usize) -> Self {
        let presence = self.presence.as_ref().map(|presence| presence.slice(start, count));
        let presence = presence.filter(|presence| presence.count_set_bits() < count);
        Self { values: self.values.slice(start, count), presence }
    }

    /// The cells at `rows`, in that order; repeats are allowed.
    ///
    /// # Errors
    /// Arrow's, for an index past the end.
    pub fn take(&self, rows: &UInt32Array) -> Result<Self, ArrowError> {
        let values = arrow_select::take::take(&self.values, rows, None)?;
        let presence = match &self.presence {
            None => None,
            Some(presence) => {
                let mask = BooleanArray::new(presence.clone(), None);
                let taken = arrow_select::take::take(&mask, rows, None)?;
                taken.as_any().downcast_ref::<BooleanArray>().map(|taken| taken.values().clone())
            }
        };
        let presence = presence.filter(|presence| presence.count_set_bits() < presence.len());
        Ok(Self { values, presence })
    }
}

impl From<ArrayRef> for Column {
    fn from(values: ArrayRef) -> Self {
        Self::new(values)
    }
}

/// Two columns are equal when their cells are: same type, same states, same values.
impl PartialEq for Column {
    fn eq(&self, other: &Self) -> bool {
        self.values.as_ref() == other.values.as_ref() && self.presence == other.presence
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::{Int32Array, NullArray, StringArray};

    use super::*;

    fn three_states() -> Column {
        let values = Arc::new(Int32Array::from(vec![Some(1), None, Some(3)]));
        Column::with_presence(values, Some(BooleanBuffer::from(vec![true, true, false])))
    }

    #[test]
    fn a_missing_cell_is_null_too() {
        let column = three_states();
        assert_eq!(column.cell(0), Cell::Value);
        assert_eq!(column.cell(1), Cell::Null);
        assert_eq!(column.cell(2), Cell::Missing);
        assert!(column.values().is_null(2));
    }

    #[test]
    fn a_full_mask_is_no_mask() {
        let values: ArrayRef = Arc::new(StringArray::from(vec!["a", "b"]));
        let column = Column::with_presence(values, Some(BooleanBuffer::new_set(2)));
        assert!(!column.has_missing());
    }

    #[test]
    fn a_slice_without_missing_cells_has_no_mask() {
        let column = three_states();
        assert!(!column.slice(0, 2).has_missing());
        assert!(column.slice(1, 2).is_missing(1));
    }

    #[test]
    fn taking_keeps_states() {
        let taken = three_states().take(&UInt32Array::from(vec![2, 0, 2])).unwrap();
        assert_eq!(
            [taken.cell(0), taken.cell(1), taken.cell(2)],
            [Cell::Missing, Cell::Value, Cell::Missing]
        );
    }

    #[test]
    fn masking_keeps_what_was_missing() {
        let masked = three_states().masked_by(Some(&BooleanBuffer::from(vec![false, true, true])));
        assert_eq!(
            [masked.cell(0), masked.cell(1), masked.cell(2)],
            [Cell::Missing, Cell::Null, Cell::Missing]
        );
    }

    #[test]
    fn the_null_type_can_be_missing() {
        let column =
            Column::with_presence(Arc::new(NullArray::new(2)), Some(BooleanBuffer::from(vec![true, false])));
        assert_eq!([column.cell(0), column.cell(1)], [Cell::Null, Cell::Missing]);
    }
}
