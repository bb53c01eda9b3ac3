//! Row images: from the bytes of rows to columns.
//!
//! A row image is a bitmap of NULLs and then the values of the columns that the image has, each in its type's
//! own form. They go into builders a column each, with no row and no cell of their own in between.
//!
//! | module | holds |
//! |---|---|
//! | `answered` | from a row that a server answers with to the ends of its columns |
//! | `column` | a column that grows, cell by cell |
//! | `cell` | from the bytes of a cell to the end of its column |
//! | `finish` | a grown column as one of Arrow's |
//! | `decimal` | DECIMAL: digits packed nine to four bytes |
//! | `temporal` | dates and times, in both of the server's forms |
//! | `names` | texts of addresses, UUIDs, and of what is dated to no day |
//! | `rows` | the rows of an event |

mod answered;
mod cell;
mod column;
pub(super) mod decimal;
mod finish;
pub(super) mod names;
mod rows;
pub(super) mod temporal;

pub(crate) use answered::{AnsweredRow, Form};
pub(super) use rows::RowFault;
pub(crate) use rows::{NotAdded, Room, TableRows};
