//! `debezium-json`: the change events of Debezium's connectors.
//!
//! An event is `{"before", "after", "source", "op": c|r|u|d|t|m, "ts_ms", "transaction"}`, in any order, alone or as
//! the `payload` beside its `schema`.
//!
//! | event | becomes |
//! |---|---|
//! | `c`, `r` (a row of a snapshot) | `+I` of `after` |
//! | `u` | `-U` of `before`, `+U` of `after`; the `+U` alone where `before` is null |
//! | `d` | `-D` of `before`, or of the message's key where `before` is null |
//! | `t` | a truncate |
//! | `m`, the `status` of a transaction | nothing |
//! | `ddl`, `tableChanges` | a change of the schema of each table named |
//! | `ts_ms` alone | a heartbeat |
//! | columns beside `__op` or `__deleted` | the row of a flattened record: `+I`, `+U` or `-D` |
//! | no value | nothing: it follows a delete; with `on_tombstone: delete`, `-D` of the message's key |
//!
//! The primary key is that of the message's key. A cell that is not there, or has the text for values that the source
//! did not send, is missing. A PostgreSQL table without `REPLICA IDENTITY FULL` gives before images that have nothing
//! but the key: NULL, 0 or empty text stands for all the rest, which is then missing.
//!
//! | module | holds |
//! |---|---|
//! | `options` | [`DebeziumOptions`]: what may be set |
//! | `modes` | how a connector was set to write values |
//! | `wrapper` | schema and payload |
//! | `schemas` | the schemas that were met |
//! | `connect` | a schema of Kafka Connect |
//! | `types` | from its types to those of columns |
//! | `source_type` | the type of the source's column, where a schema says it |
//! | `key` | the key of a message |
//! | `source` | where an event comes from |
//! | `document` | the parts of an event |
//! | `finish` | an event from its parts |
//! | `flat` | flattened records |
//! | `decode` | events to rows |
//! | `encode` | rows to events |

mod connect;
mod decode;
mod document;
mod encode;
mod finish;
mod flat;
mod key;
mod modes;
mod options;
mod schemas;
mod source;
mod source_type;
mod types;
mod wrapper;

pub use modes::{BigintMode, BinaryMode, DecimalMode, TimeMode};
pub use options::{DebeziumOptions, OnTombstone};
