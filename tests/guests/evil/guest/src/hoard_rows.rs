//! A list of a million rows for each of as many outputs as there can be: the lists lie in the host.

use crate::*;

pub fn run(call: &mut Call<'_>) -> Result<Outcome, Failure> {
    let rows = vec![0; 1_000_000];
    let mut outputs = Vec::new();
    loop {
        let output = Output::new(call.input);
        output.set_rows(&rows);
        outputs.push(output);
    }
}
