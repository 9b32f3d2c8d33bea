//! Whatever is sent on three links, a reflector between them stays sane.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| cooee_sim::reflected::run(bytes));
