#![no_main]

libfuzzer_sys::fuzz_target!(|message: &[u8]| sluicegate_fuzz::decode("golden-gate", message));
