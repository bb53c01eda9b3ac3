//! From events to stretches of the tables that are read.

use futures_util::FutureExt as _;
use sluicegate_connector::{Copying, Error};
use sluicegate_model::{ControlEvent, Lane, Moment, TableName};

use super::catalog::Catalog;
use super::chunk::{Reached, Stretch};
use super::ddl::{self, Ddl, Verb};
use super::dump::RawEvent;
use super::gathered::{Gathered, Point};
use super::knowledge::Knowledge;
use super::snapshot::{Part, Progress, Snapshot};
use super::times::Span;
use crate::binlog::event::statement::Statement;
use crate::binlog::log::{StatementEntry, Transaction};
use crate::binlog::{BinlogError, Entry, Log, LogPosition, Place, Record, RowsEntry};

/// Where a run ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// Once the log was read up to here.
    Place(Place),
    /// Before the first transaction of this time or later.
    Time(Moment),
}

/// Bytes of a transaction that is given in one piece; a larger one is divided.
const WHOLE_BYTES: usize = 1 << 20;

/// Reads a lane's events, and gathers those of its tables.
pub struct Reader {
    lane: Lane,
    log: Log,
    catalog: Catalog,
    /// Transactions before this moment are passed over.
    since: Option<Moment>,
    until: Option<End>,
    /// Where the connection began: a server that is asked by GTIDs begins at a file's start, and says only later how far
    /// it has come.
    began: Place,
    /// Where the stretch that is gathered begins.
    from: LogPosition,
    gathered: Gathered,
    /// The last point between two transactions, and what of `gathered` is before it.
    whole: Point,
    /// The end of the run was reached.
    ended: bool,
    /// A table was changed, and what is known of it may be old.
    wants_knowledge: bool,
    /// Rows of the open transaction were taken.
    took_rows: bool,
    /// Rows were taken that were prepared only, and may be taken back.
    took_prepared: bool,
    /// Tables that are read beside the log.
    snapshot: Option<Snapshot>,
    /// How much of tables was read where the stretch that is gathered begins.
    progress: Option<Progress>,
    /// When the transactions were made that begin after what was given.
    times: Span,
}

impl Reader {
    /// A reader that goes on from a position.
    pub fn new(
        lane: Lane,
        at: LogPosition,
        since: Option<Moment>,
        until: Option<End>,
        catalog: Catalog,
    ) -> Self {
        let ended = matches!(&until, Some(End::Place(end)) if !at.place.file.is_empty() && has_reached(&at.place, end));
        Self {
            lane,
            log: Log::new(at.clone()),
            catalog,
            since,
            until,
            began: at.place.clone(),
            whole: Point::of(at.clone()),
            from: at,
            gathered: Gathered::default(),
            ended,
            wants_knowledge: false,
            took_rows: false,
            took_prepared: false,
            snapshot: None,
            progress: None,
            times: Span::default(),
        }
    }

    /// Reads tables beside the log. Its end is the run's only when they were read.
    #[must_use]
    pub fn with_snapshot(mut self, snapshot: Snapshot) -> Self {
        self.ended &= snapshot.is_finished();
        self.progress = Some(snapshot.progress().clone());
        self.snapshot = Some(snapshot);
        self
    }

    /// The tables that are read beside the log.
    pub fn snapshot(&mut self) -> Option<&mut Snapshot> {
        self.snapshot.as_mut()
    }

    /// How much was read of the tables beside the log; `None` where none are.
    pub fn copying(&self) -> Option<Copying> {
        self.snapshot.as_ref().map(Snapshot::copying)
    }

    /// Begins to read what can be read of tables here.
    ///
    /// # Errors
    /// What a table cannot be read for.
    pub fn begin_parts(&mut self) -> Result<(), Error> {
        if self.snapshot.as_ref().is_none_or(Snapshot::is_finished) {
            return Ok(());
        }
        let at = self.here();
        let Some(snapshot) = &mut self.snapshot else { return Ok(()) };
        loop {
            if !self.log.is_in_transaction() {
                snapshot.begin(&at)?;
            }
            // What is there already: a log that never pauses must not keep tables from being read.
            if snapshot.changed().now_or_never().is_none() {
                return Ok(());
            }
        }
    }

    /// Whether a part of a table is to be given before the log is read on.
    pub fn has_part(&self) -> bool {
        self.snapshot.as_ref().is_some_and(|snapshot| {
            !snapshot.is_finished() && !self.log.is_in_transaction() && snapshot.is_due(&self.place())
        })
    }

    /// Whether the log waits here for a part of a table.
    pub fn is_held(&self) -> bool {
        self.snapshot.as_ref().is_some_and(|snapshot| {
            !snapshot.is_finished() && !self.log.is_in_transaction() && snapshot.holds(&self.place())
        })
    }

    /// The part of a table that is due, and where it begins and ends. What was gathered must have been taken.
    pub fn take_part(&mut self) -> Option<(Part, Reached, Reached)> {
        let at = self.here();
        let part = self.snapshot.as_mut()?.take(at.ordinal)?;
        let from =
            Reached { at: std::mem::replace(&mut self.from, at.clone()), progress: self.progress.take() };
        self.whole = Point::of(at.clone());
        self.progress = self.snapshot.as_ref().map(|snapshot| snapshot.progress().clone());
        self.look_for_the_end();
        Some((part, from, Reached { at, progress: self.progress.clone() }))
    }

    /// Where the log is to be read on.
    pub fn position(&self) -> LogPosition {
        self.log.position()
    }

    /// Goes on with a new connection, from where it was. What was gathered is read again.
    pub fn reconnect(&mut self) {
        self.log = Log::new(self.from.clone());
        self.began = self.from.place.clone();
        self.gathered = Gathered::default();
        self.whole = Point::of(self.from.clone());
        self.took_rows = false;
        self.times = Span::default();
    }

    /// When the transactions were made that were read and not given.
    pub fn times(&self) -> Span {
        self.times
    }

    /// Whether the moment at which the lane begins was reached.
    pub fn has_begun(&self) -> bool {
        self.since.is_none()
    }

    /// Up to where everything was given.
    pub fn given(&self) -> Reached {
        Reached { at: self.from.clone(), progress: self.progress.clone() }
    }

    /// Up to where the log was read.
    fn place(&self) -> Place {
        self.not_before(self.log.place())
    }

    /// Where the log is to be read on.
    fn here(&self) -> LogPosition {
        let at = self.log.position();
        LogPosition { place: self.not_before(at.place), ..at }
    }

    fn not_before(&self, place: Place) -> Place {
        let behind = !self.began.file.is_empty() && !has_reached(&place, &self.began);
        if behind { self.began.clone() } else { place }
    }

    /// Whether the end of the run was reached.
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// Whether information_schema is to be asked before anything else is read.
    pub fn wants_knowledge(&self) -> bool {
        self.wants_knowledge
    }

    /// Takes what information_schema says now.
    pub fn learn(&mut self, knowledge: Knowledge) {
        self.wants_knowledge = false;
        self.catalog.learn(knowledge);
    }

    /// Bytes that were gathered.
    pub fn bytes(&self) -> usize {
        self.gathered.bytes()
    }

    /// Whether anything was gathered.
    pub fn has_records(&self) -> bool {
        !self.gathered.is_empty()
    }

    /// Whether what was gathered is to be given while there is room for a number of bytes: whole transactions, or as much
    /// of one as makes it worth to be divided. A position between two transactions can be read on from another server.
    pub fn is_ready(&self, room: usize) -> bool {
        self.whole.records > 0 || (self.has_records() && self.gathered.bytes() >= WHOLE_BYTES.min(room))
    }

    /// A stretch of nothing where the lane stands.
    pub fn nothing(&self) -> Stretch {
        let here = self.given();
        let times = Span::default();
        Stretch { from: here.clone(), to: here, records: Vec::new(), events: 0, bytes: 0, times }
    }

    /// What was gathered of whole transactions; where there is none and `divides`, what there is of the open one. Nothing
    /// before the moment at which the lane begins.
    pub fn take(&mut self, divides: bool) -> Option<Stretch> {
        if self.since.is_some() {
            return None;
        }
        if self.whole.records == 0 && divides && self.has_records() && !self.log.has_entries() {
            self.whole = self.gathered.end(self.here());
        }
        let behind = Point::of(self.whole.at.clone());
        let upto = std::mem::replace(&mut self.whole, behind);
        if upto.records == 0 && upto.at == self.from {
            return None;
        }
        let records = self.gathered.take(&upto);
        let Point { at: to, events, bytes, .. } = upto;
        let from = Reached {
            at: std::mem::replace(&mut self.from, to.clone()),
            progress: std::mem::replace(
                &mut self.progress,
                self.snapshot.as_ref().map(|snapshot| snapshot.progress().clone()),
            ),
        };
        let times = self.times.take(self.log.is_in_transaction());
        Some(Stretch {
            from,
            to: Reached { at: to, progress: self.progress.clone() },
            records,
            events,
            bytes,
            times,
        })
    }

    /// Whether the transaction ended in whose middle the last stretch did. Its rows may wait for that.
    pub fn left_transaction(&self) -> bool {
        self.from.events > 0 && self.has_moved()
    }

    /// Whether the log went on to another transaction or file since the last stretch.
    pub fn has_moved(&self) -> bool {
        self.since.is_none() && self.whole.at.place != self.from.place
    }

    /// Takes an event.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn push(&mut self, event: RawEvent) -> Result<(), ReadError> {
        match event {
            RawEvent::Whole(bytes) => self.log.push(&bytes)?,
            RawEvent::Spooled(event) => self.log.push_spooled(*event)?,
        }
        Ok(())
    }

    /// Gathers what the events that were pushed mean, up to a number of bytes, or to a point at which something else has
    /// to be done first. Gives whether there may be more.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn gather(&mut self, most: usize) -> Result<bool, ReadError> {
        while !self.ended && !self.wants_knowledge {
            let Some(entry) = self.log.next()? else {
                self.note_whole();
                return Ok(false);
            };
            self.entry(entry)?;
            if self.gathered.bytes() >= most && !self.log.has_entries() {
                break;
            }
        }
        self.note_whole();
        Ok(true)
    }

    /// Notes that everything up to here is whole, where it is.
    fn note_whole(&mut self) {
        if !self.log.is_in_transaction() && !self.log.has_entries() {
            self.whole = self.gathered.end(self.here());
        }
    }

    fn entry(&mut self, entry: Entry) -> Result<(), ReadError> {
        match entry {
            Entry::Begin(transaction) => self.begin(&transaction),
            Entry::Rows(entry) => self.rows(entry)?,
            Entry::Statement(entry) => self.statement(&entry)?,
            Entry::XaPrepared(_) => {
                self.took_prepared |= self.took_rows;
                self.look_for_the_end();
            }
            Entry::XaRollback(transaction, xid) => {
                self.taken_back(&transaction, &xid)?;
                self.look_for_the_end();
            }
            Entry::Commit(_) | Entry::Rollback(_) | Entry::XaCommit(..) | Entry::Rotate(_) => {
                self.look_for_the_end();
            }
            Entry::Heartbeat(_) => {
                self.look_for_the_end();
                if let Some(End::Time(moment)) = self.until
                    && chrono::Utc::now().timestamp_millis() >= moment.0
                {
                    self.ended = true;
                }
            }
            Entry::RowsQuery(_) => {}
        }
        Ok(())
    }

    fn begin(&mut self, transaction: &Transaction) {
        self.took_rows = false;
        let millis = transaction.time().div_euclid(1000);
        if self.since.is_some_and(|since| millis >= since.0) {
            self.since = None;
            // Where the transaction begins: what came before it is no part of the lane.
            self.from = LogPosition { events: 0, ..self.log.position() };
            self.whole = Point::of(self.from.clone());
        }
        if self.since.is_none() {
            self.times.begin(millis);
        }
        if let Some(End::Time(moment)) = self.until
            && millis >= moment.0
        {
            self.ended = true;
        }
    }

    fn look_for_the_end(&mut self) {
        if let Some(End::Place(end)) = &self.until
            && self.snapshot.as_ref().is_none_or(Snapshot::is_finished)
            && !self.log.is_in_transaction()
            && has_reached(&self.place(), end)
        {
            self.ended = true;
        }
    }

    fn rows(&mut self, entry: Box<RowsEntry>) -> Result<(), ReadError> {
        if self.since.is_some() {
            return Ok(());
        }
        let Some(table) = self.catalog.table(&entry.map, &entry.place)? else { return Ok(()) };
        if let Some(snapshot) = &mut self.snapshot
            && !snapshot.note(&table, &entry)?
        {
            return Ok(());
        }
        self.took_rows = true;
        let bytes = entry.rows.images.len();
        self.gathered.add(Record::Rows { table, entry }, bytes);
        Ok(())
    }

    fn statement(&mut self, entry: &StatementEntry) -> Result<(), ReadError> {
        if self.since.is_some() {
            return Ok(());
        }
        if entry.statement == Statement::Change {
            return self.change(entry);
        }
        let place = &entry.place;
        let ddl = match Ddl::of(&entry.query) {
            Ok(Some(ddl)) => ddl,
            Ok(None) => return Ok(()),
            Err(words) => {
                tracing::warn!(
                    lane = %self.lane, %place, words,
                    "a statement changes tables whose names cannot be read; their rows follow it by themselves"
                );
                return Ok(());
            }
        };
        let mut concerned = false;
        for (database, table) in &ddl.tables {
            if table != "*" && !self.catalog.tables().take(database, table) {
                continue;
            }
            concerned = true;
            if let Some(snapshot) = &mut self.snapshot {
                match ddl.verb {
                    Verb::Create => snapshot.made(database, table),
                    Verb::Change | Verb::Truncate => snapshot.altered(database, table),
                }
            }
            let table = TableName::new(format!("{database}.{table}"));
            let event = match ddl.verb {
                Verb::Create => {
                    tracing::info!(lane = %self.lane, %place, %table, "a table was made");
                    continue;
                }
                Verb::Truncate => ControlEvent::Truncate { table },
                Verb::Change => {
                    ControlEvent::SchemaChange { table, schema: None, ddl: Some(entry.query.sql.clone()) }
                }
            };
            self.gathered.add(Record::Control(event), 0);
        }
        self.wants_knowledge |=
            concerned && ddl.verb != Verb::Truncate && self.catalog.depends_on_knowledge();
        Ok(())
    }

    /// A change that was logged as a statement: its rows are nowhere.
    fn change(&self, entry: &StatementEntry) -> Result<(), ReadError> {
        if !ddl::mentions(&entry.query, |database, table| self.catalog.tables().take(database, table)) {
            return Ok(());
        }
        let sql: String = entry.query.sql.chars().take(200).collect();
        Err(self.error(
            &entry.place,
            &format!("a change is in the log as a statement, without its rows: {sql:?}"),
            "set `binlog_format = ROW` on the server and fill the targets of its tables anew, then start after it",
        ))
    }

    fn taken_back(&mut self, transaction: &Transaction, xid: &str) -> Result<(), ReadError> {
        if self.since.is_some() {
            return Ok(());
        }
        if self.took_prepared {
            return Err(self.error(
                &transaction.place,
                &format!("the XA transaction {xid} was rolled back, and its rows were given when it was prepared"),
                "take its changes back in the targets, or fill them anew; then start the pipeline again, which goes on \
                 after it",
            ));
        }
        tracing::warn!(
            lane = %self.lane, place = %transaction.place, xid,
            "an XA transaction was rolled back that was prepared before this process read the log"
        );
        Ok(())
    }

    fn error(&self, place: &Place, what: &str, help: &str) -> ReadError {
        ReadError::Other(Error::fatal(format!("{place}: {what}")).lane(&self.lane).help(help))
    }
}

/// Why the log cannot be read on.
#[derive(Debug)]
pub enum ReadError {
    /// What it holds.
    Log(BinlogError),
    /// What it says.
    Other(Error),
}

impl From<BinlogError> for ReadError {
    fn from(error: BinlogError) -> Self {
        Self::Log(error)
    }
}

/// Whether a log that was read up to a place was read up to another. Files have numbers at their ends, which grow.
pub fn has_reached(at: &Place, end: &Place) -> bool {
    let number = |file: &str| file.rsplit_once('.').and_then(|(_, digits)| digits.parse::<u64>().ok());
    match (number(&at.file), number(&end.file)) {
        (Some(here), Some(there)) if here != there => here > there,
        _ => *at.file == *end.file && at.position >= end.position,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_in_the_order_of_their_numbers() {
        let place = |file: &str, position| Place { file: file.into(), position };
        let end = place("binlog.000009", 500);
        assert!(has_reached(&place("binlog.000009", 500), &end));
        assert!(!has_reached(&place("binlog.000009", 499), &end));
        assert!(
            has_reached(&place("binlog.000010", 4), &end)
                && !has_reached(&place("binlog.999", 4), &place("binlog.1000", 4))
        );
    }
}
