//! What the two search files ask of a search.

use sluicegate_protocol_model::rules::Rules;
use sluicegate_protocol_model::search::search;
use sluicegate_protocol_model::world::World;

/// With every rule on: nothing is lost or doubled, nobody is stuck, and the work can be finished after all faults.
pub fn holds(world: World) {
    let report = search(world);
    println!("{} states", report.states);
    assert!(report.counter_example.is_none(), "{:?}: {:#?}", world.faults, report.counter_example);
    assert!(report.stuck.is_none(), "{:?}: {:#?}", world.faults, report.stuck);
    assert!(report.finished, "the work is never finished under {:?}", world.faults);
}

/// Without these rules a row is lost or doubled. With them nothing is, under the same faults.
pub fn fails(world: World, rules: Rules) {
    let report = search(World { rules, ..world });
    let example = report.counter_example.expect("a rule was taken out and no counter-example was found");
    println!("not {:?} after {} steps: {:?}", example.property, example.steps.len(), example.steps);
    let whole = search(world).counter_example;
    assert!(whole.is_none(), "the rule is not to blame: {whole:#?}");
}

/// Without these rules nothing is lost or doubled either.
pub fn finds_nothing(world: World, rules: Rules) {
    let report = search(World { rules, ..world });
    println!("{} states", report.states);
    assert!(report.counter_example.is_none(), "the rule's page is wrong: {:#?}", report.counter_example);
    assert!(report.finished, "the work is never finished under {:?}", world.faults);
}
