//! One connection, and what it has to do next.
//!
//! | module | holds |
//! |---|---|
//! | `folded` | changes of different keys: like is done with like |
//! | `loaded` | new rows that are streamed |
//! | `ordered` | changes of tables where it matters which goes first |
//! | `refusal` | why rows were refused |

mod folded;
mod loaded;
mod ordered;
mod refusal;

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use sluicegate_connector::{Error, SinkReject};
use sluicegate_tables::TableRef;

use super::options::WriteMode;
use super::rows::Rows;
use super::window::{TableWindow, Window};
use super::writer::Shared;
use crate::client::{LOCK_WAIT, Session};
use crate::positions::SessionName;

/// Bytes that wait for statements, at most; then they are sent.
const WINDOW: usize = 4 << 20;

/// Rows that are found to be wrong before the search ends: the epoch is aborted anyway, and what is left is found on
/// the way back.
const ENOUGH: usize = 256;

/// How long a statement waits for locks of others where several connections write: it may be one of ours that has them,
/// and waits for this one.
const SHORT_WAIT: u32 = 2;

/// A connection with its transaction.
pub struct Shard {
    /// Whether no other one of its writer writes, as far as it was told.
    alone: bool,
    /// `None`: lost, or not made yet.
    session: Option<Session>,
    /// Whether a transaction is open.
    open: bool,
    window: Window,
    /// Rows that the server refused in this epoch.
    rejects: Vec<SinkReject>,
    /// Rows that may pass when others have: a unique value that another row still has, a parent that is not there yet.
    later: Vec<(TableWindow, Vec<usize>)>,
    sql: Vec<u8>,
    /// Of tables, how many windows are not to be loaded.
    not_loaded: HashMap<TableRef, u32>,
}

impl Shard {
    /// A shard without a connection.
    pub fn new() -> Self {
        Self {
            alone: true,
            session: None,
            open: false,
            window: Window::default(),
            rejects: Vec::new(),
            later: Vec::new(),
            sql: Vec::new(),
            not_loaded: HashMap::new(),
        }
    }

    /// Tells it whether no other one of its writer writes: it need not care for their locks then.
    pub fn set_alone(&mut self, alone: bool) {
        self.alone = alone;
    }

    /// The session, made where there is none. Never while a transaction is open: that one would be gone.
    pub async fn session(&mut self, shared: &Shared) -> Result<&mut Session, Error> {
        let alive = match &mut self.session {
            Some(session) if self.open => !session.is_broken(),
            Some(session) => session.is_alive().await,
            None => false,
        };
        if !alive {
            self.session = None;
            if std::mem::take(&mut self.open) {
                return Err(Error::unknown("the connection was lost, and its transaction with it"));
            }
            let session = shared.connect().await?;
            shared.tables.set_longest_statement(session.server().longest_statement());
            self.session = Some(session);
        }
        self.session.as_mut().ok_or_else(|| Error::transient("there is no connection"))
    }

    /// How others find the session.
    pub async fn name(&mut self, shared: &Shared) -> Result<SessionName, Error> {
        let session = self.session(shared).await?;
        Ok(SessionName { token: session.token().to_owned(), id: session.id() })
    }

    /// The session that has the open transaction; it is opened where none is.
    pub async fn transaction(&mut self, shared: &Shared) -> Result<&mut Session, Error> {
        if !self.open {
            let session = self.session(shared).await?;
            session
                .run(b"START TRANSACTION")
                .await
                .map_err(|failure| failure.into_error("a transaction cannot be begun"))?;
            self.open = true;
        }
        let wait = if self.alone { LOCK_WAIT } else { SHORT_WAIT };
        let session = self.session(shared).await?;
        session.wait_for_locks(wait).await?;
        Ok(session)
    }

    /// Adds those rows of a body that `is_ours`, and sends what waits where that is much.
    pub async fn add(
        &mut self,
        shared: &Shared,
        rows: &Arc<Rows>,
        is_ours: impl Fn(usize) -> bool + Sync,
    ) -> Result<(), Error> {
        let mut start = 0;
        for row in 0..rows.len() {
            if Window::is_barrier(rows, row) && is_ours(row) {
                self.add_range(shared, rows, start..row, &is_ours).await?;
                self.flush(shared).await?;
                self.add_range(shared, rows, row..row + 1, &is_ours).await?;
                self.flush(shared).await?;
                start = row + 1;
            }
        }
        self.add_range(shared, rows, start..rows.len(), &is_ours).await?;
        if self.window.bytes() >= WINDOW {
            self.flush(shared).await?;
        }
        Ok(())
    }

    async fn add_range(
        &mut self,
        shared: &Shared,
        rows: &Arc<Rows>,
        range: Range<usize>,
        is_ours: &(impl Fn(usize) -> bool + Sync),
    ) -> Result<(), Error> {
        if range.is_empty() {
            return Ok(());
        }
        if !self.window.takes(rows) {
            self.flush(shared).await?;
        }
        self.window.add(rows, range, is_ours);
        Ok(())
    }

    /// Sends everything that waits. What the server refuses is found among [`Shard::rejects`].
    ///
    /// # Errors
    /// Where the transaction is over.
    pub async fn flush(&mut self, shared: &Shared) -> Result<(), Error> {
        let tables = self.window.empty();
        for mut table in tables {
            self.rejects.append(&mut table.refused);
            if table.entries.is_empty() || self.rejects.len() >= ENOUGH {
                continue;
            }
            if table.plan.ordered {
                self.in_order(shared, table).await?;
            } else {
                self.folded(shared, &table).await?;
            }
        }
        Ok(())
    }

    /// The rows that were refused since the last call.
    pub fn take_rejects(&mut self) -> Vec<SinkReject> {
        std::mem::take(&mut self.rejects)
    }

    /// Decides. Nothing waits any more.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Unknown`] where the answer was lost.
    pub async fn commit(&mut self) -> Result<(), Error> {
        let Some(session) = self.session.as_mut().filter(|_| self.open) else {
            return Err(Error::unknown("there is no transaction to commit"));
        };
        let done = session.run(b"COMMIT").await;
        self.open = false;
        match done {
            Ok(_) => Ok(()),
            Err(failure) => {
                // Whatever it said: what is there is read again.
                self.session = None;
                let error = failure.into_error("a commit was not answered");
                Err(Error::unknown("whether an epoch was committed is not known").caused_by(error))
            }
        }
    }

    /// Undoes what was written, and forgets what waits.
    ///
    /// # Errors
    /// Where the server did not say that it did.
    pub async fn roll_back(&mut self) -> Result<(), Error> {
        self.window.empty();
        self.later.clear();
        self.rejects.clear();
        let open = std::mem::take(&mut self.open);
        match &mut self.session {
            None => Err(Error::unknown("the connection was lost, and its transaction with it")),
            Some(session) if session.is_broken() => {
                self.session = None;
                Err(Error::unknown("the connection was lost, and its transaction with it"))
            }
            Some(_) if !open => Ok(()),
            Some(session) => match session.run(b"ROLLBACK").await {
                Ok(_) => Ok(()),
                Err(failure) => {
                    self.session = None;
                    let error = failure.into_error("a rollback was not answered");
                    Err(Error::unknown("the epoch was not undone by us, the server will").caused_by(error))
                }
            },
        }
    }

    /// Whether a transaction is open.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Gives the connection up: what it did is not known.
    pub fn give_up(&mut self) {
        self.session = None;
        self.open = false;
        self.window.empty();
        self.later.clear();
        self.rejects.clear();
    }

    /// Says goodbye.
    pub async fn close(&mut self) {
        if let Some(session) = self.session.take() {
            session.close().await;
        }
    }
}

/// The shard of a row.
pub fn shard_of(rows: &Rows, row: usize, shards: usize) -> usize {
    let plan = &rows.plan;
    if shards == 1 || plan.ordered || plan.key.is_empty() || plan.write == WriteMode::Insert {
        return 0;
    }
    (rows.row(row).hash % shards as u64) as usize
}
