//! The columns of a table by name.

use std::sync::Arc;

use hashbrown::HashMap;

use crate::scan::{Expected, Fault, Scanner};

use super::cells::Cells;

/// No slot, no column.
const NONE: u32 = u32::MAX;

/// What a key of `ogg-json` ends with that says whether its column is missing.
const MARKER: &[u8] = b"_isMissing";

/// More columns than any table of a database has: a bound for messages whose keys are data.
const MAX_SLOTS: usize = 8_192;

/// A key that was seen in an object of the table.
#[derive(Debug)]
struct Slot {
    /// The key as it stands in a message, in quotes, with the colon behind it. Nothing begins with that of a key that
    /// needs escapes.
    quoted: Expected,
    name: Box<[u8]>,
    /// Its column, once it had a value.
    column: u32,
    /// The slot of the key that came after this one the last time.
    next: u32,
    /// The slot that this key says is missing or not.
    marks: u32,
}

/// The columns of a table, found by key. A key is first compared with the one that followed its predecessor in the
/// object before, which is nearly always right; else it is looked up.
#[derive(Debug)]
pub(super) struct Slots {
    pub(super) columns: Vec<Cells>,
    keys: Vec<Slot>,
    by_name: HashMap<Box<[u8]>, u32>,
    first: u32,
    markers: bool,
    any_case: bool,
    marked: Vec<u32>,
    /// The slot of the column that was asked for last by its name.
    asked: u32,
    /// Names whose columns are asked for by their places, and those columns.
    listed: Option<(Arc<[String]>, Vec<u32>)>,
    scratch: Vec<u8>,
    /// A cell on its way from one row to the next.
    old: Vec<u8>,
}

/// What there was at a moment, to go back to.
#[derive(Clone, Copy, Debug)]
pub(super) struct SlotsMark {
    columns: usize,
    keys: usize,
}

impl Slots {
    /// No columns. `markers`: whether keys that end with `_isMissing` and have a boolean are no columns. `any_case`:
    /// whether keys that differ in the case of their letters are one column, under the name that came first.
    pub(super) fn new(markers: bool, any_case: bool) -> Self {
        Self {
            columns: Vec::new(),
            keys: Vec::new(),
            by_name: HashMap::new(),
            first: NONE,
            markers,
            any_case,
            marked: Vec::new(),
            asked: NONE,
            listed: None,
            scratch: Vec::new(),
            old: Vec::new(),
        }
    }

    /// Reads an object into the cells of `row`. `outer` objects are open around it.
    pub(super) fn read(&mut self, row: usize, scanner: &mut Scanner<'_>, outer: u32) -> Result<(), Fault> {
        let mut last = NONE;
        self.marked.clear();
        let mut more = scanner.open_object()?;
        while more {
            let place = self.key(last, scanner)?;
            last = place;
            let slot = &self.keys[place as usize];
            if slot.marks != NONE && matches!(scanner.peek(), b't' | b'f') {
                if scanner.eat_known(b"true") {
                    self.marked.push(slot.marks);
                } else {
                    scanner.literal(b"false")?;
                }
            } else {
                let column = if slot.column == NONE { self.add_column(place) } else { slot.column };
                self.columns[column as usize].read(row, scanner, outer + 1)?;
            }
            more = scanner.next_in_object()?;
        }
        if !self.marked.is_empty() {
            self.clear_marked(row);
        }
        Ok(())
    }

    /// Reads an object of old values over the image in the cells of `row`, which becomes the old image; the image as
    /// it was becomes the next row. Either row lacks the columns that only the other has.
    pub(super) fn read_old(
        &mut self,
        row: usize,
        scanner: &mut Scanner<'_>,
        outer: u32,
    ) -> Result<(), Fault> {
        let mut last = NONE;
        let mut more = scanner.open_object()?;
        while more {
            let place = self.key(last, scanner)?;
            last = place;
            let column = match self.keys[place as usize].column {
                NONE => self.add_column(place),
                column => column,
            };
            self.columns[column as usize].read_old(row, scanner, outer + 1, &mut self.old)?;
            more = scanner.next_in_object()?;
        }
        for column in &mut self.columns {
            column.repeat(row);
        }
        Ok(())
    }

    /// The column of a name, made if there is none. Columns are asked for in turn: the one after the last, or the first
    /// one again.
    #[inline]
    pub(super) fn column(&mut self, name: &str) -> &mut Cells {
        let is_of =
            |place: &u32| self.keys.get(*place as usize).is_some_and(|slot| *slot.name == *name.as_bytes());
        let next = Some(self.asked.wrapping_add(1)).filter(is_of).or_else(|| Some(0).filter(is_of));
        let place = next.unwrap_or_else(|| self.place_of(name.as_bytes()));
        self.asked = place;
        let column = match self.keys[place as usize].column {
            NONE => self.add_column(place),
            column => column,
        };
        &mut self.columns[column as usize]
    }

    /// Takes names whose columns [`Slots::listed`] gives.
    #[inline]
    pub(super) fn list(&mut self, names: &Arc<[String]>) {
        if !self.listed.as_ref().is_some_and(|(listed, _)| Arc::ptr_eq(listed, names)) {
            self.listed = Some((Arc::clone(names), vec![NONE; names.len()]));
        }
    }

    /// The column of the name at a place of those that were listed, made if there is none.
    #[inline]
    pub(super) fn listed(&mut self, place: usize) -> Option<&mut Cells> {
        let (names, columns) = self.listed.as_ref()?;
        let mut column = *columns.get(place)?;
        if column == NONE {
            let names = Arc::clone(names);
            let slot = self.place_of(names[place].as_bytes());
            column = match self.keys[slot as usize].column {
                NONE => self.add_column(slot),
                column => column,
            };
            self.listed.as_mut()?.1[place] = column;
        }
        self.columns.get_mut(column as usize)
    }

    pub(super) fn mark(&self) -> SlotsMark {
        SlotsMark { columns: self.columns.len(), keys: self.keys.len() }
    }

    /// Takes back all columns since the mark, and all cells from `rows` on.
    pub(super) fn roll_back(&mut self, mark: SlotsMark, rows: usize) {
        self.listed = None;
        self.columns.truncate(mark.columns);
        for column in &mut self.columns {
            column.truncate(rows);
        }
        for slot in self.keys.drain(mark.keys..) {
            self.by_name.remove(&slot.name);
        }
        for slot in &mut self.keys {
            if slot.column != NONE && slot.column as usize >= mark.columns {
                slot.column = NONE;
            }
        }
    }

    /// Passes the key that comes next, after that of `last`, and its colon: its slot.
    #[inline]
    fn key(&mut self, last: u32, scanner: &mut Scanner<'_>) -> Result<u32, Fault> {
        let expected = self.keys.get(last as usize).map_or(self.first, |slot| slot.next);
        if let Some(slot) = self.keys.get(expected as usize)
            && scanner.eat_expected(&slot.quoted)
        {
            scanner.skip_space();
            return Ok(expected);
        }
        let place = self.look_up(scanner)?;
        match self.keys.get_mut(last as usize) {
            Some(slot) => slot.next = place,
            None => self.first = place,
        }
        Ok(place)
    }

    #[cold]
    fn look_up(&mut self, scanner: &mut Scanner<'_>) -> Result<u32, Fault> {
        let at = scanner.at();
        let text = scanner.string()?;
        let mut scratch = std::mem::take(&mut self.scratch);
        let place = self.place_of(scanner.resolve(&text, &mut scratch));
        self.scratch = scratch;
        scanner.colon()?;
        if self.keys.len() > MAX_SLOTS {
            return Err(Fault { at, what: "the objects of one table have more than 8192 different keys" });
        }
        Ok(place)
    }

    fn place_of(&mut self, name: &[u8]) -> u32 {
        if let Some(&place) = self.by_name.get(name) {
            return place;
        }
        let marks = match name.strip_suffix(MARKER) {
            Some(base) if self.markers && !base.is_empty() => match self.by_name.get(base) {
                Some(&place) => place,
                None => self.add_slot(base, NONE),
            },
            _ => NONE,
        };
        self.add_slot(name, marks)
    }

    fn add_slot(&mut self, name: &[u8], marks: u32) -> u32 {
        let place = self.keys.len() as u32;
        let plain = !name.iter().any(|byte| matches!(byte, b'"' | b'\\' | 0..0x20));
        let quoted = Expected::new(if plain { [b"\"", name, b"\":"].concat() } else { vec![0] });
        self.by_name.insert(name.into(), place);
        self.keys.push(Slot { quoted, name: name.into(), column: NONE, next: NONE, marks });
        place
    }

    #[cold]
    fn add_column(&mut self, place: u32) -> u32 {
        let slot = &mut self.keys[place as usize];
        if self.any_case
            && let Some(known) =
                self.columns.iter().position(|column| column.name.as_bytes().eq_ignore_ascii_case(&slot.name))
        {
            slot.column = known as u32;
            return slot.column;
        }
        slot.column = self.columns.len() as u32;
        // Keys are stretches of a message that was checked, or characters that escapes stood for.
        self.columns.push(Cells::new(String::from_utf8_lossy(&slot.name).into_owned()));
        slot.column
    }

    fn clear_marked(&mut self, row: usize) {
        for place in &self.marked {
            let column = self.keys[*place as usize].column;
            if let Some(column) = self.columns.get_mut(column as usize) {
                column.set_missing(row);
            }
        }
    }
}
