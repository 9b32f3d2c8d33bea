//! Any bytes are read as a capture or refused, and what is read survives being written.
#![no_main]

#[path = "../../crates/cooee-capture/tests/support/checks.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::read(bytes));
