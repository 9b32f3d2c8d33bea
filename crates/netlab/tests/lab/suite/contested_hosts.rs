//! One host name, wanted by Cooee and by another responder.
//!
//! In:  Avahi or python-zeroconf, which has the name first, comes second, or comes at the same
//!      time.
//! Out: whether each ends with its own name, and a third host finds each at its own address.
//!
//! python-zeroconf neither probes for a host name nor gives one up: Cooee, which was there first,
//! takes another one. If python-zeroconf were first, nobody could know: it answers no question of
//! type ANY about a host, such as a probe.

use std::collections::BTreeSet;
use std::time::Duration;

use netlab::clock::wait_until;
use netlab::cooee;
use netlab::foreign::{Foreign, Offer, Package};
use netlab::lab::Families;
use netlab::program::Running;
use netlab::{Lab, Node, Port, Result, Segment, ensure};

use super::setup::{HTTP, ONCE_LIMIT, avahi};

/// How long both may take to have their names, including a second of pause and a rename.
const SETTLED_LIMIT: Duration = Duration::from_secs(8);

/// A link with our host and an observer; others are plugged in.
struct Ring {
    lab: Lab,
    segment: Segment,
    here: Node,
    port: Port,
    onlooker: Node,
}

impl Ring {
    fn new() -> Result<Self> {
        let mut lab = Lab::new()?;
        let segment = lab.segment()?;
        let (here, onlooker) = (lab.node("here")?, lab.node("onlooker")?);
        let port = lab.plug(&here, &segment, "lan1", Families::Both)?;
        lab.plug(&onlooker, &segment, "eth0", Families::Both)?;
        Ok(Self {
            lab,
            segment,
            here,
            port,
            onlooker,
        })
    }

    fn rival(&mut self, name: &str) -> Result<(Node, Port)> {
        let node = self.lab.node(name)?;
        let port = self
            .lab
            .plug(&node, &self.segment, "eth0", Families::Both)?;
        Ok((node, port))
    }

    fn publish(&self, name: &str) -> Result<Running> {
        cooee::start(&self.here, &["publish-host", name])
    }

    /// Waits until a third host finds both names, one at each address, in this order or, if the
    /// order is open, in the other.
    fn assert_two(&self, name: &str, ports: [&Port; 2], is_open: bool) -> Result<()> {
        let names = [format!("{name}.local"), format!("{name}-2.local")];
        let addresses = ports.map(|port| port.ipv4.map(|address| address.to_string()));
        let mut shown = Vec::new();
        let settled = wait_until(SETTLED_LIMIT, || {
            shown = names.iter().map(|name| self.addresses(name)).collect();
            let holders: Vec<Option<usize>> = shown
                .iter()
                .map(|shown| holder(shown, &addresses))
                .collect();
            holders == [Some(0), Some(1)] || is_open && holders == [Some(1), Some(0)]
        });
        ensure!(settled, "{names:?} have {shown:?}, wanted {addresses:?}");
        Ok(())
    }

    fn addresses(&self, name: &str) -> BTreeSet<String> {
        let events = cooee::run(
            &self.onlooker,
            &["host", name, "--once", "-t", "3"],
            ONCE_LIMIT,
        );
        let events = events.unwrap_or_default();
        let last = events.iter().rev().find(|event| event["name"] == name);
        let addresses = last.and_then(|event| event["addresses"].as_array());
        let texts = addresses
            .into_iter()
            .flatten()
            .filter_map(|one| one.as_str());
        texts.map(ToOwned::to_owned).collect()
    }
}

/// Returns which of two hosts has a name: it has that one's IPv4 address, and not the other's.
fn holder(shown: &BTreeSet<String>, addresses: &[Option<String>; 2]) -> Option<usize> {
    let has = |place: usize| {
        addresses[place]
            .as_ref()
            .is_some_and(|one| shown.contains(one))
    };
    match (has(0), has(1)) {
        (true, false) => Some(0),
        (false, true) => Some(1),
        (true, true) | (false, false) => None,
    }
}

fn wait_published(host: &Running) -> Result<()> {
    host.wait_stdout(ONCE_LIMIT, |line| line.contains("\"host-registered\""))
        .map(drop)
}

pub(crate) fn with_avahi() -> Result<()> {
    let mut ring = Ring::new()?;
    let (first, first_port) = ring.rival("first")?;
    let (second, second_port) = ring.rival("second")?;
    let (third, third_port) = ring.rival("third")?;
    let daemon = |node: &Node, name: &str| avahi(node, name, &["eth0"], Vec::new());

    let _theirs = daemon(&first, "theirs")?;
    let ours = ring.publish("ours")?;
    let both = ring.publish("both")?;
    let _both = daemon(&third, "both")?;
    wait_published(&ours)?;
    let _ours = daemon(&second, "ours")?;
    let theirs = ring.publish("theirs")?;
    wait_published(&theirs)?;
    wait_published(&both)?;

    ring.assert_two("theirs", [&first_port, &ring.port], false)?;
    ring.assert_two("ours", [&ring.port, &second_port], false)?;
    ring.assert_two("both", [&ring.port, &third_port], true)?;
    let renamed = |host: &Running| {
        host.stdout()
            .iter()
            .any(|line| line.text.contains("renamed"))
    };
    ensure!(!renamed(&ours), "it was first: {:?}", ours.stdout());
    ensure!(renamed(&theirs), "it was second: {:?}", theirs.stdout());
    Ok(())
}

pub(crate) fn with_zeroconf() -> Result<()> {
    let mut ring = Ring::new()?;
    // Its host has the node's name.
    let (rival, rival_port) = ring.rival("ours")?;
    let zeroconf = Foreign::start(Package::Zeroconf, &rival, &rival_port)?;
    let ours = ring.publish("ours")?;
    wait_published(&ours)?;
    zeroconf.register(&Offer {
        instance: "Web",
        service_type: HTTP,
        port: 80,
        txt: &[],
    })?;
    ring.assert_two("ours", [&rival_port, &ring.port], false)
}
