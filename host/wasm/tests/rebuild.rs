//! Cells of every type go into a guest and come back as they were.
#![allow(clippy::from_iter_instead_of_collect, reason = "a type a line")]

mod support;

use std::sync::Arc;

use arrow_array::builder::{Int32Builder, ListBuilder, MapBuilder, MapFieldNames, StringBuilder};
use arrow_array::types::Int32Type;
use arrow_array::*;
use arrow_buffer::{BooleanBuffer, i256};
use arrow_schema::{DataType, Field, Fields};
use proptest::prelude::*;
use serde_json::json;
use sluicegate_connector::Transform;
use sluicegate_model::{ChangeBatch, Column};
use support::{inserts, options, start};

const WAYS: [&str; 4] = ["rebuild", "rebuild-buffers", "rebuild-pieces", "rebuild-text"];

/// Seven rows of every type.
fn every_type() -> ChangeBatch {
    let mut lists = ListBuilder::new(Int32Builder::new());
    let names = MapFieldNames { entry: "entries".into(), key: "keys".into(), value: "values".into() };
    let mut maps = MapBuilder::new(Some(names), StringBuilder::new(), StringBuilder::new());
    for row in 0..7 {
        for item in 0..row {
            lists.values().append_option((item != 2).then_some(item));
            maps.keys().append_value(format!("k{item}"));
            maps.values().append_option((item != 1).then_some("v"));
        }
        lists.append(row != 4);
        maps.append(row != 3).unwrap();
    }
    let fields =
        Fields::from(vec![Field::new("a", DataType::Int32, true), Field::new("b c", DataType::Utf8, true)]);
    let structs = StructArray::new(
        fields,
        vec![
            Arc::new(Int32Array::from_iter((0..7).map(|n| (n != 5).then_some(n)))),
            Arc::new(StringArray::from_iter((0..7).map(|n| (n != 6).then(|| n.to_string())))),
        ],
        Some(vec![true, true, false, true, true, true, true].into()),
    );
    let some = |n: i64| (n != 2).then_some(n);
    let arrays: Vec<(&str, ArrayRef)> = vec![
        ("null", Arc::new(NullArray::new(7))),
        ("boolean", Arc::new(BooleanArray::from_iter((0..7).map(|n| some(n).map(|n| n % 3 == 0))))),
        ("int8", Arc::new(Int8Array::from_iter((0..7).map(|n| some(n).map(|n| n as i8 - 3))))),
        ("int16", Arc::new(Int16Array::from_iter((0..7).map(|n| some(n).map(|n| n as i16 - 3))))),
        ("int32", Arc::new(Int32Array::from_iter((0..7).map(|n| some(n).map(|n| n as i32 - 3))))),
        ("int64", Arc::new(Int64Array::from_iter((0..7).map(some)))),
        ("uint8", Arc::new(UInt8Array::from_iter((0..7).map(|n| some(n).map(|n| n as u8))))),
        ("uint16", Arc::new(UInt16Array::from_iter((0..7).map(|n| some(n).map(|n| n as u16))))),
        ("uint32", Arc::new(UInt32Array::from_iter((0..7).map(|n| some(n).map(|n| n as u32))))),
        ("uint64", Arc::new(UInt64Array::from_iter((0..7).map(|n| some(n).map(|n| u64::MAX - n as u64))))),
        ("float32", Arc::new(Float32Array::from_iter((0..7).map(|n| some(n).map(|n| n as f32 / 3.0))))),
        ("float64", Arc::new(Float64Array::from_iter((0..7).map(|n| some(n).map(|n| n as f64 / 3.0))))),
        ("date32", Arc::new(Date32Array::from_iter((0..7).map(|n| some(n).map(|n| n as i32 * 1000))))),
        ("time64", Arc::new(Time64MicrosecondArray::from_iter((0..7).map(some)))),
        ("duration", Arc::new(DurationMicrosecondArray::from_iter((0..7).map(|n| some(-n))))),
        ("timestamp", Arc::new(TimestampMicrosecondArray::from_iter((0..7).map(some)))),
        ("utc", Arc::new(TimestampMicrosecondArray::from_iter((0..7).map(some)).with_timezone("UTC"))),
        (
            "decimal128",
            Arc::new(
                Decimal128Array::from_iter((0..7).map(|n| some(n).map(|n| i128::from(n) - 3)))
                    .with_precision_and_scale(38, 10)
                    .unwrap(),
            ),
        ),
        (
            "decimal256",
            Arc::new(
                Decimal256Array::from_iter((0..7).map(|n| some(n).map(|n| i256::from_i128(n.into()))))
                    .with_precision_and_scale(76, 0)
                    .unwrap(),
            ),
        ),
        (
            "fixed",
            Arc::new(
                FixedSizeBinaryArray::try_from_sparse_iter_with_size(
                    (0..7).map(|n| some(n).map(|n| [n as u8; 3])),
                    3,
                )
                .unwrap(),
            ),
        ),
        (
            "utf8",
            Arc::new(StringArray::from_iter((0..7).map(|n| some(n).map(|n| "grüße ".repeat(n as usize))))),
        ),
        ("binary", Arc::new(BinaryArray::from_iter((0..7).map(|n| some(n).map(|n| vec![0xff; n as usize]))))),
        ("list", Arc::new(lists.finish())),
        ("map", Arc::new(maps.finish())),
        ("struct", Arc::new(structs)),
    ];
    let presence = BooleanBuffer::from(vec![true, false, true, true, true, true, false]);
    let three_states = arrays
        .iter()
        .map(|(name, array)| (*name, Column::with_presence(Arc::clone(array), Some(presence.clone()))));
    inserts(three_states.collect())
}

/// The same cells; the names of inner fields are not the same.
fn assert_same(made: &ChangeBatch, of: &ChangeBatch, way: &str) {
    for (place, field) in of.schema().fields().iter().enumerate() {
        let (made, of) = (&made.columns()[place], &of.columns()[place]);
        let name = field.name();
        assert_eq!(made.presence(), of.presence(), "{way} of {name}");
        assert_eq!(made.data_type(), of.data_type(), "{way} of {name}");
        assert_eq!(made.values().as_ref(), of.values().as_ref(), "{way} of {name}");
    }
}

#[test]
fn every_type_comes_back_by_every_way() {
    let batch = every_type();
    for way in WAYS {
        let mut step = start(options(json!({"op": way})));
        let made = step.transform(&batch).unwrap();
        assert_same(&made.outputs[0], &batch, way);
    }
}

#[test]
fn no_rows_come_back() {
    let batch = every_type().slice(0, 0);
    for way in WAYS {
        let mut step = start(options(json!({"op": way})));
        assert_same(&step.transform(&batch).unwrap().outputs[0], &batch, way);
    }
}

#[test]
fn a_list_without_items_comes_back() {
    let lists = ListArray::from_iter_primitive::<Int32Type, _, _>(vec![Some(vec![]), None, Some(vec![])]);
    let field = Arc::new(Field::new("item", DataType::Int32, true));
    let lists =
        ListArray::new(field, lists.offsets().clone(), Arc::clone(lists.values()), lists.nulls().cloned());
    let batch = inserts(vec![("l", Column::new(Arc::new(lists)))]);
    let mut step = start(options(json!({"op": "rebuild"})));
    assert_same(&step.transform(&batch).unwrap().outputs[0], &batch, "rebuild");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Slices have offsets of bits and buffers: the guest must not see them.
    #[test]
    fn slices_come_back(start_row in 0usize..7, count in 0usize..7, way in 0usize..4) {
        let all = every_type();
        let batch = all.slice(start_row, count.min(7 - start_row));
        let mut step = start(options(json!({"op": WAYS[way]})));
        assert_same(&step.transform(&batch).unwrap().outputs[0], &batch, WAYS[way]);
    }

    #[test]
    fn any_text_comes_back(cells in prop::collection::vec(prop::option::of(".{0,12}"), 0..40)) {
        let batch = inserts(vec![("t", Column::new(Arc::new(StringArray::from(cells))))]);
        for way in WAYS {
            let mut step = start(options(json!({"op": way})));
            assert_same(&step.transform(&batch).unwrap().outputs[0], &batch, way);
        }
    }
}
