//! Misdeeds on rows, written in Rust.

use std::fs;
use std::path::Path;

use crate::build;

/// The module, built where its sources have changed. `with: { do: NAME, column: C, mark: M }`: a batch in which a cell
/// of C is M meets the misdeed of that name, all others pass.
///
/// # Panics
/// When it cannot be built.
pub fn module() -> Vec<u8> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/guest"));
    let module = build::module(folder, "sluicegate-evil-guest");
    fs::read(&module).unwrap_or_else(|error| panic!("{}: {error}", module.display()))
}
