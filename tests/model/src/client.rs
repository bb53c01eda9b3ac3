//! The consumer client of a process and what the application does when it tells of lanes.

use crate::action::Action;
use crate::broker::LANES;
use crate::process::{Hold, Membership, Share, Work};
use crate::rules::Rule;
use crate::state::{State, must};
use crate::world::World;

/// A step of a client.
pub(crate) fn step(world: &World, s: &mut State, action: Action) -> Option<()> {
    let renumber = world.on(Rule::IncarnationPerAssignment);
    let ends_first = world.on(Rule::EndsBeforeUnassign);
    match action {
        Action::Sync(p) => {
            let Membership::In(stamp) = &mut s.processes[p].membership else { return None };
            must(!stamp.generation && stamp.member && s.group.members[p])?;
            stamp.generation = true;
            for l in (0..LANES).filter(|&l| world.rows[l] > 0) {
                let hold = s.lane(p, l).hold;
                if s.group.assigned(p, l) && hold == Hold::None {
                    s.lane(p, l).hold = Hold::Held;
                    World::begin_again(s, p, l);
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
            let aborted = ends_first && world.on(Rule::LostIsAborted);
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
                world.give_up(s, p, l);
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
