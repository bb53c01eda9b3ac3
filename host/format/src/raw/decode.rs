//! Messages to rows.

use std::sync::Arc;

use arrow_array::builder::{BinaryBuilder, StringBuilder};
use arrow_array::{ArrayRef, Int32Array, Int64Array, StringArray, TimestampMicrosecondArray};
use arrow_schema::{Field, Schema, SchemaRef};
use sluicegate_model::{
    ChangeBatch, Column, Decoded, Item, Meta, Origin, RowKind, RowReject, TableName, meta,
};

use super::RawOptions;
use crate::build::headers;
use crate::{Decode, LaneInfo, Record};

/// Bytes of keys and values in a batch: far below the 2 GiB that the offsets of a column can count.
const MAX_BYTES: usize = 1 << 30;

/// Reads `raw`.
pub(super) struct RawDecoder {
    text: bool,
    table: Option<TableName>,
    schema: SchemaRef,
}

impl RawDecoder {
    pub(super) fn new(options: &RawOptions) -> Self {
        let columns = options.columns();
        let fields: Vec<Field> =
            columns.into_iter().map(|(name, kind)| Field::new(name, kind, true)).collect();
        Self {
            text: options.text.unwrap_or(false),
            table: options.table.as_deref().map(TableName::new),
            schema: Arc::new(Schema::new(fields)),
        }
    }

    /// Why a message cannot be a row.
    fn fault(&self, record: &Record<'_>) -> Option<String> {
        let (key, value) = (record.key.unwrap_or_default(), record.value.unwrap_or_default());
        if key.len().saturating_add(value.len()) > MAX_BYTES {
            let bytes = key.len().saturating_add(value.len());
            return Some(format!("the message has {bytes} bytes, more than the {MAX_BYTES} that are read"));
        }
        let bad = |what: &str, bytes: &[u8]| {
            // Only the slower check says where.
            let at = std::str::from_utf8(bytes).err()?.valid_up_to();
            Some(format!("byte {at}: the {what} is not UTF-8"))
        };
        if self.text { bad("value", value).or_else(|| bad("key", key)) } else { None }
    }

    fn bytes<'a>(&self, parts: impl Iterator<Item = Option<&'a [u8]>> + Clone) -> ArrayRef {
        let size = parts.clone().flatten().map(<[u8]>::len).sum();
        if self.text {
            let mut texts = StringBuilder::with_capacity(parts.size_hint().0, size);
            parts.for_each(|part| texts.append_option(part.map(String::from_utf8_lossy)));
            Arc::new(texts.finish())
        } else {
            binary(parts, size)
        }
    }

    fn batch(&self, lane: &LaneInfo<'_>, table: &TableName, records: &[&Record<'_>]) -> ChangeBatch {
        let rows = records.len();
        let each = || records.iter().copied();
        let key = self.bytes(each().map(|record| record.key));
        let headers = headers(each());
        let partition: ArrayRef = Arc::new(Int32Array::from(vec![lane.partition; rows]));
        let offset: ArrayRef =
            Arc::new(Int64Array::from_iter_values(each().map(|record| record.ordinal as i64)));
        let times: TimestampMicrosecondArray = each().map(|record| record.timestamp_us).collect();
        let timestamp: ArrayRef = Arc::new(times.with_timezone("UTC"));

        let mut about = Meta::new();
        if each().any(|record| record.timestamp_us.is_some()) {
            about.set(meta::INGEST_TIME, Arc::clone(&timestamp));
        }
        if each().any(|record| record.key.is_some()) {
            let keys = each().map(|record| record.key);
            about.set(meta::KEY, if self.text { binary(keys, 0) } else { Arc::clone(&key) });
        }
        about.set(meta::PARTITION, Arc::clone(&partition));
        about.set(meta::OFFSET, Arc::clone(&offset));
        if each().any(|record| !record.headers.is_empty()) {
            about.set(meta::HEADERS, Arc::clone(&headers));
        }
        let columns: Vec<ArrayRef> = vec![
            key,
            self.bytes(each().map(|record| record.value)),
            headers,
            Arc::new(StringArray::from_iter_values(std::iter::repeat_n(lane.topic, rows))),
            partition,
            offset,
            timestamp,
        ];
        let origin = Origin {
            lane: lane.lane.clone(),
            ordinals: each().map(|record| record.ordinal).collect(),
            parts: None,
        };
        ChangeBatch::new(
            table.clone(),
            Arc::clone(&self.schema),
            columns.into_iter().map(Column::new).collect(),
            vec![RowKind::Insert.code(); rows].into(),
            origin,
            Arc::from([]),
            about,
        )
        // All columns were made here, of one length and by the types of the schema.
        .expect("columns of one length and of their fields' types")
    }
}

fn binary<'a>(parts: impl Iterator<Item = Option<&'a [u8]>>, size: usize) -> ArrayRef {
    let mut bytes = BinaryBuilder::with_capacity(parts.size_hint().0, size);
    parts.for_each(|part| bytes.append_option(part));
    Arc::new(bytes.finish())
}

impl Decode for RawDecoder {
    fn decode(&self, lane: &LaneInfo<'_>, records: &[Record<'_>]) -> Decoded {
        let table = self.table.clone().unwrap_or_else(|| TableName::new(lane.topic));
        let mut decoded = Decoded::default();
        let mut good: Vec<&Record<'_>> = Vec::with_capacity(records.len());
        let mut bytes = 0;
        for record in records {
            if let Some(reason) = self.fault(record) {
                decoded.rejects.push(RowReject { ordinal: record.ordinal, part: None, reason });
                continue;
            }
            let size = record.key.map_or(0, <[u8]>::len) + record.value.map_or(0, <[u8]>::len);
            if bytes + size > MAX_BYTES && !good.is_empty() {
                decoded.items.push(Item::Rows(self.batch(lane, &table, &good)));
                good.clear();
                bytes = 0;
            }
            bytes += size;
            good.push(record);
        }
        if !good.is_empty() {
            decoded.items.push(Item::Rows(self.batch(lane, &table, &good)));
        }
        decoded
    }
}
