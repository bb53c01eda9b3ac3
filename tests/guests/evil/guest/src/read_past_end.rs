//! Reads from where the column ends, and as far as numbers go: the sum of both does not fit.

use crate::*;

pub fn run(call: &mut Call<'_>) -> Result<Outcome, Failure> {
    let column = call.input.column(0);
    for (start, count) in [(u32::MAX, u32::MAX), (1, u32::MAX), (call.input.len(), 1)] {
        let read = column.read_buffers(start, count);
        std::hint::black_box(read.data.len());
    }
    Ok(unchanged(call.input))
}
