//! Thousands of variables, each of which may change in each of thousands of loops: a compiler keeps a merge for
//! every variable and every loop. All counts are within bounds, and it is a transform.

use std::fmt::Write as _;

use crate::text::typed;

const VARIABLES: usize = 9_000;
const LOOPS: usize = 20_000;

pub(super) fn bomb() -> Vec<u8> {
    let mut text = String::from(
        ";; pieces: memory realloc describe init transform\n(func (export \"bomb\") (param i32)",
    );
    text.push_str(&" (local i64)".repeat(VARIABLES));
    // Each variable changes once, in a loop around all others: so all are merged everywhere within.
    text.push_str("(loop $all ");
    for variable in 1..=VARIABLES {
        let next = variable % VARIABLES + 1;
        let _ = write!(text, "(local.set {variable} (i64.add (local.get {variable}) (local.get {next})))");
    }
    for number in 0..LOOPS {
        let _ = write!(
            text,
            "(loop $l{number} (local.set {0} (local.get {1})) (br_if $l{number} (local.get 0)))",
            number % VARIABLES + 1,
            (number + 7) % VARIABLES + 1
        );
    }
    text.push_str("(br_if $all (local.get 0))))");
    typed(&text, std::iter::empty())
}
