//! Uses a column of the call before.

use crate::*;

pub fn run(call: &mut Call<'_>) -> Result<Outcome, Failure> {
    if let Some(column) = call.kept.columns.first() {
        std::hint::black_box(column.len());
    }
    call.kept.columns.push(call.input.column(0));
    Ok(unchanged(call.input))
}
