//! Half a million functions that do nothing, in three megabytes.

use super::encode::{module, one_type, repeated, section};

const FUNCTIONS: u64 = 500_000;

pub(super) fn bomb() -> Vec<u8> {
    let empty = [2, 0, 0x0b];
    module(&[one_type(), section(3, &repeated(FUNCTIONS, &[0])), section(10, &repeated(FUNCTIONS, &empty))])
}
