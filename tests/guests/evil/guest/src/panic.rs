//! Panics.

use crate::*;

pub fn run(call: &mut Call<'_>) -> Result<Outcome, Failure> {
    panic!("cannot stand {} rows", call.marked().len());
}
