//! What a process of the pipeline remembers: its place in the group, its lanes, its writer.

use crate::broker::LANES;
use crate::group::Stamp;
use crate::positions::Record;

/// Whether a process runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Power {
    /// It was never started.
    Absent,
    /// It runs; it may be stopped between any two steps, for any time.
    Up,
    /// It crashed and may be started again.
    Down,
}

/// The consumer client's view of its membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Membership {
    /// Not a member, no lane assigned: it may join.
    Out,
    /// The client has learnt that it is no member any longer, the application has not called `unassign` yet.
    Lost,
    /// It believes to be a member.
    In(Stamp),
}

/// A group metadata as the writer fetched it. None: a generation below 0.
pub type Metadata = Option<Stamp>;

/// Whether the process holds a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hold {
    /// It does not.
    None,
    /// The lane is assigned to it.
    Held,
    /// It was asked to give the lane up and drains it.
    Revoking,
    /// Its last decision over the lane marks it `released`; the answer is awaited.
    Releasing,
    /// A rule is off: `unassign` was called, the incarnation goes on.
    Overdue,
}

/// A step of taking a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Take {
    /// Nothing was done yet.
    Start,
    /// Reads the record until `wait` entries of the log, those up to the high watermark, have become stable.
    Read {
        /// Entries between the reader's position and the high watermark.
        wait: u8,
    },
    /// The record names a holder that has to be killed.
    Kill {
        /// The record that was read.
        record: Record,
    },
    /// Reads the record again.
    ReadAgain {
        /// Entries between the reader's position and the high watermark.
        wait: u8,
        /// The record that was read before the kill.
        record: Record,
    },
    /// The claim may be written.
    Claim {
        /// The record that the claim follows.
        record: Record,
    },
    /// The claim is written, its transaction is open.
    Claimed {
        /// The record that the claim follows.
        record: Record,
    },
}

/// What the process does with a lane that it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Work {
    /// Nothing.
    Idle,
    /// Takes it.
    Taking(Take),
    /// Reads and writes its rows.
    Running,
}

/// The rows of a lane in the writer's open epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Share {
    /// There are none.
    None,
    /// They carry the lane's current incarnation.
    Current,
    /// They carry an older one.
    Stale,
}

/// A lane in a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lane {
    /// Whether the process holds it.
    pub hold: Hold,
    /// What it does with it.
    pub work: Work,
    /// The row that the source reads next.
    pub next: u8,
    /// The position that the process remembers as decided.
    pub decided: u8,
    /// A row in a worker: read, not yet written. One of an older incarnation could only be dropped, so
    /// it is dropped at once.
    pub row: Option<u8>,
    /// Its rows in the open epoch.
    pub share: Share,
}

impl Lane {
    /// Neither held nor read.
    pub const IDLE: Self =
        Self { hold: Hold::None, work: Work::Idle, next: 0, decided: 0, row: None, share: Share::None };

    /// Whether the writer takes rows of the lane's present incarnation.
    pub fn accepts(&self) -> bool {
        matches!(self.hold, Hold::Held | Hold::Revoking | Hold::Overdue) && self.work == Work::Running
    }

    /// Rows under way carry an older incarnation from now on.
    pub fn renumber(&mut self) {
        self.row = None;
        if self.share == Share::Current {
            self.share = Share::Stale;
        }
    }

    /// The lane is the process's no longer: its incarnation ends. `renumber`: the next one has another number.
    pub fn end(&mut self, hold: Hold, renumber: bool) {
        if renumber {
            self.renumber();
        }
        *self = Self { hold, row: self.row, share: self.share, ..Self::IDLE };
    }

    /// Reading goes on at `position`. `renumber`: under a new incarnation.
    pub fn seek(&mut self, position: u8, renumber: bool) {
        if renumber {
            self.renumber();
        }
        self.next = position;
        self.decided = position;
        self.work = Work::Running;
    }

    /// The lane is taken again. `renumber`: under a new incarnation.
    pub fn retake(&mut self, renumber: bool) {
        if renumber {
            self.renumber();
        }
        self.next = 0;
        self.decided = 0;
        self.work = Work::Taking(Take::Start);
    }

    /// The source reads ahead as far as it can: one row, of a lane that is not asked back.
    pub fn read_on(&mut self, rows: u8) {
        if self.hold == Hold::Held && self.work == Work::Running && self.row.is_none() && self.next < rows {
            self.row = Some(self.next);
            self.next += 1;
        }
    }

    /// A revoked lane of which no row is under way: what was read of it is decided, or will be in this epoch.
    pub fn drained(&self) -> bool {
        self.hold == Hold::Revoking && self.work == Work::Running && self.row.is_none()
    }

    /// Entries of the log have become stable.
    pub fn settled(&mut self, folded: u8) {
        if let Work::Taking(Take::Read { wait } | Take::ReadAgain { wait, .. }) = &mut self.work {
            *wait = wait.saturating_sub(folded);
        }
    }
}

/// Where the writer stands in a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// It takes rows into the open epoch.
    Writing,
    /// The group metadata was fetched, the incarnations are not checked yet.
    Fetched(Metadata),
    /// A rule is off: the incarnations were checked before the metadata was fetched.
    Checked,
    /// The decision may be sent.
    Ready(Metadata),
    /// Same cluster: the offsets are accepted, the records are not flushed yet.
    Sent,
    /// The request to commit was sent.
    Waiting,
    /// The request was granted, the answer is under way.
    Answered,
    /// The epoch has to be aborted.
    Aborting,
}

/// A process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Process {
    /// Whether it runs.
    pub power: Power,
    /// Its run: with its index, its transactional id.
    pub run: u8,
    /// The id was initialised by it (always, but for the search without [`crate::rules::Rule::OwnInitFirst`]).
    pub opened: bool,
    /// Its view of the group.
    pub membership: Membership,
    /// Its lanes.
    pub lanes: [Lane; LANES],
    /// Its writer.
    pub phase: Phase,
}

impl Process {
    /// A process that was not started.
    pub const ABSENT: Self = Self {
        power: Power::Absent,
        run: 0,
        opened: false,
        membership: Membership::Out,
        lanes: [Lane::IDLE; LANES],
        phase: Phase::Writing,
    };

    /// Whether its open epoch has rows.
    pub fn has_epoch(&self) -> bool {
        self.lanes.iter().any(|lane| lane.share != Share::None)
    }

    /// The stamps that it knows: the client's and the one that its writer fetched.
    pub fn stamps(&mut self) -> impl Iterator<Item = &mut Stamp> {
        let client = match &mut self.membership {
            Membership::In(stamp) => Some(stamp),
            Membership::Out | Membership::Lost => None,
        };
        let writer = match &mut self.phase {
            Phase::Fetched(metadata) | Phase::Ready(metadata) => metadata.as_mut(),
            _ => None,
        };
        client.into_iter().chain(writer)
    }
}
