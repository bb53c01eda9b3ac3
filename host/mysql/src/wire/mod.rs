//! MySQL's protocol, packet by packet, for what is read of a server in bulk: events of its log are taken as they were sent,
//! and rows of its tables from where they lie. (The client library unpacks a compressed transaction whole, however large
//! it is, and makes a value of its own of each cell.)
//!
//! | module | holds |
//! |---|---|
//! | `channel` | packets over a socket, in plain text or encrypted |
//! | `login` | from an address to a channel whose server knows us |
//! | `answer` | what a packet of a server says |
//! | `answered` | questions, and the rows of their answers |
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/PAGE_PROTOCOL.html>

mod answer;
mod answered;
mod channel;
mod login;

pub use answer::{Answer, unexpected};
pub use answered::{Next, Prepared};
pub use channel::Channel;
pub use login::log_in;
