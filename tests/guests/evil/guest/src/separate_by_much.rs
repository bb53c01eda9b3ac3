//! Joins short texts with a separator of a megabyte.

use crate::*;

pub fn run(call: &mut Call<'_>) -> Result<Outcome, Failure> {
    let text = repeated("x", 8_192);
    let separator = ("separator".to_owned(), "s".repeat(1 << 20));
    drop(kernels::compute("concat", &[&text, &text, &text], &[separator])?);
    Ok(unchanged(call.input))
}
