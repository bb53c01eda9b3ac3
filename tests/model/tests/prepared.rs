//! Searches of the protocol that prepares, decides and commits: with every rule, then without each.

use sluicegate_protocol_model::prepared::world::{ALL_DONE, NO_ROW_DOUBLED, NO_ROW_LOST};
use sluicegate_protocol_model::prepared::{Faults, Rule, Rules, Table, World};
use stateright::{Checker, HasDiscoveries, Model};

const NONE: Faults = Faults { takes: 0, crashes: 0, lost_answers: 0, copies: 0, forgotten: 0, aborted: 0 };

fn world(table: Table, faults: Faults) -> World {
    World { faults, ..World::new(table, [2, 1]) }
}

/// Nothing is lost or doubled, and the end is reached.
fn holds(world: World) {
    let checker = world.checker().spawn_bfs().join();
    println!("{} states: {:?} {:?}", checker.unique_state_count(), world.table, world.faults);
    for property in [NO_ROW_DOUBLED, NO_ROW_LOST] {
        let found = checker.discovery(property).map(|path| path.into_actions());
        assert!(found.is_none(), "{property}: {found:#?}");
    }
    assert!(checker.discovery(ALL_DONE).is_some(), "the end is not reached");
}

/// Without a rule something is lost or doubled.
fn fails(world: World, rule: Rule) {
    let world = World { rules: Rules::all().without(rule), ..world };
    let finish = HasDiscoveries::AnyOf([NO_ROW_DOUBLED, NO_ROW_LOST].into());
    let checker = world.checker().finish_when(finish).spawn_bfs().join();
    let found = [NO_ROW_DOUBLED, NO_ROW_LOST]
        .into_iter()
        .find_map(|property| checker.discovery(property).map(|path| (property, path.into_actions())));
    let Some((property, steps)) = found else { panic!("nothing is found without {rule:?}") };
    println!("without {rule:?}: {} steps to a state in which not: {property}", steps.len());
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
    holds(World {
        processes: 3,
        ..World { rows: [1, 1], ..world(Table::Append, Faults { takes: 2, crashes: 1, ..NONE }) }
    });
}

#[test]
fn without_fencing_before_reading() {
    fails(world(Table::Append, Faults { takes: 1, ..NONE }), Rule::FenceFirst);
}

#[test]
fn without_terms() {
    fails(world(Table::Append, Faults { takes: 1, ..NONE }), Rule::Term);
}

#[test]
fn without_counting_decisions() {
    fails(world(Table::Append, Faults { copies: 1, crashes: 1, ..NONE }), Rule::Sequence);
}

#[test]
fn without_finishing_what_a_note_names() {
    fails(world(Table::Append, Faults { crashes: 1, ..NONE }), Rule::FinishNote);
}

#[test]
fn with_a_rollback_in_doubt() {
    fails(world(Table::Append, Faults { lost_answers: 1, ..NONE }), Rule::KeepInDoubt);
}

#[test]
fn with_memory_in_doubt() {
    fails(world(Table::Append, Faults { lost_answers: 1, takes: 1, crashes: 1, ..NONE }), Rule::TakeAgain);
}

#[test]
fn with_a_decision_before_the_last_is_committed() {
    fails(world(Table::Append, Faults { crashes: 1, ..NONE }), Rule::CommitBeforeNext);
}

#[test]
fn with_an_unknown_label_taken_for_applied() {
    fails(world(Table::Append, Faults { crashes: 1, aborted: 1, ..NONE }), Rule::UnknownIsNotApplied);
}

#[test]
fn with_an_unknown_label_taken_for_aborted() {
    fails(world(Table::Append, Faults { crashes: 1, forgotten: 1, ..NONE }), Rule::UnknownIsNotAborted);
}

#[test]
fn with_rollbacks_of_what_others_prepared() {
    // A person is asked where the label is gone: the rule saves the person, not the rows. A table with a primary key, in
    // which rows are sent again, loses nothing either.
    let world = world(Table::Append, Faults { crashes: 1, takes: 1, ..NONE });
    let world = World { rules: Rules::all().without(Rule::OwnLabelsOnly), ..world };
    let checker = world.checker().spawn_bfs().join();
    let stopped = checker.discovery(ALL_DONE).is_some();
    assert!(
        stopped && checker.discovery(NO_ROW_DOUBLED).is_none() && checker.discovery(NO_ROW_LOST).is_none()
    );
}
