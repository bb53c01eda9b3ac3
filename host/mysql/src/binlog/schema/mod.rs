//! What is known of a table when its row images are read.
//!
//! | module | holds |
//! |---|---|
//! | [`cell`] | what the bytes of a cell mean, and the type of Arrow that they become |
//! | [`known`] | what is known of a column beside the log: from `information_schema` |
//! | `describe` | table map and knowledge as one table |
//! | `listed` | a table as information_schema lists it |
//! | `wire` | from a table map's column to a cell type, and the name of its type |

pub mod cell;
mod describe;
pub mod known;
mod listed;
mod wire;

use std::sync::Arc;

use arrow_schema::{Schema, SchemaRef};
use sluicegate_model::TableName;

pub use cell::CellType;
pub use known::KnownColumn;

/// What becomes of dates that are none: `0000-00-00`, `2024-00-15`, `2024-02-31`. Servers without strict
/// modes hold them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ZeroDates {
    /// The row is put aside with a reason.
    #[default]
    Reject,
    /// NULL.
    Null,
    /// All columns of dates become text as the server prints them.
    Text,
}

/// How tables are to be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadOptions {
    /// What becomes of dates that are none.
    pub zero_dates: ZeroDates,
}

/// A column of a table whose images are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableColumn {
    /// Its name.
    pub name: String,
    /// What its bytes mean.
    pub cell: CellType,
    /// Its place among the columns of the batches; `None` for one that is left out.
    pub field: Option<usize>,
}

/// A table whose row images are read: what the bytes of its columns mean, and the schema of its batches.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// `database.table`.
    pub name: TableName,
    /// All columns, in the table's order.
    pub columns: Vec<TableColumn>,
    /// The schema of the batches.
    pub schema: SchemaRef,
    /// Names of the primary key's columns.
    pub primary_key: Arc<[String]>,
}

impl Table {
    /// The same table of which only these columns are read.
    pub(crate) fn of_columns(&self, names: &[String]) -> Self {
        let mut fields = Vec::with_capacity(names.len());
        let columns = self.columns.iter().map(|column| {
            let known = column.field.filter(|_| names.contains(&column.name));
            let field = known.map(|field| {
                fields.push(self.schema.field(field).clone());
                fields.len() - 1
            });
            TableColumn { field, ..column.clone() }
        });
        let columns = columns.collect();
        let schema = Arc::new(Schema::new(fields));
        Self { name: self.name.clone(), columns, schema, primary_key: Arc::clone(&self.primary_key) }
    }
}
