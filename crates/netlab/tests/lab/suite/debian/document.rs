//! `docs/AVAHI.md`: what the table of commands says, for people.
//!
//! In:  the cases with their verdicts.
//! Out: the document; an error if the one in the repository is another.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use netlab::error::Context;
use netlab::{Result, ensure};

use super::case::{Case, Verdict};
use super::cases;

/// Set, it lets the run write the document instead of comparing it.
const WRITE: &str = "COOEE_WRITE_AVAHI";

/// Writes the document, or fails if it is not what the table says.
pub(crate) fn check() -> Result<()> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/AVAHI.md");
    let text = text();
    if std::env::var_os(WRITE).is_some() {
        return fs::write(&path, text).context(path.display());
    }
    let committed = fs::read_to_string(&path).context(path.display())?;
    ensure!(
        committed == text,
        "docs/AVAHI.md is not what the table says: run this test with {WRITE}=1"
    );
    Ok(())
}

fn text() -> String {
    let mut text = HEAD.to_owned();
    for case in cases() {
        let _ = writeln!(text, "{}", row(case));
    }
    text + FOOT
}

fn row(case: &Case) -> String {
    let (verdict, reason) = match case.verdict {
        Verdict::Same => ("same", ""),
        Verdict::Better(why) => ("better", why),
        Verdict::Different(why) => ("different", why),
    };
    let command = case.command.replace('|', "\\|");
    format!("| {} | `{command}` | {verdict} | {reason} |", case.package)
}

const HEAD: &str = "\
# Do programs written for Avahi work with `cooeed`?

Yes: this table shows what unmodified programs of Debian 12 get from `cooeed`, compared with what
they get from `avahi-daemon`. A test writes it; do not edit it by hand.

Each command runs twice in the same surroundings: once with `avahi-daemon` 0.8 on a private system
bus, once with `cooeed`. On the link are three other hosts with Avahi: one with IPv4 and IPv6, one
with IPv4 alone, one with IPv6 alone. They publish services with and without TXT strings, and one
with a subtype. The outputs are compared line by line, without regard to the order of lines.

- *same*: the outputs are equal.
- *better*: the outputs differ, and the program is better served by `cooeed`.
- *different*: the outputs differ for the reason given.

The test is `debians_programs_work_against_cooeed_as_against_avahi`:

    cargo test -p netlab --test lab -- debians_programs                      # compares
    COOEE_WRITE_AVAHI=1 cargo test -p netlab --test lab -- debians_programs  # writes the table

It fails if a verdict does not hold, or if a program does not find what is on the link.

| package | command | `cooeed` | reason |
|---|---|---|---|
";

const FOOT: &str = "
## How long does a host name take?

These are times of `getent ahosts` with `libnss-mdns` 0.15.1, measured by hand on 30 November 2026 on
a machine with two cores. No test depends on them.

| name | module | `avahi-daemon` | `cooeed` |
|---|---|---|---|
| of a host that is there, for the first time | `mdns4_minimal` | 5 ms | 60 ms |
| of a host that is there, later | `mdns4_minimal` | 5 ms | 5 ms |
| of a host that has only an IPv4 address | `mdns_minimal` | 5.0 s | 2.2 s |
| that no host has | `mdns4_minimal` | 5.0 s | 2.2 s |
| that no host has | `mdns_minimal` | 10.0 s | 4.4 s |

The first time takes longer because `avahi-daemon` keeps every record that it hears, and `cooeed` the
records that somebody has asked for. `mdns_minimal` asks for both families, one after the other.
For the same reason, a browser such as `avahi-browse -t` ends after 1.5 s instead of 1.0 s.
";

/// Reports what a run leaves out.
#[allow(clippy::print_stderr, reason = "what is left out has to be heard")]
pub(crate) fn tell(message: &str) {
    eprintln!("{message}");
}
