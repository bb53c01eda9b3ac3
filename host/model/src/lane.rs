//! Lanes: ordered streams, and who may speak for them.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The name of one ordered stream of a source, the same over restarts: a Kafka partition
/// (`ogg.shop.orders/3`), a binlog, a query. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Lane(Arc<str>);

impl Lane {
    /// A lane by its name.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Lane {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

/// Which life of a lane a row belongs to. Every assignment and every seek begins a new one, and rows of an
/// older one are dropped: without it, rows that were on their way when the lane was rewound would be written a
/// second time. Numbers only grow within a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Incarnation(pub u64);

impl fmt::Display for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
