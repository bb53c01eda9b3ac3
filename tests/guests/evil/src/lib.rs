//! Guests that do what no guest should: a file a misdeed.
//!
//! | module | holds |
//! |---|---|
//! | [`rust`] | misdeeds on rows, written in Rust (`guest/src`): one module, `with: { do: NAME }` chooses |
//! | [`text`] | misdeeds against the ABI and the loader, as WebAssembly text (`text/`): a module each |
//! | [`bombs`] | guests that are made to be too large, generated |
//! | [`build`] | guests in Rust, built where a test needs them |
//!
//! The tests of `sluicegate-wasm` load and run them in process; the end-to-end tests give them to the command.

pub mod bombs;
pub mod build;
pub mod rust;
pub mod text;
