//! The `cooeed` program.
//!
//! In:  the command line.
//! Out: what the library of this crate does with it.
#![forbid(unsafe_code)]

use std::process::ExitCode;

#[cfg(unix)]
fn main() -> ExitCode {
    cooee_daemon::main(std::env::args_os())
}

#[cfg(not(unix))]
#[allow(clippy::print_stderr, reason = "there is no log here")]
fn main() -> ExitCode {
    eprintln!("cooeed runs on Linux and BSD only");
    ExitCode::FAILURE
}
