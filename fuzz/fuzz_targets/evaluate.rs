//! Templates in each combination of their conditions: values, faults, or unknown.

#![no_main]

#[path = "../../tests/support/fuzzed.rs"]
mod fuzzed;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    fuzzed::evaluate(bytes);
});
