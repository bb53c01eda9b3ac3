//! What a format holds comes back as it was.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::batches::held_by;
use super::outcome::{Outcome, Sent, only, read, rows, written};
use super::profiles;

#[test]
fn what_is_written_is_read_as_it_was() {
    for profile in profiles::all() {
        let mut runner = TestRunner::new(ProptestConfig::with_cases(200));
        let same = runner.run(&held_by(&[profile]), |batch| {
            let messages = written(profile, &batch);
            let Some(messages) = messages else { return Err(TestCaseError::fail("it was refused")) };
            let decoded = read(&profile.decoder(&batch), &messages);
            let outcome = if batch.is_empty() {
                Outcome::Held
            } else {
                only(&decoded).map_or(Outcome::Lost, |found| rows(&batch, found))
            };
            prop_assert!(
                matches!(outcome, Outcome::Held | Outcome::As(_)),
                "{:?} came back as {:?}",
                texts(&messages),
                decoded
            );
            Ok(())
        });
        same.unwrap_or_else(|error| panic!("{}: {error}", profile.name));
    }
}

/// Messages as a person reads them.
pub(crate) fn texts(messages: &[Sent]) -> Vec<Option<String>> {
    messages.iter().map(Sent::text).collect()
}
