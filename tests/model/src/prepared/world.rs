//! The steps.

use stateright::{Model, Property};

use super::rules::{Rule, Rules};
use super::state::{Faults, LANES, Label, Lane, Move, PROCESSES, Phase, Process, ROWS, Record, Stand, State};

/// What the table does with a row that comes twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// It has it twice.
    Append,
    /// All rows of a lane are versions of one: the last one that is applied counts.
    Primary,
}

/// The protocol under rules and faults.
#[derive(Clone, Copy, Debug)]
pub struct World {
    /// What is written to.
    pub table: Table,
    /// The rules that hold.
    pub rules: Rules,
    /// The faults that may happen.
    pub faults: Faults,
    /// Processes.
    pub processes: usize,
    /// Rows of each lane.
    pub rows: [u8; LANES],
}

/// A step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A process begins to take a lane that nobody has, or that another has.
    Take(usize, usize),
    /// It goes on taking it.
    GoOnTaking(usize, usize),
    /// It rolls back what was left of a lane that it has.
    Sweep(usize, usize),
    /// It finishes what the note of a lane names.
    Finish(usize, usize),
    /// It loads a row of each lane that it has, and prepares.
    Prepare(usize),
    /// It asks for a decision.
    Ask(usize),
    /// The decision arrives at the store.
    Arrive(usize),
    /// It arrives, and a copy of it is still on its way.
    ArriveTwice(usize),
    /// Its answer comes.
    Answer(usize),
    /// Its answer is lost.
    LoseAnswer(usize),
    /// The copy arrives.
    Copy,
    /// The label is committed.
    Commit(usize),
    /// The note is marked done.
    Done(usize),
    /// The process acts on a decision that was not plainly made.
    LeaveDoubt(usize),
    /// Without a rule: it rolls back what another prepared.
    RollBackOthers(usize),
    /// It dies, and starts again at once without any memory.
    Crash(usize),
    /// The sink forgets a label.
    Forget(usize),
    /// The sink aborts a label.
    Expire(usize),
}

/// Name of the property that no row is there twice, and none takes the place of a newer one.
pub const NO_ROW_DOUBLED: &str = "no row is there twice";
/// Name of the property that no row is passed over.
pub const NO_ROW_LOST: &str = "no row is passed over";
/// Name of the property that no person has to look, unless the sink has forgotten or aborted what was decided.
pub const NOBODY_ASKED: &str = "nobody is asked without need";
/// Name of the property that the search reaches the end of the work.
pub const ALL_DONE: &str = "all rows are there, all faults have happened";

impl World {
    /// Every rule, no faults, two processes.
    pub const fn new(table: Table, rows: [u8; LANES]) -> Self {
        Self {
            table,
            rules: Rules::all(),
            faults: Faults {
                takes: 0,
                crashes: 0,
                lost_answers: 0,
                copies: 0,
                forgotten: 0,
                aborted: 0,
                sweeps: 0,
            },
            processes: 2,
            rows,
        }
    }

    fn on(&self, rule: Rule) -> bool {
        self.rules.on(rule)
    }

    fn apply(s: &mut State, label: u8) {
        let Some(label) = s.labels[usize::from(label)].as_mut() else { return };
        label.stand = Stand::Committed;
        let rows = label.rows;
        for (lane, found) in rows.iter().enumerate() {
            if let Some(found) = found {
                let times = &mut s.table[lane][usize::from(found.row)];
                *times = (*times + 1).min(2);
                s.value[lane] = found.row + 1;
            }
        }
    }

    /// Commits a label: whether it is applied; `None` where nobody knows.
    fn commit(s: &mut State, label: u8) -> Option<()> {
        match s.labels[usize::from(label)]?.stand {
            Stand::Prepared => {
                Self::apply(s, label);
                Some(())
            }
            Stand::Committed => Some(()),
            Stand::Aborted | Stand::Forgotten => None,
        }
    }

    fn done(s: &mut State, label: u8) {
        for record in &mut s.store {
            if record.note.is_some_and(|(noted, _)| noted == label) {
                record.note = None;
            }
        }
    }

    /// All lanes move or none.
    fn decide(&self, s: &mut State, label: u8) -> bool {
        let Some(found) = s.labels[usize::from(label)] else { return false };
        let fits = |record: &Record, asked: &Move| {
            (!self.on(Rule::Term) || record.term == asked.term)
                && (!self.on(Rule::Sequence) || record.sequence == asked.sequence)
        };
        if found
            .rows
            .iter()
            .zip(&s.store)
            .any(|(asked, record)| asked.is_some_and(|asked| !fits(record, &asked)))
        {
            return false;
        }
        for (asked, record) in found.rows.iter().zip(&mut s.store) {
            if let Some(asked) = asked {
                record.position = asked.row + 1;
                record.sequence = record.sequence.saturating_add(1);
                record.note = Some((label, asked.row));
            }
        }
        true
    }

    fn take(&self, s: &mut State, p: usize, l: usize) -> Option<()> {
        if s.processes[p].lanes[l] != Lane::None || s.processes[p].phase != Phase::Idle {
            return None;
        }
        let is_held = s.processes.iter().any(|process| process.up && process.lanes[l] != Lane::None);
        if is_held {
            s.faults.takes = s.faults.takes.checked_sub(1)?;
        }
        s.processes[p].lanes[l] = self.first(s, p, l);
        Some(())
    }

    /// The first step of a take.
    fn first(&self, s: &mut State, p: usize, l: usize) -> Lane {
        if s.faults.sweeps > 0 {
            s.processes[p].listed[l] = Self::prepared(s, l);
        }
        let record = &mut s.store[l];
        if self.on(Rule::FenceFirst) {
            record.term += 1;
            return Lane::Fenced(record.term);
        }
        Lane::Read(record.position, record.note, record.sequence)
    }

    /// Labels that are prepared and have a row of a lane, a bit each.
    fn prepared(s: &State, l: usize) -> u16 {
        let labels = s.labels.iter().enumerate();
        let found = labels.filter(|(_, label)| {
            label.is_some_and(|label| label.stand == Stand::Prepared && label.rows[l].is_some())
        });
        found.fold(0, |listed, (place, _)| listed | 1 << place)
    }

    fn sweep(&self, s: &mut State, p: usize, l: usize) -> Option<()> {
        let Lane::Taken { note, .. } = s.processes[p].lanes[l] else { return None };
        s.faults.sweeps = s.faults.sweeps.checked_sub(1)?;
        let now = Self::prepared(s, l);
        let listed = std::mem::take(&mut s.processes[p].listed[l]);
        let left = if self.on(Rule::LookBeforeFence) { now & listed } else { now };
        let own = match s.processes[p].phase {
            Phase::Prepared(label) | Phase::Asked(label) | Phase::Decided(label) | Phase::Doubt(label) => {
                1 << label
            }
            Phase::Idle | Phase::Committed(_) => 0,
        };
        let named = note.filter(|_| self.on(Rule::SpareNoted)).map_or(0, |(label, _)| 1 << label);
        for (place, label) in s.labels.iter_mut().enumerate() {
            if left & !own & !named & 1 << place != 0
                && let Some(label) = label
            {
                label.stand = Stand::Aborted;
            }
        }
        Some(())
    }

    fn go_on_taking(s: &mut State, p: usize, l: usize) -> Option<()> {
        let record = &mut s.store[l];
        s.processes[p].lanes[l] = match s.processes[p].lanes[l] {
            Lane::Fenced(term) => {
                let Record { sequence, position, note, .. } = *record;
                Lane::Taken { term, sequence, position, note }
            }
            Lane::Read(position, note, _) => {
                record.term += 1;
                // It learns how many decisions there were when it raises the term, and looks at nothing else.
                Lane::Taken { term: record.term, sequence: record.sequence, position, note }
            }
            _ => return None,
        };
        Some(())
    }

    fn finish(&self, s: &mut State, p: usize, l: usize) -> Option<()> {
        let Lane::Taken { term, sequence, position, note: Some((label, from)) } = s.processes[p].lanes[l]
        else {
            return None;
        };
        let taken = |position| Lane::Taken { term, sequence, position, note: None };
        if !self.on(Rule::FinishNote) {
            s.processes[p].lanes[l] = taken(position);
            return Some(());
        }
        if Self::commit(s, label).is_some() || !self.on(Rule::UnknownIsNotApplied) {
            if s.store[l].term == term {
                s.store[l].note = None;
            }
            s.processes[p].lanes[l] = taken(position);
        } else if self.table == Table::Primary || !self.on(Rule::UnknownIsNotAborted) {
            s.processes[p].lanes[l] = taken(from);
        } else {
            s.stopped = true;
        }
        Some(())
    }

    fn prepare(&self, s: &mut State, p: usize) -> Option<()> {
        if s.processes[p].phase != Phase::Idle {
            return None;
        }
        let mut rows = [None; LANES];
        for (l, row) in rows.iter_mut().enumerate() {
            match s.processes[p].lanes[l] {
                Lane::Taken { term, sequence, position, note: None } if position < self.rows[l] => {
                    *row = Some(Move { row: position, term, sequence });
                }
                Lane::Taken { note: None, .. } | Lane::None => {}
                // What is taken is taken whole before anything is read.
                _ => return None,
            }
        }
        if rows.iter().all(Option::is_none) {
            return None;
        }
        let free = s.labels.iter().position(Option::is_none)?;
        s.labels[free] = Some(Label { owner: p as u8, stand: Stand::Prepared, rows });
        s.processes[p].phase = Phase::Prepared(free as u8);
        Some(())
    }

    fn answer(&self, s: &mut State, p: usize, lost: bool) -> Option<()> {
        let Phase::Asked(label) = s.processes[p].phase else { return None };
        let made = s.processes[p].answer.take();
        if lost {
            s.faults.lost_answers = s.faults.lost_answers.checked_sub(1)?;
        } else {
            made?;
        }
        let made = made == Some(true) && !lost;
        s.processes[p].phase = if made { Phase::Decided(label) } else { Phase::Doubt(label) };
        if made && !self.on(Rule::CommitBeforeNext) && s.processes[p].later.is_none() {
            s.processes[p].later = Some(label);
            Self::advance(s, p, label);
            s.processes[p].phase = Phase::Idle;
        }
        Some(())
    }

    /// The process knows that its decision was made.
    fn advance(s: &mut State, p: usize, label: u8) {
        let Some(found) = s.labels[usize::from(label)] else { return };
        for (l, row) in found.rows.iter().enumerate() {
            if let (Some(row), Lane::Taken { position, sequence, .. }) = (row, &mut s.processes[p].lanes[l]) {
                *position = row.row + 1;
                *sequence += 1;
            }
        }
    }

    fn commit_own(s: &mut State, p: usize) -> Option<()> {
        if let Some(label) = s.processes[p].later {
            let _ = Self::commit(s, label);
            s.processes[p].later = None;
            Self::done(s, label);
            return Some(());
        }
        let Phase::Decided(label) = s.processes[p].phase else { return None };
        s.processes[p].phase = match Self::commit(s, label) {
            Some(()) => Phase::Committed(label),
            None => Phase::Doubt(label),
        };
        Some(())
    }

    fn leave_doubt(&self, s: &mut State, p: usize) -> Option<()> {
        let Phase::Doubt(label) = s.processes[p].phase else { return None };
        let found = s.labels[usize::from(label)].as_mut()?;
        if !self.on(Rule::KeepInDoubt) && found.stand == Stand::Prepared {
            found.stand = Stand::Aborted;
        }
        let rows = found.rows;
        s.processes[p].phase = Phase::Idle;
        for (l, row) in rows.iter().enumerate() {
            let Some(row) = row else { continue };
            if s.store[l].term != row.term {
                // Another has it: it is taken again only when it comes back.
                s.processes[p].lanes[l] = Lane::None;
            } else if self.on(Rule::TakeAgain) {
                s.processes[p].lanes[l] = self.first(s, p, l);
            } else {
                // It goes on from what it remembers, and learns only how many decisions there were.
                let Record { term, sequence, .. } = s.store[l];
                s.processes[p].lanes[l] = Lane::Taken { term, sequence, position: row.row, note: None };
            }
        }
        Some(())
    }

    fn step(&self, s: &mut State, action: Action) -> Option<()> {
        if s.stopped {
            return None;
        }
        match action {
            Action::Take(p, l) => self.take(s, p, l),
            Action::GoOnTaking(p, l) => Self::go_on_taking(s, p, l),
            Action::Finish(p, l) => self.finish(s, p, l),
            Action::Sweep(p, l) => self.sweep(s, p, l),
            Action::Prepare(p) => self.prepare(s, p),
            Action::Ask(p) => {
                let Phase::Prepared(label) = s.processes[p].phase else { return None };
                s.processes[p].phase = Phase::Asked(label);
                Some(())
            }
            Action::Arrive(p) => {
                let Phase::Asked(label) = s.processes[p].phase else { return None };
                if s.processes[p].answer.is_some() {
                    return None;
                }
                s.processes[p].answer = Some(self.decide(s, label));
                Some(())
            }
            Action::ArriveTwice(p) => {
                let Phase::Asked(label) = s.processes[p].phase else { return None };
                if s.copy.is_some() {
                    return None;
                }
                s.faults.copies = s.faults.copies.checked_sub(1)?;
                s.copy = Some(label);
                self.step(s, Action::Arrive(p))
            }
            Action::Answer(p) => self.answer(s, p, false),
            Action::LoseAnswer(p) => self.answer(s, p, true),
            Action::Copy => {
                let label = s.copy.take()?;
                self.decide(s, label);
                Some(())
            }
            Action::Commit(p) => Self::commit_own(s, p),
            Action::Done(p) => {
                let Phase::Committed(label) = s.processes[p].phase else { return None };
                let found = s.labels[usize::from(label)]?;
                let stale =
                    |(l, row): (usize, &Option<Move>)| row.is_some_and(|row| s.store[l].term != row.term);
                if found.rows.iter().enumerate().any(stale) {
                    s.processes[p].phase = Phase::Doubt(label);
                    return Some(());
                }
                Self::done(s, label);
                Self::advance(s, p, label);
                s.processes[p].phase = Phase::Idle;
                Some(())
            }
            Action::LeaveDoubt(p) => self.leave_doubt(s, p),
            Action::RollBackOthers(p) => {
                if self.on(Rule::OwnLabelsOnly) {
                    return None;
                }
                let others = s.labels.iter_mut().flatten();
                let other = others
                    .filter(|label| label.stand == Stand::Prepared)
                    .find(|label| label.owner != p as u8);
                other?.stand = Stand::Aborted;
                Some(())
            }
            Action::Crash(p) => {
                s.faults.crashes = s.faults.crashes.checked_sub(1)?;
                s.processes[p] = Process { up: true, ..Process::ABSENT };
                Some(())
            }
            Action::Forget(label) => {
                let found = s.labels[label].as_mut()?;
                if found.stand != Stand::Committed {
                    return None;
                }
                s.faults.forgotten = s.faults.forgotten.checked_sub(1)?;
                found.stand = Stand::Forgotten;
                Some(())
            }
            Action::Expire(label) => {
                let found = s.labels[label].as_mut()?;
                if found.stand != Stand::Prepared {
                    return None;
                }
                s.faults.aborted = s.faults.aborted.checked_sub(1)?;
                found.stand = Stand::Aborted;
                Some(())
            }
        }
    }
}

impl State {
    /// Whether a row is behind a position that no note leaves open, and not in the table.
    fn has_lost(&self, table: Table) -> bool {
        (0..LANES).any(|l| {
            let record = &self.store[l];
            let settled = record.note.map_or(record.position, |(_, from)| from);
            match table {
                Table::Append => (0..usize::from(settled)).any(|row| self.table[l][row] == 0),
                Table::Primary => record.note.is_none() && self.value[l] < record.position,
            }
        })
    }

    fn has_doubled(&self, table: Table) -> bool {
        table == Table::Append && self.table.iter().flatten().any(|times| *times > 1)
    }
}

impl Model for World {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let mut processes = [Process::ABSENT; PROCESSES];
        processes.iter_mut().take(self.processes).for_each(|process| process.up = true);
        vec![State {
            store: [Record::default(); LANES],
            labels: [None; super::state::LABELS],
            table: [[0; ROWS]; LANES],
            value: [0; LANES],
            processes,
            copy: None,
            faults: self.faults,
            stopped: false,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for p in (0..PROCESSES).filter(|p| state.processes[*p].up) {
            actions.extend([Action::Prepare(p), Action::Ask(p), Action::Arrive(p), Action::Answer(p)]);
            actions.push(Action::ArriveTwice(p));
            actions.extend([
                Action::LoseAnswer(p),
                Action::Commit(p),
                Action::Done(p),
                Action::LeaveDoubt(p),
            ]);
            actions.extend([Action::RollBackOthers(p), Action::Crash(p)]);
            for l in (0..LANES).filter(|l| self.rows[*l] > 0) {
                actions.extend([Action::Take(p, l), Action::GoOnTaking(p, l), Action::Finish(p, l)]);
                actions.push(Action::Sweep(p, l));
            }
        }
        actions.push(Action::Copy);
        for label in 0..super::state::LABELS {
            actions.extend([Action::Forget(label), Action::Expire(label)]);
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut next = *last;
        self.step(&mut next, action)?;
        next.drop_unknown_labels();
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(NO_ROW_DOUBLED, |world: &World, state: &State| !state.has_doubled(world.table)),
            Property::always(NO_ROW_LOST, |world: &World, state: &State| !state.has_lost(world.table)),
            Property::always(NOBODY_ASKED, |world: &World, state: &State| {
                let faults = world.faults;
                !state.stopped || faults.forgotten > 0 || faults.aborted > 0
            }),
            Property::sometimes(ALL_DONE, |world: &World, state: &State| {
                let all = state
                    .store
                    .iter()
                    .zip(world.rows)
                    .all(|(record, rows)| record.position == rows && record.note.is_none());
                all && state.faults == Faults::default()
            }),
        ]
    }
}
