//! New rows that are streamed.

use bytes::Bytes;
use sluicegate_connector::Error;

use super::Shard;
use crate::client::failure::NO_LOCAL_INFILE;
use crate::client::{Failure, Loaded};
use crate::sink::load::LoadForm;
use crate::sink::options::{WriteBy, WriteMode};
use crate::sink::plan::Plan;
use crate::sink::window::{Entry, TableWindow};
use crate::sink::writer::Shared;

/// New rows that are worth a stream of their own.
const LOADED_FROM: usize = 200;

/// Windows of a table that are inserted after one whose rows were not as new as the source said.
const PASSED_OVER: u32 = 100;

impl Shard {
    /// Streams those of the rows that are new, where they are many; what is left is to be inserted.
    pub(super) async fn load_fresh(
        &mut self,
        shared: &Shared,
        table: &TableWindow,
        there: &mut Vec<usize>,
    ) -> Result<(), Error> {
        if shared.options.mode == WriteBy::Insert {
            return Ok(());
        }
        let (fresh, rest): (Vec<usize>, Vec<usize>) =
            there.iter().partition(|entry| self.is_new(&table.entries[**entry]));
        if fresh.len() < LOADED_FROM || !self.may_load(&table.plan) {
            return Ok(());
        }
        let Some(form) = LoadForm::new(&table.plan) else { return Ok(()) };
        if !self.transaction(shared).await?.server().local_infile {
            return Ok(());
        }
        let cells = fresh.iter().map(|entry| table.cells(&table.entries[*entry]));
        let (lines, others) = form.lines(cells);
        let sent = (fresh.len() - others.len()) as u64;
        if self.load(shared, table, &form, lines, sent).await? {
            *there = rest;
            there.extend(others.into_iter().map(|place| fresh[place]));
        } else if table.plan.write != WriteMode::Insert {
            // The source reads again what the table has already; it would be so for a while.
            self.not_loaded.insert(table.plan.target.table.clone(), PASSED_OVER);
        }
        Ok(())
    }

    /// Whether a row is new, as far as the source tells.
    ///
    /// Where several connections write, statements of new rows alone are in the way of others less often. New rows divide
    /// pages, and from the first row of a statement that finds another in its place, or what is left of it, to the end of
    /// the statement a lock that the transaction has at the border becomes one of the gap there (as seen in
    /// `performance_schema.data_locks` of MySQL 8.4). So a row that was removed just now is none of them.
    pub(super) fn is_new(&self, entry: &Entry) -> bool {
        entry.change.fresh && (self.alone || !entry.change.anew)
    }

    /// Whether loads of this table are expected to do.
    fn may_load(&mut self, plan: &Plan) -> bool {
        match self.not_loaded.get_mut(&plan.target.table) {
            None | Some(0) => true,
            Some(left) => {
                *left -= 1;
                false
            }
        }
    }

    /// Streams lines. Whether the server took each as it was; where not, nothing of them is there.
    async fn load(
        &mut self,
        shared: &Shared,
        table: &TableWindow,
        form: &LoadForm,
        lines: Vec<Bytes>,
        sent: u64,
    ) -> Result<bool, Error> {
        let what = "rows were not loaded";
        let session = self.transaction(shared).await?;
        session.run(b"SAVEPOINT sluicegate").await.map_err(|failure| failure.into_error(what))?;
        match session.load(form.statement(), lines).await {
            Ok(Loaded { records, skipped: 0, warnings: 0 }) if records == sent => return Ok(true),
            Ok(told) => {
                tracing::debug!(table = %table.plan.target.table, sent, ?told, "loaded rows are taken back");
            }
            Err(Failure::Data { code, message }) => {
                tracing::debug!(table = %table.plan.target.table, code, "loaded rows are taken back: {message}");
            }
            Err(failure) if failure.code().is_some_and(|code| NO_LOCAL_INFILE.contains(&code)) => {
                tracing::debug!(table = %table.plan.target.table, "the server takes no lines any more");
            }
            Err(failure) => return Err(failure.into_error(what).table(&table.plan.target.output)),
        }
        let back = session.run(b"ROLLBACK TO SAVEPOINT sluicegate").await;
        back.map_err(|failure| failure.into_error("loaded rows were not taken back"))?;
        Ok(false)
    }
}
