//! What `raw` holds: the messages of every other format, byte for byte.
//!
//! It has no place for the columns of a row, so that in the table it would refuse them all.

use arrow_array::cast::AsArray;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use sluicegate_format::Messages;

use super::batches::held_by;
use super::outcome::{Sent, only, read, written};
use super::profiles;
use crate::support::encoder;

#[test]
fn raw_carries_the_messages_of_every_format() {
    for profile in profiles::all() {
        let mut runner = TestRunner::new(ProptestConfig::with_cases(40));
        let same = runner.run(&held_by(&[profile]), |batch| {
            let messages = written(profile, &batch).expect("what is held is written");
            let decoded = read("raw", &messages);
            let Some(carried) = only(&decoded) else {
                prop_assert!(messages.is_empty(), "{decoded:?}");
                return Ok(());
            };
            let mut out = Messages::default();
            let raw = encoder("raw");
            prop_assert_eq!(raw.encode(carried, &mut out), Ok(Vec::new()));
            let values = out.messages.iter().map(|message| out.value(message));
            prop_assert!(values.eq(messages.iter().map(Sent::value)));
            let keys = raw.parts(carried).key.expect("a key");
            prop_assert!(
                keys.values().as_binary::<i32>().iter().eq(messages.iter().map(|sent| Some(sent.key())))
            );
            Ok(())
        });
        same.unwrap_or_else(|error| panic!("{}: {error}", profile.name));
    }
}
