//! Any bytes are read without panic, and all ways to read agree.
#![no_main]

#[allow(dead_code, reason = "each target makes its own part of the checks")]
#[path = "../../crates/cooee-wire/tests/support/checks.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::decode(bytes));
