//! A text column whose offsets go back.

use crate::*;

pub fn run(call: &mut Call<'_>) -> Result<Outcome, Failure> {
    drop(Column::of("utf8", 3, &texts(&[0, 3, 1, 3], b"abc"))?);
    Ok(unchanged(call.input))
}
