//! What happens to the processes: the group's wishes, crashes, time-outs, and what the network brings late.

use crate::action::Action;
use crate::broker::{LANES, TransactionState};
use crate::group::Stamp;
use crate::process::{Membership, Phase, Power, Process, Take, Work};
use crate::state::{State, must, spend};
use crate::world::World;

/// A step of the environment.
pub(crate) fn step(world: &World, s: &mut State, action: Action) -> Option<()> {
    match action {
        Action::Move(l) => {
            must(world.rows[l] > 0)?;
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
            world.open(s, 1)?;
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
            world.next_run(s, p)?;
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
