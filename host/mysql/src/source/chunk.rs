//! Stretches of a log as the engine takes them.

use std::sync::Arc;

use sluicegate_connector::{Chunk, Error, Payload};
use sluicegate_model::{Decoded, Incarnation, Lane, Position, RawRecord};

use super::snapshot::Progress;
use super::times::Span;
use crate::binlog::{Decoder, LogPosition, Record, RowsEntry};

/// What an event costs in memory beside its bytes.
pub const OVERHEAD: usize = 256;

/// What the chunks of a lane have in common.
#[derive(Debug)]
pub struct LaneFacts {
    /// The lane.
    pub lane: Lane,
    /// What its positions name as their source.
    pub source: String,
    /// What reads its rows.
    pub decoder: Decoder,
}

/// A point of the lane.
#[derive(Clone, Debug)]
pub struct Reached {
    /// Of its log.
    pub at: LogPosition,
    /// How much of tables was read; `None` where none is.
    pub progress: Option<Progress>,
}

impl Reached {
    /// As it is stored.
    pub fn to_position(&self, source: &str) -> Position {
        let mut position = self.at.to_position(source);
        if let Some(progress) = &self.progress {
            progress.add_to(&mut position);
        }
        position
    }
}

/// Events of rows, and what stands between them.
pub struct Stretch {
    /// Where it begins.
    pub from: Reached,
    /// Where it ends.
    pub to: Reached,
    /// In the log's order.
    pub records: Vec<Record>,
    /// Events of rows among them.
    pub events: usize,
    /// Bytes that they hold.
    pub bytes: usize,
    /// When its transactions were made.
    pub times: Span,
}

impl Stretch {
    /// As the engine takes it.
    pub fn into_chunk(self, facts: &Arc<LaneFacts>, incarnation: Incarnation) -> Chunk {
        let Self { from, to, records, events, bytes, times: _ } = self;
        Chunk {
            lane: facts.lane.clone(),
            incarnation,
            from: from.to_position(&facts.source),
            to: to.to_position(&facts.source),
            records: events,
            bytes,
            in_transaction: to.at.events > 0,
            payload: Box::new(Events { facts: Arc::clone(facts), records }),
        }
    }
}

struct Events {
    facts: Arc<LaneFacts>,
    records: Vec<Record>,
}

impl Events {
    fn entry(&self, ordinal: u64) -> Option<&RowsEntry> {
        self.records.iter().find_map(|record| match record {
            Record::Rows { entry, .. } if entry.record() == ordinal => Some(&**entry),
            _ => None,
        })
    }
}

impl Payload for Events {
    fn decode(&self) -> Result<Decoded, Error> {
        let decoded = self.facts.decoder.decode(&self.records);
        decoded.map_err(|error| Error::fatal(error.to_string()).lane(&self.facts.lane))
    }

    /// All row images of an event, with what is needed to read them.
    fn raw(&self, ordinal: u64) -> Option<RawRecord> {
        let entry = self.entry(ordinal)?;
        let table = format!("{}.{}", entry.map.database, entry.map.table);
        let headers = vec![
            ("table".to_owned(), Some(table.into_bytes())),
            ("change".to_owned(), Some(format!("{:?}", entry.rows.change).into_bytes())),
            ("columns".to_owned(), Some(entry.rows.present.to_vec())),
            ("columns-after".to_owned(), Some(entry.rows.present_after.to_vec())),
        ];
        Some(RawRecord { key: None, value: Some(entry.rows.images.to_vec()), headers })
    }

    fn position_of(&self, ordinal: u64) -> Position {
        let position = self.entry(ordinal).map(|entry| LogPosition {
            gtids: None,
            place: entry.transaction.place.clone(),
            events: entry.number,
            rows: 0,
            ordinal: entry.ordinal - entry.number,
        });
        // An ordinal that is not here is no one's.
        position.unwrap_or_default().to_position(&self.facts.source)
    }
}
