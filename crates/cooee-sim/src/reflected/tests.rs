//! The corpus of the fuzz target `reflect`.

use super::run;

#[test]
fn the_fuzzer_s_packets_between_links_are_withstood() {
    crate::corpus::each("reflect", run);
}
