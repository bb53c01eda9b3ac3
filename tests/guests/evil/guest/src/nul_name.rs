//! A NUL in a name, where another program may see its end.

use crate::*;

pub fn run(call: &mut Call<'_>) -> Result<Outcome, Failure> {
    let output = Output::new(call.input);
    output.put("a\0b", &call.input.column(0), Alignment::Input);
    one(output)
}
