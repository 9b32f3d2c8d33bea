//! Devices of a household on one link, found on another one through `cooeed`.
//!
//! In:  a dongle, a speaker, a printer and an accessory as their kinds behave; a router with
//!      `cooeed`; Avahi, python-zeroconf and Cooee on the other link.
//! Out: whether each service is resolved with all it has, by multicast and by unicast, whether its
//!      subtypes are found, changes are seen, refused types never, and goodbyes cross.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use cooee_wire::{Class, Flags, Message, MessageBuilder, Name, RData, RecordType, Section};
use netlab::avahi::Avahi;
use netlab::avahi_browse;
use netlab::capture::{Capture, MDNS_PORT};
use netlab::clock::{monotonic, wait_until};
use netlab::cooee::{self, Found};
use netlab::error::Context;
use netlab::foreign::{Foreign, Package};
use netlab::hosts::{Device, PlayedDevice};
use netlab::program::{Line, Running};
use netlab::{Error, Node, Port, Result, ensure};

use super::household::{REFUSED, accessory, chromecast, printer, speaker};
use super::reflect::House;
use super::setup::avahi;

/// How long services may take to be found across, by each kind of browser.
const FOUND_LIMIT: Duration = Duration::from_secs(20);

/// How long a change or an end may take to be seen across: goodbyes take effect after a second.
const CHANGE_LIMIT: Duration = Duration::from_secs(10);

/// How long the accessory sleeps.
const SLEEP: Duration = Duration::from_secs(3);

/// How long an asker waits for one answer, before it asks again.
const ANSWER_WAIT: Duration = Duration::from_secs(1);

/// The types that cross.
const TYPES: [&str; 8] = [
    "_googlecast._tcp",
    "_airplay._tcp",
    "_raop._tcp",
    "_ipp._tcp",
    "_ipps._tcp",
    "_printer._tcp",
    "_hap._tcp",
    "_hap._udp",
];

/// A subtype of the printer.
const SUBTYPE: &str = "_universal._sub._ipp._tcp";

/// Services by type and instance.
type Services = BTreeMap<(String, String), Found>;

/// The browsers in the office.
struct Finders {
    avahi: Running,
    avahi_subtype: Running,
    cooee: Running,
    cooee_subtype: Running,
    zeroconf: Foreign,
    _daemon: Avahi,
}

impl Finders {
    fn start(house: &mut House) -> Result<Self> {
        let names = ["avahi", "cooee", "cooee-2", "zeroconf"];
        let hosts = house.hosts(names, false)?;
        let [
            (avahi_node, _),
            (cooee_node, _),
            (other_node, _),
            (zeroconf_node, port),
        ] = hosts;
        let daemon = avahi(&avahi_node, "reader", &["eth0"], vec![])?;
        let zeroconf = Foreign::start(Package::Zeroconf, &zeroconf_node, &port)?;
        for service_type in TYPES.into_iter().chain([SUBTYPE]) {
            zeroconf.browse(service_type)?;
        }
        Ok(Self {
            // All types that are listed.
            avahi: daemon.follow_resolved("-a")?,
            avahi_subtype: daemon.follow_resolved(SUBTYPE)?,
            cooee: cooee::start(&cooee_node, &["browse"])?,
            cooee_subtype: cooee::start(&other_node, &["browse", "_ipp._tcp,_universal"])?,
            zeroconf,
            _daemon: daemon,
        })
    }

    /// Returns what each of them has resolved and not lost.
    fn found(&self) -> Result<[(&'static str, Services); 3]> {
        let mut avahi = of_avahi(&self.avahi.stdout())?;
        let mut cooee = of_cooee(&self.cooee)?;
        let mut zeroconf = Services::new();
        for service_type in TYPES {
            add(
                &mut zeroconf,
                service_type,
                self.zeroconf.services(service_type)?,
            );
        }
        let of_subtype = of_avahi(&self.avahi_subtype.stdout())?;
        avahi.extend(of_subtype.into_iter().map(as_subtype));
        let events = cooee::objects(&self.cooee_subtype.stdout())?;
        add(&mut cooee, SUBTYPE, cooee::services(&events)?);
        let of_subtype = self.zeroconf.services(SUBTYPE)?;
        add(&mut zeroconf, SUBTYPE, of_subtype);
        Ok([
            ("avahi-browse", avahi),
            ("cooee", cooee),
            ("zeroconf", zeroconf),
        ])
    }

    /// Waits until all have found exactly these, completely.
    fn wait_found(&self, wanted: &Services, limit: Duration) -> Result<()> {
        self.wait_found_by(&["avahi-browse", "cooee", "zeroconf"], wanted, limit)
    }

    /// Waits until some of them have found exactly these, completely.
    fn wait_found_by(&self, who: &[&str], wanted: &Services, limit: Duration) -> Result<()> {
        let wrong = || -> Result<Option<String>> {
            let found = self.found()?;
            let mut asked = found.iter().filter(|(browser, _)| who.contains(browser));
            let wrong = asked.find_map(|(browser, found)| {
                difference(wanted, found, *browser == "cooee")
                    .map(|what| format!("{browser}: {what}"))
            });
            Ok(wrong)
        };
        let is_right = || wrong().is_ok_and(|wrong| wrong.is_none());
        ensure!(wait_until(limit, is_right), "{:?}", wrong()?);
        Ok(())
    }
}

fn of_cooee(browser: &Running) -> Result<Services> {
    let mut services = Services::new();
    let events = cooee::objects(&browser.stdout())?;
    for service_type in TYPES.into_iter().chain([REFUSED]) {
        let its = events.iter().filter(|event| event["type"] == service_type);
        let its: Vec<_> = its.cloned().collect();
        add(&mut services, service_type, cooee::services(&its)?);
    }
    Ok(services)
}

/// Reads what `avahi-browse` has printed, type by type.
fn of_avahi(lines: &[Line]) -> Result<Services> {
    let mut services = Services::new();
    let type_of = |line: &&Line| line.text.split(';').nth(4).map(str::to_owned);
    let types: BTreeSet<String> = lines.iter().filter_map(|line| type_of(&line)).collect();
    for service_type in types {
        let its = lines
            .iter()
            .filter(|line| type_of(line) == Some(service_type.clone()));
        let its: Vec<Line> = its.cloned().collect();
        let present = avahi_browse::present(&its);
        let mut resolved = avahi_browse::resolved(&its)?;
        resolved.retain(|instance, _| present.contains(instance));
        add(&mut services, &service_type, resolved);
    }
    Ok(services)
}

fn add(services: &mut Services, service_type: &str, found: BTreeMap<String, Found>) {
    for (instance, mut found) in found {
        found.txt.retain(|string| !string.is_empty());
        found.service_type = service_type.to_owned();
        services.insert((service_type.to_owned(), instance), found);
    }
}

fn as_subtype(((_, instance), found): ((String, String), Found)) -> ((String, String), Found) {
    let found = Found {
        service_type: SUBTYPE.to_owned(),
        ..found
    };
    ((SUBTYPE.to_owned(), instance), found)
}

/// Returns what a browser has found that is not wanted, or has not found. All but Cooee may have
/// only some of the addresses: they resolve a service as soon as there is one.
fn difference(wanted: &Services, found: &Services, has_all: bool) -> Option<String> {
    let names = |services: &Services| services.keys().cloned().collect::<BTreeSet<_>>();
    if names(wanted) != names(found) {
        return Some(format!("{:?}, not {:?}", names(found), names(wanted)));
    }
    let wrong = wanted.iter().find(|(name, wanted)| {
        let found = &found[*name];
        let some = !found.addresses.is_empty() && found.addresses.is_subset(&wanted.addresses);
        let is_addressed = found.addresses == wanted.addresses || (!has_all && some);
        let rest = |found: &Found| (found.port, found.txt.clone(), found.host.to_lowercase());
        !is_addressed || rest(found) != rest(wanted)
    });
    wrong.map(|(name, wanted)| format!("{:?}, not {wanted:?}", found[name]))
}

/// Returns what is to be found of a device.
fn wanted(device: &Device, port: &Port) -> Services {
    let mut services = Services::new();
    let v4 = port.ipv4.map(|address| address.to_string());
    let v6 = port.ipv6.map(|address| address.to_string());
    let addresses: BTreeSet<String> = v4.into_iter().chain(v6).collect();
    for service in &device.services {
        let subtype = service
            .subtypes
            .iter()
            .any(|_| service.service_type == "_ipp._tcp");
        let types = [
            Some(service.service_type.as_str()),
            subtype.then_some(SUBTYPE),
        ];
        for service_type in types.into_iter().flatten().filter(|one| *one != REFUSED) {
            let found = Found {
                service_type: service_type.to_owned(),
                host: format!("{}.local", device.host),
                port: u64::from(service.port),
                txt: service.txt.clone(),
                addresses: addresses.clone(),
            };
            services.insert((service_type.to_owned(), service.instance.clone()), found);
        }
    }
    services
}

pub(crate) fn devices() -> Result<()> {
    let mut house = House::new()?;
    let types = TYPES
        .map(|service_type| format!("\"{service_type}\""))
        .join(", ");
    let rules = format!("[[reflect]]\nfrom = \"devices0\"\nto = \"office0\"\nallow = [{types}]\n");
    let _router = house.daemon(&rules)?;
    let [(watch, _)] = house.hosts(["watch"], false)?;
    let capture = Capture::start(&watch)?;
    let finders = Finders::start(&mut house)?;

    let kinds = [chromecast(), speaker(), printer(), accessory(1)];
    let hosts = house.hosts(["dongle", "speaker", "printer", "sensor"], true)?;
    let mut all = Services::new();
    let mut played = Vec::new();
    for (device, (node, port)) in kinds.iter().zip(&hosts) {
        played.push(PlayedDevice::start(node, port, device)?);
        all.extend(wanted(device, port));
    }
    finders.wait_found(&all, FOUND_LIMIT)?;

    let [(phone, phone_port)] = house.hosts(["phone"], false)?;
    let router = house.router_in_office();
    ask_for_unicast(&phone, &phone_port, "_googlecast._tcp", |reply| {
        is_complete(reply, router, &kinds[0], &hosts[0].1)
    })?;

    // It sleeps, and its state has changed when it wakes.
    let (sensor, awake) = (&played[3], accessory(2));
    sensor.sleep()?;
    // A record replaces only those that were heard more than a second before (RFC 6762 section 10.2).
    std::thread::sleep(SLEEP);
    finders.wait_found(&all, CHANGE_LIMIT)?;
    sensor.wake(&awake)?;
    all.extend(wanted(&awake, &hosts[3].1));
    // `avahi-browse` resolves a service once.
    finders.wait_found_by(&["cooee", "zeroconf"], &all, CHANGE_LIMIT)?;

    for device in played {
        device.leave()?;
    }
    finders.wait_found(&Services::new(), CHANGE_LIMIT)?;
    let seen = capture.stop();
    let held = |part: &[u8]| {
        let holds = |payload: &[u8]| payload.windows(part.len()).any(|window| window == part);
        seen.iter().any(|one| holds(&one.payload))
    };
    ensure!(held(b"_googlecast"), "the capture has seen what crossed");
    ensure!(!held(b"_uscan"), "a refused type is in the office");
    for (_, port) in &hosts {
        let octets = port.link_local.map(|address| address.octets());
        let octets = octets.ok_or_else(|| Error::new("no link-local address"))?;
        ensure!(!held(&octets), "a link-local address is in the office");
    }
    Ok(())
}

/// A datagram that came to one host alone.
struct UnicastReply {
    source: IpAddr,
    payload: Vec<u8>,
}

/// Asks for a type with the wish for a unicast answer, until one comes that is right: an announcement
/// that crosses meanwhile is also an answer, but has no addresses. The socket hears no multicasts.
fn ask_for_unicast(
    node: &Node,
    port: &Port,
    service_type: &str,
    check: impl Fn(&UnicastReply) -> Result<()>,
) -> Result<()> {
    let own = port.ipv4.ok_or_else(|| Error::new("no IPv4 address"))?;
    let socket = node.enter(move || UdpSocket::bind((own, MDNS_PORT)))??;
    socket.set_multicast_ttl_v4(255)?;
    socket.set_read_timeout(Some(ANSWER_WAIT))?;
    let name: Name = format!("{service_type}.local").parse().context("type")?;
    let mut question = Vec::new();
    let mut message = MessageBuilder::new(&mut question, 0, Flags::QUERY, 512);
    let written = message.question(&name, RecordType::PTR, Class::IN, true);
    written.map_err(|_| Error::new("message too small"))?;
    message.finish();
    let mut buffer = vec![0; 9_000];
    let end = monotonic() + FOUND_LIMIT;
    let mut result = Err(Error::new("no unicast answer"));
    while result.is_err() && monotonic() < end {
        socket.send_to(&question, SocketAddr::from((GROUP, MDNS_PORT)))?;
        if let Ok((length, from)) = socket.recv_from(&mut buffer) {
            result = check(&UnicastReply {
                source: from.ip(),
                payload: buffer[..length].to_vec(),
            });
        }
    }
    result
}

/// Fails unless a reply comes from the router and holds all that a service of the device needs.
fn is_complete(
    reply: &UnicastReply,
    router: Option<Ipv4Addr>,
    device: &Device,
    port: &Port,
) -> Result<()> {
    ensure!(
        router.map(IpAddr::V4) == Some(reply.source),
        "from {}",
        reply.source
    );
    let message = Message::parse(&reply.payload).context("reply")?;
    let records = message.records().flatten();
    let records: Vec<(Section, RData)> = records
        .filter_map(|(section, record)| Some((section, record.to_record().ok()?.data)))
        .collect();
    let has = |wanted: &dyn Fn(&RData) -> bool| records.iter().any(|(_, data)| wanted(data));
    let service = &device.services[0];
    let is_complete = has(&|data| matches!(data, RData::Ptr(_)))
        && has(&|data| matches!(data, RData::Srv(srv) if srv.port == service.port))
        && has(&|data| matches!(data, RData::Txt(txt) if txt.strings().eq(&service.txt)))
        && has(&|data| matches!(data, RData::A(ip) if Some(*ip) == port.ipv4))
        && has(&|data| matches!(data, RData::Aaaa(ip) if Some(*ip) == port.ipv6));
    ensure!(is_complete, "not all: {records:?}");
    Ok(())
}

const GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 251);
