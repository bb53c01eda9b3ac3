//! Cells between guests and Arrow.
//!
//! | module | does |
//! |---|---|
//! | [`shape`] | which of the interface's layouts a type has |
//! | [`read`] | a run of a column as a guest gets it |
//! | [`write`] | a column from what a guest gave |
//! | [`nested`] | lists, maps and structs from their children, and back |
//! | [`check`] | what is not believed of a guest: lengths, offsets, names |
//! | [`size`] | bytes that picking rows comes to, before they are picked |

pub(crate) mod check;
pub(crate) mod nested;
pub(crate) mod read;
pub(crate) mod shape;
pub(crate) mod size;
pub(crate) mod write;
