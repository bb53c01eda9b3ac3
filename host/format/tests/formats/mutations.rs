//! Messages with some of their bytes changed: no decoder panics, and a bad message takes no other with it.
//!
//! The changes are the same at every run. `fuzz/` goes on from here without an end.

use crate::support::decoder;
use sluicegate_format::FormatOptions;

/// Changed messages of each format.
const MESSAGES: usize = 3_000;
/// Bytes that mean something to a reader, and some that mean nothing.
const BYTES: &[u8] = b"{}[]\",:\\/u0123456789eE+-.tfnNI \n|\x00\x1f\x7f\x80\xff\xed\xf0";

/// Numbers that look like chance (xorshift64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as usize
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

/// One change of a message.
fn change(chance: &mut Chance, message: &mut Vec<u8>, others: &[&str]) {
    let at = chance.below(message.len());
    let end = (at + 1 + chance.below(24)).min(message.len());
    match chance.below(8) {
        0 if !message.is_empty() => message[at] = *chance.pick(BYTES),
        1 => message.insert(at, *chance.pick(BYTES)),
        2 => drop(message.drain(at..end)),
        3 => {
            let copy = message[at..end].to_vec();
            message.splice(at..at, copy);
        }
        4 => message.truncate(at),
        // A value, or what looks like one, becomes another.
        5 => {
            let values: &[&[u8]] =
                &[b"null", b"1e400", b"-0", b"\"\"", b"[]", b"{}", b"true", b"\"\\ud800\""];
            let end =
                message[at..].iter().position(|byte| b",}]".contains(byte)).map_or(at, |more| at + more);
            message.splice(at..end, chance.pick(values).iter().copied());
        }
        // Something of another message.
        6 => {
            let other = chance.pick(others).as_bytes();
            let from = chance.below(other.len());
            let to = (from + chance.below(60)).min(other.len());
            message.splice(at..at, other[from..to].iter().copied());
        }
        _ => {
            let other = chance.pick(others).as_bytes();
            message.truncate(at);
            message.extend_from_slice(&other[chance.below(other.len())..]);
        }
    }
}

#[test]
fn changed_messages_are_rows_or_rejects() {
    for sample in crate::samples::all() {
        let decoder = decoder(sample.yaml);
        let messages = sample.messages();
        let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
        let mut good = 0;
        for _ in 0..MESSAGES {
            let mut message = chance.pick(&messages).as_bytes().to_vec();
            for _ in 0..=chance.below(3) {
                change(&mut chance, &mut message, &messages);
            }
            good += usize::from(crate::samples::check(sample, &*decoder, &message));
        }
        println!("{}: {good} of {MESSAGES} changed messages were still good", sample.name);
        assert!(good > 0 && good < MESSAGES, "{}: the changes prove nothing", sample.name);
    }
}

#[test]
fn every_format_has_samples_and_a_target_of_the_fuzzer() {
    let targets = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/targets");
    for name in FormatOptions::names() {
        // A format may have another name beside its own.
        let options = crate::support::options(name);
        let format = options.name();
        assert!(crate::samples::all().any(|sample| sample.name == format), "{format} has no samples");
    }
    for sample in crate::samples::all() {
        let target = targets.join(format!("{}.rs", sample.name.replace('-', "_")));
        let text = std::fs::read_to_string(&target).unwrap_or_default();
        assert!(
            text.contains(&format!("\"{}\"", sample.name)),
            "{} is no target of its own",
            target.display()
        );
    }
}
