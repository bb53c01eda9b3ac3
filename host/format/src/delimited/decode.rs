//! Records to rows.

use std::sync::Arc;

use sluicegate_model::{Decoded, RowKind, UnknownKind};

use super::{CsvOptions, Dialect};
use crate::build::{Change, Gatherer};
use crate::options::DeclaredTypes;
use crate::{Decode, LaneInfo, Record};

/// Reads `csv`.
pub(super) struct CsvDecoder {
    dialect: Dialect,
    columns: Vec<String>,
    /// The place of the column that holds the kind.
    kind_at: Option<usize>,
    kind: RowKind,
    null: Vec<u8>,
    table: Option<String>,
    primary_key: Arc<[String]>,
    declared: Option<DeclaredTypes>,
}

impl CsvDecoder {
    pub(super) fn new(options: &CsvOptions, dialect: Dialect, columns: &[String]) -> Self {
        let kind_column = options.kind_column.as_ref();
        Self {
            dialect,
            columns: columns.to_vec(),
            kind_at: kind_column.and_then(|name| columns.iter().position(|column| column == name)),
            kind: options.kind.unwrap_or_default().kind(),
            null: options.null_text.clone().unwrap_or_default().into_bytes(),
            table: options.table.clone(),
            primary_key: options.primary_key.clone().unwrap_or_default().into(),
            declared: options.schema.clone(),
        }
    }

    /// Reads one record; the reason where it is bad.
    fn record(
        &self,
        gatherer: &mut Gatherer<'_>,
        name: &str,
        place: u32,
        record: &Record<'_>,
    ) -> Result<(), String> {
        gatherer.begin();
        let value = record.value.ok_or("the message has no value")?;
        gatherer.make_room(value.len())?;
        let value = value.strip_suffix(b"\n").unwrap_or(value);
        let value = value.strip_suffix(b"\r").unwrap_or(value);
        simdutf8::basic::from_utf8(value)
            .map_err(|_| "the record is no UTF-8: set `encoding` of the source")?;
        let table = gatherer.begin_row_of(name, &self.primary_key);
        let (row, mut at, mut kind) = (table.rows(), 0, self.kind);
        self.dialect.fields(value, |field| {
            let is_null = !field.quoted && *field.text == *self.null;
            if self.kind_at == Some(at) {
                kind = String::from_utf8_lossy(&field.text)
                    .parse()
                    .map_err(|unknown: UnknownKind| unknown.to_string())?;
            } else if let Some(column) = self.columns.get(at) {
                if is_null {
                    table.set_null(column, row);
                } else {
                    table.set_text(column, row, &field.text);
                }
            }
            at += 1;
            Ok(())
        })?;
        if at != self.columns.len() {
            let columns = self.columns.len();
            return Err(format!("the record has {at} fields, and there are {columns} columns"));
        }
        table.commit(&[kind], Change::of(place));
        Ok(())
    }
}

impl Decode for CsvDecoder {
    fn decode(&self, lane: &LaneInfo<'_>, records: &[Record<'_>]) -> Decoded {
        let name = self.table.as_deref().unwrap_or(lane.topic);
        let mut gatherer = Gatherer::new(lane, records, self.declared.as_ref(), false);
        for (place, record) in (0..).zip(records) {
            if let Err(reason) = self.record(&mut gatherer, name, place, record) {
                gatherer.roll_back();
                gatherer.reject(place, None, reason);
            }
        }
        gatherer.finish()
    }
}
