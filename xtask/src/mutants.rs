//! Mutation tests: which changes of the code would no test notice?
//!
//! In:  `wire` (all of the codec) or `proto` (a fixed sample of the engine), then arguments for
//!      cargo-mutants.
//! Out: every mutant that survives, and the score. `docs/TESTING.md` says why those are left.

use std::fs;
use std::path::Path;

use crate::shell;

/// What is mutated, and who judges it.
struct Target {
    name: &'static str,
    /// Options that choose the mutants.
    choice: &'static [&'static str],
    /// Options that choose the second judge, which sees only what the unit tests let live.
    judge: &'static [&'static str],
}

const TARGETS: [Target; 2] = [
    Target {
        name: "wire",
        choice: &["--package", "cooee-wire"],
        judge: &[],
    },
    Target {
        name: "proto",
        choice: &[
            "--package",
            "cooee-proto",
            "--file",
            "crates/cooee-proto/src/{intake,cache,querier,prober,responder}/**",
            // Every fourth mutant: some 275.
            "--sharding",
            "round-robin",
            "--shard",
            "0/4",
        ],
        judge: &["--test-package", "cooee-proto,cooee-sim"],
    },
];

/// Runs the unit tests on every mutant, then all tests on those that live.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let (name, more) = arguments.split_first().ok_or("takes `wire` or `proto`")?;
    let target = TARGETS.iter().find(|target| target.name == name);
    let target = target.ok_or_else(|| format!("takes `wire` or `proto`, got `{name}`"))?;
    if !shell::succeeds(shell::cargo(&["mutants", "--version"])) {
        return Err("cargo-mutants is missing: cargo install --locked cargo-mutants".to_owned());
    }
    let folder = shell::root().join("target/mutants").join(target.name);
    let first = judge(target, &folder, &["--cargo-arg=--lib"], more)?;
    let second = judge(
        target,
        &folder,
        &[target.judge, &["--iterate"]].concat(),
        more,
    )?;
    let caught = first.caught + second.caught;
    let viable = caught + second.missed;
    println!(
        "mutants: {caught} of {viable} viable mutants caught, {} left, {} not viable",
        second.missed,
        first.unviable + second.unviable
    );
    Ok(())
}

/// How a run ended.
struct Score {
    caught: usize,
    missed: usize,
    unviable: usize,
}

/// Lets one judge see the mutants; living ones are no failure of the chore.
fn judge(
    target: &Target,
    folder: &Path,
    options: &[&str],
    more: &[String],
) -> Result<Score, String> {
    let mut command = shell::cargo(&["mutants", "--baseline", "skip", "--timeout", "120"]);
    command.env("CARGO_PROFILE_DEV_DEBUG", "0");
    command.env("COOEE_MODEL_STEPS", "3000");
    command.arg("--output").arg(folder);
    command.args(target.choice).args(options).args(more);
    // It fails if a mutant survives; the files contain the number.
    let _ = shell::run(command);
    let results = folder.join("mutants.out");
    let count = |file: &str| {
        let path = results.join(file);
        let text = fs::read_to_string(&path);
        text.map(|text| text.lines().count())
            .map_err(|error| format!("cannot read {}: {error}", path.display()))
    };
    Ok(Score {
        caught: count("caught.txt")? + count("timeout.txt")?,
        missed: count("missed.txt")?,
        unviable: count("unviable.txt")?,
    })
}
