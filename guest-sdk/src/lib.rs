#![doc = include_str!("../README.md")]
//!
//! # Map
//!
//! | module | holds |
//! |---|---|
//! | [`transform`] | [`Transform`], which a guest implements, and [`About`] |
//! | [`export!`] | the macro that makes a type the guest's transform |
//! | [`batch`] | [`Batch`], [`Field`], row kinds: what comes in |
//! | [`output`] | [`Output`], [`Outcome`], [`Rejects`]: what goes out |
//! | [`column`] | [`Column`], with readers by type |
//! | [`cells`] | cells in the guest's memory: [`Cell`](cells::Cell), [`Texts`](cells::Texts), [`Numbers`](cells::Numbers) |
//! | [`decimal`] | exact decimals: [`Decimal`](decimal::Decimal) |
//! | [`time`] | dates, timestamps and durations as typed numbers |
//! | [`nested`] | lists, maps and structs, read and built |
//! | [`builders`] | columns made in the guest, of cells in three states |
//! | [`kernels`] | work of the host on columns: cast, take, hash, compute |
//! | [`crypto`] | seal, open, mac and digest, under keys that a guest never sees |
//! | [`log`] | lines in the pipeline's log |
//! | [`failure`] | [`Failure`]: stop, reject, retry |
//! | [`on_bad`] | what a step does about a cell that it can make nothing of |
//! | [`ordered`] | maps of a configuration that keep their order |
//! | [`images`] | which rows say what is in a column before and after a change |
//! | [`template`] | names with placeholders: `orders-{n}` |
//! | [`pattern`] | tables by name or regular expression (feature `pattern`) |
//! | [`tables`] | the tables that a step works on, and columns that they should have (feature `pattern`) |
//! | [`scalar`] | one value of a configuration, whatever type its column has |
//! | [`bindings`] | the interface as `wit-bindgen` generates it; on other targets than WebAssembly, the same natively |
//! | [`testing`] | `cargo test` of a transform, on the host's own kernels and keys; not on WebAssembly |

// The export macro names this crate from outside; the bindings use the same path from inside.
extern crate self as sluicegate_sdk;

pub mod batch;
#[cfg(target_arch = "wasm32")]
pub mod bindings;
#[cfg(not(target_arch = "wasm32"))]
#[path = "native/mod.rs"]
pub mod bindings;
pub mod builders;
pub mod cells;
pub mod column;
mod config;
pub mod crypto;
pub mod decimal;
#[doc(hidden)]
pub mod export;
pub mod failure;
pub mod images;
pub mod kernels;
pub mod log;
pub mod nested;
pub mod on_bad;
pub mod ordered;
pub mod output;
#[cfg(feature = "pattern")]
pub mod pattern;
pub mod scalar;
#[cfg(feature = "pattern")]
pub mod tables;
pub mod template;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;
pub mod time;
pub mod transform;

pub use batch::{Batch, Field};
pub use column::Column;
pub use failure::Failure;
pub use output::{Alignment, Outcome, Output, Reject, Rejects};
pub use transform::{About, Transform};

/// Schemars, for the derives of a configuration type.
pub use schemars;
/// Serde, for the derives of a configuration type.
pub use serde;
/// JSON values, for a part of a configuration that may be anything.
pub use serde_json;
#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub use wit_bindgen;

/// What most transforms begin with: `use sluicegate_sdk::prelude::*;`
pub mod prelude {
    pub use crate::builders::{
        BooleanBuilder, Builder, BytesBuilder, DecimalBuilder, Int64Builder, TextBuilder,
    };
    pub use crate::cells::Cell;
    pub use crate::decimal::Decimal;
    pub use crate::{About, Alignment, Batch, Column, Failure, Outcome, Output, Reject, Rejects, Transform};
    pub use schemars::JsonSchema;
    pub use serde::Deserialize;
}
