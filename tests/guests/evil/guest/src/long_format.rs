//! A hundred thousand dates, each written with a format of a megabyte.

use crate::*;

pub fn run(call: &mut Call<'_>) -> Result<Outcome, Failure> {
    let dates = Column::of("date32", 100_000, &cells(Values::Int32s(vec![20_000; 100_000])))?;
    let format = ("format".to_owned(), "x".repeat(1 << 20) + "%Y");
    drop(kernels::cast(&dates, "utf8", &[format])?);
    Ok(unchanged(call.input))
}
