//! Any text or bytes are a service type, a subtype, an instance or attributes that survive their
//! own forms, or are refused.
#![no_main]

#[path = "../../crates/cooee-proto/tests/support/forms.rs"]
mod forms;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| forms::check(bytes));
