//! Instruction counts of the codec's and the engine's work, which are the same on a busy machine as
//! on an idle one.
//!
//! In:  `--update`: write the new counts instead of comparing with them.
//! Out: failure if a piece of work in the `benches/counts.txt` of a crate takes over 3 % more or
//!      fewer instructions than that file says.
//!
//! The counts hold for one compiler and one C library. If either changes, or if work was saved,
//! `cargo xtask counts --update` writes new ones, and the difference can be reviewed.

use std::fs;
use std::path::Path;

use crate::shell;

/// An example program that does the work.
struct Worker {
    package: &'static str,
    example: &'static str,
    /// The file of its committed counts.
    counts: &'static str,
}

const WORKERS: [Worker; 3] = [
    Worker {
        package: "cooee-wire",
        example: "counts",
        counts: "crates/cooee-wire/benches/counts.txt",
    },
    Worker {
        package: "cooee-proto",
        example: "answers",
        counts: "crates/cooee-proto/benches/counts.txt",
    },
    Worker {
        package: "cooee-proto",
        example: "discoveries",
        counts: "crates/cooee-proto/benches/discoveries.txt",
    },
];

const FOLDER: &str = "target/counts";

/// How often each piece of work is done; the count is for one time.
const TIMES: u64 = 100;

/// The accepted difference, in thousandths.
const LEEWAY: u64 = 30;

/// A piece of work and its committed count.
#[derive(Debug, PartialEq)]
struct Count {
    work: String,
    fixture: String,
    instructions: u64,
}

/// Counts every piece of work and compares it with what is committed.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let update = match arguments {
        [] => false,
        [word] if word == "--update" => true,
        _ => return Err("takes nothing, or --update".to_owned()),
    };
    if !shell::has("valgrind") {
        return Err("needs valgrind: apt-get install valgrind".to_owned());
    }
    let mut off = 0_usize;
    for worker in &WORKERS {
        off = off.saturating_add(worker.run(update)?);
    }
    match off {
        0 => Ok(()),
        off => Err(format!(
            "{off} counts are off by more than 3 %; see `cargo xtask counts --update`"
        )),
    }
}

impl Worker {
    /// Counts its work and writes the counts if `update` is set. Otherwise returns how many are off.
    fn run(&self, update: bool) -> Result<usize, String> {
        let Worker { counts, .. } = self;
        let path = shell::root().join(counts);
        let text = fs::read_to_string(&path).map_err(|error| format!("{counts}: {error}"))?;
        let known = parse(&text).map_err(|error| format!("{counts}: {error}"))?;
        self.build()?;
        let mut found = Vec::new();
        for count in &known {
            let instructions = self.measure(&count.work, &count.fixture)?;
            println!("{}", show(count, instructions));
            found.push(instructions);
        }
        if update {
            return write(&path, &text, &known, &found).map(|()| 0);
        }
        let pairs = known.iter().zip(&found);
        let off = pairs.filter(|(known, found)| !within(known.instructions, **found));
        Ok(off.count())
    }

    fn build(&self) -> Result<(), String> {
        let mut command = shell::cargo(&[
            "build",
            "--quiet",
            "--locked",
            "--release",
            "--package",
            self.package,
            "--example",
            self.example,
            "--target-dir",
            FOLDER,
        ]);
        // The counts stay the same when the program is built in another way.
        command.env("CARGO_PROFILE_RELEASE_LTO", "thin");
        command.env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
        // Callgrind finds the work by its symbol, which a program for users has not.
        command.env("CARGO_PROFILE_RELEASE_STRIP", "none");
        command.env("CARGO_PROFILE_RELEASE_DEBUG", "line-tables-only");
        shell::run(command)
    }

    /// Runs one piece of work under callgrind, which counts only during the work.
    fn measure(&self, work: &str, fixture: &str) -> Result<u64, String> {
        let out = format!("{FOLDER}/{work}.{fixture}.callgrind");
        let mut command = shell::command("valgrind", &["--quiet", "--tool=callgrind"]);
        command.arg(format!("--callgrind-out-file={out}"));
        command.arg(format!("--toggle-collect=*work*{work}*"));
        command.arg(format!("{FOLDER}/release/examples/{}", self.example));
        command.args([work, fixture, &TIMES.to_string()]);
        shell::run(command)?;
        let text = fs::read_to_string(shell::root().join(&out))
            .map_err(|error| format!("{out}: {error}"))?;
        let total = text.lines().find_map(|line| line.strip_prefix("totals: "));
        let total: Option<u64> = total.and_then(|total| total.trim().parse().ok());
        match total {
            None | Some(0) => Err(format!("{out}: nothing was counted for {work} {fixture}")),
            Some(total) => Ok(total / TIMES),
        }
    }
}

/// Reads lines of work, fixture and instructions; `#` starts a comment.
fn parse(text: &str) -> Result<Vec<Count>, String> {
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words[..] {
                [work, fixture, instructions] => Ok(Count {
                    work: work.to_owned(),
                    fixture: fixture.to_owned(),
                    instructions: instructions
                        .parse()
                        .map_err(|_| format!("`{instructions}` is no number"))?,
                }),
                _ => Err(format!("`{line}` is not `WORK FIXTURE INSTRUCTIONS`")),
            }
        })
        .collect()
}

fn within(known: u64, found: u64) -> bool {
    known.abs_diff(found) * 1000 <= known * LEEWAY
}

fn show(known: &Count, found: u64) -> String {
    let Count {
        work,
        fixture,
        instructions,
    } = known;
    let word = if within(*instructions, found) {
        "ok "
    } else {
        "OFF"
    };
    format!("{word} {work:<8} {fixture:<13} {found:>7} instructions, {instructions:>7} known")
}

/// Writes the new counts; comments are kept.
fn write(path: &Path, text: &str, known: &[Count], found: &[u64]) -> Result<(), String> {
    let mut lines: Vec<String> = text
        .lines()
        .take_while(|line| line.starts_with('#'))
        .map(str::to_owned)
        .collect();
    for (Count { work, fixture, .. }, instructions) in known.iter().zip(found) {
        lines.push(format!("{work:<8} {fixture:<13} {instructions:>7}"));
    }
    fs::write(path, lines.join("\n") + "\n").map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::{Count, parse, within};

    #[test]
    fn comments_and_columns_are_read() {
        let count = Count {
            work: "decode".into(),
            fixture: "plain".into(),
            instructions: 12,
        };
        assert_eq!(parse("# why\n\ndecode  plain   12\n"), Ok(vec![count]));
        assert!(parse("decode plain").is_err());
        assert!(parse("decode plain many").is_err_and(|error| error.contains("many")));
    }

    #[test]
    fn three_per_cent_either_way_is_let_pass() {
        assert!(within(1000, 970) && within(1000, 1030));
        assert!(!within(1000, 969) && !within(1000, 1031));
        assert!(!within(0, 1));
    }
}
