//! Real servers for tests and benchmarks.
//!
//! A server gets free loopback ports and a directory of its own. It is stopped by its pid, and never outlives the
//! process it was started for, also when that process is killed: see [`ServerProcess`].
//!
//! - [`Kafka::start`] gives a test a broker of its own, to kill, pause and restart.
//! - [`Kafka::shared`] gives all tests of a run one broker, also where each test is a process of its own.
//! - [`MySql::start`] and [`MySql::shared`] are the same for MySQL and MariaDB.
//! - [`SmallDisk`] is one that a server can fill.
//! - [`KafkaClient`] makes topics, writes and reads; what it reads `read_committed` is what a consumer sees.
//!
//! Servers' logs stay in `target/test-servers/RUN/` for a day; data goes with the server.

mod directories;
mod error;
mod kafka;
mod mysql;
mod ports;
mod process;
mod run;
mod server_process;
mod small_disk;

pub use error::ServerError;
pub use kafka::{Kafka, KafkaClient, KafkaOptions, Message, Record, SharedKafka, unique_name};
pub use mysql::{Database, Flavour, LogPlace, MySql, MySqlClient, MySqlOptions, Row, SharedMySql};
pub use process::ProcessId;
pub use run::Run;
pub use rustix::process::Signal;
pub use server_process::ServerProcess;
pub use small_disk::SmallDisk;
