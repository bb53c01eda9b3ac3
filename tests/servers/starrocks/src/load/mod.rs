//! Bodies to rows.
//!
//! | module | holds |
//! |---|---|
//! | [`plan`] | what the headers of a load say |
//! | `json` | documents to fields |
//! | `csv` | lines to fields |
//! | `arrow` | Arrow IPC streams to fields |
//! | [`compression`] | bodies that are compressed |
//! | `rows` | fields to rows of the table, checked |

mod arrow;
pub mod compression;
mod csv;
mod json;
pub mod plan;
mod rows;

pub use compression::Compression;
pub use plan::{Body, Plan, check_format};
pub use rows::{Read, read};

use crate::convert::Token;

/// The fields of one row, in the order of the plan's sources; `None`: it has none of that name.
type Fields = Vec<Option<Token>>;

/// A row's fields, or why there are none; beside the row as it came, for the log.
struct Line {
    fields: Result<Fields, String>,
    text: String,
}
