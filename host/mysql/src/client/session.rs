//! A connection set up as we need it.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use mysql_async::prelude::{FromRow, Queryable};
use mysql_async::{Conn, Opts, Row};
use sluicegate_connector::Error;

use super::failure::{Failure, sort};
use super::liveness::Liveness;
use super::server::Server;
use crate::Connection;

/// Modes of every session. Strict: what does not fit is an error, never a changed value. A zero for an auto-increment
/// column is a zero.
const MODES: &str = "STRICT_TRANS_TABLES,STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,\
                     NO_AUTO_VALUE_ON_ZERO";

/// After how many seconds the server ends a session that says nothing: so long may a process that stands still hold
/// rows locked.
const WAIT_TIMEOUT: u64 = 30;

/// A limit that is none.
pub(super) const FOREVER: Duration = Duration::from_hours(24 * 365);

/// How a statement ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done {
    /// Rows that were found, changed or not.
    pub rows: u64,
    /// Warnings.
    pub warnings: u16,
}

/// What became of lines that were loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Lines.
    pub records: u64,
    /// Lines that the server passed over.
    pub skipped: u64,
    /// Values that it changed, and what else it had to say.
    pub warnings: u64,
}

impl Loaded {
    /// From the server's words, which may be in any language: `Records: 3  Deleted: 0  Skipped: 0  Warnings: 0`.
    fn parse(info: &str) -> Option<Self> {
        let mut numbers = info.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok());
        let (records, _, skipped, warnings) =
            (numbers.next()?, numbers.next()?, numbers.next()?, numbers.next()?);
        Some(Self { records, skipped, warnings })
    }
}

/// Seconds that a statement waits for the locks of others.
pub const LOCK_WAIT: u32 = 20;

/// A connection: UTF-8, UTC, strict, READ COMMITTED. One statement at a time.
pub struct Session {
    conn: Conn,
    server: Server,
    /// Names the session for whoever has to end it: it holds a lock of this name as long as it lives.
    token: String,
    /// How long it waits for locks; `None` where the user's statements say so.
    lock_wait: Option<u32>,
    liveness: Liveness,
}

/// Statements that every session begins with: UTF-8, UTC, READ COMMITTED, and some modes beside the strict ones.
pub(super) fn settings(modes: &[String]) -> [String; 3] {
    let modes: Vec<&str> = std::iter::once(MODES).chain(modes.iter().map(String::as_str)).collect();
    [
        "SET NAMES utf8mb4".to_owned(),
        format!(
            "SET SESSION time_zone = '+00:00', sql_mode = '{}', wait_timeout = {WAIT_TIMEOUT}, autocommit = 1, \
             innodb_lock_wait_timeout = {LOCK_WAIT}, lock_wait_timeout = 60",
            modes.join(",")
        ),
        "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED".to_owned(),
    ]
}

impl Session {
    /// Connects. `extra` are statements of the user's own, run last.
    ///
    /// # Errors
    /// The server's.
    pub async fn open(connection: &Connection, modes: &[String], extra: &[String]) -> Result<Self, Error> {
        let what = format!("no connection to {} as {}", connection.address(), connection.user);
        let options = Opts::from(connection.options()?);
        let limit = connection.connect_timeout;
        let conn = tokio::time::timeout(limit.0, Conn::new(options))
            .await
            .map_err(|_| Error::transient(format!("{what} within {limit}")))?
            .map_err(|error| sort(error, &what).into_error(&what))?;
        let mut session = Self {
            conn,
            server: Server::new("", 0),
            token: format!("sluicegate-{:032x}", rand::random::<u128>()),
            lock_wait: None,
            liveness: Liveness::new(connection.statement_timeout.0),
        };
        session.set_up(modes, extra).await?;
        Ok(session)
    }

    async fn set_up(&mut self, modes: &[String], extra: &[String]) -> Result<(), Error> {
        let what = "a session cannot be set up";
        for statement in settings(modes).iter().chain(extra) {
            self.run(statement.as_bytes()).await.map_err(|failure| failure.into_error(what))?;
        }
        let is_told =
            |statement: &String| statement.to_ascii_lowercase().contains("innodb_lock_wait_timeout");
        self.lock_wait = Some(LOCK_WAIT).filter(|_| !extra.iter().any(is_told));
        let facts: Option<(String, u64, u64)> =
            self.first("SELECT VERSION(), @@max_allowed_packet, @@GLOBAL.local_infile", what).await?;
        let (version, packet, local_infile) = facts.unwrap_or_default();
        let packet = usize::try_from(packet).unwrap_or(usize::MAX);
        self.server = Server::new(&version, packet).with_local_infile(local_infile != 0);
        let lock = format!("SELECT GET_LOCK('{}', 0)", self.token);
        self.number(&lock, what).await?;
        Ok(())
    }

    /// The server at the other end.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// The name by which the session can be found and ended.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The server's number for the session.
    pub fn id(&self) -> u32 {
        self.conn.id()
    }

    /// Has statements wait so many seconds for the locks of others, unless the user's statements of the session said how
    /// long.
    ///
    /// # Errors
    /// The server's.
    pub async fn wait_for_locks(&mut self, seconds: u32) -> Result<(), Error> {
        if self.lock_wait.is_none_or(|now| now == seconds) {
            return Ok(());
        }
        let statement = format!("SET SESSION innodb_lock_wait_timeout = {seconds}");
        self.run(statement.as_bytes())
            .await
            .map_err(|failure| failure.into_error("a session cannot be set up"))?;
        self.lock_wait = Some(seconds);
        Ok(())
    }

    /// Whether it is of no use any more.
    pub fn is_broken(&self) -> bool {
        self.liveness.is_broken()
    }

    /// Whether it is still there: a session that was silent for long is asked.
    pub async fn is_alive(&mut self) -> bool {
        !self.is_broken() && (!self.liveness.is_silent() || self.run(b"DO 1").await.is_ok())
    }

    /// Runs a statement that gives no rows.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn run(&mut self, sql: &[u8]) -> Result<Done, Failure> {
        let what = "a statement failed";
        let conn = &mut self.conn;
        self.liveness.begin();
        let done = async {
            conn.query_drop(sql).await?;
            Ok(Done { rows: conn.affected_rows(), warnings: conn.get_warnings() })
        };
        let done = tokio::time::timeout(self.liveness.limit, done).await;
        self.liveness.ended(done, what)
    }

    /// Runs a statement that gives no rows and may take as long as it takes.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn run_long(&mut self, sql: &[u8]) -> Result<Done, Failure> {
        let limit = std::mem::replace(&mut self.liveness.limit, FOREVER);
        let done = self.run(sql).await;
        self.liveness.limit = limit;
        done
    }

    /// Runs a `LOAD DATA LOCAL INFILE`, for which the server is given `lines`.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn load(&mut self, sql: &[u8], lines: Vec<Bytes>) -> Result<Loaded, Failure> {
        let lines = stream::iter(lines.into_iter().map(Ok)).boxed();
        // A stream may be asked for by one thread at a time only, and the client wants a future that all may look at.
        let lines = std::sync::Mutex::new(Some(lines));
        self.conn.set_infile_handler(async move {
            let lines = lines.lock().ok().and_then(|mut lines| lines.take());
            Ok(lines.unwrap_or_else(|| stream::empty().boxed()))
        });
        let done = self.run(sql).await?;
        let told = Loaded::parse(&self.conn.info()).unwrap_or_default();
        Ok(Loaded { warnings: told.warnings.max(u64::from(done.warnings)), ..told })
    }

    /// Runs statements that give no rows, separated by semicolons, in one packet. Gives how many rows each found, of
    /// those that were run; where one failed, it is the next after those, and the ones behind it were not run.
    pub async fn run_each(&mut self, sql: &[u8]) -> (Vec<u64>, Result<(), Failure>) {
        let mut found = Vec::new();
        self.liveness.begin();
        let conn = &mut self.conn;
        let done = async {
            let mut result = conn.query_iter(sql).await?;
            found.push(result.affected_rows());
            while !result.is_empty() {
                // To the answer of the next. The client keeps an error of it back until it is asked again.
                result.collect::<Row>().await?;
                let rows = result.affected_rows();
                if result.is_empty() {
                    result.drop_result().await?;
                    found.push(rows);
                    return Ok(());
                }
                found.push(rows);
            }
            result.drop_result().await
        };
        let done = tokio::time::timeout(self.liveness.limit, done).await;
        let done = self.liveness.ended(done, "a statement failed");
        (found, done)
    }

    /// The rows of a question.
    ///
    /// # Errors
    /// The server's.
    pub async fn rows<R: FromRow + Send + 'static>(
        &mut self,
        sql: impl AsRef<str>,
        what: &str,
    ) -> Result<Vec<R>, Error> {
        self.liveness.begin();
        let rows = tokio::time::timeout(self.liveness.limit, self.conn.query(sql.as_ref())).await;
        self.liveness.ended(rows, what).map_err(|failure| failure.into_error(what))
    }

    /// The first row of a question.
    ///
    /// # Errors
    /// The server's.
    pub async fn first<R: FromRow + Send + 'static>(
        &mut self,
        sql: impl AsRef<str>,
        what: &str,
    ) -> Result<Option<R>, Error> {
        Ok(self.rows(sql, what).await?.into_iter().next())
    }

    /// The one number that a question has for its answer; `None` where it is NULL.
    ///
    /// # Errors
    /// The server's.
    pub async fn number(&mut self, sql: impl AsRef<str>, what: &str) -> Result<Option<u64>, Error> {
        let row: Option<(Option<u64>,)> = self.first(sql, what).await?;
        Ok(row.and_then(|(number,)| number))
    }

    /// Says goodbye.
    pub async fn close(mut self) {
        if self.is_broken() {
            return;
        }
        let goodbye = async {
            // The server takes its time to notice that we are gone, and until then the name would say that we are not.
            let _ = self.conn.query_drop(format!("DO RELEASE_LOCK('{}')", self.token)).await;
            self.conn.disconnect().await
        };
        if let Err(error) = tokio::time::timeout(Duration::from_secs(2), goodbye).await {
            tracing::debug!(%error, "a connection was not closed in order");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_in_any_language() {
        let told = Loaded::parse("Records: 3  Deleted: 1  Skipped: 2  Warnings: 4");
        assert_eq!(told, Some(Loaded { records: 3, skipped: 2, warnings: 4 }));
        assert_eq!(Loaded::parse("Rader: 3  Borttagna: 0  Dubletter: 0  Varningar: 0").unwrap().records, 3);
        assert_eq!(Loaded::parse(""), None);
    }
}
