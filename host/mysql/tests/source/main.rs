//! The source as the engine drives it, on real servers.

mod following;
mod peers;
mod resuming;
mod settings;
mod starting;
mod support;
mod tables;
