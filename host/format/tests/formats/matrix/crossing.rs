//! From one format into every other: what was read of the one is written as the other and read again.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use sluicegate_model::ChangeBatch;

use super::batches::{held_by, holds};
use super::features::type_name;
use super::holding::texts;
use super::outcome::{Outcome, only, project, read, rows, written};
use super::profiles::{self, Profile};

#[test]
fn what_one_format_says_another_says_too() {
    for from in profiles::all() {
        for to in profiles::all().filter(|to| to.name != from.name) {
            let mut runner = TestRunner::new(ProptestConfig::with_cases(40));
            let same = runner.run(&held_by(&[from, to]), |batch| {
                let messages = written(from, &batch).expect("what is held is written");
                let decoded = read(&from.decoder(&batch), &messages);
                let Some(found) = only(&decoded) else {
                    return Err(TestCaseError::fail(format!("{:?} is {decoded:?}", texts(&messages))));
                };
                let found = what_holds(to, found);
                let messages = written(to, &found).expect("what is held is written");
                let again = read(&to.decoder(&found), &messages);
                let outcome = only(&again).map_or(Outcome::Lost, |again| rows(&found, again));
                prop_assert!(
                    matches!(outcome, Outcome::Held | Outcome::As(_)),
                    "{found:?} became {:?}, which is {again:?}",
                    texts(&messages)
                );
                Ok(())
            });
            same.unwrap_or_else(|error| panic!("{} to {}: {error}", from.name, to.name));
        }
    }
}

/// The columns of a batch that a profile holds: reading may have given them other types than they had.
fn what_holds(profile: &Profile, batch: &ChangeBatch) -> ChangeBatch {
    project(batch, |name| {
        let field = batch.schema().field_with_name(name).unwrap();
        batch.primary_key().contains(name) || holds(profile, &type_name(field))
    })
}
