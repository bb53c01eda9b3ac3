//! Rows as JSON, and what each does.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::Array as _;
use arrow_array::cast::AsArray as _;
use arrow_schema::{DataType, Field};
use sluicegate_connector::{Error, Reject, SinkReject};
use sluicegate_format::values::{JsonValues, push_text};
use sluicegate_kernels::cast;
use sluicegate_model::field::{JSON, JSON_RAW};
use sluicegate_model::{Cell, ChangeBatch, Column, Origin, RowKind};
use xxhash_rust::xxh3::xxh3_64;

use super::plan::{Plan, PlannedColumn};
use crate::table::{ColumnType, Fit};

/// What a row does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// The row is there afterwards, with these cells.
    Put,
    /// The row that is there gets these cells; what is missing stays as it is.
    Patch,
    /// The row is gone.
    Delete,
}

/// A row of [`Rows`].
#[derive(Clone, Debug)]
pub struct Row {
    /// What it does.
    pub op: Op,
    /// Where its cells end in the bytes; they begin where those of the row before end.
    cells_end: usize,
    /// The same for its key.
    key_end: usize,
    /// Of the key.
    pub hash: u64,
    /// The row of the batch.
    source: u32,
}

/// Rows of one batch: of each row the inside of a JSON object, without the cells that are missing.
pub struct Rows {
    /// How they are written.
    pub plan: Arc<Plan>,
    origin: Origin,
    each: Vec<Row>,
    cells: Vec<u8>,
    keys: Vec<u8>,
}

impl Rows {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.each.len()
    }

    /// A row.
    pub fn row(&self, place: usize) -> &Row {
        &self.each[place]
    }

    /// The cells of a row: the inside of an object.
    pub fn cells(&self, place: usize) -> &[u8] {
        let start = place.checked_sub(1).map_or(0, |before| self.each[before].cells_end);
        &self.cells[start..self.each[place].cells_end]
    }

    /// The key of a row: the cells of its columns, as in an object.
    pub fn key(&self, place: usize) -> &[u8] {
        let start = place.checked_sub(1).map_or(0, |before| self.each[before].key_end);
        &self.keys[start..self.each[place].key_end]
    }

    /// Bytes that they hold.
    pub fn bytes(&self) -> usize {
        self.cells.len() + self.keys.len() + self.each.len() * size_of::<Row>()
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
            output: self.plan.output.clone(),
            reason,
        }
    }

    /// The rows of a batch. A row with a value that the table cannot hold is a reject.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Fatal`] where a column is of a type that the plan did not allow.
    pub fn encode(plan: &Arc<Plan>, batch: &ChangeBatch) -> Result<(Self, Vec<Reject>), Error> {
        let mut columns = Vec::with_capacity(plan.columns.len());
        for planned in &plan.columns {
            columns.push(cast_column(planned, batch)?);
        }
        let mut writers = Vec::with_capacity(columns.len());
        for ((column, failed), planned) in columns.iter().zip(&plan.columns) {
            let values = JsonValues::new(&field_of(planned, column.data_type()), column.values().as_ref());
            let values = values.ok_or_else(|| {
                Error::fatal(format!("{} has no form in a load", column.data_type()))
                    .table(batch.table())
                    .column(&*planned.name)
            })?;
            writers.push(Writer { values, column, failed, planned, name: prefix(&planned.name) });
        }
        let mut encoding = Encoding {
            plan,
            writers,
            out: Self {
                plan: Arc::clone(plan),
                origin: batch.origin().clone(),
                each: Vec::with_capacity(batch.len()),
                cells: Vec::with_capacity(batch.len() * plan.columns.len() * 20),
                keys: Vec::with_capacity(batch.len() * plan.key.len() * 20),
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

/// A name in quotes, with a colon.
fn prefix(name: &str) -> Vec<u8> {
    let mut prefix = Vec::with_capacity(name.len() + 3);
    push_text(name, &mut prefix);
    prefix.push(b':');
    prefix
}

/// A field by which values are written: text for a JSON column is a document where it can be one.
fn field_of(planned: &PlannedColumn, data_type: &DataType) -> Field {
    let field = Field::new(&planned.name, data_type.clone(), true);
    if planned.column_type == ColumnType::Json && *data_type == DataType::Utf8 {
        return field.with_metadata(HashMap::from([(JSON.to_owned(), JSON_RAW.to_owned())]));
    }
    field
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
    values: JsonValues<'a>,
    column: &'a Column,
    failed: &'a [sluicegate_kernels::Failed],
    planned: &'a PlannedColumn,
    /// Its name in quotes, with a colon.
    name: Vec<u8>,
}

impl Writer<'_> {
    /// Appends name and value of a cell; nothing, and `false`, for one that is missing.
    fn write(&self, row: usize, into: &mut Vec<u8>) -> Result<bool, String> {
        let name = &self.planned.name;
        match self.column.cell(row) {
            Cell::Missing => return Ok(false),
            Cell::Null => {
                if let Ok(place) = self.failed.binary_search_by_key(&(row as u32), |failed| failed.row) {
                    return Err(format!("column {name}: {}", self.failed[place].reason));
                }
                if !self.planned.nullable {
                    return Err(format!("column {name}: it may not be NULL, and is"));
                }
                into.extend_from_slice(&self.name);
                into.extend_from_slice(b"null");
            }
            Cell::Value => {
                self.check_length(row)?;
                into.extend_from_slice(&self.name);
                self.values.write(row, into).map_err(|why| format!("column {name}: {why}"))?;
            }
        }
        Ok(true)
    }

    /// The server measures text in bytes.
    fn check_length(&self, row: usize) -> Result<(), String> {
        let array = self.column.values();
        let (length, most) = match (self.planned.column_type, array.data_type()) {
            (ColumnType::Text(most), DataType::Utf8) => {
                (array.as_string::<i32>().value_length(row) as usize, most)
            }
            (ColumnType::Bytes(most), DataType::Binary) => {
                (array.as_binary::<i32>().value_length(row) as usize, most)
            }
            _ => return Ok(()),
        };
        if length > most {
            return Err(format!(
                "column {}: it has {length} bytes, and the column holds {most}",
                self.planned.name
            ));
        }
        Ok(())
    }
}

struct Encoding<'a> {
    plan: &'a Plan,
    writers: Vec<Writer<'a>>,
    out: Rows,
}

impl Encoding<'_> {
    /// A row alone, or both halves of a pair. Nothing of it is kept where it is refused.
    fn unit(&mut self, batch: &ChangeBatch, unit: std::ops::Range<usize>) -> Result<(), Reject> {
        let kept = (self.out.each.len(), self.out.cells.len(), self.out.keys.len());
        let last = unit.end - 1;
        let written =
            if unit.len() == 2 { self.pair(unit.start) } else { self.single(batch.kind(last), last) };
        written.map_err(|reason| {
            self.out.each.truncate(kept.0);
            self.out.cells.truncate(kept.1);
            self.out.keys.truncate(kept.2);
            Reject { row: last as u32, reason }
        })
    }

    fn single(&mut self, kind: RowKind, row: usize) -> Result<(), String> {
        if !self.plan.upserts {
            if !kind.is_present() {
                return Err(
                    "rows are only added to the table (`write: append`), and this one is deleted".to_owned()
                );
            }
            self.cells(row, None)?;
            self.push(Op::Put, row);
            return Ok(());
        }
        self.key(row, None)?;
        if !kind.is_present() {
            self.push(Op::Delete, row);
            return Ok(());
        }
        let whole = self.cells(row, None)?;
        self.push(if whole { Op::Put } else { Op::Patch }, row);
        Ok(())
    }

    /// An update with both its images.
    fn pair(&mut self, before: usize) -> Result<(), String> {
        let after = before + 1;
        if !self.plan.upserts {
            return self.single(RowKind::UpdateAfter, after);
        }
        let start = self.out.keys.len();
        // A cell that one image does not have is as in the other.
        self.key(before, Some(after))?;
        let middle = self.out.keys.len();
        self.key(after, Some(before))?;
        if self.out.keys[start..middle] == self.out.keys[middle..] {
            self.out.keys.truncate(middle);
            let whole = self.cells(after, Some(before))?;
            self.push(if whole { Op::Put } else { Op::Patch }, after);
            return Ok(());
        }
        let new_key = self.out.keys.split_off(middle);
        let begin = self.out.cells.len();
        if !self.cells(after, Some(before))? {
            return Err(MOVES.to_owned());
        }
        let cells = self.out.cells.split_off(begin);
        self.push(Op::Delete, after);
        self.out.cells.extend_from_slice(&cells);
        self.out.keys.extend_from_slice(&new_key);
        self.push(Op::Put, after);
        Ok(())
    }

    /// Appends a row's key. `other` is the other image of the row.
    fn key(&mut self, row: usize, other: Option<usize>) -> Result<(), String> {
        for (place, column) in self.plan.key.iter().enumerate() {
            let writer = &self.writers[*column];
            let name = &writer.planned.name;
            if place > 0 {
                self.out.keys.push(b',');
            }
            let row = match (writer.column.cell(row), other) {
                (Cell::Missing, Some(other)) => other,
                _ => row,
            };
            let is_null = matches!(writer.column.cell(row), Cell::Null);
            if !writer.write(row, &mut self.out.keys)? {
                return Err(format!("column {name}: it is a part of the key, and the row does not have it"));
            }
            if is_null {
                return Err(format!("column {name}: it is a part of the key, and NULL"));
            }
        }
        Ok(())
    }

    /// Appends the cells of a row. Whether all are there; a cell of the key may be taken from the `other` image.
    fn cells(&mut self, row: usize, other: Option<usize>) -> Result<bool, String> {
        let mut whole = true;
        let begin = self.out.cells.len();
        for (place, writer) in self.writers.iter().enumerate() {
            let comma = self.out.cells.len() > begin;
            if comma {
                self.out.cells.push(b',');
            }
            let other = other.filter(|_| self.plan.key.contains(&place));
            let written = writer.write(row, &mut self.out.cells)?
                || match other {
                    Some(other) => writer.write(other, &mut self.out.cells)?,
                    None => false,
                };
            if !written && comma {
                self.out.cells.pop();
            }
            whole &= written;
        }
        if self.out.cells.len() == begin {
            return Err("the row has no cell".to_owned());
        }
        Ok(whole)
    }

    fn push(&mut self, op: Op, row: usize) {
        let start = self.out.each.last().map_or(0, |before| before.key_end);
        let hash = xxh3_64(&self.out.keys[start..]);
        self.out.each.push(Row {
            op,
            cells_end: self.out.cells.len(),
            key_end: self.out.keys.len(),
            hash,
            source: row as u32,
        });
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
