//! Which tables are to be read.

use sluicegate_connector::Error;

use super::progress::Progress;
use crate::client::Session;
use crate::source::tables::Tables;

/// Tables of the server that are read and of which nothing, or not all, was given.
///
/// # Errors
/// The server's.
pub async fn to_read(
    session: &mut Session,
    tables: &Tables,
    progress: &Progress,
) -> Result<Vec<(String, String)>, Error> {
    let sql = "SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES WHERE TABLE_TYPE IN ('BASE TABLE', \
               'SYSTEM VERSIONED') AND TABLE_SCHEMA NOT IN ('information_schema', 'performance_schema', 'sys')";
    let all: Vec<(String, String)> = session.rows(sql, "the tables of the server cannot be listed").await?;
    let (matching, _): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|(database, table)| tables.take(database, table));
    if matching.is_empty() {
        tracing::warn!(
            "`tables` of the source names no table that is there: only those that are made later are read"
        );
    }
    Ok(matching
        .into_iter()
        .filter(|(database, table)| !progress.is_done(&format!("{database}.{table}")))
        .collect())
}
