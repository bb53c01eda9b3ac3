//! Eight megabytes where a core module carries the type of its component.

use super::encode::{module, section};

pub(super) fn bomb() -> Vec<u8> {
    let name = b"\x10component-type:x";
    module(&[section(0, &[&name[..], &vec![0; 8 << 20]].concat())])
}
