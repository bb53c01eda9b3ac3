//! The writer of JSON text.

mod options;

pub use options::{Decimals, Timestamps};
