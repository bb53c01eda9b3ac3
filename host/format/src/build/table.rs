//! The rows of a table that were gathered so far.

use std::ops::Range;
use std::sync::Arc;

use arrow_schema::Field;
use sluicegate_model::{RowKind, TableName};

use super::cells::Cells;
use super::slots::{Slots, SlotsMark};
use super::types::CellType;
use crate::scan::{Fault, Scanner};

/// What a change says besides its images.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change<'a> {
    /// Which record it came from, by its place in the stretch.
    pub(crate) record: u32,
    /// Which change of a record that holds several.
    pub(crate) part: Option<u32>,
    /// When it was made, in microseconds since 1970.
    pub(crate) event_time: Option<i64>,
    /// Its position in the source's own terms.
    pub(crate) position: Option<&'a [u8]>,
    /// The transaction that made it, by the source's name for it.
    pub(crate) transaction: Option<&'a [u8]>,
}

impl Change<'_> {
    /// A change of which no more is known than its record.
    pub(crate) const fn of(record: u32) -> Self {
        Self { record, part: None, event_time: None, position: None, transaction: None }
    }
}

/// A change as it is kept, for the one or two rows that it became.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) record: u32,
    pub(super) part: Option<u32>,
    pub(super) event_time: Option<i64>,
    /// Where in [`Table::texts`] its position is, and its transaction.
    pub(super) position: Option<(u32, u32)>,
    pub(super) transaction: Option<(u32, u32)>,
}

/// Rows of one table under one primary key and one set of types.
#[derive(Debug)]
pub(crate) struct Table {
    pub(super) name: TableName,
    pub(super) primary_key: Option<Arc<[String]>>,
    /// The primary key as it stood in a message: most often the next one has the same.
    key_text: Vec<u8>,
    /// The types that messages brought, and how they stood in the last one that brought any.
    types: Vec<(String, CellType)>,
    types_text: Vec<u8>,
    any_case: bool,
    pub(super) slots: Slots,
    pub(super) kinds: Vec<u8>,
    /// The change of each row, by its place in `changes`.
    pub(super) change_of: Vec<u32>,
    pub(super) changes: Vec<Kept>,
    pub(super) texts: Vec<u8>,
}

/// What there was at a moment, to go back to.
#[derive(Clone, Copy, Debug)]
pub(super) struct TableMark {
    slots: SlotsMark,
    rows: usize,
    changes: usize,
    texts: usize,
    types: usize,
    keyed: bool,
}

impl Table {
    pub(super) fn new(name: TableName, markers: bool, any_case: bool) -> Self {
        Self {
            name,
            primary_key: None,
            key_text: Vec::new(),
            types: Vec::new(),
            types_text: Vec::new(),
            any_case,
            slots: Slots::new(markers, any_case),
            kinds: Vec::new(),
            change_of: Vec::new(),
            changes: Vec::new(),
            texts: Vec::new(),
        }
    }

    /// Rows that are final; the next image may become the row of this number.
    #[inline]
    pub(crate) fn rows(&self) -> usize {
        self.kinds.len()
    }

    /// The primary key as it stands in a message, if it comes next as it stood in the one that set it: its length.
    #[inline]
    pub(crate) fn same_key_text(&self, rest: &[u8]) -> Option<usize> {
        let same =
            self.primary_key.is_some() && !self.key_text.is_empty() && rest.starts_with(&self.key_text);
        same.then_some(self.key_text.len())
    }

    /// The name.
    pub(crate) fn name(&self) -> &TableName {
        &self.name
    }

    /// The primary key.
    pub(crate) fn primary_key(&self) -> Option<&Arc<[String]>> {
        self.primary_key.as_ref()
    }

    /// Sets the primary key of a table that has none yet, or has it in another spelling.
    pub(crate) fn set_primary_key(&mut self, key: Arc<[String]>, text: &[u8]) {
        self.primary_key = Some(key);
        self.key_text.clear();
        self.key_text.extend_from_slice(text);
    }

    /// The primary key by the names of the fields, which a message may spell in other letters.
    pub(super) fn key_as_in(&self, fields: &[Field]) -> Arc<[String]> {
        let Some(key) = &self.primary_key else { return Arc::default() };
        if !self.any_case || key.iter().all(|name| fields.iter().any(|field| field.name() == name)) {
            return Arc::clone(key);
        }
        let spelled = |name: &String| {
            let field = fields.iter().find(|field| field.name().eq_ignore_ascii_case(name));
            field.map_or_else(|| name.clone(), |field| field.name().clone())
        };
        key.iter().map(spelled).collect()
    }

    /// The types as they stand in a message, if they come next as they stood in the last one: their length.
    #[inline]
    pub(crate) fn same_types_text(&self, rest: &[u8]) -> Option<usize> {
        let same = !self.types_text.is_empty() && rest.starts_with(&self.types_text);
        same.then_some(self.types_text.len())
    }

    /// Whether messages brought types, or said that there are none.
    pub(crate) fn has_types(&self) -> bool {
        !self.types_text.is_empty()
    }

    /// The type that messages brought for a column.
    pub(super) fn type_of(&self, column: &str) -> Option<&CellType> {
        let same = |name: &String| {
            if self.any_case { name.eq_ignore_ascii_case(column) } else { name == column }
        };
        self.types.iter().find(|(name, _)| same(name)).map(|(_, known)| known)
    }

    /// Takes the types of a message, where none of them is another than before.
    pub(super) fn take_types(
        &mut self,
        types: Vec<(String, CellType)>,
        text: &[u8],
    ) -> Result<(), Vec<(String, CellType)>> {
        if types.iter().any(|(name, new)| self.type_of(name).is_some_and(|known| !known.fits(new))) {
            return Err(types);
        }
        for (name, new) in types {
            if self.type_of(&name).is_none() {
                self.types.push((name, new));
            }
        }
        self.types_text.clear();
        self.types_text.extend_from_slice(text);
        Ok(())
    }

    /// A table of the same name for the rows that come after, with this one's key and types and without rows.
    pub(super) fn successor(&self, markers: bool) -> Self {
        Self {
            primary_key: self.primary_key.clone(),
            key_text: self.key_text.clone(),
            types: self.types.clone(),
            types_text: self.types_text.clone(),
            ..Self::new(self.name.clone(), markers, self.any_case)
        }
    }

    /// Forgets all types.
    pub(super) fn without_types(mut self) -> Self {
        self.types.clear();
        self.types_text.clear();
        self
    }

    /// Reads an image into the cells of a row that is not final yet. `outer` objects are open around it.
    #[inline]
    pub(crate) fn read(&mut self, row: usize, scanner: &mut Scanner<'_>, outer: u32) -> Result<(), Fault> {
        self.slots.read(row, scanner, outer)
    }

    /// Reads an object of old values over the image in the cells of a row that is not final yet. That row becomes the
    /// old image, the one after it the image that was read.
    pub(crate) fn read_old(
        &mut self,
        row: usize,
        scanner: &mut Scanner<'_>,
        outer: u32,
    ) -> Result<(), Fault> {
        self.slots.read_old(row, scanner, outer)
    }

    /// Reads an object into the cells of a row that is not final yet, but only those of some columns.
    pub(crate) fn read_only(
        &mut self,
        columns: &[String],
        row: usize,
        scanner: &mut Scanner<'_>,
    ) -> Result<(), Fault> {
        self.read_but(|key| !columns.iter().any(|column| column.as_bytes() == key), row, scanner, 0)
    }

    /// Reads an object into the cells of a row that is not final yet, but for the keys that are no columns. `outer`
    /// objects are open around it.
    pub(crate) fn read_but(
        &mut self,
        is_no_column: impl Fn(&[u8]) -> bool,
        row: usize,
        scanner: &mut Scanner<'_>,
        outer: u32,
    ) -> Result<(), Fault> {
        let mut scratch = Vec::new();
        let mut more = scanner.open_object()?;
        while more {
            let key = scanner.string()?;
            let key = scanner.resolve(&key, &mut scratch);
            scanner.colon()?;
            if is_no_column(key) {
                scanner.value(outer + 1)?;
            } else {
                // A stretch of a message that was checked.
                self.slots.column(&String::from_utf8_lossy(key)).read(row, scanner, outer + 1)?;
            }
            more = scanner.next_in_object()?;
        }
        Ok(())
    }

    /// Makes the cells of a row missing that are not of some columns, if none of them says anything.
    pub(crate) fn forget_blank(&mut self, row: usize, but: &[String]) {
        if but.is_empty() {
            return;
        }
        let others = || |column: &&mut Cells| !but.contains(&column.name);
        if self.slots.columns.iter_mut().filter(others()).all(|column| column.is_blank(row)) {
            self.slots.columns.iter_mut().filter(others()).for_each(|column| column.clear(row));
        }
    }

    /// Reads a value into a cell of a row that is not final yet.
    pub(crate) fn read_cell(
        &mut self,
        column: &str,
        row: usize,
        scanner: &mut Scanner<'_>,
    ) -> Result<(), Fault> {
        self.slots.column(column).read(row, scanner, 1)
    }

    /// Takes text as a cell of a row that is not final yet.
    pub(crate) fn set_text(&mut self, column: &str, row: usize, text: &[u8]) {
        self.slots.column(column).set_text(row, text);
    }

    /// Takes names of columns whose cells are then set by the places of the names.
    #[inline]
    pub(crate) fn list(&mut self, names: &Arc<[String]>) {
        self.slots.list(names);
    }

    /// Takes text as a cell of a row that is not final yet, of a column that was listed: a stretch of a message.
    #[inline]
    pub(crate) fn set_listed(&mut self, place: usize, row: usize, message: &[u8], stretch: Range<usize>) {
        if let Some(column) = self.slots.listed(place) {
            column.set_stretch(row, message, stretch);
        }
    }

    /// Takes NULL as a cell of a row that is not final yet, of a column that was listed.
    pub(crate) fn set_listed_null(&mut self, place: usize, row: usize) {
        if let Some(column) = self.slots.listed(place) {
            column.set_null(row);
        }
    }

    /// Makes a cell of a row that is not final yet missing, of a column that was listed.
    pub(crate) fn set_listed_missing(&mut self, place: usize, row: usize) {
        if let Some(column) = self.slots.listed(place) {
            column.set_missing(row);
        }
    }

    /// Names a column before any message does.
    pub(super) fn spell(&mut self, column: &str) {
        self.slots.column(column);
    }

    /// Whether a row has a cell with a value in a column.
    pub(crate) fn has_value(&mut self, column: &str, row: usize) -> bool {
        self.slots.column(column).has_value(row)
    }

    /// Makes the rows that were read final, as one change: a row, or the two of a pair.
    #[inline]
    pub(crate) fn commit(&mut self, kinds: &[RowKind], change: Change<'_>) {
        let mut keep = |text: &[u8]| {
            let start = self.texts.len() as u32;
            self.texts.extend_from_slice(text);
            (start, self.texts.len() as u32)
        };
        let position = change.position.map(&mut keep);
        let transaction = change.transaction.map(&mut keep);
        let place = self.changes.len() as u32;
        let Change { record, part, event_time, .. } = change;
        self.changes.push(Kept { record, part, event_time, position, transaction });
        for kind in kinds {
            self.kinds.push(kind.code());
            self.change_of.push(place);
        }
    }

    pub(super) fn mark(&self) -> TableMark {
        TableMark {
            slots: self.slots.mark(),
            rows: self.kinds.len(),
            changes: self.changes.len(),
            texts: self.texts.len(),
            types: self.types.len(),
            keyed: self.primary_key.is_some(),
        }
    }

    /// Takes back everything since the mark, final or not.
    pub(super) fn roll_back(&mut self, mark: TableMark) {
        self.slots.roll_back(mark.slots, mark.rows);
        self.kinds.truncate(mark.rows);
        self.change_of.truncate(mark.rows);
        self.changes.truncate(mark.changes);
        self.texts.truncate(mark.texts);
        if self.types.len() > mark.types {
            self.types.truncate(mark.types);
            self.types_text.clear();
        }
        if !mark.keyed {
            self.primary_key = None;
        }
    }
}
