//! `ogg-json`: the operations of Oracle GoldenGate.
//!
//! A document is `{"table", "op_type": I|U|D|T, "op_ts", "current_ts", "pos", "primary_keys", "tokens", "before",
//! "after"}`, in any order; a message holds one, or several of a transaction one after the other.
//!
//! | operation | becomes |
//! |---|---|
//! | `I` | `+I` of `after` |
//! | `U` | `-U` of `before`, `+U` of `after`; the `+U` alone where there is no `before` |
//! | `D` | `-D` of `before`, which may hold the key only |
//! | `T` | a truncate |
//!
//! | part | becomes |
//! |---|---|
//! | `op_ts` | the event time, in `time_zone` |
//! | `pos` | the source position |
//! | `xid`, or the token `6` | the transaction; written as `xid` |
//! | `primary_keys` | the primary key |
//!
//! An update of the key is one `U` with both images (`pkUpdateHandling=update`), which is a pair, or a `D` and an `I`
//! (`delete-insert`), which stay two rows.
//!
//! A column that an image lacks, or beside which `COLUMN_isMissing` is true, is missing. A message without a value
//! is the tombstone that follows a delete in a compacted topic: the delete was read already, so it does nothing.
//!
//! | module | holds |
//! |---|---|
//! | `options` | [`OggOptions`]: what may be set |
//! | `document` | the envelope of an operation |
//! | `keys` | its primary key |
//! | `finish` | an operation from the parts of its document |
//! | `decode` | operations to rows |
//! | `op_ts` | the time of an operation, to and from text |
//! | `encode` | rows to operations |

mod decode;
mod document;
mod encode;
mod finish;
mod keys;
mod op_ts;
mod options;

pub(crate) use op_ts::Clock;
pub use options::OggOptions;
