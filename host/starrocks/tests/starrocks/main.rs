//! The client and the sink, on a simulated cluster; `suite` on a real one too.

mod client;
mod condition;
mod faults;
mod forms;
mod sink;
mod suite;
mod support;
mod tls;
