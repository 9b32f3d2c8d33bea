//! A network of its own for each test that opens real sockets.
//!
//! In:  a shell script that sets up interfaces, and the test's body or program.
//! Out: it run in a fresh network namespace, under `unshare`; or, where that cannot be, a loud word
//!      on what was not tested.
//!
//! `COOEE_LAB=required` or `CI=true` makes a skip a failure; `COOEE_SKIP_LOG` names a file that
//! lists what was skipped. On Windows the namespace is the runner's job: `cargo xtask xcheck test`
//! runs the program under Wine in one and says so in `COOEE_NET_INSIDE`.
#![forbid(unsafe_code)]

use std::io::Write;
#[cfg(unix)]
use std::process::{Command, Output, Stdio};

/// Set inside the namespace: to the test's path, or to anything on Windows.
const INSIDE: &str = "COOEE_NET_INSIDE";

/// Runs `body` in a namespace of its own that `script` has set up, by running this test program
/// again in it; `test` is the path of the test.
///
/// # Panics
///
/// When the body does, when the script fails, or when `test` is no test's path.
#[cfg(unix)]
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

/// Runs a shell script in a namespace of its own, with these variables set, and gives what came of
/// it; `None` if it was skipped.
#[cfg(unix)]
pub fn run_script(test: &str, script: &str, variables: &[(&str, &str)]) -> Option<Output> {
    let mut command = unshare(script);
    command.envs(variables.iter().copied());
    finish(test, command)
}

/// Says on stderr and in the file that `COOEE_SKIP_LOG` names what is not tested and why.
///
/// # Panics
///
/// Where nothing may be skipped.
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

/// Runs a shell script of a test, in the namespace that the test is in.
///
/// # Panics
///
/// When the script fails.
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
    // The host name is its own too: a test may set it in /proc/sys/kernel/hostname.
    command.args(["-rnu", "--", "sh", "-c", script]);
    command.stdin(Stdio::null());
    command
}

/// Runs what goes into a namespace, if there can be one.
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
