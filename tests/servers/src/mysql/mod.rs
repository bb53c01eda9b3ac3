//! MySQL and MariaDB: a server for one test, or one for all tests of a run.
//!
//! [`options`](MySqlOptions) say which server and what is special about it, `installation` finds its programs, `server`
//! starts it and waits until it serves, `shared` finds the run's server, and [`client`](MySqlClient) asks it questions.

mod client;
mod installation;
mod options;
mod server;
mod shared;

pub use client::{LogPlace, MySqlClient, Row};
pub use options::{Flavour, MySqlOptions};
pub use server::MySql;
pub use shared::{Database, SharedMySql};
