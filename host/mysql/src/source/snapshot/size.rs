//! How large tables are, as far as the server knows: it reckons, it does not count.

use sluicegate_connector::Error;

use super::shared::is_table;
use crate::client::ReadSession;
use crate::client::server::Family;
use crate::sql::text::quoted;

/// Rows of a part, at least and at most.
const ROWS: std::ops::RangeInclusive<u64> = 200..=50_000;

/// Bytes of a row where the server does not know.
const UNKNOWN_ROW: u64 = 400;

/// The size of a table.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Its rows; 0 where the server does not know.
    pub rows: u64,
    /// Bytes of one of them.
    row_bytes: u64,
}

impl Size {
    /// Of a table of a database.
    ///
    /// # Errors
    /// The server's.
    pub async fn of(session: &mut ReadSession, (database, table): (&str, &str)) -> Result<Self, Error> {
        ask_afresh(session).await?;
        let sql = format!(
            "SELECT TABLE_ROWS, AVG_ROW_LENGTH FROM information_schema.TABLES WHERE {}",
            is_table(database, table)
        );
        let row: Option<(Option<u64>, Option<u64>)> =
            session.first(sql, "the size of a table cannot be read").await?;
        let (rows, row_bytes) = row.unwrap_or_default();
        let row_bytes = row_bytes.filter(|bytes| *bytes > 0).unwrap_or(UNKNOWN_ROW);
        Ok(Self { rows: rows.unwrap_or(0), row_bytes })
    }

    /// How many rows make a part of so many bytes, about.
    pub fn rows_of_a_part(&self, bytes: u64) -> u64 {
        (bytes / self.row_bytes).clamp(*ROWS.start(), *ROWS.end())
    }
}

/// How many rows tables have, as far as the server knows.
///
/// # Errors
/// The server's.
pub async fn rows_of_tables<'a>(
    session: &mut ReadSession,
    tables: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<Option<u64>, Error> {
    let names: Vec<String> = tables
        .into_iter()
        .map(|(database, table)| format!("({}, {})", quoted(database), quoted(table)))
        .collect();
    if names.is_empty() {
        return Ok(None);
    }
    ask_afresh(session).await?;
    let sql = format!(
        "SELECT CAST(SUM(TABLE_ROWS) AS UNSIGNED) FROM information_schema.TABLES WHERE (TABLE_SCHEMA, TABLE_NAME) IN ({})",
        names.join(",")
    );
    session.number(sql, "the sizes of tables cannot be read").await
}

/// What a server knows of tables is then not a day old.
async fn ask_afresh(session: &mut ReadSession) -> Result<(), Error> {
    let server = session.server();
    if server.family == Family::MySql && server.version >= (8, 0, 0) {
        let fresh = session.run("SET SESSION information_schema_stats_expiry = 0").await;
        fresh.map_err(|failure| failure.into_error("a session cannot be set up"))?;
    }
    Ok(())
}
