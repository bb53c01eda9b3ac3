//! Names and values as SQL text.
//!
//! No text becomes SQL but through here. What is written means the same under every `sql_mode` that changes how text is
//! read (`NO_BACKSLASH_ESCAPES`), and in the connection's character set, UTF-8, no byte of a longer character is a quote.
//!
//! | module | holds |
//! |---|---|
//! | [`text`] | texts and bytes |
//! | [`temporal`] | dates, times |
//! | [`dates`] | [`Dates`]: dates that no calendar has |
//! | [`literal`] | [`Cells`]: the cells of a column as literals |

pub mod dates;
pub mod literal;
pub mod temporal;
pub mod text;

pub use dates::Dates;
pub use literal::Cells;
pub use sluicegate_tables::name;
