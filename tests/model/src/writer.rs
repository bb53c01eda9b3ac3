//! The writer of a process: rows into the open epoch, and how an epoch ends. The decision itself is each protocol's.

use crate::action::Action;
use crate::broker::LANES;
use crate::process::{Hold, Phase, Share};
use crate::rules::Rule;
use crate::state::{State, must, spend};
use crate::world::World;

/// A row is written, or the epoch fails.
pub(crate) fn rows(world: &World, s: &mut State, action: Action) -> Option<()> {
    match action {
        Action::Write(p, l) => {
            must(s.processes[p].phase == Phase::Writing)?;
            let offset = s.lane(p, l).row?;
            if !s.lane(p, l).accepts() {
                s.lane(p, l).row = None;
                return Some(());
            }
            if s.lane(p, l).share == Share::Stale && world.on(Rule::OneIncarnationPerEpoch) {
                s.processes[p].phase = Phase::Aborting;
                return Some(());
            }
            if !s.processes[p].opened {
                s.processes[p].opened = true;
                s.cluster.init_own(s.id(p))?;
            }
            if s.fenced(p) {
                return world.renew(s, p);
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

/// The answer to a commit or an abort.
pub(crate) fn end_of_epoch(world: &World, s: &mut State, action: Action) -> Option<()> {
    match action {
        Action::Answer(p) => match s.processes[p].phase {
            Phase::Waiting if s.fenced(p) => return world.renew(s, p),
            Phase::Answered => {
                s.processes[p].phase = Phase::Writing;
                for l in 0..LANES {
                    let lane = s.lane(p, l);
                    if lane.share == Share::Current {
                        lane.decided = lane.row.unwrap_or(lane.next);
                    }
                    lane.share = Share::None;
                    if lane.hold == Hold::Releasing {
                        world.give_up(s, p, l);
                    }
                }
            }
            _ => return None,
        },
        Action::LoseAnswer(p) => {
            must(matches!(s.processes[p].phase, Phase::Waiting | Phase::Answered))?;
            spend(&mut s.faults.lost_answers)?;
            world.renew(s, p)?;
        }
        Action::Abort(p) => {
            must(s.processes[p].phase == Phase::Aborting)?;
            if s.fenced(p) {
                return world.renew(s, p);
            }
            s.cluster.abort(s.id(p));
            s.processes[p].phase = Phase::Writing;
            for lane in &mut s.processes[p].lanes {
                if lane.share == Share::Current && lane.accepts() {
                    lane.seek(lane.decided, world.on(Rule::IncarnationPerSeek));
                }
                lane.share = Share::None;
            }
        }
        Action::LoseAbort(p) => {
            must(s.processes[p].phase == Phase::Aborting && !s.fenced(p))?;
            spend(&mut s.faults.lost_answers)?;
            world.renew(s, p)?;
        }
        _ => return None,
    }
    Some(())
}
