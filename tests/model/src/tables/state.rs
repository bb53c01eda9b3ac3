//! The database, the processes, and the steps that change them.

use super::rules::Rule;
use super::world::World;

/// Processes.
pub const PROCESSES: usize = 2;
/// Shards, at most.
pub const SHARDS: usize = 2;
/// Rows, at most.
pub const ROWS: usize = 4;

/// An entry of the table of positions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Entry {
    /// How often the lane was taken.
    pub term: u8,
    /// How often the shard was decided.
    pub seq: u8,
    /// Rows that are decided.
    pub ordinal: u8,
}

/// Where a transaction stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Stage {
    /// There is none.
    #[default]
    Idle,
    /// It has rows.
    Open,
    /// The entry is changed, and locked.
    Decided,
    /// COMMIT was sent. It may be carried out whatever becomes of the process.
    Requested,
    /// It was carried out.
    Done,
    /// Its session was ended by another process.
    Ended,
}

/// A transaction of one shard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Transaction {
    /// Where it stands.
    pub stage: Stage,
    /// Its rows, a bit each.
    pub rows: u8,
    /// The ordinal that it decides.
    pub ordinal: u8,
    /// Whether whoever began it still looks at it.
    pub watched: bool,
}

impl Transaction {
    fn locks(self) -> bool {
        matches!(self.stage, Stage::Decided | Stage::Requested)
    }
}

/// What a process remembers of the lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Hold {
    /// What it knows of each shard's entry.
    pub entries: [Entry; SHARDS],
    /// Shards that it writes with.
    pub shards: u8,
    /// The row that is read next.
    pub next: u8,
    /// Whether the epoch is being decided: no more rows come into it.
    pub deciding: bool,
}

/// A process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Process {
    /// Whether it runs.
    pub up: bool,
    /// Whether the lane is assigned to it, as far as it knows.
    pub assigned: bool,
    /// Shards that it was told to write with.
    pub shards: u8,
    /// The lane, when it was taken.
    pub hold: Option<Hold>,
    /// A rule is off: entries that were read before the term is raised.
    pub read: Option<[Entry; SHARDS]>,
    /// Its transactions, a shard each.
    pub transactions: [Transaction; SHARDS],
}

/// Faults that may still happen, of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Faults {
    /// The source gives the lane to the other process, and the former owner does not know.
    pub moves: u8,
    /// A process crashes.
    pub crashes: u8,
    /// A process that crashed starts with another number of shards.
    pub changes: u8,
    /// The answer to a COMMIT is lost.
    pub lost_answers: u8,
    /// An epoch is aborted in order.
    pub failures: u8,
}

/// What the search looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// The table of positions.
    pub entries: [Entry; SHARDS],
    /// How many of its entries are used.
    pub shards: u8,
    /// How often each row was written.
    pub written: [u8; ROWS],
    /// Whether a row came after a later one of its key.
    pub disordered: bool,
    /// The processes.
    pub processes: [Process; PROCESSES],
    /// What may still happen.
    pub faults: Faults,
}

/// A step. The first number is a process, the second a shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The lane moves to a process.
    Move(usize),
    /// A process learns that the lane is not its own any more.
    Learn(usize),
    /// A process crashes.
    Crash(usize),
    /// It starts again.
    Restart(usize),
    /// It starts again with another number of shards.
    RestartOtherwise(usize),
    /// A taker ends the session that stands in its way.
    End(usize, usize),
    /// A rule is off: entries are read.
    Read(usize),
    /// The lane is taken.
    Take(usize),
    /// A row is read and written.
    Write(usize),
    /// The entry of a shard is changed.
    Decide(usize, usize),
    /// COMMIT is sent.
    Request(usize, usize),
    /// COMMIT is carried out.
    Deliver(usize, usize),
    /// COMMIT never arrives: its connection was cut.
    Vanish(usize, usize),
    /// All answers have come.
    Finish(usize),
    /// An answer does not come.
    LoseAnswer(usize),
    /// The epoch is aborted, and that acknowledged.
    Abort(usize),
    /// A rule is off: the ordinal is committed behind its rows.
    CommitOrdinal(usize, usize),
}

fn must(condition: bool) -> Option<()> {
    condition.then_some(())
}

fn spend(budget: &mut u8) -> Option<()> {
    *budget = budget.checked_sub(1)?;
    Some(())
}

impl State {
    /// Who locks a shard's entry.
    fn locker(&self, shard: usize) -> Option<usize> {
        (0..PROCESSES).find(|p| self.processes[*p].transactions[shard].locks())
    }

    /// What of a process's transactions nobody looks at any more: the server undoes them, but for COMMITs under way.
    fn abandon(&mut self, p: usize) {
        for transaction in &mut self.processes[p].transactions {
            if transaction.stage == Stage::Requested {
                transaction.watched = false;
            } else {
                *transaction = Transaction::default();
            }
        }
    }

    /// The lane is to be taken again.
    fn let_go(&mut self, p: usize) {
        self.abandon(p);
        self.processes[p].hold = None;
        self.processes[p].read = None;
    }

    /// Whether rows of a transaction of this process may still come from an earlier life of it.
    fn has_unwatched(&self, p: usize) -> bool {
        let requested = |one: &Transaction| one.stage == Stage::Requested && !one.watched;
        self.processes[p].transactions.iter().any(requested)
    }

    /// Takes a step; `None` where it cannot be taken.
    pub fn step(&mut self, world: &World, action: Action) -> Option<()> {
        match action {
            Action::Move(to) => {
                spend(&mut self.faults.moves)?;
                must(!self.processes[to].assigned && self.processes[to].up)?;
                self.processes[to].assigned = true;
            }
            Action::Learn(p) => {
                must(self.processes[p].assigned && self.processes[1 - p].assigned)?;
                self.let_go(p);
                self.processes[p].assigned = false;
            }
            Action::Crash(p) => {
                must(self.processes[p].up)?;
                spend(&mut self.faults.crashes)?;
                self.let_go(p);
                self.processes[p].up = false;
            }
            Action::Restart(p) => {
                must(!self.processes[p].up)?;
                self.processes[p].up = true;
            }
            Action::RestartOtherwise(p) => {
                must(!self.processes[p].up)?;
                spend(&mut self.faults.changes)?;
                let process = &mut self.processes[p];
                (process.up, process.shards) = (true, SHARDS as u8 + 1 - process.shards);
            }
            Action::End(p, shard) => self.end_session(p, shard)?,
            Action::Read(p) => {
                must(!world.on(Rule::ReadUnderLock) && self.may_take(p))?;
                must(self.processes[p].read.is_none())?;
                self.processes[p].read = Some(self.entries);
            }
            Action::Take(p) => self.take(world, p)?,
            Action::Write(p) => self.write(world, p)?,
            Action::Decide(p, shard) => self.decide(world, p, shard)?,
            Action::Request(p, shard) => {
                let shards = usize::from(self.processes[p].hold?.shards);
                let transactions = &mut self.processes[p].transactions;
                must(
                    transactions[..shards]
                        .iter()
                        .all(|one| matches!(one.stage, Stage::Decided | Stage::Requested | Stage::Done)),
                )?;
                must(transactions[shard].stage == Stage::Decided)?;
                transactions[shard].stage = Stage::Requested;
            }
            Action::Deliver(p, shard) => self.deliver(world, p, shard)?,
            Action::Vanish(p, shard) => {
                let transaction = &mut self.processes[p].transactions[shard];
                must(transaction.stage == Stage::Requested && !transaction.watched)?;
                *transaction = Transaction::default();
            }
            Action::Finish(p) => self.finish(world, p)?,
            Action::LoseAnswer(p) => {
                must(
                    self.processes[p]
                        .transactions
                        .iter()
                        .any(|one| one.watched && matches!(one.stage, Stage::Requested | Stage::Done)),
                )?;
                spend(&mut self.faults.lost_answers)?;
                if world.on(Rule::TakenAgain) {
                    self.let_go(p);
                } else {
                    self.abandon(p);
                    self.rewind(p);
                }
            }
            Action::Abort(p) => {
                let process = &self.processes[p];
                must(process.hold.is_some())?;
                let fits =
                    |one: &Transaction| matches!(one.stage, Stage::Idle | Stage::Open | Stage::Decided);
                must(process.transactions.iter().all(fits))?;
                spend(&mut self.faults.failures)?;
                self.abandon(p);
                self.rewind(p);
            }
            Action::CommitOrdinal(p, shard) => {
                let transaction = self.processes[p].transactions[shard];
                must(!world.on(Rule::OneTransaction))?;
                must(transaction.stage == Stage::Done && transaction.ordinal > self.entries[shard].ordinal)?;
                self.entries[shard].ordinal = transaction.ordinal;
            }
        }
        Some(())
    }

    /// Numbers as small as they can be. Terms are only compared with each other, and so are `seq`s, where a gap can shrink
    /// by one at most: when the answer to a COMMIT that was carried out comes. Without this two processes that both
    /// believe in the lane would take it from each other for ever, and each time that would be a new state.
    pub(super) fn shorten_numbers(&mut self) {
        for hold in self.processes.iter_mut().filter_map(|process| process.hold.as_mut()) {
            // Of no meaning, and not to tell states apart.
            hold.entries[usize::from(hold.shards)..].fill(Entry::default());
        }
        self.shorten(|entry| &mut entry.term, 1);
        self.shorten(|entry| &mut entry.seq, 3);
    }

    /// Keeps the order of a number of all entries, and gaps up to `gap`. 0 stays: no decision, or no entry.
    fn shorten(&mut self, number: impl Fn(&mut Entry) -> &mut u8, gap: u8) {
        let mut shorter = [0; u8::MAX as usize + 1];
        self.each_entry(|entry| shorter[usize::from(*number(entry))] = 1);
        let (mut last, mut now) = (0, 0);
        for value in 1..=u8::MAX {
            if std::mem::replace(&mut shorter[usize::from(value)], now) != 0 {
                now += (value - last).min(gap);
                shorter[usize::from(value)] = now;
                last = value;
            }
        }
        self.each_entry(|entry| *number(entry) = shorter[usize::from(*number(entry))]);
    }

    /// Entries of the table, and what processes know of them.
    fn each_entry(&mut self, mut look: impl FnMut(&mut Entry)) {
        self.entries.iter_mut().for_each(&mut look);
        for process in &mut self.processes {
            process.hold.iter_mut().flat_map(|hold| &mut hold.entries).for_each(&mut look);
            process.read.iter_mut().flatten().for_each(&mut look);
        }
    }

    fn may_take(&self, p: usize) -> bool {
        let process = &self.processes[p];
        process.up && process.assigned && process.hold.is_none() && !self.has_unwatched(p)
    }

    /// Sessions of other processes, and of earlier lives.
    fn end_session(&mut self, p: usize, shard: usize) -> Option<()> {
        let process = &self.processes[p];
        must(process.up && process.assigned && process.hold.is_none())?;
        let locker = self.locker(shard)?;
        let transaction = &mut self.processes[locker].transactions[shard];
        *transaction = if transaction.watched {
            Transaction { stage: Stage::Ended, watched: true, ..Transaction::default() }
        } else {
            Transaction::default()
        };
        Some(())
    }

    fn take(&mut self, world: &World, p: usize) -> Option<()> {
        must(self.may_take(p))?;
        must((0..SHARDS).all(|shard| self.locker(shard).is_none()))?;
        must(world.on(Rule::ReadUnderLock) || self.processes[p].read.is_some())?;
        let mut read = self.processes[p].read.take().unwrap_or(self.entries);
        let used = usize::from(self.shards);
        let ordinals = || read[..used].iter().map(|entry| entry.ordinal);
        let (lowest, highest) = (ordinals().min()?, ordinals().max()?);
        let told = self.processes[p].shards;
        let same = lowest == highest || told == self.shards;
        let shards = if same || !world.on(Rule::SameShards) { told } else { self.shards };
        let begin = if world.on(Rule::Lowest) { lowest } else { highest };
        let raised = |entries: &[Entry; SHARDS]| {
            let term = entries.iter().map(|entry| entry.term).max().unwrap_or(0) + 1;
            let seq = entries.iter().map(|entry| entry.seq).max().unwrap_or(0) + 1;
            (term, seq)
        };
        let (term, seq) = raised(&self.entries);
        for (shard, entry) in read.iter_mut().enumerate() {
            let kept = shards == self.shards && shard < used;
            let ordinal = if kept { entry.ordinal } else { begin };
            *entry = Entry { term, seq, ordinal };
            self.entries[shard] = if shard < usize::from(shards) { *entry } else { Entry::default() };
        }
        self.shards = shards;
        self.processes[p].hold = Some(Hold { entries: read, shards, next: begin, deciding: false });
        Some(())
    }

    fn write(&mut self, world: &World, p: usize) -> Option<()> {
        let process = &mut self.processes[p];
        let hold = process.hold.as_mut()?;
        must(!hold.deciding && hold.next < world.rows)?;
        let row = hold.next;
        let shard = usize::from(row % hold.shards);
        let transaction = &mut process.transactions[shard];
        must(matches!(transaction.stage, Stage::Idle | Stage::Open | Stage::Ended))?;
        hold.next += 1;
        if world.on(Rule::LeavesOut) && row < hold.entries[shard].ordinal {
            return Some(());
        }
        if transaction.stage == Stage::Ended {
            self.let_go(p);
            return Some(());
        }
        let rows = transaction.rows | 1 << row;
        *transaction = Transaction { stage: Stage::Open, rows, ordinal: 0, watched: true };
        Some(())
    }

    fn decide(&mut self, world: &World, p: usize, shard: usize) -> Option<()> {
        let hold = self.processes[p].hold?;
        must(shard < usize::from(hold.shards))?;
        let lowest = hold.entries[..usize::from(hold.shards)].iter().map(|entry| entry.ordinal).min()?;
        must(hold.deciding || hold.next > lowest)?;
        let stage = self.processes[p].transactions[shard].stage;
        must(matches!(stage, Stage::Idle | Stage::Open | Stage::Ended) && self.locker(shard).is_none())?;
        let (known, found) = (hold.entries[shard], self.entries[shard]);
        let matches = (!world.on(Rule::Term) || known.term == found.term)
            && (!world.on(Rule::Seq) || known.seq == found.seq);
        if stage == Stage::Ended || !matches {
            self.let_go(p);
            return Some(());
        }
        let keeps = world.on(Rule::KeepsOrdinal);
        let process = &mut self.processes[p];
        let transaction = &mut process.transactions[shard];
        transaction.ordinal = if keeps { hold.next.max(known.ordinal) } else { hold.next };
        (transaction.stage, transaction.watched) = (Stage::Decided, true);
        process.hold.as_mut()?.deciding = true;
        Some(())
    }

    fn deliver(&mut self, world: &World, p: usize, shard: usize) -> Option<()> {
        let transaction = &mut self.processes[p].transactions[shard];
        must(transaction.stage == Stage::Requested)?;
        let made = *transaction;
        if made.watched {
            transaction.stage = Stage::Done;
        } else {
            *transaction = Transaction::default();
        }
        for row in (0..ROWS).filter(|row| made.rows & 1 << row != 0) {
            self.written[row] += 1;
            // Two keys take turns.
            self.disordered |= (row + 2..ROWS)
                .step_by(2)
                .any(|later| self.written[later] > 0 && made.rows & 1 << later == 0);
        }
        let entry = &mut self.entries[shard];
        entry.seq += 1;
        if world.on(Rule::OneTransaction) {
            entry.ordinal = made.ordinal;
        }
        Some(())
    }

    fn finish(&mut self, world: &World, p: usize) -> Option<()> {
        let process = &mut self.processes[p];
        let hold = process.hold.as_mut()?;
        let shards = usize::from(hold.shards);
        must(process.transactions[..shards].iter().all(|one| one.stage == Stage::Done))?;
        let behind = |shard: usize| process.transactions[shard].ordinal > self.entries[shard].ordinal;
        must(world.on(Rule::OneTransaction) || !(0..shards).any(behind))?;
        for (entry, transaction) in hold.entries.iter_mut().zip(&mut process.transactions).take(shards) {
            entry.seq += 1;
            entry.ordinal = transaction.ordinal;
            *transaction = Transaction::default();
        }
        hold.deciding = false;
        Some(())
    }

    /// The lane goes on from memory.
    fn rewind(&mut self, p: usize) {
        if let Some(hold) = &mut self.processes[p].hold {
            let known = hold.entries[..usize::from(hold.shards)].iter();
            hold.next = known.map(|entry| entry.ordinal).min().unwrap_or(0);
            hold.deciding = false;
        }
    }

    /// Whether a row that was never written is behind the ordinal of its shard.
    pub fn has_lost(&self, rows: u8) -> bool {
        (0..rows).any(|row| {
            let shard = usize::from(row % self.shards);
            self.entries[shard].ordinal > row && self.written[usize::from(row)] == 0
        })
    }
}
