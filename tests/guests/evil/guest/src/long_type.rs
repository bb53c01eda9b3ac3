//! A type whose name has a megabyte.

use crate::*;

pub fn run(call: &mut Call<'_>) -> Result<Outcome, Failure> {
    let fields: Vec<String> = (0..100_000).map(|place| format!("f{place}:int8")).collect();
    let nulls = Column::of("null", 1, &cells(Values::Nothing))?;
    drop(kernels::cast(&nulls, &format!("struct({})", fields.join(",")), &[])?);
    Ok(unchanged(call.input))
}
