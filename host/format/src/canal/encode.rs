//! Rows to messages.

use std::borrow::Cow;
use std::ops::Range;

use arrow_schema::{DataType, Field, Schema};
use sluicegate_kernels::cast;
use sluicegate_model::{ChangeBatch, RowKind};

use super::CanalOptions;
use super::columns::{Columns, sql_type};
use crate::options::TimeZone;
use crate::provenance::Provenance;
use crate::write::{write_names, write_object, write_old, write_string};
use crate::{Encode, EncodeError, EncodeReject, Messages, MysqlType};

/// Writes `canal-json`, a row or pair a message. There is no `ts`, the time at which Canal made the message: it would
/// be another one each time, and the same rows have to give the same bytes.
pub(super) struct CanalEncoder {
    zone: TimeZone,
}

impl CanalEncoder {
    pub(super) fn new(options: &CanalOptions) -> Self {
        Self { zone: options.time_zone.unwrap_or(TimeZone::UTC) }
    }
}

impl Encode for CanalEncoder {
    fn encode(&self, batch: &ChangeBatch, out: &mut Messages) -> Result<Vec<EncodeReject>, EncodeError> {
        let batch = local_times(batch, self.zone);
        let changes = Changes::new(&batch)?;
        Ok(out.write_values(&batch, |unit, out| changes.write(unit, out)))
    }
}

/// The batch with its instants as local times of a zone. Any instant has one, within the years that are written.
fn local_times(batch: &ChangeBatch, zone: TimeZone) -> Cow<'_, ChangeBatch> {
    let is_instant = |field: &Field| matches!(field.data_type(), DataType::Timestamp(_, Some(_)));
    if zone.is_utc() || !batch.schema().fields().iter().any(|field| is_instant(field)) {
        return Cow::Borrowed(batch);
    }
    let mut parts = batch.clone().into_parts();
    let options = [("time-zone".to_owned(), zone.name())];
    let mut fields = Vec::new();
    for (field, column) in parts.schema.fields().iter().zip(&mut parts.columns) {
        let DataType::Timestamp(unit, Some(_)) = field.data_type() else {
            fields.push(Field::clone(field));
            continue;
        };
        let local = DataType::Timestamp(*unit, None);
        match cast(column, &local, &options) {
            Ok(checked) if checked.failed.is_empty() => {
                *column = checked.column;
                // The type that it is in MySQL stays what it was.
                let (_, text) = MysqlType::of(field);
                let mut about = field.metadata().clone();
                about.insert(LOCAL.to_owned(), text);
                fields.push(Field::clone(field).with_data_type(local).with_metadata(about));
            }
            // Such an instant is out of the years that are written too, and is told so there.
            _ => fields.push(Field::clone(field)),
        }
    }
    parts.schema = std::sync::Arc::new(Schema::new(fields));
    // Columns and fields were replaced together, by some of the same length.
    Cow::Owned(parts.build().expect("a batch of the same shape"))
}

/// Set on a column of local times: its type in MySQL.
const LOCAL: &str = "canal-type";

struct Changes<'a> {
    batch: &'a ChangeBatch,
    columns: Columns<'a>,
    /// Everything between `data` and `old` but what differs from row to row.
    database: Vec<u8>,
    types: Vec<u8>,
    keys: Vec<u8>,
    table: Vec<u8>,
    provenance: Provenance<'a>,
}

impl<'a> Changes<'a> {
    fn new(batch: &'a ChangeBatch) -> Result<Self, EncodeError> {
        let (mut mysql_types, mut sql_types) = (Vec::new(), Vec::new());
        for field in batch.schema().fields() {
            let (kind, text) = match field.metadata().get(LOCAL) {
                Some(text) => (MysqlType::parse(text), text.clone()),
                None => MysqlType::of(field),
            };
            for types in [&mut mysql_types, &mut sql_types] {
                types.push(if types.is_empty() { b'{' } else { b',' });
                write_string(field.name().as_bytes(), types);
                types.push(b':');
            }
            write_string(text.as_bytes(), &mut mysql_types);
            sql_types.extend_from_slice(itoa::Buffer::new().format(sql_type(&kind)).as_bytes());
        }
        let mut keys = b",\"pkNames\":".to_vec();
        write_names(batch.primary_key(), &mut keys);
        keys.extend_from_slice(b",\"sql\":\"\"");
        let named = |key: &[u8], name: &str| {
            let mut named = key.to_vec();
            write_string(name.as_bytes(), &mut named);
            named
        };
        let types = if mysql_types.is_empty() {
            Vec::new()
        } else {
            [b",\"mysqlType\":", &mysql_types[..], b"},\"sqlType\":", &sql_types[..], b"}"].concat()
        };
        Ok(Self {
            batch,
            columns: Columns::new(batch)?,
            database: named(b",\"database\":", batch.table().database()),
            types,
            keys,
            table: named(b",\"table\":", batch.table().table()),
            provenance: Provenance::of(batch),
        })
    }

    fn write(&self, unit: Range<usize>, out: &mut Vec<u8>) -> Result<(), String> {
        let last = unit.end - 1;
        let kind: &[u8] = match self.batch.kind(last) {
            RowKind::Insert => b"INSERT",
            RowKind::UpdateAfter => b"UPDATE",
            RowKind::Delete | RowKind::UpdateBefore => b"DELETE",
        };
        out.extend_from_slice(b"{\"data\":[");
        write_object(&self.columns, last, out)?;
        out.push(b']');
        out.extend_from_slice(&self.database);
        if let Some(micros) = self.provenance.event_time(last) {
            out.extend_from_slice(b",\"es\":");
            out.extend_from_slice(itoa::Buffer::new().format(micros.div_euclid(1_000)).as_bytes());
        }
        if let Some(gtid) = self.provenance.transaction(last) {
            out.extend_from_slice(b",\"gtid\":");
            write_string(gtid.as_bytes(), out);
        }
        // Canal's is a number.
        if let Some(id) = self.provenance.position(last).filter(|position| is_id(position)) {
            out.extend_from_slice(b",\"id\":");
            out.extend_from_slice(id.as_bytes());
        }
        out.extend_from_slice(b",\"isDdl\":false");
        out.extend_from_slice(&self.types);
        out.extend_from_slice(b",\"old\":");
        let start = out.len();
        out.push(b'[');
        let key = self.batch.primary_key();
        if unit.len() == 2 && write_old(&self.columns, key, unit.start, out)? {
            out.push(b']');
        } else {
            out.truncate(start);
            out.extend_from_slice(b"null");
        }
        out.extend_from_slice(&self.keys);
        out.extend_from_slice(&self.table);
        out.extend_from_slice(b",\"type\":\"");
        out.extend_from_slice(kind);
        out.extend_from_slice(b"\"}");
        Ok(())
    }
}

/// Whether a text is a number as Canal counts its batches, digit for digit.
fn is_id(text: &str) -> bool {
    text.parse::<i64>().is_ok_and(|number| itoa::Buffer::new().format(number) == text)
}
