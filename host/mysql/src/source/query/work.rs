//! Reading the parts of a query: several at once, given in their order.

use std::collections::VecDeque;
use std::sync::Arc;

use mysql_async::Row;
use sluicegate_connector::Error;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::options::QueryOptions;
use super::plan::{Asked, Plan, refused};
use crate::binlog::Place;
use crate::client::ReadSession;
use crate::source::sessions::Sessions;
use crate::source::snapshot::read::{CUT, KEYLESS_BYTES, Rows, Taken, UNCUT, ask};
use crate::source::snapshot::size::Size;

/// Parts that wait to be read.
const SURVEYED: usize = 4;

/// What the tasks of a query have in common.
#[derive(Debug)]
pub struct Shared {
    /// With the server.
    pub sessions: Sessions,
    /// What it is told.
    pub options: QueryOptions,
    /// What is read.
    pub plan: Plan,
}

/// Rows of a table up to a key.
#[derive(Debug)]
pub struct Piece {
    /// The table.
    pub asked: Arc<Asked>,
    /// `None` for its end.
    pub up_to: Option<Vec<String>>,
    /// What was read.
    pub rows: Rows,
}

/// A part that is to be read.
#[derive(Debug)]
struct Order {
    asked: Arc<Asked>,
    after: Option<Vec<String>>,
    up_to: Option<Vec<String>>,
}

/// A task that ends with its handle.
#[derive(Debug)]
struct Task(JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A part that is being read.
#[derive(Debug)]
struct Reading {
    up_to: Option<Vec<String>>,
    pieces: mpsc::Receiver<Result<Piece, Error>>,
    /// Its last piece was given.
    complete: bool,
    _task: Task,
}

/// The tasks that read.
#[derive(Debug)]
pub struct Work {
    shared: Arc<Shared>,
    /// `None` once there are no more.
    orders: Option<mpsc::Receiver<Result<Order, Error>>>,
    /// In their order.
    reading: VecDeque<Reading>,
    _survey: Task,
}

impl Work {
    /// Begins. `tables` are those that are to be read, each after a key.
    pub fn begin(shared: Arc<Shared>, tables: Vec<(Arc<Asked>, Option<Vec<String>>)>) -> Self {
        let (out, orders) = mpsc::channel(SURVEYED);
        let survey = tokio::spawn(survey(Arc::clone(&shared), tables, out));
        Self { shared, orders: Some(orders), reading: VecDeque::new(), _survey: Task(survey) }
    }

    /// The next piece; `None` where there are no more. Safe to cancel.
    ///
    /// # Errors
    /// The server's. After one there is nothing more.
    pub async fn piece(&mut self) -> Result<Option<Piece>, Error> {
        let readers = usize::from(self.shared.options.readers.max(1));
        loop {
            let Self { shared, orders, reading, .. } = self;
            if orders.is_none() && reading.is_empty() {
                return Ok(None);
            }
            let room = reading.len() < readers && orders.is_some();
            tokio::select! {
                biased;
                order = next(orders.as_mut()), if room => match order {
                    Some(order) => reading.push_back(Reading::begin(Arc::clone(shared), order?)),
                    None => self.orders = None,
                },
                piece = first(reading.front_mut()) => match piece {
                    Some(piece) => return piece.map(Some),
                    None => {
                        if reading.pop_front().is_some_and(|reading| !reading.complete) {
                            return Err(Error::fatal("a part of the query was not read to its end"));
                        }
                    }
                },
            }
        }
    }
}

async fn next(orders: Option<&mut mpsc::Receiver<Result<Order, Error>>>) -> Option<Result<Order, Error>> {
    match orders {
        Some(orders) => orders.recv().await,
        None => None,
    }
}

async fn first(reading: Option<&mut Reading>) -> Option<Result<Piece, Error>> {
    let Some(reading) = reading else { return std::future::pending().await };
    let piece = reading.pieces.recv().await;
    if let Some(Ok(piece)) = &piece {
        reading.complete = piece.up_to == reading.up_to;
    }
    piece
}

impl Reading {
    fn begin(shared: Arc<Shared>, order: Order) -> Self {
        let (out, pieces) = mpsc::channel(1);
        let up_to = order.up_to.clone();
        let task = tokio::spawn(async move {
            if let Err(error) = read(&shared, order, &out).await {
                // Nobody waits for it any more where this fails.
                let _ = out.send(Err(error)).await;
            }
        });
        Self { up_to, pieces, complete: false, _task: Task(task) }
    }
}

/// Divides tables into parts, as fast as those are taken.
async fn survey(
    shared: Arc<Shared>,
    tables: Vec<(Arc<Asked>, Option<Vec<String>>)>,
    out: mpsc::Sender<Result<Order, Error>>,
) {
    for (asked, after) in tables {
        let name = asked.name.clone();
        match divide(&shared, asked, after, &out).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                let _ = out.send(Err(error.table(&name))).await;
                return;
            }
        }
    }
}

/// Divides a table. Gives whether anybody still waits.
async fn divide(
    shared: &Shared,
    asked: Arc<Asked>,
    mut after: Option<Vec<String>>,
    out: &mpsc::Sender<Result<Order, Error>>,
) -> Result<bool, Error> {
    if asked.listed.key.is_none() {
        return Ok(out.send(Ok(Order { asked, after: None, up_to: None })).await.is_ok());
    }
    let mut session = shared.sessions.take().await?;
    let table = (&*asked.listed.database, &*asked.listed.table);
    let rows = Size::of(&mut session, table).await?.rows_of_a_part(shared.options.part.0);
    loop {
        // Parts may have waited longer than the server does.
        if !session.is_alive().await {
            session = shared.sessions.take().await?;
        }
        let up_to = key_at(shared, &mut session, &asked, (after.as_deref(), None), rows - 1).await?;
        let ended = up_to.is_none();
        let order = Order { asked: Arc::clone(&asked), after, up_to: up_to.clone() };
        if out.send(Ok(order)).await.is_err() {
            return Ok(false);
        }
        if ended {
            shared.sessions.give_back(session);
            return Ok(true);
        }
        after = up_to;
    }
}

/// The key of the row that has a number among those of a part; `None` where there are not as many.
async fn key_at(
    shared: &Shared,
    session: &mut ReadSession,
    asked: &Asked,
    (after, up_to): (Option<&[String]>, Option<&[String]>),
    number: u64,
) -> Result<Option<Vec<String>>, Error> {
    let Shared { plan, options, .. } = shared;
    let key = &asked.listed.key;
    let sql = format!(
        "SELECT {} FROM {}{} WHERE {} ORDER BY {} LIMIT 1 OFFSET {number}",
        key.shown(),
        asked.listed.sql,
        plan.index(options),
        plan.condition(asked, after, up_to)?,
        key.columns(),
    );
    let row: Option<Row> = session.first(sql, "a table cannot be divided into parts").await?;
    let Some(row) = row else { return Ok(None) };
    let key: Option<Vec<String>> = (0..row.len()).map(|place| row.get(place)).collect();
    key.map(Some).ok_or_else(|| Error::fatal("the key of a row cannot be read"))
}

/// Reads a part. One that is larger than it was to be is halved: rows are not alike.
async fn read(shared: &Shared, order: Order, out: &mpsc::Sender<Result<Piece, Error>>) -> Result<(), Error> {
    let Order { asked, after, up_to } = order;
    let mut session = shared.sessions.take().await?;
    let most = usize::try_from((shared.options.part.0 * CUT).max(UNCUT)).unwrap_or(usize::MAX);
    let is_divided = !asked.listed.key.is_none();
    let mut open = vec![(after, up_to)];
    while let Some((after, up_to)) = open.pop() {
        let bounds = (after.as_deref(), up_to.as_deref());
        let mut taken =
            take(shared, &mut session, &asked, bounds, if is_divided { most } else { KEYLESS_BYTES }).await?;
        if is_divided && taken.over.is_some() {
            let middle = middle(shared, &mut session, &asked, bounds).await?;
            if let Some(middle) = middle.filter(|middle| Some(middle) != up_to.as_ref()) {
                open.push((Some(middle.clone()), up_to));
                open.push((after, Some(middle)));
                continue;
            }
            // All of one key.
            taken = take(shared, &mut session, &asked, bounds, KEYLESS_BYTES).await?;
        }
        if taken.over.is_some() {
            let help = if is_divided {
                "name more columns in `split_by`: too many rows have the same key"
            } else {
                "divide it: `WHERE {part}` in `sql`, and `split_by` for a table without a primary key"
            };
            let what = format!("a part of the query has more than {} MiB", KEYLESS_BYTES >> 20);
            return Err(Error::configuration(what).table(&asked.name).help(help));
        }
        // Of no log.
        let nowhere = Place { file: "".into(), position: 0 };
        let rows = taken.finish(&asked.name, nowhere, None)?;
        if out.send(Ok(Piece { asked: Arc::clone(&asked), up_to, rows })).await.is_err() {
            return Ok(());
        }
        if !open.is_empty() && !session.is_alive().await {
            session = shared.sessions.take().await?;
        }
    }
    shared.sessions.give_back(session);
    Ok(())
}

async fn take(
    shared: &Shared,
    session: &mut ReadSession,
    asked: &Asked,
    (after, up_to): (Option<&[String]>, Option<&[String]>),
    most: usize,
) -> Result<Taken, Error> {
    let sql = shared.plan.sql(asked, &shared.plan.condition(asked, after, up_to)?);
    let taken = ask(session, &sql, &asked.listed, |columns| asked.expect(columns), most).await;
    taken.map_err(|failure| refused(failure, &asked.name))
}

/// The key in the middle of a part.
async fn middle(
    shared: &Shared,
    session: &mut ReadSession,
    asked: &Asked,
    bounds: (Option<&[String]>, Option<&[String]>),
) -> Result<Option<Vec<String>>, Error> {
    let condition = shared.plan.condition(asked, bounds.0, bounds.1)?;
    let sql = format!("SELECT COUNT(*) FROM {} WHERE {condition}", asked.listed.sql);
    let rows = session.number(sql, "the rows of a part cannot be counted").await?.unwrap_or(0);
    if rows < 2 {
        return Ok(None);
    }
    key_at(shared, session, asked, bounds, rows / 2 - 1).await
}
