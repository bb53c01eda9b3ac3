//! Puts a megabyte in the place of each of a million empty matches.

use crate::*;

pub fn run(call: &mut Call<'_>) -> Result<Outcome, Failure> {
    let text = repeated(&"x".repeat(1_000), 1_000);
    let with = "y".repeat(1 << 20);
    let options = [("pattern".to_owned(), String::new()), ("with".to_owned(), with)];
    drop(kernels::compute("regex-replace", &[&text], &options)?);
    Ok(unchanged(call.input))
}
