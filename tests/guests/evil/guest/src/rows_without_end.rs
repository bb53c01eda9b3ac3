//! As many rows as a number can say, in types that need no bytes for them.

use crate::*;

pub fn run(call: &mut Call<'_>) -> Result<Outcome, Failure> {
    drop(Column::of("null", u32::MAX, &cells(Values::Nothing))?);
    Ok(unchanged(call.input))
}
