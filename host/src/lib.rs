//! Sluicegate: a gateway for change rows.
//!
//! The library behind the one binary: [`config`] is the product for most users, [`cli`] one file a verb. Everything
//! else is a crate of its own beside this one; [`replay`] puts some of them together, to send dead letters again.

mod cases;
pub mod cli;
pub mod config;
pub mod replay;
