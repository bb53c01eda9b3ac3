//! Rejects the second half of every update.

use crate::*;

pub fn run(call: &mut Call<'_>) -> Result<Outcome, Failure> {
    let kinds = call.input.meta("kind").expect("every batch has kinds").read_buffers(0, u32::MAX).data;
    let after = (0u32..).zip(kinds).filter(|(_, kind)| *kind == 2);
    let rejects = after.map(|(row, _)| Reject { row, reason: "half".to_owned() }).collect();
    Ok(Outcome { rejects, ..unchanged(call.input) })
}
