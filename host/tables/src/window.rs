//! Rows that wait, folded by key.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::ArrayRef;
use hashbrown::HashTable;
use sluicegate_connector::SinkReject;
use sluicegate_model::Lane;

use crate::plan::Plan;
use crate::rows::Rows;

/// One row of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    body: u32,
    row: u32,
}

/// What is left of the changes of one key; in a window that is not folded, one change. `C` is what is to be done.
pub struct Entry<C> {
    /// What is to be done.
    pub change: C,
    /// The last change.
    place: Place,
    /// The cells, where they come from several changes.
    merged: Option<Vec<u8>>,
}

impl<C> Entry<C> {
    /// The same row for something else to be done.
    #[must_use]
    pub fn with(self, change: C) -> Self {
        Self { change, ..self }
    }
}

/// Changes of one table in the order in which they came.
pub struct TableWindow<P, C> {
    /// How they are written.
    pub plan: Arc<P>,
    bodies: Vec<Arc<Rows<P, C>>>,
    /// What is to be done.
    pub entries: Vec<Entry<C>>,
    by_key: HashTable<u32>,
    /// Rows that can be told to be wrong without the server.
    pub refused: Vec<SinkReject>,
}

impl<P: Plan, C: Copy> TableWindow<P, C> {
    fn new(plan: &Arc<P>) -> Self {
        Self {
            plan: Arc::clone(plan),
            bodies: Vec::new(),
            entries: Vec::new(),
            by_key: HashTable::new(),
            refused: Vec::new(),
        }
    }

    /// The cells of an entry.
    pub fn cells<'a>(&'a self, entry: &'a Entry<C>) -> &'a [u8] {
        match &entry.merged {
            Some(cells) => cells,
            None => self.bodies[entry.place.body as usize].cells(entry.place.row as usize),
        }
    }

    /// Where the cells of an entry are: the number of the [body](TableWindow::body), and the place in its bytes. `None`
    /// where they come from several changes.
    #[inline]
    pub fn bytes_of(&self, entry: &Entry<C>) -> Option<(usize, Range<usize>)> {
        let (body, row) = (entry.place.body as usize, entry.place.row as usize);
        entry.merged.is_none().then(|| (body, self.bodies[body].place_of(row)))
    }

    /// The rows of a body.
    pub fn body(&self, number: usize) -> &Arc<Rows<P, C>> {
        &self.bodies[number]
    }

    /// The key of an entry.
    pub fn key(&self, entry: &Entry<C>) -> &[u8] {
        self.bodies[entry.place.body as usize].key(entry.place.row as usize)
    }

    /// The row of an entry as one that is refused.
    pub fn refuse(&self, entry: &Entry<C>, reason: String) -> SinkReject {
        self.bodies[entry.place.body as usize].refused(entry.place.row as usize, reason)
    }

    /// Where an entry came from: the lane, and the record in it.
    pub fn origin(&self, entry: &Entry<C>) -> (&Lane, u64) {
        let body = &self.bodies[entry.place.body as usize];
        (&body.origin().lane, body.ordinal(entry.place.row as usize))
    }

    /// The columns of each body, where they are sent in place of cells.
    pub fn columns(&self) -> Vec<&[ArrayRef]> {
        self.bodies.iter().map(|body| body.columns.as_slice()).collect()
    }

    /// Where an entry is in [`TableWindow::columns`]: the number of the body, and the row.
    pub fn place_in_columns(&self, entry: &Entry<C>) -> (usize, usize) {
        let body = entry.place.body as usize;
        (body, self.bodies[body].source(entry.place.row as usize))
    }

    /// Adds a body whose rows are meant from now on.
    pub fn add_body(&mut self, rows: &Arc<Rows<P, C>>) {
        if !self.bodies.last().is_some_and(|body| Arc::ptr_eq(body, rows)) {
            self.bodies.push(Arc::clone(rows));
            self.entries.reserve(rows.len());
        }
    }

    fn entry(&self, row: usize) -> (Entry<C>, u64) {
        let body = self.bodies.len() - 1;
        let place = Place { body: body as u32, row: row as u32 };
        let row = self.bodies[body].row(row);
        (Entry { change: row.change, place, merged: None }, row.hash)
    }

    /// Adds a row of the last body behind all others.
    pub fn push(&mut self, row: usize) {
        let (entry, _) = self.entry(row);
        self.entries.push(entry);
    }

    /// Adds a row of the last body, unless a change of its key waits: then gives that one's number, and the row as an
    /// entry to fold it with.
    pub fn push_or_find(&mut self, row: usize) -> Option<(usize, Entry<C>)> {
        let (entry, hash) = self.entry(row);
        let (bodies, entries) = (&self.bodies, &self.entries);
        let at = |place: Place| (&bodies[place.body as usize], place.row as usize);
        let key = |place: Place| at(place).0.key(at(place).1);
        let wanted = key(entry.place);
        let known = self.by_key.find(hash, |known| key(entries[*known as usize].place) == wanted);
        if let Some(known) = known {
            return Some((*known as usize, entry));
        }
        let number = self.entries.len() as u32;
        self.entries.push(entry);
        let entries = &self.entries;
        let hash_of = |known: &u32| {
            let (body, row) = at(entries[*known as usize].place);
            body.row(row).hash
        };
        if self.by_key.len() == self.by_key.capacity() {
            // For all rows of the body at once: few of its keys wait already, as a rule.
            self.by_key.reserve(bodies.last().map_or(1, |body| body.len()), hash_of);
        }
        self.by_key.insert_unique(hash, number, hash_of);
        None
    }

    /// A later entry over an earlier one, by a function for their cells: what is to be done is as with the earlier.
    pub fn merged(
        &self,
        number: usize,
        later: &Entry<C>,
        merge: impl FnOnce(&[u8], &[u8]) -> Vec<u8>,
    ) -> Entry<C> {
        let earlier = &self.entries[number];
        let cells = merge(self.cells(earlier), self.cells(later));
        Entry { change: earlier.change, place: later.place, merged: Some(cells) }
    }
}

/// Rows of several tables that wait.
pub struct Window<P, C> {
    /// The tables.
    pub tables: Vec<TableWindow<P, C>>,
    bytes: usize,
}

impl<P, C> Default for Window<P, C> {
    fn default() -> Self {
        Self { tables: Vec::new(), bytes: 0 }
    }
}

impl<P: Plan, C: Copy> Window<P, C> {
    /// The window of the rows' table.
    pub fn table(&mut self, rows: &Rows<P, C>) -> &mut TableWindow<P, C> {
        let table = &rows.plan.target().table;
        let known = self.tables.iter().position(|window| window.plan.target().table == *table);
        let number = known.unwrap_or_else(|| {
            self.tables.push(TableWindow::new(&rows.plan));
            self.tables.len() - 1
        });
        &mut self.tables[number]
    }

    /// Notes that rows were added.
    pub fn added(&mut self, rows: &Rows<P, C>, range: Range<usize>) {
        let beside = if rows.columns.is_empty() { 0 } else { rows.beside() / rows.len().max(1) };
        self.bytes += range.len() * (beside + size_of::<Entry<C>>()) + rows.bytes_of(range);
    }

    /// Bytes that wait.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes everything out.
    pub fn empty(&mut self) -> Vec<TableWindow<P, C>> {
        self.bytes = 0;
        std::mem::take(&mut self.tables)
    }
}
