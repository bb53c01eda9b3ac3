//! Uses a key that the step was not granted, under the names that operators give to keys.

use crate::*;

pub fn run(call: &mut Call<'_>) -> Result<Outcome, Failure> {
    let cells = repeated("x", 1);
    let key = call.with["key"].as_str().unwrap_or("no-grant");
    drop(crypto::seal(&cells, key, "", &[])?);
    Ok(unchanged(call.input))
}
