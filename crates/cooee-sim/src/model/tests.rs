//! Random histories, the same in every run; more with `COOEE_MODEL_RUNS`.

use super::*;
use crate::seed;

#[test]
fn whatever_happens_listeners_come_to_know_the_truth() {
    let first = seed!().number();
    let runs = std::env::var("COOEE_MODEL_RUNS")
        .ok()
        .and_then(|runs| runs.parse().ok());
    for n in 0..runs.unwrap_or(30) {
        let seed = first.wrapping_add(n);
        run(seed, &random_history(seed));
    }
}

#[test]
fn a_history_of_nothing_is_fine() {
    run(1, &[]);
}

#[test]
fn the_fuzzer_s_histories_hold() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/history");
    let files = std::fs::read_dir(folder).expect("the corpus is there");
    let paths = files.map(|file| file.expect("a file of the corpus").path());
    let histories: Vec<Vec<u8>> = paths
        .map(|path| std::fs::read(path).expect("it can be read"))
        .collect();
    assert!(!histories.is_empty());
    for history in histories {
        run(1, &history);
    }
}
