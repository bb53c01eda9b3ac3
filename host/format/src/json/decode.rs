//! Objects to rows.

use std::sync::Arc;

use sluicegate_model::{Decoded, RowKind};

use super::tombstone::read_key;
use super::{JsonOptions, OnTombstone};
use crate::build::{Change, Gatherer};
use crate::options::DeclaredTypes;
use crate::scan::Scanner;
use crate::{Decode, LaneInfo, Record};

/// Reads `json`.
pub(super) struct JsonDecoder {
    table: Option<String>,
    primary_key: Arc<[String]>,
    kind: RowKind,
    deletes: bool,
    declared: Option<DeclaredTypes>,
}

impl JsonDecoder {
    pub(super) fn new(options: &JsonOptions) -> Self {
        Self {
            table: options.table.clone(),
            primary_key: options.primary_key.clone().unwrap_or_default().into(),
            kind: options.kind.unwrap_or_default().kind(),
            deletes: options.on_tombstone == Some(OnTombstone::Delete),
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
        let bytes = record.value.or(record.key).map_or(0, <[u8]>::len);
        gatherer.make_room(bytes)?;
        let table = gatherer.begin_row_of(name, &self.primary_key);
        let row = table.rows();
        let kind = match record.value {
            Some(value) => {
                let mut scanner = Scanner::new(value).map_err(|fault| fault.to_string())?;
                scanner.skip_space();
                table.read(row, &mut scanner, 0).map_err(|fault| fault.to_string())?;
                scanner.skip_space();
                if !scanner.is_at_end() {
                    return Err(scanner.fault("the object has ended, and more follows").to_string());
                }
                self.kind
            }
            None if self.deletes => {
                read_key(record.key, &self.primary_key, row, table)?;
                RowKind::Delete
            }
            None => {
                let what =
                    "the message has no value: set `on_tombstone: delete` if it stands for a deleted row";
                return Err(what.to_owned());
            }
        };
        table.commit(&[kind], Change::of(place));
        Ok(())
    }
}

impl Decode for JsonDecoder {
    fn decode(&self, lane: &LaneInfo<'_>, records: &[Record<'_>]) -> Decoded {
        let name = self.table.as_deref().unwrap_or(lane.topic);
        let mut gatherer = Gatherer::new(lane, records, self.declared.as_ref(), false);
        for (place, record) in (0..).zip(records) {
            if let Err(reason) = self.record(&mut gatherer, name, place, record) {
                gatherer.reject(place, None, reason);
            }
        }
        gatherer.finish()
    }
}
