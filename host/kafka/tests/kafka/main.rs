//! Source, sink and positions on a real Kafka.

mod admin;
mod claims;
mod lease;
mod messages;
mod reading;
mod same_cluster;
mod support;
mod writing;
