//! Events of rows into batches.
//!
//! The record of a lane is an event of rows, and a row's part is its number in the event: both count changes
//! as logged, so a dead letter's id and a resume name the same row whatever was filtered.

use std::fmt::Write as _;
use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::{ArrayRef, TimestampMicrosecondArray};
use sluicegate_model::{
    ChangeBatch, Column, ControlEvent, Decoded, Item, Lane, Meta, Origin, RowReject, meta,
};

use super::error::{BinlogError, Fault};
use super::image::{RowFault, TableRows};
use super::log::RowsEntry;
use super::schema::Table;

/// What is decoded: rows with their table, or an event that keeps its place among them.
#[derive(Clone, Debug)]
pub enum Record {
    /// Rows of a table that is read.
    Rows {
        /// How the table is read, as of this place in the log.
        table: Arc<Table>,
        /// The rows.
        entry: Box<RowsEntry>,
    },
    /// An event.
    Control(ControlEvent),
}

/// Turns events of rows into batches: a table's rows are gathered, up to the next control event.
#[derive(Clone, Debug)]
pub struct Decoder {
    lane: Lane,
    most_text: usize,
}

/// Bytes of text in one column of a batch, above which the batch is closed: offsets are of 31 bits.
const MOST_TEXT: usize = 256 << 20;

/// Rows above which a batch is closed: what is said about each row is more than a row of one byte.
const MOST_ROWS: usize = 1 << 17;

impl Decoder {
    /// For the rows of a lane.
    pub fn new(lane: Lane) -> Self {
        Self { lane, most_text: MOST_TEXT }
    }

    /// Closes a batch when a column holds more than a number of bytes of text.
    #[must_use]
    pub fn with_text_limit(mut self, bytes: usize) -> Self {
        self.most_text = bytes;
        self
    }

    /// The batches and events of a stretch of a lane.
    ///
    /// # Errors
    /// [`BinlogError::RowImage`] where images do not fit their table: then nothing of the stretch can be
    /// trusted.
    pub fn decode<'a>(&self, records: impl IntoIterator<Item = &'a Record>) -> Result<Decoded, BinlogError> {
        let mut stretch = Stretch { decoder: self, tables: Vec::new(), decoded: Decoded::default() };
        for record in records {
            match record {
                Record::Rows { table, entry } => stretch.add(table, entry)?,
                Record::Control(event) => {
                    stretch.close()?;
                    stretch.decoded.items.push(Item::Control(event.clone()));
                }
            }
        }
        stretch.close()?;
        Ok(stretch.decoded)
    }
}

/// The columns of an event's rows that are read; rows that cannot be kept are not among them.
///
/// # Errors
/// As [`Decoder::decode`].
pub(crate) fn columns(table: &Arc<Table>, entry: &RowsEntry) -> Result<Vec<Column>, BinlogError> {
    let mut rows = TableRows::new(Arc::clone(table), 8);
    rows.add(&entry.rows, 0, |_, _| {})
        .map_err(|RowFault { row, column, fault }| image_error(table, entry, row, column, fault))?;
    let finished = rows.finish().map_err(|error| BinlogError::Table {
        place: entry.place.clone(),
        table: table.name.clone(),
        why: error.to_string(),
    })?;
    Ok(finished.columns)
}

struct Stretch<'d> {
    decoder: &'d Decoder,
    /// In the order of their first rows. Few: searched from the last used.
    tables: Vec<Gathered>,
    decoded: Decoded,
}

/// A table's rows, and what is said about each.
struct Gathered {
    table: Arc<Table>,
    rows: TableRows,
    ordinals: Vec<u64>,
    times: Vec<i64>,
    positions: StringBuilder,
    transactions: StringBuilder,
    scratch: String,
    place: super::error::Place,
}

/// Rows that a batch has room for at first.
const ROOM: usize = 1024;

impl Gathered {
    fn new(table: &Arc<Table>, entry: &RowsEntry) -> Self {
        Self {
            table: Arc::clone(table),
            rows: TableRows::new(Arc::clone(table), ROOM),
            ordinals: Vec::with_capacity(ROOM),
            times: Vec::with_capacity(ROOM),
            positions: StringBuilder::new(),
            transactions: StringBuilder::new(),
            scratch: String::new(),
            place: entry.place.clone(),
        }
    }

    fn add(&mut self, entry: &RowsEntry, rejects: &mut Vec<RowReject>) -> Result<(), RowFault> {
        let before = self.rows.len();
        let ordinal = entry.record();
        self.rows.add(&entry.rows, entry.skip, |part, reason| {
            rejects.push(RowReject { ordinal, part: Some(part), reason });
        })?;
        let added = self.rows.len() - before;
        let made_at = entry.transaction.committed_at.unwrap_or(i64::from(entry.timestamp) * 1_000_000);
        self.ordinals.resize(before + added, ordinal);
        self.times.resize(before + added, made_at);
        // Writing to a text cannot fail.
        self.scratch.clear();
        let _ = write!(self.scratch, "{}", entry.place);
        for _ in 0..added {
            self.positions.append_value(&self.scratch);
        }
        self.scratch.clear();
        if let Some(gtid) = &entry.transaction.gtid {
            let _ = write!(self.scratch, "{gtid}");
        }
        let named = entry.transaction.gtid.is_some();
        for _ in 0..added {
            self.transactions.append_option(named.then_some(&self.scratch));
        }
        Ok(())
    }

    fn finish(mut self, lane: &Lane) -> Result<Option<ChangeBatch>, BinlogError> {
        if self.rows.len() == 0 {
            return Ok(None);
        }
        let (table, place) = (self.table, self.place);
        let wrong = |why: String| BinlogError::Table { place: place.clone(), table: table.name.clone(), why };
        let finished = self.rows.finish().map_err(|error| wrong(error.to_string()))?;
        let mut about = Meta::new();
        let times: ArrayRef = Arc::new(TimestampMicrosecondArray::from(self.times).with_timezone("UTC"));
        about.set(meta::EVENT_TIME, times);
        about.set(meta::SOURCE_POSITION, Arc::new(self.positions.finish()));
        about.set(meta::TRANSACTION, Arc::new(self.transactions.finish()));
        let origin =
            Origin { lane: lane.clone(), ordinals: self.ordinals.into(), parts: Some(finished.parts.into()) };
        let batch = ChangeBatch::new(
            table.name.clone(),
            Arc::clone(&table.schema),
            finished.columns,
            finished.kinds.into(),
            origin,
            Arc::clone(&table.primary_key),
            about,
        );
        batch.map(Some).map_err(|error| wrong(error.to_string()))
    }
}

impl Stretch<'_> {
    fn add(&mut self, table: &Arc<Table>, entry: &RowsEntry) -> Result<(), BinlogError> {
        let known = self.tables.iter().rposition(|known| Arc::ptr_eq(&known.table, table));
        let place = known.unwrap_or_else(|| {
            self.tables.push(Gathered::new(table, entry));
            self.tables.len() - 1
        });
        let gathered = &mut self.tables[place];
        if let Err(RowFault { row, column, fault }) = gathered.add(entry, &mut self.decoded.rejects) {
            return Err(image_error(table, entry, row, column, fault));
        }
        // In place, so that a table's next batch keeps its order among those of other tables.
        if gathered.rows.len() > MOST_ROWS || gathered.rows.text_bytes() > self.decoder.most_text {
            let full = std::mem::replace(gathered, Gathered::new(table, entry));
            self.decoded.items.extend(full.finish(&self.decoder.lane)?.map(Item::Rows));
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), BinlogError> {
        for gathered in self.tables.drain(..) {
            self.decoded.items.extend(gathered.finish(&self.decoder.lane)?.map(Item::Rows));
        }
        Ok(())
    }
}

#[cold]
fn image_error(
    table: &Table,
    entry: &RowsEntry,
    row: u32,
    column: Option<usize>,
    fault: Fault,
) -> BinlogError {
    BinlogError::RowImage {
        place: entry.place.clone(),
        table: table.name.clone(),
        row,
        column: column.map(|place| table.columns[place].name.clone()),
        fault,
    }
}
