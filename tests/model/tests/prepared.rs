//! Searches of the protocol that prepares, decides and commits: with every rule, then without each.

use std::time::Instant;

use sluicegate_protocol_model::prepared::world::{ALL_DONE, NO_ROW_DOUBLED, NO_ROW_LOST, NOBODY_ASKED};
use sluicegate_protocol_model::prepared::{Faults, Rule, Rules, Table, World};
use stateright::{Checker, HasDiscoveries, Model, Path};

const NONE: Faults =
    Faults { takes: 0, crashes: 0, lost_answers: 0, copies: 0, forgotten: 0, aborted: 0, sweeps: 0 };

fn world(table: Table, faults: Faults) -> World {
    World { faults, ..World::new(table, [2, 1]) }
}

/// What must not be found.
const SAFE: [&str; 3] = [NO_ROW_DOUBLED, NO_ROW_LOST, NOBODY_ASKED];

/// Nothing is lost or doubled, and the end is reached.
fn holds(world: World) {
    let began = Instant::now();
    let checker = world.checker().spawn_bfs().join();
    let (states, depth) = (checker.unique_state_count(), checker.max_depth());
    println!("{states} states, {depth} deep, {:?}: {:?} {:?}", began.elapsed(), world.table, world.faults);
    for property in SAFE {
        let found = checker.discovery(property).map(Path::into_actions);
        assert!(found.is_none(), "{property}: {found:#?}");
    }
    assert!(checker.discovery(ALL_DONE).is_some(), "the end is not reached");
}

/// Without some rules a property does not hold.
fn fails(world: World, rules: &[Rule], property: &'static str) {
    let rules_left = rules.iter().fold(Rules::all(), |left, rule| left.without(*rule));
    let world = World { rules: rules_left, ..world };
    let finish = HasDiscoveries::AnyOf([property].into());
    let checker = world.checker().finish_when(finish).spawn_bfs().join();
    let found = checker.discovery(property).map(Path::into_actions);
    let Some(steps) = found else { panic!("nothing is found without {rules:?}") };
    println!("without {rules:?}: {} steps to a state in which not: {property}", steps.len());
}

#[test]
fn lanes_are_taken_from_who_has_them() {
    for table in [Table::Append, Table::Primary] {
        holds(world(table, Faults { takes: 2, ..NONE }));
    }
}

#[test]
fn processes_die_and_answers_are_lost() {
    for table in [Table::Append, Table::Primary] {
        holds(world(table, Faults { takes: 1, crashes: 1, lost_answers: 1, ..NONE }));
    }
}

#[test]
fn decisions_arrive_twice() {
    holds(world(Table::Append, Faults { takes: 1, copies: 1, crashes: 1, ..NONE }));
}

#[test]
fn labels_are_forgotten() {
    for table in [Table::Append, Table::Primary] {
        holds(world(table, Faults { takes: 1, crashes: 1, forgotten: 1, ..NONE }));
    }
}

#[test]
fn three_processes() {
    for faults in [Faults { takes: 2, ..NONE }, Faults { takes: 1, crashes: 1, ..NONE }] {
        holds(World { processes: 3, rows: [1, 1], ..world(Table::Append, faults) });
    }
}

#[test]
fn what_is_left_is_rolled_back() {
    for table in [Table::Append, Table::Primary] {
        holds(world(table, Faults { takes: 1, crashes: 1, sweeps: 2, ..NONE }));
    }
    holds(world(Table::Append, Faults { takes: 1, lost_answers: 1, copies: 1, sweeps: 1, ..NONE }));
}

/// To a store that fences and does not count, as a Kafka transaction: nothing arrives there twice.
#[test]
fn a_store_that_only_fences() {
    let world = world(Table::Append, Faults { takes: 1, crashes: 1, lost_answers: 1, ..NONE });
    holds(World { rules: Rules::all().without(Rule::Sequence), ..world });
}

#[test]
fn without_fencing_before_reading() {
    fails(world(Table::Append, Faults { takes: 1, ..NONE }), &[Rule::FenceFirst], NO_ROW_DOUBLED);
}

#[test]
fn without_terms() {
    let world = world(Table::Append, Faults { takes: 1, ..NONE });
    fails(world, &[Rule::Term, Rule::Sequence], NO_ROW_DOUBLED);
    // A store that counts decisions refuses the second of two deciders anyway.
    holds(World { rules: Rules::all().without(Rule::Term), ..world });
}

#[test]
fn without_counting_decisions() {
    let world = world(Table::Append, Faults { copies: 1, crashes: 1, ..NONE });
    fails(world, &[Rule::Sequence], NO_ROW_DOUBLED);
}

#[test]
fn without_finishing_what_a_note_names() {
    fails(world(Table::Append, Faults { crashes: 1, ..NONE }), &[Rule::FinishNote], NO_ROW_LOST);
}

#[test]
fn with_a_rollback_in_doubt() {
    let world = world(Table::Append, Faults { lost_answers: 1, ..NONE });
    fails(world, &[Rule::KeepInDoubt], NOBODY_ASKED);
    // With a rule less the rows are gone.
    fails(world, &[Rule::KeepInDoubt, Rule::UnknownIsNotApplied], NO_ROW_LOST);
}

#[test]
fn with_memory_in_doubt() {
    let world = world(Table::Append, Faults { lost_answers: 1, takes: 1, crashes: 1, ..NONE });
    fails(world, &[Rule::TakeAgain], NO_ROW_DOUBLED);
}

#[test]
fn with_a_decision_before_the_last_is_committed() {
    fails(world(Table::Append, Faults { crashes: 1, ..NONE }), &[Rule::CommitBeforeNext], NO_ROW_LOST);
}

#[test]
fn with_an_unknown_label_taken_for_applied() {
    let world = world(Table::Append, Faults { crashes: 1, aborted: 1, ..NONE });
    fails(world, &[Rule::UnknownIsNotApplied], NO_ROW_LOST);
}

#[test]
fn with_an_unknown_label_taken_for_aborted() {
    let world = world(Table::Append, Faults { crashes: 1, forgotten: 1, ..NONE });
    fails(world, &[Rule::UnknownIsNotAborted], NO_ROW_DOUBLED);
}

#[test]
fn with_rollbacks_of_what_others_prepared() {
    let world = world(Table::Append, Faults { crashes: 1, ..NONE });
    fails(world, &[Rule::OwnLabelsOnly], NOBODY_ASKED);
    fails(world, &[Rule::OwnLabelsOnly, Rule::UnknownIsNotApplied], NO_ROW_LOST);
}

#[test]
fn with_a_late_look_at_what_is_left() {
    let world = world(Table::Append, Faults { takes: 1, sweeps: 1, ..NONE });
    fails(world, &[Rule::LookBeforeFence], NOBODY_ASKED);
    fails(world, &[Rule::LookBeforeFence, Rule::UnknownIsNotApplied], NO_ROW_LOST);
}

#[test]
fn with_what_was_decided_taken_for_left() {
    let world = world(Table::Append, Faults { crashes: 1, sweeps: 1, ..NONE });
    fails(world, &[Rule::SpareNoted], NOBODY_ASKED);
}
