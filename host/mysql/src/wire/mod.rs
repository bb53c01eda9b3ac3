//! MySQL's protocol, packet by packet, for the log of a server: its events are taken as they were sent. (The client library
//! unpacks a compressed transaction whole, however large it is.)
//!
//! | module | holds |
//! |---|---|
//! | `channel` | packets over a socket, in plain text or encrypted |
//! | `login` | from an address to a channel whose server knows us |
//! | `answer` | what a packet of a server says |
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/PAGE_PROTOCOL.html>

mod answer;
mod channel;
mod login;

pub use answer::{Answer, unexpected};
pub use channel::Channel;
pub use login::log_in;
