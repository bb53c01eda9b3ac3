//! What a guest says and is told, over Arrow: the meaning of `transform.wit` without the sandbox.
//!
//! The wasm host puts it behind handles and limits; the SDK's test host calls it as it is. So a transform that is
//! tested natively is held to the rules that it will meet.
//!
//! | module | holds |
//! |---|---|
//! | [`cells`] | cells as they cross the wall |
//! | [`shape`] | which of the interface's layouts a type has |
//! | [`read`] | a run of a column as a guest gets it |
//! | [`write`](mod@write) | a column from what a guest gave |
//! | [`nested`] | lists, maps and structs from their children, and back |
//! | [`building`] | a column that is made in pieces |
//! | [`input`] | what a guest sees of a batch |
//! | [`draft`] | an output as far as a guest has described it |
//! | [`outcome`] | from what a guest said to batches |
//! | [`failure`] | failures that a guest is told of |
//! | [`grants`] | what a step may do with which key |
//! | [`check`] | what is not believed of a guest: lengths, offsets, names |
//! | [`size`] | bytes that picking rows comes to, before they are picked |
//! | [`text`] | text of guests, made fit for logs |

pub mod building;
pub mod cells;
pub mod check;
pub mod draft;
pub mod failure;
pub mod grants;
pub mod input;
pub mod nested;
pub mod outcome;
pub mod read;
pub mod shape;
pub mod size;
pub mod text;
pub mod write;

pub use building::Building;
pub use cells::{Alignment, Buffers, Cells, Fixed, Values, Variable};
pub use draft::Draft;
pub use failure::{Failure, FailureKind};
pub use grants::Grants;
pub use input::ColumnRef;
