//! Which tests failed, and the first lines of their messages.
//!
//! In:  lines as `cargo test`, `cargo nextest` and the lab's harness print them.
//! Out: closing lines that name each failed test.

use crate::tally::plain;

/// How many lines of a message are kept: a failed assertion has a place, a sentence and two values.
const MESSAGE_LINES_MAX: usize = 4;

/// How many errors of cargo are kept.
const ERRORS_MAX: usize = 3;

/// The failed tests of a runner.
#[derive(Debug, Default)]
pub(crate) struct Failures {
    tests: Vec<Failure>,
    /// What cargo reported, such as a build error.
    errors: Vec<String>,
    place: Place,
}

#[derive(Debug)]
struct Failure {
    name: String,
    message: Vec<String>,
    has_panicked: bool,
}

/// The part of the output that the next line belongs to.
#[derive(Clone, Copy, Debug, Default)]
enum Place {
    #[default]
    Elsewhere,
    /// The output of the failed test with this index.
    Message(usize),
    /// The names below `failures:`.
    Names,
    /// What nextest prints after its summary: each failed test again, without its output.
    Closing,
}

impl Failures {
    /// Takes in one line of a runner's output.
    pub(crate) fn read(&mut self, line: &str) {
        let line = plain(line);
        let line = line.trim_end();
        if line.starts_with("error") && self.errors.len() < ERRORS_MAX {
            self.errors.push(line.to_owned());
        }
        self.place = self.place_after(line);
    }

    fn place_after(&mut self, line: &str) -> Place {
        if line.trim_start().starts_with("Summary [") {
            return Place::Closing;
        }
        if let Some((status, name)) = nextest_status(line) {
            return match self.place {
                _ if is_good(status) => Place::Elsewhere,
                Place::Closing => {
                    self.index(name);
                    Place::Closing
                }
                Place::Elsewhere | Place::Message(_) | Place::Names => {
                    Place::Message(self.index(name))
                }
            };
        }
        if let Some(name) = section(line) {
            return Place::Message(self.index(name));
        }
        if line == "failures:" {
            return Place::Names;
        }
        if line.starts_with("test result:") || is_backtrace(line.trim()) {
            return Place::Elsewhere;
        }
        self.read_inside(line);
        self.place
    }

    fn read_inside(&mut self, line: &str) {
        match self.place {
            Place::Elsewhere | Place::Closing => {}
            Place::Message(index) => {
                if let Some(failure) = self.tests.get_mut(index) {
                    failure.read(line);
                }
            }
            Place::Names => {
                if let Some(name) = line.strip_prefix("    ") {
                    self.index(name);
                }
            }
        }
    }

    /// Returns the index of a test; a new name is added.
    fn index(&mut self, name: &str) -> usize {
        let known = self.tests.iter().position(|failure| failure.name == name);
        known.unwrap_or_else(|| {
            self.tests.push(Failure {
                name: name.to_owned(),
                message: Vec::new(),
                has_panicked: false,
            });
            self.tests.len() - 1
        })
    }

    /// Adds what another runner reported.
    pub(crate) fn extend(&mut self, other: Self) {
        self.tests.extend(other.tests);
        self.errors.extend(other.errors);
    }

    /// Returns each failed test with its message below it. If no test failed, returns the errors.
    pub(crate) fn lines(&self) -> Vec<String> {
        if self.tests.is_empty() {
            return self.errors.clone();
        }
        let mut lines = Vec::new();
        for failure in &self.tests {
            lines.push(failure.name.clone());
            lines.extend(failure.message.iter().map(|line| format!("    {line}")));
        }
        lines
    }
}

impl Failure {
    /// Keeps the first lines of the message. A panic replaces what was printed before it.
    fn read(&mut self, line: &str) {
        let line = line.trim();
        if let Some((_, place)) = line.split_once(" panicked at ") {
            if !self.has_panicked {
                self.has_panicked = true;
                self.message = vec![place.to_owned()];
            }
        } else if self.message.len() < MESSAGE_LINES_MAX && !self.is_noise(line) {
            self.message.push(line.to_owned());
        }
    }

    /// Returns whether a runner prints this line around any message.
    fn is_noise(&self, line: &str) -> bool {
        const STARTS: &[&str] = &[
            "running 1 test",
            "test result:",
            "exit status:",
            "failures:",
            "---- ",
            "stdout ─",
            "stderr ─",
            "────",
        ];
        let is_verdict = line.starts_with("test ") && line.ends_with("FAILED");
        let is_name = self.name.ends_with(line);
        // The lab's harness shows both outputs of a test, and standard output is mostly empty.
        line == "stdout:"
            || is_verdict
            || is_name
            || STARTS.iter().any(|start| line.starts_with(start))
    }
}

/// Reads a line of nextest such as `        FAIL [   0.023s] (1/7) binary tests::name`.
fn nextest_status(line: &str) -> Option<(&str, &str)> {
    const STATUS_COLUMNS: usize = 12;
    let (status, rest) = line.split_at_checked(STATUS_COLUMNS)?;
    let (time, name) = rest.strip_prefix(" [")?.split_once("] ")?;
    time.ends_with('s').then_some(())?;
    let numbered = name
        .strip_prefix('(')
        .and_then(|name| name.split_once(") "));
    Some((status.trim(), numbered.map_or(name, |(_, name)| name)))
}

/// Returns whether nextest says with this word that a test has not failed, or not yet.
fn is_good(status: &str) -> bool {
    matches!(status, "PASS" | "LEAK" | "SLOW" | "TERMINATING" | "FLAKY")
}

/// Reads the heading above a failed test's output: `---- name stdout ----`, or `---- name ----`.
fn section(line: &str) -> Option<&str> {
    let name = line.strip_prefix("---- ")?.strip_suffix(" ----")?;
    Some(name.strip_suffix(" stdout").unwrap_or(name))
}

/// Returns whether a panic's message has ended.
fn is_backtrace(line: &str) -> bool {
    line == "stack backtrace:" || line.starts_with("note: run with `RUST_BACKTRACE")
}

#[cfg(test)]
mod tests;
