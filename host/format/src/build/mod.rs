//! From cells to columns, from columns to batches.
//!
//! Values go from the bytes of a message straight to the end of their column. Nothing is final before a message
//! has been read to its end: a bad one is taken back, columns and tables that it was the first to name included.
//!
//! | module | holds |
//! |---|---|
//! | `cells` | a column that grows |
//! | `arrays` | a grown column as an Arrow array |
//! | `slots` | the columns of a table by name, found by what followed last time |
//! | `table` | the rows of a table that were gathered so far |
//! | `gather` | the tables of a stretch of a lane, and the way back |
//! | `meta` | the columns about the rows |
//! | `types` | types that a configuration or a message says, and how values are read as them |
//! | `typed` | a grown column as a column of such a type |
//! | `unavailable` | cells whose text stands for a value that is not known |
//! | `batch` | a gathered table as a batch |

mod arrays;
mod batch;
mod cells;
mod gather;
mod meta;
mod slots;
mod table;
mod typed;
mod types;
mod unavailable;

pub(crate) use gather::Gatherer;
pub use types::ZeroDates;

pub(crate) use meta::headers;
pub(crate) use table::{Change, Table};
pub(crate) use types::{BytesAs, CellType, Dialect, Reading};
pub(crate) use unavailable::Unavailable;
