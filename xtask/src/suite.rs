//! The tests: runs what this machine can run, and lists what it cannot, with the reason.
//!
//! In:  `--all` (or `CI=true`): a ring that cannot run is a failure. Words: filters on test names.
//! Out: the runners' output, then what was left out, which tests failed, and the closing line
//!      `N passed, N failed, N skipped`.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, IsTerminal, Read};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Sender};
use std::thread::{self, JoinHandle};

use crate::failures::Failures;
use crate::tally::Tally;
use crate::{probe, shell};

/// Says to the laboratory that the programs were built with the unit tests.
const PROGRAMS_BUILT: &str = "COOEE_PROGRAMS_BUILT";

/// Names the file in which tests report, one per line, that they cannot run.
const SKIP_LOG: &str = "COOEE_SKIP_LOG";

/// A caller whose checks failed sets it to anything but 0, so that the closing line reports it.
pub(crate) const CHECKS_FAILED: &str = "COOEE_CHECKS_FAILED";

/// A ring of tests, from cheap to expensive.
struct Ring {
    name: &'static str,
    lacks: fn() -> Vec<String>,
    run: fn(&Plan) -> Outcome,
    /// Too expensive for everyday use: runs only when nothing may be skipped.
    dear: bool,
}

const RINGS: &[Ring] = &[
    Ring {
        name: "units, properties, simulator",
        lacks: nothing,
        run: units,
        dear: false,
    },
    Ring {
        name: "documentation examples",
        lacks: nothing,
        run: examples,
        dear: false,
    },
    Ring {
        name: "lab: real sockets, foreign peers",
        lacks: nothing,
        run: lab,
        dear: false,
    },
    Ring {
        name: "instruction counts",
        lacks: probe::counts_lacks,
        run: counts,
        dear: true,
    },
    Ring {
        name: "Windows program under Wine",
        lacks: probe::windows_lacks,
        run: windows,
        dear: true,
    },
];

/// How the tests are to be run.
struct Plan {
    all: bool,
    nextest: bool,
    filters: Vec<String>,
    skip_log: PathBuf,
}

/// The result of a ring.
struct Outcome {
    tally: Tally,
    held: bool,
    /// Why tests skipped themselves, one per line.
    skips: Vec<String>,
    failures: Failures,
}

impl Default for Outcome {
    /// Returns the result of nothing, which holds.
    fn default() -> Self {
        Self {
            tally: Tally::default(),
            held: true,
            skips: Vec::new(),
            failures: Failures::default(),
        }
    }
}

impl Outcome {
    /// The result of a single check that is not a test.
    fn check(held: bool) -> Self {
        Self {
            tally: Tally::check(held),
            held,
            ..Self::default()
        }
    }

    fn add(&mut self, other: Self) {
        self.tally += other.tally;
        self.held &= other.held;
        self.skips.extend(other.skips);
        self.failures.extend(other.failures);
    }

    /// Names the ring that did not hold, and below it the tests that failed.
    fn broken(&self, ring: &str) -> String {
        let mut lines = vec![ring.to_owned()];
        lines.extend(self.failures.lines());
        lines.join("\n        ")
    }
}

/// Runs every ring that can and should run; the closing line is printed last.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let plan = Plan::new(arguments)?;
    let mut total = Tally::default();
    let mut broken: Vec<String> = Vec::new();
    let mut notes: Vec<String> = Vec::new();
    for ring in RINGS {
        if let Some(reason) = plan.leaves_out(ring) {
            if plan.all {
                total += Tally::check(false);
                broken.push(format!("{}: {reason}", ring.name));
            } else {
                total += Tally::skipped(1);
                notes.push(format!("{}: {reason}", ring.name));
            }
            continue;
        }
        println!("== {}", ring.name);
        let outcome = (ring.run)(&plan);
        total += outcome.tally;
        notes.extend(reasons(ring.name, &outcome.skips));
        if !outcome.held {
            broken.push(outcome.broken(ring.name));
        }
    }
    if std::env::var(CHECKS_FAILED).is_ok_and(|count| count != "0") {
        total += Tally::check(false);
        broken.push("a check that ran before the tests".to_owned());
    }
    take_in_skips(&plan, &mut total, &mut broken, &mut notes);
    close(total, &broken, &notes)
}

impl Plan {
    fn new(arguments: &[String]) -> Result<Self, String> {
        let unknown = arguments
            .iter()
            .find(|word| word.starts_with('-') && *word != "--all");
        if let Some(unknown) = unknown {
            return Err(format!(
                "takes --all and words to filter tests by, got `{unknown}`"
            ));
        }
        let folder = shell::root().join("target");
        let skip_log = folder.join(format!("skipped-{}.log", std::process::id()));
        fs::create_dir_all(&folder)
            .map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
        Ok(Self {
            all: probe::skip_nothing(arguments),
            nextest: probe::nextest(),
            filters: arguments
                .iter()
                .filter(|word| *word != "--all")
                .cloned()
                .collect(),
            skip_log,
        })
    }

    fn leaves_out(&self, ring: &Ring) -> Option<String> {
        if ring.dear && !self.all {
            return Some("part of `cargo xtask test --all`".to_owned());
        }
        let lacks = (ring.lacks)();
        (!lacks.is_empty()).then(|| lacks.join("; "))
    }
}

/// Prints the closing lines: what was left out, what broke, how many. A failure prints nothing
/// after them.
fn close(total: Tally, broken: &[String], notes: &[String]) -> Result<(), String> {
    println!();
    notes.iter().for_each(|note| println!("SKIPPED {note}"));
    broken.iter().for_each(|name| println!("FAILED  {name}"));
    println!("{total}");
    let held = broken.is_empty() && total.failed == 0;
    if held { Ok(()) } else { Err(String::new()) }
}

/// Handles tests that skipped themselves, which the runner counted as passed.
fn take_in_skips(
    plan: &Plan,
    total: &mut Tally,
    broken: &mut Vec<String>,
    notes: &mut Vec<String>,
) {
    let text = fs::read_to_string(&plan.skip_log).unwrap_or_default();
    // A remaining log does no harm: its name belongs to this process.
    let _ = fs::remove_file(&plan.skip_log);
    for line in text.lines() {
        total.passed = total.passed.saturating_sub(1);
        if plan.all {
            total.failed += 1;
            broken.push(line.to_owned());
        } else {
            total.skipped += 1;
            notes.push(line.to_owned());
        }
    }
}

/// Returns one line for each reason why tests of a ring skipped themselves (`name: reason`), with
/// the number.
fn reasons(ring: &str, skips: &[String]) -> Vec<String> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for skip in skips {
        let reason = skip
            .split_once(": ")
            .map_or(skip.as_str(), |(_, reason)| reason);
        *counts.entry(reason).or_default() += 1;
    }
    let lines = counts.iter();
    lines
        .map(|(reason, count)| format!("{ring}: {count} tests: {reason}"))
        .collect()
}

fn nothing() -> Vec<String> {
    Vec::new()
}

/// Runs every test of the workspace except those that need the lab.
fn units(plan: &Plan) -> Outcome {
    if plan.nextest {
        let expression = "not (package(netlab) & kind(test))";
        return run_tests(
            plan,
            nextest(plan, &["--workspace", "--filterset", expression]),
        );
    }
    let mut outcome = run_tests(
        plan,
        cargo_test(
            &plan.filters,
            &[
                "--workspace",
                "--exclude",
                "netlab",
                "--lib",
                "--bins",
                "--tests",
                "--examples",
            ],
        ),
    );
    let lib = run_tests(
        plan,
        cargo_test(&plan.filters, &["--package", "netlab", "--lib", "--bins"]),
    );
    outcome.add(lib);
    outcome
}

fn examples(plan: &Plan) -> Outcome {
    run_tests(plan, cargo_test(&plan.filters, &["--workspace", "--doc"]))
}

/// Runs the lab with its own harness, which knows and reports what it has to leave out here.
fn lab(plan: &Plan) -> Outcome {
    let mut outcome = Outcome::default();
    for filters in one_at_a_time(&plan.filters) {
        // With the features of the whole workspace, so that nothing is compiled again.
        let mut command = cargo_test(filters, &["--workspace", "--test", "lab"]);
        command.env(PROGRAMS_BUILT, "1");
        outcome.add(run_tests(plan, command));
    }
    outcome
}

/// Splits filters for the harness of the lab, which takes at most one.
fn one_at_a_time(filters: &[String]) -> Vec<&[String]> {
    if filters.is_empty() {
        return vec![filters];
    }
    filters.chunks(1).collect()
}

fn counts(plan: &Plan) -> Outcome {
    chore(plan, "counts", &[])
}

fn windows(plan: &Plan) -> Outcome {
    chore(plan, "xcheck", &["test"])
}

/// Runs another chore in a separate process: the tests it runs, or one check if it runs none.
fn chore(plan: &Plan, name: &str, arguments: &[&str]) -> Outcome {
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(error) => {
            println!("{name}: cannot find myself: {error}");
            return Outcome::check(false);
        }
    };
    let mut command = shell::command(&program.to_string_lossy(), &[name]);
    command.args(arguments);
    let mut outcome = run_tests(plan, command);
    if outcome.tally == Tally::default() {
        outcome.tally = Tally::check(outcome.held);
    }
    outcome
}

fn nextest(plan: &Plan, arguments: &[&str]) -> Command {
    let mut command = shell::cargo(&[
        "nextest",
        "run",
        "--locked",
        "--no-fail-fast",
        "--no-tests",
        "pass",
    ]);
    command.args(arguments).args(["--color", color()]);
    command.args(&plan.filters);
    command
}

fn cargo_test(filters: &[String], arguments: &[&str]) -> Command {
    let mut command = shell::cargo(&["test", "--locked", "--no-fail-fast"]);
    command.args(arguments).args(["--", "--color", color()]);
    command.args(filters);
    command
}

fn color() -> &'static str {
    if std::io::stdout().is_terminal() {
        "always"
    } else {
        "never"
    }
}

/// Runs a test runner, passes its output on, and counts its summaries.
fn run_tests(plan: &Plan, mut command: Command) -> Outcome {
    command.env(SKIP_LOG, &plan.skip_log);
    if plan.all {
        command.env("COOEE_LAB", "required");
    }
    let shown = shell::show(&command);
    let outcome = stream(command);
    outcome.unwrap_or_else(|error| {
        println!("cannot run `{shown}`: {error}");
        Outcome::check(false)
    })
}

fn stream(mut command: Command) -> std::io::Result<Outcome> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let (sender, lines) = mpsc::channel();
    let readers = [
        child
            .stdout
            .take()
            .map(|pipe| forward(pipe, sender.clone())),
        child.stderr.take().map(|pipe| forward(pipe, sender)),
    ];
    let mut tally = Tally::default();
    let mut skips = Vec::new();
    let mut failures = Failures::default();
    for line in lines {
        println!("{line}");
        tally.read(&line);
        failures.read(&line);
        skips.extend(line.strip_prefix("SKIPPED ").map(str::to_owned));
    }
    // The channel is closed, so both readers are at their end.
    readers
        .into_iter()
        .flatten()
        .for_each(|reader| drop(reader.join()));
    let held = child.wait()?.success();
    if !held && tally.failed == 0 {
        // It failed before it could count, for example with a build error.
        tally += Tally::check(false);
    }
    Ok(Outcome {
        tally,
        held,
        skips,
        failures,
    })
}

/// Sends each line of a pipe as it comes.
fn forward(pipe: impl Read + Send + 'static, lines: Sender<String>) -> JoinHandle<()> {
    thread::spawn(move || {
        for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).into_owned();
            if lines.send(line).is_err() {
                return;
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::{Outcome, one_at_a_time, reasons};

    #[test]
    fn a_reason_is_given_once_with_the_number_of_its_tests() {
        let skips = ["a: no root", "b: no bus", "c: no root"].map(str::to_owned);
        let lines = ["lab: 1 tests: no bus", "lab: 2 tests: no root"];
        assert_eq!(reasons("lab", &skips), lines);
    }

    #[test]
    fn a_ring_that_did_not_hold_is_named_with_its_failed_tests() {
        let mut outcome = Outcome::check(false);
        for line in [
            "---- it_holds ----",
            "it did not",
            "failures:",
            "    it_holds",
        ] {
            outcome.failures.read(line);
        }
        let wanted = "lab\n        it_holds\n            it did not";
        assert_eq!(outcome.broken("lab"), wanted);
    }

    #[test]
    fn the_lab_gets_one_filter_at_a_time_or_none() {
        let words = ["a", "b"].map(str::to_owned);
        assert_eq!(one_at_a_time(&words), [["a"], ["b"]]);
        assert_eq!(one_at_a_time(&[]), [&[] as &[String]]);
    }
}
