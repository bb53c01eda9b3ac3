//! Surveying a table: its columns, its key, and the keys at which it is divided.

use std::sync::Arc;

use mysql_async::Row;
use parking_lot::Mutex;
use sluicegate_connector::Error;
use sluicegate_model::TableName;
use tokio::sync::mpsc;

use super::even::Even;
use super::key::{Form, Key, KeyColumn};
use super::shared::{Shared, is_table};
use super::size::Size;
use crate::binlog::Table;
use crate::binlog::image::Room;
use crate::binlog::schema::known::KnownTable;
use crate::client::ReadSession;
use crate::source::knowledge::Knowledge;
use crate::sql::name;

/// A table as it is read.
#[derive(Debug)]
pub struct Listed {
    /// `database.table`.
    pub name: TableName,
    /// The same as SQL has it.
    pub sql: String,
    /// Its database.
    pub database: String,
    /// Its name there.
    pub table: String,
    /// What becomes of its rows.
    pub as_read: Arc<Table>,
    /// Its key.
    pub key: Key,
    /// What information_schema says: where it says something else later, the table was changed.
    pub known: KnownTable,
    /// What its last part took: the next one is about as large.
    pub room: Mutex<Room>,
}

/// A part of a table.
#[derive(Debug)]
pub struct Bounds {
    /// Keys after this one; `None` from the table's beginning on.
    pub after: Option<Vec<String>>,
    /// Keys up to this one; `None` to the table's end.
    pub up_to: Option<Vec<String>>,
}

/// What a survey finds, in this order: the table, then its parts.
#[derive(Debug)]
pub enum Found {
    /// The table.
    Table(Arc<Listed>),
    /// A part.
    Part(Bounds),
    /// The table is not there any more.
    Gone,
}

/// Surveys a table from a key on, as fast as its parts are taken.
pub async fn survey(
    shared: Arc<Shared>,
    (database, table): (String, String),
    after: Option<Vec<String>>,
    out: mpsc::Sender<Result<Found, Error>>,
) {
    let surveyed = try_survey(&shared, (database, table), after, &out).await;
    if let Err(error) = surveyed {
        // Nobody waits for it any more where this fails.
        let _ = out.send(Err(error)).await;
    }
}

async fn try_survey(
    shared: &Shared,
    (database, table): (String, String),
    mut after: Option<Vec<String>>,
    out: &mpsc::Sender<Result<Found, Error>>,
) -> Result<(), Error> {
    let mut session = shared.sessions.take().await?;
    let Some(listed) = list(shared, &mut session, database, table).await? else {
        shared.sessions.give_back(session);
        let _ = out.send(Ok(Found::Gone)).await;
        return Ok(());
    };
    let table = (&*listed.database, &*listed.table);
    let size = Size::of(&mut session, table).await?;
    let rows = size.rows_of_a_part(shared.part_bytes);
    let mut even = Even::of(&mut session, &listed, after.as_deref(), (size.rows, rows)).await?;
    let listed = Arc::new(listed);
    if out.send(Ok(Found::Table(Arc::clone(&listed)))).await.is_err() {
        return Ok(());
    }
    loop {
        // Parts may have waited longer than the server does.
        if !session.is_alive().await {
            session = shared.sessions.take().await?;
        }
        let up_to = if listed.key.is_none() {
            None
        } else if let Some(even) = &mut even {
            even.next()
        } else {
            key_at(&mut session, &listed, after.as_deref(), None, rows - 1).await?
        };
        let ended = up_to.is_none();
        if out.send(Ok(Found::Part(Bounds { after, up_to: up_to.clone() }))).await.is_err() || ended {
            shared.sessions.give_back(session);
            return Ok(());
        }
        after = up_to;
    }
}

/// The key of the row that has a number among those between two keys; `None` where there are not as many.
///
/// # Errors
/// The server's.
pub async fn key_at(
    session: &mut ReadSession,
    listed: &Listed,
    after: Option<&[String]>,
    up_to: Option<&[String]>,
    number: u64,
) -> Result<Option<Vec<String>>, Error> {
    let sql = format!(
        "SELECT {} FROM {} FORCE INDEX (PRIMARY) WHERE {} ORDER BY {} LIMIT 1 OFFSET {number}",
        listed.key.shown(),
        listed.sql,
        condition(listed, after, up_to)?,
        listed.key.columns(),
    );
    let row: Option<Row> = session.first(sql, "a table cannot be divided into parts").await?;
    let Some(row) = row else { return Ok(None) };
    let key: Option<Vec<String>> = (0..row.len()).map(|place| row.get(place)).collect();
    key.map(Some).ok_or_else(|| Error::fatal("the key of a row cannot be read").table(&listed.name))
}

/// The condition of a part's rows.
///
/// # Errors
/// Where a stored key is none of the table's: its key was changed.
pub fn condition(
    listed: &Listed,
    after: Option<&[String]>,
    up_to: Option<&[String]>,
) -> Result<String, Error> {
    listed.key.between(after, up_to).ok_or_else(|| {
        Error::fatal("the primary key of a table was changed while it was read")
            .table(&listed.name)
            .help("fill its target anew: `sluicegate positions reset`, then start again")
    })
}

/// Asks what a table is like; `None` where it is not there.
///
/// # Errors
/// The server's.
pub async fn list(
    shared: &Shared,
    session: &mut ReadSession,
    database: String,
    table: String,
) -> Result<Option<Listed>, Error> {
    let Some(known) = Knowledge::of_table(session, &database, &table, &shared.tables).await? else {
        return Ok(None);
    };
    let name = TableName::new(format!("{database}.{table}"));
    let takes = |column: &str| shared.tables.take_column(&name, column);
    let as_read = Table::listed(name.clone(), &known, takes, shared.read)
        .map_err(|why| Error::configuration(why).table(&name).help("leave the column or the table out"))?;
    let key = primary_key(session, &database, &table).await?;
    let left_out = key.0.iter().find(|column| {
        as_read.columns.iter().any(|found| found.name == column.name && found.field.is_none())
    });
    if let Some(column) = left_out {
        let what = format!("column {} of the primary key is left out", column.name);
        return Err(Error::configuration(what)
            .table(&name)
            .help("without it rows of the table cannot be told from changes of the log: take it out of `exclude_columns`"));
    }
    let sql = format!("{}.{}", name::quoted(&database), name::quoted(&table));
    Ok(Some(Listed {
        name,
        sql,
        database,
        table,
        as_read: Arc::new(as_read),
        key,
        known,
        room: Mutex::default(),
    }))
}

/// The primary key of a table; of no columns where it has none.
///
/// # Errors
/// The server's.
pub async fn primary_key(session: &mut ReadSession, database: &str, table: &str) -> Result<Key, Error> {
    let of = is_table(database, table);
    let sql = format!(
        "SELECT COLUMN_NAME FROM information_schema.STATISTICS WHERE {of} AND INDEX_NAME = 'PRIMARY' ORDER BY \
         SEQ_IN_INDEX"
    );
    let names: Vec<String> = session.rows(sql, "the primary key of a table cannot be read").await?;
    let columns = key_columns(session, database, table).await?;
    // Those of a functional index have no name; a primary key is none.
    let column = |name| columns.iter().find(|(column, _)| column.name == name);
    Ok(Key(names.into_iter().filter_map(column).map(|(column, _)| column.clone()).collect()))
}

/// All columns of a table as a key has them, and whether each may be NULL.
///
/// # Errors
/// The server's.
pub async fn key_columns(
    session: &mut ReadSession,
    database: &str,
    table: &str,
) -> Result<Vec<(KeyColumn, bool)>, Error> {
    let sql = format!(
        "SELECT COLUMN_NAME, DATA_TYPE, CHARACTER_SET_NAME, IS_NULLABLE FROM information_schema.COLUMNS WHERE {}",
        is_table(database, table)
    );
    let columns: Vec<(String, String, Option<String>, String)> =
        session.rows(sql, "the columns of a table cannot be read").await?;
    let column = |(name, data_type, charset, nullable): (String, String, Option<String>, String)| {
        let form = Form::of(&data_type, charset.as_deref());
        (KeyColumn { name, form, of: None }, nullable == "YES")
    };
    Ok(columns.into_iter().map(column).collect())
}
