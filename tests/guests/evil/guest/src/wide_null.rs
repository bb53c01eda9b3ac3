//! Seven million NULLs as a struct of thousands of fields.

use crate::*;

pub fn run(call: &mut Call<'_>) -> Result<Outcome, Failure> {
    let fields: Vec<String> = (0..5_000).map(|place| format!("f{place}:int64")).collect();
    let nulls = Column::of("null", 7_000_000, &cells(Values::Nothing))?;
    drop(kernels::cast(&nulls, &format!("struct({})", fields.join(",")), &[])?);
    Ok(unchanged(call.input))
}
