//! The positions topic: one partition for all lanes, with a last stable offset and a high watermark.

use crate::broker::{LANES, TransactionalId};

const TAIL: usize = 8;

/// A lane's record in the positions topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Record {
    /// The next row to read.
    pub position: u8,
    /// The id that owns the lane. None: the lane was never taken.
    pub holder: Option<TransactionalId>,
    /// The holder's last decision was its last: nobody has to be killed.
    pub released: bool,
}

/// Who appended an entry to the positions topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Author {
    /// A writer, in its transaction.
    Writer(TransactionalId),
    /// The claim id of the entry's lane.
    Claim,
}

/// What has become of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Outcome {
    Open,
    Committed,
    Aborted,
}

/// An entry between the last stable offset and the high watermark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Entry {
    lane: u8,
    record: Record,
    /// Who appended it.
    pub(crate) author: Author,
    outcome: Outcome,
}

/// The positions topic, one partition for all lanes.
///
/// What lies below the last stable offset is folded into the newest committed record of each lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PositionsLog {
    stable: [Record; LANES],
    tail: [Option<Entry>; TAIL],
}

impl PositionsLog {
    /// No lane was ever taken.
    pub(crate) const fn new() -> Self {
        let untaken = Record { position: 0, holder: None, released: true };
        Self { stable: [untaken; LANES], tail: [None; TAIL] }
    }

    /// What a read_committed client finds for `lane` when it reads up to the last stable offset.
    pub const fn stable(&self, lane: usize) -> Record {
        self.stable[lane]
    }

    /// Entries between the last stable offset and the high watermark.
    pub fn unstable(&self) -> u8 {
        self.tail.iter().flatten().count() as u8
    }

    /// None when the model's log is full.
    pub(crate) fn append(
        &mut self,
        lane: usize,
        record: Record,
        author: Author,
        outcome: Outcome,
    ) -> Option<()> {
        let slot = self.tail.iter_mut().find(|slot| slot.is_none())?;
        *slot = Some(Entry { lane: lane as u8, record, author, outcome });
        Some(())
    }

    /// Whether an entry of this kind is neither committed nor aborted.
    pub(crate) fn has_open(&self, of: impl Fn(&Entry) -> bool) -> bool {
        self.tail.iter().flatten().any(|entry| entry.outcome == Outcome::Open && of(entry))
    }

    /// Closes the open entries of a kind.
    pub(crate) fn close(&mut self, outcome: Outcome, of: impl Fn(&Entry) -> bool) {
        for entry in self.tail.iter_mut().flatten() {
            if entry.outcome == Outcome::Open && of(entry) {
                entry.outcome = outcome;
            }
        }
    }

    /// Moves the last stable offset forward; returns by how many entries.
    pub(crate) fn fold(&mut self) -> u8 {
        let mut folded = 0;
        while let Some(entry) = self.tail[0].filter(|entry| entry.outcome != Outcome::Open) {
            if entry.outcome == Outcome::Committed {
                self.stable[usize::from(entry.lane)] = entry.record;
            }
            self.tail.rotate_left(1);
            self.tail[TAIL - 1] = None;
            folded += 1;
        }
        folded
    }
}

/// The claims of a lane.
pub(crate) fn claims(lane: usize) -> impl Fn(&Entry) -> bool {
    move |entry| entry.author == Author::Claim && usize::from(entry.lane) == lane
}
