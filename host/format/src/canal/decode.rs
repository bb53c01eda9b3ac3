//! Messages to rows.

use sluicegate_model::{ControlEvent, Decoded};

use super::CanalOptions;
use super::document::{Document, Kind};
use super::rows::Rows;
use crate::build::{BytesAs, CellType, Change, Dialect, Gatherer};
use crate::envelope::{Names, TimeUnit, text};
use crate::options::{DeclaredTypes, TimeZone};
use crate::scan::{Scalar, Scanner};
use crate::{Decode, LaneInfo, MysqlType, Record};

/// Reads `canal-json`.
pub(super) struct CanalDecoder {
    dialect: Dialect,
    declared: Option<DeclaredTypes>,
}

impl CanalDecoder {
    pub(super) fn new(options: &CanalOptions) -> Self {
        let dialect = Dialect {
            bytes: BytesAs::Latin1,
            zone: options.time_zone.map(TimeZone::name),
            zero_dates: options.zero_dates.unwrap_or_default(),
            numbered_labels: true,
            any_case: true,
            ..Dialect::default()
        };
        Self { dialect, declared: options.schema.clone() }
    }
}

impl Decode for CanalDecoder {
    fn decode(&self, lane: &LaneInfo<'_>, records: &[Record<'_>]) -> Decoded {
        let gatherer = Gatherer::new(lane, records, self.declared.as_ref(), false);
        let mut stretch = Stretch {
            gatherer: gatherer.speaking(self.dialect.clone()),
            dialect: &self.dialect,
            name: Vec::new(),
            position: Vec::new(),
            transaction: Vec::new(),
        };
        for (place, record) in (0..).zip(records) {
            // A tombstone in a compacted topic says nothing that a delete did not.
            let Some(value) = record.value else { continue };
            if let Err(reason) = stretch.record(place, value) {
                stretch.gatherer.reject(place, None, reason);
            }
        }
        stretch.gatherer.finish()
    }
}

struct Stretch<'a> {
    gatherer: Gatherer<'a>,
    dialect: &'a Dialect,
    /// Room for the table's name, for the position and for the transaction.
    name: Vec<u8>,
    position: Vec<u8>,
    transaction: Vec<u8>,
}

impl Stretch<'_> {
    /// Reads one record; the reason where none of it can be read.
    fn record(&mut self, place: u32, value: &[u8]) -> Result<(), String> {
        self.gatherer.begin();
        self.gatherer.make_room(value.len())?;
        let mut scanner = Scanner::new(value).map_err(|fault| fault.to_string())?;
        let document = Document::read(&mut scanner)?;
        let kind = document.kind.ok_or("byte 0: the message has no `type`")?;
        match kind {
            Kind::Nothing => {}
            Kind::Heartbeat => self.gatherer.control(ControlEvent::Heartbeat),
            Kind::Truncate => {
                let table = names(&document).name(&scanner)?;
                self.gatherer.control(ControlEvent::Truncate { table });
            }
            Kind::SchemaChange => self.schema_change(&document, &scanner)?,
            _ if document.is_ddl => self.schema_change(&document, &scanner)?,
            Kind::Insert | Kind::Update | Kind::Delete => self.rows(place, kind, &document, &mut scanner)?,
        }
        Ok(())
    }

    fn schema_change(&mut self, document: &Document, scanner: &Scanner<'_>) -> Result<(), String> {
        let table = names(document).name(scanner)?;
        let sql = document.sql.as_ref().map(|sql| text(scanner, sql).into_owned());
        let event = match sql {
            Some(sql) if is_truncate(&sql) => ControlEvent::Truncate { table },
            ddl => ControlEvent::SchemaChange { table, schema: None, ddl },
        };
        self.gatherer.control(event);
        Ok(())
    }

    fn rows(
        &mut self,
        record: u32,
        kind: Kind,
        document: &Document,
        scanner: &mut Scanner<'_>,
    ) -> Result<(), String> {
        let data = document.data.ok_or("byte 0: the message has no `data`, which its `type` needs")?;
        let event_time =
            document.es.as_ref().map(|es| TimeUnit::MILLISECONDS.micros("es", es, scanner)).transpose()?;
        let mut position = std::mem::take(&mut self.position);
        let mut transaction = std::mem::take(&mut self.transaction);
        let change = Change {
            event_time,
            position: document.id.as_ref().map(|text| scanner.resolve(text, &mut position)),
            transaction: document.gtid.as_ref().map(|text| scanner.resolve(text, &mut transaction)),
            ..Change::of(record)
        };
        let mut table = names(document).table(scanner, &mut self.gatherer, &mut self.name)?;
        if let Some(at) = document.types {
            table = self.shaped(table, at, scanner);
        }
        if let Some(at) = document.keys {
            table = self.keyed(table, at, scanner)?;
        }
        let table = self.gatherer.at(table);
        let rows = Rows { kind, data, old: document.old, change };
        let read = rows.read(table, scanner);
        (self.position, self.transaction) = (position, transaction);
        read
    }

    /// The table with the types of `mysqlType`, which stands at a place and was passed before.
    fn shaped(&mut self, table: usize, at: usize, scanner: &mut Scanner<'_>) -> usize {
        scanner.go_to(at);
        if self.gatherer.at(table).same_types_text(scanner.rest()).is_some() {
            return table;
        }
        // What was passed once is passed again without a fault.
        let types = types(scanner, self.dialect).unwrap_or_default();
        self.gatherer.shaped(table, types, &scanner.bytes()[at..scanner.at()])
    }

    fn keyed(&mut self, table: usize, at: usize, scanner: &mut Scanner<'_>) -> Result<usize, String> {
        scanner.go_to(at);
        if self.gatherer.at(table).same_key_text(scanner.rest()).is_some() {
            return Ok(table);
        }
        let names = scanner.names().ok_or_else(|| format!("byte {at}: `pkNames` is no array of names"))?;
        Ok(self.gatherer.keyed(table, names, &scanner.bytes()[at..scanner.at()]))
    }
}

/// The columns of `mysqlType` with their types.
fn types(
    scanner: &mut Scanner<'_>,
    dialect: &Dialect,
) -> Result<Vec<(String, CellType)>, crate::scan::Fault> {
    let mut types = Vec::new();
    let mut more = scanner.open_object()?;
    while more {
        let column = scanner.string()?;
        scanner.colon()?;
        // A column without a type is text.
        if let Scalar::Text(kind) = scanner.scalar()? {
            let kind = text(scanner, &kind);
            let known = CellType::of_mysql(&MysqlType::parse(&kind), &kind, dialect);
            types.push((text(scanner, &column).into_owned(), known));
        }
        more = scanner.next_in_object()?;
    }
    Ok(types)
}

fn names(document: &Document) -> Names<'_> {
    Names { database: document.database.as_ref(), table: document.table.as_ref() }
}

/// Whether a statement is a TRUNCATE, whatever comments stand before it.
fn is_truncate(sql: &str) -> bool {
    let mut sql = sql.trim_start();
    while let Some(comment) = sql.strip_prefix("/*") {
        let Some((_, after)) = comment.split_once("*/") else { return false };
        sql = after.trim_start();
    }
    sql.get(..8).is_some_and(|word| word.eq_ignore_ascii_case("truncate"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_truncate_is_known_behind_comments() {
        assert!(is_truncate("TRUNCATE TABLE t"));
        assert!(is_truncate(" /* a */ /* b */ truncate t"));
        for other in ["", "trunc", "ALTER TABLE truncate_me ADD a INT", "/* truncate t", "DROP TABLE t"] {
            assert!(!is_truncate(other), "{other}");
        }
    }
}
