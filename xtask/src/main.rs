//! The entry to every chore: `cargo xtask <chore> [arguments]`.
//!
//! In:  a chore's name and its arguments.
//! Out: the chore's own output, and exit code 0 only if it succeeded.
#![forbid(unsafe_code)]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for people and CI logs speaks on its standard output"
)]

mod book;
mod ci;
mod compliance;
mod counts;
mod deny;
mod dist;
mod failures;
mod fuzz;
mod lint;
mod mutants;
mod package;
mod peers;
mod picture;
mod probe;
mod replay;
mod shell;
mod suite;
mod tally;
mod tidy;
mod weigh;
mod xcheck;

use std::process::ExitCode;

/// A chore: its name, its description, and its function.
struct Chore {
    name: &'static str,
    about: &'static str,
    run: fn(&[String]) -> Result<(), String>,
}

/// Every chore. A new one is one line here.
const CHORES: &[Chore] = &[
    Chore {
        name: "tidy",
        about: "house rules no compiler knows",
        run: tidy::run,
    },
    Chore {
        name: "lint",
        about: "formatting and clippy, warnings refused",
        run: lint::run,
    },
    Chore {
        name: "doc",
        about: "API documentation, warnings refused",
        run: lint::doc,
    },
    Chore {
        name: "test",
        about: "every test this machine can run; --all: skip none",
        run: suite::run,
    },
    Chore {
        name: "peers",
        about: "installs what the lab's foreign peers need of npm and PyPI",
        run: peers::run,
    },
    Chore {
        name: "replay",
        about: "plays captures to the engine; --live: to the program too",
        run: replay::run,
    },
    Chore {
        name: "compliance",
        about: "clause by clause: implemented, tested, open; --check: as committed",
        run: compliance::run,
    },
    Chore {
        name: "book",
        about: "the guide as a website, in target/book",
        run: book::run,
    },
    Chore {
        name: "deny",
        about: "licences, sources and bans of dependencies",
        run: deny::run,
    },
    Chore {
        name: "package",
        about: "packages each published crate and builds it from its package",
        run: package::run,
    },
    Chore {
        name: "dist",
        about: "the program with manual and completions; deb: a package; musl: a static program",
        run: dist::run,
    },
    Chore {
        name: "counts",
        about: "instruction counts of the codec; --update: write them",
        run: counts::run,
    },
    Chore {
        name: "weigh",
        about: "memory for each service, size and build of a small program",
        run: weigh::run,
    },
    Chore {
        name: "picture",
        about: "renews the picture in the README, from the live screen",
        run: picture::run,
    },
    Chore {
        name: "fuzz",
        about: "each fuzz target for --seconds N",
        run: fuzz::run,
    },
    Chore {
        name: "mutants",
        about: "mutation tests: wire (all) or proto (a fixed sample)",
        run: mutants::run,
    },
    Chore {
        name: "xcheck",
        about: "other platforms: check, test (a Windows program under Wine), setup",
        run: xcheck::run,
    },
    Chore {
        name: "ci",
        about: "all of the above and the dear checks, in order",
        run: ci::run,
    },
];

fn main() -> ExitCode {
    if let Some(log) = std::env::var_os(weigh::LOG) {
        return weigh::compile(log.as_ref());
    }
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_default();
    let rest: Vec<String> = arguments.collect();
    let Some(chore) = find(&name) else {
        usage(&name);
        return ExitCode::from(2);
    };
    match (chore.run)(&rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            // A chore that has already printed why fails without a further message.
            if !message.is_empty() {
                eprintln!("xtask {name}: {message}");
            }
            ExitCode::FAILURE
        }
    }
}

fn find(name: &str) -> Option<&'static Chore> {
    CHORES.iter().find(|chore| chore.name == name)
}

fn usage(asked: &str) {
    if !asked.is_empty() {
        eprintln!("xtask: no chore is called `{asked}`\n");
    }
    eprintln!("usage: cargo xtask <chore> [arguments]\n");
    for chore in CHORES {
        eprintln!("  {:12}{}", chore.name, chore.about);
    }
}
