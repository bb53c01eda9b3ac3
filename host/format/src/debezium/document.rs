//! The parts of an event.
//!
//! Debezium writes the images before what they are images of. So they are read straight into the columns of the table
//! of the event before, which nearly always is theirs; where it turns out that it is not, all of it is taken back and
//! the event is read again with every image at the end.

use sluicegate_model::RowKind;

use super::decode::Stretch;
use super::key::Key;
use super::source::{self, Source, Times};
use crate::envelope::{Image, Stop};
use crate::scan::{Fault, Scanner, Text, excerpt_of_json};

/// What an event is once it was read. Its rows are in their table, not final yet.
pub(super) enum Event {
    /// A row, or the two of a pair; when it was made, and whether a position and a transaction were written down.
    Rows {
        table: usize,
        kinds: &'static [RowKind],
        event_time: Option<i64>,
        position: bool,
        transaction: bool,
    },
    /// All rows of a table are gone.
    Truncate { table: usize },
    /// The schema of some tables changed.
    SchemaChange { tables: Vec<String>, ddl: Option<String> },
    /// The connector is alive.
    Heartbeat,
    /// What is no row and no change of a schema: a logical message, the beginning or end of a transaction.
    Nothing,
    /// There is a wrapper and nothing in it.
    Tombstone,
    /// It is JSON, but no event.
    Bad(String),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Create,
    Update,
    Delete,
    Truncate,
    Message,
}

/// What was found so far.
#[derive(Default)]
pub(super) struct Envelope {
    pub(super) before: Image,
    pub(super) after: Image,
    pub(super) op: Option<Op>,
    pub(super) source: Option<Source>,
    pub(super) times: Times,
    pub(super) transaction: Option<Text>,
    /// The parts of a change of a schema.
    pub(super) ddl: Option<Text>,
    pub(super) table_changes: Option<usize>,
    pub(super) database: Option<Text>,
    pub(super) schema: Option<Text>,
    /// That there is the `status` of a transaction.
    pub(super) status: bool,
    /// That there is something that a heartbeat does not have.
    pub(super) more: bool,
    /// What a flattened record says about its row, besides the columns.
    pub(super) flat: Flat,
    pub(super) bad: Option<String>,
}

/// The fields that `ExtractNewRecordState` adds to a row.
#[derive(Default)]
pub(super) struct Flat {
    pub(super) op: Option<Text>,
    pub(super) deleted: Option<bool>,
    pub(super) source: Source,
}

pub(super) struct Document<'s, 'm, 't, 'r> {
    pub(super) scanner: &'s mut Scanner<'m>,
    pub(super) stretch: &'t mut Stretch<'r>,
    /// Objects that are open around the values of the event.
    pub(super) outer: u32,
    /// The table that the images are read into as they come; none where they are passed.
    pub(super) guess: Option<usize>,
    /// The place of the event's schema.
    pub(super) types: Option<usize>,
    pub(super) key: Key,
    pub(super) key_bytes: &'m [u8],
    pub(super) envelope: Envelope,
}

impl Document<'_, '_, '_, '_> {
    /// Reads the event that comes next.
    pub(super) fn read(mut self) -> Result<Event, Stop> {
        let start = self.scanner.at();
        let mut scratch = Vec::new();
        let mut more = self.scanner.open_object()?;
        while more {
            let key = self.scanner.string()?;
            self.scanner.colon()?;
            match self.scanner.resolve(&key, &mut scratch) {
                b"before" => self.before()?,
                b"after" => self.after()?,
                b"source" => self.source()?,
                b"op" => self.op()?,
                b"ts_ms" => self.envelope.times.ms = source::text(self.scanner, self.outer)?,
                b"ts_us" => self.envelope.times.us = source::text(self.scanner, self.outer)?,
                b"ts_ns" => self.envelope.times.ns = source::text(self.scanner, self.outer)?,
                b"transaction" => self.transaction()?,
                name => {
                    self.envelope.more = true;
                    let name = name.to_vec();
                    self.rare(&name)?;
                }
            }
            more = self.scanner.next_in_object()?;
        }
        self.finish(start)
    }

    /// What rows of tables do not have.
    #[cold]
    fn rare(&mut self, name: &[u8]) -> Result<(), Stop> {
        let Envelope { ddl, database, schema, flat, .. } = &mut self.envelope;
        let place = match name {
            b"ddl" => ddl,
            b"databaseName" => database,
            b"schemaName" => schema,
            b"tableChanges" => {
                self.envelope.table_changes = Some(self.scanner.at());
                self.scanner.value(self.outer)?;
                return Ok(());
            }
            b"status" => {
                self.envelope.status = true;
                self.scanner.value(self.outer)?;
                return Ok(());
            }
            b"__deleted" => {
                flat.deleted =
                    Some(matches!(self.scanner.peek(), b't') || self.scanner.rest().starts_with(b"\"true\""));
                self.scanner.value(self.outer)?;
                return Ok(());
            }
            b"__op" => &mut flat.op,
            name => {
                let Some(place) = added(name).and_then(|name| flat.source.place(name)) else {
                    self.scanner.value(self.outer)?;
                    return Ok(());
                };
                place
            }
        };
        *place = source::text(self.scanner, self.outer)?;
        Ok(())
    }

    fn before(&mut self) -> Result<(), Stop> {
        let Envelope { before, after, .. } = self.envelope;
        // One that comes twice, or after the image that follows it.
        if before == Image::Read || after == Image::Read && self.scanner.peek() == b'{' {
            return Err(Stop::Again);
        }
        self.envelope.before = self.image("before", 0)?;
        Ok(())
    }

    fn after(&mut self) -> Result<(), Stop> {
        let Envelope { before, after, .. } = self.envelope;
        if after == Image::Read {
            return Err(Stop::Again);
        }
        self.envelope.after = self.image("after", usize::from(before == Image::Read))?;
        Ok(())
    }

    /// Reads or passes an image: into the next row of the table that was guessed, or the one after it.
    fn image(&mut self, key: &'static str, row: usize) -> Result<Image, Stop> {
        let at = self.scanner.at();
        match (self.scanner.peek(), self.guess) {
            (b'n', _) => {
                self.scanner.literal(b"null")?;
                Ok(Image::None)
            }
            (b'{', Some(table)) => {
                self.read_image(table, row)?;
                Ok(Image::Read)
            }
            (first, _) => {
                self.scanner.value(self.outer)?;
                if first == b'{' {
                    return Ok(Image::At(at));
                }
                self.bad(at, format_args!("`{key}` is neither an object nor null"));
                Ok(Image::None)
            }
        }
    }

    fn read_image(&mut self, table: usize, row: usize) -> Result<(), Fault> {
        let table = self.stretch.gatherer.at(table);
        let row = table.rows() + row;
        table.read(row, self.scanner, self.outer)
    }

    fn source(&mut self) -> Result<(), Fault> {
        self.envelope.source = if self.scanner.peek() == b'{' {
            Some(Source::read(self.scanner, self.outer)?)
        } else {
            self.scanner.value(self.outer)?;
            None
        };
        Ok(())
    }

    fn op(&mut self) -> Result<(), Fault> {
        let at = self.scanner.at();
        let range = self.scanner.value(self.outer)?;
        self.envelope.op = match &self.scanner.bytes()[range] {
            b"\"c\"" | b"\"r\"" => Some(Op::Create),
            b"\"u\"" => Some(Op::Update),
            b"\"d\"" => Some(Op::Delete),
            b"\"t\"" => Some(Op::Truncate),
            b"\"m\"" => Some(Op::Message),
            b"null" => None,
            other => {
                let found = excerpt_of_json(other);
                self.bad(
                    at,
                    format_args!("`op` is {found}: \"c\", \"u\", \"d\", \"r\", \"t\" and \"m\" are known"),
                );
                None
            }
        };
        Ok(())
    }

    fn transaction(&mut self) -> Result<(), Fault> {
        self.envelope.transaction = None;
        if self.scanner.peek() != b'{' {
            self.scanner.value(self.outer)?;
            return Ok(());
        }
        let mut more = self.scanner.open_object()?;
        while more {
            let key = self.scanner.string()?;
            self.scanner.colon()?;
            if &self.scanner.bytes()[key.range] == b"id" {
                self.envelope.transaction = source::text(self.scanner, self.outer + 1)?;
            } else {
                self.scanner.value(self.outer + 1)?;
            }
            more = self.scanner.next_in_object()?;
        }
        Ok(())
    }

    #[cold]
    pub(super) fn bad(&mut self, at: usize, what: impl std::fmt::Display) {
        self.envelope.bad.get_or_insert_with(|| format!("byte {at}: {what}"));
    }
}

/// The name that a field added to a flattened record has in the event: `__source_ts_ms` and `__ts_ms` are `ts_ms`.
pub(super) fn added(name: &[u8]) -> Option<&[u8]> {
    let name = name.strip_prefix(b"__")?;
    Some(name.strip_prefix(b"source_").unwrap_or(name))
}
