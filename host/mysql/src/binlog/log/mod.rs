//! The log as a stream of transactions: what its events mean in their order.
//!
//! | module | holds |
//! |---|---|
//! | [`entry`] | what comes out: transactions' beginnings and ends, rows, statements |
//! | [`position`] | where the log can be read on, and how far within a transaction |
//! | [`Log`] | the state between events: format, table maps, the open transaction |
//! | `transactions` | where transactions begin and end |

pub mod entry;
pub mod position;
mod state;
mod transactions;

pub use entry::{Entry, RowsEntry, StatementEntry, Transaction};
pub use position::{LogPosition, count_above, record_number};
pub use state::Log;
