//! A million lines in the log, some of them dressed as panics.

use crate::*;

pub fn run(call: &mut Call<'_>) -> Result<Outcome, Failure> {
    for line in 0..20_000 {
        log::write(log::Level::Warn, &format!("line {line} of a flood"));
        log::write(log::Level::Error, &format!("panicked at line {line} of a flood"));
    }
    Ok(unchanged(call.input))
}
