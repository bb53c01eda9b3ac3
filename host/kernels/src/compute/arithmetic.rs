//! Exact arithmetic.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Decimal128Type, Decimal256Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{ArrayRef, ArrowPrimitiveType};
use arrow_buffer::{BooleanBuffer, NullBuffer, i256};
use arrow_schema::{DECIMAL128_MAX_PRECISION, DECIMAL256_MAX_PRECISION, DataType};
use sluicegate_model::Column;

use super::call::Call;
use crate::cast::{ExactNumbers, Failing, Rounding, Why, excerpt, fits, primitive_array, rescale};
use crate::error::type_name;
use crate::{Checked, KernelError};

pub(super) const NUMBERS: &str = "integers or decimals";

pub(super) fn add(call: &Call<'_>) -> Result<Checked, KernelError> {
    binary(call, Scale::Sum, |a, b| a.checked_add(b).ok_or(Why::OutOfRange))
}

pub(super) fn sub(call: &Call<'_>) -> Result<Checked, KernelError> {
    binary(call, Scale::Sum, |a, b| a.checked_sub(b).ok_or(Why::OutOfRange))
}

pub(super) fn mul(call: &Call<'_>) -> Result<Checked, KernelError> {
    binary(call, Scale::Product, |a, b| a.checked_mul(b).ok_or(Why::OutOfRange))
}

/// The remainder has the sign of the dividend, as in SQL.
pub(super) fn modulo(call: &Call<'_>) -> Result<Checked, KernelError> {
    binary(
        call,
        Scale::Rest,
        |a, b| {
            if b == i256::ZERO { Err(Why::DivisionByZero) } else { Ok(a.wrapping_rem(b)) }
        },
    )
}

/// How the type of a result follows from decimals, as SQL has it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scale {
    /// The larger scale, and a digit for the carry.
    Sum,
    /// Both scales together.
    Product,
    /// The larger scale.
    Rest,
}

/// Precision and scale of a number's type.
pub(super) fn digits_of(data_type: &DataType) -> Option<(u8, i8)> {
    Some(match data_type {
        DataType::Int8 | DataType::UInt8 => (3, 0),
        DataType::Int16 | DataType::UInt16 => (5, 0),
        DataType::Int32 | DataType::UInt32 => (10, 0),
        DataType::Int64 => (19, 0),
        DataType::UInt64 => (20, 0),
        DataType::Decimal128(precision, scale) | DataType::Decimal256(precision, scale) => {
            (*precision, *scale)
        }
        _ => return None,
    })
}

fn result_type(
    call: &Call<'_>,
    left: &DataType,
    right: &DataType,
    rule: Scale,
) -> Result<DataType, KernelError> {
    let (a_precision, a_scale) = digits_of(left).ok_or_else(|| call.wrong_type(0, NUMBERS))?;
    let Some((b_precision, b_scale)) = digits_of(right) else { return Err(call.wrong_type(1, NUMBERS)) };
    if left.is_integer() && right.is_integer() {
        call.same_type(1, right, left)?;
        return Ok(left.clone());
    }
    let (a, b) = (i32::from(a_precision), i32::from(b_precision));
    let (a_scale, b_scale) = (i32::from(a_scale), i32::from(b_scale));
    let larger = a_scale.max(b_scale);
    let (precision, scale) = match rule {
        Scale::Product => (a + b, a_scale + b_scale),
        Scale::Sum => ((a - a_scale).max(b - b_scale) + larger + 1, larger),
        Scale::Rest => ((a - a_scale).max(b - b_scale) + larger, larger),
    };
    let is_wide = |of: &DataType| matches!(of, DataType::Decimal256(_, _));
    let wide = is_wide(left) || is_wide(right) || precision > i32::from(DECIMAL128_MAX_PRECISION);
    let most = i32::from(if wide { DECIMAL256_MAX_PRECISION } else { DECIMAL128_MAX_PRECISION });
    if scale.abs() > most {
        return Err(call.wrong_type(1, &format!("decimals whose scales together are at most {most}")));
    }
    let (precision, scale) = (precision.clamp(1, most) as u8, scale as i8);
    Ok(if wide { DataType::Decimal256(precision, scale) } else { DataType::Decimal128(precision, scale) })
}

fn binary(
    call: &Call<'_>,
    rule: Scale,
    operate: fn(i256, i256) -> Result<i256, Why>,
) -> Result<Checked, KernelError> {
    let (left, right) = call.pair(&call.given(&["value"])?)?;
    let to = result_type(call, left.data_type(), right.column().data_type(), rule)?;
    let a = ExactNumbers::of(left.values().as_ref()).ok_or_else(|| call.wrong_type(0, NUMBERS))?;
    let Some(b) = ExactNumbers::of(right.column().values().as_ref()) else {
        return Err(call.wrong_type(1, NUMBERS));
    };
    let common = a.scale().max(b.scale());
    let value = |row: usize| {
        let (x, y) = (a.value(row), b.value(right.row(row)));
        if rule == Scale::Product {
            return operate(x, y);
        }
        let widen = |value, scale| rescale(value, scale, common, Rounding::Exact);
        operate(widen(x, a.scale())?, widen(y, b.scale())?)
    };
    let nulls = NullBuffer::union(left.values().nulls(), right.nulls());
    let (values, failing) = numbers(call, &to, call.rows(), nulls.as_ref(), value)?;
    let failed = failing.told(|row, why| {
        let (x, y) = (excerpt(left, row), excerpt(right.column(), right.row(row)));
        match why {
            Why::DivisionByZero => format!("{x} has no remainder when divided by 0"),
            _ => format!("{} of {x} and {y} does not fit {}", call.function, type_name(&to)),
        }
    });
    let presence = match (left.presence(), right.presence()) {
        (Some(a), Some(b)) => Some(a & b),
        (a, b) => a.or(b).cloned(),
    };
    Ok(checked(values, presence, failed))
}

pub(super) fn abs(call: &Call<'_>) -> Result<Checked, KernelError> {
    call.no_options()?;
    let input = call.only()?;
    let values = input.values();
    let floats: ArrayRef = match values.data_type() {
        DataType::Float32 => Arc::new(values.as_primitive::<Float32Type>().unary::<_, Float32Type>(f32::abs)),
        DataType::Float64 => Arc::new(values.as_primitive::<Float64Type>().unary::<_, Float64Type>(f64::abs)),
        _ => return unary(call, input, |value, _| Ok(value.wrapping_abs())),
    };
    Ok(Checked::of(input, floats, Vec::new()))
}

/// A number from one of the same type.
fn unary(
    call: &Call<'_>,
    input: &Column,
    operate: impl Fn(i256, i8) -> Result<i256, Why>,
) -> Result<Checked, KernelError> {
    let to = input.data_type();
    digits_of(to).ok_or_else(|| call.wrong_type(0, NUMBERS))?;
    let cells = ExactNumbers::of(input.values().as_ref()).ok_or_else(|| call.wrong_type(0, NUMBERS))?;
    let value = |row: usize| operate(cells.value(row), cells.scale());
    let (values, failing) = numbers(call, to, input.len(), input.values().nulls(), value)?;
    let failed = failing.told(|row, _| {
        format!("{} of {} does not fit {}", call.function, excerpt(input, row), type_name(to))
    });
    Ok(checked(values, input.presence().cloned(), failed))
}

fn checked(values: ArrayRef, presence: Option<BooleanBuffer>, failed: Vec<crate::Failed>) -> Checked {
    Checked { column: Column::with_presence(values, presence), failed }
}

/// An array of integers or decimals; what does not fit the type fails.
pub(super) fn numbers(
    call: &Call<'_>,
    to: &DataType,
    rows: usize,
    nulls: Option<&NullBuffer>,
    value: impl Fn(usize) -> Result<i256, Why>,
) -> Result<(ArrayRef, Failing), KernelError> {
    fn integers<T: ArrowPrimitiveType>(
        to: &DataType,
        rows: usize,
        nulls: Option<&NullBuffer>,
        value: impl Fn(usize) -> Result<i256, Why>,
    ) -> (ArrayRef, Failing)
    where
        T::Native: TryFrom<i128>,
    {
        let (array, failing) = primitive_array::<T>(rows, nulls, to, |row| {
            value(row)?.to_i128().and_then(|value| value.try_into().ok()).ok_or(Why::OutOfRange)
        });
        (Arc::new(array), failing)
    }
    Ok(match *to {
        DataType::Int8 => integers::<Int8Type>(to, rows, nulls, value),
        DataType::Int16 => integers::<Int16Type>(to, rows, nulls, value),
        DataType::Int32 => integers::<Int32Type>(to, rows, nulls, value),
        DataType::Int64 => integers::<Int64Type>(to, rows, nulls, value),
        DataType::UInt8 => integers::<UInt8Type>(to, rows, nulls, value),
        DataType::UInt16 => integers::<UInt16Type>(to, rows, nulls, value),
        DataType::UInt32 => integers::<UInt32Type>(to, rows, nulls, value),
        DataType::UInt64 => integers::<UInt64Type>(to, rows, nulls, value),
        DataType::Decimal128(precision, _) => integers::<Decimal128Type>(to, rows, nulls, |row| {
            value(row).and_then(|value| if fits(value, precision) { Ok(value) } else { Err(Why::OutOfRange) })
        }),
        DataType::Decimal256(precision, _) => {
            let (array, failing) = primitive_array::<Decimal256Type>(rows, nulls, to, |row| {
                value(row)
                    .and_then(|value| if fits(value, precision) { Ok(value) } else { Err(Why::OutOfRange) })
            });
            (Arc::new(array), failing)
        }
        _ => return Err(call.wrong_type(0, NUMBERS)),
    })
}
