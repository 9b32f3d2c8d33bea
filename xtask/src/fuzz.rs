//! Fuzzing: every target of `fuzz/` for some seconds.
//!
//! In:  `--seconds N` (default 10), `--bytes N` (the longest input; default: libFuzzer's), and the
//!      names of targets (default: all).
//! Out: how many inputs each target ran; failure with the input's path if one crashes.
//!
//! As many targets run at once as there are processors. One alone shows its output as it comes.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;
use std::thread;

use crate::shell;

/// The coverage options that libFuzzer needs; these do not need a nightly compiler.
const RUSTFLAGS: &[&str] = &[
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Cllvm-args=-simplifycfg-branch-fold-threshold=0",
    "-Ccodegen-units=1",
    "-Cdebug-assertions",
    "-Coverflow-checks",
    "--cfg=fuzzing",
];

/// Builds the targets and runs each one.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let (limits, asked) = parse(arguments)?;
    let seconds = limits.seconds;
    let folder = shell::root().join("fuzz");
    let known = targets(&folder.join("fuzz_targets"))?;
    if let Some(unknown) = asked.iter().find(|name| !known.contains(name)) {
        return Err(format!(
            "no target `{unknown}`; there are {}",
            known.join(", ")
        ));
    }
    let chosen = if asked.is_empty() { known } else { asked };
    let triple = host()?;
    build(&triple)?;
    println!("== fuzzing {} for {seconds} s", chosen.join(", "));
    match &chosen[..] {
        [name] => {
            shell::run(fuzzer(name, &triple, limits)?).map_err(|error| crashed(name, &error))?
        }
        _ => all(&chosen, |name| {
            shell::output(fuzzer(name, &triple, limits)?)
        })?,
    }
    println!("fuzz: {} targets, {seconds} s each, no crash", chosen.len());
    Ok(())
}

/// Runs every target, and prints what each wrote when it has ended.
fn all(
    names: &[String],
    run: impl Fn(&str) -> Result<(String, bool), String> + Sync,
) -> Result<(), String> {
    let next = Mutex::new(names.iter());
    let failures = Mutex::new(Vec::new());
    let work = || {
        while let Some(name) = taken(&next).next() {
            let failure = match run(name) {
                Ok((text, held)) => {
                    println!("== {name}\n{text}");
                    (!held).then(|| crashed(name, "a crash"))
                }
                Err(error) => Some(error),
            };
            taken(&failures).extend(failure);
        }
    };
    thread::scope(|scope| {
        let workers = thread::available_parallelism().map_or(1, usize::from);
        for _ in 0..workers {
            scope.spawn(work);
        }
    });
    let failures = std::mem::take(&mut *taken(&failures));
    match failures.is_empty() {
        true => Ok(()),
        false => Err(failures.join("; ")),
    }
}

/// Locks what a panic of another worker leaves as it was.
fn taken<T>(shared: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    shared
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Says where the input is that ended a target.
fn crashed(name: &str, error: &str) -> String {
    format!(
        "{name}: {error}; the input is in {}",
        artifacts(name).display()
    )
}

fn artifacts(name: &str) -> PathBuf {
    shell::root().join("fuzz/artifacts").join(name)
}

/// How long each target runs, and how long its inputs may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Limits {
    seconds: u32,
    bytes: Option<u32>,
}

fn parse(arguments: &[String]) -> Result<(Limits, Vec<String>), String> {
    let mut limits = Limits {
        seconds: 10,
        bytes: None,
    };
    let mut names = Vec::new();
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--seconds" => limits.seconds = number(word, words.next())?,
            "--bytes" => limits.bytes = Some(number(word, words.next())?),
            word if word.starts_with('-') => return Err(format!("unknown option `{word}`")),
            word => names.push(word.to_owned()),
        }
    }
    Ok((limits, names))
}

fn number(option: &str, value: Option<&String>) -> Result<u32, String> {
    let value = value.and_then(|value| value.parse().ok());
    value
        .filter(|value| *value > 0)
        .ok_or_else(|| format!("{option} takes a number above 0"))
}

/// Returns the targets' names: one file each.
fn targets(folder: &PathBuf) -> Result<Vec<String>, String> {
    let unread = |error| format!("cannot read {}: {error}", folder.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(unread)? {
        let path = entry.map_err(unread)?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            names.push(
                path.file_stem()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned(),
            );
        }
    }
    names.sort();
    if names.is_empty() {
        Err(format!("no target in {}", folder.display()))
    } else {
        Ok(names)
    }
}

/// Returns the triple of this machine: naming it keeps the coverage options from build scripts.
fn host() -> Result<String, String> {
    let text = shell::capture(shell::command("rustc", &["-vV"]))?;
    let line = text.lines().find_map(|line| line.strip_prefix("host: "));
    line.map(str::to_owned)
        .ok_or_else(|| "rustc names no host".to_owned())
}

fn build(triple: &str) -> Result<(), String> {
    let arguments = [
        "build",
        "--locked",
        "--release",
        "--bins",
        "--manifest-path",
        "fuzz/Cargo.toml",
    ];
    let mut command = shell::cargo(&arguments);
    command.args(["--target", triple, "--target-dir", "target/fuzz"]);
    command
        .env("RUSTFLAGS", RUSTFLAGS.join(" "))
        .env_remove("CARGO_ENCODED_RUSTFLAGS");
    shell::run(command)
}

/// Prepares one target. New inputs go below `target/`; the committed corpus is only read.
fn fuzzer(name: &str, triple: &str, limits: Limits) -> Result<Command, String> {
    let root = shell::root();
    let grown = root.join("target/fuzz/corpus").join(name);
    let artifacts = artifacts(name);
    for folder in [&grown, &artifacts] {
        fs::create_dir_all(folder)
            .map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    }
    let program = root
        .join("target/fuzz")
        .join(triple)
        .join("release")
        .join(name);
    let mut command = Command::new(program);
    command
        .current_dir(&root)
        .arg(format!("-max_total_time={}", limits.seconds))
        .arg("-print_final_stats=1");
    if let Some(bytes) = limits.bytes {
        command.arg(format!("-max_len={bytes}"));
    }
    command
        .arg(format!("-artifact_prefix={}/", artifacts.display()))
        .arg(&grown);
    let seeds = root.join("fuzz/corpus").join(name);
    if seeds.is_dir() {
        command.arg(seeds);
    }
    Ok(command)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Mutex;

    use super::{Limits, all, parse};

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    fn limits(seconds: u32, bytes: Option<u32>) -> Limits {
        Limits { seconds, bytes }
    }

    #[test]
    fn ten_seconds_and_every_target_unless_told_otherwise() {
        assert_eq!(parse(&[]), Ok((limits(10, None), vec![])));
        assert_eq!(
            parse(&words("decode --seconds 3 name --bytes 64")),
            Ok((limits(3, Some(64)), words("decode name")))
        );
    }

    #[test]
    fn a_wrong_argument_is_named() {
        assert!(parse(&words("--seconds 0")).is_err());
        assert!(parse(&words("--bytes")).unwrap_err().contains("--bytes"));
        assert!(
            parse(&words("--forever"))
                .unwrap_err()
                .contains("--forever")
        );
    }

    #[test]
    fn every_target_runs_and_each_that_crashes_is_named() {
        let names = words("a b c d");
        let ran = Mutex::new(BTreeSet::new());
        let result = all(&names, |name| {
            ran.lock().unwrap().insert(name.to_owned());
            Ok((String::new(), name != "b" && name != "d"))
        });
        let error = result.unwrap_err();
        assert_eq!(ran.into_inner().unwrap().len(), 4);
        assert!(error.contains("b: a crash") && error.contains("d: a crash"));
        assert!(!error.contains("a: a crash") && !error.contains("c: a crash"));
        assert_eq!(all(&names, |_| Ok((String::new(), true))), Ok(()));
    }
}
