//! Mutation tests: which changes of the code would no test notice?
//!
//! In:  `wire` (all of the codec) or `proto` (a fixed sample of the engine), then options for
//!      cargo-mutants.
//! Out: every mutant that survives, and the score. `docs/TESTING.md` says why those are left.

use std::fs;
use std::path::Path;

use crate::shell;

/// What is mutated, and who judges it.
struct Target {
    name: &'static str,
    /// Options that say which code is mutated.
    code: &'static [&'static str],
    /// Options that choose a sample of its mutants.
    sample: &'static [&'static str],
    /// Options of the first judge, the unit tests.
    first: &'static [&'static str],
    /// Unit tests that only the second judge runs, because they are slow.
    slow: &'static [&'static str],
    /// Options of the second judge, which sees only what the first one lets survive.
    second: &'static [&'static str],
}

const TARGETS: [Target; 2] = [
    Target {
        name: "wire",
        code: &["--package", "cooee-wire"],
        sample: &[],
        first: &["--cargo-arg=--lib"],
        slow: &[],
        second: &[],
    },
    Target {
        name: "proto",
        code: &[
            "--package",
            "cooee-proto",
            "--file",
            "crates/cooee-proto/src/{intake,cache,querier,prober,responder}/**",
        ],
        // Every fourth mutant: some 290 of 1,161.
        sample: &["--sharding", "round-robin", "--shard", "0/4"],
        first: &[
            "--cargo-arg=--lib",
            // A mutant is built in a third of the time without optimisation.
            "--cargo-arg=--config=profile.dev.package.cooee-proto.opt-level=0",
        ],
        slow: &["forges_pointers_without_end", "ten_thousand"],
        second: &["--test-package", "cooee-proto,cooee-sim"],
    },
];

/// Runs the unit tests on every mutant, then all tests on those that survive.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let (name, more) = arguments.split_first().ok_or("takes `wire` or `proto`")?;
    let target = TARGETS.iter().find(|target| target.name == name);
    let target = target.ok_or_else(|| format!("takes `wire` or `proto`, got `{name}`"))?;
    if !shell::succeeds(shell::cargo(&["mutants", "--version"])) {
        return Err("cargo-mutants is missing: cargo install --locked cargo-mutants".to_owned());
    }
    let folder = shell::root().join("target/mutants").join(target.name);
    fs::create_dir_all(&folder)
        .map_err(|error| format!("cannot create {}: {error}", folder.display()))?;
    let mut first = [target.code, target.sample, target.first].concat();
    first.extend(more.iter().map(String::as_str));
    first.extend(["--", "--"]);
    first.extend(target.slow.iter().flat_map(|slow| ["--skip", slow]));
    let first = judge(&folder, &first)?;
    let viable = first.caught.len() + first.missed.len();
    let mut left = first.missed;
    if !left.is_empty() {
        // A sample of what is left would be another sample, so the mutants are named.
        let names: Vec<String> = left.iter().map(|name| only(name)).collect();
        let mut second = [target.code, target.second].concat();
        second.extend(more.iter().map(String::as_str));
        second.extend(names.iter().flat_map(|name| ["--re", name]));
        let second = judge(&folder, &second)?;
        // The judge also sees mutants that delete a field: no pattern leaves them out.
        left.retain(|name| !second.caught.contains(name));
    }
    println!(
        "mutants: {} of {viable} viable mutants caught, {} left, {} not viable",
        viable - left.len(),
        left.len(),
        first.unviable.len()
    );
    for name in left {
        println!("left: {name}");
    }
    Ok(())
}

/// Returns a pattern that matches the name of one mutant alone.
fn only(name: &str) -> String {
    let mut pattern = "^".to_owned();
    for char in name.chars() {
        // A backslash makes `<` and `>` the borders of a word.
        if char.is_ascii_punctuation() && !matches!(char, '<' | '>') {
            pattern.push('\\');
        }
        pattern.push(char);
    }
    pattern.push('$');
    pattern
}

/// How a run ended: the names of the mutants.
struct Verdicts {
    caught: Vec<String>,
    missed: Vec<String>,
    unviable: Vec<String>,
}

/// Lets one judge see the mutants; a survivor is no failure of the chore.
fn judge(folder: &Path, options: &[&str]) -> Result<Verdicts, String> {
    let mut command = shell::cargo(&["mutants", "--baseline", "skip", "--timeout", "120"]);
    command.env("CARGO_PROFILE_DEV_DEBUG", "0");
    command.env("COOEE_MODEL_STEPS", "3000");
    command.arg("--output").arg(folder);
    command.args(options);
    // It fails if a mutant survives; the files contain the names.
    let _ = shell::run(command);
    let results = folder.join("mutants.out");
    let names = |file: &str| {
        let path = results.join(file);
        let text = fs::read_to_string(&path);
        let text = text.map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        Ok::<Vec<String>, String>(text.lines().map(str::to_owned).collect())
    };
    Ok(Verdicts {
        caught: [names("caught.txt")?, names("timeout.txt")?].concat(),
        missed: names("missed.txt")?,
        unviable: names("unviable.txt")?,
    })
}
