//! `delimited`, also called `csv`: a message is a record of fields, set apart by a delimiter.
//!
//! A record may stand in several lines where a field is in quotes. How a stretch of bytes is cut into records and a
//! record into fields is one grammar, [`Dialect`], which sources of files use too.
//!
//! | field | becomes |
//! |---|---|
//! | not in quotes and equal to `null_text` | NULL |
//! | not in quotes and equal to `missing_text` | missing |
//! | empty, with `empty_is_null` | NULL |
//! | any other | text, or the declared type |
//!
//! With `meta_columns` it is the delimited text of Oracle GoldenGate:
//!
//! | field | becomes |
//! |---|---|
//! | `op_type` | by `op_codes`: `I` is `+I`, `U` is `+U` (with `images: before-after` a pair), `D` is `-D`, `T` a truncate |
//! | `table` | the table |
//! | `op_ts` | the event time, in `time_zone` |
//! | `pos` | the source position |
//! | `xid` | the transaction |
//! | `current_ts`, `tokens`, `ignore` | nothing |
//!
//! Written without images of both kinds, a pair whose key changed is a `D` of the old key and an `I` of the new row.
//!
//! | module | holds |
//! |---|---|
//! | `options` | [`DelimitedOptions`]: what may be set |
//! | `dialect` | [`Dialect`]: where records and fields end |
//! | `special` | bytes that a field does not hold as it stands |
//! | `names` | names of columns, and what else is known of tables beforehand |
//! | `meta` | fields about the row |
//! | `operation` | what was done, by one of these fields |
//! | `decode` | records to rows |
//! | `encode` | rows to records |

mod decode;
mod dialect;
mod encode;
mod meta;
mod names;
mod operation;
mod options;
mod special;

pub use dialect::{Delimiter, Dialect, Field, Fields};
pub use meta::{Images, MetaColumn};
pub use names::ColumnNames;
pub use operation::OpCodes;
pub use options::{DelimitedOptions, OnMissing};

const NAME: &str = "delimited";
