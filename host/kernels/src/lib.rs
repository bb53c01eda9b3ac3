//! Work on columns of three-state cells, the same for the wasm host, the formats and the SDK's test host.
//!
//! | module | holds |
//! |---|---|
//! | [`cast`](mod@cast) | from one type to another, exactly, with the cells that do not fit listed |
//! | [`take`](mod@take) | picking rows |
//! | [`select`] | rows by what a column says of them |
//! | [`hash`](mod@hash) | murmur2, xxh3, crc32 over the canonical bytes of cells |
//! | [`canonical`] | the canonical bytes of a cell, and of a key of several |
//! | [`compute`](mod@compute) | everything else, by name: compare, logic, arithmetic, text, time, null |
//! | [`error`] | why a kernel could not do its work at all |
//! | [`checked`] | results that list the rows for which there is none |
//!
//! # The three states
//!
//! A cell is a value, NULL, or missing (the source did not say). The rules, which every kernel here keeps:
//!
//! - A value computed from cells is missing where any of them is missing, and NULL where any of them is NULL.
//! - A question about cells (a comparison, `starts-with`, `is-null`) has the answer NULL where a cell is missing:
//!   nobody knows. Only `is-missing` and `eq-null-safe` ask about the state itself and always answer.
//! - A default never fills a missing cell: `coalesce` stops at one.
//! - A cell that fails is NULL in the result and listed; a NULL or missing input never fails.

pub mod canonical;
pub mod cast;
pub mod checked;
pub mod compute;
pub mod error;
pub mod hash;
mod options;
pub mod select;
pub mod take;
mod variable;

pub use cast::cast;
pub use checked::{Checked, Failed};
pub use compute::{compute, functions};
pub use error::{Blame, KernelError};
pub use hash::{HashAlgorithm, hash, murmur2};
pub use select::{partition, rows_where};
pub use take::take;

/// Names and values, as a guest or a configuration gives them. A name that the kernel does not know is refused.
pub type Options<'a> = &'a [(String, String)];
