//! The envelope of an operation.
//!
//! GoldenGate names table, operation and key before the images, so that they can go straight into the columns of
//! their table. The order is not promised, though: an image that comes too early is passed, and read at the end. And
//! where a later part of the document makes what was read wrong (a key that comes twice, and the last one counts),
//! all of it is taken back and the document is read again with every image at the end.

use std::ops::Range;

use sluicegate_model::RowKind;

use super::op_ts::Clock;
use crate::build::Gatherer;
use crate::envelope::{Image, Stop};
use crate::scan::{Fault, Scanner, Text, excerpt};

/// The token of a trail's record that holds the id of its transaction: `TRANID`, by its code.
const TRANSACTION_TOKEN: &[u8] = b"6";

/// What an operation is once it was read. Its rows are in their table, not final yet.
pub(super) enum Operation {
    /// A row, or the two of a pair.
    Rows {
        table: usize,
        kinds: &'static [RowKind],
        event_time: Option<i64>,
        position: Option<Text>,
        transaction: Option<Text>,
    },
    /// All rows of the table are gone.
    Truncate { table: usize },
    /// It is JSON, but no operation.
    Bad(String),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Insert,
    Update,
    Delete,
    Truncate,
}

/// Reads the operation that comes next.
///
/// # Errors
/// The reason where it is no JSON object. Nothing was taken back.
pub(super) fn read(
    scanner: &mut Scanner<'_>,
    gatherer: &mut Gatherer<'_>,
    clock: &mut Clock,
) -> Result<Operation, String> {
    let start = scanner.at();
    for images_last in [false, true] {
        gatherer.begin();
        scanner.go_to(start);
        let mut document = Document { scanner, gatherer, images_last, envelope: Envelope::default() };
        match document.read().and_then(|()| document.finish(start, clock)) {
            Ok(operation) => return Ok(operation),
            Err(Stop::Bad(reason)) => return Err(reason),
            Err(Stop::Again) => gatherer.roll_back(),
        }
    }
    // With every image at the end nothing can be asked for again.
    Ok(Operation::Bad(format!("byte {start}: the operation cannot be read")))
}

/// What was found so far.
#[derive(Default)]
pub(super) struct Envelope {
    pub(super) table: Option<usize>,
    /// The name as it stands, quotes included.
    pub(super) name: Option<(Text, Range<usize>)>,
    pub(super) op: Option<Op>,
    pub(super) keys: Option<usize>,
    pub(super) op_ts: Option<Text>,
    pub(super) position: Option<Text>,
    /// What `xid` says.
    pub(super) xid: Option<Text>,
    /// What the tokens say of the same.
    pub(super) token: Option<Text>,
    pub(super) before: Image,
    pub(super) after: Image,
    pub(super) bad: Option<String>,
}

pub(super) struct Document<'s, 'm, 'g, 'r> {
    pub(super) scanner: &'s mut Scanner<'m>,
    pub(super) gatherer: &'g mut Gatherer<'r>,
    pub(super) images_last: bool,
    pub(super) envelope: Envelope,
}

impl Document<'_, '_, '_, '_> {
    /// Reads the document to its end.
    fn read(&mut self) -> Result<(), Stop> {
        let mut scratch = Vec::new();
        let mut more = self.scanner.open_object()?;
        while more {
            let key = self.scanner.string()?;
            self.scanner.colon()?;
            match self.scanner.resolve(&key, &mut scratch) {
                b"table" => self.table()?,
                b"op_type" => self.op_type()?,
                b"op_ts" => self.envelope.op_ts = self.text("op_ts")?,
                b"pos" => self.envelope.position = self.text("pos")?,
                b"primary_keys" => self.primary_keys()?,
                b"before" => self.before()?,
                b"after" => self.after()?,
                b"xid" => self.envelope.xid = self.text("xid")?,
                b"tokens" => self.tokens()?,
                // current_ts, and whatever else the handler was told to add.
                _ => {
                    self.scanner.value(1)?;
                }
            }
            more = self.scanner.next_in_object()?;
        }
        Ok(())
    }

    fn table(&mut self) -> Result<(), Stop> {
        if !self.images_last {
            if self.envelope.table.is_some() {
                return Err(Stop::Again);
            }
            if let Some((table, length)) = self.gatherer.last_table(self.scanner.rest()) {
                self.scanner.go_to(self.scanner.at() + length);
                self.envelope.table = Some(table);
                return self.apply_keys();
            }
        }
        let start = self.scanner.at();
        let Some(name) = self.text("table")? else { return Ok(()) };
        self.envelope.name = Some((name, start..self.scanner.at()));
        if self.images_last {
            return Ok(());
        }
        self.look_up_table();
        self.apply_keys()
    }

    pub(super) fn look_up_table(&mut self) {
        let Some((text, range)) = self.envelope.name.clone() else { return };
        if text.range.is_empty() {
            self.bad(range.start, "`table` is empty");
            return;
        }
        let mut scratch = Vec::new();
        let name = String::from_utf8_lossy(self.scanner.resolve(&text, &mut scratch));
        // Only a name in quotes has an end by which it is known again.
        let quoted = Some(&self.scanner.bytes()[range]).filter(|text| text.starts_with(b"\""));
        self.envelope.table = Some(self.gatherer.table(&name, quoted.unwrap_or_default()));
    }

    fn op_type(&mut self) -> Result<(), Stop> {
        if self.envelope.op.is_some() && !self.images_last {
            return Err(Stop::Again);
        }
        let at = self.scanner.at();
        let Some(text) = self.text("op_type")? else { return Ok(()) };
        self.envelope.op = match &self.scanner.bytes()[text.range] {
            b"I" => Some(Op::Insert),
            b"U" => Some(Op::Update),
            b"D" => Some(Op::Delete),
            b"T" => Some(Op::Truncate),
            other => {
                let found = excerpt(other);
                self.bad(at, format_args!("`op_type` is {found}: I, U, D and T are known"));
                None
            }
        };
        Ok(())
    }

    /// Looks for the transaction among the tokens of the trail.
    fn tokens(&mut self) -> Result<(), Stop> {
        self.envelope.token = None;
        if self.scanner.peek() != b'{' {
            self.scanner.value(1)?;
            return Ok(());
        }
        let mut scratch = Vec::new();
        let mut more = self.scanner.open_object()?;
        while more {
            let key = self.scanner.string()?;
            self.scanner.colon()?;
            if self.scanner.resolve(&key, &mut scratch) == TRANSACTION_TOKEN && self.scanner.peek() == b'"' {
                self.envelope.token = Some(self.scanner.string()?);
            } else {
                self.scanner.value(2)?;
            }
            more = self.scanner.next_in_object()?;
        }
        Ok(())
    }

    fn before(&mut self) -> Result<(), Stop> {
        let Envelope { table, op, before, after, .. } = self.envelope;
        if (before != Image::None || after == Image::Read) && !self.images_last {
            return Err(Stop::Again);
        }
        let straight = matches!(op, Some(Op::Update | Op::Delete)) && after == Image::None;
        self.envelope.before = self.image("before", table.filter(|_| straight), 0)?;
        Ok(())
    }

    fn after(&mut self) -> Result<(), Stop> {
        let Envelope { table, op, before, after, .. } = self.envelope;
        if after != Image::None && !self.images_last {
            return Err(Stop::Again);
        }
        let (straight, row) = match op {
            Some(Op::Insert) => (true, 0),
            Some(Op::Update) => (!matches!(before, Image::At(_)), usize::from(before == Image::Read)),
            _ => (false, 0),
        };
        self.envelope.after = self.image("after", table.filter(|_| straight), row)?;
        Ok(())
    }

    /// Reads or passes an image: into the given table's next row, or the one after it.
    fn image(&mut self, key: &'static str, table: Option<usize>, row: usize) -> Result<Image, Stop> {
        let at = self.scanner.at();
        match (self.scanner.peek(), table) {
            (b'n', _) => {
                self.scanner.literal(b"null")?;
                Ok(Image::None)
            }
            (b'{', Some(table)) if !self.images_last => {
                self.read_image(table, row)?;
                Ok(Image::Read)
            }
            (first, _) => {
                self.scanner.value(1)?;
                if first == b'{' {
                    return Ok(Image::At(at));
                }
                self.bad(at, format_args!("`{key}` is neither an object nor null"));
                Ok(Image::None)
            }
        }
    }

    fn read_image(&mut self, table: usize, row: usize) -> Result<(), Fault> {
        let table = self.gatherer.at(table);
        let row = table.rows() + row;
        table.read(row, self.scanner, 1)
    }

    /// Text or a number, as text; `None` for null.
    fn text(&mut self, key: &'static str) -> Result<Option<Text>, Fault> {
        let at = self.scanner.at();
        match self.scanner.peek() {
            b'"' => return self.scanner.string().map(Some),
            b'-' | b'0'..=b'9' => {
                let range = self.scanner.number()?;
                return Ok(Some(Text { range, escaped: false }));
            }
            b'n' => self.scanner.literal(b"null")?,
            _ => {
                self.scanner.value(1)?;
                self.bad(at, format_args!("`{key}` is no text"));
            }
        }
        Ok(None)
    }

    #[cold]
    pub(super) fn bad(&mut self, at: usize, what: impl std::fmt::Display) {
        self.envelope.bad.get_or_insert_with(|| format!("byte {at}: {what}"));
    }
}
