//! Parquet and Arrow IPC.

use std::path::PathBuf;
use std::sync::Arc;

use sluicegate_connector::{Error, StartAt};

use super::discover::Found;
use super::identity::Identity;
use super::options::SourceOptions;
use super::payload::ColumnsRows;
use super::position::ColumnsPoint;
use super::reader::{Read, Reader, open_same};
use crate::columns::{ColumnsKind, Incoming, Stretch, Stretches};
use crate::failure::failed;
use crate::format::FileFormat;

/// A file of columns from a point on.
pub(super) struct ColumnsReader {
    kind: ColumnsKind,
    path: PathBuf,
    stretches: Stretches,
    incoming: Arc<Incoming>,
    source: Arc<str>,
    at: ColumnsPoint,
    /// What was decoded and not yet given.
    rest: Option<Stretch>,
}

impl ColumnsReader {
    pub(super) fn open(
        kind: ColumnsKind,
        options: &SourceOptions,
        found: &Found,
        at: &StartAt,
    ) -> Result<Self, Error> {
        let file = open_same(found, at)?;
        let identity = Identity::of(&file).map_err(|error| failed("read", &found.path, error))?;
        let at = match at {
            StartAt::Position(position) => ColumnsPoint::of(position, kind.unit(), &found.lane)?,
            StartAt::Beginning | StartAt::Configured => ColumnsPoint::default(),
        };
        let columns = match &options.format {
            FileFormat::Parquet(columns) | FileFormat::Arrow(columns) => columns.clone(),
            FileFormat::Messages(_) => crate::columns::ColumnsOptions::default(),
        };
        Ok(Self {
            kind,
            stretches: Stretches::open(kind, &found.path, at.unit, at.row, options.follow)
                .map_err(|error| error.lane(&found.lane))?,
            path: found.path.clone(),
            incoming: Arc::new(Incoming::new(&columns, &found.lane, found.table())),
            source: identity.to_text().into(),
            at,
            rest: None,
        })
    }

    /// The next rows, `room` bytes at most, and the point after them.
    pub(super) fn next(&mut self, room: usize) -> Result<Option<(ColumnsRows, ColumnsPoint, usize)>, Error> {
        let stretch = match self.rest.take() {
            Some(rest) => rest,
            None => match self.stretches.next(&self.path)? {
                Some(stretch) => stretch,
                None => return Ok(None),
            },
        };
        let Stretch { unit, row, ends_unit, batch } = stretch;
        let (rows, bytes) = (batch.num_rows(), batch.get_array_memory_size());
        let take = if bytes <= room { rows } else { (rows * room / bytes).clamp(1.min(rows), rows) };
        if take < rows {
            let rest = batch.slice(take, rows - take);
            self.rest = Some(Stretch { unit, row: row + take as u64, ends_unit, batch: rest });
        }
        let at = ColumnsPoint { unit, row, records: self.at.records };
        let whole = take == rows && ends_unit;
        self.at = ColumnsPoint {
            unit: if whole { unit + 1 } else { unit },
            row: if whole { 0 } else { row + take as u64 },
            records: at.records + take as u64,
        };
        let payload = ColumnsRows {
            kind: self.kind,
            incoming: Arc::clone(&self.incoming),
            source: Arc::clone(&self.source),
            batch: batch.slice(0, take),
            at,
        };
        Ok(Some((payload, self.at, bytes * take / rows.max(1))))
    }

    /// The position of a point.
    pub(super) fn position(&self, point: ColumnsPoint) -> sluicegate_model::Position {
        point.to_position(self.kind.unit(), &self.source)
    }
}

impl Reader for ColumnsReader {
    fn read(&mut self, room: usize) -> Result<Option<Read>, Error> {
        let from = self.position(self.at);
        let Some((payload, to, bytes)) = self.next(room)? else { return Ok(None) };
        Ok(Some(Read {
            from,
            to: self.position(to),
            records: payload.batch.num_rows(),
            bytes,
            payload: Box::new(payload),
        }))
    }

    fn size_now(&self) -> u64 {
        u64::MAX
    }

    fn stop_at(&mut self, _: u64) {}

    fn end(&self) -> Option<u64> {
        None
    }

    fn grows(&self) -> bool {
        false
    }

    fn again(&self) -> StartAt {
        StartAt::Position(self.position(self.at))
    }

    fn records_left(&self) -> Option<u64> {
        Some(self.stretches.total_rows()?.saturating_sub(self.at.records))
    }
}
