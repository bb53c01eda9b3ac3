//! An event from its parts.

use serde::Deserialize;
use sluicegate_model::RowKind;

use super::document::{Document, Envelope, Event, Op};
use super::key::{self, Key};
use crate::envelope::{Image, Stop, read_passed};
use crate::scan::Text;

const PAIR: &[RowKind] = &[RowKind::UpdateBefore, RowKind::UpdateAfter];

impl Document<'_, '_, '_, '_> {
    /// Puts the parts of an event together that was read to its end.
    pub(super) fn finish(&mut self, start: usize) -> Result<Event, Stop> {
        if self.envelope.flat.op.is_some() || self.envelope.flat.deleted.is_some() {
            return self.flat(start);
        }
        if let Some(reason) = self.envelope.bad.take() {
            return Ok(Event::Bad(reason));
        }
        match self.envelope.op {
            Some(Op::Message) => Ok(Event::Nothing),
            Some(op) => self.change(start, op),
            None => Ok(self.other(start)),
        }
    }

    fn change(&mut self, start: usize, op: Op) -> Result<Event, Stop> {
        let end = self.scanner.at();
        let Some(source) = self.envelope.source.take().filter(super::source::Source::has_table) else {
            return Ok(Event::Bad(format!("byte {start}: the event has no `source` that names a table")));
        };
        source.write_name(self.scanner, &mut self.stretch.name, &mut self.stretch.scratch);
        let Envelope { before, after, .. } = self.envelope;
        let table = match self.guess {
            Some(guess) if self.stretch.is_last_name() => guess,
            Some(_) if before == Image::Read || after == Image::Read => return Err(Stop::Again),
            _ => match self.stretch.target(self.types, self.key) {
                Ok(table) => table,
                Err(reason) => return Ok(Event::Bad(format!("byte {start}: {reason}"))),
            },
        };

        let (kinds, images): (&'static [RowKind], _) = match (op, before, after) {
            (Op::Create | Op::Update, _, Image::None) => {
                let what = "the event has no `after`, which an insert or update needs";
                return Ok(Event::Bad(format!("byte {start}: {what}")));
            }
            // What would not be asked for stands in the cells of the row.
            (Op::Create, Image::Read, _) | (Op::Delete, _, Image::Read) => return Err(Stop::Again),
            (Op::Truncate, ..) if before == Image::Read || after == Image::Read => return Err(Stop::Again),
            (Op::Create, _, after) => (&[RowKind::Insert], [Image::None, after]),
            (Op::Update, Image::None, after) => (&[RowKind::UpdateAfter], [Image::None, after]),
            (Op::Update, before, after) => (PAIR, [before, after]),
            (Op::Delete, before, _) => (&[RowKind::Delete], [before, Image::None]),
            (Op::Truncate | Op::Message, ..) => return Ok(Event::Truncate { table }),
        };
        read_passed(images, self.stretch.gatherer.at(table), self.scanner, self.outer)?;
        self.scanner.go_to(end);

        let row = self.stretch.gatherer.at(table).rows();
        if before != Image::None
            && op != Op::Create
            && source.blank_images
            && self.stretch.knows_key(self.key)
        {
            self.stretch.gatherer.at(table).forget_blank(row, self.stretch.keys.names());
        }
        if op == Op::Delete
            && let Err(reason) = self.fill_from_key(table, row, before == Image::None)
        {
            return Ok(Event::Bad(format!("byte {start}: {reason}")));
        }
        let event_time =
            source.times.micros(self.scanner).or_else(|| self.envelope.times.micros(self.scanner));
        let position =
            source.write_position(self.scanner, &mut self.stretch.position, &mut self.stretch.scratch);
        let transaction = self.envelope.transaction.take();
        let transaction = self.keep_transaction(transaction.as_ref().or_else(|| source.transaction()));
        Ok(Event::Rows { table, kinds, event_time, position, transaction })
    }

    /// Writes a transaction down, if there is one.
    pub(super) fn keep_transaction(&mut self, name: Option<&Text>) -> bool {
        if let Some(name) = name {
            let name = self.scanner.resolve(name, &mut self.stretch.scratch);
            self.stretch.transaction.clear();
            self.stretch.transaction.extend_from_slice(name);
        }
        name.is_some()
    }

    /// Reads what a deleted row's key has and its image lacks.
    pub(super) fn fill_from_key(&mut self, table: usize, row: usize, needed: bool) -> Result<(), String> {
        let names = self.stretch.keys.names();
        match self.key {
            Key::Object(at) if !names.is_empty() => {
                let table = self.stretch.gatherer.at(table);
                let filled = key::fill(table, row, self.key_bytes, at, names);
                // An image that was there says which row it is, all the same.
                if needed { filled } else { Ok(()) }
            }
            _ if needed => Err(
                "the event deletes a row and has no `before`, and the key of the message does not say which \
                                row it is"
                    .to_owned(),
            ),
            _ => Ok(()),
        }
    }

    /// What is no change of a row.
    #[cold]
    fn other(&mut self, start: usize) -> Event {
        let Envelope { before, after, .. } = self.envelope;
        if before != Image::None || after != Image::None {
            return Event::Bad(format!("byte {start}: the event has no `op`"));
        }
        if self.envelope.ddl.is_some() || self.envelope.table_changes.is_some() {
            return self.schema_change();
        }
        if self.envelope.status {
            return Event::Nothing;
        }
        if self.envelope.times.is_some() && !self.envelope.more && self.envelope.source.is_none() {
            return Event::Heartbeat;
        }
        Event::Bad(format!("byte {start}: the message is no event: it has no `op`"))
    }

    fn schema_change(&mut self) -> Event {
        let text = |text: &Text| {
            let mut scratch = Vec::new();
            String::from_utf8_lossy(self.scanner.resolve(text, &mut scratch)).into_owned()
        };
        let mut tables = self.envelope.table_changes.map_or_else(Vec::new, |at| {
            let mut scanner = self.scanner.clone();
            scanner.go_to(at);
            let range = scanner.value(self.outer).unwrap_or_default();
            changed_tables(&scanner.bytes()[range])
        });
        if tables.is_empty() {
            // A change of the database, or one of a table that the connector does not read.
            let source = self.envelope.source.take().filter(super::source::Source::has_table);
            tables.push(if let Some(source) = source {
                source.write_name(self.scanner, &mut self.stretch.name, &mut self.stretch.scratch);
                self.stretch.name().to_owned()
            } else {
                let parts = [&self.envelope.database, &self.envelope.schema];
                parts.into_iter().flatten().map(text).collect::<Vec<_>>().join(".")
            });
        }
        Event::SchemaChange { tables, ddl: self.envelope.ddl.as_ref().map(text) }
    }
}

/// The tables of `tableChanges`, whose ids are `"db"."table"`.
fn changed_tables(json: &[u8]) -> Vec<String> {
    #[derive(Deserialize)]
    struct Change {
        id: Option<String>,
    }
    let changes: Vec<Change> = serde_json::from_slice(json).unwrap_or_default();
    changes.into_iter().filter_map(|change| Some(change.id?.replace('"', ""))).collect()
}
