//! The adapter: a core module that stands in for WASI preview 1 where a guest's language cannot do without it (Go).
//!
//! `wasi_snapshot_preview1.wat` says what is behind it: a clock that counts, random bytes that are fixed, standard error
//! that goes to `log`, and nothing of the machine.

use wit_component::{StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// The module whose imports it provides.
pub(crate) const MODULE: &str = "wasi_snapshot_preview1";

/// Its code, made from the text by `build.rs`.
pub(crate) const CODE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/wasi_snapshot_preview1.wasm"));

/// Its code with the type of what it imports, as wit-component takes it.
///
/// # Errors
/// None: that the text is right is tested.
pub(crate) fn bytes() -> Result<Vec<u8>, String> {
    let defect =
        |error: &dyn std::fmt::Display| format!("a defect of sluicegate: the WASI adapter: {error:#}");
    let mut resolve = Resolve::default();
    let package =
        resolve.push_str("adapter.wit", include_str!("adapter.wit")).map_err(|error| defect(&error))?;
    let world = resolve.select_world(&[package], Some("adapter")).map_err(|error| defect(&error))?;
    let mut module = CODE.to_vec();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false)
        .map_err(|error| defect(&error))?;
    Ok(module)
}
