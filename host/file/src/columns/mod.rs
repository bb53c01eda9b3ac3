//! Files of columns: Apache Parquet and Arrow IPC.
//!
//! | module | holds |
//! |---|---|
//! | `options` | [`ColumnsOptions`]: what may be set |
//! | `read` | stretches of a file, from any point in it |
//! | `incoming` | Arrow batches to change batches |
//! | `outgoing` | change batches to Arrow batches |
//! | `write` | a file that grows by batches |

mod incoming;
mod options;
mod outgoing;
mod read;
mod write;

pub(crate) use incoming::Incoming;
pub use options::{ColumnsCompression, ColumnsOptions};
pub(crate) use outgoing::outgoing;
pub(crate) use read::{ColumnsKind, Stretch, Stretches};
pub(crate) use write::ColumnsFile;
