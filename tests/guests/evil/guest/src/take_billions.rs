//! One long cell, taken a million times.

use crate::*;

pub fn run(call: &mut Call<'_>) -> Result<Outcome, Failure> {
    let text = repeated(&"x".repeat(1 << 20), 1);
    drop(kernels::take(&text, &vec![0; 1_000_000])?);
    Ok(unchanged(call.input))
}
