//! Comparing cells.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type};
use arrow_array::{Array, ArrowNumericType, BooleanArray, Datum, Scalar, StringArray};
use arrow_buffer::{BooleanBuffer, i256};
use arrow_ord::cmp;
use arrow_ord::ord::make_comparator;
use arrow_schema::{ArrowError, DataType, SortOptions};
use serde_json::value::RawValue;
use sluicegate_model::{Cell, Column};

use super::call::{Call, Operand};
use crate::canonical::CellEncoder;
use crate::cast::{ExactNumbers, power};
use crate::{Checked, KernelError};

type Comparator<'a> = Box<dyn Fn(usize, usize) -> Ordering + 'a>;

/// A question about two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

impl Comparison {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Eq => order.is_eq(),
            Self::Ne => order.is_ne(),
            Self::Lt => order.is_lt(),
            Self::Le => order.is_le(),
            Self::Gt => order.is_gt(),
            Self::Ge => order.is_ge(),
        }
    }

    /// Many at once, for types whose order is Arrow's.
    fn all(self, left: &dyn Datum, right: &dyn Datum) -> Result<BooleanArray, ArrowError> {
        match self {
            Self::Eq => cmp::eq(left, right),
            Self::Ne => cmp::neq(left, right),
            Self::Lt => cmp::lt(left, right),
            Self::Le => cmp::lt_eq(left, right),
            Self::Gt => cmp::gt(left, right),
            Self::Ge => cmp::gt_eq(left, right),
        }
    }
}

/// Whether Arrow compares such cells many at once and as it is done here: not floats, of which it takes the total order.
fn has_arrows_order(of: &DataType) -> bool {
    of.is_integer()
        || of.is_temporal()
        || matches!(
            of,
            DataType::Boolean
                | DataType::Utf8
                | DataType::Binary
                | DataType::FixedSizeBinary(_)
                | DataType::Decimal128(_, _)
                | DataType::Decimal256(_, _)
        )
}

/// `eq` and the like: NULL where a cell is none. A missing cell is null in its array, so the array's nulls say it all.
pub(super) fn compare(call: &Call<'_>, question: Comparison) -> Result<Checked, KernelError> {
    let (left, right) = call.pair(&call.given(&["value"])?)?;
    if left.data_type() == right.column().data_type() && has_arrows_order(left.data_type()) {
        let answers = many(question, left, &right);
        let answers = answers.map_err(|error| KernelError::arrow(call.function, &error))?;
        return Ok(Checked::whole(Column::new(Arc::new(answers))));
    }
    let order = comparator(call, left, &right)?;
    Ok(call.answers(|row| {
        let other = right.row(row);
        let both = left.cell(row) == Cell::Value && right.column().cell(other) == Cell::Value;
        both.then(|| question.holds(order(row, other)))
    }))
}

fn many(question: Comparison, left: &Column, right: &Operand) -> Result<BooleanArray, ArrowError> {
    let other = right.column().values();
    if right.is_constant() {
        question.all(left.values(), &Scalar::new(other))
    } else {
        question.all(left.values(), other)
    }
}

/// Equal values, or the same state.
pub(super) fn eq_null_safe(call: &Call<'_>) -> Result<Checked, KernelError> {
    let (left, right) = call.pair(&call.given(&["value"])?)?;
    let order = comparator(call, left, &right)?;
    Ok(call.answers(|row| {
        let other = right.row(row);
        let states = (left.cell(row), right.column().cell(other));
        Some(states.0 == states.1 && (states.0 != Cell::Value || order(row, other).is_eq()))
    }))
}

/// How a cell of the left stands to one of the right, both being values.
fn comparator<'a>(
    call: &Call<'_>,
    left: &'a Column,
    right: &'a Operand,
) -> Result<Comparator<'a>, KernelError> {
    let (left, right) = (left.values().as_ref(), right.column().values().as_ref());
    let types = (left.data_type(), right.data_type());
    Ok(match types {
        (DataType::Float32, DataType::Float32) => floats::<Float32Type>(left, right),
        (DataType::Float64, DataType::Float64) => floats::<Float64Type>(left, right),
        // No cell of the null type is a value.
        (DataType::Null, _) | (_, DataType::Null) => Box::new(|_, _| Ordering::Equal),
        _ if types.0 == types.1 => make_comparator(left, right, SortOptions::default())
            .map_err(|error| KernelError::arrow(call.function, &error))?,
        _ => {
            let numeric = |of: &DataType| !matches!(of, DataType::Boolean);
            let numbers = numeric(types.0) && numeric(types.1);
            match (ExactNumbers::of(left), ExactNumbers::of(right)) {
                (Some(left), Some(right)) if numbers => Box::new(move |row, other| {
                    compare_scaled((left.value(row), left.scale()), (right.value(other), right.scale()))
                }),
                _ => {
                    call.same_type(1, types.1, types.0)?;
                    Box::new(|_, _| Ordering::Equal)
                }
            }
        }
    })
}

/// Floats as numbers: 0.0 and -0.0 are equal, NaN is equal to itself and above all others.
fn floats<'a, T: ArrowNumericType>(left: &'a dyn Array, right: &'a dyn Array) -> Comparator<'a>
where
    T::Native: PartialOrd,
{
    let (left, right) = (left.as_primitive::<T>(), right.as_primitive::<T>());
    let is_nan = |value: T::Native| value.partial_cmp(&value).is_none();
    Box::new(move |row, other| {
        let (a, b) = (left.value(row), right.value(other));
        a.partial_cmp(&b).unwrap_or_else(|| is_nan(a).cmp(&is_nan(b)))
    })
}

/// Numbers of different scales.
fn compare_scaled((a, a_scale): (i256, i8), (b, b_scale): (i256, i8)) -> Ordering {
    let distance = u32::from(a_scale.abs_diff(b_scale));
    let widen = |value: i256| {
        if distance > 76 { None } else { value.checked_mul(power(distance)) }
    };
    match a_scale.cmp(&b_scale) {
        Ordering::Equal => a.cmp(&b),
        // What does not fit when widened is larger, in its direction, than all that fits.
        Ordering::Less => widen(a).map_or_else(|| a.cmp(&i256::ZERO), |a| a.cmp(&b)),
        Ordering::Greater => widen(b).map_or_else(|| i256::ZERO.cmp(&b), |b| a.cmp(&b)),
    }
}

/// Whether a cell is one of the values of a list.
pub(super) fn within(call: &Call<'_>) -> Result<Checked, KernelError> {
    let input = call.only()?;
    let given = call.given(&["values"])?;
    let written = given.required("values", "a JSON array of the values")?;
    let bad = |why: &str| KernelError::bad_option("values", written, why);
    let cells = CellEncoder::new(input)
        .ok_or_else(|| call.wrong_type(0, "text, bytes, numbers, booleans, dates or times"))?;
    let listed: Vec<Box<RawValue>> =
        serde_json::from_str(written).map_err(|_| bad("it is a JSON array, [\"a\", \"b\"] or [1, 2]"))?;
    let mut texts = Vec::with_capacity(listed.len());
    for value in &listed {
        texts.push(match value.get().as_bytes().first() {
            Some(b'"') => serde_json::from_str(value.get()).map_err(|_| bad("it is no JSON"))?,
            // The digits as they stand: a number of 19 digits is no float.
            Some(b'-' | b'0'..=b'9' | b't' | b'f') => value.get().to_owned(),
            _ => return Err(bad("its values are texts, numbers and booleans; NULL is in no list")),
        });
    }
    let typed = Column::new(Arc::new(StringArray::from_iter_values(&texts)));
    let Checked { column: values, failed } = crate::cast(&typed, input.data_type(), &[])?;
    if let Some(failed) = failed.into_iter().next() {
        return Err(KernelError::bad_option("values", &texts[failed.row as usize], failed.reason));
    }
    if values.len() <= FEW && has_arrows_order(input.data_type()) {
        let found = any_of(input, &values).map_err(|error| KernelError::arrow(call.function, &error))?;
        return Ok(Checked::whole(Column::new(Arc::new(found))));
    }
    let listed = CellEncoder::new(&values);
    let mut known = HashSet::with_capacity(values.len());
    for (row, listed) in (0..values.len()).zip(std::iter::repeat(listed.as_ref())) {
        let mut bytes = Vec::new();
        if let Some(listed) = listed {
            listed.write(row, &mut bytes);
        }
        known.insert(bytes);
    }
    let mut found = Vec::with_capacity(input.len());
    let mut bytes = Vec::new();
    for row in 0..input.len() {
        bytes.clear();
        cells.write(row, &mut bytes);
        found.push(cells.is_value(row).then(|| known.contains(bytes.as_slice())));
    }
    Ok(call.answers(|row| found[row]))
}

/// Values that are compared one after the other, each with all cells at once; more are looked up.
const FEW: usize = 8;

fn any_of(input: &Column, values: &Column) -> Result<BooleanArray, ArrowError> {
    let mut found = BooleanBuffer::new_unset(input.len());
    for row in 0..values.len() {
        let one = values.values().slice(row, 1);
        found = &found | cmp::eq(input.values(), &Scalar::new(one))?.values();
    }
    Ok(BooleanArray::new(found, input.values().nulls().cloned()))
}
