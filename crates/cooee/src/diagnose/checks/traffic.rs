//! Checks of what other hosts send.
//!
//! In:  the summary of the traffic.
//! Out: findings about names with two owners, floods, foreign sources and reflectors.
//!      RFC 6762 sections 9 (conflicts) and 11 (source addresses).

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use cooee_wire::RecordType;

use super::{Checked, listed};
use crate::diagnose::facts::Facts;
use crate::diagnose::finding::{Finding, FindingCode};
use crate::diagnose::traffic::Claimed;

/// Does another host, or another program, say something else about the own host name?
pub(super) fn own_name(facts: &Facts) -> Checked {
    let Some(host) = &facts.host else {
        return Checked::NotPossible("this host has no name".to_owned());
    };
    if facts.working_links().next().is_none() {
        return Checked::NotPossible("no interface is used".to_owned());
    }
    let name = host.to_string();
    let lower = name.to_ascii_lowercase();
    let mut said: BTreeMap<(u32, bool), BTreeMap<IpAddr, BTreeSet<String>>> = BTreeMap::new();
    for (claimed, sources) in &facts.traffic.claims {
        if claimed.name != lower {
            continue;
        }
        for (source, data) in sources {
            let foreign = data.iter().filter(|data| {
                let address = data.parse::<IpAddr>();
                address.is_ok_and(|address| !facts.is_own(address))
            });
            let foreign: Vec<String> = foreign.cloned().collect();
            if !foreign.is_empty() {
                let key = (claimed.interface_index, facts.is_own(*source));
                let by_source = said.entry(key).or_default();
                by_source.entry(*source).or_default().extend(foreign);
            }
        }
    }
    let findings = said.iter().map(|((index, is_own), by_source)| {
        let evidence = by_source.iter().map(|(source, addresses)| {
            let addresses = listed(addresses.iter().cloned());
            format!("{source} says that {name} has {addresses}, which is not this host's")
        });
        let finding = match is_own {
            true => differs(&name),
            false => taken(&name),
        };
        finding
            .on(interface(facts, *index), None)
            .shown_by(evidence)
    });
    Checked::of(findings.collect(), || {
        format!("nobody else answers for {name}")
    })
}

fn taken(name: &str) -> Finding {
    let title = format!("another host has our host name {name}");
    Finding::new(FindingCode::HostNameTaken, title)
        .because("two machines were given the same name, for example by copying an image")
        .help("give one of them another name: `hostnamectl hostname NAME`")
}

fn differs(name: &str) -> Finding {
    let title = format!("another program on this host answers for {name} with other addresses");
    Finding::new(FindingCode::HostNameDiffers, title)
        .because("a second Multicast DNS responder runs here, with its own list of addresses")
        .help("let one responder announce the host, or give the other one another host name")
}

/// Does each unique name have one owner?
pub(super) fn names(facts: &Facts) -> Checked {
    let own = facts.host.as_ref();
    let own = own.map(|name| name.to_string().to_ascii_lowercase());
    let others = facts
        .traffic
        .claims
        .iter()
        .filter(|(claimed, _)| Some(&claimed.name) != own.as_ref());
    let mut findings = Vec::new();
    let mut reported = BTreeSet::new();
    for (claimed, sources) in others {
        let Some((first, second)) = rivals(sources) else {
            continue;
        };
        if reported.insert((claimed.interface_index, claimed.name.clone())) {
            findings.push(twice(facts, claimed, [first, second]));
        }
    }
    Checked::of(findings, || {
        format!(
            "{} unique record sets were heard",
            facts.traffic.claims.len()
        )
    })
}

type Said<'a> = (&'a IpAddr, &'a BTreeSet<String>);

/// Returns two sources of one family that have nothing in common.
fn rivals(sources: &BTreeMap<IpAddr, BTreeSet<String>>) -> Option<(Said<'_>, Said<'_>)> {
    sources.iter().find_map(|first| {
        let second = sources.iter().find(|second| {
            first.0 < second.0
                && first.0.is_ipv4() == second.0.is_ipv4()
                && first.1.is_disjoint(second.1)
        })?;
        Some((first, second))
    })
}

fn twice(facts: &Facts, claimed: &Claimed, claims: [Said<'_>; 2]) -> Finding {
    let title = format!("two hosts claim the name {}", claimed.name);
    let rtype = RecordType(claimed.rtype);
    let evidence = claims
        .map(|(source, data)| format!("{source} says: {rtype} {}", listed(data.iter().cloned())));
    Finding::new(FindingCode::NameClaimedTwice, title)
        .on(interface(facts, claimed.interface_index), None)
        .shown_by(evidence)
        .because(
            "one of them does not probe before it announces, or it is one host with two interfaces \
             on this link",
        )
        .help("rename one of the two, or connect the host once")
}

/// Does a host send too much?
pub(super) fn rates(facts: &Facts) -> Checked {
    let secs = facts.observed.as_secs().max(1);
    let peers = &facts.traffic.peers;
    let findings = peers.iter().filter_map(|((index, source), peer)| {
        let rate = peer.packets.checked_div(secs)?;
        if rate < FLOOD_PACKETS_PER_SEC {
            return None;
        }
        let title = format!("{source} floods the network: {rate} packets per second");
        let evidence = format!("{} packets in {secs} s", peer.packets);
        Some(
            Finding::new(FindingCode::Flood, title)
                .on(interface(facts, *index), None)
                .shown_by([evidence])
                .because("a faulty device or program; a well-behaved host sends a few per minute")
                .help(format!(
                    "find the device with the address {source}, update it or switch it off"
                )),
        )
    });
    let missed = facts.traffic.missed;
    Checked::of(findings.collect(), || match missed {
        0 => format!("{} other hosts were heard", peers.len()),
        missed => format!(
            "{} other hosts were heard; {missed} packets were too fast to be counted",
            peers.len()
        ),
    })
}

/// Is each host on the link, and does each packet come once?
pub(super) fn sources(facts: &Facts) -> Checked {
    let mut findings: Vec<Finding> = Vec::new();
    for ((index, source), peer) in &facts.traffic.peers {
        let responses = peer
            .multicast_responses
            .saturating_add(peer.unicast_responses);
        if responses == 0 || is_on_link(facts, *index, *source) {
            continue;
        }
        let title = format!("{source} answers, but is not on the link");
        findings.push(
            Finding::new(FindingCode::OffLink, title)
                .on(interface(facts, *index), None)
                .shown_by([
                    format!("responses from {source}: {responses}"),
                    format!("the subnets of the link are {}", subnets(facts, *index)),
                ])
                .because(
                    "a host with a wrong address or netmask, a router that forwards, or a forgery",
                )
                .help("correct the address of that host; `--same-subnet` ignores such hosts"),
        );
    }
    findings.extend(reflections(facts));
    Checked::of(findings, || "all are on the link".to_owned())
}

fn reflections(facts: &Facts) -> impl Iterator<Item = Finding> + '_ {
    let repeated = facts.traffic.repeated.iter();
    repeated.map(|((index, first, second), count)| {
        let title = format!("{second} repeats the packets of {first}");
        Finding::new(FindingCode::Reflector, title)
            .on(interface(facts, *index), None)
            .shown_by([format!(
                "responses of {first} that came again from {second}: {count}"
            )])
            .because("a reflector or repeater sends back what it hears on the same link")
            .help(format!(
                "let the reflector at {second} forward between different links only"
            ))
    })
}

fn is_on_link(facts: &Facts, index: u32, source: IpAddr) -> bool {
    if let IpAddr::V6(ip) = source {
        if ip.is_unicast_link_local() {
            return true;
        }
    }
    let mut addresses = addresses(facts, index);
    addresses.any(|(ip, prefix)| shares_prefix(ip, source, prefix))
}

fn addresses(facts: &Facts, index: u32) -> impl Iterator<Item = (IpAddr, u8)> + '_ {
    let on_it = facts.decisions.iter();
    let on_it = on_it.filter(move |decision| decision.interface.index == index);
    let addresses = on_it.flat_map(|decision| &decision.interface.addresses);
    addresses.map(|address| (address.ip, address.prefix_len))
}

fn subnets(facts: &Facts, index: u32) -> String {
    listed(addresses(facts, index).map(|(ip, prefix)| format!("{ip}/{prefix}")))
}

/// Returns whether two addresses have the same leading bits.
fn shares_prefix(a: IpAddr, b: IpAddr, prefix: u8) -> bool {
    let differ = match (a, b) {
        (IpAddr::V4(a), IpAddr::V4(b)) => (u32::from(a) ^ u32::from(b)).leading_zeros(),
        (IpAddr::V6(a), IpAddr::V6(b)) => (u128::from(a) ^ u128::from(b)).leading_zeros(),
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => return false,
    };
    differ >= u32::from(prefix)
}

fn interface(facts: &Facts, index: u32) -> &str {
    let mut decisions = facts.decisions.iter();
    let found = decisions.find(|decision| decision.interface.index == index);
    found.map_or("?", |decision| decision.interface.name.as_str())
}

/// More than this is no ordinary host: even one that announces a thousand services sends less.
const FLOOD_PACKETS_PER_SEC: u64 = 50;
