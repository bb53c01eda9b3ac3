//! One row, a million times in each of a hundred outputs.

use crate::*;

pub fn run(call: &mut Call<'_>) -> Result<Outcome, Failure> {
    let rows = vec![0; 100_000];
    let outputs = (0..100).map(|_| {
        let output = Output::new(call.input);
        output.set_rows(&rows);
        output
    });
    Ok(Outcome { outputs: outputs.collect(), rejects: Vec::new() })
}
