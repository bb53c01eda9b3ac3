//! What the boundary costs: starting an instance, a batch whatever its size, and a row.
//!
//! The guest is the one of the tests, so that no figure depends on a built-in transform.

use std::hint::black_box;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, Int64Array, StringArray};
use arrow_schema::DataType;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use serde_json::json;
use sluicegate_connector::Transform;
use sluicegate_model::{ChangeBatch, Column};

#[path = "../tests/support/mod.rs"]
mod support;

const ROWS: usize = 8_192;

/// Ten columns: a name, an amount as text, and eight numbers.
fn batch(rows: usize) -> ChangeBatch {
    let names: ArrayRef =
        Arc::new(StringArray::from_iter_values((0..rows).map(|row| format!("name-{row:06}"))));
    let amounts: ArrayRef = Arc::new(StringArray::from_iter_values((0..rows).map(|row| format!("{row}.25"))));
    let mut columns = vec![("name", Column::new(names)), ("amount", Column::new(amounts))];
    for name in ["a", "b", "c", "d", "e", "f", "g", "h"] {
        columns.push((name, Column::new(Arc::new(Int64Array::from_iter_values(0..rows as i64)))));
    }
    support::inserts(columns)
}

/// The mask of the guest, without a guest.
fn native_mask(column: &Column) -> ArrayRef {
    let array = column.values().as_any().downcast_ref::<StringArray>().expect("text");
    let mut data = array.values()[..].to_vec();
    for row in 0..array.len() {
        let (start, end) = (array.value_offsets()[row] as usize, array.value_offsets()[row + 1] as usize);
        for byte in data[start..end].iter_mut().skip(1) {
            *byte = b'*';
        }
    }
    Arc::new(
        StringArray::try_new(array.offsets().clone(), data.into(), array.nulls().cloned()).expect("ASCII"),
    )
}

fn starting(criterion: &mut Criterion) {
    let host = support::host();
    let step =
        sluicegate_wasm::Step::new(&host, support::options(json!({"op": "identity"}))).expect("a guest");
    criterion.bench_function("start/instance", |bencher| bencher.iter(|| step.start().expect("an instance")));
    criterion.bench_function("start/host and cached guest", |bencher| {
        bencher.iter(|| {
            let host = support::host();
            sluicegate_wasm::Step::new(&host, support::options(json!({"op": "identity"}))).expect("a guest")
        });
    });
}

fn batches(criterion: &mut Criterion) {
    let cast = || json!({"op": "cast", "column": "amount", "to": "decimal(18,2)"});
    let mask = || json!({"op": "mask", "column": "name"});
    let split = || json!({"op": "split", "column": "a", "into": 3, "hash": "xxh3"});
    let guests =
        [("identity", json!({"op": "identity"})), ("mask", mask()), ("cast", cast()), ("split", split())];
    for rows in [1, ROWS] {
        let batch = batch(rows);
        let mut group = criterion.benchmark_group(format!("{rows} rows"));
        group.throughput(Throughput::Elements(rows as u64));
        for (name, with) in guests.clone() {
            let mut step = support::start(support::options(with));
            group.bench_function(name, |bencher| {
                bencher.iter(|| step.transform(black_box(&batch)).expect("an outcome"));
            });
        }
        group.bench_function("mask, native", |bencher| {
            bencher.iter(|| native_mask(black_box(&batch.columns()[0])));
        });
        group.bench_function("cast, native", |bencher| {
            let amount = &batch.columns()[1];
            bencher.iter(|| sluicegate_kernels::cast(black_box(amount), &DataType::Decimal128(18, 2), &[]));
        });
        group.finish();
    }
}

criterion_group!(benches, starting, batches);
criterion_main!(benches);
