//! Outputs that are begun and kept, without end.

use crate::*;

pub fn run(call: &mut Call<'_>) -> Result<Outcome, Failure> {
    let mut outputs = Vec::new();
    loop {
        outputs.push(Output::new(call.input));
    }
}
