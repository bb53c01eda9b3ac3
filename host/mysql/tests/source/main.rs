//! The source as the engine drives it, on real servers.

mod checks;
mod failover;
mod following;
mod peers;
mod purged;
mod query;
mod resuming;
mod settings;
mod starting;
mod support;
mod tables;
mod xa;
