//! Rows and positions on another cluster than the source: the transactional ids are the fence.

use crate::action::Action;
use crate::broker::LANES;
use crate::positions::Record;
use crate::process::{Hold, Lane, Phase, Share, Take, Work};
use crate::rules::Rule;
use crate::state::{State, must, spend};
use crate::world::World;

/// A step of this protocol alone.
pub fn step(world: &World, s: &mut State, action: Action) -> Option<()> {
    match action {
        Action::InitClaim(p, l) => init_claim(world, s, p, l),
        Action::ReadRecord(p, l) => read_record(world, s, p, l),
        Action::KillHolder(p, l) => kill_holder(world, s, p, l),
        Action::ReadAgain(p, l) => read_again(s, p, l),
        Action::WriteClaim(p, l) => write_claim(world, s, p, l),
        Action::CommitClaim(p, l) => commit_claim(s, p, l, true),
        Action::LoseClaim(p, l) => {
            spend(&mut s.faults.lost_answers)?;
            commit_claim(s, p, l, false)
        }
        Action::Check(p) => check(world, s, p),
        Action::Send(p) => send(world, s, p),
        _ => None,
    }
}

fn init_claim(world: &World, s: &mut State, p: usize, l: usize) -> Option<()> {
    must(s.lane(p, l).work == Work::Taking(Take::Start))?;
    let record = s.cluster.log.stable(l);
    let own = record.holder == Some(s.id(p)) && !record.released;
    if own && !world.on(Rule::FreshRun) && !world.on(Rule::OwnNameRenews) {
        // A fixed id, and the record names it: the process goes on where the record says.
        must(world.watermark(s) == 0)?;
        s.lane(p, l).seek(record.position, false);
        return Some(());
    }
    if world.on(Rule::ClaimInitFirst) {
        s.cluster.init_claim(l, p);
    }
    let wait = world.watermark(s);
    s.lane(p, l).work = Work::Taking(Take::Read { wait });
    Some(())
}

fn read_record(world: &World, s: &mut State, p: usize, l: usize) -> Option<()> {
    must(s.lane(p, l).work == Work::Taking(Take::Read { wait: 0 }))?;
    let record = s.cluster.log.stable(l);
    let own = record.holder == Some(s.id(p));
    let next = if record.released {
        Take::Claim { record }
    } else if own && !world.on(Rule::FreshRun) {
        // A fixed id: its init by the owner ends what is open under it, as anybody's would.
        world.renew(s, p)?;
        let wait = world.watermark(s);
        Take::ReadAgain { wait, record }
    } else if own && world.on(Rule::OwnNameRenews) {
        return world.renew(s, p);
    } else if own || !world.on(Rule::KillNamedHolder) {
        Take::Claim { record }
    } else {
        Take::Kill { record }
    };
    s.lane(p, l).work = Work::Taking(next);
    Some(())
}

fn kill_holder(world: &World, s: &mut State, p: usize, l: usize) -> Option<()> {
    let Work::Taking(Take::Kill { record }) = s.lane(p, l).work else { return None };
    s.cluster.kill(record.holder?)?;
    let wait = world.watermark(s);
    s.lane(p, l).work = Work::Taking(if world.on(Rule::ReadAgain) {
        Take::ReadAgain { wait, record }
    } else {
        Take::Claim { record }
    });
    Some(())
}

fn read_again(s: &mut State, p: usize, l: usize) -> Option<()> {
    let Work::Taking(Take::ReadAgain { wait: 0, record }) = s.lane(p, l).work else { return None };
    let unchanged = s.cluster.log.stable(l) == record;
    s.lane(p, l).work = Work::Taking(if unchanged { Take::Claim { record } } else { Take::Start });
    Some(())
}

fn write_claim(world: &World, s: &mut State, p: usize, l: usize) -> Option<()> {
    let Work::Taking(Take::Claim { record }) = s.lane(p, l).work else { return None };
    let claim = Record { position: record.position, holder: Some(s.id(p)), released: false };
    if !world.on(Rule::ClaimInTransaction) {
        s.cluster.write_plain_claim(l, claim)?;
        s.lane(p, l).seek(record.position, false);
        return Some(());
    }
    if !world.on(Rule::ClaimInitFirst) {
        s.cluster.init_claim(l, p);
    }
    if s.cluster.may_claim(l, p) {
        s.cluster.write_claim(l, claim)?;
        s.lane(p, l).work = Work::Taking(Take::Claimed { record });
    } else {
        World::begin_again(s, p, l);
    }
    Some(())
}

fn commit_claim(s: &mut State, p: usize, l: usize, answered: bool) -> Option<()> {
    let Work::Taking(Take::Claimed { record }) = s.lane(p, l).work else { return None };
    let granted = s.cluster.may_claim(l, p);
    if granted {
        s.cluster.commit_claim(l);
    }
    if granted && answered {
        s.lane(p, l).seek(record.position, false);
    } else {
        World::begin_again(s, p, l);
    }
    Some(())
}

fn check(world: &World, s: &mut State, p: usize) -> Option<()> {
    must(s.processes[p].phase == Phase::Writing)?;
    let drained = world.on(Rule::ReleasedIsLast) && s.processes[p].lanes.iter().any(Lane::drained);
    must(s.processes[p].has_epoch() || drained)?;
    let passes = !world.on(Rule::CheckBeforeSend) || World::epoch_is_current(s, p);
    s.processes[p].phase = if passes { Phase::Ready(None) } else { Phase::Aborting };
    Some(())
}

/// Records, then the request to commit. The records of lanes that are drained are `released`.
fn send(world: &World, s: &mut State, p: usize) -> Option<()> {
    must(s.processes[p].phase == Phase::Ready(None))?;
    if s.fenced(p) {
        return world.renew(s, p);
    }
    let id = s.id(p);
    must(s.cluster.writable(id))?;
    for l in 0..LANES {
        let lane = *s.lane(p, l);
        let last = lane.drained() && world.on(Rule::ReleasedIsLast);
        let early = lane.hold == Hold::Revoking && !world.on(Rule::ReleasedIsLast);
        if lane.share != Share::None || last {
            let position = s.cluster.transaction(id).rows(l).end().unwrap_or(lane.decided);
            s.cluster.write_record(id, l, Record { position, holder: Some(id), released: last || early })?;
        }
        if last {
            s.lane(p, l).hold = Hold::Releasing;
        }
    }
    s.cluster.request_commit(id);
    s.processes[p].phase = Phase::Waiting;
    Some(())
}
