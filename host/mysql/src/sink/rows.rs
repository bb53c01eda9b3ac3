//! Rows as literals, and what each does to its table.

use std::borrow::Cow;
use std::sync::Arc;

use sluicegate_connector::{Error, Reject, SinkReject};
use sluicegate_kernels::cast;
use sluicegate_model::{Cell, ChangeBatch, Column, Origin, RowKind};
use xxhash_rust::xxh3::xxh3_64;

use super::options::WriteMode;
use super::plan::{Plan, PlannedColumn};
use crate::sql::Cells;
use crate::types::Fit;

/// What a row does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// The row is there afterwards, with these cells.
    Put,
    /// The row that is there gets these cells; what is missing stays as it is.
    Patch,
    /// The row is gone.
    Delete,
    /// The row of the key gets these cells, and with them perhaps another key.
    Change,
}

/// A row of [`Rows`].
#[derive(Clone, Debug)]
pub struct Row {
    /// What it does.
    pub op: Op,
    /// Whether the source says that no row of its key was there before.
    pub fresh: bool,
    /// Where its cells end in the bytes; they begin where those of the row before end.
    cells_end: usize,
    /// The same for its key, by which the row is found: that of the row before the change.
    key_end: usize,
    /// Of the key.
    pub hash: u64,
    /// The row of the batch.
    source: u32,
}

/// Rows of one batch as literals: of each row the cells with commas between, nothing for a cell that is missing.
pub struct Rows {
    /// How they are written.
    pub plan: Arc<Plan>,
    origin: Origin,
    changes: Vec<Row>,
    cells: Vec<u8>,
    keys: Vec<u8>,
}

impl Rows {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    /// A row.
    pub fn row(&self, place: usize) -> &Row {
        &self.changes[place]
    }

    /// The cells of a row, with commas between.
    pub fn cells(&self, place: usize) -> &[u8] {
        let start = place.checked_sub(1).map_or(0, |before| self.changes[before].cells_end);
        &self.cells[start..self.changes[place].cells_end]
    }

    /// The key of a row, with commas between.
    pub fn key(&self, place: usize) -> &[u8] {
        let start = place.checked_sub(1).map_or(0, |before| self.changes[before].key_end);
        &self.keys[start..self.changes[place].key_end]
    }

    /// Bytes that they hold.
    pub fn bytes(&self) -> usize {
        self.cells.len() + self.keys.len() + self.changes.len() * size_of::<Row>()
    }

    /// A row's number in its lane.
    pub fn ordinal(&self, place: usize) -> u64 {
        self.origin.ordinals[self.changes[place].source as usize]
    }

    /// Where the rows came from.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// A row as one that the server refused.
    pub fn refused(&self, place: usize, reason: String) -> SinkReject {
        let source = self.changes[place].source as usize;
        SinkReject {
            lane: self.origin.lane.clone(),
            ordinal: self.origin.ordinals[source],
            part: self.origin.part(source),
            output: self.plan.output.clone(),
            reason,
        }
    }

    /// The rows of a batch. A row with a value that the table cannot hold is a reject. `longest` are the bytes of a
    /// statement.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Fatal`] where a column is of a type that the plan did not allow.
    pub fn encode(
        plan: &Arc<Plan>,
        batch: &ChangeBatch,
        longest: usize,
    ) -> Result<(Self, Vec<Reject>), Error> {
        let mut columns = Vec::with_capacity(plan.columns.len());
        for planned in &plan.columns {
            columns.push(cast_column(planned, batch)?);
        }
        let mut writers = Vec::with_capacity(columns.len());
        for ((column, failed), planned) in columns.iter().zip(&plan.columns) {
            let cells = Cells::new(column.values(), planned.digits).ok_or_else(|| {
                Error::fatal(format!("{} has no form in SQL", column.data_type()))
                    .table(batch.table())
                    .column(&*planned.name)
            })?;
            writers.push(Writer { cells, column, failed, name: &planned.name });
        }
        let mut encoding = Encoding {
            plan,
            writers,
            longest,
            out: Self {
                plan: Arc::clone(plan),
                origin: batch.origin().clone(),
                changes: Vec::with_capacity(batch.len()),
                cells: Vec::with_capacity(batch.len() * plan.columns.len() * 12),
                keys: Vec::with_capacity(batch.len() * plan.key.len() * 12),
            },
        };
        let mut rejects = Vec::new();
        let mut row = 0;
        while row < batch.len() {
            let unit = batch.unit_of(row);
            if let Err(reject) = encoding.unit(batch, unit.clone()) {
                rejects.push(reject);
            }
            row = unit.end;
        }
        Ok((encoding.out, rejects))
    }
}

/// A column as the table takes it, and the rows whose value it does not.
fn cast_column<'a>(
    planned: &PlannedColumn,
    batch: &'a ChangeBatch,
) -> Result<(Cow<'a, Column>, Vec<sluicegate_kernels::Failed>), Error> {
    let column = &batch.columns()[planned.field];
    let Fit::Cast(to) = &planned.fit else { return Ok((Cow::Borrowed(column), Vec::new())) };
    let made = cast(column, to, &[]).map_err(|error| {
        Error::fatal("a column cannot be cast").table(batch.table()).column(&*planned.name).caused_by(error)
    })?;
    Ok((Cow::Owned(made.column), made.failed))
}

struct Writer<'a> {
    cells: Cells<'a>,
    column: &'a Column,
    failed: &'a [sluicegate_kernels::Failed],
    name: &'a str,
}

impl Writer<'_> {
    /// Appends the literal of a cell; nothing for one that is missing.
    fn write(&self, row: usize, into: &mut Vec<u8>) -> Result<(), String> {
        match self.column.cell(row) {
            Cell::Missing => Ok(()),
            Cell::Null => {
                if let Ok(place) = self.failed.binary_search_by_key(&(row as u32), |failed| failed.row) {
                    return Err(format!("column {}: {}", self.name, self.failed[place].reason));
                }
                into.extend_from_slice(b"NULL");
                Ok(())
            }
            Cell::Value => self.cells.write(row, into).map_err(|why| format!("column {}: {why}", self.name)),
        }
    }
}

struct Encoding<'a> {
    plan: &'a Plan,
    writers: Vec<Writer<'a>>,
    longest: usize,
    out: Rows,
}

impl Encoding<'_> {
    /// A row alone, or both halves of a pair. Nothing of it is kept where it is refused.
    fn unit(&mut self, batch: &ChangeBatch, unit: std::ops::Range<usize>) -> Result<(), Reject> {
        let kept = (self.out.changes.len(), self.out.cells.len(), self.out.keys.len());
        let last = unit.end - 1;
        let written =
            if unit.len() == 2 { self.pair(unit.start) } else { self.single(batch.kind(last), last) };
        let too_long = self.out.cells.len() - kept.1 + self.out.keys.len() - kept.2;
        let written = written.and_then(|()| {
            // Names of columns and the words around them.
            let around =
                256 + self.plan.columns.iter().map(|column| 4 * column.name.len() + 16).sum::<usize>();
            if too_long.saturating_add(around) > self.longest {
                return Err(format!(
                    "the row has {too_long} bytes as SQL, and the server takes {} (`max_allowed_packet`)",
                    self.longest
                ));
            }
            Ok(())
        });
        written.map_err(|reason| {
            self.out.changes.truncate(kept.0);
            self.out.cells.truncate(kept.1);
            self.out.keys.truncate(kept.2);
            Reject { row: last as u32, reason }
        })
    }

    fn single(&mut self, kind: RowKind, row: usize) -> Result<(), String> {
        if self.plan.keyless && kind != RowKind::Insert {
            return Err(
                "neither the table nor the row has a key, so the row to change cannot be found".to_owned()
            );
        }
        if self.plan.write == WriteMode::Insert {
            if !kind.is_present() {
                return Err(
                    "rows are only added to the table (`write: insert`), and this one is deleted".to_owned()
                );
            }
            self.may_be_new()?;
            self.cells(row, None, true)?;
            self.push(Op::Put, row);
            self.mark_fresh();
            return Ok(());
        }
        self.key(row, None)?;
        if !kind.is_present() {
            self.push(Op::Delete, row);
            return Ok(());
        }
        let is_new = kind == RowKind::Insert;
        if is_new {
            self.may_be_new()?;
        }
        let whole = self.cells(row, None, is_new)? && self.plan.lacks.is_empty();
        self.push(if whole { Op::Put } else { Op::Patch }, row);
        if is_new {
            self.mark_fresh();
        }
        Ok(())
    }

    /// Whether the rows have what a new row must have.
    fn may_be_new(&self) -> Result<(), String> {
        self.plan.lacks.first().map_or(Ok(()), |column| {
            Err(format!("column {column}: it takes no NULL and has no default, and the row does not have it"))
        })
    }

    /// An update with both its images.
    fn pair(&mut self, before: usize) -> Result<(), String> {
        let after = before + 1;
        if self.plan.write == WriteMode::Insert {
            return self.single(RowKind::UpdateAfter, after);
        }
        let start = self.out.keys.len();
        // A cell that one image does not have is as in the other.
        self.key(before, Some(after))?;
        let middle = self.out.keys.len();
        self.key(after, Some(before))?;
        let moved = self.out.keys[start..middle] != self.out.keys[middle..];
        if self.plan.ordered {
            self.out.keys.truncate(middle);
            self.cells(after, Some(before), false)?;
            self.push(Op::Change, after);
            return Ok(());
        }
        if !moved {
            self.out.keys.truncate(middle);
            let whole = self.cells(after, Some(before), false)? && self.plan.lacks.is_empty();
            self.push(if whole { Op::Put } else { Op::Patch }, after);
            return Ok(());
        }
        let new_key = self.out.keys.split_off(middle);
        let begin = self.out.cells.len();
        if self.cells(after, Some(before), false)? && self.plan.covers {
            let cells = self.out.cells.split_off(begin);
            self.push(Op::Delete, after);
            self.out.cells.extend_from_slice(&cells);
            self.out.keys.extend_from_slice(&new_key);
            self.push(Op::Put, after);
        } else {
            self.push(Op::Change, after);
        }
        Ok(())
    }

    /// Appends the literals of a row's key. `other` is the other image of the row.
    fn key(&mut self, row: usize, other: Option<usize>) -> Result<(), String> {
        for (place, column) in self.plan.key.iter().enumerate() {
            let writer = &self.writers[*column];
            if place > 0 {
                self.out.keys.push(b',');
            }
            let row = match (writer.column.cell(row), other) {
                (Cell::Missing, Some(other)) => other,
                _ => row,
            };
            match writer.column.cell(row) {
                Cell::Value => writer.write(row, &mut self.out.keys)?,
                // A failed cast is a NULL too, and says why.
                Cell::Null => {
                    writer.write(row, &mut self.out.keys)?;
                    return Err(format!("column {}: it is a part of the key, and NULL", writer.name));
                }
                Cell::Missing => {
                    return Err(format!(
                        "column {}: it is a part of the key, and the row does not have it",
                        writer.name
                    ));
                }
            }
        }
        Ok(())
    }

    /// Appends the literals of a row. Whether all are there: where `fill`, a cell that is missing is the column's
    /// default; a cell of the key may be taken from the `other` image.
    fn cells(&mut self, row: usize, other: Option<usize>, fill: bool) -> Result<bool, String> {
        let mut whole = true;
        for (place, writer) in self.writers.iter().enumerate() {
            if place > 0 {
                self.out.cells.push(b',');
            }
            let start = self.out.cells.len();
            writer.write(row, &mut self.out.cells)?;
            if self.out.cells.len() > start {
                continue;
            }
            match other.filter(|_| self.plan.key.contains(&place)) {
                Some(other) => writer.write(other, &mut self.out.cells)?,
                None if fill => self.out.cells.extend_from_slice(b"DEFAULT"),
                None => {}
            }
            whole &= self.out.cells.len() > start;
        }
        Ok(whole)
    }

    fn mark_fresh(&mut self) {
        if let Some(row) = self.out.changes.last_mut() {
            row.fresh = true;
        }
    }

    fn push(&mut self, op: Op, row: usize) {
        let start = self.out.changes.last().map_or(0, |before| before.key_end);
        let hash = xxh3_64(&self.out.keys[start..]);
        self.out.changes.push(Row {
            op,
            fresh: false,
            cells_end: self.out.cells.len(),
            key_end: self.out.keys.len(),
            hash,
            source: row as u32,
        });
    }
}

/// The cells of a tuple, one by one; an empty one is missing.
pub fn split(tuple: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(tuple);
    std::iter::from_fn(move || {
        let tuple = rest?;
        let end = crate::sql::text::literal_end(tuple);
        rest = tuple.get(end + 1..);
        Some(&tuple[..end])
    })
}

/// The later of two images of one row over the earlier: what it has counts, what it lacks stays.
pub fn merge(earlier: &[u8], later: &[u8]) -> Vec<u8> {
    let mut merged = Vec::with_capacity(earlier.len().max(later.len()));
    for (place, (old, new)) in split(earlier).zip(split(later)).enumerate() {
        if place > 0 {
            merged.push(b',');
        }
        merged.extend_from_slice(if new.is_empty() { old } else { new });
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tuples_are_split_and_merged() {
        let cells: Vec<&[u8]> = split(b"1,,'a,''b',NULL").collect();
        assert_eq!(cells, [&b"1"[..], b"", b"'a,''b'", b"NULL"]);
        assert_eq!(split(b"1,").count(), 2);
        assert_eq!(merge(b"1,'x',", b"1,,NULL"), b"1,'x',NULL");
        assert_eq!(merge(b"1,'x',2", b"1,'y',"), b"1,'y',2");
    }
}
