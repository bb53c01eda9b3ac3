//! Apache Kafka: a broker for one test, or one for all tests of a run.
//!
//! [`options`](KafkaOptions) say what is special about a broker, `installation` finds Kafka's jars, `configuration`
//! writes the broker's properties, `broker` starts it and waits until it serves, `shared` finds the run's broker, and
//! [`client`](KafkaClient) reads and writes.

mod admin;
mod broker;
mod client;
mod configuration;
mod installation;
mod options;
mod reader;
mod readiness;
mod record;
mod shared;
mod writer;

pub use broker::Kafka;
pub use client::{KafkaClient, unique_name};
pub use options::KafkaOptions;
pub use record::{Message, Record};
pub use shared::SharedKafka;
