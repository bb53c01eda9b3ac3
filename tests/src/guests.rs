//! Guests that a host must refuse, and those of the examples.

/// A guest of `examples/guests`.
///
/// # Panics
/// Where there is none of this name.
pub fn example(name: &str) -> &'static [u8] {
    sluicegate_transforms::example(name).unwrap_or_else(|| panic!("there is no example guest {name}")).wasm
}

/// A guest that was built for version 0.9.0 of the interface: an example's bytes with another version in all of its
/// names, which are of the same length.
pub fn of_another_version() -> Vec<u8> {
    replace(example("mask-name"), b"@0.1.0", b"@0.9.0")
}

/// A component that asks for an import which nobody grants.
///
/// # Panics
/// Never: the text is right.
pub fn with_foreign_import() -> Vec<u8> {
    let text = r#"(component (import "acme:db/query@1.0.0" (instance (export "run" (func)))))"#;
    wat::parse_str(text).expect("a component")
}

fn replace(bytes: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    assert_eq!(old.len(), new.len(), "lengths stand in the file too");
    let mut bytes = bytes.to_vec();
    let mut from = 0;
    while let Some(found) = bytes[from..].windows(old.len()).position(|window| window == old) {
        bytes[from + found..from + found + new.len()].copy_from_slice(new);
        from += found + new.len();
    }
    bytes
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_occurrence_is_replaced() {
        assert_eq!(super::replace(b"a-b-a", b"a", b"c"), b"c-b-c");
    }
}
