//! The built binary as a person or a script meets it: help, mistakes, and what verbs print.
//!
//! The texts stand beside the tests, a file each. `UPDATE=1 cargo test -p sluicegate --test cli` writes them anew.

mod completions;
mod encrypted;
mod help;
mod inspect;
mod mistakes;
mod new_pipeline;
mod pages;
mod preview;
mod preview_formats;
#[path = "../snapshot/mod.rs"]
mod snapshot;
mod support;
mod validate;
