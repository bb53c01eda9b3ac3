//! Types within types, ten thousand deep.

use crate::*;

pub fn run(call: &mut Call<'_>) -> Result<Outcome, Failure> {
    let deep = format!("{}int8{}", "list(".repeat(10_000), ")".repeat(10_000));
    let item = Column::of("int8", 0, &cells(Values::Int8s(Vec::new())))?;
    drop(Column::of_children(&deep, 0, &cells(Values::Offsets(Vec::new())), &[&item])?);
    Ok(unchanged(call.input))
}
