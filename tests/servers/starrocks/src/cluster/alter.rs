//! Changes of tables: a statement asks for one, and a job makes it later.

use std::time::Instant;

use super::{Column, Database, State};

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlterState {
    /// It waits for transactions that were there before it.
    WaitingTxn,
    /// It works.
    Running,
    /// The table has the column.
    Finished,
    /// It was given up.
    Cancelled,
}

impl AlterState {
    /// As servers write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::WaitingTxn => "WAITING_TXN",
            Self::Running => "RUNNING",
            Self::Finished => "FINISHED",
            Self::Cancelled => "CANCELLED",
        }
    }

    /// Whether it is over.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Finished | Self::Cancelled)
    }
}

/// A job that adds a column.
#[derive(Clone, Debug)]
pub struct Alter {
    /// Its number. Transactions with smaller ones were there before it.
    pub id: i64,
    /// The table.
    pub table: String,
    /// What it gets.
    pub column: Column,
    /// Where it stands.
    pub state: AlterState,
    /// Why it was given up.
    pub reason: String,
    /// When its work is done, where nothing has to be waited for.
    pub due: Instant,
}

impl State {
    /// Does what jobs have to do by now.
    pub fn alter(&mut self) {
        let now = Instant::now();
        for Database { tables, transactions, alters } in self.databases.values_mut() {
            for job in alters.iter_mut().filter(|job| !job.state.is_final()) {
                let waits = transactions.iter().any(|transaction| {
                    transaction.table == job.table && transaction.id < job.id && !transaction.state.is_final()
                });
                let table = tables.get_mut(&job.table);
                job.state = match table {
                    None => AlterState::Cancelled,
                    Some(_) if waits => AlterState::WaitingTxn,
                    Some(_) if now < job.due => AlterState::Running,
                    Some(table) => {
                        table.add_column(job.column.clone());
                        AlterState::Finished
                    }
                };
            }
        }
    }

    /// Gives up the jobs that are not over.
    pub fn cancel_alters(&mut self, reason: &str) {
        for job in self.databases.values_mut().flat_map(|database| &mut database.alters) {
            if !job.state.is_final() {
                job.state = AlterState::Cancelled;
                reason.clone_into(&mut job.reason);
            }
        }
    }
}
