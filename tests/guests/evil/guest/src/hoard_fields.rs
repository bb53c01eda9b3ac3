//! Outputs with thousands of fields of long names, as many as there can be.

use crate::*;

pub fn run(call: &mut Call<'_>) -> Result<Outcome, Failure> {
    let column = call.input.column(0);
    let mut outputs = Vec::new();
    loop {
        let output = Output::new(call.input);
        for place in 0..1_000 {
            output.put(&format!("{place:01000}"), &column, Alignment::Input);
        }
        outputs.push(output);
    }
}
