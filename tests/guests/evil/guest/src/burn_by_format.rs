//! A cast whose date format is a megabyte long, over a hundred thousand rows: the work is the host's.

use crate::*;

pub fn run(call: &mut Call<'_>) -> Result<Outcome, Failure> {
    let dates = repeated("2026-03-01", 100_000);
    let format = "%Y-%m-%d".repeat(1 << 17);
    drop(kernels::cast(&dates, "date32", &[("format".to_owned(), format)])?);
    Ok(unchanged(call.input))
}
