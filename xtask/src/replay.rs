//! Replays captures of real networks: what can be read, what results from it, what breaks.
//!
//! In:  pcap and pcapng files; `--live`: also to the real program, in a namespace.
//! Out: a report on each; failure if anything broke.

use crate::shell;

pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let mut command = shell::cargo(&["run", "--quiet", "--package", "netlab", "--bin", "replay"]);
    command.arg("--");
    // The chore runs at the top of the repository; the files are given relative to here.
    let here = std::env::current_dir().map_err(|error| error.to_string())?;
    for argument in arguments {
        if argument.starts_with('-') {
            command.arg(argument);
        } else {
            command.arg(here.join(argument));
        }
    }
    shell::run(command)
}
