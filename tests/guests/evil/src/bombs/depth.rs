//! Ten thousand components within each other: whoever follows them down runs out of stack.

use super::encode::{component, section};

pub(super) fn bomb() -> Vec<u8> {
    (0..10_000).fold(component(&[]), |inner, _| component(&[section(4, &inner)]))
}
