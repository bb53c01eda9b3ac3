//! Rejects a row that the batch does not have.

use crate::*;

pub fn run(call: &mut Call<'_>) -> Result<Outcome, Failure> {
    let reject = Reject { row: u32::MAX, reason: "far".to_owned() };
    Ok(Outcome { rejects: vec![reject], ..unchanged(call.input) })
}
