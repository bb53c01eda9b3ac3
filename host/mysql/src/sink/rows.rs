//! Rows as literals, and what each does to its table.

use std::ops::Range;
use std::sync::Arc;

use sluicegate_connector::{Error, Reject};
use sluicegate_model::{Cell, ChangeBatch, RowKind, States};
use sluicegate_tables::column::{write_key, write_moved_key};
use sluicegate_tables::rows::each_unit;
use sluicegate_tables::{CellWriter, PlannedValues};

use super::options::WriteMode;
use super::plan::Plan;
use crate::sql::{Cells, Dates};

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

/// What becomes of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// What it does.
    pub op: Op,
    /// Whether no row of its key is expected to be there: so the source says.
    pub fresh: bool,
    /// Whether the row that is there goes first: it was deleted, and another of its key came. Found out by folding.
    pub anew: bool,
}

/// Rows of one batch as literals: of each row the cells with commas between, nothing for a cell that is missing; and
/// likewise its key.
pub type Rows = sluicegate_tables::Rows<Plan, Change>;

/// The rows of a batch. A row with a value that the table cannot hold is a reject. `longest` are the bytes of a
/// statement.
///
/// # Errors
/// [`sluicegate_connector::Class::Fatal`] where a column is of a type that the plan did not allow.
pub fn encode(plan: &Arc<Plan>, batch: &ChangeBatch, longest: usize) -> Result<(Rows, Vec<Reject>), Error> {
    let mut columns = Vec::with_capacity(plan.columns.len());
    for planned in &plan.columns {
        columns.push(PlannedValues::new(batch, planned.field, &planned.fit, &planned.name)?);
    }
    let mut writers = Vec::with_capacity(columns.len());
    for (values, planned) in columns.iter().zip(&plan.columns) {
        let array = values.column().values();
        let cells = Cells::new(array, planned.digits).ok_or_else(|| {
            Error::fatal(format!("{} has no form in SQL", array.data_type()))
                .table(batch.table())
                .column(&*planned.name)
        })?;
        let dates = Dates::of(&planned.fit, &batch.columns()[planned.field]);
        let states = values.column().states();
        writers.push(Writer { cells, values, states, dates, name: &planned.name });
    }
    let out = Rows::new(plan, batch, 12, (plan.columns.len(), plan.key.len()));
    // Names of columns and the words around them.
    let around = 256 + plan.columns.iter().map(|column| 4 * column.name.len() + 16).sum::<usize>();
    let mut encoding = Encoding { plan, writers, longest, around, out };
    let rejects = each_unit(batch, |unit| encoding.unit(batch, unit));
    Ok((encoding.out.finished(), rejects))
}

struct Writer<'a> {
    cells: Cells<'a>,
    values: &'a PlannedValues<'a>,
    states: States<'a>,
    /// Texts of the column, where dates are made of them.
    dates: Option<Dates<'a>>,
    name: &'a str,
}

impl CellWriter for Writer<'_> {
    fn name(&self) -> &str {
        self.name
    }

    fn cell(&self, row: usize) -> Cell {
        self.states.cell(row)
    }

    fn write(&self, row: usize, into: &mut Vec<u8>) -> Result<bool, String> {
        match self.cell(row) {
            Cell::Missing => return Ok(false),
            Cell::Null => match self.values.failure(row) {
                None => into.extend_from_slice(b"NULL"),
                Some(why) => {
                    let written = self.dates.as_ref().is_some_and(|dates| dates.push(row, into));
                    if !written {
                        return Err(format!("column {}: {why}", self.name));
                    }
                }
            },
            Cell::Value => {
                self.cells.write(row, into).map_err(|why| format!("column {}: {why}", self.name))?;
            }
        }
        Ok(true)
    }
}

struct Encoding<'a> {
    plan: &'a Plan,
    writers: Vec<Writer<'a>>,
    longest: usize,
    /// Bytes of a statement beside those of its row, at most.
    around: usize,
    out: Rows,
}

impl Encoding<'_> {
    /// A row alone, or both halves of a pair. Nothing of it is kept where it is refused.
    fn unit(&mut self, batch: &ChangeBatch, unit: Range<usize>) -> Result<(), String> {
        let mark = self.out.mark();
        let last = unit.end - 1;
        let written =
            if unit.len() == 2 { self.pair(unit.start) } else { self.single(batch.kind(last), last) };
        let written = written.and_then(|()| self.check_length(self.out.appended_since(mark)));
        if written.is_err() {
            self.out.roll_back(mark);
        }
        written
    }

    fn check_length(&self, bytes: usize) -> Result<(), String> {
        if bytes.saturating_add(self.around) > self.longest {
            return Err(format!(
                "the row has {bytes} bytes as SQL, and the server takes {} (`max_allowed_packet`)",
                self.longest
            ));
        }
        Ok(())
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
            self.push(Op::Put, true, row);
            return Ok(());
        }
        self.key(row)?;
        if !kind.is_present() {
            self.push(Op::Delete, false, row);
            return Ok(());
        }
        let is_new = kind == RowKind::Insert;
        if is_new {
            self.may_be_new()?;
        }
        let whole = self.cells(row, None, is_new)? && self.plan.lacks.is_empty();
        self.push(if whole { Op::Put } else { Op::Patch }, is_new, row);
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
        let moved = write_moved_key(&self.writers, &self.plan.key, before, &mut self.out.key_bytes)?;
        if self.plan.ordered {
            self.cells(after, Some(before), false)?;
            self.push(Op::Change, false, after);
            return Ok(());
        }
        let Some(new_key) = moved else {
            let whole = self.cells(after, Some(before), false)? && self.plan.lacks.is_empty();
            self.push(if whole { Op::Put } else { Op::Patch }, false, after);
            return Ok(());
        };
        let begin = self.out.cell_bytes.len();
        if self.cells(after, Some(before), false)? && self.plan.covers {
            let cells = self.out.cell_bytes.split_off(begin);
            self.push(Op::Delete, false, after);
            self.out.cell_bytes.extend_from_slice(&cells);
            self.out.key_bytes.extend_from_slice(&new_key);
            self.push(Op::Put, false, after);
        } else {
            self.push(Op::Change, false, after);
        }
        Ok(())
    }

    /// Appends the literals of a row's key.
    fn key(&mut self, row: usize) -> Result<(), String> {
        write_key(&self.writers, &self.plan.key, (row, None), &mut self.out.key_bytes)
    }

    /// Appends the literals of a row. Whether all are there: where `fill`, a cell that is missing is the column's
    /// default; a cell of the key may be taken from the `other` image.
    fn cells(&mut self, row: usize, other: Option<usize>, fill: bool) -> Result<bool, String> {
        let mut whole = true;
        for (place, writer) in self.writers.iter().enumerate() {
            if place > 0 {
                self.out.cell_bytes.push(b',');
            }
            let written = writer.write(row, &mut self.out.cell_bytes)?;
            let there = match other.filter(|_| !written && self.plan.key.contains(&place)) {
                Some(other) => writer.write(other, &mut self.out.cell_bytes)?,
                None => written,
            };
            if !there && fill && other.is_none() {
                self.out.cell_bytes.extend_from_slice(b"DEFAULT");
            }
            whole &= there || (fill && other.is_none());
        }
        Ok(whole)
    }

    fn push(&mut self, op: Op, fresh: bool, row: usize) {
        self.out.push(Change { op, fresh, anew: false }, row);
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
