//! Cooee and the most common packages of npm, Java and Python, one at a time.
//!
//! In:  services that Cooee or the other registers.
//! Out: whether each finds those of the other field by field, their changes and their end.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use netlab::capture::Capture;
use netlab::clock::wait_until;
use netlab::cooee::{self, Found};
use netlab::foreign::{Foreign, Offer, Package};
use netlab::lab::Families;
use netlab::program::Running;
use netlab::{Lab, Node, Port, Result, ensure};
use nix::sys::signal::Signal;

use super::setup::{HTTP, ONCE_LIMIT};

/// How many services Cooee registers.
const OURS: u16 = 100;

/// How many services another registers.
const THEIRS: u16 = 10;

/// How long services may take to be registered: some probe for one after the other.
const REGISTERED_LIMIT: Duration = Duration::from_secs(40);

/// How long after the first announcement the last one of a service is over.
const ANNOUNCED: Duration = Duration::from_secs(2);

/// How many datagrams may leave in both families until 100 services have been announced twice.
const SENT_MAX: usize = 200;

/// How long 100 services may take to be found.
const FOUND_LIMIT: Duration = Duration::from_secs(15);

/// How long a change may take to be seen.
const CHANGE_LIMIT: Duration = Duration::from_secs(5);

/// How long a service may still be seen after its end. A goodbye takes effect after a second, and a
/// TTL ends after two minutes. On a busy machine, a peer takes seconds to report 200 ends.
const GONE_LIMIT: Duration = Duration::from_secs(10);

/// How long a goodbye takes to have its effect.
const GOODBYE: Duration = Duration::from_secs(2);

/// The same as `GONE_LIMIT` for JmDNS, which removes services only every ten seconds.
const SWEPT_LIMIT: Duration = Duration::from_secs(13);

type Services = BTreeMap<String, Found>;

/// Two hosts of a link: the other's, and ours.
struct Pair {
    peer: Node,
    peer_port: Port,
    here: Node,
    here_port: Port,
}

impl Pair {
    fn new() -> Result<Self> {
        let mut lab = Lab::new()?;
        let segment = lab.segment()?;
        let (peer, here) = (lab.node("peer")?, lab.node("here")?);
        let peer_port = lab.plug(&peer, &segment, "eth0", Families::Both)?;
        let here_port = lab.plug(&here, &segment, "lan1", Families::Both)?;
        Ok(Self {
            peer,
            peer_port,
            here,
            here_port,
        })
    }

    fn foreign(&self, package: Package) -> Result<Foreign> {
        Foreign::start(package, &self.peer, &self.peer_port)
    }
}

pub(crate) fn found_by_bonjour_service() -> Result<()> {
    // It asks once, and learns a service only from one packet.
    found_by(Package::BonjourService)
}

pub(crate) fn found_by_jmdns() -> Result<()> {
    found_by(Package::Jmdns)
}

pub(crate) fn found_by_newest_zeroconf() -> Result<()> {
    found_by(Package::NewestZeroconf)
}

/// The other starts when everything has been announced, and has to ask.
fn found_by(package: Package) -> Result<()> {
    let pair = Pair::new()?;
    let capture = Capture::start(&pair.here)?;
    let pipe = cooee::start_pipe(&pair.here)?;
    let shown_as = |port, txt: &[String]| {
        // JmDNS does not report on which host a service is.
        let host = if package == Package::Jmdns {
            ""
        } else {
            "here.local"
        };
        found(host, port, txt, pair.here_port.addresses())
    };
    let mut wanted = Services::new();
    for number in 0..OURS {
        let (name, port, txt) = numbered(number);
        let options: String = txt
            .iter()
            .map(|string| format!(" --txt {string}"))
            .collect();
        pipe.tell(&format!(
            "register '{name}' {HTTP} {port} --host here{options}"
        ))?;
        wanted.insert(name, shown_as(port, &txt));
    }
    wait_for_events(&pipe, "registered", usize::from(OURS))?;
    std::thread::sleep(ANNOUNCED);
    let sent = capture.stop().iter().filter(|seen| seen.outgoing).count();
    ensure!(
        sent <= SENT_MAX,
        "{sent} datagrams to probe for {OURS} services and to announce them"
    );
    let browser = Browser {
        foreign: pair.foreign(package)?,
        package,
    };
    browser.foreign.browse(HTTP)?;
    browser.finds(&wanted)?;

    let (changed, port, _) = numbered(3);
    pipe.tell(&format!("update '{changed}' {HTTP} --txt new=1"))?;
    if package == Package::BonjourService {
        // It reads a TXT record only in a packet that has PTR and SRV records too.
        std::thread::sleep(ANNOUNCED);
        browser.foreign.ask_again()?;
    }
    let new = shown_as(port, &["new=1".to_owned()]);
    browser.finds_changed(&changed, &new)?;

    pipe.tell(&format!("unregister '{changed}' {HTTP}"))?;
    browser.loses("the one that left", |shown| !shown.contains_key(&changed))?;
    pipe.signal(Signal::SIGINT)?;
    browser.loses("all that left", Services::is_empty)?;
    pipe.finish(ONCE_LIMIT)?.success().map(drop)
}

/// The other as a browser.
struct Browser {
    foreign: Foreign,
    package: Package,
}

impl Browser {
    /// Waits until it shows every service as it is.
    fn finds(&self, wanted: &Services) -> Result<()> {
        let right = |shown: &Services| {
            let of = |name| shown.get(name).zip(wanted.get(name));
            let both = wanted.keys().filter_map(of);
            both.filter(|(shown, wanted)| is_right(shown, wanted))
                .count()
        };
        // Some report a service again while they ask for the rest of it.
        let mut best = 0;
        wait_until(FOUND_LIMIT, || {
            best = best.max(self.shown().map_or(0, |shown| right(&shown)));
            best == wanted.len()
        });
        let shown = self.shown()?;
        ensure!(
            best == wanted.len(),
            "{:?} finds {} of {} services, {best} as they are: {shown:?}",
            self.package,
            shown.len(),
            wanted.len()
        );
        Ok(())
    }

    /// Waits until it shows what has changed as it is now.
    fn finds_changed(&self, instance: &str, wanted: &Found) -> Result<()> {
        let is_new = |shown: &Found| is_right(shown, wanted);
        let updated = || {
            self.shown()
                .is_ok_and(|shown| shown.get(instance).is_some_and(is_new))
        };
        ensure!(
            wait_until(CHANGE_LIMIT, updated),
            "{:?} shows what changed as {:?}",
            self.package,
            self.shown()?.get(instance)
        );
        Ok(())
    }

    /// Waits until it shows no longer what has left.
    fn loses(&self, what: &str, gone: impl Fn(&Services) -> bool) -> Result<()> {
        let limit = match self.package {
            Package::Jmdns => SWEPT_LIMIT,
            Package::BonjourService
            | Package::Ciao
            | Package::NewestZeroconf
            | Package::Zeroconf => GONE_LIMIT,
        };
        ensure!(
            wait_until(limit, || self.shown().is_ok_and(|shown| gone(&shown))),
            "{:?} still shows {what} among {:?}",
            self.package,
            self.shown()?.keys()
        );
        Ok(())
    }

    fn shown(&self) -> Result<Services> {
        self.foreign.services(HTTP)
    }
}

pub(crate) fn published_by_bonjour_service() -> Result<()> {
    published_by(Package::BonjourService)
}

pub(crate) fn published_by_ciao() -> Result<()> {
    published_by(Package::Ciao)
}

pub(crate) fn published_by_jmdns() -> Result<()> {
    published_by(Package::Jmdns)
}

pub(crate) fn published_by_newest_zeroconf() -> Result<()> {
    published_by(Package::NewestZeroconf)
}

fn published_by(package: Package) -> Result<()> {
    let pair = Pair::new()?;
    let foreign = pair.foreign(package)?;
    let addresses = addresses_of(package, &pair.peer_port);
    let mut wanted = Services::new();
    for number in 0..THEIRS {
        let (instance, port, txt) = numbered(number);
        register(&foreign, &instance, port, &txt)?;
        let found = found(&host_of(package, &instance), port, &txt, addresses.clone());
        wanted.insert(instance, found);
    }
    foreign.wait_registered(REGISTERED_LIMIT, usize::from(THEIRS))?;
    let browsing = cooee::start(&pair.here, &["browse", HTTP])?;
    same_soon(&browsing, FOUND_LIMIT, &wanted)?;

    // JmDNS forgets a change that it gets while it announces.
    std::thread::sleep(ANNOUNCED);
    let (changed, port, _) = numbered(7);
    if package != Package::BonjourService {
        // It has no command for a change, and withdraws what its services share with the first.
        let txt = ["new=1".to_owned()];
        foreign.update(&changed, HTTP, &txt)?;
        let found = found(&host_of(package, &changed), port, &txt, addresses);
        wanted.insert(changed.clone(), found);
        same_soon(&browsing, CHANGE_LIMIT, &wanted)?;
        // A repeated announcement after the goodbye would bring it back.
        std::thread::sleep(ANNOUNCED);
        foreign.unregister(&changed, HTTP)?;
        wanted.remove(&changed);
        same_soon(&browsing, GONE_LIMIT, &wanted)?;
    }
    foreign.leave(ONCE_LIMIT)?.success()?;
    same_soon(&browsing, GONE_LIMIT, &Services::new())
}

pub(crate) fn contested_with_bonjour_service() -> Result<()> {
    let pair = Pair::new()?;
    let foreign = pair.foreign(Package::BonjourService)?;
    let pipe = cooee::start_pipe(&pair.here)?;
    register(&foreign, "Theirs", 1000, &[])?;
    foreign.wait_registered(ONCE_LIMIT, 1)?;
    pipe.tell(&format!("register Ours {HTTP} 2000 --host here"))?;
    pipe.tell(&format!("register Theirs {HTTP} 2001 --host here"))?;
    wait_for_events(&pipe, "registered", 2)?;
    let all = [("Ours", 2000), ("Theirs", 1000), ("Theirs (2)", 2001)];
    let ports = ports_seen_from(&pair.peer)?;
    ensure!(ports == named(&all), "there are {ports:?}");
    // What was just announced is not repeated at once, and it waits no longer.
    std::thread::sleep(ANNOUNCED);
    // It withdraws what it never had, with goodbyes: ours must survive these.
    register(&foreign, "Ours", 1001, &[])?;
    let said = |line: &str| line.contains("\"taken\"");
    foreign.running().wait_stdout(ONCE_LIMIT, said)?;
    std::thread::sleep(GOODBYE);
    let mut ports = ports_seen_from(&pair.peer)?;
    // Its own went with the addresses of its host, which it withdrew.
    ports.remove("Theirs");
    ensure!(ports == named(&[all[0], all[2]]), "there are {ports:?}");
    Ok(())
}

/// Returns the port of each service that Cooee finds from a host.
fn ports_seen_from(node: &Node) -> Result<BTreeMap<String, u64>> {
    let events = cooee::run(node, &["browse", HTTP, "--once"], ONCE_LIMIT)?;
    let found = cooee::services(&events)?.into_iter();
    Ok(found.map(|(name, found)| (name, found.port)).collect())
}

fn named(ports: &[(&str, u64)]) -> BTreeMap<String, u64> {
    let named = |&(name, port): &(&str, u64)| (name.to_owned(), port);
    ports.iter().map(named).collect()
}

/// Returns a service's name, port and TXT strings, as every package can say them.
fn numbered(number: u16) -> (String, u16, Vec<String>) {
    let txt = vec![format!("number={number}"), format!("path=/{number:x<40}")];
    (format!("Service {number}"), 8000 + number, txt)
}

/// Returns whether a service is shown correctly. One of the addresses is enough: some report only
/// one.
fn is_right(shown: &Found, wanted: &Found) -> bool {
    let all = Found {
        addresses: wanted.addresses.clone(),
        ..shown.clone()
    };
    all == *wanted && !shown.addresses.is_empty() && shown.addresses.is_subset(&wanted.addresses)
}

fn found(host: &str, port: u16, txt: &[String], addresses: BTreeSet<String>) -> Found {
    Found {
        service_type: HTTP.to_owned(),
        host: host.to_owned(),
        port: u64::from(port),
        txt: txt
            .iter()
            .map(|string| string.clone().into_bytes())
            .collect(),
        addresses,
    }
}

fn register(foreign: &Foreign, instance: &str, port: u16, txt: &[String]) -> Result<()> {
    foreign.register(&Offer {
        instance,
        service_type: HTTP,
        port,
        txt,
    })
}

/// Returns the host of a service: ciao has one for each, called like it.
fn host_of(package: Package, instance: &str) -> String {
    let host = match package {
        Package::Ciao => instance.replace(' ', "-"),
        Package::BonjourService | Package::Jmdns | Package::NewestZeroconf | Package::Zeroconf => {
            "peer".to_owned()
        }
    };
    format!("{host}.local")
}

/// Returns the addresses of each host in its own opinion, as seen by another host on `lan1`.
fn addresses_of(package: Package, port: &Port) -> BTreeSet<String> {
    let v4 = port.ipv4.map(|address| address.to_string());
    let routable = port.ipv6.map(|address| address.to_string());
    let link_local = port.link_local.map(|address| format!("{address}%lan1"));
    let said = match package {
        Package::BonjourService | Package::Ciao => vec![v4, routable, link_local],
        Package::Jmdns | Package::NewestZeroconf | Package::Zeroconf => vec![v4],
    };
    said.into_iter().flatten().collect()
}

fn same_soon(browsing: &Running, limit: Duration, wanted: &Services) -> Result<()> {
    let shown = || cooee::services(&cooee::objects(&browsing.stdout())?);
    if wait_until(limit, || shown().is_ok_and(|shown| shown == *wanted)) {
        return Ok(());
    }
    let shown = shown()?;
    for (name, wanted) in wanted {
        let shown = shown.get(name);
        ensure!(
            shown == Some(wanted),
            "Cooee shows {name:?} as {shown:?}, not {wanted:?}"
        );
    }
    ensure!(
        shown.len() == wanted.len(),
        "Cooee shows {:?}, not {:?}",
        shown.keys(),
        wanted.keys()
    );
    Ok(())
}

fn wait_for_events(running: &Running, event: &str, count: usize) -> Result<()> {
    let reported = || {
        let events = cooee::objects(&running.stdout()).unwrap_or_default();
        events.iter().filter(|one| one["event"] == event).count()
    };
    ensure!(
        wait_until(ONCE_LIMIT, || reported() >= count),
        "{} times {event:?}, not {count}: {:?}",
        reported(),
        running.stderr()
    );
    Ok(())
}
