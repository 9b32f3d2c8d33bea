//! Whatever happens on two links, what listeners know becomes the truth.
#![no_main]

/// Further steps only make a run longer.
const BYTES_MAX: usize = 300;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    cooee_sim::model::run(1, bytes.get(..BYTES_MAX).unwrap_or(bytes));
});
