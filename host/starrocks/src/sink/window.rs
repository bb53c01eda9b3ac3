//! Rows that wait, folded by key.

use std::sync::Arc;

use hashbrown::HashTable;
use sluicegate_connector::SinkReject;

use super::plan::Plan;
use super::rows::{Op, Row, Rows, merge};

/// One row of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    body: u32,
    row: u32,
}

/// What is left of the changes of one key; where rows are added, one row.
pub struct Entry {
    /// What is to be done.
    pub op: Op,
    /// The last change.
    place: Place,
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

/// Whether a row was added.
enum Added {
    Yes,
    /// What waits has to go first.
    Later,
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

    fn row(&self, place: Place) -> &Row {
        self.bodies[place.body as usize].row(place.row as usize)
    }

    /// The cells of an entry: the inside of an object.
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

    fn add(&mut self, place: Place) -> Added {
        let (op, hash) = (self.row(place).op, self.row(place).hash);
        let fresh = Entry { op, place, merged: None };
        if !self.plan.upserts {
            self.entries.push(fresh);
            return Added::Yes;
        }
        let (bodies, entries) = (&self.bodies, &self.entries);
        let key = |place: Place| bodies[place.body as usize].key(place.row as usize);
        let wanted = key(place);
        let known = self.by_key.find(hash, |entry| key(entries[*entry as usize].place) == wanted).copied();
        let Some(number) = known else {
            let number = self.entries.len() as u32;
            self.entries.push(fresh);
            let (bodies, entries) = (&self.bodies, &self.entries);
            self.by_key.insert_unique(hash, number, |entry| {
                let place = entries[*entry as usize].place;
                bodies[place.body as usize].row(place.row as usize).hash
            });
            return Added::Yes;
        };
        self.fold(number as usize, fresh)
    }

    /// A later change of the same key.
    fn fold(&mut self, number: usize, later: Entry) -> Added {
        let earlier = &self.entries[number];
        let folded = match (earlier.op, later.op) {
            (_, Op::Delete) => Entry { op: Op::Delete, ..later },
            // A row that comes again has nothing of the columns that the one before it had and this one does not.
            (Op::Delete, Op::Put) if self.plan.is_partial() => return Added::Later,
            (_, Op::Put) => Entry { op: Op::Put, ..later },
            (Op::Delete, Op::Patch) => {
                self.refused.push(self.refuse(&later, ABSENT.to_owned()));
                return Added::Yes;
            }
            (_, Op::Patch) => {
                let merged = merge(self.cells(earlier), self.cells(&later));
                Entry { op: earlier.op, place: later.place, merged: Some(merged) }
            }
        };
        self.entries[number] = folded;
        Added::Yes
    }
}

/// Why a partial image of a row that is not there is refused.
const ABSENT: &str = "the row to update was deleted before, and the change does not have all of its columns";

/// Rows of one epoch that wait. Tables are independent of one another.
#[derive(Default)]
pub struct Window {
    tables: Vec<TableWindow>,
    bytes: usize,
}

impl Window {
    /// Adds rows of a body from `start` on; gives the row before which what waits has to go, if any.
    pub fn add(&mut self, rows: &Arc<Rows>, start: usize) -> Option<usize> {
        let number = self.tables.iter().position(|table| table.plan.table == rows.plan.table);
        let number = number.unwrap_or_else(|| {
            self.tables.push(TableWindow::new(&rows.plan));
            self.tables.len() - 1
        });
        let table = &mut self.tables[number];
        // A schema that has changed makes bodies of another form.
        if !table.plan.writes_like(&rows.plan) {
            return Some(start);
        }
        table.bodies.push(Arc::clone(rows));
        let body = table.bodies.len() as u32 - 1;
        for row in start..rows.len() {
            if let Added::Later = table.add(Place { body, row: row as u32 }) {
                return Some(row);
            }
            self.bytes += rows.cells(row).len() + rows.key(row).len() + size_of::<Entry>();
        }
        None
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
