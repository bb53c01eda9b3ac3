//! Tables as the cluster describes them, and what their columns take.
//!
//! | module | holds |
//! |---|---|
//! | [`column_type`] | types of columns |
//! | [`fit`] | which values a column takes, and as what |
//! | [`make`] | the statement that makes a table |
//! | [`describe`] | asking the cluster |

pub mod column_type;
pub mod describe;
pub mod fit;
pub mod make;

use std::fmt;

pub use column_type::ColumnType;
pub use fit::fit;
use sluicegate_tables::TableRef;
use sluicegate_tables::name::same;

/// What a table does with rows of one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// Primary key: rows can be replaced, changed in part, and deleted.
    Primary,
    /// Unique key: the last one counts. Nothing is deleted.
    Unique,
    /// Aggregate key: rows of one key become one.
    Aggregate,
    /// Duplicate key: all rows are kept.
    Duplicate,
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Primary => "a primary key table",
            Self::Unique => "a unique key table",
            Self::Aggregate => "an aggregate table",
            Self::Duplicate => "a duplicate key table",
        })
    }
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type; `None` for one that is not written to.
    pub column_type: Option<ColumnType>,
    /// Its type as the cluster writes it.
    pub described: String,
    /// Whether it may be NULL.
    pub nullable: bool,
    /// Whether it is a part of the key.
    pub key: bool,
    /// Whether it has a value of its own where a row brings none.
    pub has_default: bool,
    /// Whether the cluster computes it.
    pub generated: bool,
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: TableRef,
    /// What it does with rows of one key.
    pub model: Model,
    /// Its columns.
    pub columns: Vec<Column>,
}

impl Table {
    /// A column by its name, whatever its case, as the cluster finds it.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| same(&column.name, name))
    }
}
