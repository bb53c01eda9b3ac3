//! What the tasks of a snapshot have in common.

use std::time::Duration;

use mysql_async::Row;
use sluicegate_connector::Error;

use std::sync::Arc;

use crate::binlog::{LogPosition, Place, ReadOptions};
use crate::client::ReadSession;
use crate::client::server::Family;
use crate::source::facts::Facts;
use crate::source::reader::has_reached;
use crate::source::sessions::Sessions;
use crate::source::tables::Tables;
use crate::sql::text::quoted;

/// How long a server may take to make visible what its log had before.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two looks at it.
const PAUSE: Duration = Duration::from_millis(20);

/// What the tasks of a snapshot have in common.
pub struct Shared {
    /// With the server.
    pub sessions: Sessions,
    /// What it says of itself.
    pub facts: Facts,
    /// Which tables and columns are read.
    pub tables: Arc<Tables>,
    /// How values are read.
    pub read: ReadOptions,
    /// Bytes of a part of a table, about.
    pub part_bytes: u64,
    /// Parts that are read at once.
    pub readers: usize,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Shared({:?})", self.sessions)
    }
}

impl Shared {
    /// Begins a transaction that sees the tables as they are at one moment, at which everything of the log up to a
    /// position is there.
    ///
    /// A log has a transaction before the tables have it. MySQL can be waited for by its GTIDs; where it has none, a
    /// lock of the table, given back at once, is had only when the transactions before it are through. MariaDB says
    /// where in its log the view lies.
    ///
    /// # Errors
    /// The server's.
    pub async fn begin(
        &self,
        session: &mut ReadSession,
        table: &str,
        after: &LogPosition,
    ) -> Result<(), Error> {
        let what = "a table cannot be read";
        match self.facts.family {
            Family::MySql => {
                if let Some(gtids) = &after.gtids {
                    let sql = format!("SELECT WAIT_FOR_EXECUTED_GTID_SET('{gtids}', {})", PATIENCE.as_secs());
                    if session.number(sql, what).await? != Some(0) {
                        return Err(late());
                    }
                } else {
                    lock(session, table).await?;
                    unlock(session).await?;
                }
                view(session).await
            }
            Family::MariaDb => {
                let until = tokio::time::Instant::now() + PATIENCE;
                loop {
                    view(session).await?;
                    if has_reached(&self.viewed(session).await?, &after.place) {
                        return Ok(());
                    }
                    if tokio::time::Instant::now() >= until {
                        return Err(late());
                    }
                    end(session).await?;
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    /// Begins a transaction that sees a table as it is at one place of the log, and gives that place. MySQL has to lock
    /// the table for that moment: nothing tells where in its log a view lies.
    ///
    /// # Errors
    /// The server's.
    pub async fn begin_at(&self, session: &mut ReadSession, table: &str) -> Result<Place, Error> {
        match self.facts.family {
            Family::MariaDb => {
                view(session).await?;
                self.viewed(session).await
            }
            Family::MySql => {
                let mut holder = self.sessions.take().await?;
                lock(&mut holder, table).await?;
                view(session).await?;
                let place = self.facts.place(session).await;
                unlock(&mut holder).await?;
                self.sessions.give_back(holder);
                place
            }
        }
    }

    /// MariaDB: where in the log the view lies.
    async fn viewed(&self, session: &mut ReadSession) -> Result<Place, Error> {
        let what = "the place of a view in the binlog cannot be asked for";
        let rows: Vec<Row> = session.rows("SHOW STATUS LIKE 'binlog_snapshot_%'", what).await?;
        let get = |name: &str| {
            let row = rows
                .iter()
                .find(|row| row.get::<String, _>(0).is_some_and(|found| found.eq_ignore_ascii_case(name)))?;
            row.get::<String, _>(1)
        };
        let file = get("binlog_snapshot_file").filter(|file| !file.is_empty());
        let position = get("binlog_snapshot_position").and_then(|position| position.parse().ok());
        match (file, position) {
            (Some(file), Some(position)) => Ok(Place { file: file.into(), position }),
            _ => Err(Error::fatal(what).help("the server writes no binlog for this session")),
        }
    }
}

async fn view(session: &mut ReadSession) -> Result<(), Error> {
    for sql in [
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
    ] {
        let done = session.run(sql).await;
        done.map_err(|failure| failure.into_error("a view of the tables cannot be begun"))?;
    }
    Ok(())
}

/// Ends a view.
///
/// # Errors
/// The server's.
pub async fn end(session: &mut ReadSession) -> Result<(), Error> {
    let done = session.run("COMMIT").await;
    done.map_err(|failure| failure.into_error("a view of the tables cannot be ended"))
}

async fn lock(session: &mut ReadSession, table: &str) -> Result<(), Error> {
    let done = session.run(&format!("LOCK TABLES {table} READ")).await;
    done.map_err(|failure| {
        failure.into_error(&format!("{table} cannot be locked for a moment")).help(
            "a table without a primary key, or of a server without `gtid_mode`, is read under a lock that is held \
             for a moment: grant LOCK TABLES, or end the transaction that holds the table",
        )
    })
}

async fn unlock(session: &mut ReadSession) -> Result<(), Error> {
    let done = session.run("UNLOCK TABLES").await;
    done.map_err(|failure| failure.into_error("a lock cannot be given back"))
}

fn late() -> Error {
    Error::transient(format!(
        "the tables do not show yet what the server's log has had for {} s",
        PATIENCE.as_secs()
    ))
}

/// Names of two parts in a condition over information_schema.
pub fn is_table(database: &str, table: &str) -> String {
    format!("TABLE_SCHEMA = {} AND TABLE_NAME = {}", quoted(database), quoted(table))
}
