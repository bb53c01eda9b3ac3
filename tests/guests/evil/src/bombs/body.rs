//! One function of four megabytes: registers are allocated over all of it at once.

use super::encode::{module, number, one_type, repeated, section};

pub(super) fn bomb() -> Vec<u8> {
    let code = [&[0u8][..], &vec![0x01; 4 << 20], &[0x0b]].concat();
    let body = [number(code.len() as u64), code].concat();
    module(&[one_type(), section(3, &repeated(1, &[0])), section(10, &[number(1), body].concat())])
}
