//! A table whose name clears the screen of whoever reads of it.

use crate::*;

pub fn run(call: &mut Call<'_>) -> Result<Outcome, Failure> {
    let output = Output::new(call.input);
    output.set_table("orders\u{1b}[2J\u{1b}]0;owned\u{7}");
    one(output)
}
