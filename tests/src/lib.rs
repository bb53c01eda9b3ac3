//! What the end-to-end tests share. The tests themselves are in `tests/e2e`: they run the real command on real servers.
//!
//! | module | holds |
//! |---|---|
//! | [`bench`] | [`Bench`]: a folder for a test's files, kept when it fails |
//! | [`command`] | [`Command`], [`Running`] and [`Finished`]: the command, while it runs and after it |
//! | [`pipeline`] | pipeline files as text |
//! | [`orders`] | [`Orders`]: GoldenGate's messages about a table of orders |
//! | [`accounts`] | [`Accounts`]: GoldenGate's messages of every kind, and the table that they leave |
//! | [`ledger`] | [`Ledger`]: whether each message came out exactly once, and each key in order |
//! | [`guests`] | guests that there should not be |

pub mod accounts;
pub mod bench;
pub mod command;
pub mod guests;
pub mod ledger;
pub mod orders;
pub mod pipeline;

pub use accounts::Accounts;
pub use bench::Bench;
pub use command::{Command, Finished, Running};
pub use ledger::Ledger;
pub use orders::{Order, Orders};
