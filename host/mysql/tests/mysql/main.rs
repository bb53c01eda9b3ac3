//! The sink on real servers: MariaDB and MySQL 8.4.

mod support;

mod changes;
mod faults;
mod load;
mod logins;
mod messages;
mod ordered;
mod positions;
mod schema;
mod values;
