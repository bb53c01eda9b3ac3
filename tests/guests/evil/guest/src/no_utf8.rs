//! Text that is none.

use crate::*;

pub fn run(call: &mut Call<'_>) -> Result<Outcome, Failure> {
    drop(Column::of("utf8", 2, &texts(&[0, 1, 2], "ß".as_bytes()))?);
    Ok(unchanged(call.input))
}
