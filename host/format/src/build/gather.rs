//! The tables of a stretch of a lane, and the way back.

use std::sync::Arc;

use hashbrown::HashMap;
use sluicegate_model::{ControlEvent, Decoded, Item, RowReject, TableName};

use super::table::{Table, TableMark};
use super::types::{CellType, Dialect};
use crate::options::DeclaredTypes;
use crate::{LaneInfo, Record};

/// Message bytes after which tables are cut: far below the 2 GiB that the offsets of a column can count.
const MAX_BYTES: usize = 1 << 30;

/// Gathers the rows of a stretch of a lane by table.
pub(crate) struct Gatherer<'a> {
    pub(super) lane: LaneInfo<'a>,
    pub(super) records: &'a [Record<'a>],
    pub(super) declared: Option<&'a DeclaredTypes>,
    pub(super) dialect: Dialect,
    markers: bool,
    /// In order of first appearance. One table may be here more than once, under different primary keys or types: then
    /// only the last of them gets more rows, so that the order of its rows is kept.
    tables: Vec<Table>,
    by_name: HashMap<TableName, usize>,
    /// The table that was asked for last, and how its name stood in the message.
    last: usize,
    last_text: Vec<u8>,
    /// What has to be taken back if the current change is bad.
    journal: Vec<(usize, TableMark)>,
    tables_before: usize,
    bytes: usize,
    decoded: Decoded,
}

impl<'a> Gatherer<'a> {
    /// Nothing yet. `markers`: see `Slots::new`.
    pub(crate) fn new(
        lane: &LaneInfo<'a>,
        records: &'a [Record<'a>],
        declared: Option<&'a DeclaredTypes>,
        markers: bool,
    ) -> Self {
        Self {
            lane: *lane,
            records,
            declared,
            dialect: Dialect::default(),
            markers,
            tables: Vec::new(),
            by_name: HashMap::new(),
            last: 0,
            last_text: Vec::new(),
            journal: Vec::new(),
            tables_before: 0,
            bytes: 0,
            decoded: Decoded::default(),
        }
    }

    /// The same, for a format that writes values in its own way.
    pub(crate) fn speaking(self, dialect: Dialect) -> Self {
        Self { dialect, ..self }
    }

    /// Makes room for a message.
    ///
    /// # Errors
    /// For one that no batch could hold.
    pub(crate) fn make_room(&mut self, bytes: usize) -> Result<(), String> {
        if bytes > MAX_BYTES {
            return Err(format!("the message has {bytes} bytes, more than the {MAX_BYTES} that are read"));
        }
        if self.bytes + bytes > MAX_BYTES {
            self.flush();
        }
        self.bytes += bytes;
        Ok(())
    }

    /// Begins a change: [`Gatherer::roll_back`] takes back everything from here on.
    #[inline]
    pub(crate) fn begin(&mut self) {
        self.journal.clear();
        self.tables_before = self.tables.len();
    }

    /// Takes back everything since [`Gatherer::begin`].
    #[cold]
    pub(crate) fn roll_back(&mut self) {
        for (table, mark) in std::mem::take(&mut self.journal).into_iter().rev() {
            if table < self.tables_before {
                self.tables[table].roll_back(mark);
            }
        }
        self.tables.truncate(self.tables_before);
        self.by_name =
            self.tables.iter().enumerate().map(|(place, table)| (table.name.clone(), place)).collect();
        self.last_text.clear();
    }

    /// The table that was asked for last, if its name comes next as it stood then.
    #[inline]
    pub(crate) fn last_table(&mut self, rest: &[u8]) -> Option<(usize, usize)> {
        if self.last_text.is_empty() || !rest.starts_with(&self.last_text) {
            return None;
        }
        self.journal.push((self.last, self.tables[self.last].mark()));
        Some((self.last, self.last_text.len()))
    }

    /// The table of a name. `text` is how it stands in the message, its end marked by a quote; it may be empty.
    pub(crate) fn table(&mut self, name: &str, text: &[u8]) -> usize {
        let name = TableName::from(name);
        let place = if let Some(&place) = self.by_name.get(&name) {
            place
        } else {
            let mut table = Table::new(name, self.markers, self.dialect.any_case);
            self.declare(&mut table);
            self.add(table)
        };
        self.remember(place, text);
        self.journal.push((place, self.tables[place].mark()));
        place
    }

    /// Begins a row of a table whose primary key is known beforehand.
    #[inline]
    pub(crate) fn begin_row_of(&mut self, name: &str, primary_key: &Arc<[String]>) -> &mut Table {
        self.begin();
        // Without a quote at its end, a name is known again only where it is all of the text.
        let known = self.last_table(name.as_bytes()).filter(|(_, length)| *length == name.len());
        let place = match known {
            Some((place, _)) => place,
            None => self.table(name, name.as_bytes()),
        };
        let table = self.at(place);
        if table.primary_key().is_none() {
            table.set_primary_key(Arc::clone(primary_key), b"");
        }
        table
    }

    /// The table, with a primary key: the same, or a new one where the rows before have another key.
    pub(crate) fn keyed(&mut self, place: usize, key: Vec<String>, text: &[u8]) -> usize {
        let any_case = self.dialect.any_case;
        let same = |known: &[String]| {
            let equal = |(a, b): (&String, &String)| a == b || (any_case && a.eq_ignore_ascii_case(b));
            known.len() == key.len() && known.iter().zip(&key).all(equal)
        };
        let table = &mut self.tables[place];
        match table.primary_key() {
            Some(known) if !same(known) => {
                let mut table = table.successor(self.markers);
                table.set_primary_key(key.into(), text);
                self.succeed(table)
            }
            Some(known) => {
                let known = Arc::clone(known);
                table.set_primary_key(known, text);
                place
            }
            None => {
                table.set_primary_key(key.into(), text);
                place
            }
        }
    }

    /// The table, with the types that a message says: the same, or a new one where the rows before have a column of
    /// another type. What the message does not name keeps its type. `text` is how the types stand in the message, its
    /// end marked by a bracket.
    pub(crate) fn shaped(&mut self, place: usize, types: Vec<(String, CellType)>, text: &[u8]) -> usize {
        let Err(types) = self.tables[place].take_types(types, text) else { return place };
        let mut table = self.tables[place].successor(self.markers).without_types();
        // A table without types has none that could be another.
        let _ = table.take_types(types, text);
        self.succeed(table)
    }

    /// The table, with the types that a message says: the same, or a new one where the rows before came under another
    /// text, for only that text tells how their values are read.
    pub(crate) fn shaped_apart(&mut self, place: usize, types: &[(String, CellType)], text: &[u8]) -> usize {
        let known = &mut self.tables[place];
        if known.same_types_text(text).is_some() {
            return place;
        }
        if known.rows() == 0 && !known.has_types() {
            // There is none that could be another.
            let _ = known.take_types(types.to_vec(), text);
            return place;
        }
        let mut table = known.successor(self.markers).without_types();
        let _ = table.take_types(types.to_vec(), text);
        self.succeed(table)
    }

    /// A table by its place.
    #[inline]
    pub(crate) fn at(&mut self, place: usize) -> &mut Table {
        &mut self.tables[place]
    }

    /// Takes back everything since [`Gatherer::begin`], and puts a record aside, or one change of it.
    #[cold]
    pub(crate) fn reject(&mut self, record: u32, part: Option<u32>, reason: impl Into<String>) {
        self.roll_back();
        let ordinal = self.records[record as usize].ordinal;
        self.decoded.rejects.push(RowReject { ordinal, part, reason: reason.into() });
    }

    /// An event, after all rows that are final.
    pub(crate) fn control(&mut self, event: ControlEvent) {
        self.flush();
        self.decoded.items.push(Item::Control(event));
    }

    /// What became of the stretch.
    pub(crate) fn finish(mut self) -> Decoded {
        self.flush();
        // Those of cells that are not of their declared type came late.
        self.decoded.rejects.sort_by_key(|reject| (reject.ordinal, reject.part));
        self.decoded
    }

    /// Puts a table in the place of the one that was asked for last.
    fn succeed(&mut self, mut table: Table) -> usize {
        self.declare(&mut table);
        let text = std::mem::take(&mut self.last_text);
        let place = self.add(table);
        self.remember(place, &text);
        place
    }

    /// Where names are one in any case, those that were declared say how they are spelled.
    fn declare(&self, table: &mut Table) {
        if self.dialect.any_case
            && let Some(columns) = self.declared.and_then(|declared| declared.get(table.name.as_str()))
        {
            for column in columns.keys() {
                table.spell(column);
            }
        }
    }

    fn add(&mut self, table: Table) -> usize {
        let place = self.tables.len();
        self.by_name.insert(table.name.clone(), place);
        self.tables.push(table);
        place
    }

    fn remember(&mut self, place: usize, text: &[u8]) {
        self.last = place;
        self.last_text.clear();
        self.last_text.extend_from_slice(text);
    }

    fn flush(&mut self) {
        for table in std::mem::take(&mut self.tables) {
            if table.rows() > 0 {
                let (batch, rejects) = self.batch(table);
                self.decoded.items.extend(batch.map(Item::Rows));
                self.decoded.rejects.extend(rejects);
            }
        }
        self.by_name.clear();
        self.last_text.clear();
        self.bytes = 0;
        self.begin();
    }
}
