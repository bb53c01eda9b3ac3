//! A protocol under rules and faults, as the checker sees it.
//!
//! Every step of every process may be followed by any step of anybody, so a process that is stopped and continued
//! (SIGSTOP, a long collection, a slow machine) needs no step of its own: it is one that takes none for a while. What
//! others do about its silence are the steps [`Action::Kick`] and [`Action::TimeOut`].

use stateright::{Model, Property};

use crate::action::Action;
use crate::broker::{Cluster, LANES, PROCESSES, RUNS, TransactionState, TransactionalId};
use crate::group::{Group, Stamp};
use crate::process::{Hold, Membership, Phase, Power, Process, Share, Take, Work};
use crate::rules::{Rule, Rules};
use crate::state::{Faults, State};
use crate::{client, environment, same_cluster, two_clusters, writer};

/// Where the positions are, seen from the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sink {
    /// On the source's cluster: the group is the fence.
    SameCluster,
    /// On another one: the transactional ids are.
    OtherCluster,
}

/// A protocol under a set of rules and faults.
#[derive(Clone, Copy, Debug)]
pub struct World {
    /// Which protocol.
    pub sink: Sink,
    /// The rules that hold.
    pub rules: Rules,
    /// The faults that may happen.
    pub faults: Faults,
    /// To which process each lane is assigned at first.
    pub owner: [usize; LANES],
    /// Same cluster: the records are in the log before the offsets are sent, not only when the producer is flushed.
    pub records_first: bool,
    /// Rows of each lane. A lane without rows does not exist.
    pub rows: [u8; LANES],
}

/// Name of the property that no row is committed twice.
pub const NO_ROW_DOUBLED: &str = "no row is committed twice";
/// Name of the property that no row is passed over.
pub const NO_ROW_LOST: &str = "no row is passed over";
/// Name of the property that somebody can take a step until all rows are committed.
pub const NOBODY_STUCK: &str = "somebody can go on";
/// Name of the property that the search reaches the end of the work, after all faults.
pub const ALL_DONE: &str = "all rows are committed, all faults have happened";

impl World {
    /// Every rule, no faults; process 0 has all lanes.
    pub const fn new(sink: Sink, rows: [u8; LANES]) -> Self {
        Self {
            sink,
            rules: Rules::all(),
            faults: Faults::none(),
            owner: [0; LANES],
            records_first: false,
            rows,
        }
    }

    /// Whether a rule holds.
    pub(crate) fn on(&self, rule: Rule) -> bool {
        self.rules.on(rule)
    }

    /// The process starts or was fenced: it gets a transactional id that works. None when the model has no more, or
    /// when the init has to wait.
    pub(crate) fn next_run(&self, s: &mut State, p: usize) -> Option<()> {
        if self.sink == Sink::SameCluster || self.on(Rule::FreshRun) {
            s.cluster.retire(s.id(p));
            s.processes[p].run += 1;
            if usize::from(s.processes[p].run) >= RUNS {
                return None;
            }
        }
        self.open(s, p)
    }

    pub(crate) fn open(&self, s: &mut State, p: usize) -> Option<()> {
        s.processes[p].opened = self.on(Rule::OwnInitFirst);
        if s.processes[p].opened { s.cluster.init_own(s.id(p)) } else { Some(()) }
    }

    /// The end of a transaction is not known, or the producer was fenced: a new id; the lanes are taken again.
    pub(crate) fn renew(&self, s: &mut State, p: usize) -> Option<()> {
        self.next_run(s, p)?;
        let renumber = self.on(Rule::IncarnationPerSeek);
        s.processes[p].phase = Phase::Writing;
        for l in 0..LANES {
            let lane = s.lane(p, l);
            let running = lane.work == Work::Running;
            // On another cluster each lane's record names the id that is given up.
            let involved = if self.sink == Sink::SameCluster {
                running && lane.share != Share::None
            } else {
                lane.work != Work::Idle
            };
            lane.share = Share::None;
            match lane.hold {
                _ if !involved => {}
                Hold::Held if running && !self.on(Rule::MemoryAfterAbortOnly) => {
                    lane.seek(lane.decided, renumber);
                }
                Hold::Held => lane.retake(renumber),
                Hold::Revoking | Hold::Releasing => self.give_up(s, p, l),
                Hold::Overdue => lane.end(Hold::None, renumber),
                Hold::None => {}
            }
        }
        Some(())
    }

    /// A revoked lane: its incarnation ends, then it is given back.
    pub(crate) fn give_up(&self, s: &mut State, p: usize, l: usize) {
        s.lane(p, l).end(Hold::None, self.on(Rule::IncarnationPerAssignment));
        s.unassign(p, l);
    }

    /// A lane is to be taken again from the first step.
    pub(crate) fn begin_again(s: &mut State, p: usize, l: usize) {
        s.lane(p, l).work = Work::Taking(Take::Start);
    }

    /// What a reader of the record has to wait for, beginning now.
    pub(crate) fn watermark(&self, s: &State) -> u8 {
        if self.on(Rule::HighWatermark) { s.cluster.log.unstable() } else { 0 }
    }

    /// Whether every lane of the open epoch has its current incarnation.
    pub(crate) fn epoch_is_current(s: &State, p: usize) -> bool {
        let mut lanes = s.processes[p].lanes.iter();
        lanes.all(|lane| lane.share == Share::None || lane.share == Share::Current && lane.accepts())
    }

    fn step(&self, s: &mut State, action: Action) -> Option<()> {
        match action {
            Action::Move(_)
            | Action::Kick(_)
            | Action::TakeOver
            | Action::Crash(_)
            | Action::Restart(_)
            | Action::TimeOut(_)
            | Action::ClaimTimeOut(_)
            | Action::Deliver(_)
            | Action::MarkOffsets(_)
            | Action::MarkPositions(_)
            | Action::ResetOffset(_) => environment::step(self, s, action),
            Action::Sync(_)
            | Action::LearnLost(_)
            | Action::HandleLost(_)
            | Action::EndRevoked(..)
            | Action::EndLate(..) => client::step(self, s, action),
            Action::Write(..) | Action::Fail(_) => writer::rows(self, s, action),
            Action::Answer(_) | Action::LoseAnswer(_) | Action::Abort(_) | Action::LoseAbort(_) => {
                writer::end_of_epoch(self, s, action)
            }
            _ => match self.sink {
                Sink::SameCluster => same_cluster::step(self, s, action),
                Sink::OtherCluster => two_clusters::step(self, s, action),
            },
        }
    }
}

impl Model for World {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let joined = Process {
            power: Power::Up,
            membership: Membership::In(Stamp { generation: false, member: true }),
            ..Process::ABSENT
        };
        let second = if self.faults.takeovers > 0 { Process::ABSENT } else { joined };
        let mut state = State {
            cluster: Cluster::new(),
            group: Group {
                members: [true, second.power == Power::Up],
                owner: self.owner.map(|owner| Some(owner as u8)),
                revoking: [false; LANES],
            },
            processes: [joined, second],
            faults: self.faults,
        };
        for p in 0..PROCESSES {
            if state.processes[p].power == Power::Up {
                // Nothing is under way on a new cluster: the init cannot have to wait.
                let _ = self.open(&mut state, p);
            }
        }
        vec![state]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for p in 0..PROCESSES {
            actions.extend([Action::Kick(p), Action::Crash(p), Action::Restart(p)]);
            if state.processes[p].power == Power::Up {
                actions.extend([Action::Sync(p), Action::LearnLost(p), Action::HandleLost(p)]);
                actions.extend([
                    Action::Metadata(p),
                    Action::Check(p),
                    Action::Send(p),
                    Action::Flush(p),
                    Action::Fail(p),
                ]);
                actions.extend([
                    Action::Answer(p),
                    Action::LoseAnswer(p),
                    Action::Abort(p),
                    Action::LoseAbort(p),
                ]);
            }
        }
        actions.push(Action::TakeOver);
        for id in TransactionalId::every() {
            if state.cluster.transaction(id).state != TransactionState::Empty {
                actions.extend([Action::Deliver(id), Action::TimeOut(id)]);
                actions.extend([Action::MarkOffsets(id), Action::MarkPositions(id)]);
            }
        }
        for l in 0..LANES {
            actions.extend([Action::Move(l), Action::ResetOffset(l), Action::ClaimTimeOut(l)]);
            for p in 0..PROCESSES {
                let lane = &state.processes[p].lanes[l];
                if matches!(lane.work, Work::Taking(_)) {
                    actions.extend([
                        Action::FetchOffset(p, l),
                        Action::ReadRecord(p, l),
                        Action::InitClaim(p, l),
                    ]);
                    actions.extend([
                        Action::KillHolder(p, l),
                        Action::ReadAgain(p, l),
                        Action::WriteClaim(p, l),
                    ]);
                    actions.extend([Action::CommitClaim(p, l), Action::LoseClaim(p, l)]);
                }
                if lane.hold != Hold::None || lane.row.is_some() {
                    actions.extend([Action::EndRevoked(p, l), Action::EndLate(p, l)]);
                    actions.push(Action::Write(p, l));
                }
            }
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut next = *last;
        self.step(&mut next, action)?;
        next.settle(self.rows);
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(NO_ROW_DOUBLED, |_, state: &State| !state.cluster.damage.doubled),
            Property::always(NO_ROW_LOST, |_, state: &State| !state.cluster.damage.lost),
            Property::always(NOBODY_STUCK, |world: &World, state: &State| {
                let out_of_ids = |process: &Process| usize::from(process.run) + 1 == RUNS;
                state.cluster.seen == world.rows
                    || state.processes.iter().any(out_of_ids)
                    || !world.next_states(state).is_empty()
            }),
            Property::sometimes(ALL_DONE, |world: &World, state: &State| {
                state.cluster.seen == world.rows && state.faults == Faults::none()
            }),
        ]
    }
}
