//! Batches made at random of what a format holds.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Decimal256Array,
    DurationMicrosecondArray, Float32Array, Float64Array, Int8Array, Int16Array, Int32Array, Int64Array,
    StringArray, Time64MicrosecondArray, TimestampMicrosecondArray, UInt8Array, UInt16Array, UInt32Array,
    UInt64Array,
};
use arrow_buffer::{BooleanBuffer, i256};
use arrow_schema::{DataType, Field, TimeUnit};
use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use sluicegate_model::{ChangeBatch, Column, Meta, RowKind, field};

use super::features::{FIRST, LAST, batch, type_name, types};
use super::outcome::Outcome;
use super::profiles::Profile;
use super::table::OUTCOMES;

/// Whether a profile holds a feature, a type perhaps as another one.
pub(crate) fn holds(profile: &Profile, feature: &str) -> bool {
    matches!(
        OUTCOMES.get(&(feature.to_owned(), profile.name)),
        Some(Outcome::Held | Outcome::Told | Outcome::As(_))
    )
}

/// Kinds of one change, and the feature that has them.
const UNITS: &[(&str, &[RowKind])] = &[
    ("insert", &[RowKind::Insert]),
    ("update with before", &[RowKind::UpdateBefore, RowKind::UpdateAfter]),
    ("update without before", &[RowKind::UpdateAfter]),
    ("delete", &[RowKind::Delete]),
];

/// A batch of what every one of some profiles holds.
pub(crate) fn held_by(profiles: &[&'static Profile]) -> BoxedStrategy<ChangeBatch> {
    let all = |feature: &str| profiles.iter().all(|profile| holds(profile, feature));
    let units: Vec<Vec<RowKind>> =
        UNITS.iter().filter(|(feature, _)| all(feature)).map(|(_, kinds)| kinds.to_vec()).collect();
    let fields: Vec<Field> = types()
        .into_iter()
        .map(|(field, _)| field)
        .filter(|field| all(&type_name(field)) && has_strategy(field))
        .collect();
    let (nulls, missing) = (all("NULL, and empty text"), all("missing cells"));
    let parts_before = all("update with some columns before");
    if units.is_empty() || fields.is_empty() {
        return Just(batch(&[], Vec::new(), Meta::new())).boxed();
    }
    let units = vec(proptest::sample::select(units), 1..6);
    let fields = vec(proptest::sample::select(fields), 1..6);
    (units, fields)
        .prop_flat_map(move |(units, fields)| {
            let rows = units.iter().map(Vec::len).sum();
            let whole = if parts_before { Vec::new() } else { old_images(&units) };
            let columns: Vec<_> =
                fields.iter().map(|field| column(field, rows, nulls, missing, whole.clone())).collect();
            (Just(units), Just(fields), columns)
        })
        .prop_map(|(units, fields, columns)| {
            let named =
                fields.into_iter().enumerate().map(|(place, field)| field.with_name(format!("c{place}")));
            batch(&units, named.zip(columns).collect(), Meta::new())
        })
        .boxed()
}

/// The rows that are the old images of pairs.
fn old_images(units: &[Vec<RowKind>]) -> Vec<usize> {
    let kinds = units.iter().flatten().enumerate();
    kinds.filter(|(_, kind)| **kind == RowKind::UpdateBefore).map(|(row, _)| row).collect()
}

fn has_strategy(field: &Field) -> bool {
    !matches!(
        field.data_type(),
        DataType::FixedSizeBinary(_)
            | DataType::List(_)
            | DataType::Struct(_)
            | DataType::Map(..)
            | DataType::Null
            | DataType::Timestamp(TimeUnit::Millisecond, _)
    )
}

/// A column, in which some old images say all that the new ones after them do.
fn column(
    field: &Field,
    rows: usize,
    nulls: bool,
    missing: bool,
    whole: Vec<usize>,
) -> BoxedStrategy<Column> {
    let values = values(field, rows, if nulls { 0.8 } else { 1.0 });
    let presence = vec(prop::bool::weighted(if missing { 0.8 } else { 1.0 }), rows);
    (values, presence)
        .prop_map(move |(values, mut presence)| {
            for &row in &whole {
                presence[row] |= presence[row + 1];
            }
            Column::with_presence(values, Some(presence.into_iter().collect::<BooleanBuffer>()))
        })
        .boxed()
}

/// An array of a type; a cell is a value with some probability.
fn values(field: &Field, rows: usize, some: f64) -> BoxedStrategy<ArrayRef> {
    macro_rules! cells {
        ($array:ty, $value:expr) => {
            cells!($array, $value, |array| array)
        };
        ($array:ty, $value:expr, $finish:expr) => {
            vec(weighted(some, $value), rows)
                .prop_map(|cells| {
                    let finish: fn($array) -> $array = $finish;
                    Arc::new(finish(cells.into_iter().collect())) as ArrayRef
                })
                .boxed()
        };
    }
    let number = "-?(0|[1-9][0-9]{0,40})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?";
    let raw = any::<(String, i64)>().prop_map(|(text, number)| {
        format!("[{}, null,{{\"a\": {number}}}]", serde_json::to_string(&text).unwrap())
    });
    match field.data_type() {
        DataType::Boolean => cells!(BooleanArray, any::<bool>()),
        DataType::Int8 => cells!(Int8Array, any::<i8>()),
        DataType::Int16 => cells!(Int16Array, any::<i16>()),
        DataType::Int32 => cells!(Int32Array, any::<i32>()),
        DataType::Int64 => cells!(Int64Array, any::<i64>()),
        DataType::UInt8 => cells!(UInt8Array, any::<u8>()),
        DataType::UInt16 => cells!(UInt16Array, any::<u16>()),
        DataType::UInt32 => cells!(UInt32Array, any::<u32>()),
        DataType::UInt64 => cells!(UInt64Array, any::<u64>()),
        DataType::Float32 => cells!(Float32Array, any::<f32>()),
        DataType::Float64 => cells!(Float64Array, any::<f64>()),
        DataType::Decimal128(..) => {
            let value = -999_999_999_999_999_999_i128..=999_999_999_999_999_999;
            cells!(Decimal128Array, value, |array| array.with_precision_and_scale(18, 2).unwrap())
        }
        DataType::Decimal256(..) => {
            let value = "-?[1-9][0-9]{0,64}".prop_map(|digits| i256::from_string(&digits).unwrap());
            cells!(Decimal256Array, value, |array| array.with_precision_and_scale(65, 30).unwrap())
        }
        DataType::Utf8 => match field.metadata().get(field::JSON).map(String::as_str) {
            None => cells!(StringArray, prop_oneof![any::<String>(), "[ -~\\x00-\\x1f\"\\\\é中😀]{0,40}"]),
            Some(field::JSON_NUMBER) => cells!(StringArray, number),
            Some(_) => cells!(StringArray, raw),
        },
        DataType::Binary => vec(weighted(some, vec(any::<u8>(), 0..40)), rows)
            .prop_map(|cells| {
                let cells: Vec<Option<&[u8]>> = cells.iter().map(Option::as_deref).collect();
                Arc::new(BinaryArray::from(cells)) as ArrayRef
            })
            .boxed(),
        DataType::Date32 => cells!(Date32Array, -719_162..=2_932_896),
        DataType::Timestamp(TimeUnit::Microsecond, None) => cells!(TimestampMicrosecondArray, FIRST..=LAST),
        DataType::Timestamp(TimeUnit::Microsecond, Some(_)) => {
            cells!(TimestampMicrosecondArray, FIRST..=LAST, |array| array.with_timezone("UTC"))
        }
        DataType::Time64(_) => cells!(Time64MicrosecondArray, 0..86_400_000_000_i64),
        DataType::Duration(_) => {
            cells!(DurationMicrosecondArray, -3_020_399_999_999_i64..=3_020_399_999_999)
        }
        other => unreachable!("no column of {other} is made"),
    }
}
