//! Links that come, go and double.
//!
//! In:  cables pulled and plugged while Cooee browses.
//! Out: whether what it shows follows.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::time::Duration;

use netlab::capture::Capture;
use netlab::clock::{monotonic, wait_until};
use netlab::cooee;
use netlab::lab::Families;
use netlab::program::Running;
use netlab::{Error, Lab, Result, ensure};

use super::setup::{HTTP, ONCE_LIMIT, Pair, avahi, service};

/// A change is damped before it is acted on, and then there is a second.
const SETTLED_LIMIT: Duration = Duration::from_millis(2500);

pub(crate) fn two_links() -> Result<()> {
    let mut lab = Lab::new()?;
    let (one, two) = (lab.segment()?, lab.segment()?);
    let (peer, here) = (lab.node("peer")?, lab.node("here")?);
    let first = lab.plug(&peer, &one, "eth0", Families::LinkLocal)?;
    let second = lab.plug(&peer, &two, "eth1", Families::LinkLocal)?;
    lab.plug(&here, &one, "lan1", Families::Both)?;
    let cable = lab.plug(&here, &two, "lan2", Families::Both)?;
    let _avahi = avahi(
        &peer,
        "peer",
        &["eth0", "eth1"],
        vec![service("On both", 80)],
    )?;
    let browsing = cooee::start(&here, &["browse", HTTP])?;
    let (on_first, on_second) = (first.addresses_on("lan1"), second.addresses_on("lan2"));
    let both: BTreeSet<String> = on_first.union(&on_second).cloned().collect();
    wait_for_addresses(&browsing, "On both", &both)?;
    // What is gone with a link is gone from the service, which itself stays.
    here.ip(&["link", "set", &cable.interface, "down"])?;
    wait_for_addresses(&browsing, "On both", &on_first)?;
    let events = cooee::objects(&browsing.stdout())?;
    let resolved = events
        .iter()
        .filter(|event| event["event"] == "resolved")
        .count();
    let removed = events
        .iter()
        .filter(|event| event["event"] == "removed")
        .count();
    ensure!(
        (resolved, removed) == (1, 0),
        "resolved {resolved} times, removed {removed}"
    );
    Ok(())
}

pub(crate) fn replugged() -> Result<()> {
    let pair = Pair::new()?;
    let _avahi = pair.avahi(vec![service("There before", 80)])?;
    let browsing = cooee::start(&pair.here, &["browse", HTTP])?;
    wait_for_names(&browsing, ONCE_LIMIT, &["There before"])?;
    // After the first questions, which come less and less often.
    std::thread::sleep(Duration::from_secs(4));
    let capture = Capture::start(&pair.here)?;
    pair.here_port.unplug()?;
    std::thread::sleep(Duration::from_secs(1));
    let at = monotonic();
    pair.here_port.replug()?;
    let asked = wait_until(SETTLED_LIMIT, || {
        capture
            .seen()
            .iter()
            .any(|seen| seen.outgoing && seen.at > at)
    });
    ensure!(
        asked,
        "nothing was asked within {SETTLED_LIMIT:?} of the cable coming back"
    );
    wait_for_names(&browsing, ONCE_LIMIT, &["There before"])
}

pub(crate) fn readdressed() -> Result<()> {
    let pair = Pair::new()?;
    let _avahi = pair.avahi(vec![service("There before", 80)])?;
    let browsing = cooee::start(&pair.here, &["browse", HTTP, "-4"])?;
    wait_for_names(&browsing, ONCE_LIMIT, &["There before"])?;
    std::thread::sleep(Duration::from_secs(4));
    let capture = Capture::start(&pair.here)?;
    let old = pair
        .here_port
        .ipv4
        .ok_or_else(|| Error::new("no IPv4 address"))?;
    let [a, b, ..] = old.octets();
    let new = Ipv4Addr::new(a, b, 200, 1);
    let at = monotonic();
    pair.here
        .ip(&["addr", "del", &format!("{old}/16"), "dev", "lan1"])?;
    pair.here
        .ip(&["addr", "add", &format!("{new}/16"), "dev", "lan1"])?;
    let asked = wait_until(SETTLED_LIMIT, || {
        let seen = capture.seen();
        seen.iter()
            .any(|seen| seen.outgoing && seen.at > at && seen.source.ip() == new)
    });
    ensure!(
        asked,
        "nothing was asked from {new} within {SETTLED_LIMIT:?}"
    );
    wait_for_names(&browsing, ONCE_LIMIT, &["There before"])
}

pub(crate) fn later() -> Result<()> {
    let mut pair = Pair::new()?;
    let _avahi = pair.avahi(vec![service("There before", 80)])?;
    let browsing = cooee::start(&pair.here, &["browse", HTTP])?;
    wait_for_names(&browsing, ONCE_LIMIT, &["There before"])?;
    let (segment, other) = (pair.lab.segment()?, pair.lab.node("other")?);
    pair.lab.plug(&other, &segment, "eth0", Families::Both)?;
    let _other = avahi(
        &other,
        "other",
        &["eth0"],
        vec![service("Behind the new one", 80)],
    )?;
    // Its announcements are over, so it has to be asked.
    std::thread::sleep(Duration::from_secs(3));
    pair.lab
        .plug(&pair.here, &segment, "eth7", Families::Both)?;
    wait_for_names(
        &browsing,
        Duration::from_secs(5),
        &["Behind the new one", "There before"],
    )
}

pub(crate) fn wait_for_addresses(
    browsing: &Running,
    name: &str,
    wanted: &BTreeSet<String>,
) -> Result<()> {
    let shown = || -> Result<Option<BTreeSet<String>>> {
        let services = cooee::services(&cooee::objects(&browsing.stdout())?)?;
        Ok(services.get(name).map(|found| found.addresses.clone()))
    };
    let same = || shown().is_ok_and(|shown| shown.as_ref() == Some(wanted));
    if wait_until(Duration::from_secs(6), same) {
        return Ok(());
    }
    Err(Error::new(format!(
        "{name} has {:?}, wanted {wanted:?}",
        shown()?
    )))
}

pub(crate) fn wait_for_names(browsing: &Running, limit: Duration, wanted: &[&str]) -> Result<()> {
    let names = || -> Result<Vec<String>> {
        let services = cooee::services(&cooee::objects(&browsing.stdout())?)?;
        Ok(services.into_keys().collect())
    };
    if wait_until(limit, || names().is_ok_and(|names| names == wanted)) {
        return Ok(());
    }
    Err(Error::new(format!(
        "after {limit:?} there is {:?}, wanted {wanted:?}",
        names()?
    )))
}
