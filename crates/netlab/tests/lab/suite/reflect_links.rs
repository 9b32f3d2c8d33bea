//! The reflector between links of several kinds: the VLANs of one cable, IPv6 alone.
//!
//! In:  a router with `cooeed`; hosts with `cooee` on both of its links.
//! Out: whether both directions work at once, and nothing goes round.

use std::collections::BTreeSet;
use std::thread::sleep;
use std::time::Duration;

use netlab::capture::{Capture, Seen};
use netlab::clock::wait_until;
use netlab::cooee;
use netlab::cooeed::Cooeed;
use netlab::lab::Families;
use netlab::program::Running;
use netlab::{Lab, Port, Result, ensure};
use nix::sys::signal::Signal;

use super::setup::HTTP;

/// How long a service may take to be found across.
const FOUND_LIMIT: Duration = Duration::from_secs(15);

/// How long an end may take to be seen across: goodbyes take effect after a second.
const CHANGE_LIMIT: Duration = Duration::from_secs(10);

/// How long it is listened whether anything goes round.
const QUIET: Duration = Duration::from_secs(2);

/// The most packets of the router in that time: questions that are asked again, and their answers.
const QUIET_PACKETS_MAX: usize = 24;

/// The interfaces of a router whose links are VLANs of one cable.
const VLANS: [&str; 2] = ["eth0.10", "eth0.20"];

/// A host with a service that also looks for others.
struct Resident {
    port: Port,
    service: Running,
    browser: Running,
}

impl Resident {
    /// Returns the names and addresses that it has found.
    fn found(&self) -> Result<BTreeSet<(String, BTreeSet<String>)>> {
        let services = cooee::services(&cooee::objects(&self.browser.stdout())?)?;
        let found = services.into_iter();
        Ok(found.map(|(name, found)| (name, found.addresses)).collect())
    }

    /// Returns the name of its service, and the addresses that cross.
    fn offers(&self, name: &str) -> (String, BTreeSet<String>) {
        let v4 = self.port.ipv4.map(|address| address.to_string());
        let v6 = self.port.ipv6.map(|address| address.to_string());
        (name.to_owned(), v4.into_iter().chain(v6).collect())
    }
}

pub(crate) fn vlans() -> Result<()> {
    both_ways(Families::Both)
}

pub(crate) fn ipv6_alone() -> Result<()> {
    both_ways(Families::V6Only)
}

/// Lets services of each link be found on the other one, come and go.
fn both_ways(families: Families) -> Result<()> {
    let mut lab = Lab::new()?;
    let links = [lab.segment()?, lab.segment()?];
    let router = lab.node("router")?;
    // The VLANs of a cable have its hardware address, and so one link-local address.
    for (link, interface) in links.iter().zip(VLANS) {
        lab.plug_as(&router, link, interface, families, TRUNK_MAC)?;
    }
    let [one, other] = VLANS;
    let rule = |from: &str, to: &str| {
        format!("[[reflect]]\nfrom = \"{from}\"\nto = \"{to}\"\nallow = [\"{HTTP}\"]\n")
    };
    let rules = rule(one, other) + &rule(other, one);
    let daemon = Cooeed::start_with(&router, "router", &VLANS.join(","), &rules)?;
    let mut residents = Vec::new();
    for (link, name) in links.iter().zip(NAMES) {
        let [(node, port)] = lab.plugged([name], link, "eth0", families)?;
        let node = node.called(name);
        residents.push(Resident {
            browser: cooee::start(&node, &["browse", HTTP])?,
            service: cooee::start(&node, &["register", name, HTTP, "80"])?,
            port,
        });
    }
    let [here, there] = residents.as_slice() else {
        unreachable!("two links")
    };
    // Each host shows its own service with all addresses.
    let finds = |resident: &Resident, wanted: &(String, BTreeSet<String>)| {
        resident.found().is_ok_and(|found| found.contains(wanted))
    };
    let (lamp, desk) = (here.offers(NAMES[0]), there.offers(NAMES[1]));
    let both = || finds(here, &desk) && finds(there, &lamp);
    ensure!(
        wait_until(FOUND_LIMIT, both),
        "{:?} and {:?}; {}",
        here.found()?,
        there.found()?,
        daemon.run(&["status"])?.stdout_text()
    );

    let capture = Capture::start(&router)?;
    sleep(QUIET);
    let sent = sent(&capture.stop());
    ensure!(sent <= QUIET_PACKETS_MAX, "{sent} packets go round");

    here.service.signal(Signal::SIGINT)?;
    let is_gone = || {
        let found = there.found();
        found.is_ok_and(|found| found.iter().all(|(name, _)| name != NAMES[0]))
    };
    ensure!(wait_until(CHANGE_LIMIT, is_gone), "the goodbye crosses");
    Ok(())
}

fn sent(seen: &[Seen]) -> usize {
    seen.iter().filter(|one| one.outgoing).count()
}

/// The hosts, each with a service of its name.
const NAMES: [&str; 2] = ["lamp", "desk"];

const TRUNK_MAC: [u8; 6] = [0x02, 0xc0, 0x0e, 0, 0, 1];
