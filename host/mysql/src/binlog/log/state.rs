//! The state between the events of a log.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use bytes::Bytes;

use super::entry::{Entry, Transaction};
use super::position::LogPosition;
use crate::binlog::error::{BinlogError, Fault, Place};
use crate::binlog::event::format::{Checksum, Format};
use crate::binlog::event::payload::Payload;
use crate::binlog::event::query::Query;
use crate::binlog::event::rotate::LogPlace;
use crate::binlog::event::rows::Rows;
use crate::binlog::event::spooled::Spooled;
use crate::binlog::event::statement::Statement;
use crate::binlog::event::table_map::TableMap;
use crate::binlog::event::{Event, Header, compressed, frame, gtid, incident, kind, rotate};
use crate::binlog::gtid::GtidSet;

/// Where the first event of a file begins, behind the mark of four bytes.
const FILE_BEGIN: u64 = 4;

/// A transaction that is being read.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) transaction: Arc<Transaction>,
    /// It ends with an event of its own; else with its first statement.
    pub(super) framed: bool,
    /// Events of rows so far.
    pub(super) events: u64,
    /// Points to roll back to, with the number of events before each.
    pub(super) savepoints: Vec<(String, u64)>,
}

/// Reads a log event by event: [`Log::push`] takes an event as it came, [`Log::next`] gives what it means,
/// one entry at a time, until there is no more; then the next event is pushed.
#[derive(Debug)]
pub struct Log {
    pub(super) format: Option<Format>,
    file: Arc<str>,
    /// Where the next event begins.
    next: u64,
    pub(super) gtids: Option<GtidSet>,
    /// Transactions without names were read: sets no longer say what was.
    pub(super) anonymous: bool,
    pub(super) open: Option<Open>,
    /// What the sink holds of the first transaction: events of rows, and rows of the one after them.
    pub(super) skip: Option<(u64, u32)>,
    /// Events of rows before the open transaction, since the lane began.
    pub(super) ordinal: u64,
    pub(super) tables: HashMap<u64, Arc<TableMap>>,
    payload: Option<(Payload, Place)>,
    pub(super) entries: VecDeque<Entry>,
    gives_rows_queries: bool,
}

impl Log {
    /// A log that is read from a position on: its transaction's events come next, behind a format
    /// description.
    ///
    /// Without GTIDs in the position, those that a file begins with are taken for what was read; in the
    /// middle of a file there are none, and then positions have none either.
    pub fn new(position: LogPosition) -> Self {
        let skip = (position.events > 0 || position.rows > 0).then_some((position.events, position.rows));
        Self {
            format: None,
            file: position.place.file,
            next: position.place.position,
            gtids: position.gtids,
            anonymous: false,
            open: None,
            skip,
            ordinal: position.ordinal,
            tables: HashMap::new(),
            payload: None,
            entries: VecDeque::new(),
            gives_rows_queries: false,
        }
    }

    /// Gives the statements that made rows, too, where the log has them.
    #[must_use]
    pub fn with_rows_queries(mut self) -> Self {
        self.gives_rows_queries = true;
        self
    }

    /// What the log said about itself.
    pub fn format(&self) -> Option<&Format> {
        self.format.as_ref()
    }

    /// Whether entries of the event that was pushed last are yet to be taken. Until they are, [`Log::position`] is ahead of
    /// what was given.
    pub fn has_entries(&self) -> bool {
        !self.entries.is_empty()
    }

    /// Where the log can be read on after the entries of the event that was pushed last.
    pub fn position(&self) -> LogPosition {
        let (place, events) = match &self.open {
            Some(open) => (open.transaction.place.clone(), open.events),
            None => (self.place(), 0),
        };
        LogPosition { gtids: self.gtids.clone(), place, events, rows: 0, ordinal: self.ordinal }
    }

    /// Whether a transaction is open.
    pub fn is_in_transaction(&self) -> bool {
        self.open.is_some()
    }

    /// Takes an event as the server sent it or its file holds it, checksum and all.
    ///
    /// # Errors
    /// [`BinlogError`]: then the log cannot be read on.
    pub fn push(&mut self, raw: &Bytes) -> Result<(), BinlogError> {
        let event = frame::split(raw, self.format.as_ref(), &self.place())?;
        let (begins, ends) = self.span(&event.header);
        let place = Place { file: Arc::clone(&self.file), position: begins };
        self.next = ends;
        self.read(&event, &place)
    }

    /// The same with a compressed transaction that waits in a file.
    ///
    /// # Errors
    /// As [`Log::push`].
    pub fn push_spooled(&mut self, event: Spooled) -> Result<(), BinlogError> {
        let (begins, ends) = self.span(&event.header);
        let place = Place { file: Arc::clone(&self.file), position: begins };
        let kind = event.header.kind;
        let fault = |fault| malformed(kind, &place, fault);
        if kind != kind::TRANSACTION_PAYLOAD {
            return Err(fault(Fault::new("it is too large")));
        }
        let guarded = self.format.as_ref().is_some_and(|format| format.checksum == Checksum::Crc32);
        if guarded
            && let Some((written, computed)) = event.checksums
            && written != computed
        {
            return Err(BinlogError::Checksum { place: self.place(), written, computed });
        }
        let payload = event.into_body(guarded).and_then(Payload::parse_file).map_err(fault)?;
        self.next = ends;
        self.payload = Some((payload, place));
        Ok(())
    }

    /// The next entry; `None`: push an event.
    ///
    /// # Errors
    /// As [`Log::push`]: a compressed transaction is read here.
    #[allow(clippy::should_implement_trait)] // It is no iterator: more comes after `None`.
    pub fn next(&mut self) -> Result<Option<Entry>, BinlogError> {
        loop {
            if let Some(entry) = self.entries.pop_front() {
                return Ok(Some(entry));
            }
            let Some((payload, place)) = &mut self.payload else { return Ok(None) };
            let place = place.clone();
            let next =
                payload.next_event().map_err(|fault| malformed(kind::TRANSACTION_PAYLOAD, &place, fault))?;
            match next {
                Some(event) if event.header.kind == kind::TRANSACTION_PAYLOAD => {
                    let fault = Fault::new("a compressed transaction holds another");
                    return Err(malformed(kind::TRANSACTION_PAYLOAD, &place, fault));
                }
                Some(event) => self.read(&event, &place)?,
                None => self.payload = None,
            }
        }
    }

    /// Where the next event begins.
    pub fn place(&self) -> Place {
        Place { file: Arc::clone(&self.file), position: self.next }
    }

    /// Where an event begins, and where the next does. A header has the lower 32 bits of the latter; the log
    /// may go on beyond them, and a server may leave events out.
    fn span(&self, header: &Header) -> (u64, u64) {
        if header.next_position == 0 || header.is_artificial() {
            return (self.next, self.next);
        }
        let length = u64::from(header.length);
        let counted = self.next + length;
        let ends = if counted as u32 == header.next_position {
            counted
        } else {
            let said = self.next & !u64::from(u32::MAX) | u64::from(header.next_position);
            if said < self.next && self.next - said > 1 << 31 { said + (1 << 32) } else { said }
        };
        (ends.saturating_sub(length), ends)
    }

    fn read(&mut self, event: &Event, place: &Place) -> Result<(), BinlogError> {
        let Event { header, body } = event;
        let fault = |fault| malformed(header.kind, place, fault);
        match header.kind {
            kind::FORMAT_DESCRIPTION => {
                self.interrupted(place, "the server stopped in it")?;
                self.tables.clear();
                self.format = Some(Format::parse(body).map_err(fault)?);
            }
            kind::ROTATE => {
                let to = rotate::rotate(body).map_err(fault)?;
                self.go_to(&to);
                self.entries.push_back(Entry::Rotate(to));
            }
            kind::PREVIOUS_GTIDS => self.seen(gtid::previous(body).map_err(fault)?),
            kind::GTID_LIST => self.seen(gtid::list(body).map_err(fault)?),
            kind::GTID => self.begin(header, gtid::mysql(body, false).map_err(fault)?, place)?,
            kind::ANONYMOUS_GTID => self.begin(header, gtid::mysql(body, true).map_err(fault)?, place)?,
            kind::GTID_TAGGED => self.begin(header, gtid::mysql_tagged(body).map_err(fault)?, place)?,
            kind::MARIADB_GTID => {
                let named = gtid::mariadb(body, header.server_id).map_err(fault)?;
                let framed = !named.standalone;
                self.begin(header, named, place)?;
                if let Some(open) = &mut self.open {
                    open.framed = framed;
                }
            }
            kind::QUERY => self.query(header, Query::parse(body).map_err(fault)?, place)?,
            kind::QUERY_COMPRESSED => self.query(header, compressed::query(body).map_err(fault)?, place)?,
            kind::EXECUTE_LOAD_QUERY => {
                let query = Query::parse_load(body).map_err(fault)?;
                self.statement(header, Statement::Change, query, place)?;
            }
            kind::XID => self.end(place, Entry::Commit)?,
            kind::XA_PREPARE => match body.first() {
                Some(0) => self.end(place, Entry::XaPrepared)?,
                // In one phase: the commit.
                Some(_) => self.end(place, Entry::Commit)?,
                None => return Err(fault(Fault::Short { missing: 1 })),
            },
            kind::TABLE_MAP => self.table(body, header.kind).map_err(fault)?,
            kind::TRANSACTION_PAYLOAD => {
                self.payload = Some((Payload::parse(body).map_err(fault)?, place.clone()));
            }
            kind::ROWS_QUERY | kind::ANNOTATE_ROWS if self.gives_rows_queries => {
                // MySQL puts a length of one byte before it, which is too short for most and not used.
                let text =
                    if header.kind == kind::ROWS_QUERY { body.get(1..).unwrap_or_default() } else { body };
                self.entries.push_back(Entry::RowsQuery(String::from_utf8_lossy(text).into_owned()));
            }
            kind::HEARTBEAT => {
                let alive = rotate::heartbeat(body, header.next_position).map_err(fault)?;
                self.alive(alive);
            }
            kind::HEARTBEAT_V2 => {
                let alive = rotate::heartbeat_v2(body).map_err(fault)?;
                self.alive(alive);
            }
            kind::INCIDENT => {
                let message = incident::message(body).map_err(fault)?;
                return Err(BinlogError::Incident { place: place.clone(), message });
            }
            kind::STOP
            | kind::INTVAR
            | kind::RAND
            | kind::USER_VAR
            | kind::APPEND_BLOCK
            | kind::DELETE_FILE
            | kind::BEGIN_LOAD_QUERY
            | kind::IGNORABLE
            | kind::ROWS_QUERY
            | kind::ANNOTATE_ROWS
            | kind::TRANSACTION_CONTEXT
            | kind::VIEW_CHANGE
            | kind::BINLOG_CHECKPOINT => {}
            other => {
                let id_len = self.format.as_ref().map_or(6, |format| format.table_id_len(other));
                match Rows::parse(other, body, id_len).map_err(fault)? {
                    Some(rows) => self.rows(header, rows, place)?,
                    None if header.is_ignorable() => {}
                    None => {
                        return Err(BinlogError::Unknown {
                            place: place.clone(),
                            kind: other,
                            hint: hint(other),
                        });
                    }
                }
            }
        }
        Ok(())
    }

    fn go_to(&mut self, to: &LogPlace) {
        if *self.file != *to.file {
            self.file = to.file.as_str().into();
        }
        self.next = to.position;
    }

    fn alive(&mut self, at: LogPlace) {
        if self.open.is_none() && !at.file.is_empty() && at.position >= FILE_BEGIN {
            self.go_to(&at);
        }
        self.entries.push_back(Entry::Heartbeat(at));
    }
}

pub(super) fn malformed(event: u8, place: &Place, fault: Fault) -> BinlogError {
    BinlogError::Malformed { place: place.clone(), event: kind::name(event), fault }
}

const fn hint(event: u8) -> &'static str {
    match event {
        kind::START_ENCRYPTION => "the file is encrypted; read it from the server instead",
        kind::PARTIAL_ROW_DATA => {
            "MariaDB 12 divides large rows; set `binlog_row_event_fragment_threshold` to its maximum"
        }
        1 | 6 | 7 | 8 | 10 | 12 | 20..=22 => "it is of a server before MySQL 5.1",
        _ => "the server is newer than this program, or the event is of an extension",
    }
}
