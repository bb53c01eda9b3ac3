//! Searches of the protocol between two clusters: with every rule, then without each.

use sluicegate_protocol_model::rules::{Rule, Rules};
use sluicegate_protocol_model::state::Faults;
use sluicegate_protocol_model::world::{Sink, World};

mod support;
use support::{fails, finds_nothing, holds};

const NO_FAULTS: Faults = Faults::none();

fn one_lane(faults: Faults) -> World {
    World { faults, ..World::new(Sink::OtherCluster, [2, 0]) }
}

fn two_lanes(faults: Faults) -> World {
    World { faults, ..World::new(Sink::OtherCluster, [2, 1]) }
}

fn without(rule: Rule) -> Rules {
    Rules::all().without(rule)
}

#[test]
fn lanes_move_back_and_forth() {
    holds(two_lanes(Faults { moves: 2, ..NO_FAULTS }));
}

#[test]
fn lanes_move_and_a_process_crashes() {
    holds(two_lanes(Faults { moves: 1, crashes: 1, ..NO_FAULTS }));
}

#[test]
fn a_process_is_stopped_and_goes_on() {
    holds(World { rows: [1, 1], owner: [0, 1], ..two_lanes(Faults { kicks: 1, ..NO_FAULTS }) });
    holds(one_lane(Faults { kicks: 1, moves: 1, ..NO_FAULTS }));
}

#[test]
fn both_processes_are_stopped() {
    holds(one_lane(Faults { kicks: 2, ..NO_FAULTS }));
}

#[test]
fn stopped_crashed_timed_out_and_an_answer_lost() {
    holds(one_lane(Faults { kicks: 1, crashes: 1, timeouts: 1, lost_answers: 1, ..NO_FAULTS }));
}

#[test]
fn two_lanes_crashed_timed_out_failed_and_an_answer_lost() {
    holds(two_lanes(Faults { crashes: 1, timeouts: 1, lost_answers: 1, failures: 1, ..NO_FAULTS }));
}

#[test]
fn a_successor_under_the_same_instance() {
    holds(one_lane(Faults { takeovers: 1, lost_answers: 1, ..NO_FAULTS }));
}

#[test]
fn without_an_incarnation_per_seek() {
    fails(one_lane(Faults { failures: 1, ..NO_FAULTS }), without(Rule::IncarnationPerSeek));
}

#[test]
fn without_an_incarnation_per_assignment() {
    fails(one_lane(Faults { kicks: 2, ..NO_FAULTS }), without(Rule::IncarnationPerAssignment));
}

#[test]
fn with_memory_after_a_lost_answer() {
    fails(one_lane(Faults { lost_answers: 1, ..NO_FAULTS }), without(Rule::MemoryAfterAbortOnly));
}

#[test]
fn with_the_record_read_to_the_last_stable_offset() {
    fails(two_lanes(Faults { moves: 1, ..NO_FAULTS }), without(Rule::HighWatermark));
}

#[test]
fn with_the_claim_id_initialised_after_the_record_was_read() {
    fails(one_lane(Faults { kicks: 1, ..NO_FAULTS }), without(Rule::ClaimInitFirst));
}

#[test]
fn without_the_kill_of_the_named_holder() {
    fails(one_lane(Faults { kicks: 1, ..NO_FAULTS }), without(Rule::KillNamedHolder));
}

#[test]
fn without_reading_again() {
    fails(one_lane(Faults { kicks: 1, ..NO_FAULTS }), without(Rule::ReadAgain));
}

#[test]
fn with_a_claim_outside_of_a_transaction() {
    fails(one_lane(Faults { kicks: 1, ..NO_FAULTS }), without(Rule::ClaimInTransaction));
}

#[test]
fn with_the_own_id_initialised_after_the_claim() {
    fails(one_lane(Faults { kicks: 1, ..NO_FAULTS }), without(Rule::OwnInitFirst));
}

#[test]
fn with_the_own_name_taken_for_nobody() {
    fails(one_lane(Faults { kicks: 2, ..NO_FAULTS }), without(Rule::OwnNameRenews));
}

#[test]
fn with_released_before_the_last_row() {
    fails(one_lane(Faults { kicks: 1, moves: 1, ..NO_FAULTS }), without(Rule::ReleasedIsLast));
}

#[test]
fn with_a_fixed_id_that_needs_no_claim() {
    fails(
        one_lane(Faults { kicks: 1, crashes: 1, ..NO_FAULTS }),
        without(Rule::FreshRun).without(Rule::OwnNameRenews),
    );
}

/// Rules that carry the other protocol. Here the kill of the named holder is the fence, and they only save work.
#[test]
fn rules_without_which_nothing_is_found() {
    let world = one_lane(Faults { kicks: 1, moves: 1, ..NO_FAULTS });
    for rule in [
        Rule::OneIncarnationPerEpoch,
        Rule::EndsBeforeUnassign,
        Rule::CheckBeforeSend,
        Rule::LostIsAborted,
        Rule::FreshRun,
    ] {
        println!("without {rule:?}");
        finds_nothing(world, without(rule));
    }
}
