//! Running a search and reading its result.

use stateright::{Checker, HasDiscoveries, Model};

use crate::action::Action;
use crate::world::{ALL_DONE, NO_ROW_DOUBLED, NO_ROW_LOST, NOBODY_STUCK, World};

/// A path to a state in which a property fails.
#[derive(Debug)]
pub struct CounterExample {
    /// The property that fails there.
    pub property: &'static str,
    /// The steps to it.
    pub steps: Vec<Action>,
}

/// What a search found.
#[derive(Debug)]
pub struct Report {
    /// Number of different states.
    pub states: usize,
    /// Whether a state was reached in which all rows are committed and all faults have happened.
    pub finished: bool,
    /// The nearest state in which a reader has seen a row twice or has been led past one.
    pub counter_example: Option<CounterExample>,
    /// A state in which rows are left and nobody can take a step.
    pub stuck: Option<CounterExample>,
}

/// Searches all states that can be reached, or, when a reader would complain in one of them, the nearest of those.
pub fn search(world: World) -> Report {
    let finish = || HasDiscoveries::AnyOf([NO_ROW_DOUBLED, NO_ROW_LOST].into());
    let checker = world.checker().finish_when(finish()).spawn_bfs().join();
    let mut counter_example = complaint(&checker);
    // The checker looks at some more states after the first complaint, and keeps the last one.
    while let Some(example) = &counter_example {
        let depth = example.steps.len();
        let nearer = world.checker().finish_when(finish()).target_max_depth(depth).spawn_bfs().join();
        match complaint(&nearer) {
            Some(nearer) => counter_example = Some(nearer),
            None => break,
        }
    }
    Report {
        states: checker.unique_state_count(),
        finished: checker.discovery(ALL_DONE).is_some(),
        counter_example,
        stuck: failure(&checker, NOBODY_STUCK),
    }
}

fn complaint(checker: &impl Checker<World>) -> Option<CounterExample> {
    [NO_ROW_DOUBLED, NO_ROW_LOST]
        .into_iter()
        .filter_map(|property| failure(checker, property))
        .min_by_key(|example| example.steps.len())
}

fn failure(checker: &impl Checker<World>, property: &'static str) -> Option<CounterExample> {
    let steps = checker.discovery(property)?.into_actions();
    Some(CounterExample { property, steps })
}
