//! A cast that fails in each of four million cells: a reason is written for every one.

use crate::*;

pub fn run(call: &mut Call<'_>) -> Result<Outcome, Failure> {
    let text = repeated("x", 4_000_000);
    let made = kernels::cast(&text, "int64", &[])?;
    std::hint::black_box(made.failed.len());
    Ok(unchanged(call.input))
}
