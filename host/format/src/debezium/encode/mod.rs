//! Rows to events.
//!
//! | module | holds |
//! |---|---|
//! | `column` | what a column is to Kafka Connect, and how its cells are written |
//! | `form` | the writers of cells |
//! | `number` | decimals and integers as bytes |
//! | `images` | rows as images |
//! | `source` | where an event comes from |
//! | `schema` | the schema that stands beside it |

mod column;
mod form;
mod images;
mod number;
mod schema;
mod source;

use sluicegate_model::{ChangeBatch, RowKind};

use self::images::Images;
use self::source::SourceWriter;
use super::modes::{BigintMode, BinaryMode, DecimalMode, TimeMode, UNAVAILABLE};
use super::options::{DebeziumOptions, NAME};
use crate::json::Key;
use crate::{Encode, EncodeError, EncodeReject, Messages};

/// Writes `debezium-json`. The event's own `ts_ms` would be another one each time: it is not there, for the same rows
/// have to give the same bytes.
pub(super) struct DebeziumEncoder {
    envelope: bool,
    tombstones: bool,
    modes: Modes,
}

/// How values are written.
pub(super) struct Modes {
    /// Whether a schema says what they are.
    envelope: bool,
    decimals: DecimalMode,
    times: TimeMode,
    binary: BinaryMode,
    bigint_unsigned: BigintMode,
    unavailable: String,
}

impl DebeziumEncoder {
    pub(super) fn new(options: &DebeziumOptions) -> Self {
        let envelope = options.envelope.unwrap_or(true);
        Self {
            envelope,
            tombstones: options.tombstones.unwrap_or(false),
            modes: Modes {
                envelope,
                decimals: options.decimals.unwrap_or_default(),
                times: options.times.unwrap_or_default(),
                binary: options.binary.unwrap_or_default(),
                bigint_unsigned: options.bigint_unsigned.unwrap_or_default(),
                unavailable: options.unavailable_value.clone().unwrap_or_else(|| UNAVAILABLE.to_owned()),
            },
        }
    }
}

impl Encode for DebeziumEncoder {
    fn encode(&self, batch: &ChangeBatch, out: &mut Messages) -> Result<Vec<EncodeReject>, EncodeError> {
        let events = Events::new(batch, self)?;
        let key = Key::new(batch);
        Ok(out.write_units(batch, |unit, out| {
            let (first, last) = (unit.start, unit.end - 1);
            match batch.kind(last) {
                // A row under another key is another row.
                _ if unit.len() == 2 && key.changes_after(first) => {
                    events.write(b'd', Some(first), None, first, out)?;
                    events.write(b'c', None, Some(last), last, out)
                }
                _ if unit.len() == 2 => events.write(b'u', Some(first), Some(last), last, out),
                RowKind::Insert => events.write(b'c', None, Some(last), last, out),
                RowKind::UpdateAfter => events.write(b'u', None, Some(last), last, out),
                RowKind::Delete | RowKind::UpdateBefore => events.write(b'd', Some(last), None, last, out),
            }
        }))
    }
}

struct Events<'a> {
    images: Images<'a>,
    source: SourceWriter<'a>,
    /// What stands before every event, and behind it.
    head: Vec<u8>,
    tail: &'static [u8],
    tombstones: bool,
}

impl<'a> Events<'a> {
    fn new(batch: &'a ChangeBatch, encoder: &DebeziumEncoder) -> Result<Self, EncodeError> {
        let images = Images::new(batch, &encoder.modes, NAME)?;
        let (head, tail): (_, &[u8]) = if encoder.envelope {
            (schema::head(batch.table().as_str(), &images), b"}")
        } else {
            (Vec::new(), b"")
        };
        Ok(Self { images, source: SourceWriter::new(batch), head, tail, tombstones: encoder.tombstones })
    }

    fn write(
        &self,
        op: u8,
        before: Option<usize>,
        after: Option<usize>,
        row: usize,
        out: &mut Messages,
    ) -> Result<(), String> {
        let start = out.bytes.len();
        let bytes = &mut out.bytes;
        bytes.extend_from_slice(&self.head);
        bytes.extend_from_slice(b"{\"before\":");
        self.images.write(before, bytes)?;
        bytes.extend_from_slice(b",\"after\":");
        self.images.write(after, bytes)?;
        self.source.write(row, bytes);
        bytes.extend_from_slice(b",\"op\":\"");
        bytes.push(op);
        bytes.extend_from_slice(b"\"}");
        bytes.extend_from_slice(self.tail);
        out.end_value(row, start);
        if op == b'd' && self.tombstones {
            out.tombstone(row);
        }
        Ok(())
    }
}
