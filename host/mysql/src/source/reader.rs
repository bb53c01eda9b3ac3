//! From events to stretches of the tables that are read.

use bytes::Bytes;
use sluicegate_connector::Error;
use sluicegate_model::{ControlEvent, Lane, Moment, TableName};

use super::catalog::Catalog;
use super::chunk::{OVERHEAD, Stretch};
use super::ddl::{self, Ddl, Verb};
use super::knowledge::Knowledge;
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

/// Reads a lane's events, and gathers those of its tables.
pub struct Reader {
    lane: Lane,
    log: Log,
    catalog: Catalog,
    /// Transactions before this moment are passed over.
    since: Option<Moment>,
    until: Option<End>,
    /// Where the stretch that is gathered begins.
    from: LogPosition,
    records: Vec<Record>,
    events: usize,
    bytes: usize,
    /// The end of the run was reached.
    ended: bool,
    /// A table was changed, and what is known of it may be old.
    wants_knowledge: bool,
    /// Rows of the open transaction were taken.
    took_rows: bool,
    /// Rows were taken that were prepared only, and may be taken back.
    took_prepared: bool,
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
            from: at,
            records: Vec::new(),
            events: 0,
            bytes: 0,
            ended,
            wants_knowledge: false,
            took_rows: false,
            took_prepared: false,
        }
    }

    /// Where the log is to be read on.
    pub fn position(&self) -> LogPosition {
        self.log.position()
    }

    /// Goes on with a new connection, from where it was. What was gathered must have been taken.
    pub fn reconnect(&mut self) {
        self.log = Log::new(self.from.clone());
        self.took_rows = false;
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
        self.bytes
    }

    /// Whether anything was gathered.
    pub fn has_records(&self) -> bool {
        !self.records.is_empty()
    }

    /// What was gathered, up to where the log was read. Nothing before the moment at which the lane begins.
    pub fn take(&mut self) -> Option<Stretch> {
        let to = self.log.position();
        if self.since.is_some() || (self.records.is_empty() && to == self.from) {
            return None;
        }
        Some(Stretch {
            from: std::mem::replace(&mut self.from, to.clone()),
            to,
            records: std::mem::take(&mut self.records),
            events: std::mem::take(&mut self.events),
            bytes: std::mem::take(&mut self.bytes),
        })
    }

    /// Whether the log went on to another transaction or file since the last stretch.
    pub fn has_moved(&self) -> bool {
        self.since.is_none() && !self.log.is_in_transaction() && self.log.place() != self.from.place
    }

    /// Takes an event.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn push(&mut self, event: &Bytes) -> Result<(), ReadError> {
        Ok(self.log.push(event)?)
    }

    /// Gathers what the events that were pushed mean, up to a number of bytes, or to a point at which something else has
    /// to be done first. Gives whether there may be more.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn gather(&mut self, most: usize) -> Result<bool, ReadError> {
        while !self.ended && !self.wants_knowledge {
            let Some(entry) = self.log.next()? else { return Ok(false) };
            self.entry(entry)?;
            if self.bytes >= most {
                return Ok(true);
            }
        }
        Ok(true)
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
        }
        if let Some(End::Time(moment)) = self.until
            && millis >= moment.0
        {
            self.ended = true;
        }
    }

    fn look_for_the_end(&mut self) {
        if let Some(End::Place(end)) = &self.until
            && !self.log.is_in_transaction()
            && has_reached(&self.log.place(), end)
        {
            self.ended = true;
        }
    }

    fn rows(&mut self, entry: Box<RowsEntry>) -> Result<(), ReadError> {
        if self.since.is_some() {
            return Ok(());
        }
        let Some(table) = self.catalog.table(&entry.map, &entry.place)? else { return Ok(()) };
        self.took_rows = true;
        self.bytes += entry.rows.images.len() + OVERHEAD;
        self.events += 1;
        self.records.push(Record::Rows { table, entry });
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
            self.bytes += OVERHEAD;
            self.records.push(Record::Control(event));
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
fn has_reached(at: &Place, end: &Place) -> bool {
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
