//! What holds for every column.

mod support;

use std::sync::Arc;

use arrow_array::types::{Decimal128Type, Decimal256Type, TimestampMicrosecondType};
use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, DurationMicrosecondArray, Float64Array, Int64Array,
    PrimitiveArray, StringArray, TimestampMicrosecondArray, UInt64Array,
};
use arrow_buffer::{BooleanBuffer, i256};
use arrow_schema::DataType;
use proptest::prelude::*;
use sluicegate_kernels::{Checked, HashAlgorithm, cast, compute, functions, hash, take};
use sluicegate_model::{Cell, Column, data_type};
use support::options;

/// States of cells and seeds of their values.
type Seeds = Vec<(Cell, u64)>;

fn seeds(rows: std::ops::Range<usize>) -> impl Strategy<Value = Seeds> {
    let state = prop_oneof![6 => Just(Cell::Value), 1 => Just(Cell::Null), 1 => Just(Cell::Missing)];
    let seed = prop_oneof![any::<u64>(), 0_u64..200, Just(u64::MAX), Just(1_u64 << 63)];
    prop::collection::vec((state, seed), rows)
}

fn built(seeds: &Seeds, make: impl FnOnce(Vec<Option<u64>>) -> ArrayRef) -> Column {
    let values = make(seeds.iter().map(|(state, seed)| (*state == Cell::Value).then_some(*seed)).collect());
    let presence: BooleanBuffer = seeds.iter().map(|(state, _)| *state != Cell::Missing).collect();
    Column::with_presence(values, Some(presence))
}

fn map<T>(cells: Vec<Option<u64>>, value: impl Fn(u64) -> T) -> impl Iterator<Item = Option<T>> {
    cells.into_iter().map(move |cell| cell.map(&value))
}

/// A column of each kind from the same seeds.
fn kinds(seeds: &Seeds) -> Vec<Column> {
    const WORDS: [&str; 12] = [
        "12",
        "-7.50",
        "1e2",
        "2024-02-29",
        "2024-02-29:01:02:03.5",
        "01:02:03",
        "true",
        "李小龙",
        "",
        "ff",
        "Zg==",
        "x",
    ];
    let below = |most: i128| move |seed: u64| i128::from(seed).wrapping_mul(i128::from(seed)) % most;
    vec![
        built(seeds, |cells| Arc::new(map(cells, u64::cast_signed).collect::<Int64Array>())),
        built(seeds, |cells| Arc::new(map(cells, |seed| seed).collect::<UInt64Array>())),
        built(seeds, |cells| Arc::new(map(cells, |seed| seed % 2 == 0).collect::<BooleanArray>())),
        built(seeds, |cells| {
            Arc::new(
                map(cells, |seed| f64::from_bits(seed & !(0x7ff << 52) | 0x3ff << 52))
                    .collect::<Float64Array>(),
            )
        }),
        built(seeds, |cells| {
            let array: PrimitiveArray<Decimal128Type> = map(cells, below(10_i128.pow(30))).collect();
            Arc::new(array.with_data_type(DataType::Decimal128(30, 10)))
        }),
        built(seeds, |cells| {
            let array: PrimitiveArray<Decimal256Type> = map(cells, |seed| {
                i256::from_i128(seed.into()).wrapping_mul(i256::from_i128(10_i128.pow(36)))
            })
            .collect();
            Arc::new(array.with_data_type(DataType::Decimal256(60, 20)))
        }),
        built(seeds, |cells| {
            Arc::new(map(cells, |seed| (seed % 4_000_000) as i32 - 700_000).collect::<Date32Array>())
        }),
        built(seeds, |cells| {
            Arc::new(
                map(cells, |seed| (seed >> 8).cast_signed() - (1 << 50))
                    .collect::<TimestampMicrosecondArray>(),
            )
        }),
        built(seeds, |cells| {
            let array: PrimitiveArray<TimestampMicrosecondType> =
                map(cells, |seed| (seed >> 12).cast_signed()).collect();
            Arc::new(array.with_timezone("UTC"))
        }),
        built(seeds, |cells| {
            Arc::new(
                map(cells, |seed| (seed >> 20).cast_signed() - (1 << 40))
                    .collect::<DurationMicrosecondArray>(),
            )
        }),
        built(seeds, |cells| {
            Arc::new(map(cells, |seed| WORDS[(seed % 12) as usize]).collect::<StringArray>())
        }),
        built(seeds, |cells| Arc::new(map(cells, |seed| seed.to_string()).collect::<StringArray>())),
        built(seeds, |cells| {
            Arc::new(map(cells, |seed| seed.to_be_bytes().to_vec()).collect::<BinaryArray>())
        }),
    ]
}

const TARGETS: [&str; 16] = [
    "int8",
    "int32",
    "int64",
    "uint64",
    "float64",
    "decimal(12,3)",
    "decimal256(60,20)",
    "boolean",
    "utf8",
    "binary",
    "fixed(8)",
    "date32",
    "timestamp(us)",
    "timestamp(ms,UTC)",
    "duration(us)",
    "time64(us)",
];

/// The part of a whole result that belongs to rows `start .. start + count`.
fn part(whole: &Checked, start: usize, count: usize) -> Checked {
    let range = start as u32..(start + count) as u32;
    let mut failed: Vec<_> =
        whole.failed.iter().filter(|failed| range.contains(&failed.row)).cloned().collect();
    for failed in &mut failed {
        failed.row -= start as u32;
    }
    Checked { column: whole.column.slice(start, count), failed }
}

/// A function, its inputs and its options.
type Call<'a> = (&'static str, Vec<&'a Column>, Vec<(String, String)>);

/// Inputs and options with which each function runs.
fn calls(kinds: &[Column]) -> Vec<Call<'_>> {
    let [ints, _, bits, floats, decimals, _, _, _, instants, _, words, digits, bytes] = kinds else {
        unreachable!()
    };
    vec![
        ("abs", vec![ints], vec![]),
        ("add", vec![ints, ints], vec![]),
        ("and", vec![bits, bits], vec![]),
        ("coalesce", vec![words, digits], vec![]),
        ("concat", vec![words, digits], options(&[("separator", "/")])),
        ("contains", vec![digits], options(&[("value", "1")])),
        ("date-trunc", vec![instants], options(&[("unit", "month"), ("time-zone", "Europe/Berlin")])),
        ("date-trunc", vec![words], options(&[("unit", "year")])),
        ("encode", vec![bytes], options(&[("encoding", "base64url"), ("prefix", "p"), ("bytes", "2")])),
        ("ends-with", vec![digits, words], vec![]),
        ("eq", vec![ints, decimals], vec![]),
        ("eq-null-safe", vec![words, digits], vec![]),
        ("from-base64", vec![words], vec![]),
        ("from-hex", vec![words], vec![]),
        ("ge", vec![instants], options(&[("value", "2000-01-01")])),
        ("gt", vec![words, digits], vec![]),
        ("hash-bucket", vec![words, ints], options(&[("buckets", "7")])),
        ("if", vec![bits, words, digits], vec![]),
        ("in", vec![words], options(&[("values", r#"["12", "x"]"#)])),
        ("in", vec![digits], options(&[("values", "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]")])),
        ("is-missing", vec![ints], vec![]),
        ("is-null", vec![ints], vec![]),
        ("le", vec![decimals], options(&[("value", "1.5")])),
        ("length", vec![bytes], vec![]),
        ("lower", vec![words], vec![]),
        ("lt", vec![bytes, bytes], vec![]),
        ("mask", vec![words], options(&[("keep-first", "1")])),
        ("mask", vec![digits], options(&[("keep-last", "2")])),
        ("mask", vec![words], options(&[("preset", "phone")])),
        ("matches", vec![words], options(&[("pattern", "^[0-9]+$")])),
        ("mod", vec![ints], options(&[("value", "7")])),
        ("mul", vec![decimals, ints], vec![]),
        ("ne", vec![bits, bits], vec![]),
        ("not", vec![bits], vec![]),
        ("or", vec![bits, bits], vec![]),
        ("redact", vec![decimals], options(&[("value", "0")])),
        ("redact", vec![words], vec![]),
        ("regex-replace", vec![words], options(&[("pattern", "[0-9]"), ("with", "#")])),
        ("replace", vec![words], options(&[("search", "2"), ("with", "")])),
        ("round", vec![decimals], options(&[("places", "2")])),
        ("round", vec![ints], options(&[("digits", "2")])),
        ("round", vec![floats], options(&[("step", "0.25")])),
        ("starts-with", vec![digits], options(&[("value", "1")])),
        ("sub", vec![decimals, decimals], vec![]),
        ("substring", vec![words], options(&[("start", "2"), ("len", "3")])),
        ("to-base64", vec![bytes], vec![]),
        ("to-hex", vec![bytes], vec![]),
        ("trim", vec![words], vec![]),
        ("upper", vec![words], vec![]),
    ]
}

#[test]
fn the_property_of_slices_covers_every_function() {
    let kinds = kinds(&vec![(Cell::Value, 1)]);
    let mut named: Vec<&str> = calls(&kinds).iter().map(|(function, _, _)| *function).collect();
    named.dedup();
    assert_eq!(named, functions());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn casting_to_text_and_back_is_the_identity(seeds in seeds(0..40)) {
        for column in kinds(&seeds) {
            let of = column.data_type().clone();
            let given = options(if of == DataType::Binary { &[("encoding", "base64")] } else { &[] });
            let text = cast(&column, &DataType::Utf8, &given).unwrap();
            prop_assert_eq!(&text.failed, &[]);
            let back = cast(&text.column, &of, &given).unwrap();
            prop_assert_eq!(&back.failed, &[], "{}", of);
            prop_assert_eq!(back.column, column, "{}", of);
        }
    }

    #[test]
    fn what_a_cast_makes_it_makes_back(seeds in seeds(0..40)) {
        for column in kinds(&seeds) {
            // What stands in text has many forms; what was cut to fit was not cast.
            let numbers = column.data_type().is_numeric() || *column.data_type() == DataType::Boolean;
            for target in TARGETS.iter().filter(|target| numbers && !target.starts_with("float")) {
                let target = data_type::parse(target).unwrap();
                let Ok(made) = cast(&column, &target, &[]) else { continue };
                let back = cast(&made.column, column.data_type(), &[]).unwrap();
                for row in 0..column.len() {
                    let failed = made.failed.iter().any(|failed| failed.row as usize == row);
                    let expected = if failed { Cell::Null } else { column.cell(row) };
                    prop_assert_eq!(back.column.cell(row), expected);
                    if expected == Cell::Value && column.data_type() != &DataType::Float64 {
                        prop_assert_eq!(back.column.slice(row, 1), column.slice(row, 1), "{}", target);
                    }
                }
            }
        }
    }

    #[test]
    fn a_cast_of_a_slice_is_a_slice_of_the_cast(seeds in seeds(1..40), at in any::<(prop::sample::Index, prop::sample::Index)>()) {
        let start = at.0.index(seeds.len());
        let count = at.1.index(seeds.len() - start + 1);
        for column in kinds(&seeds) {
            for target in TARGETS {
                let target = data_type::parse(target).unwrap();
                let given = options(&[("unit", "us"), ("time-zone", "Asia/Shanghai")]);
                let Ok(whole) = cast(&column, &target, &given) else { continue };
                let sliced = cast(&column.slice(start, count), &target, &given).unwrap();
                prop_assert_eq!(sliced, part(&whole, start, count), "{} to {}", column.data_type(), target);
            }
        }
    }

    #[test]
    fn a_function_of_a_slice_is_a_slice_of_the_function(seeds in seeds(1..40), at in any::<(prop::sample::Index, prop::sample::Index)>()) {
        let start = at.0.index(seeds.len());
        let count = at.1.index(seeds.len() - start + 1);
        let kinds = kinds(&seeds);
        for (function, inputs, given) in calls(&kinds) {
            let whole = compute(function, &inputs, &given).unwrap();
            let slices: Vec<Column> = inputs.iter().map(|input| input.slice(start, count)).collect();
            let sliced = compute(function, &slices.iter().collect::<Vec<_>>(), &given).unwrap();
            prop_assert_eq!(sliced, part(&whole, start, count), "{}", function);
        }
    }

    #[test]
    fn taking_keeps_each_cell(seeds in seeds(1..40), picks in prop::collection::vec(any::<prop::sample::Index>(), 0..40)) {
        let rows: Vec<u32> = picks.iter().map(|pick| pick.index(seeds.len()) as u32).collect();
        let picked: Seeds = rows.iter().map(|row| seeds[*row as usize]).collect();
        for (column, expected) in kinds(&seeds).iter().zip(kinds(&picked)) {
            prop_assert_eq!(take(column, &rows).unwrap(), expected);
            prop_assert!(take(column, &[seeds.len() as u32]).is_err());
        }
    }

    #[test]
    fn equal_cells_hash_equal(seeds in seeds(1..40), at in any::<prop::sample::Index>()) {
        let seeds: Seeds = seeds.into_iter().map(|(state, seed)| {
            (if state == Cell::Missing { Cell::Null } else { state }, seed)
        }).collect();
        let start = at.index(seeds.len());
        let kinds = kinds(&seeds);
        for algorithm in [HashAlgorithm::Murmur2, HashAlgorithm::Xxh3, HashAlgorithm::Crc32] {
            for pair in kinds.windows(2) {
                let (one, two) = (&pair[0], &pair[1]);
                for inputs in [vec![one], vec![one, two]] {
                    let whole = hash(&inputs, algorithm).unwrap();
                    let slices: Vec<Column> = inputs.iter().map(|input| input.slice(start, seeds.len() - start)).collect();
                    let sliced = hash(&slices.iter().collect::<Vec<_>>(), algorithm).unwrap();
                    prop_assert_eq!(sliced, whole.slice(start, seeds.len() - start));
                }
            }
            let as_text = cast(&kinds[0], &DataType::Utf8, &[]).unwrap().column;
            prop_assert_eq!(hash(&[&as_text], algorithm).unwrap(), hash(&[&kinds[0]], algorithm).unwrap());
        }
    }
}
