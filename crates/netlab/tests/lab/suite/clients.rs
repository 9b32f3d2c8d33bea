//! Unmodified clients of Avahi, on a private bus with either daemon.
//!
//! In:  a peer that publishes a service, and a host with `avahi-daemon` or `cooeed`.
//! Out: whether clients find the daemon, and the daemon finds the peer.

use std::time::Duration;

use netlab::avahi::Settings;
use netlab::program::{Finished, Running};
use netlab::served::{Daemon, Served};
use netlab::{Result, ensure};

use super::setup::{Pair, service};

/// How long `avahi-browse -t` may take; it waits for a second by itself.
const BROWSE_LIMIT: Duration = Duration::from_secs(20);

pub(crate) fn either_daemon() -> Result<()> {
    let pair = Pair::new()?;
    let _peer = pair.avahi(vec![service("Web", 80)])?;
    let settings = Settings {
        host_name: "here".to_owned(),
        interfaces: vec!["lan1".to_owned()],
        services: vec![service("Own", 81)],
    };
    for daemon in [Daemon::Avahi, Daemon::Cooeed] {
        let mut served = Served::start(&pair.here, daemon, &settings)?;
        finds_both(&served, daemon)?;
        served.stop()?;
        let refused = browse(&served)?;
        ensure!(
            refused.stderr_text().contains("Daemon not running"),
            "{daemon:?} is stopped: {}",
            refused.stderr_text()
        );
        served.resume()?;
        finds_both(&served, daemon)?;
    }
    Ok(())
}

fn finds_both(served: &Served, daemon: Daemon) -> Result<()> {
    let found = browse(served)?.success()?.stdout_text();
    for name in ["Own", "Web"] {
        ensure!(
            found.contains(&format!(";{name};")),
            "{daemon:?}: no {name} in {found}"
        );
    }
    Ok(())
}

fn browse(served: &Served) -> Result<Finished> {
    let mut command = served.command("avahi-browse");
    command.args(["-apt"]);
    Running::start(command)?.finish(BROWSE_LIMIT)
}
