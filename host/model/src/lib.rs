//! Rows and their changes: the data model that every other crate speaks. No I/O, no threads.
//!
//! | module | holds |
//! |---|---|
//! | [`row_kind`] | insert, update-before, update-after, delete, and the rule that a pair is one unit |
//! | [`column`] | a column of cells in three states: a value, NULL, missing |
//! | [`batch`] | [`ChangeBatch`]: rows of one table and one schema, with their kinds and origin |
//! | [`meta`] | columns about the rows: event time, Kafka key, headers |
//! | [`data_type`] | the names of types, as guests and configurations write them |
//! | [`field`] | the metadata keys that a field may carry |
//! | [`lane`] | the name of an ordered stream, and the incarnation of its assignment |
//! | [`position`] | a point in a lane |
//! | [`moment`] | points in time as people write them |
//! | [`calendar`] | days and dates, times of day, and the digits they are written with |
//! | [`control`] | what travels in a lane besides rows |
//! | [`decoded`] | what a stretch of a lane became: batches, control events, rejected rows |
//! | [`dead_letter`] | a row put aside, with its bytes and the reason |
//! | [`units`] | sizes and times as people write them |

pub mod batch;
pub mod calendar;
pub mod column;
pub mod control;
pub mod data_type;
pub mod dead_letter;
pub mod decoded;
pub mod field;
pub mod lane;
pub mod meta;
pub mod moment;
pub mod position;
pub mod row_kind;
pub mod table;
pub mod units;

pub use batch::{BatchError, ChangeBatch, Origin};
pub use column::{Cell, Column, States};
pub use control::ControlEvent;
pub use data_type::TypeNameError;
pub use dead_letter::{DeadLetter, RawRecord};
pub use decoded::{Decoded, Item, RowReject};
pub use lane::{Incarnation, Lane};
pub use meta::Meta;
pub use moment::Moment;
pub use position::Position;
pub use row_kind::{RowKind, UnknownKind};
pub use table::TableName;
pub use units::{ByteSize, TimeSpan};
