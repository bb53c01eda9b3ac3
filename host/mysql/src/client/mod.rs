//! A session on a server, and what its errors mean.
//!
//! | module | holds |
//! |---|---|
//! | [`session`] | [`Session`]: a connection set up as we need it |
//! | [`server`] | [`Server`]: what kind of server it is, and what it takes |
//! | [`failure`] | errors of the server, sorted by who can mend them |

pub mod failure;
pub mod server;
pub mod session;

pub use failure::Failure;
pub use server::Server;
pub use session::{Loaded, Session};
