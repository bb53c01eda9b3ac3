//! Forty thousand types of a thousand parameters.

use super::encode::{module, number, repeated, section};

pub(super) fn bomb() -> Vec<u8> {
    let of = [&[0x60u8][..], &number(1_000), &[0x7e; 1_000], &[0]].concat();
    module(&[section(1, &repeated(40_000, &of))])
}
