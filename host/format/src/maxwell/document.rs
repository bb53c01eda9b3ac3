//! The parts of a message.
//!
//! Maxwell names table, type and key before the row, so that it can go straight into the columns of its table. The order
//! is not promised, though: a row that comes too early is passed, and read at the end. And where a later part makes what
//! was read wrong (a key that comes twice, and the last one counts), the message is read again with its row at the end.

use crate::envelope::{Image, Parts, Stop};
use crate::scan::{Fault, Scanner, Text, excerpt};

/// What a message does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Insert,
    Update,
    Delete,
    SchemaChange,
    Heartbeat,
    /// The beginning and the end of a bootstrap.
    Nothing,
}

/// What reads `data` and `old` where they stand, if what it needs for that came before them.
pub(super) trait Straight {
    /// Whether the next value, an object, was read: all values of the row.
    fn data(&mut self, document: &Document, scanner: &mut Scanner<'_>) -> Result<bool, Stop>;
    /// Reads the next value, an object: the old values of a row that was read.
    fn old(&mut self, scanner: &mut Scanner<'_>) -> Result<(), Stop>;
}

/// The parts of a message, or where they stand.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub(super) database: Option<Text>,
    pub(super) table: Option<Text>,
    pub(super) kind: Option<Kind>,
    pub(super) sql: Option<Text>,
    pub(super) ts: Option<Text>,
    pub(super) xid: Option<Text>,
    pub(super) gtid: Option<Text>,
    pub(super) position: Option<Text>,
    pub(super) keys: Option<usize>,
    pub(super) data: Image,
    pub(super) old: Image,
    parts: Parts,
}

impl Document {
    /// Passes a message.
    ///
    /// # Errors
    /// The reason where it is no JSON object, or one with parts of other kinds; or that it has to be read again.
    pub(super) fn read(scanner: &mut Scanner<'_>, straight: &mut impl Straight) -> Result<Self, Stop> {
        let mut document = Self::default();
        document.pass(scanner, straight)?;
        match document.parts.take_bad() {
            None => Ok(document),
            Some(reason) => Err(Stop::Bad(reason)),
        }
    }

    fn pass(&mut self, scanner: &mut Scanner<'_>, straight: &mut impl Straight) -> Result<(), Stop> {
        let mut scratch = Vec::new();
        scanner.skip_space();
        if scanner.is_at_end() {
            return Err(Fault { at: 0, what: "the message is empty" }.into());
        }
        let mut more = scanner.open_object()?;
        while more {
            let key = scanner.string()?;
            scanner.colon()?;
            let key = scanner.resolve(&key, &mut scratch);
            let shapes =
                matches!(key, b"data" | b"database" | b"table" | b"type" | b"primary_key_columns" | b"old");
            if shapes && (self.old == Image::Read || (self.data == Image::Read && key != b"old")) {
                return Err(Stop::Again);
            }
            match key {
                b"data" => {
                    let read = scanner.peek() == b'{' && straight.data(self, scanner)?;
                    self.data = if read { Image::Read } else { self.image("data", scanner)? };
                }
                b"old" => {
                    let read = scanner.peek() == b'{'
                        && self.data == Image::Read
                        && self.old == Image::None
                        && self.kind == Some(Kind::Update);
                    if read {
                        straight.old(scanner)?;
                    }
                    self.old = if read { Image::Read } else { self.image("old", scanner)? };
                }
                b"primary_key_columns" => {
                    self.keys = self.parts.place("primary_key_columns", b'[', scanner)?;
                }
                b"database" => self.database = self.parts.text("database", scanner)?,
                b"table" => self.table = self.parts.text("table", scanner)?,
                b"type" => self.kind(scanner)?,
                b"ts" => self.ts = self.parts.number_or_text("ts", scanner)?,
                b"xid" => self.xid = self.parts.number_or_text("xid", scanner)?,
                b"gtid" => self.gtid = self.parts.text("gtid", scanner)?,
                b"position" => self.position = self.parts.text("position", scanner)?,
                b"sql" => self.sql = self.parts.text("sql", scanner)?,
                b"encrypted" => {
                    let at = scanner.at();
                    scanner.value(1)?;
                    self.parts.bad(
                        at,
                        "the row is encrypted by Maxwell and cannot be read: switch its `encrypt` off",
                    );
                }
                // commit, xoffset, server_id, thread_id, query, the `def` of a table, and whatever else is there.
                // The depth of a definition is counted like that of a row.
                _ => {
                    scanner.value(1)?;
                }
            }
            more = scanner.next_in_object()?;
        }
        scanner.skip_space();
        if !scanner.is_at_end() {
            return Err(scanner.fault("the message has ended, and more follows").into());
        }
        Ok(())
    }

    /// Passes the values of a row. In messages about tables, `old` is the definition of one.
    fn image(&mut self, key: &str, scanner: &mut Scanner<'_>) -> Result<Image, Fault> {
        Ok(self.parts.place(key, b'{', scanner)?.map_or(Image::None, Image::At))
    }

    fn kind(&mut self, scanner: &mut Scanner<'_>) -> Result<(), Fault> {
        let at = scanner.at();
        let Some(text) = self.parts.text("type", scanner)? else { return Ok(()) };
        self.kind = match &scanner.bytes()[text.range] {
            b"insert" | b"bootstrap-insert" => Some(Kind::Insert),
            b"update" => Some(Kind::Update),
            b"delete" => Some(Kind::Delete),
            b"table-create" | b"table-alter" | b"table-drop" | b"database-create" | b"database-alter"
            | b"database-drop" => Some(Kind::SchemaChange),
            b"bootstrap-start" | b"bootstrap-complete" => Some(Kind::Nothing),
            b"heartbeat" => Some(Kind::Heartbeat),
            other => {
                self.parts
                    .bad(at, format_args!("`type` is {}: no kind of change that is known", excerpt(other)));
                None
            }
        };
        Ok(())
    }
}
