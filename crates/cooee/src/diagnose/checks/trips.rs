//! Checks of the way of packets: to the group and back, and by unicast.
//!
//! In:  what was sent, what came back, how other hosts answered.
//! Out: findings about packets that do not leave or do not arrive. RFC 6762 sections 5.4 and 5.5.

use cooee_net::InterfaceKind;
use cooee_net::facts::{FirewallRule, PacketDirection, PortHolder};

use super::port::{named, others};
use super::{Checked, listed};
use crate::diagnose::facts::{Facts, LinkFacts, PeerProbe};
use crate::diagnose::finding::{Finding, FindingCode};
use crate::diagnose::traffic::{Answered, RoundTrips};

/// Are the rules of the firewall known? Whether one is in the way, packets show.
pub(super) fn firewall(facts: &Facts) -> Checked {
    match &facts.system.firewall {
        Ok(rules) if rules.is_empty() => Checked::Passed("none drops packets".to_owned()),
        Ok(rules) => Checked::Passed(format!("rules that can drop packets: {}", rules.len())),
        Err(why) => Checked::NotPossible(why.to_string()),
    }
}

/// Does the system accept what is sent?
pub(super) fn sending(facts: &Facts) -> Checked {
    let mut sent = Vec::new();
    let mut findings = Vec::new();
    for link in facts.working_links() {
        let count = trips(facts, link).sent;
        if count > 0 {
            sent.push(format!(
                "{count} on {} over {}",
                link.interface, link.family
            ));
            continue;
        }
        let title = format!(
            "nothing can be sent on {} over {}",
            link.interface, link.family
        );
        let refused = link
            .refused
            .iter()
            .map(|why| format!("the system says: {why}"));
        findings.push(
            Finding::new(FindingCode::SendingRefused, title)
                .on(&link.interface, Some(link.family))
                .shown_by(refused)
                .shown_by(rules(facts, PacketDirection::Out))
                .because("a firewall on this host drops what goes out, or there is no route")
                .help(allow(facts, "outgoing")),
        );
    }
    outcome(facts, findings, || {
        format!("packets sent: {}", listed(sent))
    })
}

/// Does what is sent to the group come back?
pub(super) fn multicast(facts: &Facts) -> Checked {
    let mut back = Vec::new();
    let mut findings = Vec::new();
    for link in facts.working_links() {
        let RoundTrips { sent, returned } = trips(facts, link);
        if sent == 0 {
            continue;
        }
        if returned > 0 {
            back.push(format!("{} over {}", link.interface, link.family));
            continue;
        }
        let title = format!(
            "no multicast arrives on {} over {}, not even the own ones",
            link.interface, link.family
        );
        let evidence = format!("{sent} packets were sent to the group, and none came back");
        findings.push(
            Finding::new(FindingCode::NothingReturns, title)
                .on(&link.interface, Some(link.family))
                .shown_by([evidence])
                .shown_by(rules(facts, PacketDirection::In))
                .because("a firewall on this host drops what comes in")
                .help(allow(facts, "incoming")),
        );
    }
    if back.is_empty() && findings.is_empty() {
        return Checked::NotPossible("nothing could be sent".to_owned());
    }
    outcome(facts, findings, || listed(back))
}

/// Do unicasts to this host reach Cooee?
pub(super) fn to_self(facts: &Facts) -> Checked {
    let mut interfaces = facts.decisions.iter().map(|decision| &decision.interface);
    if interfaces.any(|interface| interface.flags.loopback && !interface.flags.up) {
        return Checked::NotPossible("the loopback interface is down".to_owned());
    }
    let mut reached = Vec::new();
    let mut findings = Vec::new();
    for link in facts.working_links() {
        let Some(to_self) = link.to_self.filter(|to_self| to_self.sent > 0) else {
            continue;
        };
        if to_self.arrived == to_self.sent {
            reached.push(format!("{} over {}", link.interface, link.family));
            continue;
        }
        // A firewall that drops everything is reported as such.
        if trips(facts, link).returned > 0 {
            findings.push(taken(facts, link, to_self.sent, to_self.arrived));
        }
    }
    if reached.is_empty() && findings.is_empty() {
        return Checked::NotPossible(
            "no unicast could be sent, or nothing arrives at all".to_owned(),
        );
    }
    outcome(facts, findings, || listed(reached))
}

fn taken(facts: &Facts, link: &LinkFacts, sent: usize, arrived: usize) -> Finding {
    let of_family = sharing(facts, link);
    let who = match of_family.is_empty() {
        true => "another program".to_owned(),
        false => named(&of_family),
    };
    let title = format!(
        "{who} takes unicasts to port {} over {}",
        facts.port, link.family
    );
    let bound = of_family
        .iter()
        .map(|holder| format!("{} has a socket on {}", named(&[*holder]), holder.local));
    Finding::new(FindingCode::UnicastTaken, title)
        .on(&link.interface, Some(link.family))
        .shown_by([format!(
            "of {sent} unicasts to an address of this host, {arrived} reached Cooee"
        )])
        .shown_by(bound)
        .because("programs share the port, and the system gives each unicast to one of them")
        .help(format!(
            "Cooee asks for multicast answers instead; stop {who} if it needs unicast answers"
        ))
}

/// Returns the sockets of other programs that may get unicasts of a family.
fn sharing<'a>(facts: &'a Facts, link: &LinkFacts) -> Vec<&'a PortHolder> {
    let mut sharing = others(facts).unwrap_or_default();
    sharing.retain(|holder| {
        let ip = holder.local.ip();
        link.family.contains(ip) || ip.is_ipv6()
    });
    sharing
}

/// Do the unicast answers of other hosts arrive?
pub(super) fn unicast(facts: &Facts) -> Checked {
    by_peers(facts, "answered by unicast", |link, peers| {
        if peers.iter().any(|peer| peer.hears_unicast()) {
            return Ok(true);
        }
        let silent: Vec<&PeerProbe> = peers.iter().filter(|peer| peer.lacks_unicast()).collect();
        if silent.is_empty() {
            return Ok(false);
        }
        let title = format!(
            "unicast answers do not arrive on {} over {}",
            link.interface, link.family
        );
        let evidence = silent.iter().map(|peer| {
            format!(
                "{} answers questions that want multicast answers, and none that want unicast ones",
                peer.peer
            )
        });
        let finding = Finding::new(FindingCode::UnicastBlocked, title)
            .on(&link.interface, Some(link.family))
            .shown_by(evidence)
            .shown_by(rules(facts, PacketDirection::In))
            .because(match sharing(facts, link).as_slice() {
                [] => "a firewall lets multicasts in and drops unicasts to the port".to_owned(),
                sharing => format!(
                    "{} shares the port and takes the unicasts, or a firewall drops them",
                    named(sharing)
                ),
            })
            .help(allow_unicast(facts));
        Err(Box::new(finding))
    })
}

/// Do the multicasts of other hosts arrive?
pub(super) fn multicast_of_others(facts: &Facts) -> Checked {
    by_peers(facts, "answered by multicast", |link, peers| {
        if peers.iter().any(|peer| peer.hears_multicast()) {
            return Ok(true);
        }
        let silent: Vec<&PeerProbe> = peers.iter().filter(|peer| peer.lacks_multicast()).collect();
        if silent.is_empty() {
            return Ok(false);
        }
        let place = format!("{} over {}", link.interface, link.family);
        let was_heard = silent.iter().any(|peer| peer.was_heard);
        let evidence = silent.iter().map(|peer| match peer.was_heard {
            true => format!(
                "{} was heard by multicast before; now it answers by unicast only",
                peer.peer
            ),
            false => format!("{} answers by unicast only", peer.peer),
        });
        let (code, title) = match (was_heard, is_wireless(facts, link)) {
            (true, _) => (
                FindingCode::MulticastLost,
                format!("multicasts of other hosts no longer arrive on {place}"),
            ),
            (false, true) => (
                FindingCode::ClientIsolation,
                format!(
                    "no multicast of another host arrives on {place}: possibly client isolation"
                ),
            ),
            (false, false) => (
                FindingCode::MulticastLost,
                format!("no multicast of another host arrives on {place}"),
            ),
        };
        let finding = Finding::new(code, title)
            .on(&link.interface, Some(link.family))
            .shown_by(evidence)
            .because(
                "a switch with IGMP or MLD snooping and no querier has forgotten the group, or \
                 the access point isolates its clients",
            )
            .help("switch on an IGMP and MLD querier in the network, or switch snooping off")
            .help("on Wi-Fi, switch client isolation off");
        Err(Box::new(finding))
    })
}

fn is_wireless(facts: &Facts, link: &LinkFacts) -> bool {
    let mut interfaces = facts.decisions.iter().map(|decision| &decision.interface);
    interfaces.any(|it| it.index == link.index && it.kind == InterfaceKind::Wireless)
}

/// Makes a check that needs other hosts, on each link that has some.
fn by_peers(
    facts: &Facts,
    what: &str,
    check: impl Fn(&LinkFacts, &[PeerProbe]) -> Result<bool, Box<Finding>>,
) -> Checked {
    let mut well = Vec::new();
    let mut findings = Vec::new();
    for link in facts.working_links().filter(|link| !link.peers.is_empty()) {
        match check(link, &link.peers) {
            Ok(true) => well.push(format!("{} over {}", link.interface, link.family)),
            Ok(false) => {}
            Err(finding) => findings.push(*finding),
        }
    }
    if well.is_empty() && findings.is_empty() {
        return Checked::NotPossible(format!("no other host {what}"));
    }
    outcome(facts, findings, || listed(well))
}

impl PeerProbe {
    fn all(&self) -> [Answered; 3] {
        [self.wanted_unicast, self.wanted_multicast, self.asked_alone]
    }

    fn hears_unicast(&self) -> bool {
        self.all().iter().any(|answered| answered.by_unicast)
    }

    fn hears_multicast(&self) -> bool {
        self.all().iter().any(|answered| answered.by_multicast)
    }

    /// The host answers, but not where it should do so by unicast.
    fn lacks_unicast(&self) -> bool {
        let silent = Answered::default();
        self.wanted_multicast.by_multicast
            && self.wanted_unicast == silent
            && self.asked_alone == silent
    }

    /// The host is there, but its multicasts are not.
    fn lacks_multicast(&self) -> bool {
        self.asked_alone.by_unicast && self.wanted_multicast == Answered::default()
    }
}

fn trips(facts: &Facts, link: &LinkFacts) -> RoundTrips {
    let trips = facts.traffic.trips.get(&(link.index, link.family));
    trips.copied().unwrap_or_default()
}

fn outcome(facts: &Facts, findings: Vec<Finding>, seen: impl FnOnce() -> String) -> Checked {
    match facts.working_links().next() {
        None => Checked::NotPossible("no interface is used".to_owned()),
        Some(_) => Checked::of(findings, seen),
    }
}

/// Returns the rules of the firewall that may be the reason, or why they are not known.
fn rules(facts: &Facts, direction: PacketDirection) -> Vec<String> {
    match &facts.system.firewall {
        Ok(rules) => {
            let of_direction = rules.iter().filter(|rule| rule.direction == direction);
            let of_direction = of_direction.take(RULES_MAX);
            of_direction
                .map(|FirewallRule { chain, text, .. }| format!("firewall rule: {chain}: {text}"))
                .collect()
        }
        Err(why) => vec![format!("the rules of the firewall are not known: {why}")],
    }
}

fn allow(facts: &Facts, which: &str) -> String {
    let port = facts.port;
    format!("allow {which} UDP packets of port {port} (224.0.0.251 and ff02::fb) in the firewall")
}

fn allow_unicast(facts: &Facts) -> String {
    let port = facts.port;
    format!("allow incoming unicast UDP packets to port {port} of this host in the firewall")
}

/// How many rules a finding shows.
const RULES_MAX: usize = 8;
