//! Statements, with what they ran under.

use bytes::Bytes;

use crate::binlog::bytes::Cursor;
use crate::binlog::charset::Charset;
use crate::binlog::error::Fault;

/// A statement as the log has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// The connection that ran it.
    pub thread_id: u32,
    /// The error that it ended with, 0 for none.
    pub error_code: u16,
    /// The default database; empty for none.
    pub database: String,
    /// The statement's text.
    pub sql: String,
    /// Collation of the client, in which `sql` came.
    pub client_collation: Option<u16>,
    /// Default collation of the server at that time: a new database has it.
    pub server_collation: Option<u16>,
    /// Default collation of the database: a new table has it.
    pub database_collation: Option<u16>,
    /// The session's time zone, where the statement depended on it.
    pub time_zone: Option<String>,
    /// The session's SQL mode, as a bit mask.
    pub sql_mode: Option<u64>,
    /// Microseconds of the time at which it began.
    pub microseconds: Option<u32>,
}

impl Query {
    /// Reads a query event.
    ///
    /// # Errors
    /// A [`Fault`].
    pub fn parse(body: &Bytes) -> Result<Self, Fault> {
        let head = Head::parse(body, 0)?;
        head.with_statement(head.statement)
    }

    /// Reads the event of a `LOAD DATA` in statement format.
    ///
    /// # Errors
    /// A [`Fault`].
    pub fn parse_load(body: &Bytes) -> Result<Self, Fault> {
        /// The number of the file, where its name begins and ends in the statement, and what is done with
        /// duplicates.
        const ABOUT_FILE: usize = 13;
        let head = Head::parse(body, ABOUT_FILE)?;
        head.with_statement(head.statement)
    }
}

/// All of a query event but its statement, which may be compressed.
pub(super) struct Head<'a> {
    query: Query,
    pub(super) statement: &'a [u8],
}

impl<'a> Head<'a> {
    /// `more` bytes stand before the variables.
    pub(super) fn parse(body: &'a [u8], more: usize) -> Result<Self, Fault> {
        let mut cursor = Cursor::new(body);
        let thread_id = cursor.u32()?;
        let _seconds = cursor.u32()?;
        let database_len = cursor.u8()?;
        let error_code = cursor.u16()?;
        let variables_len = cursor.u16()?;
        cursor.skip(more)?;
        let variables = cursor.take(usize::from(variables_len))?;
        let database = cursor.take(usize::from(database_len))?;
        cursor.skip(1)?;
        let mut query = Query {
            thread_id,
            error_code,
            database: String::from_utf8_lossy(database).into_owned(),
            sql: String::new(),
            client_collation: None,
            server_collation: None,
            database_collation: None,
            time_zone: None,
            sql_mode: None,
            microseconds: None,
        };
        query.read_variables(Cursor::new(variables))?;
        Ok(Self { query, statement: cursor.rest() })
    }

    /// The query, with its statement in the client's character set.
    pub(super) fn with_statement(&self, statement: &[u8]) -> Result<Query, Fault> {
        let charset = self.query.client_collation.and_then(Charset::of_collation).unwrap_or(Charset::Utf8);
        let mut sql = Vec::with_capacity(statement.len());
        // A statement may hold bytes of another character set (`_binary'..'`): what is no text is replaced,
        // not refused.
        if charset.decode(statement, &mut sql).is_err() {
            sql = String::from_utf8_lossy(statement).into_owned().into_bytes();
        }
        let sql = String::from_utf8(sql).map_err(|_| Fault::new("the statement is no text"))?;
        Ok(Query { sql, ..self.query.clone() })
    }
}

/// Codes of the variables that a statement ran under.
/// <https://dev.mysql.com/doc/dev/mysql-server/latest/classmysql_1_1binlog_1_1event_1_1Query__event.html>
mod variable {
    pub const FLAGS2: u8 = 0;
    pub const SQL_MODE: u8 = 1;
    pub const CATALOG: u8 = 2;
    pub const AUTO_INCREMENT: u8 = 3;
    pub const CHARSET: u8 = 4;
    pub const TIME_ZONE: u8 = 5;
    pub const CATALOG_NZ: u8 = 6;
    pub const LC_TIME: u8 = 7;
    pub const CHARSET_DATABASE: u8 = 8;
    pub const TABLE_MAP_FOR_UPDATE: u8 = 9;
    pub const SOURCE_DATA_WRITTEN: u8 = 10;
    pub const INVOKER: u8 = 11;
    pub const UPDATED_DATABASES: u8 = 12;
    pub const MICROSECONDS: u8 = 13;
    pub const EXPLICIT_DEFAULTS: u8 = 16;
    pub const DDL_XID: u8 = 17;
    pub const UTF8MB4_COLLATION: u8 = 18;
    pub const REQUIRE_PRIMARY_KEY: u8 = 19;
    pub const TABLE_ENCRYPTION: u8 = 20;
    pub const MARIADB_MICROSECONDS: u8 = 128;
    pub const MARIADB_XID: u8 = 129;
    pub const MARIADB_GTID_FLAGS: u8 = 130;
}

impl Query {
    /// Reads the variables up to the first that is not known: its length is not known either, and the servers
    /// too stop there.
    fn read_variables(&mut self, mut cursor: Cursor<'_>) -> Result<(), Fault> {
        while !cursor.is_empty() {
            match cursor.u8()? {
                variable::SQL_MODE => self.sql_mode = Some(cursor.u64()?),
                variable::CHARSET => {
                    self.client_collation = Some(cursor.u16()?);
                    let _connection = cursor.u16()?;
                    self.server_collation = Some(cursor.u16()?);
                }
                variable::TIME_ZONE => {
                    let length = cursor.u8()?;
                    let zone = cursor.take(usize::from(length))?;
                    self.time_zone = Some(String::from_utf8_lossy(zone).into_owned());
                }
                variable::CHARSET_DATABASE => self.database_collation = Some(cursor.u16()?),
                variable::MICROSECONDS | variable::MARIADB_MICROSECONDS => {
                    self.microseconds = Some(cursor.u24()?);
                }
                variable::FLAGS2 | variable::AUTO_INCREMENT | variable::SOURCE_DATA_WRITTEN => {
                    cursor.skip(4)?;
                }
                variable::CATALOG => {
                    let length = cursor.u8()?;
                    cursor.skip(usize::from(length) + 1)?;
                }
                variable::CATALOG_NZ => {
                    let length = cursor.u8()?;
                    cursor.skip(usize::from(length))?;
                }
                variable::LC_TIME | variable::UTF8MB4_COLLATION | variable::MARIADB_GTID_FLAGS => {
                    cursor.skip(2)?;
                }
                variable::TABLE_MAP_FOR_UPDATE | variable::DDL_XID | variable::MARIADB_XID => {
                    cursor.skip(8)?;
                }
                variable::INVOKER => {
                    for _ in 0..2 {
                        let length = cursor.u8()?;
                        cursor.skip(usize::from(length))?;
                    }
                }
                variable::UPDATED_DATABASES => {
                    const TOO_MANY: u8 = 254;
                    let databases = cursor.u8()?;
                    if databases != TOO_MANY {
                        for _ in 0..databases {
                            cursor.until_zero()?;
                        }
                    }
                }
                variable::EXPLICIT_DEFAULTS | variable::REQUIRE_PRIMARY_KEY | variable::TABLE_ENCRYPTION => {
                    cursor.skip(1)?;
                }
                _ => break,
            }
        }
        Ok(())
    }
}
