//! Thousands of fields with long names, other ones in each call: whoever remembers schemas fills up.

use crate::*;

pub fn run(call: &mut Call<'_>) -> Result<Outcome, Failure> {
    let output = Output::new(call.input);
    let column = call.input.column(0);
    for place in 0..1_000 {
        output.put(&format!("{}_{place:0900}", call.kept.calls), &column, Alignment::Input);
    }
    one(output)
}
