//! One connection, and what it has to do next.

use std::ops::Range;
use std::sync::Arc;

use sluicegate_connector::{Error, SinkReject};

use super::options::WriteMode;
use super::rows::{Op, Rows};
use super::statements::{self, Form};
use super::window::{ABSENT, Entry, TableWindow, Window};
use super::writer::Shared;
use crate::client::failure::{DUPLICATE, FOREIGN_KEY};
use crate::client::{Failure, Session};

/// Bytes that wait for statements, at most; then they are sent.
const WINDOW: usize = 4 << 20;

/// Statements in one packet, where each is about one row.
const AT_ONCE: usize = 200;

/// Rows that are found to be wrong before the search ends: the epoch is aborted anyway, and what is left is found on
/// the way back.
const ENOUGH: usize = 256;

/// A connection with its transaction.
pub struct Shard {
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
}

impl Shard {
    /// A shard without a connection.
    pub fn new() -> Self {
        Self {
            session: None,
            open: false,
            window: Window::default(),
            rejects: Vec::new(),
            later: Vec::new(),
            sql: Vec::new(),
        }
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
        self.session(shared).await
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

    /// Changes of different keys: they may be done in any order, so like is done with like.
    async fn folded(&mut self, shared: &Shared, table: &TableWindow) -> Result<(), Error> {
        let which = |wanted: fn(&Entry) -> bool| -> Vec<usize> {
            (0..table.entries.len()).filter(|entry| wanted(&table.entries[*entry])).collect()
        };
        let gone = which(|entry| entry.op == Op::Delete || entry.anew);
        if !gone.is_empty() {
            self.delete(shared, table, &gone).await?;
        }
        let there = which(|entry| entry.op == Op::Put);
        if !there.is_empty() {
            let server = self.transaction(shared).await?.server().clone();
            let form = Form::put(&table.plan, &server, shared.options.batch.rows);
            self.many(shared, table, &form, &there, false).await?;
        }
        let changed = which(|entry| matches!(entry.op, Op::Patch | Op::Change));
        let update = |entry: &Entry, into: &mut Vec<u8>| {
            statements::update(&table.plan, table.key(entry), table.cells(entry), into);
        };
        self.each(shared, table, &changed, true, update).await
    }

    /// Of a small table the server would rather read all rows than find many keys, and wait for those that another
    /// connection has locked, which may be one of ours that waits for this one to commit. So with several connections
    /// each row is found by itself.
    async fn delete(&mut self, shared: &Shared, table: &TableWindow, entries: &[usize]) -> Result<(), Error> {
        if shared.options.writers == 1 {
            self.many(shared, table, &Form::delete(&table.plan), entries, true).await?;
            return Ok(());
        }
        let delete = |entry: &Entry, into: &mut Vec<u8>| {
            statements::delete(&table.plan, table.key(entry), into);
        };
        self.each(shared, table, entries, false, delete).await
    }

    /// Statements about a row each, many in one packet. Where it `must_exist`, a row that is not there is refused.
    async fn each(
        &mut self,
        shared: &Shared,
        table: &TableWindow,
        entries: &[usize],
        must_exist: bool,
        write: impl Fn(&Entry, &mut Vec<u8>),
    ) -> Result<(), Error> {
        let longest = shared.longest_statement();
        let mut left = entries;
        while !left.is_empty() && self.rejects.len() < ENOUGH {
            let mut sql = std::mem::take(&mut self.sql);
            sql.clear();
            for (place, entry) in left.iter().take(AT_ONCE).enumerate() {
                let before = sql.len();
                if place > 0 {
                    sql.push(b';');
                }
                write(&table.entries[*entry], &mut sql);
                if place > 0 && sql.len() > longest {
                    sql.truncate(before);
                    break;
                }
            }
            let (found, done) = self.transaction(shared).await?.run_each(&sql).await;
            self.sql = sql;
            let (run, rest) = left.split_at(found.len().min(left.len()));
            for (entry, _) in run.iter().zip(&found).filter(|(_, rows)| must_exist && **rows == 0) {
                self.refuse(table, *entry, &Refusal::Absent);
            }
            left = rest;
            match (done, left.split_first()) {
                (Err(Failure::Data { code, message }), Some((entry, rest))) => {
                    self.refuse(table, *entry, &Refusal::Data { code, message });
                    left = rest;
                }
                (Err(failure), _) => {
                    return Err(failure.into_error("rows were not changed").table(&table.plan.output));
                }
                (Ok(()), _) => {}
            }
        }
        Ok(())
    }

    /// Statements about several rows each. One that fails on data is divided until the rows that cause it stand alone:
    /// the server has undone the statement, and the transaction goes on.
    async fn many(
        &mut self,
        shared: &Shared,
        table: &TableWindow,
        form: &Form,
        entries: &[usize],
        by_key: bool,
    ) -> Result<Vec<(usize, u16)>, Error> {
        let longest = shared.longest_statement();
        let text = |place: usize| {
            let entry = &table.entries[entries[place]];
            if by_key { table.key(entry) } else { table.cells(entry) }
        };
        let mut postponed = Vec::new();
        let all = 0..entries.len();
        let mut stretches = vec![all];
        while let Some(stretch) = stretches.pop() {
            let mut sql = std::mem::take(&mut self.sql);
            let sent = form.write(stretch.clone(), longest, text, &mut sql);
            let done = self.transaction(shared).await?.run(&sql).await;
            self.sql = sql;
            if sent.end < stretch.end {
                stretches.push(sent.end..stretch.end);
            }
            match done {
                Ok(_) => {}
                Err(Failure::Other(error)) => return Err(error.table(&table.plan.output)),
                Err(Failure::Data { code, message }) if sent.len() == 1 => {
                    if table.plan.ordered && may_pass_later(code) {
                        postponed.push((entries[sent.start], code));
                        continue;
                    }
                    self.rejects
                        .push(table.refuse(&table.entries[entries[sent.start]], words(code, &message)));
                    if self.rejects.len() >= ENOUGH {
                        break;
                    }
                }
                Err(Failure::Data { .. }) => {
                    let middle = sent.start + sent.len() / 2;
                    stretches.push(middle..sent.end);
                    stretches.push(sent.start..middle);
                }
            }
        }
        Ok(postponed)
    }

    /// One `UPDATE`; the inner error is the server's about this row.
    async fn one_update(
        &mut self,
        shared: &Shared,
        table: &TableWindow,
        entry: usize,
    ) -> Result<Result<(), Refusal>, Error> {
        let mut sql = std::mem::take(&mut self.sql);
        let entry = &table.entries[entry];
        sql.clear();
        statements::update(&table.plan, table.key(entry), table.cells(entry), &mut sql);
        let done = self.transaction(shared).await?.run(&sql).await;
        self.sql = sql;
        match done {
            Ok(done) if done.rows == 0 => Ok(Err(Refusal::Absent)),
            Ok(_) => Ok(Ok(())),
            Err(Failure::Data { code, message }) => Ok(Err(Refusal::Data { code, message })),
            Err(Failure::Other(error)) => Err(error.table(&table.plan.output)),
        }
    }

    /// Changes of a table where it matters which goes first: one after another, and never by a statement that writes
    /// over or removes another row than its own.
    async fn in_order(&mut self, shared: &Shared, table: TableWindow) -> Result<(), Error> {
        let mut later = Vec::new();
        let mut start = 0;
        while start < table.entries.len() && self.rejects.len() < ENOUGH {
            let op = table.entries[start].op;
            let same = table.entries[start..].iter().take_while(|entry| entry.op == op).count();
            let run = start..start + same;
            start = run.end;
            // Deletes cannot undo one another, and neither can new rows.
            match op {
                Op::Delete => {
                    let entries: Vec<usize> = run.collect();
                    let postponed =
                        self.many(shared, &table, &Form::delete(&table.plan), &entries, true).await?;
                    later.extend(postponed.into_iter().map(|(entry, _)| entry));
                }
                Op::Put => self.insert_in_order(shared, &table, run.collect(), &mut later).await?,
                Op::Patch | Op::Change => {
                    for entry in run {
                        self.update_in_order(shared, &table, entry, &mut later).await?;
                    }
                }
            }
        }
        if !later.is_empty() {
            self.later.push((table, later));
        }
        Ok(())
    }

    /// New rows. One whose key is there is an update of that row.
    async fn insert_in_order(
        &mut self,
        shared: &Shared,
        table: &TableWindow,
        entries: Vec<usize>,
        later: &mut Vec<usize>,
    ) -> Result<(), Error> {
        let server = self.transaction(shared).await?.server().clone();
        let form = Form::put(&table.plan, &server, shared.options.batch.rows);
        for (entry, code) in self.many(shared, table, &form, &entries, false).await? {
            if !DUPLICATE.contains(&code) {
                later.push(entry);
                continue;
            }
            match self.one_update(shared, table, entry).await? {
                Ok(()) => {}
                // Its key is not there: another row has one of its unique values.
                Err(Refusal::Absent) => later.push(entry),
                Err(failure) => self.sort(table, entry, &failure, later),
            }
        }
        Ok(())
    }

    async fn update_in_order(
        &mut self,
        shared: &Shared,
        table: &TableWindow,
        entry: usize,
        later: &mut Vec<usize>,
    ) -> Result<(), Error> {
        match self.one_update(shared, table, entry).await? {
            Ok(()) => {}
            Err(Refusal::Absent)
                if table.plan.columns.len() == filled(table.cells(&table.entries[entry])) =>
            {
                // The target does not have the row yet: an upsert.
                self.insert_in_order(shared, table, vec![entry], later).await?;
            }
            Err(failure) => self.sort(table, entry, &failure, later),
        }
        Ok(())
    }

    fn sort(&mut self, table: &TableWindow, entry: usize, failure: &Refusal, later: &mut Vec<usize>) {
        match failure {
            Refusal::Data { code, .. } if may_pass_later(*code) => later.push(entry),
            _ => self.refuse(table, entry, failure),
        }
    }

    /// Tries rows again that may pass when others have: at the end of an epoch. As long as one does, another may.
    ///
    /// # Errors
    /// Where the transaction is over.
    pub async fn settle(&mut self, shared: &Shared) -> Result<(), Error> {
        let mut waiting = std::mem::take(&mut self.later);
        let count = |waiting: &[(TableWindow, Vec<usize>)]| -> usize {
            waiting.iter().map(|(_, entries)| entries.len()).sum()
        };
        while !waiting.is_empty() {
            let before = count(&waiting);
            let mut still = Vec::new();
            for (table, entries) in waiting {
                let mut later = Vec::new();
                for entry in entries {
                    match table.entries[entry].op {
                        Op::Delete => {
                            let form = Form::delete(&table.plan);
                            let postponed = self.many(shared, &table, &form, &[entry], true).await?;
                            later.extend(postponed.into_iter().map(|(entry, _)| entry));
                        }
                        Op::Put => self.insert_in_order(shared, &table, vec![entry], &mut later).await?,
                        Op::Patch | Op::Change => {
                            self.update_in_order(shared, &table, entry, &mut later).await?;
                        }
                    }
                }
                if !later.is_empty() {
                    still.push((table, later));
                }
            }
            if count(&still) == before {
                for (table, entries) in &still {
                    for entry in entries {
                        self.rejects.push(table.refuse(&table.entries[*entry], CONFLICT.to_owned()));
                    }
                }
                return Ok(());
            }
            waiting = still;
        }
        Ok(())
    }

    fn refuse(&mut self, table: &TableWindow, entry: usize, failure: &Refusal) {
        let reason = match failure {
            Refusal::Absent => ABSENT.to_owned(),
            Refusal::Data { code, message } => words(*code, message),
        };
        self.rejects.push(table.refuse(&table.entries[entry], reason));
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

/// Why one row was not updated.
enum Refusal {
    /// There is no row of its key.
    Absent,
    /// The server's words.
    Data { code: u16, message: String },
}

/// Why a row of an ordered table is given up.
const CONFLICT: &str =
    "another row has one of its unique values, or the row that a foreign key names is not there";

fn may_pass_later(code: u16) -> bool {
    DUPLICATE.contains(&code) || FOREIGN_KEY.contains(&code)
}

/// The server's words, with its code.
fn words(code: u16, message: &str) -> String {
    format!("{message} (error {code})")
}

fn filled(cells: &[u8]) -> usize {
    super::rows::split(cells).filter(|cell| !cell.is_empty()).count()
}

/// The shard of a row.
pub fn shard_of(rows: &Rows, row: usize, shards: usize) -> usize {
    let plan = &rows.plan;
    if shards == 1 || plan.ordered || plan.key.is_empty() || plan.write == WriteMode::Insert {
        return 0;
    }
    (rows.row(row).hash % shards as u64) as usize
}
