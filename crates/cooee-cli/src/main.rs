//! The `cooee` program: find and announce services on the local network.
//!
//! In:  the command line.
//! Out: what was found, on standard output; what hinders, on standard error; an exit code
//!      (0 found, 1 not found, 2 wrong argument, 3 cannot start).
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
mod convert;
mod demo;
mod escape;
mod failure;
mod follow;
mod generate;
mod logs;
mod out;
mod pipe;
mod report;
mod said;
mod settle;
mod signals;
mod speak;
mod target;
mod text;
mod verbs;
mod watch;

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use clap::Parser;

use crate::args::Args;
use crate::failure::Failure;
use crate::out::Out;

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(message) => {
            // Help to a closed pipe, or an error nobody reads: the code says it all.
            let _ = message.print();
            return if message.use_stderr() {
                ExitCode::from(2)
            } else {
                ExitCode::SUCCESS
            };
        }
    };
    // The demo's choice of interface is its own, and no news to whoever watches it.
    let quiet = matches!(args.verb, args::Verb::Demo { .. });
    if !quiet || args.options.verbose > 0 {
        logs::start(args.options.verbose);
    }
    let json = args.options.json;
    // JSON holds no styles that would have to be taken out.
    let stdout: Box<dyn Write> = if json {
        Box::new(io::stdout())
    } else {
        Box::new(anstream::stdout())
    };
    let mut out = Out::new(BufWriter::with_capacity(BUFFER_BYTES, stdout), json);
    match verbs::run(args.verb, &args.options, &mut out).and_then(|found| finish(&mut out, found)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(failure) => failure.tell(),
    }
}

fn finish<W: Write>(out: &mut Out<W>, found: bool) -> Result<bool, Failure> {
    out.flush()?;
    Ok(found)
}

/// Room for a burst of some hundred services.
const BUFFER_BYTES: usize = 64 * 1024;
