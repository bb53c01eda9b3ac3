//! What travels in a lane besides rows.

use arrow_schema::SchemaRef;

use crate::TableName;

/// An event of a lane that is no row. It keeps its place among the rows; guests never see it.
#[derive(Clone, Debug)]
pub enum ControlEvent {
    /// The schema of a table changed at this point. A barrier of its lane, harmless when repeated. The text of
    /// the source's DDL, where there is one, is for reports: it is never executed.
    SchemaChange {
        /// The table that changed.
        table: TableName,
        /// Its new schema, where the source knows it.
        schema: Option<SchemaRef>,
        /// What the source said.
        ddl: Option<String>,
    },
    /// All rows of a table were removed.
    Truncate {
        /// The table.
        table: TableName,
    },
    /// The source is alive and has nothing to say; positions may move on.
    Heartbeat,
}

impl ControlEvent {
    /// What kind of event it is, for people.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::SchemaChange { .. } => "schema change",
            Self::Truncate { .. } => "truncate",
            Self::Heartbeat => "heartbeat",
        }
    }
}
