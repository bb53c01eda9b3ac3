//! Events to rows.

use std::collections::BTreeMap;

use sluicegate_model::{ControlEvent, Decoded, RowKind, TableName};

use super::document::{Document, Envelope, Event};
use super::key::{Key, KeyNames};
use super::modes::UNAVAILABLE;
use super::options::{DebeziumOptions, OnTombstone};
use super::schemas::Schemas;
use super::types::of_declared;
use super::wrapper;
use crate::build::{CellType, Change, Dialect, Gatherer, Unavailable};
use crate::envelope::Stop;
use crate::scan::Scanner;
use crate::{Decode, LaneInfo, Record};

/// Types by table and column.
type Types = BTreeMap<String, Vec<(String, CellType)>>;

/// What a table remembers the types by that were declared, and that there are none.
const DECLARED: &[u8] = b"declared]";
const NONE: &[u8] = b"none]";

/// Reads `debezium-json`.
pub(super) struct DebeziumDecoder {
    options: DebeziumOptions,
    /// How events without a schema are read.
    declared: Types,
    dialect: Dialect,
}

impl DebeziumDecoder {
    pub(super) fn new(options: &DebeziumOptions) -> Self {
        let tables = options.schema.iter().flatten().map(|(table, columns)| {
            let columns = columns.iter();
            let typed = columns.map(|(name, to)| (name.clone(), of_declared(to, options)));
            (table.clone(), typed.collect())
        });
        let placeholder = options.unavailable_value.as_deref().unwrap_or(UNAVAILABLE);
        let dialect = Dialect {
            bytes: options.binary.unwrap_or_default().bytes(),
            typed_values: true,
            unavailable: Some(Unavailable::new(placeholder)),
            ..Dialect::default()
        };
        Self { declared: tables.collect(), dialect, options: options.clone() }
    }
}

impl Decode for DebeziumDecoder {
    fn decode(&self, lane: &LaneInfo<'_>, records: &[Record<'_>]) -> Decoded {
        let gatherer = Gatherer::new(lane, records, self.options.schema.as_ref(), false);
        let mut keys = KeyNames::default();
        if let Some(names) = &self.options.primary_key {
            keys.set(names);
        }
        let mut stretch = Stretch {
            gatherer: gatherer.speaking(self.dialect.clone()),
            options: &self.options,
            declared: &self.declared,
            topic: lane.topic,
            schemas: Schemas::new(self.options.binary),
            keys,
            name: Vec::new(),
            position: Vec::new(),
            transaction: Vec::new(),
            scratch: Vec::new(),
            types: None,
            last: Last::default(),
        };
        for (place, record) in (0..).zip(records) {
            if let Err(reason) = stretch.record(place, record) {
                stretch.gatherer.reject(place, None, reason);
            }
        }
        stretch.gatherer.finish()
    }
}

/// The event before.
#[derive(Default)]
struct Last {
    /// The name of its table, with a quote at its end.
    name: Vec<u8>,
    schema: Option<usize>,
    /// Whether the one before it was of the same table: then the next one is too, most likely.
    steady: bool,
}

pub(super) struct Stretch<'a> {
    pub(super) gatherer: Gatherer<'a>,
    options: &'a DebeziumOptions,
    declared: &'a Types,
    topic: &'a str,
    schemas: Schemas,
    pub(super) keys: KeyNames,
    /// The name of the event's table, with a quote at its end.
    pub(super) name: Vec<u8>,
    pub(super) position: Vec<u8>,
    pub(super) transaction: Vec<u8>,
    pub(super) scratch: Vec<u8>,
    /// The place of the event's schema.
    types: Option<usize>,
    last: Last,
}

impl<'a> Stretch<'a> {
    /// Reads one record; the reason where it cannot be read.
    fn record(&mut self, place: u32, record: &Record<'a>) -> Result<(), String> {
        self.gatherer.begin();
        let Some(value) = record.value else { return self.tombstone(place, record) };
        self.gatherer.make_room(value.len() + record.key.map_or(0, <[u8]>::len))?;
        let mut scanner = Scanner::new(value).map_err(|fault| fault.to_string())?;
        scanner.skip_space();
        if scanner.is_at_end() {
            return Err("the message is empty".to_owned());
        }
        let start = scanner.at();
        let key = self.keys.read(record.key, self.options.primary_key.is_none());
        for straight in [true, false] {
            scanner.go_to(start);
            match self.message(&mut scanner, straight, key, record.key.unwrap_or_default()) {
                Ok(event) => {
                    scanner.skip_space();
                    if !scanner.is_at_end() {
                        return Err(scanner.fault("the event has ended, and more follows").to_string());
                    }
                    return self.apply(place, event, record);
                }
                Err(Stop::Bad(reason)) => return Err(reason),
                Err(Stop::Again) => {
                    self.last.steady = false;
                    self.gatherer.roll_back();
                    self.gatherer.begin();
                }
            }
        }
        // With every image at the end nothing can be asked for again.
        Err(format!("byte {start}: the event cannot be read"))
    }

    /// Reads a message with or without a wrapper. `straight`: in the usual order of its parts, images as they come.
    fn message<'m>(
        &mut self,
        scanner: &mut Scanner<'m>,
        straight: bool,
        key: Key,
        key_bytes: &'m [u8],
    ) -> Result<Event, Stop> {
        let start = scanner.at();
        if straight && wrapper::open(scanner) {
            let types = self.schemas.read(scanner)?;
            if !wrapper::between(scanner) {
                return Err(Stop::Again);
            }
            let event = self.payload(scanner, 2, straight, types, key, key_bytes)?;
            return if wrapper::close(scanner) { Ok(event) } else { Err(Stop::Again) };
        }
        scanner.go_to(start);
        if scanner.peek() == b'{'
            && (!straight || wrapper::is_turned(scanner.clone()))
            && let Some(parts) = wrapper::find(scanner)?
        {
            let end = scanner.at();
            let types = match parts.schema {
                Some(at) => {
                    scanner.go_to(at);
                    self.schemas.read(scanner)?
                }
                None => None,
            };
            scanner.go_to(parts.payload);
            let event = self.payload(scanner, 2, false, types, key, key_bytes)?;
            scanner.go_to(end);
            return Ok(event);
        }
        self.payload(scanner, 1, straight, None, key, key_bytes)
    }

    fn payload<'m>(
        &mut self,
        scanner: &mut Scanner<'m>,
        outer: u32,
        straight: bool,
        types: Option<usize>,
        key: Key,
        key_bytes: &'m [u8],
    ) -> Result<Event, Stop> {
        if outer > 1 && scanner.peek() == b'n' {
            scanner.literal(b"null")?;
            return Ok(Event::Tombstone);
        }
        // One that comes twice is looked for.
        if straight && outer > 1 && scanner.peek() != b'{' {
            return Err(Stop::Again);
        }
        self.types = types;
        let guess = if straight { self.guess(types, key) } else { None };
        Document {
            scanner,
            stretch: self,
            outer,
            guess,
            types,
            key,
            key_bytes,
            envelope: Envelope::default(),
        }
        .read()
    }

    /// The table of the event before, if this one is most likely of it too.
    fn guess(&mut self, types: Option<usize>, key: Key) -> Option<usize> {
        if !self.last.steady || self.last.schema != types {
            return None;
        }
        let (table, _) = self.gatherer.last_table(&self.last.name)?;
        let known = self.gatherer.at(table).primary_key();
        let same = match key {
            Key::None => true,
            Key::Object(_) => known.is_some_and(|known| **known == *self.keys.names()),
        };
        same.then_some(table)
    }

    /// Whether the name that was written is that of the event before.
    pub(super) fn is_last_name(&self) -> bool {
        self.name == self.last.name
    }

    /// The name that was written.
    pub(super) fn name(&self) -> &str {
        // It was put together from stretches of a message that was checked, and has a quote at its end.
        std::str::from_utf8(&self.name).map_or("", |name| name.strip_suffix('"').unwrap_or(name))
    }

    /// Writes the name of the table of messages that do not say it.
    pub(super) fn use_configured_name(&mut self) {
        let topic = self.topic.split_once('.').map_or(self.topic, |(_, table)| table);
        let name = self.options.table.as_deref().unwrap_or(topic);
        self.name.clear();
        self.name.extend_from_slice(name.as_bytes());
        self.name.push(b'"');
    }

    /// The table of the name that was written.
    fn table(&mut self) -> usize {
        if let Some((table, _)) = self.gatherer.last_table(&self.name) {
            return table;
        }
        let name = std::str::from_utf8(&self.name).unwrap_or_default();
        self.gatherer.table(name.strip_suffix('"').unwrap_or(name), &self.name)
    }

    /// The table of the name that was written, with the types and the key of the message.
    ///
    /// # Errors
    /// The reason where the schema of the message is none.
    pub(super) fn target(&mut self, types: Option<usize>, key: Key) -> Result<usize, String> {
        let mut table = self.table();
        let (token, known) = match (types, self.declared.get(self.name())) {
            (Some(place), _) => (self.schemas.token(place), self.schemas.types(place)?),
            (None, Some(declared)) => (DECLARED, declared.as_slice()),
            (None, None) => (NONE, &[][..]),
        };
        table = self.gatherer.shaped_apart(table, known, token);
        Ok(self.keyed(table, key))
    }

    /// Whether the columns of the primary key are known.
    pub(super) fn knows_key(&self, key: Key) -> bool {
        self.options.primary_key.is_some() || key != Key::None
    }

    fn keyed(&mut self, table: usize, key: Key) -> usize {
        if self.knows_key(key) {
            let names = self.keys.names();
            if self.gatherer.at(table).primary_key().is_none_or(|known| **known != *names) {
                return self.gatherer.keyed(table, names.to_vec(), b"");
            }
        }
        table
    }

    fn apply(&mut self, place: u32, event: Event, record: &Record<'a>) -> Result<(), String> {
        match event {
            Event::Rows { table, kinds, event_time, position, transaction } => {
                let change = Change {
                    event_time,
                    position: position.then_some(&self.position),
                    transaction: transaction.then_some(&self.transaction),
                    ..Change::of(place)
                };
                self.gatherer.at(table).commit(kinds, change);
                self.last.steady = self.is_last_name();
                self.last.schema = self.types;
                std::mem::swap(&mut self.last.name, &mut self.name);
            }
            Event::Truncate { table } => {
                let table = self.gatherer.at(table).name().clone();
                self.gatherer.control(ControlEvent::Truncate { table });
            }
            Event::SchemaChange { tables, ddl } => {
                for table in tables {
                    let table = TableName::new(table);
                    self.gatherer.control(ControlEvent::SchemaChange {
                        table,
                        schema: None,
                        ddl: ddl.clone(),
                    });
                }
            }
            Event::Heartbeat => self.gatherer.control(ControlEvent::Heartbeat),
            Event::Nothing => self.gatherer.roll_back(),
            Event::Tombstone => {
                self.gatherer.roll_back();
                return self.tombstone(place, record);
            }
            Event::Bad(reason) => return Err(reason),
        }
        Ok(())
    }

    /// A message without a value: nothing, or the end of the row of its key.
    fn tombstone(&mut self, place: u32, record: &Record<'a>) -> Result<(), String> {
        if self.options.on_tombstone != Some(OnTombstone::Delete) {
            return Ok(());
        }
        self.gatherer.begin();
        let bytes = record.key.unwrap_or_default();
        self.gatherer.make_room(bytes.len())?;
        let key = self.keys.read(record.key, self.options.primary_key.is_none());
        let Key::Object(at) = key else {
            return Err("the message has no value, and its key is no object that says which row is deleted"
                .to_owned());
        };
        self.use_configured_name();
        // The key has the types that the rows before have, whatever its own schema has beside them.
        let table = self.table();
        let table = if self.gatherer.at(table).has_types() {
            self.keyed(table, key)
        } else {
            let types = self.schema_of_key(bytes);
            self.target(types, key)?
        };
        let row = self.gatherer.at(table).rows();
        super::key::fill(self.gatherer.at(table), row, bytes, at, self.keys.names())?;
        self.gatherer.at(table).commit(&[RowKind::Delete], Change::of(place));
        Ok(())
    }

    /// The schema that stands beside a key, which was read before.
    fn schema_of_key(&mut self, key: &[u8]) -> Option<usize> {
        let mut scanner = Scanner::new(key).ok()?;
        scanner.skip_space();
        let schema = wrapper::find(&mut scanner).ok()??.schema?;
        scanner.go_to(schema);
        self.schemas.read(&mut scanner).ok()?
    }
}
