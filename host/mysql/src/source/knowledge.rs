//! What information_schema says of tables, now.

use std::collections::HashMap;

use sluicegate_connector::Error;

use super::facts::Facts;
use super::options::ColumnsFrom;
use super::tables::Tables;
use crate::Connection;
use crate::binlog::charset::Charset;
use crate::binlog::schema::known::{KnownColumn, KnownTable};
use crate::client::ReadSession;
use crate::client::server::Family;
use crate::sql::text::quoted;

/// Types of MariaDB that its log takes for bytes, even where it describes tables in full.
const LOOK_LIKE_BYTES: [&str; 3] = ["inet4", "inet6", "uuid"];

/// Tables that are read, by database and name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Knowledge(HashMap<(String, String), KnownTable>);

impl Knowledge {
    /// Asks a server for what its log does not say: nothing, mostly.
    ///
    /// # Errors
    /// The server's.
    pub async fn read(
        connection: &Connection,
        facts: &Facts,
        from: ColumnsFrom,
        tables: &Tables,
    ) -> Result<Self, Error> {
        let which = match (from, facts.family) {
            (ColumnsFrom::InformationSchema, _) => String::new(),
            (ColumnsFrom::Log, Family::MySql) => return Ok(Self::default()),
            (ColumnsFrom::Log, Family::MariaDb) => {
                let types = LOOK_LIKE_BYTES.map(|name| format!("'{name}'")).join(",");
                format!(
                    " AND (TABLE_SCHEMA, TABLE_NAME) IN (SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.COLUMNS \
                     WHERE DATA_TYPE IN ({types}))"
                )
            }
        };
        let mut session = ReadSession::open(connection).await?;
        let known = Self::of_session(&mut session, &which, tables).await;
        session.close().await;
        known
    }

    /// Asks what one table is like; `None` where it is not there.
    ///
    /// # Errors
    /// The server's.
    pub async fn of_table(
        session: &mut ReadSession,
        database: &str,
        table: &str,
        tables: &Tables,
    ) -> Result<Option<KnownTable>, Error> {
        let which = format!(" AND TABLE_SCHEMA = {} AND TABLE_NAME = {}", quoted(database), quoted(table));
        let Self(mut known) = Self::of_session(session, &which, tables).await?;
        Ok(known.remove(&(database.to_owned(), table.to_owned())))
    }

    async fn of_session(session: &mut ReadSession, which: &str, tables: &Tables) -> Result<Self, Error> {
        type Column = (String, String, String, String, Option<String>, Option<String>);
        const OTHERS: &str = "TABLE_SCHEMA NOT IN ('information_schema', 'performance_schema', 'sys')";
        let what = "the columns of the source's tables cannot be read";
        let columns: Vec<Column> = session
            .rows(
                format!(
                    "SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, CHARACTER_SET_NAME, COLUMN_COMMENT FROM \
                     information_schema.COLUMNS WHERE {OTHERS}{which} ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION"
                ),
                what,
            )
            .await?;
        let mut known: HashMap<(String, String), KnownTable> = HashMap::new();
        for (database, table, name, source_type, charset, comment) in columns {
            if !tables.take(&database, &table) {
                continue;
            }
            let charset = charset.as_deref().and_then(Charset::named);
            let column = KnownColumn::new(name, source_type, charset, comment.unwrap_or_default());
            known.entry((database, table)).or_default().columns.push(column);
        }
        if known.is_empty() {
            return Ok(Self(known));
        }
        let keys: Vec<(String, String, String)> = session
            .rows(
                format!(
                    "SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME FROM information_schema.STATISTICS WHERE {OTHERS}{which} AND \
                     INDEX_NAME = 'PRIMARY' ORDER BY TABLE_SCHEMA, TABLE_NAME, SEQ_IN_INDEX"
                ),
                what,
            )
            .await?;
        for (database, table, column) in keys {
            if let Some(known) = known.get_mut(&(database, table)) {
                known.primary_key.push(column);
            }
        }
        Ok(Self(known))
    }

    /// What is known of a table.
    pub fn get(&self, database: &str, table: &str) -> Option<&KnownTable> {
        if self.0.is_empty() {
            return None;
        }
        self.0.get(&(database.to_owned(), table.to_owned()))
    }
}

/// Whether the log alone would take a column of a table for bytes that it is not.
pub fn looks_like_bytes(table: &KnownTable) -> bool {
    table.columns.iter().any(|column| LOOK_LIKE_BYTES.contains(&column.source_type.as_str()))
}
