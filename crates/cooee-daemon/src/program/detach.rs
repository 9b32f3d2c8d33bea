//! Runs the daemon in the background.
//!
//! In:  the arguments of this process.
//! Out: a process of its own session with the same arguments but `-D`; this one waits until that one
//!      is ready.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::process::{Command, Stdio};

/// Starts the background process, and waits until it is ready.
pub(super) fn run() -> Result<(), String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut child = Command::new(program)
        .args(without_option(std::env::args_os().skip(1)))
        .env(READY_VARIABLE, "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let mut byte = [0; 1];
    let ready = child
        .stdout
        .take()
        .map(|mut pipe| pipe.read_exact(&mut byte));
    match ready {
        Some(Ok(())) => Ok(()),
        Some(Err(_)) | None => {
            // It has ended: this waits for nothing.
            let _ = child.wait();
            Err("the daemon did not start".to_owned())
        }
    }
}

/// In the background process: leaves the terminal.
pub(super) fn begin() {
    if std::env::var_os(READY_VARIABLE).is_some() {
        // Fails only for the leader of a group, which a child is not.
        let _ = rustix::process::setsid();
    }
}

/// In the background process: reports that it is ready.
pub(super) fn ready() {
    if std::env::var_os(READY_VARIABLE).is_some() {
        let mut stdout = std::io::stdout();
        // The parent may be gone.
        let _ = stdout.write_all(b"\n").and_then(|()| stdout.flush());
    }
}

/// Removes `-D` wherever it may stand, also among other short options.
fn without_option(arguments: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut kept = Vec::new();
    for argument in arguments {
        let text = argument.to_str().unwrap_or_default();
        let is_short = text.starts_with('-') && !text.starts_with("--");
        match text {
            "-D" | "--daemonize" => {}
            _ if is_short && text.contains('D') && text.chars().all(is_flag) => {
                kept.push(text.replace('D', "").into());
            }
            _ => kept.push(argument),
        }
    }
    kept
}

/// Returns whether a character can be in a group of short options without values.
fn is_flag(character: char) -> bool {
    "-Dskrc".contains(character)
}

const READY_VARIABLE: &str = "COOEED_READY";

#[cfg(test)]
mod tests {
    use super::without_option;

    #[test]
    fn the_background_process_gets_all_arguments_but_the_one_that_made_it() {
        let given = ["-D", "-sD", "--daemonize", "-f", "D.conf", "--debug"];
        let kept = without_option(given.iter().map(Into::into));
        assert_eq!(kept, ["-s", "-f", "D.conf", "--debug"]);
    }
}
