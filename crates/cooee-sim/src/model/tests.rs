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
