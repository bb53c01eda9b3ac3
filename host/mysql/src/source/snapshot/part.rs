//! A part of a table as the engine takes it.

use std::sync::Arc;

use arrow_array::{TimestampMicrosecondArray, UInt32Array};
use sluicegate_connector::{Chunk, Error, Payload};
use sluicegate_model::{
    ChangeBatch, Decoded, Incarnation, Item, Meta, Origin, Position, RawRecord, RowKind, RowReject, meta,
};

use super::read::{Rejected, Rows};
use super::survey::Listed;
use super::touched::{Keys, Touched};
use crate::source::chunk::{LaneFacts, OVERHEAD};

/// A part whose rows may enter the lane.
#[derive(Debug)]
pub struct Part {
    /// Its table.
    pub listed: Arc<Listed>,
    /// What was read.
    pub rows: Rows,
    /// Keys that the log had meanwhile.
    pub touched: Touched,
    /// The number of its record.
    pub number: u64,
}

impl Part {
    /// Rows that no log has meanwhile.
    pub fn alone(listed: Arc<Listed>, rows: Rows, number: u64) -> Self {
        Self { listed, rows, touched: Touched::default(), number }
    }

    /// As the engine takes it: rows that the log had too are left out.
    ///
    /// # Errors
    /// Arrow's: none that is known.
    pub fn into_chunk(
        self,
        facts: &Arc<LaneFacts>,
        incarnation: Incarnation,
        from: Position,
        to: Position,
    ) -> Result<Chunk, Error> {
        let Self { listed, rows, touched, number } = self;
        let wrong = |why: String| Error::fatal(why).table(&listed.name);
        let Rows { columns, numbers, rejected, bytes, .. } = rows;
        let count = numbers.len();
        let mut about = Meta::new();
        let now = vec![chrono::Utc::now().timestamp_micros(); count];
        about.set(meta::EVENT_TIME, Arc::new(TimestampMicrosecondArray::from(now).with_timezone("UTC")));
        let origin = Origin {
            lane: facts.lane.clone(),
            ordinals: vec![number; count].into(),
            parts: Some(numbers.into()),
        };
        let as_read = &listed.as_read;
        let batch = ChangeBatch::new(
            listed.name.clone(),
            Arc::clone(&as_read.schema),
            columns,
            vec![RowKind::Insert.code(); count].into(),
            origin,
            Arc::clone(&as_read.primary_key),
            about,
        );
        let batch = batch.map_err(|error| wrong(error.to_string()))?;
        let batch = if touched.is_empty() || listed.key.is_none() {
            batch
        } else {
            let columns = key_places(&listed).map(|place| batch.columns()[place].values());
            let keys =
                Keys::of(columns).ok_or_else(|| wrong("its key has a type that no key has".to_owned()))?;
            let mut key = Vec::new();
            let kept: UInt32Array = (0..count)
                .filter(|row| {
                    keys.write(*row, &mut key);
                    !touched.has(&key)
                })
                .map(|row| row as u32)
                .collect();
            batch.take(&kept).map_err(|error| wrong(error.to_string()))?
        };
        let records = usize::from(!batch.is_empty() || !rejected.is_empty());
        let payload = PartRows { number, at: from.clone(), batch, rejected };
        Ok(Chunk {
            lane: facts.lane.clone(),
            incarnation,
            from,
            to,
            records,
            bytes: bytes + OVERHEAD,
            in_transaction: false,
            payload: Box::new(payload),
        })
    }
}

/// Places of the key's columns among those of a batch, in the table's order.
fn key_places(listed: &Listed) -> impl Iterator<Item = usize> {
    let is_key = |name: &str| listed.as_read.primary_key.iter().any(|column| column == name);
    listed.as_read.columns.iter().filter(move |column| is_key(&column.name)).filter_map(|column| column.field)
}

struct PartRows {
    number: u64,
    at: Position,
    batch: ChangeBatch,
    rejected: Vec<Rejected>,
}

impl Payload for PartRows {
    fn decode(&self) -> Result<Decoded, Error> {
        let items = if self.batch.is_empty() { Vec::new() } else { vec![Item::Rows(self.batch.clone())] };
        let reject = |row: &Rejected| RowReject {
            ordinal: self.number,
            part: Some(row.number),
            reason: row.reason.clone(),
        };
        Ok(Decoded { items, rejects: self.rejected.iter().map(reject).collect() })
    }

    /// The rows that could not be kept; of another the table has what it is.
    fn raw(&self, ordinal: u64) -> Option<RawRecord> {
        if ordinal != self.number {
            return None;
        }
        let lines: Vec<&[u8]> = self.rejected.iter().map(|row| row.raw.as_slice()).collect();
        let table = self.batch.table().as_str().as_bytes().to_vec();
        Some(RawRecord {
            key: None,
            value: Some(lines.join(&b"\n\n"[..])),
            headers: vec![("table".to_owned(), Some(table))],
        })
    }

    fn raw_row(&self, ordinal: u64, part: Option<u32>) -> Option<RawRecord> {
        let whole = self.raw(ordinal)?;
        let rejected = self.rejected.iter().find(|row| Some(row.number) == part);
        let value = match rejected {
            Some(row) => row.raw.clone(),
            None => self.shown(part?)?,
        };
        Some(RawRecord { value: Some(value), ..whole })
    }

    fn position_of(&self, _ordinal: u64) -> Position {
        self.at.clone()
    }
}

impl PartRows {
    /// A row that was kept, a line a column.
    fn shown(&self, part: u32) -> Option<Vec<u8>> {
        use arrow_cast::display::{ArrayFormatter, FormatOptions};
        let parts = self.batch.origin().parts.as_deref()?;
        let row = parts.iter().position(|found| *found == part)?;
        let options = FormatOptions::default().with_null("NULL");
        let fields = self.batch.schema().fields().iter().zip(self.batch.columns());
        let lines: Option<Vec<String>> = fields
            .map(|(field, column)| {
                let shown = ArrayFormatter::try_new(column.values().as_ref(), &options).ok()?;
                Some(format!("{}: {}", field.name(), shown.value(row)))
            })
            .collect();
        lines.map(|lines| lines.join("\n").into_bytes())
    }
}
