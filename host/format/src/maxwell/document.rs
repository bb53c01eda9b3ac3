//! The parts of a message.
//!
//! Maxwell names table, type and key before the row, so that it can go straight into the columns of its table. The order
//! is not promised, though: a row that comes too early is passed, and read at the end. And where a later part makes what
//! was read wrong (a key that comes twice, and the last one counts), the message is read again with its row at the end.

use crate::scan::{Fault, Scalar, Scanner, Text, excerpt};

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

/// The values of a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Image {
    /// Not in the message, or null.
    #[default]
    None,
    /// In the cells of its row.
    Read,
    /// Passed; it begins here.
    At(usize),
}

/// Why a message was not read to its end.
pub(super) enum Stop {
    /// It is bad.
    Bad(String),
    /// It has to be read again, its row last.
    Again,
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Bad(fault.to_string())
    }
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
    bad: Option<String>,
}

impl Document {
    /// Passes a message.
    ///
    /// # Errors
    /// The reason where it is no JSON object, or one with parts of other kinds; or that it has to be read again.
    pub(super) fn read(scanner: &mut Scanner<'_>, straight: &mut impl Straight) -> Result<Self, Stop> {
        let mut document = Self::default();
        document.parts(scanner, straight)?;
        match document.bad.take() {
            None => Ok(document),
            Some(reason) => Err(Stop::Bad(reason)),
        }
    }

    fn parts(&mut self, scanner: &mut Scanner<'_>, straight: &mut impl Straight) -> Result<(), Stop> {
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
                    self.keys = self.place("primary_key_columns", b'[', scanner)?;
                }
                b"database" => self.database = self.text("database", scanner)?,
                b"table" => self.table = self.text("table", scanner)?,
                b"type" => self.kind(scanner)?,
                b"ts" => self.ts = self.number_or_text("ts", scanner)?,
                b"xid" => self.xid = self.number_or_text("xid", scanner)?,
                b"gtid" => self.gtid = self.text("gtid", scanner)?,
                b"position" => self.position = self.text("position", scanner)?,
                b"sql" => self.sql = self.text("sql", scanner)?,
                b"encrypted" => {
                    let at = scanner.at();
                    scanner.value(1)?;
                    self.bad(
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

    fn image(&mut self, key: &str, scanner: &mut Scanner<'_>) -> Result<Image, Fault> {
        Ok(self.place(key, b'{', scanner)?.map_or(Image::None, Image::At))
    }

    /// Passes an object or array, and gives where it begins; `None` for null. In messages about tables, `old` is the
    /// definition of one.
    fn place(&mut self, key: &str, opens: u8, scanner: &mut Scanner<'_>) -> Result<Option<usize>, Fault> {
        let at = scanner.at();
        let first = scanner.peek();
        scanner.value(1)?;
        if first != opens && first != b'n' {
            let what = if opens == b'[' { "array" } else { "object" };
            self.bad(at, format_args!("`{key}` is no {what}"));
        }
        Ok((first == opens).then_some(at))
    }

    /// Passes text; `None` for null and for nothing between the quotes.
    fn text(&mut self, key: &str, scanner: &mut Scanner<'_>) -> Result<Option<Text>, Fault> {
        let at = scanner.at();
        let quoted = matches!(scanner.peek(), b'"' | b'n');
        let text = self.number_or_text(key, scanner)?;
        if !quoted {
            self.bad(at, format_args!("`{key}` is no text"));
        }
        Ok(text)
    }

    /// Passes text or a number, which some producers put in quotes.
    fn number_or_text(&mut self, key: &str, scanner: &mut Scanner<'_>) -> Result<Option<Text>, Fault> {
        let at = scanner.at();
        Ok(match scanner.scalar()? {
            Scalar::Text(text) => Some(text).filter(|text| !text.range.is_empty()),
            Scalar::Null => None,
            Scalar::Other => {
                self.bad(at, format_args!("`{key}` is no number"));
                None
            }
        })
    }

    fn kind(&mut self, scanner: &mut Scanner<'_>) -> Result<(), Fault> {
        let at = scanner.at();
        let Some(text) = self.text("type", scanner)? else { return Ok(()) };
        self.kind = match &scanner.bytes()[text.range] {
            b"insert" | b"bootstrap-insert" => Some(Kind::Insert),
            b"update" => Some(Kind::Update),
            b"delete" => Some(Kind::Delete),
            b"table-create" | b"table-alter" | b"table-drop" | b"database-create" | b"database-alter"
            | b"database-drop" => Some(Kind::SchemaChange),
            b"bootstrap-start" | b"bootstrap-complete" => Some(Kind::Nothing),
            b"heartbeat" => Some(Kind::Heartbeat),
            other => {
                self.bad(at, format_args!("`type` is {}: no kind of change that is known", excerpt(other)));
                None
            }
        };
        Ok(())
    }

    #[cold]
    fn bad(&mut self, at: usize, what: impl std::fmt::Display) {
        self.bad.get_or_insert_with(|| format!("byte {at}: {what}"));
    }
}
