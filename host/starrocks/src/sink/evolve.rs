//! Tables that get the columns which rows bring.
//!
//! Statements of the source are never run: what is added is the difference between the columns of the rows and those of
//! the table. No column is dropped, renamed or changed. A column that is added twice, or before its first row, does no
//! harm, so nothing has to be remembered over a crash.
//!
//! `ALTER TABLE` returns at once and a job does it (docs.starrocks.io, "ALTER TABLE"): it is waited for. A table has one job at
//! a time, and a job may wait for transactions that were prepared before it: so none of this process is open meanwhile.

use std::time::{Duration, Instant};

use arrow_schema::Field;
use mysql_async::Row;
use sluicegate_connector::{Class, Error};
use sluicegate_tables::TableRef;
use sluicegate_tables::name::quoted;

use crate::sql::{Session, text};
use crate::table::Table;
use crate::table::make::column_definition;

/// How long a job is waited for before the engine is told. It tries again then.
const PATIENCE: Duration = Duration::from_secs(30);

/// The first pause before a job is looked at again, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));

/// How a job ended.
const FINISHED: &str = "FINISHED";
const CANCELLED: &str = "CANCELLED";

/// The statement that adds a column.
///
/// # Errors
/// For a column that no type holds, in words.
pub fn statement(table: &TableRef, field: &Field) -> Result<String, String> {
    let definition = column_definition(field, false)?;
    Ok(format!("ALTER TABLE {} ADD COLUMN {} {definition} NULL", table.quoted(), quoted(field.name())))
}

/// Adds columns, one after another, and waits until they are there. No load of this process may be prepared.
///
/// # Errors
/// [`Class::Transient`] where it may be tried again, else [`Class::Configuration`] with the statement for a person.
pub async fn add(session: &mut Session, table: &Table, fields: &[&Field]) -> Result<Table, Error> {
    let until = Instant::now() + PATIENCE;
    let name = &table.name;
    for field in fields {
        let statement = statement(name, field).map_err(|why| {
            Error::configuration(format!("table {name} cannot get column {}: {why}", field.name()))
        })?;
        let what = format!("table {name} cannot get its new columns");
        // Another process, or a try of this one, may have begun the same.
        wait(session, name, until).await?;
        if has(session, name, field).await? {
            continue;
        }
        tracing::info!(table = %name, "the table gets a new column: {statement}");
        match session.run(&statement, &what).await {
            Ok(()) => {}
            // Another process was faster.
            Err(_) if session.is_alive() && has(session, name, field).await? => continue,
            Err(error) if error.class() == Class::Transient => return Err(error),
            Err(error) if is_busy(&error) => {
                return Err(Error::transient(format!("{what} yet")).caused_by(error));
            }
            Err(error) => return Err(by_hand(&what, &statement, error)),
        }
        if let Some(why) = wait(session, name, until).await? {
            let error = Error::fatal(format!("the job was cancelled: {why}"));
            return Err(by_hand(&what, &statement, error));
        }
        // A follower hears of it a little later than the leader that did it.
        while !has(session, name, field).await? {
            pause(name, PAUSES.1, until).await?;
        }
    }
    Table::read(session, name).await?.ok_or_else(|| Error::transient(format!("table {name} is gone")))
}

/// Words of a server that changes the table already.
fn is_busy(error: &Error) -> bool {
    let words = error.to_string();
    words.contains("is not NORMAL") || words.contains("SCHEMA_CHANGE")
}

fn by_hand(what: &str, statement: &str, error: Error) -> Error {
    Error::configuration(what)
        .caused_by(error)
        .help(format!("run it yourself, or grant the user ALTER: {statement}"))
}

async fn has(session: &mut Session, table: &TableRef, field: &Field) -> Result<bool, Error> {
    let found = Table::read(session, table).await?;
    Ok(found.is_some_and(|table| table.column(field.name()).is_some()))
}

/// Waits until no job changes the table. Gives why the last one was cancelled, if it was.
async fn wait(session: &mut Session, table: &TableRef, until: Instant) -> Result<Option<String>, Error> {
    let what = format!("the change of table {table} cannot be looked at");
    let sql = format!(
        "SHOW ALTER TABLE COLUMN FROM {} WHERE TableName = {}",
        quoted(&table.database),
        text(&table.name)
    );
    let mut again = PAUSES.0;
    loop {
        let jobs: Vec<Row> = session.rows(&sql, &what).await?;
        let told = |job: &Row, column: &str| {
            job.get_opt::<String, _>(column).and_then(Result::ok).unwrap_or_default()
        };
        // Times of jobs are whole seconds: their numbers say which is the last.
        let Some(job) = jobs.iter().max_by_key(|job| told(job, "JobId").parse::<i64>().unwrap_or(0)) else {
            return Ok(None);
        };
        match told(job, "State").to_ascii_uppercase().as_str() {
            FINISHED => return Ok(None),
            CANCELLED => return Ok(Some(told(job, "Msg"))),
            _ => {}
        }
        pause(table, again, until).await?;
        again = (again * 2).min(PAUSES.1);
    }
}

async fn pause(table: &TableRef, time: Duration, until: Instant) -> Result<(), Error> {
    if Instant::now() + time > until {
        return Err(Error::transient(format!("table {table} gets new columns, which takes its time")));
    }
    tokio::time::sleep(time).await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use arrow_schema::DataType;

    use super::*;

    #[test]
    fn a_statement_adds_a_column() {
        let table = TableRef { database: "d".to_owned(), name: "t".to_owned() };
        let field = Field::new("a`", DataType::UInt64, false);
        assert_eq!(statement(&table, &field).unwrap(), "ALTER TABLE `d`.`t` ADD COLUMN `a``` LARGEINT NULL");
    }
}
