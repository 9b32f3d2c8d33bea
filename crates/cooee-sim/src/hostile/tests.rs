//! The corpus of the fuzz target `engine`, and silence.

use super::run;

#[test]
fn an_agent_that_nobody_speaks_to_is_fine() {
    run(&[]);
}

#[test]
fn the_fuzzer_s_hostile_inputs_are_withstood() {
    crate::corpus::each("engine", run);
}
