//! Which tables are to be read.

use sluicegate_connector::Error;

use crate::client::Session;
use crate::source::tables::Tables;

/// Tables of the server that are read.
///
/// # Errors
/// The server's.
pub async fn all(session: &mut Session, tables: &Tables) -> Result<Vec<(String, String)>, Error> {
    let sql = "SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES WHERE TABLE_TYPE IN ('BASE TABLE', \
               'SYSTEM VERSIONED') AND TABLE_SCHEMA NOT IN ('information_schema', 'performance_schema', 'sys')";
    let all: Vec<(String, String)> = session.rows(sql, "the tables of the server cannot be listed").await?;
    let matching: Vec<_> = all.into_iter().filter(|(database, table)| tables.take(database, table)).collect();
    if matching.is_empty() {
        tracing::warn!(
            "`tables` of the source names no table that is there: only those that are made later are read"
        );
    }
    Ok(matching)
}

/// Those of tables that have no primary key.
///
/// # Errors
/// The server's.
pub async fn without_key(session: &mut Session, tables: &[String]) -> Result<Vec<String>, Error> {
    let sql = "SELECT DISTINCT CONCAT(TABLE_SCHEMA, '.', TABLE_NAME) FROM information_schema.STATISTICS WHERE INDEX_NAME \
               = 'PRIMARY'";
    let keyed: Vec<String> = session.rows(sql, "the keys of tables cannot be listed").await?;
    Ok(tables.iter().filter(|table| !keyed.contains(table)).cloned().collect())
}
