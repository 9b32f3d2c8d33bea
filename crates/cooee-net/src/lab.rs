//! A network of its own for each test that opens real sockets.
//!
//! In:  a shell script that sets up interfaces, and the test's body.
//! Out: the body run in a fresh network namespace, by running this test program again under
//!      `unshare`; or, where that cannot be, a loud word on what was not tested.
//!
//! `COOEE_LAB=required` or `CI=true` makes a skip a failure. On Windows the namespace is the
//! runner's job: `cargo xtask xcheck test` runs the program under Wine in one and says so in
//! `COOEE_NET_INSIDE`.

use std::io::Write;
#[cfg(unix)]
use std::process::Command;

use crate::interface::{Interface, interfaces};

/// Set inside the namespace: to the test's path, or to anything on Windows.
const INSIDE: &str = "COOEE_NET_INSIDE";

/// Two ends of a cable, `lan0` with addresses and `lan1` without, no duplicate detection, and
/// `lan1` believing a source that is this machine's own.
pub(crate) const CABLE: &str = "
    for s in accept_dad router_solicitations; do echo 0 > /proc/sys/net/ipv6/conf/default/$s; done
    ip link set lo up
    ip link add lan0 type veth peer name lan1
    ip addr add 10.99.0.1/24 dev lan0
    ip link set lan0 up
    ip link set lan1 up
    echo 1 > /proc/sys/net/ipv4/conf/lan1/accept_local
    # The carrier is noticed with a delay; link-local addresses come with it.
    for dev in lan0 lan1; do
        n=0
        until ip -6 addr show dev $dev scope link | grep -q fe80 || [ $n = 500 ]; do
            sleep 0.01
            n=$((n + 1))
        done
    done
    ip addr add fd00:99::1/64 dev lan0 nodad
";

/// Runs `body` in a namespace of its own that `script` has set up; `test` is the path of the test.
#[cfg(unix)]
pub(crate) fn run(test: &str, script: &str, body: impl FnOnce()) {
    if std::env::var(INSIDE).as_deref() == Ok(test) {
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
        .env(INSIDE, test)
        .output()
        .expect("unshare was there a moment ago");
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

#[cfg(windows)]
pub(crate) fn run(test: &str, _script: &str, body: impl FnOnce()) {
    if std::env::var_os(INSIDE).is_some() {
        return body();
    }
    skip(
        test,
        "no namespace around this Windows program ({INSIDE} is not set)",
    );
}

/// Says on stderr and in the file that `COOEE_SKIP_LOG` names what is not tested and why, or fails
/// where nothing may be skipped.
pub(crate) fn skip(test: &str, reason: &str) {
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

#[cfg(unix)]
fn can_unshare() -> Result<(), String> {
    let output = Command::new("unshare")
        .args(["-rn", "--", "sh", "-c", "ip link set lo up"])
        .output()
        .map_err(|error| format!("cannot run `unshare`: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!(
        "`unshare -rn` refused: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    ))
}

/// Runs a shell command of a test.
#[cfg(target_os = "linux")]
pub(crate) fn sh(command: &str) {
    let status = Command::new("sh")
        .args(["-ec", command])
        .status()
        .expect("sh exists");
    assert!(status.success(), "{command}");
}

/// Gives the interface of that name.
pub(crate) fn interface(name: &str) -> Interface {
    let list = interfaces().expect("interfaces can be listed");
    let found = list.iter().find(|interface| interface.name == name);
    found
        .unwrap_or_else(|| panic!("no {name} in {list:#?}"))
        .clone()
}
