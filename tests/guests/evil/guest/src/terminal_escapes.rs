//! Escape sequences and right-to-left marks in a line of the log and in the reason of a reject.

use crate::*;

const NASTY: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}\r\nforged line\u{9b}31m \u{202e}txt.exe\u{2028}end";

pub fn run(call: &mut Call<'_>) -> Result<Outcome, Failure> {
    log::write(log::Level::Warn, NASTY);
    let rejects = call.marked().into_iter().map(|row| Reject { row, reason: NASTY.to_owned() }).collect();
    Ok(Outcome { rejects, ..unchanged(call.input) })
}
