//! The rows of a batch as bytes that can be copied.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef};
use sluicegate_connector::{Reject, SinkReject};
use sluicegate_model::{ChangeBatch, Origin};
use xxhash_rust::xxh3::xxh3_64;

use crate::plan::Plan;

/// A row of [`Rows`]; `C` is what it does to its table.
#[derive(Clone, Debug)]
pub struct Row<C> {
    /// What it does.
    pub change: C,
    /// Where its cells end in the bytes; they begin where those of the row before end.
    cells_end: usize,
    /// The same for its key, by which the row is found: that of the row before the change.
    key_end: usize,
    /// Of the key.
    pub hash: u64,
    /// The row of the batch.
    source: u32,
}

/// Rows of one batch, encoded: of each its cells and its key, in the form of the sink.
pub struct Rows<P, C> {
    /// How they are written.
    pub plan: Arc<P>,
    origin: Origin,
    each: Vec<Row<C>>,
    /// Cells of the row that is being written are appended here, and pushed with it.
    pub cell_bytes: Vec<u8>,
    /// As with cells.
    pub key_bytes: Vec<u8>,
    /// Columns of the batch, where they are sent in place of cells.
    pub columns: Vec<ArrayRef>,
}

/// How far [`Rows`] were filled.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    rows: usize,
    cells: usize,
    keys: usize,
}

impl<P: Plan, C> Rows<P, C> {
    /// No rows of a batch yet; `cell` is how many bytes a cell may have.
    pub fn new(plan: &Arc<P>, batch: &ChangeBatch, cell: usize, (columns, key): (usize, usize)) -> Self {
        Self {
            plan: Arc::clone(plan),
            origin: batch.origin().clone(),
            each: Vec::with_capacity(batch.len()),
            cell_bytes: Vec::with_capacity(batch.len() * columns * cell),
            key_bytes: Vec::with_capacity(batch.len() * key * cell),
            columns: Vec::new(),
        }
    }

    /// Gives back the room that is not needed, after the last row: rows wait for the end of an epoch by what
    /// [`bytes`](Self::bytes) says, and would hold up to twice of it.
    #[must_use]
    pub fn finished(mut self) -> Self {
        self.cell_bytes.shrink_to_fit();
        self.key_bytes.shrink_to_fit();
        self.each.shrink_to_fit();
        self
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.each.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.each.is_empty()
    }

    /// A row.
    pub fn row(&self, place: usize) -> &Row<C> {
        &self.each[place]
    }

    /// The cells of a row.
    pub fn cells(&self, place: usize) -> &[u8] {
        &self.cell_bytes[self.place_of(place)]
    }

    /// Where the cells of a row stand among all.
    #[inline]
    pub fn place_of(&self, place: usize) -> Range<usize> {
        let start = place.checked_sub(1).map_or(0, |before| self.each[before].cells_end);
        start..self.each[place].cells_end
    }

    /// The key of a row.
    pub fn key(&self, place: usize) -> &[u8] {
        let start = place.checked_sub(1).map_or(0, |before| self.each[before].key_end);
        &self.key_bytes[start..self.each[place].key_end]
    }

    /// Bytes that they hold.
    pub fn bytes(&self) -> usize {
        self.beside() + self.cell_bytes.len() + self.key_bytes.len() + self.each.len() * size_of::<Row<C>>()
    }

    /// Bytes of the cells and keys of some rows.
    pub fn bytes_of(&self, range: Range<usize>) -> usize {
        let end = |place: usize| {
            let row = place.checked_sub(1).map(|before| &self.each[before]);
            row.map_or(0, |row| row.cells_end + row.key_end)
        };
        end(range.end) - end(range.start)
    }

    /// Bytes that the columns hold.
    pub fn beside(&self) -> usize {
        self.columns.iter().map(Array::get_array_memory_size).sum()
    }

    /// The row of the batch that a row is.
    pub fn source(&self, place: usize) -> usize {
        self.each[place].source as usize
    }

    /// A row's number in its lane.
    pub fn ordinal(&self, place: usize) -> u64 {
        self.origin.ordinals[self.each[place].source as usize]
    }

    /// Where the rows came from.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// A row as one that the server refused.
    pub fn refused(&self, place: usize, reason: String) -> SinkReject {
        let source = self.each[place].source as usize;
        SinkReject {
            lane: self.origin.lane.clone(),
            ordinal: self.origin.ordinals[source],
            part: self.origin.part(source),
            output: self.plan.target().output.clone(),
            reason,
        }
    }

    /// Ends the row whose cells and key were appended; `source` is the row of the batch.
    pub fn push(&mut self, change: C, source: usize) {
        let start = self.each.last().map_or(0, |before| before.key_end);
        self.each.push(Row {
            change,
            cells_end: self.cell_bytes.len(),
            key_end: self.key_bytes.len(),
            hash: xxh3_64(&self.key_bytes[start..]),
            source: source as u32,
        });
    }

    /// How far they are filled.
    pub fn mark(&self) -> Mark {
        let (rows, cells, keys) = (self.each.len(), self.cell_bytes.len(), self.key_bytes.len());
        Mark { rows, cells, keys }
    }

    /// Bytes of cells and keys that were appended since.
    pub fn appended_since(&self, mark: Mark) -> usize {
        self.cell_bytes.len() - mark.cells + self.key_bytes.len() - mark.keys
    }

    /// Forgets what was appended since.
    pub fn roll_back(&mut self, mark: Mark) {
        self.each.truncate(mark.rows);
        self.cell_bytes.truncate(mark.cells);
        self.key_bytes.truncate(mark.keys);
    }
}

/// Calls `encode` with each row of a batch that stands alone, and with both halves of each pair. What it refuses is a
/// reject, of the pair's later half.
pub fn each_unit(
    batch: &ChangeBatch,
    mut encode: impl FnMut(Range<usize>) -> Result<(), String>,
) -> Vec<Reject> {
    let mut rejects = Vec::new();
    let mut row = 0;
    while row < batch.len() {
        let unit = batch.unit_of(row);
        row = unit.end;
        if let Err(reason) = encode(unit) {
            rejects.push(Reject { row: row as u32 - 1, reason });
        }
    }
    rejects
}

/// What workers refuse of a batch, as a writer says it.
pub fn sink_rejects(batch: &ChangeBatch, rejects: Vec<Reject>) -> Vec<SinkReject> {
    let origin = batch.origin();
    let told = rejects.into_iter().map(|reject| SinkReject {
        lane: origin.lane.clone(),
        ordinal: origin.ordinals[reject.row as usize],
        part: origin.part(reject.row as usize),
        output: batch.table().clone(),
        reason: reject.reason,
    });
    told.collect()
}
