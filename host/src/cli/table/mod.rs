//! Tables on a terminal.
//!
//! | file | task |
//! |---|---|
//! | `cell.rs` | the text of a cell of a batch; text that is safe to print |
//! | `grid.rs` | rows of text in columns, as wide as there is room |

pub(super) mod cell;
pub(super) mod grid;

pub(super) use cell::printable;
pub(super) use grid::{Grid, Tone};
