//! Transactions of a database, by label.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::{Row, Table};

/// Where a transaction stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransactionState {
    /// Begun. Only in the memory of the front end.
    Prepare,
    /// Prepared: kept over restarts.
    Prepared,
    /// Committed, and not to be seen yet.
    Committed,
    /// Committed, and to be seen.
    Visible,
    /// Rolled back.
    Aborted,
}

impl TransactionState {
    /// As servers write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Prepare => "PREPARE",
            Self::Prepared => "PREPARED",
            Self::Committed => "COMMITTED",
            Self::Visible => "VISIBLE",
            Self::Aborted => "ABORTED",
        }
    }

    /// Whether it is over.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Visible | Self::Aborted)
    }
}

/// Rows of a load.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All that were read.
    pub total: u64,
    /// Those that are loaded.
    pub loaded: u64,
    /// Those that were refused.
    pub filtered: u64,
    /// Bytes of the bodies.
    pub bytes: u64,
}

/// A transaction.
#[derive(Clone, Debug)]
pub struct Transaction {
    /// Its number.
    pub id: i64,
    /// Its label.
    pub label: String,
    /// Its table.
    pub table: String,
    /// Where it stands.
    pub state: TransactionState,
    /// Which back end has its rows.
    pub back_end: usize,
    /// Its rows, once it is prepared.
    pub rows: Vec<Row>,
    /// Their number.
    pub counts: Counts,
    /// Why it was aborted.
    pub reason: String,
    /// Until when it has to be prepared.
    pub deadline: Instant,
}

/// The transactions of a database, oldest first.
#[derive(Debug, Default)]
pub struct Transactions(Vec<Transaction>);

impl Transactions {
    /// The last transaction of a label.
    pub fn find(&mut self, label: &str) -> Option<&mut Transaction> {
        self.0.iter_mut().rev().find(|transaction| transaction.label == label)
    }

    /// All, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Transaction> {
        self.0.iter()
    }

    /// Those that are not over.
    pub fn running(&self) -> usize {
        self.0.iter().filter(|transaction| !transaction.state.is_final()).count()
    }

    /// Begins one.
    pub fn begin(&mut self, id: i64, label: &str, table: &str, back_end: usize, limit: Duration) {
        self.0.push(Transaction {
            id,
            label: label.to_owned(),
            table: table.to_owned(),
            state: TransactionState::Prepare,
            back_end,
            rows: Vec::new(),
            counts: Counts::default(),
            reason: String::new(),
            deadline: Instant::now() + limit,
        });
    }

    /// Forgets the oldest of those that are over, down to a number of transactions.
    pub fn evict(&mut self, kept: usize) {
        while self.0.len() > kept {
            let Some(oldest) = self.0.iter().position(|transaction| transaction.state.is_final()) else {
                return;
            };
            self.0.remove(oldest);
        }
    }

    pub(super) fn forget_unprepared(&mut self) {
        self.0.retain(|transaction| transaction.state != TransactionState::Prepare);
    }

    pub(super) fn abort_of_back_end(&mut self, number: usize) {
        for transaction in &mut self.0 {
            if transaction.state == TransactionState::Prepare && transaction.back_end == number {
                transaction.abort("coordinate BE is down");
            }
        }
    }

    pub(super) fn expire(&mut self) {
        let now = Instant::now();
        for transaction in &mut self.0 {
            if transaction.state == TransactionState::Prepare && transaction.deadline < now {
                transaction.abort("timeout by txn manager");
            }
        }
    }

    pub(super) fn publish(&mut self, tables: &mut BTreeMap<String, Table>) {
        for transaction in &mut self.0 {
            if transaction.state == TransactionState::Committed {
                if let Some(table) = tables.get_mut(&transaction.table) {
                    table.apply(&transaction.rows);
                }
                transaction.rows.clear();
                transaction.state = TransactionState::Visible;
            }
        }
    }
}

impl Transaction {
    /// Aborts it.
    pub fn abort(&mut self, reason: &str) {
        self.state = TransactionState::Aborted;
        reason.clone_into(&mut self.reason);
        self.rows.clear();
    }
}
