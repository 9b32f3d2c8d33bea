//! Captures of real networks, played: what can be read, what is made of it, what breaks.
//!
//! In:  pcap and pcapng files; `--live`: to the real program as well, in a namespace.
//! Out: a report on each; failure when anything broke.

use crate::shell;

pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let mut command = shell::cargo(&["run", "--quiet", "--package", "netlab", "--bin", "replay"]);
    command.arg("--");
    // The chore runs at the top of the repository; the files are named from here.
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
