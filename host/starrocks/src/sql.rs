//! A session on the SQL port.

use std::time::Duration;

use mysql_async::prelude::{FromRow, Queryable as _};
use mysql_async::{Conn, Opts};
use sluicegate_connector::{Class, Error};

use crate::Connection;

/// Errors of the server that a person has to look at: the user is not known, or may not do this.
const DENIED: [u16; 6] = [1044, 1045, 1142, 1227, 1698, 5203];

/// A session. One statement at a time, none of them prepared.
pub struct Session {
    conn: Conn,
    limit: Duration,
    broken: bool,
}

impl Session {
    /// Connects.
    ///
    /// # Errors
    /// The server's.
    pub async fn open(connection: &Connection) -> Result<Self, Error> {
        let (host, port) = connection.sql_address()?;
        let what = format!("no connection to {host}:{port} as {}", connection.user);
        let opts = Opts::from(connection.sql_options()?);
        let conn = match tokio::time::timeout(connection.connect_timeout.0, Conn::new(opts)).await {
            Ok(conn) => conn.map_err(|error| sort(error, &what))?,
            Err(_) => return Err(Error::transient(format!("{what} within {}", connection.connect_timeout))),
        };
        Ok(Self { conn, limit: connection.request_timeout.0, broken: false })
    }

    /// Whether it may be used again.
    pub fn is_alive(&self) -> bool {
        !self.broken
    }

    /// Runs a statement that gives no rows.
    ///
    /// # Errors
    /// The server's.
    pub async fn run(&mut self, sql: &str, what: &str) -> Result<(), Error> {
        self.broken = true;
        let done = tokio::time::timeout(self.limit, self.conn.query_drop(sql)).await;
        self.ended(done, what)
    }

    /// The rows of a question.
    ///
    /// # Errors
    /// The server's.
    pub async fn rows<R: FromRow + Send + 'static>(
        &mut self,
        sql: &str,
        what: &str,
    ) -> Result<Vec<R>, Error> {
        self.broken = true;
        let rows = tokio::time::timeout(self.limit, self.conn.query(sql)).await;
        self.ended(rows, what)
    }

    fn ended<T>(
        &mut self,
        done: Result<mysql_async::Result<T>, tokio::time::error::Elapsed>,
        what: &str,
    ) -> Result<T, Error> {
        match done {
            Ok(Ok(value)) => {
                self.broken = false;
                Ok(value)
            }
            Ok(Err(error)) => {
                self.broken = !matches!(error, mysql_async::Error::Server(_));
                Err(sort(error, what))
            }
            Err(_) => Err(Error::transient(format!("{what}: no answer within {} s", self.limit.as_secs()))),
        }
    }

    /// Says goodbye.
    pub async fn close(self) {
        if let Err(error) = tokio::time::timeout(Duration::from_secs(2), self.conn.disconnect()).await {
            tracing::debug!(%error, "a connection was not closed in order");
        }
    }
}

fn sort(error: mysql_async::Error, what: &str) -> Error {
    if let Some(told) = encryption(&error) {
        return Error::configuration(what).caused_by(error).help(told);
    }
    let class = match &error {
        mysql_async::Error::Server(answer) if DENIED.contains(&answer.code) => Class::Configuration,
        mysql_async::Error::Server(_) => Class::Fatal,
        _ => Class::Transient,
    };
    let help = match (&error, class) {
        (mysql_async::Error::Server(_), Class::Configuration) => {
            Some("see `user` and `password` of the connection, and what the user is granted")
        }
        (_, Class::Transient) => Some(
            "see whether the front end runs, and that `sql` of the connection has its port for SQL (9030)",
        ),
        _ => None,
    };
    let told = Error::new(class, what).caused_by(error);
    match help {
        Some(help) => told.help(help),
        None => told,
    }
}

/// What is to be done about an error of encryption.
fn encryption(error: &mysql_async::Error) -> Option<&'static str> {
    use mysql_async::{DriverError, Error as Native, IoError};
    let untrusted = error.to_string().contains("invalid peer certificate");
    match error {
        Native::Driver(DriverError::NoClientSslFlagFromServer) => Some(
            "the front end's port for SQL knows no encryption: set it up there, or `sql: false` of `tls`",
        ),
        Native::Io(IoError::Tls(_)) => Some(CERTIFICATE),
        _ => untrusted.then_some(CERTIFICATE),
    }
}

/// What is to be done about a certificate.
const CERTIFICATE: &str = "see `tls` of the connection: `ca` are the authorities to trust, and the host of `sql` has to be \
                           the name in the certificate";

/// A text in quotes.
pub fn text(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}
