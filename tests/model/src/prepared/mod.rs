//! The commit protocol for a sink that can prepare and commit, but keeps no position: StarRocks.
//!
//! Rows are prepared under a label, a position store decides about lanes and notes the label, the label is committed, the
//! note is marked done. Two or three processes, two lanes that are taken from one another at any moment (who held one goes
//! on and does not know), crashes at every step, decisions whose answer is lost or that arrive twice, labels that the sink
//! forgets. The store itself is one step: that it refuses a stale writer is what the other models of this crate are about.
//!
//! # The steps
//!
//! Taking a lane: the store raises the lane's term, from which moment it refuses whoever had the lane; then position and note
//! are read. A note that is not done: its label is committed, again if need be. Applied: the note is marked done. Not
//! known any more: rows that can come twice are read again from before the note; else a person has to look.
//!
//! An epoch: prepare; decide (each lane's term and number of decisions must be as they were taken, and all lanes move or
//! none); commit; mark done. After anything but a plain yes to the decision nothing is rolled back, and the lanes are taken
//! again.
//!
//! # Map
//!
//! - [`rules`]: the rules, each a switch, and what is found without it.
//! - [`state`]: what the search looks at.
//! - [`world`]: the steps.
//!
//! # What is left out
//!
//! - Several labels of one epoch: they are committed one after another, and each of them as one is.
//! - A rollback that is asked for and not done: what is prepared and never committed is nothing.

pub mod rules;
pub mod state;
pub mod world;

pub use rules::{Rule, Rules};
pub use state::{Faults, State};
pub use world::{Action, Table, World};
