//! Messages to rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use sluicegate_model::{ControlEvent, Decoded, RowKind};

use super::MaxwellOptions;
use super::document::{Document, Kind, Straight};
use super::message_key;
use crate::build::{Change, Dialect, Gatherer};
use crate::envelope::{Image, Names, Stop, TimeUnit, text};
use crate::options::{DeclaredTypes, TimeZone};
use crate::scan::{Fault, Scanner};
use crate::{Decode, LaneInfo, Record};

/// Reads `maxwell-json`.
pub(super) struct MaxwellDecoder {
    dialect: Dialect,
    declared: Option<DeclaredTypes>,
    primary_keys: BTreeMap<String, Arc<[String]>>,
}

impl MaxwellDecoder {
    pub(super) fn new(options: &MaxwellOptions) -> Self {
        let dialect = Dialect {
            zone: options.time_zone.map(TimeZone::name),
            zero_dates: options.zero_dates.unwrap_or_default(),
            embedded_json: true,
            text_geometries: true,
            ..Dialect::default()
        };
        let keys = options.primary_key.iter().flatten();
        let keys = keys.map(|(table, key)| (table.clone(), key.clone().into()));
        Self { dialect, declared: options.schema.clone(), primary_keys: keys.collect() }
    }
}

impl Decode for MaxwellDecoder {
    fn decode(&self, lane: &LaneInfo<'_>, records: &[Record<'_>]) -> Decoded {
        let gatherer = Gatherer::new(lane, records, self.declared.as_ref(), false);
        let mut stretch = Stretch {
            gatherer: gatherer.speaking(self.dialect.clone()),
            primary_keys: &self.primary_keys,
            name: Vec::new(),
            position: Vec::new(),
            transaction: Vec::new(),
        };
        for (place, record) in (0..).zip(records) {
            // A tombstone in a compacted topic says nothing that a delete did not.
            let Some(value) = record.value else { continue };
            if let Err(reason) = stretch.record(place, record.key, value) {
                stretch.gatherer.reject(place, None, reason);
            }
        }
        stretch.gatherer.finish()
    }
}

struct Stretch<'a> {
    gatherer: Gatherer<'a>,
    primary_keys: &'a BTreeMap<String, Arc<[String]>>,
    /// Room for the table's name, for the position and for the transaction.
    name: Vec<u8>,
    position: Vec<u8>,
    transaction: Vec<u8>,
}

impl Stretch<'_> {
    /// Reads one record; the reason where none of it can be read.
    fn record(&mut self, place: u32, key: Option<&[u8]>, value: &[u8]) -> Result<(), String> {
        self.gatherer.begin();
        self.gatherer.make_room(value.len())?;
        let mut scanner = Scanner::new(value).map_err(|fault| fault.to_string())?;
        let start = scanner.at();
        let mut rows = Rows { stretch: self, key, row_last: false, table: None };
        let document = match Document::read(&mut scanner, &mut rows) {
            Err(Stop::Again) => {
                rows = Rows { row_last: true, table: None, ..rows };
                rows.stretch.gatherer.roll_back();
                rows.stretch.gatherer.begin();
                scanner.go_to(start);
                Document::read(&mut scanner, &mut rows)
            }
            read => read,
        };
        let table = rows.table;
        let document = document.map_err(|stop| match stop {
            Stop::Bad(reason) => reason,
            // With the row at the end nothing can be asked for again.
            Stop::Again => "byte 0: the message cannot be read".to_owned(),
        })?;
        match document.kind.ok_or("byte 0: the message has no `type`")? {
            Kind::Nothing => Ok(()),
            Kind::Heartbeat => {
                self.gatherer.control(ControlEvent::Heartbeat);
                Ok(())
            }
            Kind::SchemaChange => {
                let table = names(&document).name(&scanner)?;
                let ddl = document.sql.as_ref().map(|sql| text(&scanner, sql).into_owned());
                self.gatherer.control(ControlEvent::SchemaChange { table, schema: None, ddl });
                Ok(())
            }
            kind => {
                let change = Read { record: place, key, kind, table };
                self.row(change, &document, &mut scanner)
            }
        }
    }

    fn row(&mut self, read: Read<'_>, document: &Document, scanner: &mut Scanner<'_>) -> Result<(), String> {
        let event_time =
            document.ts.as_ref().map(|ts| TimeUnit::SECONDS.micros("ts", ts, scanner)).transpose()?;
        let transaction = document.xid.as_ref().or(document.gtid.as_ref());
        let table = match read.table {
            Some(table) => table,
            None => self.table(document, read.key, scanner)?,
        };
        let change = Change {
            event_time,
            position: document.position.as_ref().map(|text| scanner.resolve(text, &mut self.position)),
            transaction: transaction.map(|text| scanner.resolve(text, &mut self.transaction)),
            ..Change::of(read.record)
        };

        let table = self.gatherer.at(table);
        let row = table.rows();
        let said = |fault: Fault| fault.to_string();
        match document.data {
            Image::None => {
                return Err("byte 0: the message has no `data`, which its `type` needs".to_owned());
            }
            Image::Read => {}
            Image::At(data) => {
                scanner.go_to(data);
                table.read(row, scanner, 1).map_err(said)?;
            }
        }
        let kinds: &[RowKind] = match (read.kind, document.old) {
            (Kind::Delete, _) => &[RowKind::Delete],
            (Kind::Update, Image::None) => &[RowKind::UpdateAfter],
            (Kind::Update, old) => {
                if let Image::At(old) = old {
                    scanner.go_to(old);
                    table.read_old(row, scanner, 1).map_err(said)?;
                }
                &[RowKind::UpdateBefore, RowKind::UpdateAfter]
            }
            _ => &[RowKind::Insert],
        };
        table.commit(kinds, change);
        Ok(())
    }

    /// The table that a message is about, with its primary key.
    fn table(
        &mut self,
        document: &Document,
        key: Option<&[u8]>,
        scanner: &mut Scanner<'_>,
    ) -> Result<usize, String> {
        let table = names(document).table(scanner, &mut self.gatherer, &mut self.name)?;
        self.keyed(table, document, key, scanner)
    }

    /// The table with its primary key, from whatever says it.
    fn keyed(
        &mut self,
        place: usize,
        document: &Document,
        key: Option<&[u8]>,
        scanner: &mut Scanner<'_>,
    ) -> Result<usize, String> {
        let table = self.gatherer.at(place);
        let configured = self.primary_keys.get(table.name().as_str());
        match (configured, document.keys) {
            (Some(known), _) => {
                if table.primary_key().is_none() {
                    table.set_primary_key(Arc::clone(known), b"");
                }
            }
            (None, Some(at)) => {
                scanner.go_to(at);
                if table.same_key_text(scanner.rest()).is_none() {
                    let names = scanner
                        .names()
                        .ok_or_else(|| format!("byte {at}: `primary_key_columns` is no array of names"))?;
                    return Ok(self.gatherer.keyed(place, names, &scanner.bytes()[at..scanner.at()]));
                }
            }
            // Every message has another key, but of the same columns.
            (None, None) if table.primary_key().is_none() => {
                if let Some(columns) = key.and_then(message_key::columns) {
                    table.set_primary_key(columns.into(), b"");
                }
            }
            (None, None) => {}
        }
        Ok(place)
    }
}

/// A row that is about to be final.
struct Read<'k> {
    record: u32,
    key: Option<&'k [u8]>,
    kind: Kind,
    /// Its table, where its values were read before the end of the message.
    table: Option<usize>,
}

/// Reads a row while its message is passed.
struct Rows<'s, 'a, 'k> {
    stretch: &'s mut Stretch<'a>,
    key: Option<&'k [u8]>,
    row_last: bool,
    table: Option<usize>,
}

impl Straight for Rows<'_, '_, '_> {
    fn data(&mut self, document: &Document, scanner: &mut Scanner<'_>) -> Result<bool, Stop> {
        let is_row = matches!(document.kind, Some(Kind::Insert | Kind::Update | Kind::Delete));
        if self.row_last || !is_row || document.database.is_none() || document.table.is_none() {
            return Ok(false);
        }
        let start = scanner.at();
        let table = self.stretch.table(document, self.key, scanner).map_err(Stop::Bad)?;
        scanner.go_to(start);
        self.table = Some(table);
        let table = self.stretch.gatherer.at(table);
        table.read(table.rows(), scanner, 1)?;
        Ok(true)
    }

    fn old(&mut self, scanner: &mut Scanner<'_>) -> Result<(), Stop> {
        if let Some(table) = self.table {
            let table = self.stretch.gatherer.at(table);
            table.read_old(table.rows(), scanner, 1)?;
        }
        Ok(())
    }
}

fn names(document: &Document) -> Names<'_> {
    Names { database: document.database.as_ref(), table: document.table.as_ref() }
}
