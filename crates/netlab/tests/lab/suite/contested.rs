//! One name, wanted by Cooee and by another responder.
//!
//! In:  Avahi or another peer, which has the name first, comes second, or comes at the same time.
//! Out: whether each ends with its own name, which it then keeps.

use std::collections::BTreeMap;
use std::time::Duration;

use netlab::avahi::Avahi;
use netlab::clock::wait_until;
use netlab::cooee::{self, Found};
use netlab::foreign::{Foreign, Offer, Package};
use netlab::lab::Families;
use netlab::program::Running;
use netlab::{Error, Lab, Node, Port, Result, ensure};

use super::setup::{HTTP, ONCE_LIMIT, avahi, service};

/// How many names both want at the same moment, or nearly so.
const ROUNDS: u16 = 6;

/// How much further apart each round is than the one before: probing takes 750 to 1000 ms.
const STEP: Duration = Duration::from_millis(150);

/// How long both may take to have their names, including a second of pause and a rename.
const SETTLED_LIMIT: Duration = Duration::from_secs(8);

/// How long names must stay as they are once they are settled.
const CALM: Duration = Duration::from_secs(2);

/// Theirs have ports from here on, ours from there.
const THEIRS: u16 = 1000;
const OURS: u16 = 2000;

/// The other claimant of the name.
trait Rival {
    /// Has it claim a name for a service at this port.
    fn claim(&mut self, instance: &str, port: u16) -> Result<()>;
    /// Waits until it reports that this many services have their names.
    fn wait_established(&self, count: usize) -> Result<()>;
}

/// The hosts of a link: the rival's, ours, and an observer.
struct Ring {
    rival: Node,
    rival_port: Port,
    here: Node,
    onlooker: Node,
}

impl Ring {
    fn new() -> Result<Self> {
        let mut lab = Lab::new()?;
        let segment = lab.segment()?;
        let (rival, here, onlooker) =
            (lab.node("rival")?, lab.node("here")?, lab.node("onlooker")?);
        let rival_port = lab.plug(&rival, &segment, "eth0", Families::Both)?;
        lab.plug(&here, &segment, "lan1", Families::Both)?;
        lab.plug(&onlooker, &segment, "eth0", Families::Both)?;
        Ok(Self {
            rival,
            rival_port,
            here,
            onlooker,
        })
    }
}

struct ByAvahi {
    avahi: Avahi,
    publishers: Vec<Running>,
}

impl Rival for ByAvahi {
    fn claim(&mut self, instance: &str, port: u16) -> Result<()> {
        let publisher = self.avahi.publish(&service(instance, port))?;
        self.publishers.push(publisher);
        Ok(())
    }

    fn wait_established(&self, count: usize) -> Result<()> {
        ensure!(count <= self.publishers.len(), "{count} were not claimed");
        let mut publishers = self.publishers.iter();
        publishers.try_for_each(|publisher| self.avahi.wait_established(publisher, SETTLED_LIMIT))
    }
}

pub(crate) fn with_avahi() -> Result<()> {
    let ring = Ring::new()?;
    let avahi = avahi(&ring.rival, "rival", &["eth0"], Vec::new())?;
    let publishers = Vec::new();
    contest(&ring, &mut ByAvahi { avahi, publishers }, ROUNDS)
}

impl Rival for Foreign {
    fn claim(&mut self, instance: &str, port: u16) -> Result<()> {
        self.register(&Offer {
            instance,
            service_type: HTTP,
            port,
            // Without attributes ciao takes its own announcement for that of another host.
            txt: &["rival=1".to_owned()],
        })
    }

    fn wait_established(&self, count: usize) -> Result<()> {
        self.wait_registered(SETTLED_LIMIT, count)
    }
}

pub(crate) fn with_zeroconf() -> Result<()> {
    with_foreign(Package::Zeroconf, ROUNDS)
}

pub(crate) fn with_newest_zeroconf() -> Result<()> {
    with_foreign(Package::NewestZeroconf, ROUNDS)
}

pub(crate) fn with_ciao() -> Result<()> {
    // It probes for one name after the other, so that nothing comes at the same time.
    with_foreign(Package::Ciao, 0)
}

pub(crate) fn with_jmdns() -> Result<()> {
    // It answers no probe while it announces, so that its names are its own only later.
    with_foreign(Package::Jmdns, 0)
}

fn with_foreign(package: Package, rounds: u16) -> Result<()> {
    let ring = Ring::new()?;
    let mut foreign = Foreign::start(package, &ring.rival, &ring.rival_port)?;
    contest(&ring, &mut foreign, rounds)
}

fn contest(ring: &Ring, rival: &mut impl Rival, rounds: u16) -> Result<()> {
    let pipe = cooee::start_pipe(&ring.here)?;
    rival.claim("Theirs first", THEIRS)?;
    register(&pipe, "Ours first", OURS + 1)?;
    rival.wait_established(1)?;
    wait_registered(&pipe, 1)?;
    if rounds == 0 {
        std::thread::sleep(CALM);
    }
    register(&pipe, "Theirs first", OURS)?;
    rival.claim("Ours first", THEIRS + 1)?;
    let mut number = 2;
    for round in 0..rounds {
        for ours_first in [true, false] {
            let name = format!("Both {number}");
            if ours_first {
                register(&pipe, &name, OURS + number)?;
            } else {
                rival.claim(&name, THEIRS + number)?;
            }
            std::thread::sleep(STEP * u32::from(round));
            if ours_first {
                rival.claim(&name, THEIRS + number)?;
            } else {
                register(&pipe, &name, OURS + number)?;
            }
            number += 1;
        }
    }
    rival.wait_established(usize::from(number))?;
    settled(ring, number)?;
    let said = pipe.stdout().len();
    std::thread::sleep(CALM);
    ensure!(
        pipe.stdout().len() == said,
        "it goes on: {:?}",
        pipe.stdout()
    );
    settled(ring, number)?;
    let by_port = by_port(ring)?;
    // The first one has kept the name.
    let name_at = |port| by_port.get(&u64::from(port)).map(|(name, _)| name.as_str());
    ensure!(name_at(THEIRS) == Some("Theirs first"), "{by_port:?}");
    ensure!(name_at(OURS) == Some("Theirs first (2)"), "{by_port:?}");
    ensure!(name_at(OURS + 1) == Some("Ours first"), "{by_port:?}");
    Ok(())
}

fn register(pipe: &Running, instance: &str, port: u16) -> Result<()> {
    pipe.tell(&format!("register '{instance}' {HTTP} {port} --host here"))
}

/// Waits until this many services are reported as registered.
fn wait_registered(running: &Running, count: usize) -> Result<()> {
    let registered = || -> usize {
        let lines = running.stdout();
        let events = lines
            .iter()
            .filter(|line| line.text.contains("\"registered\""));
        events.count()
    };
    if wait_until(SETTLED_LIMIT, || registered() >= count) {
        return Ok(());
    }
    Err(Error::new(format!(
        "{} of {count} registered: {:?}",
        registered(),
        running.stdout()
    )))
}

/// Checks that a third host finds every service of both, each with its own host.
fn settled(ring: &Ring, number: u16) -> Result<()> {
    let found = by_port(ring)?;
    // The rival may have a host for each service.
    for (first, is_ours) in [(THEIRS, false), (OURS, true)] {
        for port in first..first + number {
            let shown = found.get(&u64::from(port));
            let is_right = shown.is_some_and(|(_, found)| (found.host == "here.local") == is_ours);
            ensure!(is_right, "port {port} is {shown:?} among {found:?}");
        }
    }
    ensure!(
        found.len() == usize::from(number) * 2,
        "there are {found:?}"
    );
    Ok(())
}

fn by_port(ring: &Ring) -> Result<BTreeMap<u64, (String, Found)>> {
    let events = cooee::run(&ring.onlooker, &["browse", HTTP, "--once"], ONCE_LIMIT)?;
    let found = cooee::services(&events)?.into_iter();
    Ok(found
        .map(|(name, found)| (found.port, (name, found)))
        .collect())
}
