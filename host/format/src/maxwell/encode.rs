//! Rows to messages.

use std::ops::Range;

use sluicegate_model::{ChangeBatch, RowKind};

use super::columns::as_written;
use super::options::NAME;
use crate::provenance::Provenance;
use crate::write::{Decimals, RowWriter, Style, Timestamps, write_names, write_old, write_string};
use crate::{Encode, EncodeError, EncodeReject, Messages};

/// Writes `maxwell-json`, with `primary_key_columns`, which Maxwell writes where it is told to.
pub(super) struct MaxwellEncoder;

impl Encode for MaxwellEncoder {
    fn encode(&self, batch: &ChangeBatch, out: &mut Messages) -> Result<Vec<EncodeReject>, EncodeError> {
        let batch = as_written(batch);
        let changes = Changes::new(&batch)?;
        Ok(out.write_values(&batch, |unit, out| changes.write(unit, out)))
    }
}

struct Changes<'a> {
    batch: &'a ChangeBatch,
    rows: RowWriter<'a>,
    /// The beginning of every message: database, table, and the name of the next key.
    head: Vec<u8>,
    /// `primary_key_columns` and its value.
    keys: Vec<u8>,
    provenance: Provenance<'a>,
}

impl<'a> Changes<'a> {
    fn new(batch: &'a ChangeBatch) -> Result<Self, EncodeError> {
        let mut head = b"{\"database\":".to_vec();
        write_string(batch.table().database().as_bytes(), &mut head);
        head.extend_from_slice(b",\"table\":");
        write_string(batch.table().table().as_bytes(), &mut head);
        head.extend_from_slice(b",\"type\":\"");
        let mut keys = b",\"primary_key_columns\":".to_vec();
        write_names(batch.primary_key(), &mut keys);
        let style = Style { decimals: Decimals::Number, timestamps: Timestamps::Sql };
        Ok(Self {
            batch,
            rows: RowWriter::new(batch, style, NAME)?,
            head,
            keys,
            provenance: Provenance::of(batch),
        })
    }

    fn write(&self, unit: Range<usize>, out: &mut Vec<u8>) -> Result<(), String> {
        let last = unit.end - 1;
        let kind: &[u8] = match self.batch.kind(last) {
            RowKind::Insert => b"insert\"",
            RowKind::UpdateAfter => b"update\"",
            RowKind::Delete | RowKind::UpdateBefore => b"delete\"",
        };
        out.extend_from_slice(&self.head);
        out.extend_from_slice(kind);
        if let Some(micros) = self.provenance.event_time(last) {
            out.extend_from_slice(b",\"ts\":");
            out.extend_from_slice(itoa::Buffer::new().format(micros.div_euclid(1_000_000)).as_bytes());
        }
        if let Some(name) = self.provenance.transaction(last) {
            // Maxwell's own are numbers.
            if name.parse::<u64>().is_ok_and(|xid| itoa::Buffer::new().format(xid) == name) {
                out.extend_from_slice(b",\"xid\":");
                out.extend_from_slice(name.as_bytes());
            } else {
                out.extend_from_slice(b",\"gtid\":");
                write_string(name.as_bytes(), out);
            }
        }
        if let Some(position) = self.provenance.position(last) {
            out.extend_from_slice(b",\"position\":");
            write_string(position.as_bytes(), out);
        }
        out.extend_from_slice(&self.keys);
        out.extend_from_slice(b",\"data\":");
        self.rows.object(last, out)?;
        if unit.len() == 2 {
            let without = out.len();
            out.extend_from_slice(b",\"old\":");
            if !write_old(&self.rows, self.batch.primary_key(), unit.start, out)? {
                out.truncate(without);
            }
        }
        out.push(b'}');
        Ok(())
    }
}
