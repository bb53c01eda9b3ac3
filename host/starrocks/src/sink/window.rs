//! Rows of one epoch that wait, folded by key.

use std::sync::Arc;

use super::condition::keeps;
use super::line;
use super::plan::Plan;
use super::rows::{Op, Rows};

/// What is left of the changes of one key; where rows are added, one row.
pub type Entry = sluicegate_tables::Entry<Op>;

/// Changes of one table in the order in which they came.
pub type TableWindow = sluicegate_tables::TableWindow<Plan, Op>;

/// Why a partial image of a row that is not there is refused.
const ABSENT: &str = "the row to update was deleted before, and the change does not have all of its columns";

/// The cells of an entry, as they are sent.
pub fn cells<'a>(table: &'a TableWindow, entry: &'a Entry) -> &'a [u8] {
    line::cells(&table.plan, table.cells(entry))
}

/// Whether a row was added.
enum Added {
    Yes,
    /// What waits has to go first.
    Later,
}

/// Adds a row of the table's last body.
fn add(table: &mut TableWindow, row: usize) -> Added {
    if !table.plan.upserts {
        table.push(row);
        return Added::Yes;
    }
    match table.push_or_find(row) {
        None => Added::Yes,
        Some((number, later)) => fold(table, number, later),
    }
}

/// A later change of the same key.
fn fold(table: &mut TableWindow, number: usize, later: Entry) -> Added {
    table.entries[number] = match (table.entries[number].change, later.change) {
        // A row that comes again has nothing of the columns that the one before it had and this one does not.
        (Op::Delete, Op::Put) if table.plan.is_partial() => return Added::Later,
        // With the row that is there it is not to be compared: that one goes first.
        (Op::Delete, Op::Put) if table.plan.condition.is_some() => return Added::Later,
        (Op::Put | Op::Patch, Op::Put | Op::Patch)
            if keeps(&table.plan, cells(table, &table.entries[number]), cells(table, &later)) =>
        {
            return Added::Yes;
        }
        (_, Op::Put | Op::Delete) => later,
        (Op::Delete, Op::Patch) => {
            table.refused.push(table.refuse(&later, ABSENT.to_owned()));
            return Added::Yes;
        }
        (_, Op::Patch) => {
            table.merged(number, &later, |earlier, later| line::merge(&table.plan, earlier, later))
        }
    };
    Added::Yes
}

/// Rows of one epoch that wait. Tables are independent of one another.
#[derive(Default)]
pub struct Window(sluicegate_tables::Window<Plan, Op>);

impl Window {
    /// Adds rows of a body from `start` on; gives the row before which what waits has to go, if any.
    pub fn add(&mut self, rows: &Arc<Rows>, start: usize) -> Option<usize> {
        let table = self.0.table(rows);
        // A schema that has changed makes bodies of another form.
        if !table.plan.writes_like(&rows.plan) {
            return Some(start);
        }
        table.add_body(rows);
        let later = (start..rows.len()).find(|row| matches!(add(table, *row), Added::Later));
        self.0.added(rows, start..later.unwrap_or(rows.len()));
        later
    }

    /// Bytes that wait.
    pub fn bytes(&self) -> usize {
        self.0.bytes()
    }

    /// Takes everything out.
    pub fn empty(&mut self) -> Vec<TableWindow> {
        self.0.empty()
    }
}
