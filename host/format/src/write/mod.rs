//! The writer of JSON text.
//!
//! How a column is written is decided once a batch; then rows are written cell by cell.
//!
//! | module | holds |
//! |---|---|
//! | `options` | what may be set about the form of values |
//! | `rows` | rows as objects |
//! | `cell` | a writer for each type |
//! | `object` | objects by their members, and a row as one |
//! | `old` | the values of an old image that a new one has not |
//! | `plain` | values without quotes, for forms that are no JSON |
//! | `nested` | lists, structs and maps |
//! | `text` | strings and their escapes |
//! | `digits` | the digits of whole numbers |
//! | `short` | short texts, appended without a call |
//! | `decimal` | decimals with all of their digits |
//! | `temporal` | dates and times |

#![expect(clippy::inline_always, reason = "a call a cell costs as much as the digits of a number: measured")]

mod cell;
mod decimal;
mod digits;
mod nested;
mod object;
mod old;
mod options;
mod plain;
mod rows;
mod short;
mod temporal;
mod text;

pub use options::{Decimals, Timestamps};

pub(crate) use cell::{CellWriter, NoForm, write_base64};
pub(crate) use decimal::{write_decimal128, write_decimal256};
pub(crate) use object::{KeyedCells, member, write_object};
pub(crate) use old::write_old;
pub(crate) use plain::{Plain, PlainValues, PlainWriter};
pub use short::Repeated;

pub(crate) use rows::{RowWriter, Style};
pub(crate) use temporal::{push_date, push_time};
pub(crate) use text::{quote_from, write_latin1, write_names, write_string};
