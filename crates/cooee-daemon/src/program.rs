//! The program: reads the command line and does what it says.
//!
//! In:  the arguments of the process.
//! Out: its exit code; with nothing else to do, a running daemon.

mod args;
mod check_config;
mod connections;
mod control;
mod daemon;
mod detach;
mod load;
mod logs;
mod metrics;
mod notify;
mod pid_file;
#[cfg(target_os = "linux")]
mod sandbox;
mod status;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use args::{Action, Options};
use pid_file::PidFile;

/// Runs the program.
pub fn main(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let options = match Options::parse(arguments) {
        Ok(options) => options,
        Err(message) => {
            // Help to a closed pipe, or an error that nobody reads: the code is enough.
            let _ = message.print();
            return match message.use_stderr() {
                true => ExitCode::from(EXIT_USAGE),
                false => ExitCode::SUCCESS,
            };
        }
    };
    match run(&options) {
        Ok(code) => code,
        Err(error) => {
            // Nobody may be there to read it.
            let _ = writeln!(io::stderr(), "cooeed: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<ExitCode, String> {
    let pid_file = PidFile::new(options.pid_file());
    match options.action() {
        Action::Version => {
            say(concat!("cooeed ", env!("CARGO_PKG_VERSION"), "\n"));
            Ok(ExitCode::SUCCESS)
        }
        Action::Check => Ok(match pid_file.is_held()? {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        }),
        Action::Kill => pid_file.kill().map(|()| ExitCode::SUCCESS),
        Action::Reload => {
            let reloaded = pid_file.reload();
            // The daemon keeps its settings if they are wrong, and can say so only in its log.
            let kept = |reason| format!("{reason}; the old settings stay");
            reloaded.and_then(|()| load::config(options).map_err(kept))?;
            Ok(ExitCode::SUCCESS)
        }
        Action::CheckConfig(files) => Ok(check_config::run(options, files)),
        Action::Alias(command) => control::run(options, command).map(|()| ExitCode::SUCCESS),
        Action::Status { json } => status::show(options, json).map(|()| ExitCode::SUCCESS),
        Action::Run if options.daemonize => detach::run().map(|()| ExitCode::SUCCESS),
        Action::Run => {
            logs::start(options.debug, options.syslog);
            match load::config(options) {
                Ok(config) => daemon::run(options, config, &pid_file).map(|()| ExitCode::SUCCESS),
                Err(reason) => {
                    tracing::error!("{reason}");
                    Ok(ExitCode::from(EXIT_CONFIG))
                }
            }
        }
    }
}

/// Prints; a reader that is gone needs nothing more.
fn say(text: &str) {
    let _ = io::stdout().write_all(text.as_bytes());
}

const EXIT_USAGE: u8 = 2;

/// What a service manager does not start again until somebody has mended the files: `EX_CONFIG`.
const EXIT_CONFIG: u8 = 78;
