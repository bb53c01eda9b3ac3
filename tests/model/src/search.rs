//! Running a search and reading its result.

use std::fmt::Debug;
use std::hash::Hash;

use stateright::{Checker, HasDiscoveries, Model};

use crate::world::{ALL_DONE, NO_ROW_DOUBLED, NO_ROW_LOST, NOBODY_STUCK};

/// A path to a state in which a property fails.
#[derive(Debug)]
pub struct CounterExample<A> {
    /// The property that fails there.
    pub property: &'static str,
    /// The steps to it.
    pub steps: Vec<A>,
}

/// What a search found.
#[derive(Debug)]
pub struct Report<A> {
    /// Number of different states.
    pub states: usize,
    /// Whether a state was reached in which all rows are committed and all faults have happened.
    pub finished: bool,
    /// The nearest state in which a reader has seen a row twice or has been led past one.
    pub counter_example: Option<CounterExample<A>>,
    /// A state in which rows are left and nobody can take a step.
    pub stuck: Option<CounterExample<A>>,
}

/// Searches all states that can be reached, or, when a reader would complain in one of them, the nearest of those.
pub fn search<M>(world: M) -> Report<M::Action>
where
    M: Model<
            State: Clone + PartialEq + Debug + Hash + Send + Sync + 'static,
            Action: Clone + PartialEq + Debug,
        > + Copy
        + Send
        + Sync
        + 'static,
{
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

fn complaint<M: Model<State: Clone + PartialEq, Action: Clone + PartialEq>>(
    checker: &impl Checker<M>,
) -> Option<CounterExample<M::Action>> {
    [NO_ROW_DOUBLED, NO_ROW_LOST]
        .into_iter()
        .filter_map(|property| failure(checker, property))
        .min_by_key(|example| example.steps.len())
}

fn failure<M: Model<State: Clone + PartialEq, Action: Clone + PartialEq>>(
    checker: &impl Checker<M>,
    property: &'static str,
) -> Option<CounterExample<M::Action>> {
    let steps = checker.discovery(property)?.into_actions();
    Some(CounterExample { property, steps })
}
