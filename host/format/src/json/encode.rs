//! Rows to objects.

use sluicegate_model::{ChangeBatch, RowKind};

use super::key_change::Key;
use super::{Deletes, JsonOptions};
use crate::write::{RowWriter, Style};
use crate::{Encode, EncodeError, EncodeReject, Messages};

/// Writes `json`.
pub(super) struct JsonEncoder {
    deletes: Deletes,
    style: Style,
}

impl JsonEncoder {
    pub(super) fn new(options: &JsonOptions) -> Self {
        let style = Style {
            decimals: options.decimals.unwrap_or_default(),
            timestamps: options.timestamps.unwrap_or_default(),
        };
        Self { deletes: options.deletes.unwrap_or_default(), style }
    }

    /// Adds the message of a row that is no longer there.
    fn deleted(&self, rows: &RowWriter<'_>, row: usize, out: &mut Messages) -> Result<(), String> {
        match self.deletes {
            Deletes::Ignore => {}
            Deletes::Tombstone => out.tombstone(row),
            Deletes::Flag => {
                let start = out.bytes.len();
                rows.open_object(row, &mut out.bytes)?;
                let empty = out.bytes.len() == start + 1;
                out.bytes.extend_from_slice(if empty { b"\"" } else { b",\"" });
                out.bytes.extend_from_slice(b"__deleted\":true}");
                out.end_value(row, start);
            }
        }
        Ok(())
    }
}

impl Encode for JsonEncoder {
    fn encode(&self, batch: &ChangeBatch, out: &mut Messages) -> Result<Vec<EncodeReject>, EncodeError> {
        let rows = RowWriter::new(batch, self.style, "json")?;
        let key = Key::new(batch);
        Ok(out.write_units(batch, |unit, out| {
            let last = unit.end - 1;
            match batch.kind(last) {
                RowKind::Insert | RowKind::UpdateAfter => {
                    // The old image says nothing to a reader that keeps the newest of each key, unless that key is
                    // no longer there.
                    if unit.len() == 2 && key.changes_after(unit.start) {
                        self.deleted(&rows, unit.start, out)?;
                    }
                    let start = out.bytes.len();
                    rows.object(last, &mut out.bytes)?;
                    out.end_value(last, start);
                    Ok(())
                }
                RowKind::UpdateBefore | RowKind::Delete => self.deleted(&rows, last, out),
            }
        }))
    }
}
