//! A network of its own for a test that opens real sockets.
//!
//! In:  the path of the test, a shell script that sets up interfaces, the test's body.
//! Out: the body run in a fresh network namespace, by running this test program again under
//!      `unshare`; or a loud word on what was not tested. `COOEE_REQUIRE_LAB=1` forbids that.

use std::io::Write;
use std::process::Command;

/// Runs `body` in a namespace of its own that `script` has set up.
pub(crate) fn in_namespace(test: &str, script: &str, body: impl FnOnce()) {
    if std::env::var("COOEE_LAB").as_deref() == Ok(test) {
        return body();
    }
    if let Err(reason) = can_unshare() {
        return skip(test, &reason);
    }
    let program = std::env::current_exe().expect("a running program has a path");
    let script = format!("set -e\n{script}\nexec \"$@\"");
    let output = Command::new("unshare")
        .args(["-rn", "--", "sh", "-c", &script, "sh"])
        .arg(program)
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env("COOEE_LAB", test)
        .output()
        .expect("unshare was there a moment ago");
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "in the namespace: {out}{err}");
    assert!(
        out.contains("1 passed"),
        "the test's path is not {test}: {out}{err}"
    );
}

/// Runs a shell script, in the namespace of the test.
pub(crate) fn sh(script: &str) {
    let status = Command::new("sh")
        .args(["-ec", script])
        .status()
        .expect("there is a shell");
    assert!(status.success(), "failed: {script}");
}

/// Says what is not tested and why, or fails where skipping is not allowed.
fn skip(test: &str, reason: &str) {
    let required = std::env::var_os("COOEE_REQUIRE_LAB").is_some();
    assert!(!required, "{test} cannot be skipped here: {reason}");
    eprintln!("SKIPPED {test}: {reason}");
    let Some(log) = std::env::var_os("COOEE_SKIP_LOG") else {
        return;
    };
    let file = std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(log);
    if let Ok(mut file) = file {
        let _ = writeln!(file, "{test}: {reason}");
    }
}

fn can_unshare() -> Result<(), String> {
    let output = Command::new("unshare")
        .args(["-rn", "--", "sh", "-c", "ip link set lo up"])
        .output()
        .map_err(|error| format!("cannot run `unshare`: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("`unshare -rn` refused: {}", said.trim()))
}
