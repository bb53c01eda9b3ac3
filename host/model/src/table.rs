//! The name of a table, or of whatever a row's destination is.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The full name of a table as its source writes it (`SHOP.ORDERS_07`), or of an output's destination
/// (`ods.orders`, a topic). Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TableName(Arc<str>);

impl TableName {
    /// A name from text.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self(name.into())
    }

    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the last dot, empty where there is none: the database or schema.
    pub fn database(&self) -> &str {
        self.0.rsplit_once('.').map_or("", |(database, _)| database)
    }

    /// The part after the last dot: the table alone.
    pub fn table(&self) -> &str {
        self.0.rsplit_once('.').map_or(&*self.0, |(_, table)| table)
    }
}

impl From<&str> for TableName {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}
