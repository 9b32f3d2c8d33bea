//! The `cooee` program: find and announce services on the local network.
//!
//! In:  the command line.
//! Out: results on standard output; problems on standard error; an exit code (0 found, 1 not found,
//!      2 wrong argument, 3 cannot start).
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    warn(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )
)]

mod args;
mod background;
mod commands;
mod convert;
mod decode;
#[cfg(feature = "demo")]
mod demo;
mod doctor;
mod domain;
mod escape;
mod failure;
mod families;
mod follow;
mod generate;
mod hindrance;
mod logs;
mod monitor;
mod out;
mod output;
mod pipe;
mod publish;
mod publish_output;
mod quiescence;
#[cfg(feature = "tui")]
mod screen;
mod signals;
mod start;
mod target;
mod text;
mod traffic;
#[cfg(feature = "demo")]
mod virtual_host;
mod watch;

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::args::{Args, Verb};
use crate::background::Background;
use crate::failure::Failure;
use crate::out::Out;
use crate::quiescence::after;

fn main() -> ExitCode {
    let args = match Args::parse(std::env::args_os()) {
        Ok(args) => args,
        Err(message) => {
            // Help to a closed pipe, or an error that nobody reads: the code is enough.
            let _ = message.print();
            return if message.use_stderr() {
                ExitCode::from(2)
            } else {
                ExitCode::SUCCESS
            };
        }
    };
    // The doctor explains what the library warns of.
    let explains = matches!(args.verb, Verb::Doctor { .. });
    // The demo chooses its own interface, which is no news to its viewer.
    #[cfg(feature = "demo")]
    let quiet = explains || matches!(args.verb, Verb::Demo { .. });
    #[cfg(not(feature = "demo"))]
    let quiet = explains;
    if !quiet || args.options.verbose > 0 {
        // The monitor has a use of its own for the first `-v`.
        let own = u8::from(matches!(args.verb, Verb::Monitor(_)));
        logs::start(args.options.verbose.saturating_sub(own));
    }
    match run(args) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(failure) => failure.tell(),
    }
}

fn run(args: Args) -> Result<bool, Failure> {
    let is_pipe = matches!(args.verb, Verb::Pipe { .. });
    let json = args.options.json || is_pipe;
    // JSON contains no styles that would have to be removed.
    let stdout: Box<dyn Write + Send> = if json {
        Box::new(io::stdout())
    } else {
        Box::new(anstream::stdout())
    };
    let speaks = is_pipe || matches!(args.verb, Verb::Register(_) | Verb::PublishHost { .. });
    let mut out = if speaks {
        // Everything announced is withdrawn in time, even if nobody reads.
        let background = Background::start(stdout).map_err(|error| Failure::Start {
            message: format!("the output thread cannot be started: {error}"),
            hint: None,
        })?;
        Out::in_background(background, json)
    } else {
        let stdout = BufWriter::with_capacity(BUFFER_BYTES, stdout);
        Out::new(Box::new(stdout) as Box<dyn Write>, json)
    };
    let found = commands::run(args.verb, &args.options, &mut out)?;
    out.finish(after(Instant::now(), OUTPUT_WAIT_MAX))?;
    Ok(found)
}

/// How long the end waits for a reader; docs/PIPE.md promises it within 4 s, with the goodbyes.
const OUTPUT_WAIT_MAX: Duration = Duration::from_millis(1_000);

/// Room for a burst of some hundred services.
const BUFFER_BYTES: usize = 64 * 1024;
