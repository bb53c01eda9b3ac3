//! A name of a megabyte.

use crate::*;

pub fn run(call: &mut Call<'_>) -> Result<Outcome, Failure> {
    let output = Output::new(call.input);
    output.put(&"n".repeat(1 << 20), &call.input.column(0), Alignment::Input);
    one(output)
}
