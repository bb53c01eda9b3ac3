//! Cells of two gigabytes each, of which a thousand NULLs would be two terabytes.

use crate::*;

pub fn run(call: &mut Call<'_>) -> Result<Outcome, Failure> {
    let nulls = Column::of("null", 1_000, &cells(Values::Nothing))?;
    drop(kernels::cast(&nulls, "fixed(2147483647)", &[])?);
    Ok(unchanged(call.input))
}
