//! The cluster that the rows go to: its transactions, and what readers see of the rows.
//!
//! A commit is decided at one moment, but its markers reach the partitions one by one: between the decision and the
//! marker a reader of the positions, or of the group's offsets, still sees the transaction as open.

use crate::positions::{Author, Outcome, PositionsLog, Record, claims};

/// Number of lanes.
pub const LANES: usize = 2;
/// Number of processes.
pub const PROCESSES: usize = 2;
/// Transactional ids that a process can use up; it stands still when it would need another.
pub const RUNS: usize = 3;
const IDS: usize = PROCESSES * RUNS;
const BATCH: usize = 4;

/// A writer's transactional id: `pipeline/instance/run`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TransactionalId(u8);

impl TransactionalId {
    /// The id of a process in one of its runs.
    pub const fn of(process: usize, run: u8) -> Self {
        Self((process * RUNS) as u8 + run)
    }

    /// Whose id it is.
    pub const fn process(self) -> usize {
        self.0 as usize / RUNS
    }

    /// All ids there can be.
    pub fn every() -> impl Iterator<Item = Self> {
        (0..IDS as u8).map(Self)
    }
}

/// Offsets of rows in the order in which they were produced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rows {
    len: u8,
    offsets: [u8; BATCH],
}

impl Rows {
    /// None when the model's transaction is full.
    fn push(&mut self, offset: u8) -> Option<()> {
        *self.offsets.get_mut(usize::from(self.len))? = offset;
        self.len += 1;
        Some(())
    }

    fn iter(&self) -> impl Iterator<Item = u8> {
        self.offsets.into_iter().take(usize::from(self.len))
    }

    /// The position behind the last row.
    pub fn end(&self) -> Option<u8> {
        self.iter().last().map(|offset| offset + 1)
    }
}

/// Where the transaction of an id stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TransactionState {
    /// None was begun.
    #[default]
    Empty,
    /// Rows were produced.
    Open,
    /// The request to commit is under way.
    Requested,
    /// Decided; the partition of the positions has no marker yet, or the group's offsets have none.
    Committed {
        /// The marker of the positions is missing.
        positions: bool,
    },
}

/// A transaction of a writer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Transaction {
    /// Where it stands.
    pub state: TransactionState,
    rows: [Rows; LANES],
    /// Group offsets sent to it: pending until its marker.
    offsets: [Option<u8>; LANES],
}

impl Transaction {
    /// Rows of `lane` in it.
    pub const fn rows(&self, lane: usize) -> Rows {
        self.rows[lane]
    }

    fn close_when_marked(&mut self) {
        if self.state == (TransactionState::Committed { positions: false })
            && self.offsets.iter().all(Option::is_none)
        {
            *self = Self::default();
        }
    }
}

/// What went wrong for a reader of the rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Damage {
    /// A row was committed twice.
    pub doubled: bool,
    /// A row was committed before its predecessor, or a position passed a row that was never committed.
    pub lost: bool,
}

/// The cluster of the sink.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cluster {
    transactions: [Transaction; IDS],
    alive: [bool; IDS],
    /// The process whose init of a lane's claim id was the last.
    claimer: [Option<u8>; LANES],
    /// Position records.
    pub log: PositionsLog,
    /// The group's offsets (same cluster only).
    pub offsets: [u8; LANES],
    /// Rows of each lane that a read_committed reader has seen.
    pub seen: [u8; LANES],
    /// What that reader would complain about.
    pub damage: Damage,
}

impl Cluster {
    /// No lane was ever taken.
    pub fn new() -> Self {
        Self {
            transactions: [Transaction::default(); IDS],
            alive: [false; IDS],
            claimer: [None; LANES],
            log: PositionsLog::new(),
            offsets: [0; LANES],
            seen: [0; LANES],
            damage: Damage::default(),
        }
    }

    /// The transaction of an id.
    pub const fn transaction(&self, id: TransactionalId) -> &Transaction {
        &self.transactions[id.0 as usize]
    }

    fn transaction_mut(&mut self, id: TransactionalId) -> &mut Transaction {
        &mut self.transactions[usize::from(id.0)]
    }

    /// Whether the owner's producer may still write under `id`: nobody else has initialised it since.
    pub const fn alive(&self, id: TransactionalId) -> bool {
        self.alive[id.0 as usize]
    }

    /// The owner's init of its own id. None while a commit of that id waits for its markers.
    pub fn init_own(&mut self, id: TransactionalId) -> Option<()> {
        self.kill(id)?;
        self.alive[usize::from(id.0)] = true;
        Some(())
    }

    /// Somebody else's init: ends the open transaction and fences the owner. None while a commit of that id
    /// waits for its markers (the coordinator answers `CONCURRENT_TRANSACTIONS` until then).
    pub fn kill(&mut self, id: TransactionalId) -> Option<()> {
        match self.transaction(id).state {
            TransactionState::Committed { .. } => return None,
            TransactionState::Open | TransactionState::Requested => self.abort(id),
            TransactionState::Empty => {}
        }
        self.alive[usize::from(id.0)] = false;
        Some(())
    }

    /// Forgets whether an id that nobody will use again is alive, so that equal states are equal.
    pub fn retire(&mut self, id: TransactionalId) {
        if self.transaction(id).state == TransactionState::Empty {
            self.alive[usize::from(id.0)] = false;
        }
    }

    /// Adds a row to the transaction of `id`; begins one when none is open.
    pub fn produce(&mut self, id: TransactionalId, lane: usize, offset: u8) -> Option<()> {
        if !self.writable(id) {
            return None;
        }
        let transaction = self.transaction_mut(id);
        transaction.state = TransactionState::Open;
        transaction.rows[lane].push(offset)
    }

    /// Whether a transaction of `id` may be written to. Not while a commit waits for its markers: the coordinator
    /// answers `CONCURRENT_TRANSACTIONS`, and the client tries again.
    pub const fn writable(&self, id: TransactionalId) -> bool {
        matches!(self.transaction(id).state, TransactionState::Empty | TransactionState::Open)
    }

    /// Adds a lane's record to the transaction of `id`.
    pub fn write_record(&mut self, id: TransactionalId, lane: usize, record: Record) -> Option<()> {
        self.log.append(lane, record, Author::Writer(id), Outcome::Open)
    }

    /// Adds a lane's group offset to the transaction of `id`. The coordinator of the group has let it pass.
    pub fn send_offset(&mut self, id: TransactionalId, lane: usize, offset: u8) {
        self.transaction_mut(id).offsets[lane] = Some(offset);
    }

    /// Whether a stable OffsetFetch of `lane` would have to wait.
    pub fn offset_pending(&self, lane: usize) -> bool {
        self.transactions.iter().any(|transaction| transaction.offsets[lane].is_some())
    }

    /// The request to commit leaves the process.
    pub fn request_commit(&mut self, id: TransactionalId) {
        self.transaction_mut(id).state = TransactionState::Requested;
    }

    /// The request to commit arrives: the decision.
    pub fn commit(&mut self, id: TransactionalId) {
        let transaction = self.transaction_mut(id);
        let rows = std::mem::take(&mut transaction.rows);
        transaction.state = TransactionState::Committed { positions: true };
        for (lane, rows) in rows.iter().enumerate() {
            for offset in rows.iter() {
                self.show(lane, offset);
            }
        }
    }

    fn show(&mut self, lane: usize, offset: u8) {
        let seen = &mut self.seen[lane];
        self.damage.doubled |= offset < *seen;
        self.damage.lost |= offset > *seen;
        *seen = (*seen).max(offset + 1);
    }

    /// The commit marker of `id` reaches the positions topic.
    pub fn mark_positions(&mut self, id: TransactionalId) -> Option<()> {
        let transaction = self.transaction_mut(id);
        if transaction.state != (TransactionState::Committed { positions: true }) {
            return None;
        }
        transaction.state = TransactionState::Committed { positions: false };
        transaction.close_when_marked();
        self.log.close(Outcome::Committed, |entry| entry.author == Author::Writer(id));
        Some(())
    }

    /// The commit marker of `id` reaches the group's offsets.
    pub fn mark_offsets(&mut self, id: TransactionalId) -> Option<()> {
        let transaction = self.transaction_mut(id);
        if !matches!(transaction.state, TransactionState::Committed { .. }) {
            return None;
        }
        let sent = std::mem::take(&mut transaction.offsets);
        if sent.iter().all(Option::is_none) {
            return None;
        }
        transaction.close_when_marked();
        for (offset, sent) in self.offsets.iter_mut().zip(sent) {
            *offset = sent.unwrap_or(*offset);
        }
        Some(())
    }

    /// Ends an undecided transaction: nothing of it is ever seen.
    pub fn abort(&mut self, id: TransactionalId) {
        *self.transaction_mut(id) = Transaction::default();
        self.log.close(Outcome::Aborted, |entry| entry.author == Author::Writer(id));
    }

    /// Init of a lane's claim id: fences any other claimer and ends its transaction.
    pub fn init_claim(&mut self, lane: usize, process: usize) {
        self.claimer[lane] = Some(process as u8);
        self.log.close(Outcome::Aborted, claims(lane));
    }

    /// Whether the claim producer of `process` may still write.
    pub fn may_claim(&self, lane: usize, process: usize) -> bool {
        self.claimer[lane] == Some(process as u8)
    }

    /// Whether a claim of `lane` is neither committed nor aborted.
    pub fn claim_open(&self, lane: usize) -> bool {
        self.log.has_open(claims(lane))
    }

    /// Writes a claim in a transaction of the claim id, which stays open.
    pub fn write_claim(&mut self, lane: usize, record: Record) -> Option<()> {
        self.log.append(lane, record, Author::Claim, Outcome::Open)
    }

    /// Writes a claim outside of any transaction.
    pub fn write_plain_claim(&mut self, lane: usize, record: Record) -> Option<()> {
        self.log.append(lane, record, Author::Claim, Outcome::Committed)
    }

    /// Commits the open claim of `lane`. Its claimer needs it no longer.
    pub fn commit_claim(&mut self, lane: usize) {
        self.log.close(Outcome::Committed, claims(lane));
        self.claimer[lane] = None;
    }

    /// The coordinator ends a claim that its process left open.
    pub fn abort_claim(&mut self, lane: usize) {
        self.log.close(Outcome::Aborted, claims(lane));
        self.claimer[lane] = None;
    }

    /// Folds the log; returns how many entries became stable.
    pub fn settle(&mut self) -> u8 {
        let folded = self.log.fold();
        if folded > 0 {
            for lane in 0..LANES {
                self.damage.lost |= self.log.stable(lane).position > self.seen[lane];
            }
        }
        folded
    }
}

impl Default for Cluster {
    fn default() -> Self {
        Self::new()
    }
}
