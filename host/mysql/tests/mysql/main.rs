//! The sink on real servers: MariaDB and MySQL 8.4.

mod support;

mod changes;
mod faults;
mod messages;
mod ordered;
mod positions;
mod values;
