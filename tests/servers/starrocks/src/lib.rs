//! A simulator of StarRocks, for tests: front ends, back ends and the SQL port as separate listeners, real rows, the
//! servers' own words, and faults on demand. What it does otherwise than the servers is in its README.
//!
//! | module | holds |
//! |---|---|
//! | [`simulator`] | [`Simulator`]: the listeners, and what can be done to them |
//! | [`faults`] | what goes wrong when it is told to |
//! | [`cluster`] | what front ends and back ends know: tables, transactions, users |
//! | [`column_type`] | types of columns |
//! | [`convert`] | values to columns, strictly or not |
//! | [`load`] | bodies to rows |
//! | `http` | listeners, answers |
//! | `fe` | what a front end answers |
//! | `be` | what a back end answers |
//! | `sql` | what the SQL port answers |
//! | `tls` | certificates |

mod be;
pub mod cluster;
pub mod column_type;
pub mod convert;
pub mod faults;
mod fe;
mod http;
pub mod load;
pub mod simulator;
mod sql;
mod tls;

pub use cluster::{Settings, Tls, TransactionState};
pub use faults::{Fault, Kind, Operation};
pub use simulator::Simulator;
