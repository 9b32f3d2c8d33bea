//! What is read from the output of each runner.

use super::Failures;

fn lines(output: &str) -> Vec<String> {
    let mut failures = Failures::default();
    output.lines().for_each(|line| failures.read(line));
    failures.lines()
}

#[test]
fn each_failed_test_of_cargo_test_is_named_with_its_panic() {
    let output = "\
running 3 tests
test tests::good ... ok
test tests::unequal ... FAILED
test tests::calm - should panic ... FAILED

failures:

---- tests::calm stdout ----
note: test did not panic as expected at src/lib.rs:17:32
---- tests::unequal stdout ----
printed before

thread 'tests::unequal' (20507) panicked at src/lib.rs:15:72:
assertion `left == right` failed: they differ
  left: 1
 right: 2
stack backtrace:
   0: __rustc::rust_begin_unwind
note: Some details are omitted, run with `RUST_BACKTRACE=full` for a verbose backtrace.


failures:
    tests::calm
    tests::unequal

test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.12s

error: test failed, to rerun pass `--lib`
";
    assert_eq!(
        lines(output),
        [
            "tests::calm",
            "    note: test did not panic as expected at src/lib.rs:17:32",
            "tests::unequal",
            "    src/lib.rs:15:72:",
            "    assertion `left == right` failed: they differ",
            "    left: 1",
            "    right: 2",
        ]
    );
}

#[test]
fn a_failed_test_without_output_is_named_too() {
    let output = "\
failures:

failures:
    tests::silent

test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
    not a name
";
    assert_eq!(lines(output), ["tests::silent"]);
}

#[test]
fn a_failed_documentation_example_is_named_with_the_compilers_error() {
    let output = "\
---- src/lib.rs - one (line 8) stdout ----
error[E0308]: mismatched types
 --> src/lib.rs:9:13

failures:
    src/lib.rs - one (line 8)
";
    assert_eq!(
        lines(output),
        [
            "src/lib.rs - one (line 8)",
            "    error[E0308]: mismatched types",
            "    --> src/lib.rs:9:13",
        ]
    );
}

#[test]
fn a_failed_test_of_the_lab_is_named_with_its_sentence() {
    let output = "\
  5.7 s: each_answers
test each_answers ... FAILED

failures:

---- each_answers ----
exit status: 1
stdout: 
stderr: each_answers: 16 answers came early



failures:
    each_answers

test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 72 filtered out; finished in 5.76s
";
    let wanted = [
        "each_answers",
        "    stderr: each_answers: 16 answers came early",
    ];
    assert_eq!(lines(output), wanted);
}

const NEXTEST: &str = "\
────────────
        FAIL [   0.013s] (1/5) one tests::errs
  stdout ───

    running 1 test
    test tests::errs ... FAILED

    failures:

    failures:
        tests::errs

    test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 7 filtered out; finished in 0.00s

  stderr ───
    Error: ParseIntError { kind: InvalidDigit }

        PASS [   0.012s] (2/5) one tests::good
        FAIL [   0.181s] (3/5) two tests::unequal
  stdout ───

    running 1 test
    printed before
    test tests::unequal ... FAILED

  stderr ───
    says this

    thread 'tests::unequal' (20621) panicked at src/lib.rs:15:72:
    they differ
    note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace

     SIGABRT [   0.024s] (4/5) one tests::aborts
  stdout ───

    running 1 test

    (test aborted with signal 6: SIGABRT)

        SLOW [>  1.000s] (───) one tests::slow
 TERMINATING [>  2.000s] (───) one tests::slow
     TIMEOUT [   2.007s] (5/5) one tests::slow
────────────
     Summary [   2.054s] 5 tests run: 1 passed, 3 failed, 1 timed out, 0 skipped
        FAIL [   0.013s] (1/5) one tests::errs
        FAIL [   0.181s] (3/5) two tests::unequal
     SIGABRT [   0.024s] (4/5) one tests::aborts
     TIMEOUT [   2.007s] (5/5) one tests::slow
error: test run failed
";

const NEXTEST_LINES: &[&str] = &[
    "one tests::errs",
    "    Error: ParseIntError { kind: InvalidDigit }",
    "two tests::unequal",
    "    src/lib.rs:15:72:",
    "    they differ",
    "one tests::aborts",
    "    (test aborted with signal 6: SIGABRT)",
    "one tests::slow",
];

#[test]
fn each_failed_test_of_nextest_is_named_once() {
    assert_eq!(lines(NEXTEST), NEXTEST_LINES);
}

#[test]
fn colours_do_not_hide_a_failed_test() {
    let output = NEXTEST.replace("FAIL ", "\u{1b}[31;1mFAIL\u{1b}[0m ");
    assert_eq!(lines(&output), NEXTEST_LINES);
}

#[test]
fn where_no_test_ran_the_errors_of_cargo_are_shown() {
    let output = "\
error[E0425]: cannot find value `x` in this scope
 --> src/lib.rs:1:1

error: could not compile `one` (lib) due to 1 previous error
";
    assert_eq!(
        lines(output),
        [
            "error[E0425]: cannot find value `x` in this scope",
            "error: could not compile `one` (lib) due to 1 previous error",
        ]
    );
}
