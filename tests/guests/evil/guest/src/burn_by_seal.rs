//! Seals a hundred thousand cells, each under a context of ten megabytes, all of which is authenticated with it.

use crate::*;

pub fn run(call: &mut Call<'_>) -> Result<Outcome, Failure> {
    let cells = repeated("x", 100_000);
    let context = "c".repeat(10 << 20);
    drop(crypto::seal(&cells, "card", &context, &[])?);
    Ok(unchanged(call.input))
}
