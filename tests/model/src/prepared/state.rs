//! What the search looks at.

/// Processes, at most.
pub const PROCESSES: usize = 3;
/// Lanes.
pub const LANES: usize = 2;
/// Rows of a lane, at most.
pub const ROWS: usize = 2;
/// Labels that anybody knows of at one time: of each process the one that it asks about or those that its lanes' notes
/// name, those of the notes in the store, and the one of a decision that is still on its way.
pub const LABELS: usize = 2 * PROCESSES + LANES + 1;

/// Faults that may still happen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Faults {
    /// A lane is taken from who has it, without telling it.
    pub takes: u8,
    /// A process dies.
    pub crashes: u8,
    /// The answer to a decision is lost.
    pub lost_answers: u8,
    /// A decision arrives a second time.
    pub copies: u8,
    /// The sink forgets a committed label.
    pub forgotten: u8,
    /// The sink aborts a prepared label: its time was up.
    pub aborted: u8,
    /// A process that has a lane rolls back what was left of those that had it.
    pub sweeps: u8,
}

/// What the position store has of a lane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Record {
    /// Raised by each take.
    pub term: u8,
    /// Decisions so far.
    pub sequence: u8,
    /// Rows that are read.
    pub position: u8,
    /// The label that the last decision names, until it is done, with the position before it.
    pub note: Option<(u8, u8)>,
}

/// Where a label stands in the sink.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stand {
    /// Prepared.
    Prepared,
    /// Its rows are in the table.
    Committed,
    /// Aborted.
    Aborted,
    /// It was committed, and nobody knows of it any more.
    Forgotten,
}

/// A label, with the row that it brings of each lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Label {
    /// Who prepared it.
    pub owner: u8,
    /// Where it stands.
    pub stand: Stand,
    /// Of each lane the row, and what its sender knew of the lane.
    pub rows: [Option<Move>; LANES],
}

/// What a decision asks for of one lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Move {
    /// The row; the position before it.
    pub row: u8,
    /// The term under which the lane was taken.
    pub term: u8,
    /// Decisions that the sender knows of.
    pub sequence: u8,
}

/// What a process does about a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lane {
    /// It is not its own.
    None,
    /// It has read position and note, and not raised the term yet.
    Read(u8, Option<(u8, u8)>, u8),
    /// It has raised the term.
    Fenced(u8),
    /// It knows position and note.
    Taken {
        /// The term.
        term: u8,
        /// Decisions that it knows of.
        sequence: u8,
        /// Where it goes on.
        position: u8,
        /// What has to be finished first.
        note: Option<(u8, u8)>,
    },
}

/// What a process does about its epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Nothing is prepared.
    Idle,
    /// A label is prepared.
    Prepared(u8),
    /// A decision is asked for.
    Asked(u8),
    /// The answer was yes.
    Decided(u8),
    /// The label is committed, and the note not marked.
    Committed(u8),
    /// The answer was no, or lost.
    Doubt(u8),
}

/// A process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Process {
    /// Whether it runs.
    pub up: bool,
    /// Its lanes.
    pub lanes: [Lane; LANES],
    /// Its epoch.
    pub phase: Phase,
    /// Without [`super::Rule::CommitBeforeNext`]: a label that is committed later.
    pub later: Option<u8>,
    /// The answer to its decision, once that has arrived.
    pub answer: Option<bool>,
    /// Of each lane the labels with its rows that were prepared when it was last about to be taken, a bit each.
    pub listed: [u16; LANES],
}

/// Everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// The position store.
    pub store: [Record; LANES],
    /// The sink's labels.
    pub labels: [Option<Label>; LABELS],
    /// How often each row is in the table; for a primary key, whether it was there last.
    pub table: [[u8; ROWS]; LANES],
    /// The row that was applied last, and one; for a primary key.
    pub value: [u8; LANES],
    /// The processes.
    pub processes: [Process; PROCESSES],
    /// A decision that arrived, and of which a copy is still on its way.
    pub copy: Option<u8>,
    /// Faults that may still happen.
    pub faults: Faults,
    /// A person has to look.
    pub stopped: bool,
}

impl State {
    /// Drops labels that nobody can ask about any more: what the sink does about them changes nothing.
    pub fn drop_unknown_labels(&mut self) {
        let mut known = [false; LABELS];
        let mut keep = |label: u8| known[usize::from(label)] = true;
        self.store.iter().filter_map(|record| record.note).for_each(|(label, _)| keep(label));
        self.copy.into_iter().for_each(&mut keep);
        for process in &self.processes {
            process.later.into_iter().for_each(&mut keep);
            match process.phase {
                Phase::Idle => {}
                Phase::Prepared(label)
                | Phase::Asked(label)
                | Phase::Decided(label)
                | Phase::Committed(label)
                | Phase::Doubt(label) => keep(label),
            }
            for lane in &process.lanes {
                if let Lane::Read(_, Some((label, _)), _) | Lane::Taken { note: Some((label, _)), .. } = lane
                {
                    keep(*label);
                }
            }
        }
        let mut kept = 0;
        for (place, (label, known)) in self.labels.iter_mut().zip(known).enumerate() {
            if known {
                kept |= 1 << place;
            } else {
                *label = None;
            }
        }
        self.processes.iter_mut().flat_map(|process| &mut process.listed).for_each(|listed| *listed &= kept);
    }
}

impl Process {
    /// One that does not run.
    pub const ABSENT: Self = Self {
        up: false,
        lanes: [Lane::None; LANES],
        phase: Phase::Idle,
        later: None,
        answer: None,
        listed: [0; LANES],
    };
}
