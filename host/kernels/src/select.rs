//! Rows by what a column says of them.

use arrow_array::cast::AsArray;
use arrow_array::types::UInt64Type;
use arrow_array::{Array, BooleanArray, UInt64Array, downcast_integer_array};
use arrow_schema::DataType;
use sluicegate_model::Column;

use crate::KernelError;

/// The rows whose cell is `value`, ascending: of booleans (0 and 1) or integers. NULL and missing cells are no value.
///
/// # Errors
/// [`KernelError::WrongType`] for a column of another type.
pub fn rows_where(by: &Column, value: u64) -> Result<Vec<u32>, KernelError> {
    if let DataType::Boolean = by.data_type() {
        return Ok(match value {
            0 | 1 => rows_of(by.values().as_boolean(), value == 1),
            _ => Vec::new(),
        });
    }
    let numbers = numbers("rows_where", by)?;
    let mut rows = vec![0; numbers.len()];
    let mut count = 0;
    // Each row is written and the next one takes its place unless it is wanted: no branch to foretell.
    for (row, &number) in (0..).zip(numbers.values()) {
        rows[count] = row;
        count += usize::from(number == value);
    }
    rows.truncate(count);
    if numbers.null_count() > 0 {
        rows.retain(|row| numbers.is_valid(*row as usize));
    }
    Ok(rows)
}

fn rows_of(flags: &BooleanArray, wanted: bool) -> Vec<u32> {
    let mut matches = if wanted { flags.values().clone() } else { !flags.values() };
    if let Some(valid) = flags.nulls() {
        matches = &matches & valid.inner();
    }
    let mut rows = Vec::with_capacity(matches.count_set_bits());
    rows.extend(matches.set_indices().map(|row| row as u32));
    rows
}

/// The rows of each number `0 .. into`, ascending. A row of another number, of NULL or of a missing cell is in none.
///
/// # Errors
/// [`KernelError::WrongType`] for a column that is neither boolean nor of integers.
pub fn partition(by: &Column, into: u32) -> Result<Vec<Vec<u32>>, KernelError> {
    if let DataType::Boolean = by.data_type() {
        return (0..u64::from(into)).map(|value| rows_where(by, value)).collect();
    }
    let numbers = numbers("partition", by)?;
    let room = numbers.len() / (into as usize).max(1);
    let mut parts: Vec<Vec<u32>> = (0..into).map(|_| Vec::with_capacity(room + room / 8)).collect();
    let mut put = |row: usize, number: u64| {
        if let Some(part) = usize::try_from(number).ok().and_then(|number| parts.get_mut(number)) {
            part.push(row as u32);
        }
    };
    match numbers.nulls() {
        None => numbers.values().iter().enumerate().for_each(|(row, number)| put(row, *number)),
        Some(valid) => valid.valid_indices().for_each(|row| put(row, numbers.value(row))),
    }
    Ok(parts)
}

/// The cells as numbers; a negative one is none that anybody asks for, and NULL.
#[allow(
    clippy::useless_conversion,
    clippy::unnecessary_fallible_conversions,
    reason = "one arm for all integers"
)]
fn numbers(function: &str, by: &Column) -> Result<UInt64Array, KernelError> {
    if let Some(numbers) = by.values().as_primitive_opt::<UInt64Type>() {
        return Ok(numbers.clone());
    }
    let values = by.values();
    downcast_integer_array!(
        values => Ok(values.unary_opt::<_, UInt64Type>(|number| u64::try_from(number).ok())),
        other => Err(KernelError::WrongType {
            function: function.to_owned(),
            input: 0,
            expected: "booleans or integers".to_owned(),
            found: other.clone(),
        })
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{Int8Array, StringArray};

    use super::*;

    #[test]
    fn booleans_have_two_values() {
        let flags =
            Column::new(Arc::new(BooleanArray::from(vec![Some(true), None, Some(false), Some(true)])));
        assert_eq!(rows_where(&flags, 1).unwrap(), [0, 3]);
        assert_eq!(rows_where(&flags, 0).unwrap(), [2]);
        assert_eq!(rows_where(&flags, 2).unwrap(), Vec::<u32>::new());
        assert_eq!(partition(&flags, 3).unwrap(), [vec![2], vec![0, 3], vec![]]);
    }

    #[test]
    fn numbers_of_any_width() {
        let bytes =
            Column::new(Arc::new(Int8Array::from(vec![Some(1), Some(-1), None, Some(0), Some(1), Some(9)])));
        assert_eq!(rows_where(&bytes, 1).unwrap(), [0, 4]);
        assert_eq!(rows_where(&bytes, 0).unwrap(), [3], "NULL is not 0");
        assert_eq!(partition(&bytes, 2).unwrap(), [vec![3], vec![0, 4]]);
        let long = Column::new(Arc::new(UInt64Array::from(vec![u64::MAX, 1, u64::MAX])));
        assert_eq!(rows_where(&long, u64::MAX).unwrap(), [0, 2]);
        assert_eq!(partition(&long, 0).unwrap(), Vec::<Vec<u32>>::new());
    }

    #[test]
    fn text_is_refused() {
        let error = rows_where(&Column::new(Arc::new(StringArray::from(vec!["1"]))), 1).unwrap_err();
        assert!(error.to_string().contains("booleans or integers"), "{error}");
    }
}
