//! Cooee finds what Avahi publishes.
//!
//! In:  services published by `avahi-publish`.
//! Out: whether `cooee browse --json` shows each of them, and their end.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use netlab::avahi::{Avahi, Service};
use netlab::capture::Capture;
use netlab::clock::{monotonic, wait_until};
use netlab::cooee::{self, Found};
use netlab::lab::Families;
use netlab::program::Running;
use netlab::{Error, Node, Port, Result, ensure};
use nix::sys::signal::Signal;

use super::setup::{HTTP, ONCE_LIMIT, Pair, avahi, service};

/// How many services there are.
const SERVICES: u16 = 200;

/// How long 200 publishers may take to be established.
const ESTABLISHED_LIMIT: Duration = Duration::from_secs(30);

/// Longer than the pause between two announcements.
const SILENCE: Duration = Duration::from_secs(3);

pub(crate) fn two_hundred() -> Result<()> {
    // Avahi publishes its link-local address if it has no better one.
    let pair = Pair::with(Families::LinkLocal)?;
    let avahi = pair.avahi(Vec::new())?;
    let services: Vec<Service> = (0..SERVICES).map(numbered).collect();
    let _publishers = publish(&avahi, &services)?;
    wait_until_silent(&pair.here)?;
    let found = browse_once(&pair.here, &[])?;
    compare(&services, &found, &pair.peer_port, "lan1")
}

pub(crate) fn one_family() -> Result<()> {
    let pair = Pair::new()?;
    let services: Vec<Service> = (0..20).map(numbered).collect();
    let avahi = pair.avahi(Vec::new())?;
    let _publishers = publish(&avahi, &services)?;
    // Avahi gives the addresses of both families in answers of either; one is shown.
    for (family, is_v6) in [("-4", false), ("-6", true)] {
        let found = browse_once(&pair.here, &[family])?;
        let mut wanted = pair.peer_port.addresses_on("lan1");
        wanted.retain(|address| address.contains(':') == is_v6);
        compare_at(&services, &found, &wanted)
            .map_err(|error| Error::new(format!("{family}: {error}")))?;
    }
    Ok(())
}

pub(crate) fn stopped() -> Result<()> {
    let pair = Pair::new()?;
    let avahi = pair.avahi(Vec::new())?;
    let services: Vec<Service> = (0..10).map(numbered).collect();
    let mut publishers = publish(&avahi, &services)?;
    let browsing = cooee::start(&pair.here, &["browse", HTTP])?;
    wait_for(&browsing, ONCE_LIMIT, |found| found.len() == services.len())?;
    let leaving = &services[3].instance;
    publishers.remove(3).signal(Signal::SIGTERM)?;
    wait_for(&browsing, Duration::from_secs(2), |found| {
        !found.contains_key(leaving)
    })?;
    let left = present(&browsing)?;
    ensure!(
        left.len() == services.len() - 1,
        "{} services are left",
        left.len()
    );
    let events = cooee::objects(&browsing.stdout())?;
    let removed = events.iter().filter(|event| event["event"] == "removed");
    let names: Vec<&str> = removed
        .filter_map(|event| event["instance"].as_str())
        .collect();
    ensure!(
        names == [leaving.as_str()],
        "removed {names:?}, not only {leaving:?}"
    );
    Ok(())
}

/// Avahi gives SRV and address records 120 seconds, which is what this test takes.
pub(crate) fn killed() -> Result<()> {
    let pair = Pair::new()?;
    let services: Vec<Service> = (0..10).map(numbered).collect();
    let avahi = pair.avahi(services.clone())?;
    let browsing = cooee::start(&pair.here, &["browse", HTTP])?;
    wait_for(&browsing, ONCE_LIMIT, |found| found.len() == services.len())?;
    avahi.kill();
    let at = monotonic();
    std::thread::sleep(Duration::from_secs(5));
    let early = services.len() - present(&browsing)?.len();
    ensure!(
        early == 0,
        "{early} services left before anything could have reported"
    );
    wait_for(
        &browsing,
        Duration::from_secs(122),
        <BTreeMap<_, _>>::is_empty,
    )?;
    let after = monotonic().saturating_sub(at);
    ensure!(
        after <= Duration::from_secs(122),
        "the last left after {after:?}"
    );
    Ok(())
}

pub(crate) fn shared_port() -> Result<()> {
    let mut pair = Pair::new()?;
    let remote: Vec<Service> = (0..5).map(numbered).collect();
    let far = pair.avahi(remote.clone())?;
    let near = avahi(
        &pair.here,
        "here",
        &["lan1"],
        vec![service("Next door", 81)],
    )?;
    let browsing = cooee::start(&pair.here, &["browse", HTTP])?;
    wait_for(&browsing, ONCE_LIMIT, |found| found.len() == 6)?;
    let holders = pair
        .here
        .enter(|| std::fs::read_to_string("/proc/thread-self/net/udp"))??;
    // 0x14E9 is 5353.
    let holders = holders
        .lines()
        .filter(|line| line.contains(":14E9 "))
        .count();
    ensure!(holders >= 2, "{holders} sockets hold port 5353");
    let seen = near.browse(HTTP, ONCE_LIMIT)?.success()?.stdout_text();
    for number in 0..5 {
        let port = format!(";{};", numbered(number).port);
        ensure!(
            seen.contains(&port),
            "Avahi beside Cooee does not see {port} in {seen}"
        );
    }
    // A third host sees what Avahi publishes while Cooee holds the port beside it.
    let third = pair.lab.node("third")?;
    pair.lab
        .plug(&third, &pair.segment, "eth0", Families::Both)?;
    let found = browse_once(&third, &[])?;
    ensure!(
        found.contains_key("Next door") && found.len() == 6,
        "a third host finds {found:?}"
    );
    drop(far);
    Ok(())
}

/// Returns a service whose name, port and TXT depend on its number; the names have nothing in
/// common.
pub(crate) fn numbered(number: u16) -> Service {
    let instance = match number % 10 {
        0 => format!("Plain {number}"),
        1 => format!("Dr. Who's No. {number}"),
        2 => format!("Küche – Drucker {number}"),
        3 => format!("日本語のプリンター{number}"),
        4 => format!("back\\slash \"{number}\""),
        5 => format!("{number}.with.many.dots."),
        6 => format!("🦜 {number}  two  spaces "),
        7 => format!("{number:x<63}"),
        8 => format!("[{number}] (2) <a&b>;%$@"),
        _ => format!("{number}"),
    };
    let txt = match number % 4 {
        0 => Vec::new(),
        1 => vec![format!("number={number}")],
        2 => vec![
            format!("path=/{number}"),
            "flag".to_owned(),
            "empty=".to_owned(),
        ],
        _ => vec![
            format!("name=Ärger {number}"),
            "a=b=c".to_owned(),
            "x".repeat(200),
        ],
    };
    Service {
        instance,
        service_type: HTTP.to_owned(),
        port: 8000 + number,
        txt,
    }
}

fn publish(avahi: &Avahi, services: &[Service]) -> Result<Vec<Running>> {
    let publishers: Result<Vec<_>> = services.iter().map(|one| avahi.publish(one)).collect();
    let publishers = publishers?;
    for publisher in &publishers {
        avahi.wait_established(publisher, ESTABLISHED_LIMIT)?;
    }
    Ok(publishers)
}

/// Waits until the publishers have sent all their announcements. On a busy machine, a daemon that
/// still announces may answer later than `--once` waits.
fn wait_until_silent(node: &Node) -> Result<()> {
    let capture = Capture::start(node)?;
    let is_silent = wait_until(ESTABLISHED_LIMIT, || {
        std::thread::sleep(SILENCE);
        capture.take().is_empty()
    });
    ensure!(is_silent, "the announcements do not end");
    Ok(())
}

fn browse_once(node: &Node, options: &[&str]) -> Result<BTreeMap<String, Found>> {
    let arguments = [&["browse", HTTP, "--once"], options].concat();
    cooee::services(&cooee::run(node, &arguments, ONCE_LIMIT)?)
}

fn present(browsing: &Running) -> Result<BTreeMap<String, Found>> {
    cooee::services(&cooee::objects(&browsing.stdout())?)
}

/// Waits until the services that are there satisfy `wanted`.
fn wait_for(
    browsing: &Running,
    limit: Duration,
    wanted: impl Fn(&BTreeMap<String, Found>) -> bool,
) -> Result<()> {
    if wait_until(limit, || {
        present(browsing).is_ok_and(|found| wanted(&found))
    }) {
        return Ok(());
    }
    let names: Vec<String> = present(browsing)?.into_keys().collect();
    let said = browsing.stderr();
    Err(Error::new(format!(
        "after {limit:?} there are {}: {names:?}; {said:?}",
        names.len()
    )))
}

/// The TXT strings of a service as the wire has them.
pub(crate) fn strings(service: &Service) -> Vec<Vec<u8>> {
    service
        .txt
        .iter()
        .map(|string| string.as_bytes().to_vec())
        .collect()
}

fn compare(
    services: &[Service],
    found: &BTreeMap<String, Found>,
    peer: &Port,
    interface: &str,
) -> Result<()> {
    compare_at(services, found, &peer.addresses_on(interface))
}

fn compare_at(
    services: &[Service],
    found: &BTreeMap<String, Found>,
    addresses: &BTreeSet<String>,
) -> Result<()> {
    for service in services {
        let name = &service.instance;
        let wanted = Found {
            service_type: service.service_type.clone(),
            host: "peer.local".to_owned(),
            port: u64::from(service.port),
            txt: strings(service),
            addresses: addresses.clone(),
        };
        match found.get(name) {
            Some(shown) => ensure!(*shown == wanted, "{name:?}: {shown:?}, wanted {wanted:?}"),
            None => return Err(Error::new(format!("{name:?} is not among {}", found.len()))),
        }
    }
    ensure!(
        found.len() == services.len(),
        "{} services, wanted {}",
        found.len(),
        services.len()
    );
    Ok(())
}
