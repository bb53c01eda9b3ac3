//! Rows as they are sent, and what each does.

use std::ops::Range;
use std::sync::Arc;

use sluicegate_connector::{Error, Reject};
use sluicegate_model::{Cell, ChangeBatch, RowKind};
use sluicegate_tables::column::{write_key, write_moved_key};
use sluicegate_tables::rows::each_unit;
use sluicegate_tables::{CellWriter as _, PlannedValues};

use super::cells::{Cells, Fits, Refused};
use super::plan::Plan;
use super::{arrow_body, csv, form, line};
use crate::client::Format;

/// What a row does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// The row is there afterwards, with these cells.
    Put,
    /// The row that is there gets these cells; what is missing stays as it is. Where rows are added, a row that lacks
    /// some.
    Patch,
    /// The row is gone.
    Delete,
}

/// Rows of one batch: of each row its cells and its key in the form in which they are sent. Cells stand on the
/// [line](super::line) that is sent, in JSON without those that are missing; where Arrow is sent there are none, and the
/// columns are beside.
pub type Rows = sluicegate_tables::Rows<Plan, Op>;

/// The rows of a batch. A row with a value that the table cannot hold is a reject.
///
/// # Errors
/// [`sluicegate_connector::Class::Fatal`] where a column is of a type that the plan did not allow.
pub fn encode(plan: &Arc<Plan>, batch: &ChangeBatch) -> Result<(Rows, Vec<Reject>), Error> {
    let mut columns = Vec::with_capacity(plan.columns.len());
    for planned in &plan.columns {
        columns.push(PlannedValues::new(batch, planned.field, &planned.fit, &planned.name)?);
    }
    let mut format = form::for_rows(plan, batch, columns.iter().map(PlannedValues::column));
    let mut arrays = Vec::new();
    if format == Format::Arrow {
        let pairs = columns.iter().zip(&plan.columns);
        let made =
            pairs.map(|(values, planned)| arrow_body::column(values.column().values(), planned.column_type));
        match made.collect() {
            Ok(made) => arrays = made,
            // The row for which it is not is found there.
            Err(_) => format = Format::Json,
        }
    }
    let plan = plan.sent_as(format);
    let mut writers = Vec::with_capacity(columns.len());
    for (values, planned) in columns.iter().zip(&plan.columns) {
        let cells = Cells::new(format, planned, values).ok_or_else(|| {
            Error::fatal(format!("{} has no form in a load", values.column().data_type()))
                .table(batch.table())
                .column(&*planned.name)
        })?;
        writers.push(cells);
    }
    let cells = if format == Format::Arrow { 0 } else { plan.columns.len() };
    let mut out = Rows::new(&plan, batch, 20, (cells, plan.key.len()));
    out.columns = arrays;
    let mut encoding = Encoding { plan: &plan, writers, out };
    let rejects = each_unit(batch, |unit| encoding.unit(batch, unit));
    Ok((encoding.out.finished(), rejects))
}

struct Encoding<'a> {
    plan: &'a Plan,
    writers: Vec<Cells<'a>>,
    out: Rows,
}

impl Encoding<'_> {
    /// A row alone, or both halves of a pair. Nothing of it is kept where it is refused.
    fn unit(&mut self, batch: &ChangeBatch, unit: Range<usize>) -> Result<(), String> {
        let mark = self.out.mark();
        let last = unit.end - 1;
        let written =
            if unit.len() == 2 { self.pair(unit.start) } else { self.single(batch.kind(last), last) };
        if written.is_err() {
            self.out.roll_back(mark);
        }
        written
    }

    fn single(&mut self, kind: RowKind, row: usize) -> Result<(), String> {
        if !self.plan.upserts {
            if !kind.is_present() {
                return Err(
                    "rows are only added to the table (`write: append`), and this one is deleted".to_owned()
                );
            }
            let whole = self.cells(row, None)?;
            self.out.push(if whole { Op::Put } else { Op::Patch }, row);
            return Ok(());
        }
        self.key(row)?;
        if !kind.is_present() {
            self.out.push(Op::Delete, row);
            return Ok(());
        }
        let whole = self.cells(row, None)?;
        self.can_be_compared(row, whole)?;
        self.out.push(if whole { Op::Put } else { Op::Patch }, row);
        Ok(())
    }

    /// The server does not compare rows that lack the column that decides.
    fn can_be_compared(&self, row: usize, whole: bool) -> Result<(), String> {
        let Some(deciding) = self.plan.condition.filter(|_| !whole).map(|place| &self.writers[place]) else {
            return Ok(());
        };
        if deciding.cell(row) != Cell::Missing {
            return Ok(());
        }
        Err(format!(
            "column {}: it decides whether the row takes the place of another (`merge_condition`), and the row does not have it",
            deciding.name()
        ))
    }

    /// An update with both its images.
    fn pair(&mut self, before: usize) -> Result<(), String> {
        let after = before + 1;
        if !self.plan.upserts {
            return self.single(RowKind::UpdateAfter, after);
        }
        let moved = write_moved_key(&self.writers, &self.plan.key, before, &mut self.out.key_bytes)?;
        let begin = self.out.cell_bytes.len();
        let whole = self.cells(after, Some(before))?;
        let Some(new_key) = moved else {
            self.can_be_compared(after, whole)?;
            self.out.push(if whole { Op::Put } else { Op::Patch }, after);
            return Ok(());
        };
        if !whole {
            return Err(MOVES.to_owned());
        }
        let cells = self.out.cell_bytes.split_off(begin);
        self.out.push(Op::Delete, before);
        self.out.cell_bytes.extend_from_slice(&cells);
        self.out.key_bytes.extend_from_slice(&new_key);
        self.out.push(Op::Put, after);
        Ok(())
    }

    /// Appends a row's key.
    fn key(&mut self, row: usize) -> Result<(), String> {
        write_key(&self.writers, &self.plan.key, (row, None), &mut self.out.key_bytes)
    }

    /// Appends a row with its cells. Whether all are there; a cell of the key may be taken from the `other` image.
    fn cells(&mut self, row: usize, other: Option<usize>) -> Result<bool, String> {
        line::begin(self.plan, &mut self.out.cell_bytes);
        let start = self.out.cell_bytes.len();
        let there = match self.plan.format {
            Format::Json => self.members(row, other)?,
            Format::Csv => self.fields(row, other)?,
            Format::Arrow => self.checked(row)?,
        };
        if there == 0 {
            return Err("the row has no cell".to_owned());
        }
        line::end(self.plan, start, &mut self.out.cell_bytes);
        Ok(there == self.writers.len())
    }

    /// Appends the cells that are there, with their names. How many there are.
    fn members(&mut self, row: usize, other: Option<usize>) -> Result<usize, String> {
        let cells = &mut self.out.cell_bytes;
        let mut there = 0;
        for (place, writer) in self.writers.iter().enumerate() {
            let mut written = writer.append(row, there == 0, cells).map_err(|Refused| writer.why(row))?;
            if let Some(other) = other.filter(|_| !written && self.plan.key.contains(&place)) {
                written = writer.append_apart(other, there == 0, cells)?;
            }
            there += usize::from(written);
        }
        Ok(there)
    }

    /// Appends a field for each cell. How many cells are there.
    fn fields(&mut self, row: usize, other: Option<usize>) -> Result<usize, String> {
        let cells = &mut self.out.cell_bytes;
        let mut there = 0;
        for (place, writer) in self.writers.iter().enumerate() {
            if place > 0 {
                cells.push(Format::BETWEEN_FIELDS);
            }
            let mut written = writer.append(row, true, cells).map_err(|Refused| writer.why(row))?;
            if let Some(other) = other.filter(|_| !written && self.plan.key.contains(&place)) {
                written = writer.append_apart(other, true, cells)?;
            }
            if !written {
                cells.extend_from_slice(csv::MISSING);
            }
            there += usize::from(written);
        }
        Ok(there)
    }

    /// Looks at cells that are sent as columns. How many are there.
    fn checked(&self, row: usize) -> Result<usize, String> {
        let mut there = 0;
        for writer in &self.writers {
            match writer.fits(row) {
                Fits::Value | Fits::Null => there += 1,
                Fits::Missing => {}
                Fits::Not => return Err(writer.why(row)),
            }
        }
        Ok(there)
    }
}

/// Why a change of a key is refused.
const MOVES: &str = "the key changes and not all columns are in the change: the row cannot be moved; use whole images in \
                     the source";

/// The cells of the inside of an object, one by one: name and value.
pub fn split(cells: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut rest = cells;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let name = value_end(rest);
        let end = name + 1 + value_end(&rest[name + 1..]);
        let cell = (&rest[..name], &rest[name + 1..end]);
        rest = rest.get(end + 1..).unwrap_or_default();
        Some(cell)
    })
}

/// Where the value at the beginning of a text ends.
fn value_end(text: &[u8]) -> usize {
    let (mut depth, mut quoted, mut place) = (0_usize, false, 0);
    while place < text.len() {
        match text[place] {
            b'\\' if quoted => place += 1,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => depth += 1,
            b'}' | b']' if !quoted => depth = depth.saturating_sub(1),
            b',' | b':' if !quoted && depth == 0 => return place,
            _ => {}
        }
        place += 1;
    }
    text.len()
}

/// The later of two images of one row over the earlier: what it has counts, what it lacks stays.
pub fn merge(earlier: &[u8], later: &[u8]) -> Vec<u8> {
    let mut merged = Vec::with_capacity(earlier.len() + later.len());
    let news: Vec<(&[u8], &[u8])> = split(later).collect();
    let mut put = |name: &[u8], value: &[u8]| {
        if !merged.is_empty() {
            merged.push(b',');
        }
        merged.extend_from_slice(name);
        merged.push(b':');
        merged.extend_from_slice(value);
    };
    for (name, value) in split(earlier) {
        let value = news.iter().find(|(new, _)| *new == name).map_or(value, |(_, value)| value);
        put(name, value);
    }
    for (name, value) in &news {
        if !split(earlier).any(|(old, _)| old == *name) {
            put(name, value);
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_split_and_merged() {
        let text = br#""id":1,"n,a":"x\",y","j":{"a":[1,2],"b":"}"},"z":null"#;
        let cells: Vec<String> = split(text)
            .map(|(name, value)| {
                format!("{}={}", String::from_utf8_lossy(name), String::from_utf8_lossy(value))
            })
            .collect();
        assert_eq!(cells, [r#""id"=1"#, r#""n,a"="x\",y""#, r#""j"={"a":[1,2],"b":"}"}"#, r#""z"=null"#]);
        assert_eq!(merge(br#""id":1,"a":"x""#, br#""id":1,"b":2"#), br#""id":1,"a":"x","b":2"#);
        assert_eq!(merge(br#""id":1,"a":"x","b":1"#, br#""id":1,"b":null"#), br#""id":1,"a":"x","b":null"#);
    }
}
