//! The protocol under rules and faults, as the checker sees it.

use stateright::{Model, Property};

use super::rules::Rules;
use super::state::{Action, Entry, Faults, PROCESSES, Process, SHARDS, State, Transaction};
use crate::world::{ALL_DONE, NO_ROW_DOUBLED, NO_ROW_LOST, NOBODY_STUCK};

/// The protocol under a set of rules and faults.
#[derive(Clone, Copy, Debug)]
pub struct World {
    /// The rules that hold.
    pub rules: Rules,
    /// The faults that may happen.
    pub faults: Faults,
    /// Rows of the lane, at most four.
    pub rows: u8,
    /// Shards that each process was told to write with.
    pub shards: [u8; PROCESSES],
}

impl World {
    /// Every rule; two shards each; process 0 has the lane.
    pub const fn new(rows: u8, faults: Faults) -> Self {
        Self { rules: Rules::all(), faults, rows, shards: [2; PROCESSES] }
    }

    pub(super) fn on(&self, rule: super::rules::Rule) -> bool {
        self.rules.on(rule)
    }

    fn is_done(&self, state: &State) -> bool {
        let all = state.written.iter().take(usize::from(self.rows)).all(|times| *times == 1);
        all && state.entries[..usize::from(state.shards)].iter().all(|entry| entry.ordinal == self.rows)
    }
}

impl Model for World {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let process = |place: usize| Process {
            up: true,
            assigned: place == 0,
            shards: self.shards[place],
            hold: None,
            read: None,
            transactions: [Transaction::default(); SHARDS],
        };
        vec![State {
            entries: [Entry::default(); SHARDS],
            shards: 1,
            written: [0; super::state::ROWS],
            disordered: false,
            processes: [process(0), process(1)],
            faults: self.faults,
        }]
    }

    fn actions(&self, _: &State, actions: &mut Vec<Action>) {
        for p in 0..PROCESSES {
            actions.extend([
                Action::Move(p),
                Action::Learn(p),
                Action::Crash(p),
                Action::Restart(p),
                Action::RestartOtherwise(p),
                Action::Read(p),
                Action::Take(p),
                Action::Write(p),
                Action::Finish(p),
                Action::LoseAnswer(p),
                Action::Abort(p),
            ]);
            for shard in 0..SHARDS {
                actions.extend([
                    Action::End(p, shard),
                    Action::Decide(p, shard),
                    Action::Request(p, shard),
                    Action::Deliver(p, shard),
                    Action::Vanish(p, shard),
                    Action::CommitOrdinal(p, shard),
                ]);
            }
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut next = *last;
        next.step(self, action)?;
        next.shorten_numbers();
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(NO_ROW_DOUBLED, |_, state: &State| {
                !state.disordered && state.written.iter().all(|times| *times < 2)
            }),
            Property::always(NO_ROW_LOST, |world: &World, state: &State| !state.has_lost(world.rows)),
            Property::always(NOBODY_STUCK, |world: &World, state: &State| {
                world.is_done(state) || !world.next_states(state).is_empty()
            }),
            Property::sometimes(ALL_DONE, |world: &World, state: &State| {
                world.is_done(state) && state.faults == Faults::default()
            }),
        ]
    }
}
