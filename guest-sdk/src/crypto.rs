//! Keys stay in the host: a guest names one, and may use it only as its step was granted.
//!
//! `context` and the cells of `bound_to` are authenticated with each cell, so that a sealed value opens only in the
//! place, and beside the cells, that it was sealed for.

pub use crate::bindings::sluicegate::transform::columns::Checked;
use crate::bindings::sluicegate::transform::crypto as host;
use crate::{Column, Failure};

/// Seals each cell. Null stays null, missing stays missing.
///
/// # Errors
/// The host's: no such key, not granted, a type that cannot be sealed.
pub fn seal(input: &Column, key: &str, context: &str, bound_to: &[&Column]) -> Result<Column, Failure> {
    host::seal(input, key, context, bound_to)
}

/// Opens each cell. One that does not open is null, and its row is listed.
///
/// # Errors
/// As [`seal`].
pub fn open(input: &Column, key: &str, context: &str, bound_to: &[&Column]) -> Result<Checked, Failure> {
    host::open(input, key, context, bound_to)
}

/// HMAC-SHA-256 of each cell under a key, as binary: a pseudonym that joins.
///
/// # Errors
/// As [`seal`].
pub fn mac(input: &Column, key: &str) -> Result<Column, Failure> {
    host::mac(input, key)
}

/// SHA-256 of each cell, as binary.
///
/// # Errors
/// The host's, for a type without bytes of its own.
pub fn digest(input: &Column) -> Result<Column, Failure> {
    host::digest(input)
}
