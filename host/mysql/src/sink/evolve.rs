//! Tables that get the columns which rows bring.
//!
//! Statements of the source are never run: what is added is the difference between the columns of the rows and those of
//! the table. No column is dropped, renamed or changed. A column that is added twice, or before its first row, does no
//! harm, so nothing has to be remembered over a crash.

use std::fmt::Write as _;

use arrow_schema::Field;
use sluicegate_connector::{Class, Error};
use sluicegate_model::ChangeBatch;
use sluicegate_tables::OnSchemaChange;

use super::options::{OnlineDdl, SinkOptions};
use crate::client::{Failure, Session};
use crate::schema::Table;
use crate::sql::name;
use crate::types::column_definition;

/// The column is there: another process was faster.
const THERE: u16 = 1060;

/// The server cannot do it at once (dev.mysql.com/doc/refman/8.4/en/innodb-online-ddl-operations.html;
/// mariadb.com/kb/en/innodb-online-ddl-operations-with-the-instant-alter-algorithm).
const NOT_INSTANT: [u16; 3] = [1845, 1846, 4092];

/// Seconds that a change waits for transactions on its table; whoever comes after it waits as well.
const LOCK_WAIT: u32 = 5;

/// What became of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evolved {
    /// It has the columns now.
    Yes,
    /// It does not, and rows are written without them.
    No,
}

/// The statement that adds columns, and how it is to be done.
///
/// # Errors
/// What of them no column holds, in words.
pub fn statement(table: &Table, fields: &[&Field], how: &str) -> Result<String, String> {
    let mut text = format!("ALTER TABLE {}", table.name.quoted());
    for field in fields {
        let definition =
            column_definition(field, false).map_err(|why| format!("column {}: {why}", field.name()))?;
        // Writing to a text does not fail.
        let _ = write!(text, " ADD COLUMN {} {definition} NULL,", name::quoted(field.name()));
    }
    Ok(format!("{text} {how}"))
}

/// How a column is added without touching a row.
pub const INSTANT: &str = "ALGORITHM=INSTANT";

/// Adds columns. No transaction of this process may have touched the table: the change would wait for it.
///
/// # Errors
/// [`Class::Transient`] where it may be tried again, [`Class::Configuration`] with the statement where a person has to
/// run it.
pub async fn add(
    session: &mut Session,
    options: &SinkOptions,
    table: &Table,
    batch: &ChangeBatch,
    fields: &[&Field],
) -> Result<Evolved, Error> {
    let failed = match try_to_add(session, options, table, fields).await {
        Ok(()) => return Ok(Evolved::Yes),
        Err(error) => error.table(batch.table()),
    };
    let passes = matches!(failed.class(), Class::Transient | Class::Unknown);
    if passes || options.on_schema_change != OnSchemaChange::TryEvolve {
        return Err(failed);
    }
    let names: Vec<&str> = fields.iter().map(|field| field.name().as_str()).collect();
    tracing::warn!(table = %table.name, columns = names.join(", "), "rows are written without these columns: {failed}");
    Ok(Evolved::No)
}

async fn try_to_add(
    session: &mut Session,
    options: &SinkOptions,
    table: &Table,
    fields: &[&Field],
) -> Result<(), Error> {
    let refused =
        |why: String| Error::configuration(format!("table {} cannot get a column: {why}", table.name));
    let instant = statement(table, fields, INSTANT).map_err(refused)?;
    let what = format!("table {} cannot get its new columns", table.name);
    let wait = format!("SET SESSION lock_wait_timeout = {LOCK_WAIT}");
    session.run(wait.as_bytes()).await.map_err(|failure| failure.into_error(&what))?;
    tracing::info!(table = %table.name, "the table gets new columns: {instant}");
    match session.run(instant.as_bytes()).await {
        Ok(_) => return Ok(()),
        Err(failure) if failure.code() == Some(THERE) => return Ok(()),
        Err(failure) if failure.code().is_some_and(|code| NOT_INSTANT.contains(&code)) => {}
        Err(failure) => return Err(by_hand(failure, &what, &instant)),
    }
    let online = statement(table, fields, "ALGORITHM=INPLACE, LOCK=NONE").map_err(refused)?;
    if options.online_ddl == OnlineDdl::Stop {
        let why = "the server has to build the table anew for them, which may take long";
        return Err(Error::configuration(format!("{what} at once: {why}"))
            .help(format!("run it when it suits you ({online}), or set `online_ddl: allow` of the sink")));
    }
    tracing::info!(table = %table.name, "not at once; the table is built anew: {online}");
    match session.run_long(online.as_bytes()).await {
        Ok(_) => Ok(()),
        Err(failure) if failure.code() == Some(THERE) => Ok(()),
        Err(failure) => Err(by_hand(failure, &what, &online)),
    }
}

/// The server's answer; where it will not change its mind, with the statement for whoever may run it.
fn by_hand(failure: Failure, what: &str, statement: &str) -> Error {
    let error = failure.into_error(what);
    if matches!(error.class(), Class::Transient | Class::Unknown) {
        return error;
    }
    Error::configuration(what)
        .caused_by(error)
        .help(format!("run it yourself, or grant the user ALTER: {statement}"))
}

#[cfg(test)]
mod tests {
    use arrow_schema::DataType;

    use super::*;
    use sluicegate_tables::TableRef;

    #[test]
    fn one_statement_adds_all_columns() {
        let name = TableRef { database: "d".to_owned(), name: "t".to_owned() };
        let table = Table {
            name,
            engine: "InnoDB".to_owned(),
            columns: Vec::new(),
            unique: Vec::new(),
            foreign_keys: false,
        };
        let (a, b) = (Field::new("a`", DataType::UInt64, false), Field::new("b", DataType::Float64, true));
        assert_eq!(
            statement(&table, &[&a, &b], INSTANT).unwrap(),
            "ALTER TABLE `d`.`t` ADD COLUMN `a``` BIGINT UNSIGNED NULL, ADD COLUMN `b` DOUBLE NULL, ALGORITHM=INSTANT"
        );
        let list = Field::new("l", DataType::new_list(DataType::Int8, true), true);
        assert!(statement(&table, &[&list], INSTANT).unwrap_err().contains("column l"));
    }
}
