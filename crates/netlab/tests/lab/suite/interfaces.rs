//! Which interfaces are used, and that no packet leaves by another.
//!
//! In:  a host with interfaces of the relevant names.
//! Out: whether `cooee interfaces` and the wire agree with the rules.

use std::collections::BTreeMap;
use std::thread::ScopedJoinHandle;
use std::time::Duration;

use netlab::avahi::Avahi;
use netlab::capture::{Capture, assert_sent_only_on};
use netlab::cooee;
use netlab::error::Context;
use netlab::lab::Families;
use netlab::program::Finished;
use netlab::{Error, Lab, Node, Result, ensure};

use super::setup::{HTTP, ONCE_LIMIT, service};

/// The interfaces that are used.
const TAKEN: [&str; 2] = ["eth0", "lan1"];

/// What is left out, with a word that the reason has to hold.
const LEFT_OUT: [(&str, &str); 10] = [
    ("veth0", "container"),
    ("docker0", "container"),
    ("br-1", "container"),
    ("wg0", "VPN"),
    ("tun0", "VPN"),
    ("utun3", "VPN"),
    ("ppp0", "VPN"),
    ("tailscale0", "VPN"),
    ("wireguard1", "VPN"),
    ("lo", "loopback"),
];

pub(crate) fn report() -> Result<()> {
    let (_lab, node) = crowded()?;
    node.ip(&["tuntap", "add", "dev", "office", "mode", "tun"])?;
    node.ip(&["addr", "add", "10.99.0.1/24", "dev", "office"])?;
    node.ip(&["link", "set", "office", "up"])?;
    let mut shown = BTreeMap::new();
    for object in cooee::run(&node, &["interfaces"], ONCE_LIMIT)? {
        let name = object["name"].as_str().context_none("name")?.to_owned();
        let selected = object["selected"].as_bool().context_none("selected")?;
        let reason = object["reason"].as_str().context_none("reason")?.to_owned();
        ensure!(
            object["index"].as_u64().is_some_and(|index| index > 0),
            "no index: {object}"
        );
        shown.insert(name, (selected, reason));
    }
    for name in TAKEN {
        ensure!(
            shown.get(name).is_some_and(|(taken, _)| *taken),
            "{name} is not taken: {shown:?}"
        );
    }
    // The kernel knows the kind of `office`; its name says nothing.
    for (name, word) in LEFT_OUT.into_iter().chain([("office", "VPN")]) {
        let (taken, reason) = shown.get(name).ok_or_else(|| Error::new(name))?;
        ensure!(!taken, "{name} is taken: {reason}");
        let holds = reason.to_lowercase().contains(&word.to_lowercase());
        ensure!(
            holds,
            "{name} is refused as {reason:?}, without the word {word}"
        );
    }
    Ok(())
}

pub(crate) fn packets() -> Result<()> {
    let (lab, node) = crowded()?;
    let _peers = peers(&lab)?;
    let capture = Capture::start(&node)?;
    let found = browse(&node, &[])?.success()?;
    let found = cooee::services(&cooee::objects(&found.stdout)?)?;
    assert_sent_only_on(&capture.stop(), &TAKEN)?;
    let names: Vec<&String> = found.keys().collect();
    ensure!(names == ["On eth0", "On lan1"], "found {names:?}");
    Ok(())
}

pub(crate) fn listed() -> Result<()> {
    let (lab, node) = crowded()?;
    let _peers = peers(&lab)?;
    for (options, on, warned) in [
        (&["--interface", "lan1"][..], &["lan1"][..], false),
        (&["--interface", "tun0"], &["tun0"], true),
        (
            &["--interface", "docker0", "--interface", "eth0"],
            &["docker0", "eth0"],
            false,
        ),
    ] {
        let capture = Capture::start(&node)?;
        let finished = browse(&node, options)?;
        assert_sent_only_on(&capture.stop(), on).context(format!("{options:?}"))?;
        let found = cooee::services(&cooee::objects(&finished.stdout)?)?;
        let names: Vec<&String> = found.keys().collect();
        let wanted: Vec<String> = on.iter().map(|name| format!("On {name}")).collect();
        let same = names.iter().copied().eq(wanted.iter());
        ensure!(same, "{options:?} found {names:?}");
        let said = finished.stderr_text();
        ensure!(
            !warned || said.contains("VPN"),
            "{options:?} did not warn of a VPN: {said}"
        );
    }
    Ok(())
}

pub(crate) fn none_left() -> Result<()> {
    let mut lab = Lab::new()?;
    let segment = lab.segment()?;
    let node = lab.node("here")?;
    for name in ["wg0", "docker0"] {
        lab.plug(&node, &segment, name, Families::Both)?;
    }
    let capture = Capture::start(&node)?;
    let finished = browse(&node, &[])?;
    ensure!(
        finished.status.code() == Some(3),
        "it ended with {}",
        finished.status
    );
    let said = finished.stderr_text();
    for name in ["wg0", "docker0", "lo"] {
        ensure!(said.contains(name), "{name} is not named in {said}");
    }
    assert_sent_only_on(&capture.stop(), &[])
}

/// Returns a host with every interface name that a rule speaks of, each on a segment of its own.
fn crowded() -> Result<(Lab, Node)> {
    let mut lab = Lab::new()?;
    let node = lab.node("here")?;
    let left_out = LEFT_OUT
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| *name != "lo");
    for name in TAKEN.into_iter().chain(left_out) {
        let segment = lab.segment()?;
        lab.plug(&node, &segment, name, Families::Both)?;
        let peer = lab.node(&format!("peer-{name}"))?;
        lab.plug(&peer, &segment, "eth0", Families::Both)?;
    }
    Ok((lab, node))
}

/// Returns an Avahi behind each interface that matters, with a service named after it.
fn peers(lab: &Lab) -> Result<Vec<Avahi>> {
    let behind = ["eth0", "lan1", "tun0", "docker0", "veth0"];
    std::thread::scope(|scope| {
        // Each takes two seconds to probe and announce.
        let starting: Vec<_> = behind
            .into_iter()
            .map(|name| scope.spawn(move || peer_behind(lab, name)))
            .collect();
        let joined = starting.into_iter().map(ScopedJoinHandle::join);
        joined
            .map(|peer| peer.map_err(|_| Error::new("a peer panicked"))?)
            .collect()
    })
}

fn peer_behind(lab: &Lab, name: &str) -> Result<Avahi> {
    let peer = lab.existing(&format!("peer-{name}"))?;
    let services = vec![service(&format!("On {name}"), 80)];
    super::setup::avahi(&peer, &format!("peer-{name}"), &["eth0"], services)
}

fn browse(node: &Node, options: &[&str]) -> Result<Finished> {
    let arguments = [&["browse", HTTP, "--once"], options].concat();
    cooee::start(node, &arguments)?.finish(ONCE_LIMIT + Duration::from_secs(5))
}

/// Names what an object lacks.
trait ContextNone<T> {
    fn context_none(self, what: &str) -> Result<T>;
}

impl<T> ContextNone<T> for Option<T> {
    fn context_none(self, what: &str) -> Result<T> {
        self.ok_or_else(|| Error::new(format!("no {what} in an object")))
    }
}
