//! Reads a column that is many times larger than the memory of the guest.

use crate::*;

pub fn run(call: &mut Call<'_>) -> Result<Outcome, Failure> {
    let nulls = Column::of("null", 6_000_000, &cells(Values::Nothing))?;
    let texts = kernels::cast(&nulls, "utf8", &[])?.column;
    std::hint::black_box(texts.read_text(0, u32::MAX)?.len());
    Ok(unchanged(call.input))
}
