//! A primary key of a million names, each of which is to be looked for among all others.

use crate::*;

pub fn run(call: &mut Call<'_>) -> Result<Outcome, Failure> {
    let names: Vec<String> = (0..1_000_000).map(|name| format!("{name:x}")).collect();
    let output = Output::new(call.input);
    output.set_primary_key(&names);
    one(output)
}
