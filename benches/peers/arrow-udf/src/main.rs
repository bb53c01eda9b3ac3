//! Measures a function of text to text under arrow-udf-runtime: `arrow-udf-peer FUNCTION.wasm ROWS..` prints a line for
//! each number of rows, with the median CPU time of the thread for a batch, in nanoseconds.

use std::error::Error;
use std::hint::black_box;
use std::sync::Arc;

use arrow_array::{RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use arrow_udf_runtime::wasm::Runtime;
use rustix::time::{ClockId, clock_gettime};

/// Rows that are measured of each size at least, as `cost.rs` of the benchmark does.
const ROWS: usize = 200_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let function = arguments.next().ok_or("arrow-udf-peer FUNCTION.wasm ROWS..")?;
    let runtime = Runtime::new(&std::fs::read(function)?)?;
    let mask = runtime.find_function("mask", vec![DataType::Utf8], DataType::Utf8)?;
    for rows in arguments {
        let rows: usize = rows.parse()?;
        let names = names(rows);
        let rounds = (ROWS / rows).clamp(15, 4_000);
        let mut times = Vec::with_capacity(rounds);
        for round in 0..rounds + rounds / 10 + 1 {
            let start = thread_time();
            let masked = runtime.call(&mask, black_box(&names))?;
            let time = thread_time() - start;
            if round == 0 {
                check(&names, &masked)?;
            } else if round > rounds / 10 {
                times.push(time);
            }
        }
        times.sort_unstable();
        println!("{rows} {}", times[times.len() / 2]);
    }
    Ok(())
}

/// The names that the benchmark of mask-name masks.
fn names(rows: usize) -> RecordBatch {
    let names: StringArray = (0..rows).map(|row| Some(format!("customer {}", row * 31 % 9_973))).collect();
    let schema = Schema::new(vec![Field::new("name", DataType::Utf8, true)]);
    RecordBatch::try_new(Arc::new(schema), vec![Arc::new(names)]).expect("a column of its schema")
}

/// Whether the first name is masked as mask-name does it: else the times say nothing.
fn check(names: &RecordBatch, masked: &RecordBatch) -> Result<(), Box<dyn Error>> {
    let first = |batch: &RecordBatch| -> Option<String> {
        let texts = batch.column(0).as_any().downcast_ref::<StringArray>()?;
        Some(texts.value(0).to_owned())
    };
    let (name, masked) = (first(names).ok_or("text")?, first(masked).ok_or("text comes back")?);
    let expected = format!("{}{}", &name[..1], "*".repeat(name.len() - 1));
    if masked == expected { Ok(()) } else { Err(format!("{name} became {masked}").into()) }
}

fn thread_time() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}
