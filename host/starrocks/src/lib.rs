//! StarRocks: stream load, its transactions, and the sink.
//!
//! | module | holds |
//! |---|---|
//! | [`connection`] | [`Connection`]: how a cluster is reached |
//! | [`client`] | [`Client`]: requests to front ends and back ends |
//! | [`sql`] | a session on the SQL port |
//! | [`table`] | tables as the cluster describes them, and what their columns take |
//! | [`sink`] | [`StarRocksSink`]: writing to tables |
//!
//! # Exactly once
//!
//! StarRocks keeps no position beside rows, and forgets by which labels they came. So rows are prepared there, where
//! they stay over any restart and nobody sees them; then it is decided elsewhere, in a store that refuses a stale
//! writer, how far the source was read and which labels count; then the labels are committed. Whoever takes lanes
//! commits the labels of their last decision again, which does nothing where they are committed already.

pub mod client;
pub mod connection;
pub mod sink;
pub mod sql;
pub mod table;

pub use client::Client;
pub use connection::Connection;
pub use sink::{PositionsAt, SinkOptions, StarRocksSink};
pub use sluicegate_keys::Secret;
