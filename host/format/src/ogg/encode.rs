//! Rows to operations.

use sluicegate_model::{ChangeBatch, RowKind};

use super::OggOptions;
use super::op_ts::Clock;
use crate::options::TimeZone;
use crate::provenance::Provenance;
use crate::write::{RowWriter, Style, write_names, write_string};
use crate::{Encode, EncodeError, EncodeReject, Messages};

/// Writes `ogg-json`. There is no `current_ts`: it would be another one each time, and the same rows have to give
/// the same bytes.
pub(super) struct OggEncoder {
    zone: TimeZone,
    style: Style,
}

impl OggEncoder {
    pub(super) fn new(options: &OggOptions) -> Self {
        let style = Style {
            decimals: options.decimals.unwrap_or_default(),
            timestamps: options.timestamps.unwrap_or_default(),
        };
        Self { zone: options.time_zone.unwrap_or(TimeZone::UTC), style }
    }
}

impl Encode for OggEncoder {
    fn encode(&self, batch: &ChangeBatch, out: &mut Messages) -> Result<Vec<EncodeReject>, EncodeError> {
        let mut operations = Operations::new(batch, self)?;
        Ok(out.write_values(batch, |unit, out| operations.write(unit, out)))
    }
}

struct Operations<'a> {
    batch: &'a ChangeBatch,
    rows: RowWriter<'a>,
    /// The beginning of every operation: the table, and the name of the next key.
    head: Vec<u8>,
    /// `primary_keys` and its value.
    keys: Vec<u8>,
    provenance: Provenance<'a>,
    clock: Clock,
}

impl<'a> Operations<'a> {
    fn new(batch: &'a ChangeBatch, encoder: &OggEncoder) -> Result<Self, EncodeError> {
        let mut head = b"{\"table\":".to_vec();
        write_string(batch.table().as_str().as_bytes(), &mut head);
        head.extend_from_slice(b",\"op_type\":\"");
        let mut keys = b",\"primary_keys\":".to_vec();
        write_names(batch.primary_key(), &mut keys);
        Ok(Self {
            batch,
            rows: RowWriter::new(batch, encoder.style, "ogg-json")?,
            head,
            keys,
            provenance: Provenance::of(batch),
            clock: Clock::new(encoder.zone),
        })
    }

    fn write(&mut self, unit: std::ops::Range<usize>, out: &mut Vec<u8>) -> Result<(), String> {
        let last = unit.end - 1;
        let (op, before, after) = match self.batch.kind(last) {
            _ if unit.len() == 2 => (b'U', Some(unit.start), Some(last)),
            RowKind::Insert => (b'I', None, Some(last)),
            RowKind::UpdateAfter => (b'U', None, Some(last)),
            RowKind::Delete | RowKind::UpdateBefore => (b'D', Some(last), None),
        };
        out.extend_from_slice(&self.head);
        out.extend_from_slice(&[op, b'"']);
        if let Some(time) = self.provenance.event_time(last) {
            out.extend_from_slice(b",\"op_ts\":\"");
            if !self.clock.write(time, out) {
                return Err("the event time is in no year from 0 to 9999".to_owned());
            }
            out.push(b'"');
        }
        if let Some(position) = self.provenance.position(last) {
            out.extend_from_slice(b",\"pos\":");
            write_string(position.as_bytes(), out);
        }
        if let Some(transaction) = self.provenance.transaction(last) {
            out.extend_from_slice(b",\"xid\":");
            write_string(transaction.as_bytes(), out);
        }
        out.extend_from_slice(&self.keys);
        if let Some(row) = before {
            out.extend_from_slice(b",\"before\":");
            self.rows.object(row, out)?;
        }
        if let Some(row) = after {
            out.extend_from_slice(b",\"after\":");
            self.rows.object(row, out)?;
        }
        out.push(b'}');
        Ok(())
    }
}
