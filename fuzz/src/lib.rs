//! Bytes without an end, given to every decoder.
//!
//! A target is a sample of the tests: a format, or one of its dialects. What must hold of any bytes is what the tests of `host/format` say of the bytes that they
//! make: [`samples::check`]. `scripts/fuzz` makes the first corpus from the tests' samples and runs the targets.

#[path = "../../host/format/tests/formats/samples/mod.rs"]
pub mod samples;
#[path = "../../host/format/tests/formats/support/mod.rs"]
pub mod support;

use std::sync::{Arc, OnceLock};

use sluicegate_format::Decode;

/// Gives a message to the decoder of a sample, between two good ones.
///
/// # Panics
/// Where a bad message is more than one dead letter, or takes a good one with it.
pub fn decode(name: &str, message: &[u8]) {
    static DECODER: OnceLock<Arc<dyn Decode>> = OnceLock::new();
    let sample = samples::all().find(|sample| sample.name == name).expect("a sample of that name");
    let decoder = DECODER.get_or_init(|| support::decoder(sample.yaml));
    samples::check(sample, &**decoder, message);
}
