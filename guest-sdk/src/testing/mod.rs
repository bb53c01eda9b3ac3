//! Tests of a transform, native: `cargo test`, without WebAssembly.
//!
//! The transform runs as it is. Under it are the host's own kernels, keys and checks, so a test meets the rules that
//! the gateway has: missing cells stay missing, a pair is one unit, a use that would trap panics, keys do what they
//! were granted for.
//!
//! ```
//! use sluicegate_sdk::prelude::*;
//! use sluicegate_sdk::testing::{Case, rows, start};
//!
//! struct Shout;
//!
//! impl Transform for Shout {
//!     type Config = ();
//!     const NAME: &'static str = "shout";
//!     const SUMMARY: &'static str = "Writes names in capital letters.";
//!
//!     fn new((): (), _: &About) -> Result<Self, Failure> {
//!         Ok(Self)
//!     }
//!
//!     fn transform(&mut self, batch: &Batch) -> Result<Outcome, Failure> {
//!         let output = Output::new(batch);
//!         output.set("name", &batch.require("name")?.map_text(str::to_uppercase)?);
//!         Ok(output.into())
//!     }
//! }
//!
//! let ran = Case::of("shop.orders")
//!     .rows(rows![{ "id": 1, "name": "Ann" }, { "id": 2, "name": null }, { "id": 3 }])
//!     .kinds("+I +I +U")
//!     .run(&mut start::<Shout>(()));
//! ran.only().assert_rows(rows![{ "id": 1, "name": "ANN" }, { "id": 2, "name": null }, { "id": 3 }]);
//! ```
//!
//! # Cells in JSON
//!
//! A key that is not there is a missing cell, `null` is NULL. Types are those that [`Case::fields`] says; where it says
//! nothing, text is `utf8`, integers are `int64`, other numbers `float64`, `true` is `boolean`. Everything is read by
//! the host's casts, so `"12.50"` and `12.5` are the same `decimal128(18,2)`, which is printed as `"12.50"`. Bytes are
//! text, or `"0x..."` where they are none. Lists are arrays, maps and structs are objects.
//!
//! | item | holds |
//! |---|---|
//! | [`start`], [`try_start`] | makes the transform from its `with:` block |
//! | [`Case`] | rows that go in, and the call |
//! | [`Ran`], [`Written`] | what came out, and assertions on it |
//! | [`Keys`] | test keys, and what the step may do with them |
//! | [`rows!`] | rows as JSON |

mod case;
mod json;
mod keys;
mod ran;

use serde::Serialize;

pub use self::case::Case;
pub use self::keys::{Algorithm, Keys, Use};
pub use self::ran::{Ran, Written};
use crate::bindings::exports::sluicegate::transform::guest::Description;
pub use crate::bindings::sluicegate::transform::log::Level;
pub use crate::rows;
use crate::{Failure, Transform, export};

/// Makes the transform of a `with:` block, as the host does: `serde_json::json!({ ... })`, or `()` for none.
///
/// # Panics
/// Where the transform refuses the block, with what it says.
#[track_caller]
pub fn start<T: Transform>(with: impl Serialize) -> T {
    match try_start(with) {
        Ok(transform) => transform,
        Err(failure) => panic!("{} does not start: {}", T::NAME, failure.message),
    }
}

/// The same, for tests of what is refused.
///
/// # Errors
/// What the transform says of the block.
///
/// # Panics
/// For a `with` that is no JSON.
pub fn try_start<T: Transform>(with: impl Serialize) -> Result<T, Failure> {
    let with = serde_json::to_value(with).expect("a `with:` block is JSON");
    let with = if with.is_null() { "{}".to_owned() } else { with.to_string() };
    let about = [("pipeline", "test"), ("step", "test"), ("interface", "0.1.0"), ("time-zone", "UTC")];
    let about = about.map(|(name, value)| (name.to_owned(), value.to_owned()));
    export::init(&with, about.into())
}

/// What the guest says that it is: `sluicegate inspect` shows it.
pub fn describe<T: Transform>() -> Description {
    export::describe::<T>("0.0.0")
}

/// Rows as JSON objects: `rows![{ "id": 1 }, { "id": 2, "name": null }]`.
#[macro_export]
macro_rules! rows {
    ($($row:tt),* $(,)?) => { ::std::vec![$($crate::serde_json::json!($row)),*] };
}
