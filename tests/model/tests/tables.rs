//! Searches of the protocol of tables: with every rule, then without each.

use sluicegate_protocol_model::search::search;
use sluicegate_protocol_model::tables::rules::{Rule, Rules};
use sluicegate_protocol_model::tables::state::Faults;
use sluicegate_protocol_model::tables::world::World;

const NO_FAULTS: Faults = Faults { moves: 0, crashes: 0, changes: 0, lost_answers: 0, failures: 0 };

/// With every rule on: nothing is lost or doubled, nobody is stuck, and the work can be finished after all faults.
fn holds(world: World) {
    let report = search(world);
    println!("{} states", report.states);
    assert!(report.counter_example.is_none(), "{:?}: {:#?}", world.faults, report.counter_example);
    assert!(report.stuck.is_none(), "{:?}: {:#?}", world.faults, report.stuck);
    assert!(report.finished, "the work is never finished under {:?}", world.faults);
}

fn without(rules: &[Rule]) -> Rules {
    rules.iter().fold(Rules::all(), |left, rule| left.without(*rule))
}

/// Without these rules a row is lost or doubled. With them nothing is, under the same faults.
fn fails(world: World, rules: &[Rule]) {
    let report = search(World { rules: without(rules), ..world });
    let example = report.counter_example.expect("a rule was taken out and no counter-example was found");
    println!("not {:?} after {} steps: {:?}", example.property, example.steps.len(), example.steps);
    let whole = search(world).counter_example;
    assert!(whole.is_none(), "the rule is not to blame: {whole:#?}");
}

#[test]
fn a_lane_moves_and_its_owner_does_not_know() {
    holds(World::new(2, Faults { moves: 1, ..NO_FAULTS }));
}

#[test]
fn crashes_answers_lost_and_failures() {
    holds(World::new(3, Faults { crashes: 2, lost_answers: 1, failures: 1, ..NO_FAULTS }));
}

#[test]
fn a_move_and_a_crash() {
    holds(World::new(2, Faults { moves: 1, crashes: 1, ..NO_FAULTS }));
}

#[test]
fn the_number_of_shards_changes() {
    holds(World::new(4, Faults { crashes: 2, changes: 2, ..NO_FAULTS }));
    let others = World::new(3, Faults { moves: 1, crashes: 1, ..NO_FAULTS });
    holds(World { shards: [2, 1], ..others });
    holds(World { shards: [1, 2], ..others });
}

#[test]
fn without_a_fence() {
    let world = World::new(2, Faults { moves: 1, ..NO_FAULTS });
    fails(world, &[Rule::Term, Rule::Seq]);
}

#[test]
fn with_memory_after_a_lost_answer() {
    let world = World::new(2, Faults { lost_answers: 1, ..NO_FAULTS });
    fails(world, &[Rule::TakenAgain, Rule::Seq]);
}

#[test]
fn with_entries_that_are_read_before_the_term_is_raised() {
    fails(World::new(2, Faults { moves: 1, ..NO_FAULTS }), &[Rule::ReadUnderLock]);
}

#[test]
fn with_ordinals_behind_their_rows() {
    fails(World::new(2, Faults { crashes: 1, ..NO_FAULTS }), &[Rule::OneTransaction]);
}

#[test]
fn uneven_shards() {
    let world = World::new(3, Faults { crashes: 2, ..NO_FAULTS });
    for rule in [Rule::Lowest, Rule::LeavesOut, Rule::KeepsOrdinal] {
        println!("without {rule:?}");
        fails(world, &[rule]);
    }
    fails(World::new(3, Faults { crashes: 1, changes: 1, ..NO_FAULTS }), &[Rule::SameShards]);
}

/// Each of them alone is made good by another.
#[test]
fn rules_without_which_nothing_is_found() {
    let world = World::new(2, Faults { moves: 1, crashes: 1, lost_answers: 1, ..NO_FAULTS });
    for rule in [Rule::Term, Rule::Seq, Rule::TakenAgain] {
        println!("without {rule:?}");
        let report = search(World { rules: without(&[rule]), ..world });
        assert!(report.counter_example.is_none(), "the rule's page is wrong: {:#?}", report.counter_example);
        assert!(report.finished, "the work is never finished");
    }
}
