//! The engine: takes rows from a source, puts them through transforms on worker threads, and hands them to a sink,
//! an epoch at a time, so that none is lost and none is written twice.
//!
//! ```text
//! source -> chunk -> worker: decode -> step 1 .. n -> encode -> re-order -> write .. write, commit(epoch)
//!    ^---- byte budget: permits come back when rows are handed to an open transaction ----'
//! ```
//!
//! | module | holds |
//! |---|---|
//! | [`options`] | what a pipeline may set |
//! | [`pipeline`] | [`Pipeline`]: the parts put together, and running them |
//! | [`chain`] | the steps of one worker, one after another |
//! | [`isolate`] | finding the rows of a batch that a step cannot handle |
//! | [`worker`] | threads that turn chunks into encoded rows |
//! | [`budget`] | the bytes that may be on their way |
//! | [`throttle`] | rows and bytes a second |
//! | [`backoff`] | pauses between tries |
//! | [`dead`] | dead letters: the threshold, the places they go to |
//! | [`coordinator`] | lanes, incarnations, epochs, abort and rewind: the decisions |
//! | `policies` | events that are no rows, and messages that cannot be read |
//! | `standby` | a source that one process has by a lease, while others wait |
//! | [`counters`] | what was done, for people and metrics |

pub mod backoff;
pub mod budget;
pub mod chain;
pub mod coordinator;
pub mod copying;
mod counters;
pub mod dead;
pub mod isolate;
pub mod options;
pub mod pipeline;
mod policies;
mod standby;
pub mod throttle;
pub mod worker;

pub use chain::Chain;
pub use counters::{Counters, Counts};
pub use dead::{DeadLetterRoute, SealLetters, StopAfter};
pub use options::{OnDdl, OnError, OnTruncate, Options};
pub use pipeline::{End, Pipeline, Stop, StopLevel};
