//! Checks of what other hosts send.
//!
//! In:  the summary of the traffic.
//! Out: findings about names with two owners, floods, foreign sources and reflectors.
//!      RFC 6762 sections 9 (conflicts) and 11 (source addresses).

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use cooee_wire::{RData, RecordType};

use super::{Checked, listed};
use crate::diagnose::facts::Facts;
use crate::diagnose::finding::{Finding, FindingCode};

/// Does another host, or another program, say something else about the own host name?
pub(super) fn own_name(facts: &Facts) -> Checked {
    let Some(host) = &facts.host else {
        return Checked::NotPossible("this host has no name".to_owned());
    };
    if facts.working_links().next().is_none() {
        return Checked::NotPossible("no interface is used".to_owned());
    }
    let name = host.to_string();
    let mut said: BTreeMap<(u32, bool), BTreeMap<IpAddr, BTreeSet<String>>> = BTreeMap::new();
    for (index, _, set) in facts.traffic.observer.claims() {
        if set.name.as_ref() != Some(host) {
            continue;
        }
        for claim in &set.claims {
            let addresses = claim.data.iter().filter_map(address);
            let foreign = addresses.filter(|address| !facts.is_own(*address));
            let foreign: Vec<String> = foreign.map(|address| address.to_string()).collect();
            if !foreign.is_empty() {
                let key = (index, facts.is_own(claim.host));
                let by_source = said.entry(key).or_default();
                by_source.entry(claim.host).or_default().extend(foreign);
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

fn address(data: &RData) -> Option<IpAddr> {
    match data {
        RData::A(ip) => Some(IpAddr::V4(*ip)),
        RData::Aaaa(ip) => Some(IpAddr::V6(*ip)),
        RData::Ptr(_)
        | RData::Cname(_)
        | RData::Srv(_)
        | RData::Txt(_)
        | RData::Nsec(_)
        | RData::Hinfo(_)
        | RData::Opaque { .. }
        | _ => None,
    }
}

/// Does each unique name have one owner?
pub(super) fn names(facts: &Facts) -> Checked {
    let mut claimed = 0_usize;
    let mut rivalries = BTreeMap::new();
    for (index, rtype, set) in facts.traffic.observer.claims() {
        claimed = claimed.saturating_add(1);
        let (Some(name), Some(rivals)) = (&set.name, set.rivals) else {
            continue;
        };
        if facts.host.as_ref() != Some(name) {
            let key = (index, name.to_string().to_lowercase());
            rivalries.entry(key).or_insert((name, rtype, rivals, set));
        }
    }
    let findings = rivalries
        .into_iter()
        .map(|((index, _), (name, rtype, rivals, set))| {
            let title = format!("two hosts claim the name {name}");
            let evidence = rivals.iter().map(|host| {
                let claim = set.claims.iter().find(|claim| claim.host == *host);
                claim.map_or_else(
                    || format!("{host} said something else before"),
                    |claim| {
                        let data = listed(claim.data.iter().map(ToString::to_string));
                        format!("{host} says: {rtype} {data}")
                    },
                )
            });
            Finding::new(FindingCode::NameClaimedTwice, title)
                .about(name.to_string())
                .on(interface(facts, index), None)
                .shown_by(evidence)
                .because(
                    "one of them does not probe before it announces, or did not hear the other",
                )
                .help("rename one of the two")
        });
    Checked::of(findings.collect(), || {
        let twice = listed(named_twice(facts).into_iter().take(NAMES_MAX));
        match twice.as_str() {
            "none" => format!("{claimed} unique record sets were heard"),
            twice => format!(
                "{claimed} unique record sets were heard; each of these is one host with two \
                 interfaces, or two hosts that have chosen one name: {twice}"
            ),
        }
    })
}

/// Returns the host names that several addresses claim, each for itself.
fn named_twice(facts: &Facts) -> BTreeSet<String> {
    let claims = facts.traffic.observer.claims();
    let several = claims.filter(|(_, rtype, set)| {
        let mut foreign = set.claims.iter().filter(|claim| !facts.is_own(claim.host));
        *rtype != RecordType::SRV && set.rivals.is_none() && foreign.nth(1).is_some()
    });
    let named = several.filter_map(|(_, _, set)| {
        let hosts = set.claims.iter().map(|claim| claim.host.to_string());
        let name = set.name.as_ref()?;
        Some(format!("{name} ({})", listed(hosts)))
    });
    named.collect()
}

/// Does a host send too much?
pub(super) fn rates(facts: &Facts) -> Checked {
    let secs = facts.observed.as_secs().max(1);
    let hosts = facts.traffic.observer.hosts().into_iter();
    let others: Vec<_> = hosts.filter(|(host, _)| !facts.is_own(*host)).collect();
    let floods = others.iter().filter_map(|(source, stats)| {
        let rate = stats.packets.checked_div(secs)?;
        if rate < FLOOD_PACKETS_PER_SEC {
            return None;
        }
        let title = format!("{source} floods the network: {rate} packets per second");
        let mut peers = facts.traffic.peers.keys();
        let on = peers.find(|(_, peer)| peer == source);
        let evidence = format!("{} packets in {secs} s", stats.packets);
        Some(
            Finding::new(FindingCode::Flood, title)
                .about(source.to_string())
                .on(on.map_or("?", |(index, _)| interface(facts, *index)), None)
                .shown_by([evidence])
                .because("a faulty device or program; a well-behaved host sends a few per minute")
                .help(format!(
                    "find the device with the address {source}, update it or switch it off"
                )),
        )
    });
    let mut findings: Vec<Finding> = floods.collect();
    if findings.is_empty() {
        let counted = others.iter().map(|(_, stats)| stats.packets).sum::<u64>();
        let packets = counted.saturating_add(facts.traffic.observer.other_hosts().packets);
        findings.extend(crowd(facts, secs, packets));
    }
    let missed = facts.traffic.missed;
    Checked::of(findings, || match missed {
        0 => format!("{} other hosts were heard", facts.traffic.peers.len()),
        missed => format!(
            "{} other hosts were heard; {missed} packets were too fast to be counted",
            facts.traffic.peers.len()
        ),
    })
}

/// Do many hosts together send too much?
fn crowd(facts: &Facts, secs: u64, packets: u64) -> Option<Finding> {
    let rate = packets.checked_div(secs)?;
    if rate < CROWD_PACKETS_PER_SEC {
        return None;
    }
    let title = format!("many hosts flood the network together: {rate} packets per second");
    let hosts = facts.traffic.peers.len();
    Some(
        Finding::new(FindingCode::Flood, title)
            .shown_by([format!(
                "{packets} packets from {hosts} addresses in {secs} s"
            )])
            .because("a host that forges the addresses of others, or a loop of switches")
            .help("`cooee monitor --stats` shows who sends what"),
    )
}

/// Is each host on the link, and does each packet come once?
pub(super) fn sources(facts: &Facts) -> Checked {
    let mut findings: Vec<Finding> = Vec::new();
    for ((index, source), peer) in &facts.traffic.peers {
        let responses = peer.responses;
        if responses == 0 || is_on_link(facts, *index, *source) {
            continue;
        }
        let title = format!("{source} answers, but is not on the link");
        findings.push(
            Finding::new(FindingCode::OffLink, title)
                .about(source.to_string())
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
    // That both are one host may have been heard later.
    let repeated = facts.traffic.repeated.iter();
    let repeated = repeated.filter(|((_, first, second), _)| {
        let is_own = facts.is_own(*first) && facts.is_own(*second);
        !is_own && !facts.traffic.observer.is_one_host(*first, *second)
    });
    repeated.map(|((index, first, second), count)| {
        let title = format!("{second} repeats the packets of {first}");
        Finding::new(FindingCode::Reflector, title)
            .about(format!("{first} {second}"))
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

pub(super) fn interface(facts: &Facts, index: u32) -> &str {
    let mut decisions = facts.decisions.iter();
    let found = decisions.find(|decision| decision.interface.index == index);
    found.map_or("?", |decision| decision.interface.name.as_str())
}

/// More than this is no ordinary host: even one that announces a thousand services sends less.
const FLOOD_PACKETS_PER_SEC: u64 = 50;

/// More than this is no ordinary link: a thousand hosts that start at once send less.
const CROWD_PACKETS_PER_SEC: u64 = 1_000;

/// How many names with several addresses are shown.
const NAMES_MAX: usize = 4;
