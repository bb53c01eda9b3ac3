//! A column that grows.

use std::ops::Range;

use crate::scan::{Fault, Scanner, unescape};

/// What is in a cell, a bit each, so that the kinds of a whole column are one `or`.
pub(super) mod tag {
    pub const MISSING: u8 = 1;
    pub const NULL: u8 = 2;
    pub const TEXT: u8 = 4;
    pub const NUMBER: u8 = 8;
    pub const FALSE: u8 = 16;
    pub const TRUE: u8 = 32;
    pub const RAW: u8 = 64;
}

/// The cells of one column: their bytes one after the other, where each ends, and what each is.
///
/// A column knows nothing of rows that came after its last cell: they are missing, and become cells when a later
/// one is added or the column is finished.
#[derive(Debug)]
pub(super) struct Cells {
    pub(super) name: String,
    pub(super) data: Vec<u8>,
    pub(super) ends: Vec<i32>,
    pub(super) tags: Vec<u8>,
}

impl Cells {
    pub(super) fn new(name: String) -> Self {
        Self { name, data: Vec::new(), ends: Vec::new(), tags: Vec::new() }
    }

    /// Takes the value that comes next as the cell of `row`. A cell that the row has already is replaced: of
    /// equal keys in an object the last one counts. `outer` objects are open around the value.
    #[inline]
    pub(super) fn read(&mut self, row: usize, scanner: &mut Scanner<'_>, outer: u32) -> Result<(), Fault> {
        self.make_room_at(row);
        match scanner.peek() {
            b'"' => {
                let text = scanner.string()?;
                if text.escaped {
                    unescape(&scanner.bytes()[text.range], &mut self.data);
                } else {
                    self.append(scanner.bytes(), text.range);
                }
                self.close(tag::TEXT);
            }
            b'-' | b'0'..=b'9' => {
                let digits = scanner.number()?;
                self.append(scanner.bytes(), digits);
                self.close(tag::NUMBER);
            }
            b'n' => {
                scanner.literal(b"null")?;
                self.close(tag::NULL);
            }
            b't' => {
                scanner.literal(b"true")?;
                self.close(tag::TRUE);
            }
            b'f' => {
                scanner.literal(b"false")?;
                self.close(tag::FALSE);
            }
            b'{' | b'[' => {
                let value = scanner.value(outer)?;
                self.data.extend_from_slice(&scanner.bytes()[value]);
                self.close(tag::RAW);
            }
            _ => return Err(scanner.no_value()),
        }
        Ok(())
    }

    /// Takes the value that comes next as the cell of `row`, and makes the cell that the row had that of the row
    /// after it. `moved` is room for that one.
    pub(super) fn read_old(
        &mut self,
        row: usize,
        scanner: &mut Scanner<'_>,
        outer: u32,
        moved: &mut Vec<u8>,
    ) -> Result<(), Fault> {
        // A key that comes twice finds the cell where it was put the first time.
        let new = if self.tags.len() > row + 1 { row + 1 } else { row };
        let tag = self.tags.get(new).copied().unwrap_or(tag::MISSING);
        moved.clear();
        if tag != tag::MISSING {
            let start = if new == 0 { 0 } else { self.ends[new - 1] as usize };
            moved.extend_from_slice(&self.data[start..self.ends[new] as usize]);
        }
        self.read(row, scanner, outer)?;
        self.data.extend_from_slice(moved);
        self.close(tag);
        Ok(())
    }

    /// Makes the cell of `row`, if it is the last one, that of the row after it too.
    pub(super) fn repeat(&mut self, row: usize) {
        if self.tags.len() == row + 1 {
            let start = if row == 0 { 0 } else { self.ends[row - 1] as usize };
            self.data.extend_from_within(start..);
            self.close(self.tags[row]);
        }
    }

    /// Takes text as the cell of `row`.
    pub(super) fn set_text(&mut self, row: usize, text: &[u8]) {
        self.make_room_at(row);
        self.data.extend_from_slice(text);
        self.close(tag::TEXT);
    }

    /// Takes a stretch of a message as text as the cell of `row`.
    #[inline]
    pub(super) fn set_stretch(&mut self, row: usize, message: &[u8], stretch: Range<usize>) {
        self.make_room_at(row);
        self.append(message, stretch);
        self.close(tag::TEXT);
    }

    /// Takes NULL as the cell of `row`.
    pub(super) fn set_null(&mut self, row: usize) {
        self.make_room_at(row);
        self.close(tag::NULL);
    }

    /// Whether the cell of `row` is there and no NULL.
    pub(super) fn has_value(&self, row: usize) -> bool {
        self.tags.get(row).is_some_and(|tag| tag & (tag::MISSING | tag::NULL) == 0)
    }

    /// Makes the cell of `row` missing, whatever it was.
    pub(super) fn set_missing(&mut self, row: usize) {
        self.make_room_at(row);
        self.close(tag::MISSING);
    }

    /// Takes back the cells of `rows` and of all rows after it.
    #[inline]
    pub(super) fn truncate(&mut self, rows: usize) {
        if self.tags.len() > rows {
            self.tags.truncate(rows);
            self.ends.truncate(rows);
            self.data.truncate(self.ends.last().map_or(0, |end| *end as usize));
        }
    }

    /// Adds missing cells until there are `rows`.
    pub(super) fn fill(&mut self, rows: usize) {
        if self.tags.len() < rows {
            self.tags.resize(rows, tag::MISSING);
            self.ends.resize(rows, self.data.len() as i32);
        }
    }

    /// The kinds of all cells, by their bits.
    pub(super) fn kinds(&self) -> u8 {
        self.tags.iter().fold(0, |kinds, tag| kinds | tag)
    }

    #[inline]
    fn make_room_at(&mut self, row: usize) {
        if self.tags.len() != row {
            self.truncate(row);
            self.fill(row);
        }
    }

    /// Appends a stretch of a message. Most are short: to copy a fixed length and to cut it is a few instructions, where to
    /// copy any length is a call.
    #[inline]
    fn append(&mut self, message: &[u8], stretch: Range<usize>) {
        const SHORT: usize = 32;
        let end = self.data.len() + stretch.len();
        match message.get(stretch.start..).and_then(|rest| rest.first_chunk::<SHORT>()) {
            Some(bytes) if stretch.len() <= SHORT => {
                self.data.extend_from_slice(bytes);
                self.data.truncate(end);
            }
            _ => self.data.extend_from_slice(&message[stretch]),
        }
    }

    /// Ends the cell whose bytes were added. Offsets fit: a table is cut long before ([`super::gather`]).
    #[inline]
    fn close(&mut self, tag: u8) {
        self.ends.push(self.data.len() as i32);
        self.tags.push(tag);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(cells: &mut Cells, row: usize, json: &str) -> Result<(), Fault> {
        cells.read(row, &mut Scanner::new(json.as_bytes()).unwrap(), 0)
    }

    #[test]
    fn rows_between_are_missing_and_the_last_of_equal_keys_counts() {
        let mut cells = Cells::new("a".to_owned());
        read(&mut cells, 2, r#""x""#).unwrap();
        read(&mut cells, 2, "12").unwrap();
        assert_eq!(cells.tags, [tag::MISSING, tag::MISSING, tag::NUMBER]);
        assert_eq!(cells.data, b"12");
        cells.fill(4);
        assert_eq!(cells.ends, [0, 0, 2, 2]);
    }

    #[test]
    fn old_values_push_the_new_ones_to_the_next_row() {
        let cells = |new: Option<&str>, old: &[&str]| {
            let mut cells = Cells::new("a".to_owned());
            cells.set_text(0, b"x");
            if let Some(new) = new {
                read(&mut cells, 1, new).unwrap();
            }
            for old in old {
                let mut scanner = Scanner::new(old.as_bytes()).unwrap();
                cells.read_old(1, &mut scanner, 0, &mut Vec::new()).unwrap();
            }
            cells.repeat(1);
            (String::from_utf8(cells.data).unwrap(), cells.ends, cells.tags)
        };
        let text = tag::TEXT;
        assert_eq!(
            cells(Some("12"), &["null"]),
            ("x12".into(), vec![1, 1, 3], vec![text, tag::NULL, tag::NUMBER])
        );
        assert_eq!(
            cells(Some("12"), &["3", "45"]),
            ("x4512".into(), vec![1, 3, 5], vec![text, tag::NUMBER, tag::NUMBER])
        );
        assert_eq!(cells(None, &["3"]), ("x3".into(), vec![1, 2, 2], vec![text, tag::NUMBER, tag::MISSING]));
        assert_eq!(
            cells(Some("12"), &[]),
            ("x1212".into(), vec![1, 3, 5], vec![text, tag::NUMBER, tag::NUMBER])
        );
        assert_eq!(cells(None, &[]), ("x".into(), vec![1], vec![text]));
    }

    #[test]
    fn what_is_taken_back_leaves_nothing() {
        let mut cells = Cells::new("a".to_owned());
        read(&mut cells, 0, "[1]").unwrap();
        read(&mut cells, 1, r#""\u0041b""#).unwrap();
        assert_eq!(cells.data, b"[1]Ab");
        cells.truncate(1);
        assert!(read(&mut cells, 1, "nul").is_err());
        assert_eq!(
            (&cells.data[..], &cells.ends[..], &cells.tags[..]),
            (&b"[1]"[..], &[3][..], &[tag::RAW][..])
        );
    }
}
