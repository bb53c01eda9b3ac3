//! Rejects one row a million times.

use crate::*;

pub fn run(call: &mut Call<'_>) -> Result<Outcome, Failure> {
    let row = call.marked()[0];
    let rejects = (0..1_000_000).map(|_| Reject { row, reason: String::new() }).collect();
    Ok(Outcome { rejects, ..unchanged(call.input) })
}
