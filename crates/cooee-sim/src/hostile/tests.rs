//! The corpus of the fuzz target `engine`, and silence.

use super::run;

#[test]
fn an_agent_that_nobody_speaks_to_is_fine() {
    run(&[]);
}

#[test]
fn the_fuzzer_s_hostile_inputs_are_withstood() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/engine");
    let files = std::fs::read_dir(folder).expect("the corpus is there");
    let mut count = 0;
    for file in files {
        let path = file.expect("a file of the corpus").path();
        run(&std::fs::read(path).expect("it can be read"));
        count += 1;
    }
    assert!(count > 0);
}
