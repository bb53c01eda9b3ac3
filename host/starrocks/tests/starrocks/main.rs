//! The client and the sink, on a simulated cluster.

mod client;
mod faults;
mod sink;
mod support;
