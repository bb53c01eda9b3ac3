//! Questions to a server, for tests: blocking, answers as text.

use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, OptsBuilder, Value};
use tokio::runtime::{Builder, Runtime};

use super::server::USER;
use crate::error::ServerError;

/// A row as the server shows it; `None` is NULL. Bytes that are no UTF-8 are shown as `0x..`.
pub type Row = Vec<Option<String>>;

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
