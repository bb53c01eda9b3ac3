//! Rows that wait for a statement: what one connection has to do next, folded by key.

use std::ops::Range;
use std::sync::Arc;

use super::options::WriteMode;
use super::plan::Plan;
use super::rows::{Change, Op, Rows, merge};

/// What is left of the changes of one key; in a window that is not folded, one change.
pub type Entry = sluicegate_tables::Entry<Change>;

/// Changes of one table in the order in which they came.
pub type TableWindow = sluicegate_tables::TableWindow<Plan, Change>;

/// Why a partial image of a row that is not there is refused.
pub const ABSENT: &str = "the row to update is absent, and the change does not have all of its columns";

/// Adds a row of the table's last body.
fn add(table: &mut TableWindow, row: usize) {
    if table.plan.ordered || table.plan.write == WriteMode::Insert {
        table.push(row);
    } else if let Some((number, later)) = table.push_or_find(row) {
        fold(table, number, later);
    }
}

/// A later change of the same key.
fn fold(table: &mut TableWindow, number: usize, later: Entry) {
    let earlier = table.entries[number].change;
    let was_gone = earlier.op == Op::Delete;
    table.entries[number] = match later.change.op {
        Op::Delete => later.with(Change { op: Op::Delete, anew: false, fresh: false }),
        Op::Put => later.with(Change {
            op: Op::Put,
            anew: earlier.anew || was_gone,
            fresh: earlier.fresh || was_gone,
        }),
        Op::Patch if was_gone => {
            table.refused.push(table.refuse(&later, ABSENT.to_owned()));
            return;
        }
        Op::Patch | Op::Change => table.merged(number, &later, merge),
    };
}

/// What one connection has to do next. Between tables the order is kept only where a window ends: tables that
/// foreign keys tie to one another are written in the order of their rows.
#[derive(Default)]
pub struct Window(sluicegate_tables::Window<Plan, Change>);

impl Window {
    /// Whether these rows may be added, or the window has to be emptied first: a table's window has one plan, and what
    /// changes a key, or is tied to another table, waits for nothing else.
    pub fn takes(&self, rows: &Rows) -> bool {
        let plan = &rows.plan;
        if self.0.tables.is_empty() {
            return true;
        }
        let tied = plan.ordered || self.0.tables.iter().any(|table| table.plan.ordered);
        let same = self.0.tables.iter().find(|table| table.plan.target.table == plan.target.table);
        match same {
            Some(table) => table.plan.writes_like(plan) && (!tied || self.0.tables.len() == 1),
            None => !tied,
        }
    }

    /// Whether a row has to be written before any other is added, and after all that are there.
    pub fn is_barrier(rows: &Rows, place: usize) -> bool {
        rows.row(place).change.op == Op::Change && !rows.plan.ordered
    }

    /// Adds those rows of a body that `is_ours`.
    pub fn add(&mut self, rows: &Arc<Rows>, range: Range<usize>, is_ours: impl Fn(usize) -> bool) {
        let table = self.0.table(rows);
        table.add_body(rows);
        let ours = || range.clone().filter(|row| is_ours(*row));
        ours().for_each(|row| add(table, row));
        ours().for_each(|row| self.0.added(rows, row..row + 1));
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
