//! Positions in a table of the target, decided in the transactions of the rows.
//!
//! | module | holds |
//! |---|---|
//! | `table` | the tables, and how their rows are read |
//! | `store` | taking lanes, deciding about them |
//! | `lease` | which process runs a pipeline |
//! | `admin` | [`MySqlPositions`]: positions for people |
//!
//! # The protocol
//!
//! `sluicegate_positions` has a row for each pipeline, lane and shard (a connection that writes). Taking a lane raises
//! the `term` of its rows, under their lock: a commit of whoever had it is either before, and then it is read, or after,
//! and then it finds another term, changes no row and is rolled back. `seq` counts commits: a commit that was not
//! answered is found made or not made by reading the row, after its session was ended.

mod admin;
mod lease;
mod store;
mod table;

pub use admin::MySqlPositions;
pub(crate) use lease::MySqlLease;
pub(crate) use store::{Held, SessionName, Store};
pub(crate) use table::OWN_TABLES;
