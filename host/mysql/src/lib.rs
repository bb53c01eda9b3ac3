//! MySQL and MariaDB: binlog, source, sink and positions.
//!
//! | module | holds |
//! |---|---|
//! | [`connection`] | [`Connection`]: how a server is reached |
//! | [`binlog`] | a server's log of changes, from its bytes to batches |
//! | [`source`] | [`MySqlSource`]: reading the changes of tables |
//! | `client` | a session on a server, and what its errors mean |
//! | `wire` | the protocol of servers, for what their logs send |
//! | `sql` | names and values as SQL text |
//! | [`types`] | types of columns, and what they take |
//! | `schema` | tables as the server describes them |
//! | [`sink`] | [`MySqlSink`]: writing to tables |
//! | [`positions`] | the table of positions; [`MySqlPositions`]: positions for people |
//!
//! # Exactly once
//!
//! Rows and the positions after them are one transaction. Who may decide about a lane is said by the `term` in the
//! lane's row of `sluicegate_positions`: whoever takes the lane raises it, and a commit under an older one changes
//! nothing (`positions/store.rs`).

pub mod binlog;
mod client;
pub mod connection;
pub mod positions;
mod schema;
pub mod sink;
pub mod source;
mod sql;
pub mod types;
mod wire;

pub use connection::{Connection, Tls};
pub use positions::MySqlPositions;
pub use sink::{MySqlSink, SinkOptions};
pub use sluicegate_keys::Secret;
pub use source::{BinlogTerms, MySqlQuery, MySqlSource, QueryOptions, SourceOptions};
