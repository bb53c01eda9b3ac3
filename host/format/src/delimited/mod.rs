//! `csv`: a message is a record of fields, set apart by a delimiter.
//!
//! A record may stand in several lines where a field is in quotes. How a stretch of bytes is cut into records and a
//! record into fields is one grammar, [`Dialect`], which sources of files use too.
//!
//! | module | holds |
//! |---|---|
//! | `options` | [`CsvOptions`]: what may be set |
//! | `dialect` | [`Dialect`]: where records and fields end |
//! | `decode` | records to rows |
//! | `encode` | rows to records |

mod decode;
mod dialect;
mod encode;
mod options;

pub use dialect::{Dialect, Field};
pub use options::{CsvOptions, OnMissing};
