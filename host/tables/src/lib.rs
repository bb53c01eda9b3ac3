//! What sinks that write to tables of a server share: the way of a row from a batch to the statement or the load that
//! writes it, without what a server makes special.
//!
//! | module | holds |
//! |---|---|
//! | [`name`] | names in SQL, and [`TableRef`] |
//! | [`destination`] | [`Destination`]: the table of an output |
//! | [`policy`] | [`OnSchemaChange`] and [`Moment`]: whether tables are changed, and whether now |
//! | [`misfits`] | [`Misfits`]: all that does not fit, told at once |
//! | [`plan`] | [`Target`] and [`Plans`]: how the rows of a schema are written, made once |
//! | [`column`] | [`PlannedValues`]: a column as the table takes it |
//! | [`rows`] | [`Rows`]: the rows of a batch as bytes that can be copied |
//! | [`window`] | [`TableWindow`]: rows that wait, folded by key |
//!
//! A worker makes [`Rows`] of a batch by the plan for its schema, and never looks at another row. The writer folds rows
//! of one key in a [`TableWindow`] and copies bytes: it never looks at a value.

pub mod column;
pub mod destination;
pub mod misfits;
pub mod name;
pub mod plan;
pub mod policy;
pub mod rows;
pub mod window;

pub use column::{CellWriter, Fit, PlannedValues};
pub use destination::Destination;
pub use misfits::Misfits;
pub use name::TableRef;
pub use plan::{Plan, Plans, Target};
pub use policy::{Moment, OnSchemaChange};
pub use rows::{Rows, sink_rejects};
pub use window::{Entry, TableWindow, Window};
