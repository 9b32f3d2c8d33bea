//! How the two runners' summary lines are read.

use super::Tally;

fn read(lines: &[&str]) -> Tally {
    let mut tally = Tally::default();
    lines.iter().for_each(|line| tally.read(line));
    tally
}

#[test]
fn every_binary_of_cargo_test_adds_up() {
    let tally = read(&[
        "running 3 tests",
        "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s",
        "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 9 filtered out; finished in 0.0s",
    ]);
    assert_eq!(
        tally,
        Tally {
            passed: 4,
            failed: 2,
            skipped: 1
        }
    );
}

#[test]
fn the_summary_of_nextest_counts_timeouts_as_failures() {
    let line = "     Summary [   1.043s] 9 tests run: 5 passed (1 slow, 1 flaky), 3 failed, 1 timed out, 2 skipped";
    assert_eq!(
        read(&[line]),
        Tally {
            passed: 5,
            failed: 4,
            skipped: 2
        }
    );
}

#[test]
fn nextest_counts_a_failed_test_once_although_its_process_has_a_summary_too() {
    let tally = read(&[
        "        FAIL [   0.023s] (1/1) one tests::calm",
        "  stdout ───",
        "    test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 7 filtered out; finished in 0.00s",
        "     Summary [   0.054s] 1 tests run: 0 passed, 1 failed, 0 skipped",
    ]);
    assert_eq!(tally, Tally::check(false));
}

#[test]
fn colours_do_not_hide_a_summary() {
    let line = "\u{1b}[32;1m     Summary\u{1b}[0m [   0.010s] \u{1b}[1m2\u{1b}[0m tests run: \u{1b}[1m2\u{1b}[0m \u{1b}[32;1mpassed\u{1b}[0m, \u{1b}[1m0\u{1b}[0m skipped";
    assert_eq!(
        read(&[line]),
        Tally {
            passed: 2,
            failed: 0,
            skipped: 0
        }
    );
}

#[test]
fn a_test_that_prints_numbers_is_not_a_summary() {
    assert_eq!(read(&["7 passed, 3 failed"]), Tally::default());
}

#[test]
fn the_closing_line_names_all_three() {
    let mut tally = Tally::check(true);
    tally += Tally::check(false);
    tally += Tally::skipped(4);
    assert_eq!(tally.to_string(), "1 passed, 1 failed, 4 skipped");
}
