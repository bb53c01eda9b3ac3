//! Rows and positions on the source's own cluster: the consumer group is the fence.

use crate::action::Action;
use crate::broker::LANES;
use crate::positions::Record;
use crate::process::{Membership, Metadata, Phase, Share, Take, Work};
use crate::rules::Rule;
use crate::state::{State, must};
use crate::world::World;

/// A step of this protocol alone.
pub fn step(world: &World, s: &mut State, action: Action) -> Option<()> {
    match action {
        Action::FetchOffset(p, l) => fetch_offset(world, s, p, l),
        Action::ReadRecord(p, l) => {
            must(s.lane(p, l).work == Work::Taking(Take::Read { wait: 0 }))?;
            let position = s.cluster.log.stable(l).position;
            s.lane(p, l).seek(position, false);
            Some(())
        }
        Action::Metadata(p) => metadata(world, s, p),
        Action::Check(p) => check(world, s, p),
        Action::Send(p) => send(world, s, p),
        Action::Flush(p) => flush(world, s, p),
        _ => None,
    }
}

fn fetch_offset(world: &World, s: &mut State, p: usize, l: usize) -> Option<()> {
    must(s.lane(p, l).work == Work::Taking(Take::Start))?;
    must(!world.on(Rule::StableFetch) || !s.cluster.offset_pending(l))?;
    if world.on(Rule::RecordIsTruth) {
        let wait = world.watermark(s);
        s.lane(p, l).work = Work::Taking(Take::Read { wait });
    } else {
        let offset = s.cluster.offsets[l];
        s.lane(p, l).seek(offset, false);
    }
    Some(())
}

fn metadata(world: &World, s: &mut State, p: usize) -> Option<()> {
    let process = &s.processes[p];
    let metadata: Metadata = match process.membership {
        Membership::In(stamp) => Some(stamp),
        Membership::Lost | Membership::Out => None,
    };
    let next = match process.phase {
        Phase::Writing if world.on(Rule::MetadataBeforeCheck) && process.has_epoch() => {
            if world.on(Rule::CheckBeforeSend) { Phase::Fetched(metadata) } else { Phase::Ready(metadata) }
        }
        Phase::Checked => Phase::Ready(metadata),
        _ => return None,
    };
    let lost = metadata.is_none() && world.on(Rule::NoGenerationIsLost);
    s.processes[p].phase = if lost { Phase::Aborting } else { next };
    Some(())
}

fn check(world: &World, s: &mut State, p: usize) -> Option<()> {
    let next = match s.processes[p].phase {
        Phase::Fetched(metadata) => Phase::Ready(metadata),
        Phase::Writing if !world.on(Rule::MetadataBeforeCheck) && s.processes[p].has_epoch() => {
            Phase::Checked
        }
        _ => return None,
    };
    s.processes[p].phase = if World::epoch_is_current(s, p) { next } else { Phase::Aborting };
    Some(())
}

/// The offsets go to the group's coordinator; the records are handed to the producer, and may still be in its queue
/// when the offsets are accepted.
fn send(world: &World, s: &mut State, p: usize) -> Option<()> {
    let Phase::Ready(metadata) = s.processes[p].phase else { return None };
    if s.fenced(p) {
        return world.renew(s, p);
    }
    let id = s.id(p);
    must(s.cluster.writable(id))?;
    if world.records_first {
        write_records(s, p)?;
    }
    if !accepts(world, metadata) {
        s.processes[p].phase = Phase::Aborting;
        return Some(());
    }
    for l in 0..LANES {
        if s.lane(p, l).share != Share::None {
            let position = s.cluster.transaction(id).rows(l).end()?;
            s.cluster.send_offset(id, l, position);
        }
    }
    s.processes[p].phase = Phase::Sent;
    Some(())
}

/// The records reach the log, then the request to commit is sent.
fn flush(world: &World, s: &mut State, p: usize) -> Option<()> {
    must(s.processes[p].phase == Phase::Sent)?;
    if s.fenced(p) {
        return world.renew(s, p);
    }
    if !world.records_first {
        write_records(s, p)?;
    }
    s.cluster.request_commit(s.id(p));
    s.processes[p].phase = Phase::Waiting;
    Some(())
}

fn write_records(s: &mut State, p: usize) -> Option<()> {
    let id = s.id(p);
    for l in 0..LANES {
        if s.lane(p, l).share != Share::None {
            let position = s.cluster.transaction(id).rows(l).end()?;
            s.cluster.write_record(id, l, Record { position, holder: Some(id), released: false })?;
        }
    }
    Some(())
}

/// Whether the coordinator of the group lets offsets pass. Without a generation it takes them for those of a client
/// that manages its lanes itself, and lets them pass.
fn accepts(world: &World, metadata: Metadata) -> bool {
    metadata.is_none_or(|stamp| {
        (stamp.generation || !world.on(Rule::GenerationFence))
            && (stamp.member || !world.on(Rule::MemberFence))
    })
}
