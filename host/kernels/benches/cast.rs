//! The two casts that every GoldenGate row goes through, against Arrow's own.

use std::hint::black_box;
use std::sync::Arc;

use arrow_array::{ArrayRef, StringArray};
use arrow_cast::cast::{CastOptions, cast_with_options};
use arrow_schema::DataType;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sluicegate_kernels::cast;
use sluicegate_model::Column;

/// Rows of a batch under load.
const ROWS: u64 = 8_192;

fn ids() -> ArrayRef {
    // Numbers of 1 to 19 digits, as keys and counters are.
    let id = |row: u64| (row.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (row % 60 + 1)).to_string();
    Arc::new((0..ROWS).map(|row| Some(id(row))).collect::<StringArray>())
}

fn amounts() -> ArrayRef {
    let amount = |row: u64| format!("{}.{:02}", row * 7919 % 1_000_000, row % 100);
    Arc::new((0..ROWS).map(|row| Some(amount(row))).collect::<StringArray>())
}

fn casts(criterion: &mut Criterion) {
    let cases = [
        ("utf8 to int64", ids(), DataType::Int64),
        ("utf8 to decimal128(18,2)", amounts(), DataType::Decimal128(18, 2)),
    ];
    for (name, values, to) in cases {
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Elements(ROWS));
        let column = Column::new(Arc::clone(&values));
        group.bench_function("sluicegate", |bencher| bencher.iter(|| cast(black_box(&column), &to, &[])));
        let strict = CastOptions { safe: false, ..CastOptions::default() };
        group.bench_function("arrow-cast", |bencher| {
            bencher.iter(|| cast_with_options(black_box(&values), &to, &strict));
        });
        group.finish();
    }
}

criterion_group!(benches, casts);
criterion_main!(benches);
