//! Changes of different keys: like is done with like.

use sluicegate_connector::Error;

use super::refusal::{Refusal, may_pass_later, words};
use super::{ENOUGH, Shard};
use crate::client::Failure;
use crate::sink::rows::Op;
use crate::sink::statements::{self, Form};
use crate::sink::window::{Entry, TableWindow};
use crate::sink::writer::Shared;

/// Statements in one packet, where each is about one row.
const AT_ONCE: usize = 200;

impl Shard {
    /// Changes of different keys: they may be done in any order, so like is done with like.
    pub(super) async fn folded(&mut self, shared: &Shared, table: &TableWindow) -> Result<(), Error> {
        let which = |wanted: fn(&Entry) -> bool| -> Vec<usize> {
            (0..table.entries.len()).filter(|entry| wanted(&table.entries[*entry])).collect()
        };
        let gone = which(|entry| entry.change.op == Op::Delete || entry.change.anew);
        if !gone.is_empty() {
            self.delete(shared, table, &gone).await?;
        }
        let mut there = which(|entry| entry.change.op == Op::Put);
        self.load_fresh(shared, table, &mut there).await?;
        self.put(shared, table, there).await?;
        let changed = which(|entry| matches!(entry.change.op, Op::Patch | Op::Change));
        let update = |entry: &Entry, into: &mut Vec<u8>| {
            statements::update(&table.plan, table.key(entry), table.cells(entry), into);
        };
        let absent = self.each(shared, table, &changed, update).await?;
        // A row that gets another key may be a new one, where it is whole: the target had not got it yet.
        let is_new = |entry: &Entry| entry.change.op == Op::Change && table.plan.is_whole(table.cells(entry));
        let (new, absent): (Vec<usize>, Vec<usize>) =
            absent.into_iter().partition(|entry| is_new(&table.entries[*entry]));
        for entry in absent {
            self.refuse(table, entry, &Refusal::Absent);
        }
        self.put(shared, table, new).await
    }

    /// Puts rows, where several connections write not those that are new in one statement with others: see
    /// [`Shard::is_new`].
    async fn put(&mut self, shared: &Shared, table: &TableWindow, there: Vec<usize>) -> Result<(), Error> {
        let (new, others): (Vec<usize>, Vec<usize>) =
            there.into_iter().partition(|entry| !self.alone && self.is_new(&table.entries[*entry]));
        for entries in [new, others] {
            if !entries.is_empty() {
                let server = self.transaction(shared).await?.server().clone();
                let form = Form::put(&table.plan, &server, shared.options.batch.rows);
                self.many(shared, table, &form, &entries, false).await?;
            }
        }
        Ok(())
    }

    /// Of a small table the server would rather read all rows than find many keys, and wait for those that another
    /// connection has locked, which may be one of ours that waits for this one to commit. So with several connections
    /// each row is found by itself.
    async fn delete(&mut self, shared: &Shared, table: &TableWindow, entries: &[usize]) -> Result<(), Error> {
        if self.alone {
            self.many(shared, table, &Form::delete(&table.plan), entries, true).await?;
            return Ok(());
        }
        let delete = |entry: &Entry, into: &mut Vec<u8>| {
            statements::delete(&table.plan, table.key(entry), into);
        };
        self.each(shared, table, entries, delete).await.map(|_| ())
    }

    /// Statements about a row each, many in one packet. Gives those whose row is not there.
    async fn each(
        &mut self,
        shared: &Shared,
        table: &TableWindow,
        entries: &[usize],
        write: impl Fn(&Entry, &mut Vec<u8>),
    ) -> Result<Vec<usize>, Error> {
        let mut absent = Vec::new();
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
            absent.extend(run.iter().zip(&found).filter(|(_, rows)| **rows == 0).map(|(entry, _)| *entry));
            left = rest;
            match (done, left.split_first()) {
                (Err(Failure::Data { code, message }), Some((entry, rest))) => {
                    self.refuse(table, *entry, &Refusal::Data { code, message });
                    left = rest;
                }
                (Err(failure), _) => {
                    return Err(failure.into_error("rows were not changed").table(&table.plan.target.output));
                }
                (Ok(()), _) => {}
            }
        }
        Ok(absent)
    }

    /// Statements about several rows each. One that fails on data is divided until the rows that cause it stand alone:
    /// the server has undone the statement, and the transaction goes on.
    pub(super) async fn many(
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
                Err(Failure::Other(error)) => return Err(error.table(&table.plan.target.output)),
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
    pub(super) async fn one_update(
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
            Err(Failure::Other(error)) => Err(error.table(&table.plan.target.output)),
        }
    }
}
