//! What `transform.wit` is in Rust, generated when this crate is built.

#![allow(missing_docs, clippy::pedantic, clippy::all)]

wasmtime::component::bindgen!({
    path: "../../guest-sdk/wit",
    world: "transform",
    with: {
        "sluicegate:transform/columns.column": crate::handles::ColumnHandle,
        "sluicegate:transform/columns.column-builder": crate::handles::BuilderHandle,
        "sluicegate:transform/columns.batch": crate::handles::BatchHandle,
        "sluicegate:transform/columns.output": crate::handles::OutputHandle,
    },
    imports: { default: trappable },
});
