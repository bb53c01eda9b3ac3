//! Records as the engine takes them.

use std::sync::Arc;

use arrow_array::RecordBatch;
use sluicegate_connector::{Error, Payload};
use sluicegate_format::json::JsonOptions;
use sluicegate_format::options::Encoding;
use sluicegate_format::{Decode, FormatOptions, LaneInfo, Messages, Record};
use sluicegate_model::{Decoded, Item, Lane, Position, RawRecord, RowReject, meta};

use super::position::{ColumnsPoint, TextPoint};
use super::split::Span;
use crate::columns::{ColumnsKind, Incoming};

/// What the records of a text have in common.
#[derive(Debug)]
pub(super) struct TextFacts {
    pub(super) lane: Lane,
    pub(super) table: String,
    pub(super) encoding: Encoding,
    /// Bytes of a record, at most.
    pub(super) max_record: usize,
}

/// Records of a text. A record's number is that of its first line, counted from 1.
pub(super) struct TextRows {
    pub(super) facts: Arc<TextFacts>,
    pub(super) decode: Option<Arc<dyn Decode>>,
    /// What its positions name as their source.
    pub(super) source: Arc<str>,
    pub(super) bytes: Vec<u8>,
    pub(super) spans: Vec<Span>,
    /// Where the bytes begin.
    pub(super) at: TextPoint,
}

impl TextRows {
    fn ordinal(&self, span: Span) -> u64 {
        self.at.lines + u64::from(span.line) + 1
    }

    fn text(&self, span: Span) -> &[u8] {
        &self.bytes[span.start as usize..span.end as usize]
    }

    /// The record of a number.
    fn find(&self, ordinal: u64) -> Option<Span> {
        let place = self.spans.binary_search_by_key(&ordinal, |span| self.ordinal(*span)).ok()?;
        Some(self.spans[place])
    }

    /// The point before a record.
    pub(super) fn before(&self, span: Span) -> TextPoint {
        TextPoint {
            offset: self.at.offset + u64::from(span.start),
            lines: self.at.lines + u64::from(span.line),
            unterminated: false,
        }
    }
}

impl Payload for TextRows {
    fn decode(&self) -> Result<Decoded, Error> {
        let Some(decode) = &self.decode else { return Ok(Decoded::default()) };
        let mut rejects = Vec::new();
        let mut texts = Vec::with_capacity(self.spans.len());
        for span in &self.spans {
            let (ordinal, text) = (self.ordinal(*span), self.text(*span));
            let reject = |reason| RowReject { ordinal, part: None, reason };
            if text.len() > self.facts.max_record {
                let (size, limit) = (text.len(), self.facts.max_record);
                rejects.push(reject(format!("the record has {size} bytes, `max_record` is {limit}")));
                continue;
            }
            match self.facts.encoding.decode(text) {
                Ok(text) => texts.push((ordinal, text)),
                Err(why) => rejects.push(reject(why)),
            }
        }
        let records: Vec<Record<'_>> = texts
            .iter()
            .map(|(ordinal, text)| Record {
                ordinal: *ordinal,
                key: None,
                value: Some(text),
                timestamp_us: None,
                headers: &[],
            })
            .collect();
        let info = LaneInfo { lane: &self.facts.lane, topic: &self.facts.table, partition: 0 };
        let mut decoded = decode.decode(&info, &records);
        for item in &mut decoded.items {
            // A file has no partitions; its lines are numbered.
            if let Item::Rows(batch) = item {
                let mut parts = batch.clone().into_parts();
                parts.meta.remove(meta::PARTITION);
                // Only a column about the rows is gone.
                if let Ok(without) = parts.build() {
                    *batch = without;
                }
            }
        }
        decoded.rejects.append(&mut rejects);
        Ok(decoded)
    }

    fn raw(&self, ordinal: u64) -> Option<RawRecord> {
        let value = self.text(self.find(ordinal)?).to_vec();
        Some(RawRecord { key: None, value: Some(value), headers: Vec::new() })
    }

    fn position_of(&self, ordinal: u64) -> Position {
        let point = self.find(ordinal).map_or(self.at, |span| self.before(span));
        point.to_position(&self.source)
    }
}

/// Rows of a file of columns. A row's number is its place in the file, counted from 0.
pub(super) struct ColumnsRows {
    pub(super) kind: ColumnsKind,
    pub(super) incoming: Arc<Incoming>,
    pub(super) source: Arc<str>,
    pub(super) batch: RecordBatch,
    pub(super) at: ColumnsPoint,
}

impl Payload for ColumnsRows {
    fn decode(&self) -> Result<Decoded, Error> {
        self.incoming.decode(&self.batch, self.at.records)
    }

    /// The row as a JSON object: by itself it has no bytes.
    fn raw(&self, ordinal: u64) -> Option<RawRecord> {
        let row = usize::try_from(ordinal.checked_sub(self.at.records)?).ok()?;
        if row >= self.batch.num_rows() {
            return None;
        }
        let fields = self.batch.schema();
        let columns =
            self.batch.columns().iter().map(|column| sluicegate_model::Column::new(Arc::clone(column)));
        let whole = sluicegate_model::ChangeBatch::new(
            "row".into(),
            fields,
            columns.collect(),
            vec![0; self.batch.num_rows()].into(),
            sluicegate_model::Origin {
                lane: "row".into(),
                ordinals: (0..self.batch.num_rows() as u64).collect(),
                parts: None,
            },
            Arc::from([]),
            sluicegate_model::Meta::new(),
        );
        let encoder = FormatOptions::Json(JsonOptions::default()).encoder().ok()?;
        let mut messages = Messages::default();
        encoder.encode(&whole.ok()?.slice(row, 1), &mut messages).ok()?;
        let value = messages.messages.first().and_then(|message| messages.value(message));
        Some(RawRecord { key: None, value: Some(value?.to_vec()), headers: Vec::new() })
    }

    fn position_of(&self, ordinal: u64) -> Position {
        let after = ordinal.saturating_sub(self.at.records);
        let point = ColumnsPoint { row: self.at.row + after, records: ordinal, ..self.at };
        point.to_position(self.kind.unit(), &self.source)
    }
}
