//! Changes of tables where it matters which goes first.

use sluicegate_connector::Error;

use super::refusal::{Refusal, may_pass_later};
use super::{ENOUGH, Shard};
use crate::client::failure::DUPLICATE;
use crate::sink::rows::Op;
use crate::sink::statements::Form;
use crate::sink::window::TableWindow;
use crate::sink::writer::Shared;

/// Why a row of an ordered table is given up.
const CONFLICT: &str =
    "another row has one of its unique values, or the row that a foreign key names is not there";

impl Shard {
    /// Changes of a table where it matters which goes first: one after another, and never by a statement that writes
    /// over or removes another row than its own.
    pub(super) async fn in_order(&mut self, shared: &Shared, table: TableWindow) -> Result<(), Error> {
        let mut later = Vec::new();
        let mut start = 0;
        while start < table.entries.len() && self.rejects.len() < ENOUGH {
            let op = table.entries[start].change.op;
            let same = table.entries[start..].iter().take_while(|entry| entry.change.op == op).count();
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
            Err(Refusal::Absent) if table.plan.is_whole(table.cells(&table.entries[entry])) => {
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
                    match table.entries[entry].change.op {
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
}
