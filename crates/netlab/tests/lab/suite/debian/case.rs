//! One program with one command, and how what it sees may differ.
//!
//! In:  a command of a Debian package, what must be in its output, the expected verdict.
//! Out: its output in surroundings, in a form that is the same from run to run.

use std::path::Path;
use std::time::Duration;

use netlab::error::Context;
use netlab::program::Running;
use netlab::{Result, ensure};

use super::surroundings::Surroundings;

/// How long one command may take.
const LIMIT: Duration = Duration::from_secs(40);

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    /// The Debian package that brings the program.
    pub(crate) package: &'static str,
    /// A file of that package; without it the case does not run.
    pub(crate) file: &'static str,
    /// The command, as the table shows it.
    pub(crate) command: &'static str,
    /// What a shell runs where the command alone is not enough.
    pub(crate) script: Option<&'static str>,
    /// Whether the families of addresses are compared.
    pub(crate) families: AddressOf,
    /// What must be in the output with either daemon, so that two failures are not alike.
    pub(crate) wants: &'static [&'static str],
    /// What the run has to find.
    pub(crate) verdict: Verdict,
}

/// How the outputs compare, with the reason where they differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// They are equal.
    Same,
    /// They differ, and `cooeed` serves the program better.
    Better(&'static str),
    /// They differ otherwise.
    Different(&'static str),
}

/// Which family an address in the output is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AddressOf {
    /// One that the command determines.
    Given,
    /// That of whichever address was heard first.
    AnyFamily,
}

impl Case {
    /// Returns whether the program is there.
    pub(crate) fn is_installed(&self) -> bool {
        Path::new(self.file).exists()
    }

    /// Starts the command on `here`.
    pub(crate) fn start(&self, surroundings: &Surroundings) -> Result<Running> {
        let mut command = surroundings.command("sh");
        command.args(["-c", self.script.unwrap_or(self.command)]);
        Running::start(command)
    }

    /// Waits for the end. Returns the lines in order, with names in place of addresses.
    pub(crate) fn finish(&self, running: Running, surroundings: &Surroundings) -> Result<String> {
        let finished = running.finish(LIMIT).context(self.command)?;
        let text = format!(
            "{}{}exit {}\n",
            finished.stdout_text(),
            finished.stderr_text(),
            finished.status.code().unwrap_or_default()
        );
        let text = self.without_race(surroundings.named(&text));
        let mut lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        lines.sort_unstable();
        Ok(lines.join("\n"))
    }

    /// Where a program asks for one address of any family, the first one that is heard wins.
    fn without_race(&self, text: String) -> String {
        match self.families {
            AddressOf::Given => text,
            AddressOf::AnyFamily => text
                .replace(" 4>", ">")
                .replace(" 6>", ">")
                .replace(" LL>", ">"),
        }
    }

    /// Compares two outputs with the verdict.
    pub(crate) fn judge(&self, avahi: &str, cooeed: &str) -> Result<()> {
        let command = self.command;
        for wanted in self.wants {
            for (daemon, text) in [("avahi-daemon", avahi), ("cooeed", cooeed)] {
                ensure!(
                    text.contains(wanted),
                    "{command}: no {wanted:?} with {daemon}:\n{text}"
                );
            }
        }
        let both = format!("with avahi-daemon:\n{avahi}\nwith cooeed:\n{cooeed}");
        match self.verdict {
            Verdict::Same => ensure!(avahi == cooeed, "{command} differs\n{both}"),
            Verdict::Better(why) | Verdict::Different(why) => {
                ensure!(avahi != cooeed, "{command} is the same, not: {why}\n{both}");
            }
        }
        Ok(())
    }
}
