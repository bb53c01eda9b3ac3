//! Questions to a server, for tests: blocking, answers as text.

use std::fmt;

use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, OptsBuilder, Value};
use tokio::runtime::{Builder, Runtime};

use super::server::USER;
use crate::error::ServerError;

/// A row as the server shows it; `None` is NULL. Bytes that are no UTF-8 are shown as `0x..`.
pub type Row = Vec<Option<String>>;

/// A place in a server's binlog. Shown as a pipeline's `start` takes it: `binlog.000001:1234`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogPlace {
    /// The file's name.
    pub file: String,
    /// The byte in the file.
    pub position: u64,
}

impl fmt::Display for LogPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.position)
    }
}

/// A connection of a test.
pub struct MySqlClient {
    /// First: a connection that is dropped says goodbye on the runtime.
    connection: Option<Conn>,
    runtime: Runtime,
}

impl MySqlClient {
    /// The user of tests, and the password: both are this.
    pub const USER: &'static str = USER;

    /// A connection as the user of tests. No database where its name is empty.
    ///
    /// # Errors
    /// When the server does not answer.
    pub fn connect(port: u16, database: &str) -> Result<Self, ServerError> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(ServerError::io("a runtime for a client"))?;
        let options = OptsBuilder::default()
            .ip_or_hostname("127.0.0.1")
            .tcp_port(port)
            .user(Some(USER))
            .pass(Some(USER))
            .prefer_socket(false)
            .db_name(Some(database).filter(|name| !name.is_empty()));
        let connection = runtime.block_on(Conn::new(options)).map_err(ServerError::mysql("connecting"))?;
        Ok(Self { connection: Some(connection), runtime })
    }

    /// Runs a statement; gives the number of rows that it changed.
    ///
    /// # Errors
    /// The server's.
    pub fn execute(&mut self, sql: &str) -> Result<u64, ServerError> {
        let Some(connection) = &mut self.connection else { return Ok(0) };
        self.runtime
            .block_on(async {
                connection.query_drop(sql).await?;
                Ok(connection.affected_rows())
            })
            .map_err(ServerError::mysql(sql))
    }

    /// The rows of a question.
    ///
    /// # Errors
    /// The server's.
    pub fn rows(&mut self, sql: &str) -> Result<Vec<Row>, ServerError> {
        let Some(connection) = &mut self.connection else { return Ok(Vec::new()) };
        let rows: Vec<mysql_async::Row> =
            self.runtime.block_on(connection.query(sql)).map_err(ServerError::mysql(sql))?;
        Ok(rows.into_iter().map(|row| row.unwrap().into_iter().map(show).collect()).collect())
    }

    /// The rows of a question, a line each, cells separated by `|`; NULL is `NULL`.
    ///
    /// # Errors
    /// The server's.
    pub fn lines(&mut self, sql: &str) -> Result<Vec<String>, ServerError> {
        let line = |row: Row| {
            let cells: Vec<String> =
                row.into_iter().map(|cell| cell.unwrap_or_else(|| "NULL".to_owned())).collect();
            cells.join("|")
        };
        Ok(self.rows(sql)?.into_iter().map(line).collect())
    }

    /// Where the server's binlog ends.
    ///
    /// # Errors
    /// The server's, and that it has no binlog.
    pub fn log_end(&mut self) -> Result<LogPlace, ServerError> {
        // Servers from MySQL 8.4 on have only the one, MariaDB and MySQL 8.0 only the other.
        let status = self.rows("SHOW BINARY LOG STATUS").or_else(|_| self.rows("SHOW MASTER STATUS"))?;
        let place = status.first().and_then(|row| {
            let [Some(file), Some(position), ..] = row.as_slice() else { return None };
            Some(LogPlace { file: file.clone(), position: position.parse().ok()? })
        });
        place.ok_or(ServerError::NoLog)
    }

    /// Has the server remove its binlog and all that it says about transactions that it ran.
    ///
    /// # Errors
    /// The server's.
    pub fn reset_log(&mut self) -> Result<(), ServerError> {
        // The same two families as above.
        self.execute("RESET BINARY LOGS AND GTIDS").or_else(|_| self.execute("RESET MASTER"))?;
        Ok(())
    }
}

impl Drop for MySqlClient {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            let _ = self.runtime.block_on(connection.disconnect());
        }
    }
}

fn show(value: Value) -> Option<String> {
    Some(match value {
        Value::NULL => return None,
        Value::Bytes(bytes) => match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => Value::Bytes(error.into_bytes()).as_sql(true),
        },
        other => other.as_sql(true),
    })
}
