//! A session on a server, and what its errors mean.
//!
//! | module | holds |
//! |---|---|
//! | [`session`] | [`Session`]: a connection set up as we need it |
//! | [`read_session`] | [`ReadSession`]: a connection that much is read from |
//! | `liveness` | whether a session can still be used |
//! | [`server`] | [`Server`]: what kind of server it is, and what it takes |
//! | [`failure`] | errors of the server, sorted by who can mend them |

pub mod failure;
mod liveness;
pub mod read_session;
pub mod server;
pub mod session;

pub use failure::Failure;
pub use read_session::ReadSession;
pub use server::Server;
pub use session::{LOCK_WAIT, Loaded, Session};
