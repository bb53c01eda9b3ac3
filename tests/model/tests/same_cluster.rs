//! Searches of the protocol on one cluster: with every rule, then without each.

use sluicegate_protocol_model::rules::{Rule, Rules};
use sluicegate_protocol_model::state::Faults;
use sluicegate_protocol_model::world::{Sink, World};

mod support;
use support::{fails, finds_nothing, holds};

const NO_FAULTS: Faults = Faults::none();

fn one_lane(faults: Faults) -> World {
    World { faults, ..World::new(Sink::SameCluster, [2, 0]) }
}

fn two_lanes(faults: Faults) -> World {
    World { faults, ..World::new(Sink::SameCluster, [2, 1]) }
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
    holds(World { rows: [1, 1], ..two_lanes(Faults { moves: 2, crashes: 1, ..NO_FAULTS }) });
}

#[test]
fn a_process_is_stopped_and_goes_on() {
    holds(two_lanes(Faults { kicks: 1, ..NO_FAULTS }));
    holds(World { owner: [0, 1], ..two_lanes(Faults { kicks: 1, ..NO_FAULTS }) });
}

#[test]
fn both_processes_are_stopped_and_a_lane_moves() {
    holds(one_lane(Faults { kicks: 2, moves: 1, ..NO_FAULTS }));
}

#[test]
fn stopped_crashed_timed_out_and_an_answer_lost() {
    holds(one_lane(Faults { kicks: 1, crashes: 1, timeouts: 1, lost_answers: 1, ..NO_FAULTS }));
}

#[test]
fn two_lanes_crashed_timed_out_failed_and_an_answer_lost() {
    holds(World {
        rows: [1, 1],
        ..two_lanes(Faults { crashes: 1, timeouts: 1, lost_answers: 1, failures: 1, ..NO_FAULTS })
    });
}

#[test]
fn a_successor_under_the_same_instance() {
    holds(two_lanes(Faults { takeovers: 1, ..NO_FAULTS }));
    holds(one_lane(Faults { takeovers: 1, crashes: 1, lost_answers: 1, ..NO_FAULTS }));
}

#[test]
fn records_reach_the_log_before_the_offsets() {
    holds(World { records_first: true, ..one_lane(Faults { kicks: 1, ..NO_FAULTS }) });
    holds(World { records_first: true, ..one_lane(Faults { moves: 1, lost_answers: 1, ..NO_FAULTS }) });
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
fn with_two_incarnations_in_an_epoch() {
    fails(one_lane(Faults { kicks: 2, ..NO_FAULTS }), without(Rule::OneIncarnationPerEpoch));
}

#[test]
fn with_an_incarnation_that_ends_after_unassign() {
    fails(one_lane(Faults { moves: 1, ..NO_FAULTS }), without(Rule::EndsBeforeUnassign));
}

#[test]
fn without_the_check_of_incarnations() {
    fails(one_lane(Faults { moves: 1, ..NO_FAULTS }), without(Rule::CheckBeforeSend));
}

#[test]
fn with_memory_after_a_lost_answer() {
    fails(one_lane(Faults { lost_answers: 1, ..NO_FAULTS }), without(Rule::MemoryAfterAbortOnly));
}

#[test]
fn with_lost_lanes_drained() {
    fails(one_lane(Faults { kicks: 1, ..NO_FAULTS }), without(Rule::LostIsAborted));
}

#[test]
fn with_the_record_read_to_the_last_stable_offset() {
    fails(one_lane(Faults { moves: 1, ..NO_FAULTS }), without(Rule::HighWatermark));
}

#[test]
fn with_the_metadata_fetched_after_the_check() {
    fails(one_lane(Faults { moves: 1, ..NO_FAULTS }), without(Rule::MetadataBeforeCheck));
}

#[test]
fn without_the_generation() {
    fails(one_lane(Faults { kicks: 1, ..NO_FAULTS }), without(Rule::GenerationFence));
}

#[test]
fn without_the_member_id() {
    fails(one_lane(Faults { takeovers: 1, ..NO_FAULTS }), without(Rule::MemberFence));
}

#[test]
fn with_offsets_sent_without_a_generation() {
    fails(one_lane(Faults { kicks: 1, ..NO_FAULTS }), without(Rule::NoGenerationIsLost));
}

#[test]
fn without_the_stable_fetch() {
    fails(one_lane(Faults { kicks: 1, ..NO_FAULTS }), without(Rule::StableFetch));
}

#[test]
fn without_the_stable_fetch_where_records_reach_the_log_first_nothing_is_found() {
    let world = World { records_first: true, ..one_lane(Faults { kicks: 1, ..NO_FAULTS }) };
    finds_nothing(world, without(Rule::StableFetch));
}

#[test]
fn with_the_offset_for_the_truth() {
    fails(one_lane(Faults { resets: 1, crashes: 1, ..NO_FAULTS }), without(Rule::RecordIsTruth));
}
