//! The state that the search looks at: cluster, group, two processes, and the faults that may still happen.

use crate::broker::{Cluster, LANES, PROCESSES, TransactionalId};
use crate::group::{Group, Stamp};
use crate::process::{Lane, Membership, Power, Process};

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
    pub(crate) fn settle(&mut self, rows: [u8; LANES]) {
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

    pub(crate) fn join(&mut self, p: usize) {
        self.group.join(p);
        self.processes[p].membership = Membership::In(Stamp { generation: false, member: true });
        self.begin_generation();
    }

    /// The application gives a revoked lane back; the client joins the next generation without it.
    pub(crate) fn unassign(&mut self, p: usize, l: usize) {
        if self.group.asked_back(p, l) {
            self.group.hand_over(p, l);
            self.begin_generation();
        }
    }

    pub(crate) fn is_current(&self, id: TransactionalId) -> bool {
        let owner = &self.processes[id.process()];
        owner.power == Power::Up && self.id(id.process()) == id
    }
}

/// None ends a step that cannot be taken.
pub(crate) fn must(condition: bool) -> Option<()> {
    condition.then_some(())
}

/// Uses up one of a kind of fault.
pub(crate) fn spend(budget: &mut u8) -> Option<()> {
    *budget = budget.checked_sub(1)?;
    Some(())
}
