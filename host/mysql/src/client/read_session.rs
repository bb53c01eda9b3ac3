//! A connection that much is read from.

use mysql_async::prelude::FromRow;
use mysql_async::{Column, Error as Native, Row};
use sluicegate_connector::Error;

use super::failure::{Failure, sort};
use super::liveness::Liveness;
use super::server::Server;
use super::session::{FOREVER, settings};
use crate::Connection;
use crate::wire::{self, Channel, Next, Prepared};

/// A connection set up as a [`Session`](super::Session) is, over a channel of our own: rows are read from where they lie.
/// One statement at a time.
pub struct ReadSession {
    channel: Channel,
    server: Server,
    liveness: Liveness,
}

impl std::fmt::Debug for ReadSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ReadSession({:?})", self.server)
    }
}

impl ReadSession {
    /// Connects.
    ///
    /// # Errors
    /// The server's.
    pub async fn open(connection: &Connection) -> Result<Self, Error> {
        let what = format!("no connection to {} as {}", connection.address(), connection.user);
        let target = connection.target()?;
        let limit = connection.connect_timeout;
        let channel = tokio::time::timeout(limit.0, wire::log_in(&target))
            .await
            .map_err(|_| Error::transient(format!("{what} within {limit}")))?
            .map_err(|error| sort(error, &what).into_error(&what))?;
        let liveness = Liveness::new(connection.statement_timeout.0);
        let mut session = Self { channel, server: Server::new("", 0), liveness };
        session.set_up().await?;
        Ok(session)
    }

    async fn set_up(&mut self) -> Result<(), Error> {
        let what = "a session cannot be set up";
        for statement in settings(&[]) {
            self.run(&statement).await.map_err(|failure| failure.into_error(what))?;
        }
        let facts: Option<(String, u64)> = self.first("SELECT VERSION(), @@max_allowed_packet", what).await?;
        let (version, packet) = facts.unwrap_or_default();
        self.server = Server::new(&version, usize::try_from(packet).unwrap_or(usize::MAX));
        Ok(())
    }

    /// The server at the other end.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// Whether it is of no use any more.
    pub fn is_broken(&self) -> bool {
        self.liveness.is_broken()
    }

    /// Whether it is still there: a session that was silent for long is asked.
    pub async fn is_alive(&mut self) -> bool {
        !self.is_broken() && (!self.liveness.is_silent() || self.run("DO 1").await.is_ok())
    }

    /// Runs a statement. Rows that it answers with are passed over.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn run(&mut self, sql: &str) -> Result<(), Failure> {
        self.liveness.begin();
        let done = tokio::time::timeout(self.liveness.limit, self.channel.ask::<Row>(sql)).await;
        self.liveness.ended(done, "a statement failed").map(drop)
    }

    /// The rows of a question.
    ///
    /// # Errors
    /// The server's.
    pub async fn rows<R: FromRow>(&mut self, sql: impl AsRef<str>, what: &str) -> Result<Vec<R>, Error> {
        self.liveness.begin();
        let rows = tokio::time::timeout(self.liveness.limit, self.channel.ask(sql.as_ref())).await;
        self.liveness.ended(rows, what).map_err(|failure| failure.into_error(what))
    }

    /// The first row of a question.
    ///
    /// # Errors
    /// The server's.
    pub async fn first<R: FromRow>(&mut self, sql: impl AsRef<str>, what: &str) -> Result<Option<R>, Error> {
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

    /// The columns that a question answers with. It is not asked.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn columns(&mut self, sql: &str) -> Result<Vec<Column>, Failure> {
        self.liveness.begin();
        let channel = &mut self.channel;
        let columns = async {
            let (statement, columns) = channel.prepare(sql).await?;
            channel.close(statement).await?;
            Ok(columns)
        };
        let columns = tokio::time::timeout(self.liveness.limit, columns).await;
        self.liveness.ended(columns, "a query cannot be prepared")
    }

    /// Gives the rows of a question, as they come, to what `expect` makes of the columns that they have: NULLs and values
    /// in the protocol's binary form, which is exact.
    ///
    /// # Errors
    /// See [`Failure`], and what `expect` says of the columns.
    pub async fn read<T: Rows>(
        &mut self,
        sql: &str,
        patience: Patience,
        expect: impl FnOnce(&[Column]) -> Result<T, Error> + Send,
    ) -> Result<T, Failure> {
        let what = "rows cannot be read";
        let limit = match patience {
            Patience::Limited => self.liveness.limit,
            Patience::Endless => FOREVER,
        };
        self.liveness.begin();
        let begun = tokio::time::timeout(limit, begin(&mut self.channel, sql)).await;
        let (statement, columns) = self.liveness.ended(begun, what)?;
        // Where they are refused the session is left with what it was asked.
        self.liveness.begin();
        let mut rows = expect(&columns).map_err(Failure::Other)?;
        loop {
            let next = self.channel.some_rows(|row| rows.add(row));
            let next = tokio::time::timeout(limit, next).await;
            if self.liveness.ended(next, what)? == Next::End {
                break;
            }
            self.liveness.begin();
        }
        self.liveness.begin();
        let closed = self.channel.close(statement).await;
        self.liveness.ended(Ok(closed), what)?;
        Ok(rows)
    }

    /// Says goodbye.
    pub async fn close(mut self) {
        if !self.is_broken() {
            // The server notices that we are gone where it does not hear this.
            let _ = self.channel.quit().await;
        }
    }
}

/// For how long a question may say nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// As any statement.
    Limited,
    /// As long as it takes.
    Endless,
}

/// Whatever rows are given to.
pub trait Rows: Send {
    /// Takes a row.
    ///
    /// # Errors
    /// It is none.
    fn add(&mut self, row: &[u8]) -> Result<(), Native>;
}

/// Each question about a part of a table is another statement, which is not to be kept.
async fn begin(channel: &mut Channel, sql: &str) -> Result<(Prepared, Vec<Column>), Native> {
    let (statement, _) = channel.prepare(sql).await?;
    let columns = channel.execute(statement).await?;
    Ok((statement, columns))
}
