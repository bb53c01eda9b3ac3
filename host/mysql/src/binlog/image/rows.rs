//! The rows of an event.

use std::sync::Arc;

use arrow_schema::ArrowError;
use sluicegate_model::{Column, RowKind};

use super::answered::AnsweredRow;
use super::cell::{CellFault, skip};
use super::column::GrowingColumn;
use crate::binlog::bytes::{Cursor, bit, bitmap_len};
use crate::binlog::error::Fault;
use crate::binlog::event::rows::{Change, Rows};
use crate::binlog::schema::Table;

/// An event's images cannot be read on.
#[derive(Debug)]
pub(in crate::binlog) struct RowFault {
    pub(in crate::binlog) row: u32,
    pub(in crate::binlog) column: Option<usize>,
    pub(in crate::binlog) fault: Fault,
}

/// Why a row that a server answered with is not added.
#[derive(Debug)]
pub(crate) enum NotAdded {
    /// It holds what cannot be kept.
    Bad(String),
    /// It is no row.
    Broken(String),
}

/// For how many rows there is room before they grow, and for how many bytes of text in each column of the table.
#[derive(Clone, Debug, Default)]
pub(crate) struct Room {
    rows: usize,
    bytes: Vec<usize>,
}

/// Rows of one table that grow, with what each does.
#[derive(Debug)]
pub(crate) struct TableRows {
    table: Arc<Table>,
    columns: Vec<GrowingColumn>,
    /// Codes of [`RowKind`].
    pub(in crate::binlog) kinds: Vec<u8>,
    /// Number of the row in its event.
    pub(crate) parts: Vec<u32>,
}

/// Which columns an image has.
struct Image<'a> {
    present: &'a [u8],
    /// How many.
    count: usize,
    /// Whether it has all.
    full: bool,
}

impl<'a> Image<'a> {
    fn new(present: &'a [u8], columns: usize) -> Self {
        let count = (0..columns).filter(|place| bit(present, *place)).count();
        Self { present, count, full: count == columns }
    }
}

/// Which JSON columns of a new image are differences, and the old values by column.
struct Differences<'a> {
    bits: &'a [u8],
    old: &'a [Option<&'a [u8]>],
}

impl TableRows {
    /// No rows yet, with room for some.
    pub(crate) fn new(table: Arc<Table>, rows: usize) -> Self {
        Self::with_room(table, &Room { rows, bytes: Vec::new() })
    }

    /// No rows yet, with room for what others were before.
    pub(crate) fn with_room(table: Arc<Table>, room: &Room) -> Self {
        let bytes = room.bytes.iter().copied().chain(std::iter::repeat(0));
        let columns = table
            .columns
            .iter()
            .zip(bytes)
            .map(|(column, bytes)| GrowingColumn::new(&column.cell, column.field.is_some(), room.rows, bytes))
            .collect();
        Self { table, columns, kinds: Vec::with_capacity(room.rows), parts: Vec::with_capacity(room.rows) }
    }

    /// Room for rows like these.
    pub(crate) fn room(&self) -> Room {
        // A little more: those that come next are not quite like them.
        let bytes = self.columns.iter().map(|column| column.text_bytes() / 16 * 17).collect();
        Room { rows: self.len(), bytes }
    }

    pub(in crate::binlog) fn len(&self) -> usize {
        self.kinds.len()
    }

    /// The largest column's bytes of text.
    pub(in crate::binlog) fn text_bytes(&self) -> usize {
        self.columns.iter().map(GrowingColumn::text_bytes).max().unwrap_or(0)
    }

    /// Adds the rows of an event but for its first `skip`. A row with a value that cannot be kept is given to
    /// `reject` with the reason, and is not added; both halves of an update are.
    ///
    /// # Errors
    /// Where the images are not what the table says; rows before it may have been added.
    pub(in crate::binlog) fn add(
        &mut self,
        rows: &Rows,
        skip: u32,
        mut reject: impl FnMut(u32, String),
    ) -> Result<(), RowFault> {
        if rows.columns != self.columns.len() {
            let why =
                format!("its images have {} columns, the table has {}", rows.columns, self.columns.len());
            return Err(RowFault { row: 0, column: None, fault: Fault::new(why) });
        }
        let before = Image::new(&rows.present, rows.columns);
        let after = rows.change.is_update().then(|| Image::new(&rows.present_after, rows.columns));
        if before.count == 0 && after.as_ref().is_none_or(|after| after.count == 0) {
            let why = "its images have no column, so its rows cannot be counted: set `binlog_row_image=FULL`";
            return Err(RowFault { row: 0, column: None, fault: Fault::new(why) });
        }
        let mut json = Vec::new();
        if rows.change == Change::PartialUpdate {
            json.resize(rows.columns, None);
        }
        let mut cursor = Cursor::new(&rows.images);
        let mut row = 0;
        while !cursor.is_empty() {
            let from = self.len();
            let mut reason = None;
            let (first, second) = match rows.change {
                Change::Insert => (RowKind::Insert, None),
                Change::Delete => (RowKind::Delete, None),
                Change::Update | Change::PartialUpdate => (RowKind::UpdateBefore, Some(RowKind::UpdateAfter)),
            };
            let before_start = cursor;
            self.image(&before, &mut cursor, row, &mut reason)?;
            self.kinds.push(first.code());
            self.parts.push(row);
            if let (Some(second), Some(after)) = (second, &after) {
                let differences = match rows.change {
                    Change::PartialUpdate => {
                        self.old_json(&before, before_start, &mut json).map_err(|fault| RowFault {
                            row,
                            column: None,
                            fault,
                        })?;
                        self.differences(&mut cursor).map_err(|fault| RowFault {
                            row,
                            column: None,
                            fault,
                        })?
                    }
                    _ => None,
                };
                self.after_image(
                    after,
                    &mut cursor,
                    row,
                    differences.map(|bits| Differences { bits, old: &json }),
                    &mut reason,
                )?;
                self.kinds.push(second.code());
                self.parts.push(row);
            }
            if row < skip || reason.is_some() {
                self.truncate(from);
            }
            if let Some(reason) = reason.filter(|_| row >= skip) {
                reject(row, reason);
            }
            row += 1;
        }
        Ok(())
    }

    /// Reads an image that stands alone: cells that it lacks are missing.
    #[inline]
    fn image(
        &mut self,
        image: &Image<'_>,
        cursor: &mut Cursor<'_>,
        row: u32,
        reason: &mut Option<String>,
    ) -> Result<(), RowFault> {
        let nulls =
            cursor.take(bitmap_len(image.count)).map_err(|fault| RowFault { row, column: None, fault })?;
        let mut number = 0;
        for (place, column) in self.columns.iter_mut().enumerate() {
            if !image.full && !bit(image.present, place) {
                column.push_missing();
                continue;
            }
            if bit(nulls, number) {
                column.push_null();
            } else if let Err(fault) = column.read(cursor) {
                settle(fault, column, (row, place), &self.table, reason)?;
            }
            number += 1;
        }
        Ok(())
    }

    /// Reads the new image of an update, whose old one was read last. What it lacks was not changed: where
    /// the old image has it, it is there again.
    fn after_image(
        &mut self,
        image: &Image<'_>,
        cursor: &mut Cursor<'_>,
        row: u32,
        differences: Option<Differences<'_>>,
        reason: &mut Option<String>,
    ) -> Result<(), RowFault> {
        let nulls =
            cursor.take(bitmap_len(image.count)).map_err(|fault| RowFault { row, column: None, fault })?;
        let (mut number, mut json_number) = (0, 0);
        for (place, column) in self.columns.iter_mut().enumerate() {
            let mut partial = None;
            if let Some(Differences { bits, old }) = &differences
                && column.is_json()
            {
                partial = bit(bits, json_number).then(|| old[place]);
                json_number += 1;
            }
            if !image.full && !bit(image.present, place) {
                column.repeat_last();
                continue;
            }
            if bit(nulls, number) {
                column.push_null();
            } else {
                let read = match partial {
                    Some(old) => column.read_json_diff(cursor, old),
                    None => column.read(cursor),
                };
                if let Err(fault) = read {
                    settle(fault, column, (row, place), &self.table, reason)?;
                }
            }
            number += 1;
        }
        Ok(())
    }

    /// Finds the JSON values of an old image, which differences may be to.
    fn old_json<'a>(
        &self,
        image: &Image<'_>,
        mut cursor: Cursor<'a>,
        json: &mut [Option<&'a [u8]>],
    ) -> Result<(), Fault> {
        let nulls = cursor.take(bitmap_len(image.count))?;
        let mut number = 0;
        for (place, (column, old)) in self.columns.iter().zip(json).enumerate() {
            *old = None;
            if !bit(image.present, place) {
                continue;
            }
            if !bit(nulls, number) {
                *old = column.peek_json(cursor)?;
                skip(&self.table.columns[place].cell, &mut cursor)?;
            }
            number += 1;
        }
        Ok(())
    }

    /// What stands before the new image of a partial update: options, and a bit for each JSON column of the
    /// table that says whether it comes as differences.
    fn differences<'a>(&self, cursor: &mut Cursor<'a>) -> Result<Option<&'a [u8]>, Fault> {
        const PARTIAL_JSON: u64 = 1;
        match cursor.packed()? {
            0 => Ok(None),
            PARTIAL_JSON => {
                let json = self.columns.iter().filter(|column| column.is_json()).count();
                cursor.take(bitmap_len(json)).map(Some)
            }
            other => Err(Fault::new(format!("its images have options that are not known here ({other:#x})"))),
        }
    }

    fn truncate(&mut self, rows: usize) {
        self.columns.iter_mut().for_each(|column| column.truncate(rows));
        self.kinds.truncate(rows);
        self.parts.truncate(rows);
    }

    /// Adds a new row that a server answered with: its columns are those that are read, in the table's order. `part` is its
    /// number.
    ///
    /// # Errors
    /// Why the row is not added.
    pub(crate) fn add_answered(&mut self, part: u32, mut row: AnsweredRow<'_>) -> Result<(), NotAdded> {
        let rows = self.len();
        let columns = self.columns.iter_mut().zip(&self.table.columns);
        for (column, about) in columns.filter(|(_, about)| about.field.is_some()) {
            let pushed = match row.next() {
                Ok(value) => column.push_answered(&value),
                Err(fault) => Err(CellFault::Image(fault)),
            };
            let Err(fault) = pushed else { continue };
            let why = match fault {
                CellFault::Value(bad) => NotAdded::Bad(format!("column {}: {}", about.name, bad.0)),
                CellFault::Image(fault) => NotAdded::Broken(format!("column {}: {fault}", about.name)),
            };
            self.truncate(rows);
            return Err(why);
        }
        self.kinds.push(RowKind::Insert.code());
        self.parts.push(part);
        Ok(())
    }

    /// The columns of the table's schema.
    ///
    /// # Errors
    /// Arrow's: none for tables that [`Table::describe`] made.
    pub(crate) fn finish(self) -> Result<Finished, ArrowError> {
        let columns: Result<Vec<Option<Column>>, _> =
            self.columns.into_iter().map(GrowingColumn::finish).collect();
        let columns = columns?.into_iter().flatten().collect();
        Ok(Finished { columns, kinds: self.kinds, parts: self.parts })
    }
}

/// Rows that do not grow any more.
pub(crate) struct Finished {
    pub(crate) columns: Vec<Column>,
    pub(in crate::binlog) kinds: Vec<u8>,
    pub(in crate::binlog) parts: Vec<u32>,
}

/// Goes on after a value that cannot be kept, with NULL in its place until its row is taken off.
#[cold]
fn settle(
    fault: CellFault,
    column: &mut GrowingColumn,
    (row, place): (u32, usize),
    table: &Table,
    reason: &mut Option<String>,
) -> Result<(), RowFault> {
    match fault {
        CellFault::Image(fault) => Err(RowFault { row, column: Some(place), fault }),
        CellFault::Value(bad) => {
            column.push_null();
            reason.get_or_insert_with(|| format!("column {}: {}", table.columns[place].name, bad.0));
            Ok(())
        }
    }
}
