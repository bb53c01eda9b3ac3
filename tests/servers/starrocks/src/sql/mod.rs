//! What the SQL port answers.
//!
//! | module | holds |
//! |---|---|
//! | `tokens` | a statement's words |
//! | `statement` | which statement it is |
//! | `create` | making and changing tables |
//! | `select` | questions about rows |
//! | `schema` | tables of `information_schema` |
//! | [`server`] | the port |

mod create;
mod schema;
mod select;
pub mod server;
mod statement;
mod tokens;

use crate::convert::Cell;

/// Rows of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<Vec<Cell>>,
}

/// What a statement gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// It is done.
    Done,
    /// Rows.
    Rows(Rows),
}

/// Why a statement is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused(pub String);

impl Refused {
    fn of(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

/// A text as a cell.
#[allow(clippy::unnecessary_wraps, reason = "it stands where NULL may")]
fn cell(text: impl Into<String>) -> Cell {
    Some(text.into().into_bytes())
}
