//! Counting what test runners report.
//!
//! In:  lines as `cargo test` and `cargo nextest` print them.
//! Out: passed, failed and skipped, and the closing line.

use std::fmt;
use std::ops::AddAssign;

/// How many tests had which result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl Tally {
    /// Returns the count of one check that held or did not.
    pub(crate) fn check(held: bool) -> Self {
        Self {
            passed: u64::from(held),
            failed: u64::from(!held),
            skipped: 0,
        }
    }

    /// The count of tests that were left out.
    pub(crate) fn skipped(skipped: u64) -> Self {
        Self {
            skipped,
            ..Self::default()
        }
    }

    /// Adds what one line of a runner's output reports, if it is a summary line.
    pub(crate) fn read(&mut self, line: &str) {
        let line = plain(line);
        // Nextest shows the summary of each failed test's own process, indented.
        if let Some(rest) = line.strip_prefix("test result:") {
            self.passed += number_before(rest, "passed");
            self.failed += number_before(rest, "failed");
            self.skipped += number_before(rest, "ignored");
        } else if line.trim_start().starts_with("Summary [") && line.contains(" run:") {
            self.passed += number_before(&line, "passed");
            self.failed += ["failed", "timed out", "exec failed"]
                .iter()
                .map(|word| number_before(&line, word))
                .sum::<u64>();
            self.skipped += number_before(&line, "skipped");
        }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} passed, {} failed, {} skipped",
            self.passed, self.failed, self.skipped
        )
    }
}

/// Returns the number directly before `word`, or 0.
fn number_before(line: &str, word: &str) -> u64 {
    let fields = line.split([',', ';', ':', '.']).map(str::trim);
    for field in fields {
        let Some((number, rest)) = field.split_once(' ') else {
            continue;
        };
        if rest == word || rest.starts_with(&format!("{word} (")) {
            return number.parse().unwrap_or(0);
        }
    }
    0
}

/// Returns the line without its terminal colours.
pub(crate) fn plain(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        out.push_str(before);
        rest = after.split_once('m').map_or("", |(_, tail)| tail);
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests;
