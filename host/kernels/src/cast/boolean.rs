//! Booleans, from text and numbers.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, BooleanArray, StringArray};
use arrow_buffer::{BooleanBuffer, i256};
use arrow_schema::DataType;
use sluicegate_model::Column;

use super::decimal::ExactNumbers;
use super::failing::{Failing, Why};
use super::number::{Rounding, rescale};
use crate::Checked;

/// `true`, `t`, `1` and `false`, `f`, `0`, in any case; of numbers 0 and 1. `None` where there is no such cast.
pub(super) fn to_boolean(input: &Column) -> Option<Checked> {
    let values = input.values();
    if *values.data_type() == DataType::Utf8 {
        let text: &StringArray = values.as_string();
        return Some(booleans(input, |row| parse(text.value(row)).ok_or(Why::Malformed)));
    }
    let numbers = ExactNumbers::of(values.as_ref())?;
    Some(booleans(input, |row| {
        let value = rescale(numbers.value(row), numbers.scale(), 0, Rounding::Exact);
        match value.map_err(|_| Why::OutOfRange)? {
            i256::ZERO => Ok(false),
            i256::ONE => Ok(true),
            _ => Err(Why::OutOfRange),
        }
    }))
}

fn parse(text: &str) -> Option<bool> {
    let is = |words: [&str; 3]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is(["true", "t", "1"]) {
        Some(true)
    } else if is(["false", "f", "0"]) {
        Some(false)
    } else {
        None
    }
}

fn booleans(input: &Column, value: impl Fn(usize) -> Result<bool, Why>) -> Checked {
    let mut failing = Failing::default();
    let values = input.values();
    let bits = BooleanBuffer::collect_bool(input.len(), |row| {
        values.is_valid(row)
            && value(row).unwrap_or_else(|why| {
                failing.push(row, why);
                false
            })
    });
    let array = BooleanArray::new(bits, failing.validity(input));
    Checked::of(input, Arc::new(array), failing.reasons(input, &DataType::Boolean))
}
