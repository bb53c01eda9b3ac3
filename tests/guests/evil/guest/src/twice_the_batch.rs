//! The whole batch but for one row, in each of a hundred outputs: each is a copy.

use crate::*;

pub fn run(call: &mut Call<'_>) -> Result<Outcome, Failure> {
    let rows: Vec<u32> = (0..call.input.len()).filter(|row| *row != 1).collect();
    let outputs = (0..100).map(|_| {
        let output = Output::new(call.input);
        output.set_rows(&rows);
        output
    });
    Ok(Outcome { outputs: outputs.collect(), rejects: Vec::new() })
}
