//! Rows that wait for a statement: what one connection has to do next, folded by key.

use std::sync::Arc;

use hashbrown::HashTable;
use sluicegate_connector::SinkReject;

use super::options::WriteMode;
use super::plan::Plan;
use super::rows::{Op, Rows, merge};

/// One row of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    body: u32,
    row: u32,
}

/// What is left of the changes of one key; in a window that is not folded, one change.
pub struct Entry {
    /// What is to be done.
    pub op: Op,
    /// Whether the row that is there goes first: it was deleted, and another of its key came.
    pub anew: bool,
    /// Whether no row of its key is expected when it is written.
    pub fresh: bool,
    /// The last change.
    pub place: Place,
    /// The cells, where they come from several changes.
    merged: Option<Vec<u8>>,
}

/// Changes of one table in the order in which they came.
pub struct TableWindow {
    /// How they are written.
    pub plan: Arc<Plan>,
    bodies: Vec<Arc<Rows>>,
    /// What is to be done.
    pub entries: Vec<Entry>,
    by_key: HashTable<u32>,
    /// Rows that can be told to be wrong without the server.
    pub refused: Vec<SinkReject>,
}

impl TableWindow {
    fn new(plan: &Arc<Plan>) -> Self {
        Self {
            plan: Arc::clone(plan),
            bodies: Vec::new(),
            entries: Vec::new(),
            by_key: HashTable::new(),
            refused: Vec::new(),
        }
    }

    /// The cells of an entry.
    pub fn cells<'a>(&'a self, entry: &'a Entry) -> &'a [u8] {
        match &entry.merged {
            Some(cells) => cells,
            None => self.bodies[entry.place.body as usize].cells(entry.place.row as usize),
        }
    }

    /// The key of an entry.
    pub fn key(&self, entry: &Entry) -> &[u8] {
        self.key_at(entry.place)
    }

    fn key_at(&self, place: Place) -> &[u8] {
        self.bodies[place.body as usize].key(place.row as usize)
    }

    /// The row of an entry as one that is refused.
    pub fn refuse(&self, entry: &Entry, reason: String) -> SinkReject {
        self.bodies[entry.place.body as usize].refused(entry.place.row as usize, reason)
    }

    /// Adds a row.
    fn add(&mut self, place: Place) {
        let (op, fresh, hash) = {
            let row = self.bodies[place.body as usize].row(place.row as usize);
            (row.op, row.fresh, row.hash)
        };
        let entry = Entry { op, anew: false, fresh, place, merged: None };
        if self.plan.ordered || self.plan.write == WriteMode::Insert {
            self.entries.push(entry);
            return;
        }
        let (bodies, entries) = (&self.bodies, &self.entries);
        let key = |place: Place| bodies[place.body as usize].key(place.row as usize);
        let wanted = key(place);
        let known = self.by_key.find(hash, |entry| key(entries[*entry as usize].place) == wanted).copied();
        match known {
            None => {
                let number = self.entries.len() as u32;
                self.entries.push(entry);
                let (bodies, entries) = (&self.bodies, &self.entries);
                self.by_key.insert_unique(hash, number, |entry| {
                    let place = entries[*entry as usize].place;
                    bodies[place.body as usize].row(place.row as usize).hash
                });
            }
            Some(number) => self.fold(number as usize, entry),
        }
    }

    /// A later change of the same key.
    fn fold(&mut self, number: usize, later: Entry) {
        let earlier = &self.entries[number];
        let was_gone = earlier.op == Op::Delete;
        let folded = match later.op {
            Op::Delete => Entry { op: Op::Delete, anew: false, fresh: false, ..later },
            Op::Put => Entry { anew: earlier.anew || was_gone, fresh: earlier.fresh || was_gone, ..later },
            Op::Patch if was_gone => {
                self.refused.push(self.refuse(&later, ABSENT.to_owned()));
                return;
            }
            Op::Patch | Op::Change => {
                let merged = merge(self.cells(earlier), self.cells(&later));
                Entry {
                    op: earlier.op,
                    anew: earlier.anew,
                    fresh: earlier.fresh,
                    place: later.place,
                    merged: Some(merged),
                }
            }
        };
        self.entries[number] = folded;
    }
}

/// Why a partial image of a row that is not there is refused.
pub const ABSENT: &str = "the row to update is absent, and the change does not have all of its columns";

/// What one connection has to do next. Between tables the order is kept only where a window ends: tables that
/// foreign keys tie to one another are written in the order of their rows.
#[derive(Default)]
pub struct Window {
    tables: Vec<TableWindow>,
    bytes: usize,
}

impl Window {
    /// Whether these rows may be added, or the window has to be emptied first: a table's window has one plan, and what
    /// changes a key, or is tied to another table, waits for nothing else.
    pub fn takes(&self, rows: &Rows) -> bool {
        let plan = &rows.plan;
        if self.tables.is_empty() {
            return true;
        }
        let tied = plan.ordered || self.tables.iter().any(|table| table.plan.ordered);
        let same = self.tables.iter().find(|table| table.plan.table == plan.table);
        match same {
            Some(table) => table.plan.writes_like(plan) && (!tied || self.tables.len() == 1),
            None => !tied,
        }
    }

    /// Whether a row has to be written before any other is added, and after all that are there.
    pub fn is_barrier(rows: &Rows, place: usize) -> bool {
        rows.row(place).op == Op::Change && !rows.plan.ordered
    }

    /// Adds those rows of a body that `is_ours`.
    pub fn add(&mut self, rows: &Arc<Rows>, range: std::ops::Range<usize>, is_ours: impl Fn(usize) -> bool) {
        let number = self.tables.iter().position(|table| table.plan.table == rows.plan.table);
        let number = number.unwrap_or_else(|| {
            self.tables.push(TableWindow::new(&rows.plan));
            self.tables.len() - 1
        });
        let table = &mut self.tables[number];
        let known = table.bodies.last().is_some_and(|body| Arc::ptr_eq(body, rows));
        if !known {
            table.bodies.push(Arc::clone(rows));
        }
        let body = table.bodies.len() as u32 - 1;
        for row in range {
            if is_ours(row) {
                self.bytes += rows.cells(row).len() + rows.key(row).len() + size_of::<Entry>();
                table.add(Place { body, row: row as u32 });
            }
        }
    }

    /// Bytes that wait.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes everything out.
    pub fn empty(&mut self) -> Vec<TableWindow> {
        self.bytes = 0;
        std::mem::take(&mut self.tables)
    }
}
