//! A separate network for each test that opens real sockets.
//!
//! In:  a shell script that sets up interfaces, and the test's body or program.
//! Out: its result in a new network namespace, under `unshare`; or, where that is impossible, a
//!      message about what was not tested.
//!
//! `COOEE_LAB=required` or `CI=true` makes a skip a failure. `COOEE_SKIP_LOG` names a file that
//! lists the skipped tests. On Windows the runner makes the namespace: `cargo xtask xcheck test`
//! runs the program under Wine in one and sets `COOEE_NET_INSIDE`.
#![forbid(unsafe_code)]

use std::io::Write;
#[cfg(unix)]
use std::process::{Command, Output, Stdio};

/// Set inside the namespace: to the test's path, or to anything on Windows.
const INSIDE: &str = "COOEE_NET_INSIDE";

/// Runs `body` in a separate namespace that `script` has set up, by running this test program again
/// in it; `test` is the path of the test.
///
/// # Panics
///
/// Panics if the body does, if the script fails, or if `test` is not a test's path.
#[cfg(unix)]
#[allow(clippy::print_stderr, reason = "a measurement is to be seen")]
pub fn run(test: &str, script: &str, body: impl FnOnce()) {
    if std::env::var(INSIDE).as_deref() == Ok(test) {
        return body();
    }
    let program = std::env::current_exe().expect("a running program has a path");
    let mut command = unshare(&format!("set -e\n{script}\nexec \"$@\""));
    command
        .arg("sh")
        .arg(program)
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        // Whoever runs it here has chosen it.
        .arg("--include-ignored")
        .env(INSIDE, test);
    let Some(output) = finish(test, command) else {
        return;
    };
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "in the namespace: {text}");
    assert!(
        text.contains("1 passed"),
        "the test's path is not {test}: {text}"
    );
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
}

/// Runs `body`, if this program is in a namespace.
#[cfg(windows)]
pub fn run(test: &str, _script: &str, body: impl FnOnce()) {
    if std::env::var_os(INSIDE).is_some() {
        return body();
    }
    skip(
        test,
        &format!("no namespace around this Windows program ({INSIDE} is not set)"),
    );
}

/// Runs a shell script in a separate namespace, with these variables set. Returns its output;
/// `None` if it was skipped.
#[cfg(unix)]
pub fn run_script(test: &str, script: &str, variables: &[(&str, &str)]) -> Option<Output> {
    let mut command = unshare(script);
    command.envs(variables.iter().copied());
    finish(test, command)
}

/// Reports on stderr and in the file that `COOEE_SKIP_LOG` names what is not tested and why.
///
/// # Panics
///
/// Panics where nothing may be skipped.
#[allow(clippy::print_stderr, reason = "a skipped test has to be heard")]
pub fn skip(test: &str, reason: &str) {
    let set_to = |name, value: &str| std::env::var(name).as_deref() == Ok(value);
    let required = set_to("COOEE_LAB", "required") || set_to("CI", "true");
    assert!(!required, "{test} may not be skipped here: {reason}");
    eprintln!("SKIPPED {test}: {reason}");
    if let Some(path) = std::env::var_os("COOEE_SKIP_LOG") {
        let file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(path);
        file.and_then(|mut file| writeln!(file, "{test}: {reason}"))
            .expect("the skip log is writable");
    }
}

/// Runs a shell script of a test, in the test's namespace.
///
/// # Panics
///
/// Panics if the script fails.
#[cfg(unix)]
pub fn sh(script: &str) {
    let status = Command::new("sh")
        .args(["-ec", script])
        .status()
        .expect("there is a shell");
    assert!(status.success(), "failed: {script}");
}

#[cfg(unix)]
fn unshare(script: &str) -> Command {
    let mut command = Command::new("unshare");
    // The host name is separate, too: a test may set it in /proc/sys/kernel/hostname.
    command.args(["-rnu", "--", "sh", "-c", script]);
    command.stdin(Stdio::null());
    command
}

/// Runs a command in a namespace, if there can be one.
#[cfg(unix)]
fn finish(test: &str, mut command: Command) -> Option<Output> {
    match can_unshare() {
        Ok(()) => Some(command.output().expect("unshare was there a moment ago")),
        Err(reason) => {
            skip(test, &reason);
            None
        }
    }
}

#[cfg(unix)]
fn can_unshare() -> Result<(), String> {
    let output = unshare("ip link set lo up")
        .output()
        .map_err(|error| format!("cannot run `unshare`: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("`unshare -rnu` refused: {}", said.trim()))
}
