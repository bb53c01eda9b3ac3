//! Reading one part of a table.

use std::sync::Arc;

use mysql_async::Column;
use sluicegate_connector::{Class, Error};
use sluicegate_model::{self as model, TableName};
use tokio::sync::oneshot;

use super::shared::{Shared, end};
use super::survey::{Listed, condition, key_at};
use crate::binlog::image::{AnsweredRow, Form, NotAdded, Room, TableRows};
use crate::binlog::{LogPosition, Place, Table};
use crate::client::failure::Failure;
use crate::client::read_session::{self as client, Patience, ReadSession};
use crate::source::knowledge::Knowledge;
use crate::sql::name;

/// A part is cut where it holds this many times the bytes that were wanted: rows are not alike.
pub const CUT: u64 = 4;

/// Bytes below which no part is cut.
pub const UNCUT: u64 = 1 << 20;

/// Bytes of a table without a key, at most: it is read as one part, which memory has to hold.
pub const KEYLESS_BYTES: usize = 512 << 20;

/// The table is not what it was.
const CHANGED: [u16; 3] = [1054, 1412, 1146];

/// What is to be read.
#[derive(Debug)]
pub struct Order {
    /// Of which table.
    pub listed: Arc<Listed>,
    /// Keys after this one.
    pub after: Option<Vec<String>>,
    /// Keys up to this one.
    pub up_to: Option<Vec<String>>,
    /// What the log had up to here has to be seen.
    pub seen: LogPosition,
    /// Of a table without a key: told the place of the log that the rows are of.
    pub place: Option<oneshot::Sender<Place>>,
}

/// Rows that were read.
#[derive(Debug)]
pub struct Rows {
    /// Columns of the table's schema.
    pub columns: Vec<model::Column>,
    /// Each row's number in the part.
    pub numbers: Vec<u32>,
    /// Rows that cannot be kept.
    pub rejected: Vec<Rejected>,
    /// Bytes, about.
    pub bytes: usize,
    /// What the rows hold is in the log up to here.
    pub reached: Place,
    /// Where the part was cut: its rows after this key were not read.
    pub cut: Option<Vec<String>>,
}

/// A row that cannot be kept.
#[derive(Clone, Debug)]
pub struct Rejected {
    /// Its number in the part.
    pub number: u32,
    /// Why.
    pub reason: String,
    /// The row, a line a column.
    pub raw: Vec<u8>,
}

/// Why nothing was read.
#[derive(Debug)]
pub enum Unread {
    /// The table is not what it was when it was surveyed.
    Changed,
    /// Anything else.
    Error(Error),
}

impl From<Error> for Unread {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// Reads a part.
///
/// # Errors
/// [`Unread`].
pub async fn read(shared: Arc<Shared>, order: Order) -> Result<Rows, Unread> {
    let Order { listed, after, up_to, seen, place } = order;
    let mut session = shared.sessions.take().await?;
    let keyless = if let Some(told) = place {
        let place = shared.begin_at(&mut session, &listed.sql).await?;
        // Nobody waits for it any more where this fails.
        let _ = told.send(place.clone());
        Some(place)
    } else {
        shared.begin(&mut session, &listed.sql, &seen).await?;
        None
    };
    let most = if keyless.is_some() {
        KEYLESS_BYTES
    } else {
        usize::try_from((shared.part_bytes * CUT).max(UNCUT)).unwrap_or(usize::MAX)
    };
    let bounds = (after.as_deref(), up_to.as_deref());
    let taken = take(&mut session, &listed, bounds, most).await?;
    let known = Knowledge::of_table(&mut session, &listed.database, &listed.table, &shared.tables).await?;
    if known.as_ref() != Some(&listed.known) {
        return Err(Unread::Changed);
    }
    let cut = match (taken.over, &keyless) {
        (None, _) => None,
        (Some(_), Some(_)) => {
            return Err(Error::configuration(format!(
                "the table has no primary key and more than {} MiB: it cannot be read in parts",
                KEYLESS_BYTES >> 20
            ))
            .table(&listed.name)
            .help("give it a primary key, or leave it out and fill its target yourself")
            .into());
        }
        (Some(rows), None) => key_at(&mut session, &listed, bounds.0, bounds.1, rows - 1).await?,
    };
    let reached = match keyless {
        Some(place) => place,
        None => shared.facts.place(&mut session).await?,
    };
    end(&mut session).await?;
    shared.sessions.give_back(session);
    Ok(taken.finish(&listed.name, reached, cut)?)
}

/// Rows that a server answered with.
pub struct Taken {
    rows: TableRows,
    /// Of the answer's columns.
    forms: Vec<Form>,
    names: Arc<[String]>,
    rejected: Vec<Rejected>,
    bytes: usize,
    /// Bytes, at most.
    most: usize,
    /// How many rows were taken, where there were more.
    pub over: Option<u64>,
}

impl client::Rows for Taken {
    /// Takes a row, unless there are as many bytes as there may be.
    fn add(&mut self, row: &[u8]) -> Result<(), mysql_async::Error> {
        // Each row has a number, kept or not.
        let number = (self.rows.parts.len() + self.rejected.len()) as u32;
        if self.bytes >= self.most {
            self.over.get_or_insert(u64::from(number));
            return Ok(());
        }
        self.bytes += row.len();
        let broken = |why: String| mysql_async::Error::Other(why.into());
        let values = AnsweredRow::new(row, &self.forms).map_err(|fault| broken(fault.to_string()))?;
        match self.rows.add_answered(number, values) {
            Ok(()) => Ok(()),
            Err(NotAdded::Bad(reason)) => {
                self.rejected.push(Rejected { number, reason, raw: self.shown(row) });
                Ok(())
            }
            Err(NotAdded::Broken(why)) => Err(broken(why)),
        }
    }
}

impl Taken {
    fn new(as_read: &Arc<Table>, columns: &[Column], most: usize, room: &Room) -> Self {
        Self {
            rows: TableRows::with_room(Arc::clone(as_read), room),
            forms: columns.iter().map(Form::of).collect(),
            names: columns.iter().map(|column| column.name_str().into_owned()).collect(),
            rejected: Vec::new(),
            bytes: 0,
            most,
            over: None,
        }
    }

    /// A row for the dead letters: a line a column, its name and its value as SQL has it.
    fn shown(&self, row: &[u8]) -> Vec<u8> {
        let Ok(values) = AnsweredRow::new(row, &self.forms) else { return row.to_vec() };
        let lines = self.names.iter().zip(values.into_sql()).map(|(name, value)| format!("{name}: {value}"));
        let lines: Vec<String> = lines.collect();
        lines.join("\n").into_bytes()
    }

    /// As columns. `reached` and `cut` are of the log and of the table that they are of.
    ///
    /// # Errors
    /// Arrow's: none that is known.
    pub fn finish(self, of: &TableName, reached: Place, cut: Option<Vec<String>>) -> Result<Rows, Error> {
        let Self { rows, rejected, bytes, .. } = self;
        let numbers = rows.parts.clone();
        let finished = rows
            .finish()
            .map_err(|error| Error::fatal("rows cannot be put together").table(of).caused_by(error))?;
        Ok(Rows { columns: finished.columns, numbers, rejected, bytes, reached, cut })
    }
}

async fn take(
    session: &mut ReadSession,
    listed: &Listed,
    (after, up_to): (Option<&[String]>, Option<&[String]>),
    most: usize,
) -> Result<Taken, Unread> {
    let read = listed.as_read.columns.iter().filter(|column| column.field.is_some());
    let selected: Vec<String> = read.map(|column| name::quoted(&column.name)).collect();
    let order = if listed.key.is_none() {
        String::new()
    } else {
        format!(
            " FORCE INDEX (PRIMARY) WHERE {} ORDER BY {}",
            condition(listed, after, up_to)?,
            listed.key.columns()
        )
    };
    let sql = format!("SELECT {} FROM {}{order}", selected.join(", "), listed.sql);
    match receive(session, &sql, Patience::Limited, listed, |_| Ok(()), most).await {
        Ok(taken) => Ok(taken),
        Err(failure) if failure.code().is_some_and(|code| CHANGED.contains(&code)) => Err(Unread::Changed),
        Err(failure) => Err(Unread::Error(unreadable(failure, listed))),
    }
}

/// The rows of a question that may take its time, where its columns still are what they were; up to a number of bytes.
///
/// # Errors
/// The server's, and what `expect` says of the columns.
pub async fn ask(
    session: &mut ReadSession,
    sql: &str,
    listed: &Listed,
    expect: impl FnOnce(&[Column]) -> Result<(), Error> + Send,
    most: usize,
) -> Result<Taken, Failure> {
    receive(session, sql, Patience::Endless, listed, expect, most).await
}

async fn receive(
    session: &mut ReadSession,
    sql: &str,
    patience: Patience,
    listed: &Listed,
    expect: impl FnOnce(&[Column]) -> Result<(), Error> + Send,
    most: usize,
) -> Result<Taken, Failure> {
    let room = listed.room.lock().clone();
    let begin =
        |columns: &[Column]| expect(columns).map(|()| Taken::new(&listed.as_read, columns, most, &room));
    let taken = session.read(sql, patience, begin).await?;
    *listed.room.lock() = taken.rows.room();
    Ok(taken)
}

fn unreadable(failure: Failure, listed: &Listed) -> Error {
    let error = failure.into_error("a table cannot be read").table(&listed.name);
    if error.class() == Class::Configuration {
        error.help("grant the user SELECT on the source's tables")
    } else {
        error
    }
}
