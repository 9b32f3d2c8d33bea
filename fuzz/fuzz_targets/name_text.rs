//! Any bytes are a name that survives its text form, or no name.
#![no_main]

#[allow(dead_code, reason = "each target makes its own part of the checks")]
#[path = "../../crates/cooee-wire/tests/support/checks.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::name_text(bytes));
