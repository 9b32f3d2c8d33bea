//! Whatever is received, an agent with services and browses stays within its limits.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| cooee_sim::hostile::run(bytes));
