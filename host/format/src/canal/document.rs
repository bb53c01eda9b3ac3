//! The parts of a message.

use crate::envelope::Parts;
use crate::scan::{Fault, Scanner, Text, excerpt};

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
    parts: Parts,
}

impl Document {
    /// Passes a message.
    ///
    /// # Errors
    /// The reason where it is no JSON object, or one with parts of other kinds.
    pub(super) fn read(scanner: &mut Scanner<'_>) -> Result<Self, String> {
        let mut document = Self::default();
        document.pass(scanner).map_err(|fault| fault.to_string())?;
        match document.parts.take_bad() {
            None => Ok(document),
            Some(reason) => Err(reason),
        }
    }

    fn pass(&mut self, scanner: &mut Scanner<'_>) -> Result<(), Fault> {
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
                b"data" => self.data = self.parts.place("data", b'[', scanner)?,
                b"old" => self.old = self.parts.place("old", b'[', scanner)?,
                b"mysqlType" => self.types = self.parts.place("mysqlType", b'{', scanner)?,
                b"pkNames" => self.keys = self.parts.place("pkNames", b'[', scanner)?,
                b"database" => self.database = self.parts.text("database", scanner)?,
                b"table" => self.table = self.parts.text("table", scanner)?,
                b"es" => self.es = self.parts.number_or_text("es", scanner)?,
                b"id" => self.id = self.parts.number_or_text("id", scanner)?,
                b"gtid" => self.gtid = self.parts.text("gtid", scanner)?,
                b"sql" => self.sql = self.parts.text("sql", scanner)?,
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

    fn kind(&mut self, scanner: &mut Scanner<'_>) -> Result<(), Fault> {
        let at = scanner.at();
        let Some(text) = self.parts.text("type", scanner)? else { return Ok(()) };
        self.kind = match &scanner.bytes()[text.range] {
            b"INSERT" | b"INIT" => Some(Kind::Insert),
            b"UPDATE" => Some(Kind::Update),
            b"DELETE" => Some(Kind::Delete),
            b"TRUNCATE" => Some(Kind::Truncate),
            b"CREATE" | b"ALTER" | b"ERASE" | b"RENAME" | b"CINDEX" | b"DINDEX" => Some(Kind::SchemaChange),
            b"QUERY" | b"GTID" | b"XACOMMIT" | b"XAROLLBACK" => Some(Kind::Nothing),
            b"MHEARTBEAT" | b"TIDB_WATERMARK" => Some(Kind::Heartbeat),
            other => {
                self.parts
                    .bad(at, format_args!("`type` is {}: no kind of change that is known", excerpt(other)));
                None
            }
        };
        Ok(())
    }
}
