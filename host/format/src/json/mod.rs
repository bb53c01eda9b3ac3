//! `json`: a message is a flat object, a row.
//!
//! | module | holds |
//! |---|---|
//! | `options` | [`JsonOptions`]: what may be set |
//! | `decode` | objects to rows |
//! | `tombstone` | messages without a value to deletes |
//! | `encode` | rows to objects |
//! | `key_change` | pairs whose key changed |

mod decode;
mod encode;
mod key_change;
mod options;
mod tombstone;

pub(crate) use key_change::Key;
pub use options::{Deletes, JsonOptions, OnTombstone, RowsAre};
