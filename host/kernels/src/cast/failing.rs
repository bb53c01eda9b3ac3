//! Cells that do not fit: why, and how it is told.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrowPrimitiveType, PrimitiveArray};
use arrow_buffer::{BooleanBufferBuilder, NullBuffer};
use arrow_schema::DataType;
use sluicegate_model::Column;

use super::text::CellText;
use crate::checked::quote;
use crate::error::type_name;
use crate::{Checked, Failed};

/// Why a cell has no value of the type that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// Its text is none of that type.
    Malformed,
    /// The type ends before it.
    OutOfRange,
    /// Digits would be lost.
    Inexact,
    /// Nothing can be divided by it.
    DivisionByZero,
    /// A time of day would be lost.
    TimeOfDay,
    /// It says its offset from UTC, and the type has no place for one.
    Offset,
    /// The clock was put forward over this local time.
    SkippedLocalTime,
    /// The clock was put back, and showed this local time twice.
    AmbiguousLocalTime,
    /// Bytes that are no UTF-8.
    NotUtf8,
    /// More or fewer bytes than the type has.
    Width,
}

impl Why {
    /// What follows the cell in a sentence.
    pub fn phrase(self, to: &DataType) -> String {
        let to = type_name(to);
        match self {
            Self::Malformed => format!("is no {to}"),
            Self::OutOfRange => format!("does not fit {to}"),
            Self::Inexact => {
                format!("would lose digits as {to}: option round (half-up or down) allows that")
            }
            Self::DivisionByZero => "cannot be a divisor".to_owned(),
            Self::TimeOfDay => format!("would lose its time of day as {to}: option round=down allows that"),
            Self::Offset => format!("has an offset from UTC, {to} has none: option time-zone says the zone to show it in"),
            Self::SkippedLocalTime => "is a local time that the time zone's clock skipped".to_owned(),
            Self::AmbiguousLocalTime => {
                "is a local time that the time zone's clock showed twice: option ambiguous (earliest or latest) \
                 picks one"
                    .to_owned()
            }
            Self::NotUtf8 => "is no UTF-8".to_owned(),
            Self::Width => format!("has another number of bytes than {to}"),
        }
    }
}

/// Rows for which there is no value, while a result is made.
#[derive(Debug, Default)]
pub(crate) struct Failing(Vec<(u32, Why)>);

impl Failing {
    #[cold]
    pub fn push(&mut self, row: usize, why: Why) {
        // Arrow's arrays that this crate takes have 32-bit offsets, and the interface counts rows in u32.
        self.0.push((row as u32, why));
    }

    /// The validity of the result: that of the input, less the rows that failed.
    pub fn validity(&self, input: &Column) -> Option<NullBuffer> {
        without(input.values().nulls(), input.len(), self.rows())
    }

    /// The rows.
    fn rows(&self) -> impl ExactSizeIterator<Item = usize> {
        self.0.iter().map(|(row, _)| *row as usize)
    }

    /// The reasons, in words that the caller has for them.
    pub fn told(self, tell: impl Fn(usize, Why) -> String) -> Vec<Failed> {
        self.0.into_iter().map(|(row, why)| Failed { row, reason: tell(row as usize, why) }).collect()
    }

    /// The reasons, each with the cell that it is about.
    pub fn reasons(self, input: &Column, to: &DataType) -> Vec<Failed> {
        self.told(|row, why| format!("{} {}", excerpt(input, row), why.phrase(to)))
    }
}

/// A validity of `rows` cells that is `nulls` less the rows of `failed`.
pub(crate) fn without(
    nulls: Option<&NullBuffer>,
    rows: usize,
    failed: impl ExactSizeIterator<Item = usize>,
) -> Option<NullBuffer> {
    if failed.len() == 0 {
        return nulls.cloned();
    }
    let mut bits = BooleanBufferBuilder::new(rows);
    match nulls {
        Some(nulls) => bits.append_buffer(nulls.inner()),
        None => bits.append_n(rows, true),
    }
    for row in failed {
        bits.set_bit(row, false);
    }
    Some(NullBuffer::new(bits.finish()))
}

/// A cell as a reason names it.
pub(crate) fn excerpt(input: &Column, row: usize) -> String {
    /// Bytes that are quoted of a cell that is no text.
    const BYTES: usize = 20;
    let values = input.values();
    let bytes = match values.data_type() {
        DataType::Utf8 => return quote(values.as_string::<i32>().value(row)),
        DataType::Binary => values.as_binary::<i32>().value(row),
        DataType::FixedSizeBinary(_) => values.as_fixed_size_binary().value(row),
        _ => {
            let mut text = Vec::new();
            if let Some(cells) = CellText::exact(values.as_ref()) {
                cells.write(row, &mut text);
            }
            return String::from_utf8_lossy(&text).into_owned();
        }
    };
    let more = if bytes.len() > BYTES { "..." } else { "" };
    format!("0x{}{more}", hex::encode(&bytes[..bytes.len().min(BYTES)]))
}

/// Makes a column of primitives: `value` is asked for each row that is not null.
pub(super) fn primitives<T: ArrowPrimitiveType>(
    input: &Column,
    to: &DataType,
    value: impl Fn(usize) -> Result<T::Native, Why>,
) -> Checked {
    let (array, failing) = primitive_array::<T>(input.len(), input.values().nulls(), to, value);
    Checked::of(input, Arc::new(array), failing.reasons(input, to))
}

/// Makes an array of primitives of type `to`: `value` is asked for each row that is not null.
pub(crate) fn primitive_array<T: ArrowPrimitiveType>(
    rows: usize,
    nulls: Option<&NullBuffer>,
    to: &DataType,
    value: impl Fn(usize) -> Result<T::Native, Why>,
) -> (PrimitiveArray<T>, Failing) {
    let mut failing = Failing::default();
    let mut values: Vec<T::Native> = Vec::with_capacity(rows);
    let mut make = |row: usize| {
        value(row).unwrap_or_else(|why| {
            failing.push(row, why);
            T::Native::default()
        })
    };
    match nulls.filter(|nulls| nulls.null_count() > 0) {
        None => values.extend((0..rows).map(make)),
        Some(nulls) => values
            .extend((0..rows).map(|row| if nulls.is_valid(row) { make(row) } else { T::Native::default() })),
    }
    let validity = without(nulls, rows, failing.rows());
    (PrimitiveArray::<T>::new(values.into(), validity).with_data_type(to.clone()), failing)
}
