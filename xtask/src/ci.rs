//! All checks, in order, cheap first: one line per step with its time, then the tests' closing
//! line.
//!
//! In:  `--checks`: every step except the tests, for a caller that runs these itself.
//! Out: failure if any step fails; later steps run anyway, so that one run shows all failures.

use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use crate::{shell, suite};

/// A step: a chore and its arguments.
struct Step {
    name: &'static str,
    chore: &'static str,
    arguments: &'static [&'static str],
}

/// Steps that run one after the other.
type Lane = &'static [Step];

/// Rounds of lanes. The lanes of a round run at the same time: each alone would leave processors
/// idle while the last crate of a build compiles.
const ROUNDS: &[&[Lane]] = &[
    &[&[
        step("house rules", "tidy", &[]),
        step("clauses", "compliance", &["--check"]),
    ]],
    &[
        &[
            step("formatting and clippy", "lint", &[]),
            step("documentation", "doc", &[]),
            step("guide", "book", &[]),
            step("dependencies", "deny", &[]),
            step("packages", "package", &[]),
        ],
        &[step("other platforms", "xcheck", &["check"])],
    ],
    &[&[step("fuzzing", "fuzz", &["--seconds", "10"])]],
];

const fn step(name: &'static str, chore: &'static str, arguments: &'static [&'static str]) -> Step {
    Step {
        name,
        chore,
        arguments,
    }
}

/// Runs the checks, then every test with none skipped.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let checks_only = match arguments {
        [] => false,
        [word] if word == "--checks" => true,
        _ => return Err("takes nothing, or --checks".to_owned()),
    };
    let mut lines = Vec::new();
    let mut held = true;
    for round in ROUNDS {
        for (line, step_held) in run_round(round) {
            held &= step_held;
            lines.push(line);
        }
    }
    if !checks_only {
        println!("\n==== tests");
    }
    let tested = if checks_only {
        Ok(())
    } else {
        test(&lines, held)
    };
    if checks_only {
        println!();
        lines.iter().for_each(|line| println!("{line}"));
    }
    if held && tested.is_ok() {
        Ok(())
    } else {
        Err(String::new())
    }
}

/// Runs the tests in a separate process; the steps' lines are directly before its output.
fn test(lines: &[String], held: bool) -> Result<(), String> {
    lines.iter().for_each(|line| println!("{line}"));
    let mut command = own("test", &["--all"])?;
    command.env(suite::CHECKS_FAILED, if held { "0" } else { "1" });
    shell::run(command)
}

/// Runs the lanes of a round. Returns a line for each step, and whether the step held.
fn run_round(lanes: &[Lane]) -> Vec<(String, bool)> {
    let is_alone = lanes.len() == 1;
    let done = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for lane in lanes {
            scope.spawn(|| {
                for step in *lane {
                    let result = run_step(step, is_alone);
                    println!("{}", result.0);
                    done.lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push(result);
                }
            });
        }
    });
    done.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Runs a step in a separate process. What it writes is shown as it comes, or, if others run at the
/// same time, when it has ended.
fn run_step(step: &Step, is_alone: bool) -> (String, bool) {
    println!("\n==== {}", step.name);
    let start = Instant::now();
    let result = own(step.chore, step.arguments).and_then(|command| {
        if is_alone {
            return shell::run(command);
        }
        let (text, held) = shell::output(command)?;
        println!("---- {}\n{text}", step.name);
        if held { Ok(()) } else { Err(String::new()) }
    });
    let seconds = start.elapsed().as_secs_f32();
    let word = if result.is_ok() { "ok    " } else { "FAILED" };
    let held = result.is_ok();
    let why = result.err().unwrap_or_default();
    let line = format!("{word} {seconds:6.1} s  {}  {why}", step.name);
    (line.trim_end().to_owned(), held)
}

/// Prepares this program with another chore.
fn own(chore: &str, arguments: &[&str]) -> Result<Command, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut command = shell::command(&program.to_string_lossy(), &[chore]);
    command.args(arguments);
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::ROUNDS;

    #[test]
    fn every_step_is_a_chore() {
        for step in ROUNDS.iter().copied().flatten().copied().flatten() {
            assert!(crate::find(step.chore).is_some(), "{}", step.chore);
        }
    }
}
