//! The whole: cluster, group, two processes, the faults that may still happen; and the steps that both protocols share.
//!
//! Every step of every process may be followed by any step of anybody, so a process that is stopped and continued
//! (SIGSTOP, a long collection, a slow machine) needs no step of its own: it is one that takes none for a while. What
//! others do about its silence are the steps [`Action::Kick`] and [`Action::TimeOut`].

use stateright::{Model, Property};

use crate::broker::{Cluster, LANES, PROCESSES, RUNS, TransactionState, TransactionalId};
use crate::group::{Group, Stamp};
use crate::process::{Hold, Lane, Membership, Phase, Power, Process, Share, Take, Work};
use crate::rules::{Rule, Rules};
use crate::{same_cluster, two_clusters};

/// Faults that may still happen, of each kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Faults {
    /// The group moves a lane from a living member to another.
    pub moves: u8,
    /// A member's session times out, whether it is dead, stopped or well.
    pub kicks: u8,
    /// A second process starts under the instance of the first, which is stopped.
    pub takeovers: u8,
    /// A process crashes.
    pub crashes: u8,
    /// The coordinator aborts the transaction of a process that lives.
    pub timeouts: u8,
    /// The answer to a commit or an abort is lost.
    pub lost_answers: u8,
    /// An epoch has to be aborted for a reason that the protocol does not know.
    pub failures: u8,
    /// A tool, or the retention of offsets, sets a lane's group offset back.
    pub resets: u8,
}

impl Faults {
    /// Nothing happens.
    pub const fn none() -> Self {
        Self {
            moves: 0,
            kicks: 0,
            takeovers: 0,
            crashes: 0,
            timeouts: 0,
            lost_answers: 0,
            failures: 0,
            resets: 0,
        }
    }
}

/// The state that the search looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// The cluster of the sink.
    pub cluster: Cluster,
    /// The group's coordinator.
    pub group: Group,
    /// The processes.
    pub processes: [Process; PROCESSES],
    /// What may still happen to them.
    pub faults: Faults,
}

/// A step. The first number is a process, or the lane where there is no process; the second is a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The group wants a lane to move; its owner is asked to give it up.
    Move(usize),
    /// A member's session times out.
    Kick(usize),
    /// Process 1 starts under the instance of process 0.
    TakeOver,
    /// A process crashes.
    Crash(usize),
    /// It starts again under the same instance.
    Restart(usize),
    /// The transaction coordinator aborts an open transaction.
    TimeOut(TransactionalId),
    /// The transaction coordinator aborts a claim whose process is gone.
    ClaimTimeOut(usize),
    /// The request to commit arrives.
    Deliver(TransactionalId),
    /// A commit's marker reaches the group's offsets.
    MarkOffsets(TransactionalId),
    /// A commit's marker reaches the positions topic.
    MarkPositions(TransactionalId),
    /// A lane's group offset is set back.
    ResetOffset(usize),

    /// The client learns the current generation and what is assigned to it.
    Sync(usize),
    /// The client learns that it is no member any longer.
    LearnLost(usize),
    /// The application handles the loss; the client joins the group again.
    HandleLost(usize),
    /// A revoked lane is drained, or its deadline has passed: its incarnation ends.
    EndRevoked(usize, usize),
    /// A rule is off: an incarnation ends after `unassign`.
    EndLate(usize, usize),

    /// The writer writes it.
    Write(usize, usize),
    /// Something else fails: the epoch has to be aborted.
    Fail(usize),
    /// The writer fetches the group metadata.
    Metadata(usize),
    /// The writer checks the incarnations of the epoch's lanes.
    Check(usize),
    /// The writer sends the decision; on the same cluster its first half, the offsets.
    Send(usize),
    /// Same cluster: the second half, records and the request to commit.
    Flush(usize),
    /// The answer arrives.
    Answer(usize),
    /// It never does.
    LoseAnswer(usize),
    /// The epoch is aborted, and the abort acknowledged.
    Abort(usize),
    /// The answer to the abort never arrives.
    LoseAbort(usize),

    /// Taking a lane, same cluster: the group's offset is fetched, the high watermark taken.
    FetchOffset(usize, usize),
    /// Taking a lane: the record is read.
    ReadRecord(usize, usize),
    /// Two clusters: the claim id is initialised, the high watermark taken.
    InitClaim(usize, usize),
    /// Two clusters: the id that the record names is initialised, the high watermark taken.
    KillHolder(usize, usize),
    /// Two clusters: the record is read again.
    ReadAgain(usize, usize),
    /// Two clusters: the claim is written.
    WriteClaim(usize, usize),
    /// Two clusters: the claim is committed.
    CommitClaim(usize, usize),
    /// Two clusters: the claim is committed, the answer lost.
    LoseClaim(usize, usize),
}

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

impl State {
    /// The transactional id that a process writes under.
    pub fn id(&self, p: usize) -> TransactionalId {
        TransactionalId::of(p, self.processes[p].run)
    }

    /// A lane of a process.
    pub fn lane(&mut self, p: usize, l: usize) -> &mut Lane {
        &mut self.processes[p].lanes[l]
    }

    /// The producer of a process was fenced.
    pub fn fenced(&self, p: usize) -> bool {
        !self.cluster.alive(self.id(p))
    }

    /// A new generation begins: what anybody knows of the group is old.
    pub fn begin_generation(&mut self) {
        for process in &mut self.processes {
            process.stamps().for_each(|stamp| stamp.generation = false);
        }
    }

    /// After every step: the sources read on, the readers of the log follow the last stable offset.
    fn settle(&mut self, rows: [u8; LANES]) {
        for process in &mut self.processes {
            for (lane, rows) in process.lanes.iter_mut().zip(rows) {
                lane.read_on(rows);
            }
        }
        let folded = self.cluster.settle();
        if folded > 0 {
            let lanes = self.processes.iter_mut().flat_map(|process| &mut process.lanes);
            lanes.for_each(|lane| lane.settled(folded));
        }
    }

    fn join(&mut self, p: usize) {
        self.group.join(p);
        self.processes[p].membership = Membership::In(Stamp { generation: false, member: true });
        self.begin_generation();
    }

    /// The application gives a revoked lane back; the client joins the next generation without it.
    fn unassign(&mut self, p: usize, l: usize) {
        if self.group.asked_back(p, l) {
            self.group.hand_over(p, l);
            self.begin_generation();
        }
    }

    fn is_current(&self, id: TransactionalId) -> bool {
        let owner = &self.processes[id.process()];
        owner.power == Power::Up && self.id(id.process()) == id
    }
}

impl World {
    /// Every rule, no faults; process 0 has all lanes.
    pub const fn new(sink: Sink, rows: [u8; LANES]) -> Self {
        Self { sink, rules: Rules::all(), faults: Faults::none(), owner: [0; LANES], records_first: false, rows }
    }

    /// Whether a rule holds.
    pub const fn on(&self, rule: Rule) -> bool {
        self.rules.on(rule)
    }

    /// The process starts or was fenced: it gets a transactional id that works. None when the model has no more, or
    /// when the init has to wait.
    fn next_run(&self, s: &mut State, p: usize) -> Option<()> {
        if self.sink == Sink::SameCluster || self.on(Rule::FreshRun) {
            s.cluster.retire(s.id(p));
            s.processes[p].run += 1;
            if usize::from(s.processes[p].run) >= RUNS {
                return None;
            }
        }
        self.open(s, p)
    }

    fn open(&self, s: &mut State, p: usize) -> Option<()> {
        s.processes[p].opened = self.on(Rule::OwnInitFirst);
        if s.processes[p].opened { s.cluster.init_own(s.id(p)) } else { Some(()) }
    }

    /// The end of a transaction is not known, or the producer was fenced: a new id; the lanes are taken again.
    pub fn renew(&self, s: &mut State, p: usize) -> Option<()> {
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
                Hold::Held if running && !self.on(Rule::MemoryAfterAbortOnly) => lane.seek(lane.decided, renumber),
                Hold::Held => lane.retake(renumber),
                Hold::Revoking | Hold::Releasing => self.give_up(s, p, l),
                Hold::Overdue => lane.end(Hold::None, renumber),
                Hold::None => {}
            }
        }
        Some(())
    }

    /// A revoked lane: its incarnation ends, then it is given back.
    fn give_up(&self, s: &mut State, p: usize, l: usize) {
        s.lane(p, l).end(Hold::None, self.on(Rule::IncarnationPerAssignment));
        s.unassign(p, l);
    }

    /// A lane is to be taken again from the first step.
    pub fn begin_again(s: &mut State, p: usize, l: usize) {
        s.lane(p, l).work = Work::Taking(Take::Start);
    }

    /// What a reader of the record has to wait for, beginning now.
    pub fn watermark(&self, s: &State) -> u8 {
        if self.on(Rule::HighWatermark) { s.cluster.log.unstable() } else { 0 }
    }

    /// Whether every lane of the open epoch has its current incarnation.
    pub fn epoch_is_current(s: &State, p: usize) -> bool {
        let mut lanes = s.processes[p].lanes.iter();
        lanes.all(|lane| lane.share == Share::None || lane.share == Share::Current && lane.accepts())
    }

    fn environment(&self, s: &mut State, action: Action) -> Option<()> {
        match action {
            Action::Move(l) => {
                must(self.rows[l] > 0)?;
                spend(&mut s.faults.moves)?;
                let owner = usize::from(s.group.owner[l]?);
                must(s.group.assigned(owner, l) && s.group.members[1 - owner])?;
                s.group.revoking[l] = true;
                s.begin_generation();
            }
            Action::Kick(p) => {
                spend(&mut s.faults.kicks)?;
                must(s.group.members[p])?;
                s.group.expel(p);
                s.begin_generation();
            }
            Action::TakeOver => {
                must(s.processes[1].power == Power::Absent && s.group.members[0])?;
                spend(&mut s.faults.takeovers)?;
                s.group.members = [false, true];
                s.group.owner = [Some(1); LANES];
                s.group.revoking = [false; LANES];
                s.processes[0].stamps().for_each(|stamp| stamp.member = false);
                s.processes[1].power = Power::Up;
                s.processes[1].membership = Membership::In(Stamp { generation: false, member: true });
                self.open(s, 1)?;
            }
            Action::Crash(p) => {
                must(s.processes[p].power == Power::Up)?;
                spend(&mut s.faults.crashes)?;
                let run = s.processes[p].run;
                s.processes[p] = Process { power: Power::Down, run, ..Process::ABSENT };
            }
            Action::Restart(p) => {
                must(s.processes[p].power == Power::Down)?;
                s.processes[p].power = Power::Up;
                if s.group.members[p] {
                    s.processes[p].membership = Membership::In(Stamp { generation: false, member: true });
                } else {
                    s.join(p);
                }
                self.next_run(s, p)?;
            }
            Action::TimeOut(id) => {
                let state = s.cluster.transaction(id).state;
                must(matches!(state, TransactionState::Open | TransactionState::Requested))?;
                if s.is_current(id) {
                    spend(&mut s.faults.timeouts)?;
                }
                s.cluster.kill(id)?;
            }
            Action::ClaimTimeOut(l) => {
                let claimed = |p: &Process| matches!(p.lanes[l].work, Work::Taking(Take::Claimed { .. }));
                must(s.cluster.claim_open(l) && !s.processes.iter().any(claimed))?;
                s.cluster.abort_claim(l);
            }
            Action::Deliver(id) => {
                must(s.cluster.transaction(id).state == TransactionState::Requested)?;
                s.cluster.commit(id);
                let current = s.is_current(id);
                let phase = &mut s.processes[id.process()].phase;
                if current && *phase == Phase::Waiting {
                    *phase = Phase::Answered;
                }
            }
            Action::MarkOffsets(id) | Action::MarkPositions(id) => {
                if matches!(action, Action::MarkOffsets(_)) {
                    s.cluster.mark_offsets(id)?;
                } else {
                    s.cluster.mark_positions(id)?;
                }
                if !s.is_current(id) {
                    s.cluster.retire(id);
                }
            }
            Action::ResetOffset(l) => {
                spend(&mut s.faults.resets)?;
                must(s.cluster.offsets[l] > 0)?;
                s.cluster.offsets[l] = 0;
            }
            _ => return None,
        }
        Some(())
    }

    fn client(&self, s: &mut State, action: Action) -> Option<()> {
        let renumber = self.on(Rule::IncarnationPerAssignment);
        let ends_first = self.on(Rule::EndsBeforeUnassign);
        match action {
            Action::Sync(p) => {
                let Membership::In(stamp) = &mut s.processes[p].membership else { return None };
                must(!stamp.generation && stamp.member && s.group.members[p])?;
                stamp.generation = true;
                for l in (0..LANES).filter(|&l| self.rows[l] > 0) {
                    let hold = s.lane(p, l).hold;
                    if s.group.assigned(p, l) && hold == Hold::None {
                        s.lane(p, l).hold = Hold::Held;
                        Self::begin_again(s, p, l);
                    } else if s.group.asked_back(p, l) && hold == Hold::Held {
                        s.lane(p, l).hold = Hold::Revoking;
                    } else if s.group.asked_back(p, l) && hold == Hold::None {
                        s.unassign(p, l);
                    }
                }
            }
            Action::LearnLost(p) => {
                must(matches!(s.processes[p].membership, Membership::In(_)) && !s.group.members[p])?;
                s.processes[p].membership = Membership::Lost;
            }
            Action::HandleLost(p) => {
                must(s.processes[p].membership == Membership::Lost)?;
                let aborted = ends_first && self.on(Rule::LostIsAborted);
                for lane in s.processes[p].lanes.iter_mut().filter(|lane| lane.hold != Hold::None) {
                    if !aborted && lane.work == Work::Running {
                        lane.hold = Hold::Overdue;
                    } else {
                        lane.end(Hold::None, renumber);
                    }
                }
                s.join(p);
            }
            Action::EndRevoked(p, l) => {
                must(matches!(s.lane(p, l).hold, Hold::Revoking | Hold::Releasing))?;
                if ends_first || s.lane(p, l).work != Work::Running {
                    self.give_up(s, p, l);
                } else {
                    s.lane(p, l).hold = Hold::Overdue;
                    s.unassign(p, l);
                }
            }
            Action::EndLate(p, l) => {
                let lane = s.lane(p, l);
                must(lane.hold == Hold::Overdue)?;
                must(!ends_first || lane.row.is_none() && lane.share == Share::None)?;
                lane.end(Hold::None, renumber);
            }
            _ => return None,
        }
        Some(())
    }

    fn rows(&self, s: &mut State, action: Action) -> Option<()> {
        match action {
            Action::Write(p, l) => {
                must(s.processes[p].phase == Phase::Writing)?;
                let offset = s.lane(p, l).row?;
                if !s.lane(p, l).accepts() {
                    s.lane(p, l).row = None;
                    return Some(());
                }
                if s.lane(p, l).share == Share::Stale && self.on(Rule::OneIncarnationPerEpoch) {
                    s.processes[p].phase = Phase::Aborting;
                    return Some(());
                }
                if !s.processes[p].opened {
                    s.processes[p].opened = true;
                    s.cluster.init_own(s.id(p))?;
                }
                if s.fenced(p) {
                    return self.renew(s, p);
                }
                s.cluster.produce(s.id(p), l, offset)?;
                let lane = s.lane(p, l);
                lane.row = None;
                if lane.share == Share::None {
                    lane.share = Share::Current;
                }
            }
            Action::Fail(p) => {
                must(s.processes[p].phase == Phase::Writing && s.processes[p].has_epoch())?;
                spend(&mut s.faults.failures)?;
                s.processes[p].phase = Phase::Aborting;
            }
            _ => return None,
        }
        Some(())
    }

    fn end_of_epoch(&self, s: &mut State, action: Action) -> Option<()> {
        match action {
            Action::Answer(p) => match s.processes[p].phase {
                Phase::Waiting if s.fenced(p) => return self.renew(s, p),
                Phase::Answered => {
                    s.processes[p].phase = Phase::Writing;
                    for l in 0..LANES {
                        let lane = s.lane(p, l);
                        if lane.share == Share::Current {
                            lane.decided = lane.row.unwrap_or(lane.next);
                        }
                        lane.share = Share::None;
                        if lane.hold == Hold::Releasing {
                            self.give_up(s, p, l);
                        }
                    }
                }
                _ => return None,
            },
            Action::LoseAnswer(p) => {
                must(matches!(s.processes[p].phase, Phase::Waiting | Phase::Answered))?;
                spend(&mut s.faults.lost_answers)?;
                self.renew(s, p)?;
            }
            Action::Abort(p) => {
                must(s.processes[p].phase == Phase::Aborting)?;
                if s.fenced(p) {
                    return self.renew(s, p);
                }
                s.cluster.abort(s.id(p));
                s.processes[p].phase = Phase::Writing;
                for lane in &mut s.processes[p].lanes {
                    if lane.share == Share::Current && lane.accepts() {
                        lane.seek(lane.decided, self.on(Rule::IncarnationPerSeek));
                    }
                    lane.share = Share::None;
                }
            }
            Action::LoseAbort(p) => {
                must(s.processes[p].phase == Phase::Aborting && !s.fenced(p))?;
                spend(&mut s.faults.lost_answers)?;
                self.renew(s, p)?;
            }
            _ => return None,
        }
        Some(())
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
            | Action::ResetOffset(_) => self.environment(s, action),
            Action::Sync(_)
            | Action::LearnLost(_)
            | Action::HandleLost(_)
            | Action::EndRevoked(..)
            | Action::EndLate(..) => self.client(s, action),
            Action::Write(..) | Action::Fail(_) => self.rows(s, action),
            Action::Answer(_) | Action::LoseAnswer(_) | Action::Abort(_) | Action::LoseAbort(_) => {
                self.end_of_epoch(s, action)
            }
            _ => match self.sink {
                Sink::SameCluster => same_cluster::step(self, s, action),
                Sink::OtherCluster => two_clusters::step(self, s, action),
            },
        }
    }
}

/// None ends a step that cannot be taken.
pub fn must(condition: bool) -> Option<()> {
    condition.then_some(())
}

/// Uses up one of a kind of fault.
pub fn spend(budget: &mut u8) -> Option<()> {
    *budget = budget.checked_sub(1)?;
    Some(())
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
                actions.extend([Action::Metadata(p), Action::Check(p), Action::Send(p), Action::Flush(p), Action::Fail(p)]);
                actions.extend([Action::Answer(p), Action::LoseAnswer(p), Action::Abort(p), Action::LoseAbort(p)]);
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
                    actions.extend([Action::FetchOffset(p, l), Action::ReadRecord(p, l), Action::InitClaim(p, l)]);
                    actions.extend([Action::KillHolder(p, l), Action::ReadAgain(p, l), Action::WriteClaim(p, l)]);
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
