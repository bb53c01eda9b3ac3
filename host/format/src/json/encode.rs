//! Rows to objects.

use sluicegate_model::{ChangeBatch, RowKind};

use super::key_change::Key;
use super::{Deletes, JsonOptions};
use crate::write::{RowWriter, Style};
use crate::{Encode, EncodeError, EncodeReject, Message, Messages};

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
}

impl Encode for JsonEncoder {
    fn encode(&self, batch: &ChangeBatch, out: &mut Messages) -> Result<Vec<EncodeReject>, EncodeError> {
        let rows = RowWriter::new(batch, self.style, "json")?;
        let key = Key::new(batch);
        let mut rejects = Vec::new();
        out.messages.reserve(batch.len());
        for row in 0..batch.len() {
            let deleted = match batch.kind(row) {
                RowKind::Insert | RowKind::UpdateAfter => false,
                // The old image says nothing to a reader that keeps the newest of each key, unless that key is
                // no longer there.
                RowKind::UpdateBefore if batch.is_pair(row) && !key.changes_after(row) => continue,
                RowKind::UpdateBefore | RowKind::Delete => true,
            };
            let start = out.bytes.len();
            let written = match (deleted, self.deletes) {
                (false, _) => rows.object(row, &mut out.bytes),
                (true, Deletes::Flag) => rows.open_object(row, &mut out.bytes).map(|()| {
                    let empty = out.bytes.len() == start + 1;
                    out.bytes.extend_from_slice(if empty { b"\"" } else { b",\"" });
                    out.bytes.extend_from_slice(b"__deleted\":true}");
                }),
                (true, Deletes::Ignore) => continue,
                (true, Deletes::Tombstone) => {
                    out.messages.push(Message { row: row as u32, value: None });
                    continue;
                }
            };
            match written {
                Ok(()) => {
                    let value = Some(start..out.bytes.len());
                    out.messages.push(Message { row: row as u32, value });
                }
                Err(reason) => {
                    out.bytes.truncate(start);
                    rejects.push(EncodeReject { row: row as u32, reason });
                }
            }
        }
        Ok(rejects)
    }
}
