//! Calls the host for ever: the work is the host's.

use crate::*;

pub fn run(_: &mut Call<'_>) -> Result<Outcome, Failure> {
    let text = repeated(&"x".repeat(100), 100_000);
    loop {
        drop(crypto::digest(&text)?);
    }
}
