//! The built-in transforms as WebAssembly, embedded: what `use: schema-map` in a pipeline stands for.
//!
//! They are core modules that carry their component type; the host wraps them on loading, as it does with a user's.
//! The guests of `examples/guests` are here too, for the demo and for tests.

/// A transform, built to WebAssembly.
#[derive(Clone, Copy)]
pub struct Guest {
    /// Its name, as a pipeline writes it.
    pub name: &'static str,
    /// The module.
    pub wasm: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/guests.rs"));

/// A built-in transform by its name.
pub fn built_in(name: &str) -> Option<&'static Guest> {
    BUILT_INS.iter().find(|guest| guest.name == name)
}

/// A guest of `examples/guests` by its name.
pub fn example(name: &str) -> Option<&'static Guest> {
    EXAMPLES.iter().find(|guest| guest.name == name)
}
