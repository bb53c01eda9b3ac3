//! Transactions: where they begin and end, and the rows and statements between.

use std::sync::Arc;

use bytes::Bytes;

use super::entry::{Entry, RowsEntry, StatementEntry, Transaction};
use super::state::{Log, Open, malformed};
use crate::binlog::error::{BinlogError, Fault, Place};
use crate::binlog::event::Header;
use crate::binlog::event::gtid::Named;
use crate::binlog::event::query::Query;
use crate::binlog::event::rows::{NO_TABLE, Rows};
use crate::binlog::event::statement::Statement;
use crate::binlog::event::table_map::TableMap;
use crate::binlog::gtid::GtidSet;

/// More descriptions of tables than a transaction can need at once: each is sent again before its rows.
const MAX_TABLES: usize = 4096;

impl Log {
    /// Takes the transactions before a file for those that were read, unless that is known already.
    pub(super) fn seen(&mut self, before: GtidSet) {
        if self.gtids.is_none() && !self.anonymous {
            self.gtids = Some(before);
        }
    }

    pub(super) fn begin(&mut self, header: &Header, named: Named, place: &Place) -> Result<(), BinlogError> {
        self.interrupted(place, "another begins in it")?;
        if self.tables.len() > MAX_TABLES {
            self.tables.clear();
        }
        let transaction = Arc::new(Transaction {
            gtid: named.gtid,
            server_id: header.server_id,
            committed_at: named.committed_at.filter(|micros| *micros > 0),
            timestamp: header.timestamp,
            place: place.clone(),
            xa: named.xa,
        });
        self.entries.push_back(Entry::Begin(Arc::clone(&transaction)));
        self.open = Some(Open { transaction, framed: false, events: 0, savepoints: Vec::new() });
        Ok(())
    }

    /// The open transaction; where no event named it, it begins here.
    fn open(&mut self, header: &Header, place: &Place) -> Result<&mut Open, BinlogError> {
        if self.open.is_none() {
            let nameless = Named { gtid: None, committed_at: None, standalone: false, xa: None };
            self.begin(header, nameless, place)?;
        }
        match &mut self.open {
            Some(open) => Ok(open),
            // Begun above.
            None => Err(malformed(header.kind, place, Fault::new("no transaction is open"))),
        }
    }

    pub(super) fn query(&mut self, header: &Header, query: Query, place: &Place) -> Result<(), BinlogError> {
        let statement = Statement::of(&query.sql);
        match statement {
            Statement::Begin | Statement::XaStart => self.open(header, place)?.framed = true,
            Statement::XaEnd => {}
            Statement::Commit => self.end(place, Entry::Commit)?,
            Statement::Rollback => {
                self.interrupted(place, &query.sql)?;
                self.end(place, Entry::Rollback)?;
            }
            Statement::Savepoint(name) => {
                let open = self.open(header, place)?;
                open.savepoints.retain(|(known, _)| *known != name);
                open.savepoints.push((name, open.events));
            }
            Statement::RollbackTo(name) => {
                let open = self.open(header, place)?;
                let before =
                    open.savepoints.iter().find(|(known, _)| *known == name).map_or(0, |(_, events)| *events);
                if open.events > before {
                    return Err(BinlogError::RolledBack { place: place.clone(), what: query.sql });
                }
            }
            Statement::XaCommit(xid) => {
                self.open(header, place)?;
                self.end(place, |transaction| Entry::XaCommit(transaction, xid))?;
            }
            Statement::XaRollback(xid) => {
                self.open(header, place)?;
                self.end(place, |transaction| Entry::XaRollback(transaction, xid))?;
            }
            Statement::Change | Statement::Other => self.statement(header, statement, query, place)?,
        }
        Ok(())
    }

    pub(super) fn statement(
        &mut self,
        header: &Header,
        statement: Statement,
        query: Query,
        place: &Place,
    ) -> Result<(), BinlogError> {
        let open = self.open(header, place)?;
        let (transaction, framed) = (Arc::clone(&open.transaction), open.framed);
        let timestamp = header.timestamp;
        let entry = StatementEntry { transaction, statement, query, timestamp, place: place.clone() };
        self.entries.push_back(Entry::Statement(Box::new(entry)));
        if framed { Ok(()) } else { self.end(place, Entry::Commit) }
    }

    pub(super) fn table(&mut self, body: &Bytes, event: u8) -> Result<(), Fault> {
        let Some(format) = &self.format else {
            return Err(Fault::new("the log has not said what it is"));
        };
        let (id, rest) = TableMap::id_of(body, format.table_id_len(event))?;
        let known = self.tables.get(&id).is_some_and(|map| map.is_described_by(&rest));
        if !known {
            let map = TableMap::parse(id, rest, format.flavor)?;
            self.tables.insert(id, Arc::new(map));
        }
        Ok(())
    }

    pub(super) fn rows(&mut self, header: &Header, rows: Rows, place: &Place) -> Result<(), BinlogError> {
        if rows.table_id == NO_TABLE {
            return Ok(());
        }
        let Some(map) = self.tables.get(&rows.table_id).cloned() else {
            return Err(BinlogError::NoTableMap { place: place.clone(), table_id: rows.table_id });
        };
        let (skip, ordinal) = (self.skip, self.ordinal);
        let open = self.open(header, place)?;
        let number = open.events;
        open.events += 1;
        let skip = match skip {
            Some((events, _)) if number < events => return Ok(()),
            Some((events, rows)) if number == events => rows,
            _ => 0,
        };
        let entry = RowsEntry {
            transaction: Arc::clone(&open.transaction),
            map,
            rows,
            number,
            ordinal: ordinal + number,
            skip,
            timestamp: header.timestamp,
            place: place.clone(),
        };
        self.entries.push_back(Entry::Rows(Box::new(entry)));
        Ok(())
    }

    /// The open transaction ends. Where none is open, there is nothing to say: `COMMIT` after a statement
    /// that was one.
    pub(super) fn end(
        &mut self,
        place: &Place,
        entry: impl FnOnce(Arc<Transaction>) -> Entry,
    ) -> Result<(), BinlogError> {
        let Some(open) = self.open.take() else { return Ok(()) };
        if let Some((expected, _)) = self.skip.take()
            && open.events < expected
        {
            return Err(BinlogError::OtherLog { place: place.clone(), expected, found: open.events });
        }
        self.ordinal += open.events;
        // Of a set that is not known, what is added says nothing.
        if let Some(set) = &mut self.gtids {
            let added = open.transaction.gtid.as_ref().is_some_and(|gtid| set.add(gtid));
            if !added {
                self.gtids = None;
            }
        }
        self.anonymous |= open.transaction.gtid.is_none();
        self.entries.push_back(entry(open.transaction));
        Ok(())
    }

    /// The open transaction ends without a commit: harmless where it has no rows.
    pub(super) fn interrupted(&mut self, place: &Place, what: &str) -> Result<(), BinlogError> {
        match &self.open {
            Some(open) if open.events > 0 => {
                Err(BinlogError::RolledBack { place: place.clone(), what: what.to_owned() })
            }
            _ => Ok(()),
        }
    }
}
