//! The interface as `wit-bindgen` generates it from `wit/transform.wit`. The other modules of this crate add to
//! these types; what they do not cover is used from here.

#![allow(
    missing_docs,
    clippy::all,
    clippy::pedantic,
    clippy::undocumented_unsafe_blocks,
    unsafe_op_in_unsafe_fn
)]

wit_bindgen::generate!({
    path: "wit",
    world: "transform",
    runtime_path: "::sluicegate_sdk::wit_bindgen::rt",
    pub_export_macro: true,
    export_macro_name: "export_guest",
    default_bindings_module: "::sluicegate_sdk::bindings",
    generate_unused_types: true,
});
