//! The parts of a message.

use crate::scan::{Fault, Scalar, Scanner, Text, excerpt};

/// What a message does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Insert,
    Update,
    Delete,
    Truncate,
    SchemaChange,
    Heartbeat,
    /// What changes no row: statements and the ends of transactions.
    Nothing,
}

/// Where the parts of a message stand. Rows come before the name of their table, so all of it is passed once, and read
/// when everything is known.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub(super) database: Option<Text>,
    pub(super) table: Option<Text>,
    pub(super) kind: Option<Kind>,
    pub(super) is_ddl: bool,
    pub(super) sql: Option<Text>,
    pub(super) es: Option<Text>,
    pub(super) id: Option<Text>,
    pub(super) gtid: Option<Text>,
    pub(super) types: Option<usize>,
    pub(super) keys: Option<usize>,
    pub(super) data: Option<usize>,
    pub(super) old: Option<usize>,
    bad: Option<String>,
}

impl Document {
    /// Passes a message.
    ///
    /// # Errors
    /// The reason where it is no JSON object, or one with parts of other kinds.
    pub(super) fn read(scanner: &mut Scanner<'_>) -> Result<Self, String> {
        let mut document = Self::default();
        document.parts(scanner).map_err(|fault| fault.to_string())?;
        match document.bad.take() {
            None => Ok(document),
            Some(reason) => Err(reason),
        }
    }

    fn parts(&mut self, scanner: &mut Scanner<'_>) -> Result<(), Fault> {
        let mut scratch = Vec::new();
        scanner.skip_space();
        if scanner.is_at_end() {
            return Err(Fault { at: 0, what: "the message is empty" });
        }
        let mut more = scanner.open_object()?;
        while more {
            let key = scanner.string()?;
            scanner.colon()?;
            match scanner.resolve(&key, &mut scratch) {
                b"data" => self.data = self.place("data", b'[', scanner)?,
                b"old" => self.old = self.place("old", b'[', scanner)?,
                b"mysqlType" => self.types = self.place("mysqlType", b'{', scanner)?,
                b"pkNames" => self.keys = self.place("pkNames", b'[', scanner)?,
                b"database" => self.database = self.text("database", scanner)?,
                b"table" => self.table = self.text("table", scanner)?,
                b"es" => self.es = self.number_or_text("es", scanner)?,
                b"id" => self.id = self.number_or_text("id", scanner)?,
                b"gtid" => self.gtid = self.text("gtid", scanner)?,
                b"sql" => self.sql = self.text("sql", scanner)?,
                b"type" => self.kind(scanner)?,
                b"isDdl" => {
                    let value = scanner.value(1)?;
                    self.is_ddl = &scanner.bytes()[value] == b"true";
                }
                // sqlType, ts, and whatever else a producer adds.
                _ => {
                    scanner.value(1)?;
                }
            }
            more = scanner.next_in_object()?;
        }
        scanner.skip_space();
        if !scanner.is_at_end() {
            return Err(scanner.fault("the message has ended, and more follows"));
        }
        Ok(())
    }

    /// Passes an object or array, and gives where it begins; `None` for null.
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
            b"INSERT" | b"INIT" => Some(Kind::Insert),
            b"UPDATE" => Some(Kind::Update),
            b"DELETE" => Some(Kind::Delete),
            b"TRUNCATE" => Some(Kind::Truncate),
            b"CREATE" | b"ALTER" | b"ERASE" | b"RENAME" | b"CINDEX" | b"DINDEX" => Some(Kind::SchemaChange),
            b"QUERY" | b"GTID" | b"XACOMMIT" | b"XAROLLBACK" => Some(Kind::Nothing),
            b"MHEARTBEAT" | b"TIDB_WATERMARK" => Some(Kind::Heartbeat),
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
