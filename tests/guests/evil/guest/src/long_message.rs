//! A failure whose message has a hundred megabytes, made of one that is named again and again where need be.

use crate::*;

pub fn run(call: &mut Call<'_>) -> Result<Outcome, Failure> {
    let bytes = call.with["bytes"].as_u64().unwrap_or(40 << 20) as usize;
    Err(fail(FailureKind::Reject, "m\u{1b}[31m\u{202e}".repeat(bytes / 9)))
}
