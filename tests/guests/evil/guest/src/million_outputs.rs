//! A million outputs of one batch.

use crate::*;

pub fn run(call: &mut Call<'_>) -> Result<Outcome, Failure> {
    let outputs = (0..1_000_000).map(|_| Output::new(call.input)).collect();
    Ok(Outcome { outputs, rejects: Vec::new() })
}
