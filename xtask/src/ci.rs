//! All checks, in order, cheap first: one line per step with its time, then the tests' closing
//! line.
//!
//! In:  `--checks`: every step except the tests, for a caller that runs these itself.
//! Out: failure if any step fails; later steps run anyway, so that one run shows all failures.

use std::time::Instant;

use crate::{shell, suite};

/// A step: a chore and its arguments.
struct Step {
    name: &'static str,
    chore: &'static str,
    arguments: &'static [&'static str],
}

const STEPS: &[Step] = &[
    Step {
        name: "house rules",
        chore: "tidy",
        arguments: &[],
    },
    Step {
        name: "clauses",
        chore: "compliance",
        arguments: &["--check"],
    },
    Step {
        name: "formatting and clippy",
        chore: "lint",
        arguments: &[],
    },
    Step {
        name: "documentation",
        chore: "doc",
        arguments: &[],
    },
    Step {
        name: "guide",
        chore: "book",
        arguments: &[],
    },
    Step {
        name: "dependencies",
        chore: "deny",
        arguments: &[],
    },
    Step {
        name: "packages",
        chore: "package",
        arguments: &[],
    },
    Step {
        name: "fuzzing",
        chore: "fuzz",
        arguments: &["--seconds", "10"],
    },
    Step {
        name: "other platforms",
        chore: "xcheck",
        arguments: &["check"],
    },
];

/// Runs the checks, then every test with none skipped.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let checks_only = match arguments {
        [] => false,
        [word] if word == "--checks" => true,
        _ => return Err("takes nothing, or --checks".to_owned()),
    };
    let mut lines = Vec::new();
    let mut held = true;
    for step in STEPS {
        println!("\n==== {}", step.name);
        let start = Instant::now();
        let result = run_step(step);
        let seconds = start.elapsed().as_secs_f32();
        let word = if result.is_ok() { "ok    " } else { "FAILED" };
        held &= result.is_ok();
        let why = result.err().unwrap_or_default();
        lines.push(
            format!("{word} {seconds:6.1} s  {}  {why}", step.name)
                .trim_end()
                .to_owned(),
        );
        println!("{}", lines.last().map_or("", String::as_str));
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
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut command = shell::command(&program.to_string_lossy(), &["test", "--all"]);
    command.env(suite::CHECKS_FAILED, if held { "0" } else { "1" });
    shell::run(command)
}

fn run_step(step: &Step) -> Result<(), String> {
    let chore = crate::find(step.chore).ok_or_else(|| format!("xtask has no `{}`", step.chore))?;
    let arguments: Vec<String> = step.arguments.iter().map(ToString::to_string).collect();
    (chore.run)(&arguments)
}
