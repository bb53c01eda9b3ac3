//! Fifty thousand functions of nine thousand locals each: half a billion, in half a megabyte.

use super::encode::{module, number, one_type, repeated, section};

const FUNCTIONS: u64 = 50_000;

pub(super) fn bomb() -> Vec<u8> {
    // One run of locals, all i64; the end.
    let body = [&[1u8][..], &number(9_000), &[0x7e, 0x0b]].concat();
    let body = [number(body.len() as u64), body].concat();
    module(&[one_type(), section(3, &repeated(FUNCTIONS, &[0])), section(10, &repeated(FUNCTIONS, &body))])
}
