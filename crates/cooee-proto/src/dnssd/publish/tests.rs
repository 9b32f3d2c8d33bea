//! Agents on one link that publish, browse and compete for names, in virtual time.

use alloc::string::{String, ToString};
use alloc::vec;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::super::event::{DiscoveryEvent, News};
use super::super::{Agent, BrowseOptions};
use super::hosts::label_of;
use super::*;
use crate::RegisterError;
use crate::config::Config;
use crate::link::{Family, LinkAddress, LinkChange, LinkId, LinkInfo};
use crate::registrations::GoodbyesOn;
use crate::transmit::{Datagram, Delivery, Destination, Fate, SendFailure};
use cooee_wire::RecordType;

const LINK: LinkId = LinkId(3);
const OTHER: LinkId = LinkId(2);

fn at_ms(millis: u64) -> Instant {
    Instant::from_nanos(millis * 1_000_000)
}

fn ip(host: usize) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(10, 0, 0, u8::try_from(host).unwrap() + 1))
}

fn info(address: IpAddr) -> LinkInfo {
    LinkInfo {
        addresses: vec![LinkAddress {
            ip: address,
            prefix_len: 24,
        }],
        mtu: 1_500,
    }
}

/// Agents on one link without loss or delay, and the events of each.
struct Lan {
    now: Instant,
    agents: Vec<Agent>,
    /// Answers every probe for such a name, as its owner.
    usurper: Option<fn(&Name) -> bool>,
    reported: Vec<Vec<String>>,
    announced: Vec<(Instant, RequestId)>,
    withdrawn: Vec<(RequestId, Vec<GoodbyesOn>)>,
    packets: usize,
    /// Every record that was sent as an answer.
    answers: Vec<(Name, cooee_wire::Ttl, cooee_wire::RData)>,
}

impl Lan {
    fn new(agents: usize) -> Self {
        let agent = |n: usize| {
            let mut agent = Agent::new(Config::default(), n as u64 + 1, Instant::ZERO);
            agent.handle_link(
                Instant::ZERO,
                LinkChange::Up {
                    link: LINK,
                    info: info(ip(n)),
                },
            );
            agent
        };
        let reported = vec![Vec::new(); agents];
        Self {
            now: Instant::ZERO,
            agents: (0..agents).map(agent).collect(),
            usurper: None,
            reported,
            announced: Vec::new(),
            withdrawn: Vec::new(),
            packets: 0,
            answers: Vec::new(),
        }
    }

    fn run_until(&mut self, end: Instant) {
        loop {
            self.pass_on();
            let next = self
                .agents
                .iter()
                .filter_map(|agent| agent.poll_timeout())
                .map(|d| d.at)
                .min();
            let Some(next) = next.filter(|next| *next <= end) else {
                break;
            };
            self.now = self.now.max(next);
            self.agents
                .iter_mut()
                .for_each(|agent| agent.handle_timeout(next));
        }
        self.now = end;
    }

    fn pass_on(&mut self) {
        let mut buf = Vec::new();
        for from in 0..self.agents.len() {
            while let Some(route) = self.agents[from].send_next(self.now, &mut buf) {
                self.packets += 1;
                self.answers.extend(answers(&buf));
                let taken = self.usurper.map(|usurps| claims(&buf, usurps));
                if let Some(claims) = taken.flatten() {
                    let _ = self.agents[from].handle_datagram(self.now, from_stranger(&claims));
                }
                let source = SocketAddr::new(ip(from), 5353);
                for (n, agent) in self.agents.iter_mut().enumerate() {
                    let destination = match route.destination {
                        Destination::Multicast | Destination::MulticastBy(Family::V4) => {
                            "224.0.0.251".parse().unwrap()
                        }
                        Destination::Unicast(to) if to.ip() == ip(n) => to.ip(),
                        Destination::MulticastBy(Family::V6) | Destination::Unicast(_) => continue,
                    };
                    let datagram = Datagram {
                        link: LINK,
                        source,
                        destination,
                        bytes: &buf,
                    };
                    let _ = agent.handle_datagram(self.now, datagram);
                }
            }
            while let Some(event) = self.agents[from].poll_event() {
                let text = match event.news {
                    News::Publication(PublicationEvent::Announced) => {
                        self.announced.push((self.now, event.request));
                        None
                    }
                    News::Publication(PublicationEvent::Withdrawn(on)) => {
                        self.withdrawn.push((event.request, on));
                        None
                    }
                    News::Publication(news) => published(news),
                    News::Discovery(news) => found(news),
                };
                self.reported[from].extend(text);
            }
        }
    }

    fn publish(&mut self, agent: usize, label: &str, host: &str) -> RequestId {
        self.agents[agent]
            .publish_service(self.now, service(label, host))
            .unwrap()
    }
}

/// Returns a response that claims such names of the questions of a probe, if there are any.
fn claims(probe: &[u8], usurps: fn(&Name) -> bool) -> Option<Vec<u8>> {
    let message = cooee_wire::Message::parse(probe).unwrap();
    let mut bytes = Vec::new();
    let flags = cooee_wire::Flags::RESPONSE;
    let mut builder = cooee_wire::MessageBuilder::new(&mut bytes, 0, flags, 1_400);
    let names = message.questions().flatten();
    let names = names.map(|question| question.name.to_name().unwrap());
    for name in names.filter(usurps) {
        let fields = cooee_wire::RecordFields {
            name: &name,
            class: cooee_wire::Class::IN,
            cache_flush: true,
            ttl: cooee_wire::Ttl(120),
            data: &cooee_wire::RData::A(Ipv4Addr::new(10, 0, 0, 99)),
        };
        builder.record(cooee_wire::Section::Answer, fields).unwrap();
    }
    let claims = builder.counts().answers > 0;
    builder.finish();
    claims.then_some(bytes)
}

fn from_stranger(bytes: &[u8]) -> Datagram<'_> {
    Datagram {
        link: LINK,
        source: SocketAddr::new("10.0.0.99".parse().unwrap(), 5353),
        destination: "224.0.0.251".parse().unwrap(),
        bytes,
    }
}

fn service(label: &str, host: &str) -> ServiceSpec {
    let host = HostSpec::own(host.parse().unwrap());
    let mut spec = ServiceSpec::new(label, "_http._tcp".parse().unwrap(), 8080, host);
    spec.txt = super::super::txt::Txt::from_strings([b"path=/".as_slice()]).unwrap();
    spec.subtypes = vec!["_printer".parse().unwrap()];
    spec
}

#[test]
fn what_is_published_on_the_systems_host_moves_to_its_new_name() {
    let mut lan = Lan::new(2);
    let mut spec = service("Front Desk", "old.local");
    spec.host.is_system = true;
    lan.agents[0].publish_service(lan.now, spec).unwrap();
    lan.publish(0, "Back Desk", "other.local");
    browse(&mut lan, 1, None);
    lan.run_until(at_ms(10_000));
    lan.reported.iter_mut().for_each(Vec::clear);
    lan.answers.clear();
    let new: Name = "new.local".parse().unwrap();
    lan.agents[0].rename_system_host(lan.now, &new, None);
    lan.agents[0].rename_system_host(lan.now, &new, None);
    lan.run_until(at_ms(15_000));
    assert_eq!(lan.reported[0], ["host renamed old new", "host new"]);
    let goodbyes = lan.answers.iter().filter(|(_, ttl, _)| ttl.is_goodbye());
    let goodbyes: Vec<_> = goodbyes
        .filter(|(name, ..)| label_of(name) == "old")
        .collect();
    assert_eq!(goodbyes.len(), 1, "{goodbyes:?}");
    let goodbyes = lan.answers.iter().filter(|(_, ttl, _)| ttl.is_goodbye());
    assert_eq!(goodbyes.count(), 1, "the service itself is not withdrawn");
    assert_eq!(lan.reported[1], ["updated Front Desk txt=false"]);
    let is_new =
        |data: &cooee_wire::RData| matches!(data, cooee_wire::RData::Srv(srv) if srv.target == new);
    assert!(lan.answers.iter().any(|(.., data)| is_new(data)));
    let others = lan.reported[1]
        .iter()
        .any(|reported| reported.contains("Back Desk"));
    assert!(!others, "a host that its user has named stays");
    let (reported, answers) = (lan.reported.clone(), lan.answers.len());
    lan.run_until(at_ms(60_000));
    assert_eq!(lan.reported, reported);
    let later = &lan.answers[answers..];
    let known: Name = "_http._tcp.local".parse().unwrap();
    assert!(
        later.iter().all(|(name, ..)| *name == known),
        "only the known answers of the browse: {later:?}"
    );
}

/// Returns the relevant part of the news.
fn published(news: PublicationEvent) -> Option<String> {
    match news {
        PublicationEvent::Registered(name) => Some(alloc::format!("registered {}", name.label())),
        PublicationEvent::Renamed { old, new } => {
            Some(alloc::format!("renamed {} {}", old.label(), new.label()))
        }
        PublicationEvent::HostRegistered(name) => Some(alloc::format!("host {}", label_of(&name))),
        PublicationEvent::HostRenamed { old, new } => Some(alloc::format!(
            "host renamed {} {}",
            label_of(&old),
            label_of(&new)
        )),
        PublicationEvent::Waiting { family, why, .. } => {
            Some(alloc::format!("waiting {family:?} {why:?}"))
        }
        PublicationEvent::WaitingOver { family, .. } => {
            Some(alloc::format!("waiting over {family:?}"))
        }
        PublicationEvent::RecordsRegistered => Some("records registered".into()),
        PublicationEvent::NameTaken(name) => Some(alloc::format!("taken {}", label_of(&name))),
        PublicationEvent::UpdateDelayed { by } => {
            Some(alloc::format!("delayed by {} ms", by.as_millis()))
        }
        PublicationEvent::Nameless(name) => Some(alloc::format!("nameless {}", label_of(&name))),
        PublicationEvent::Announced | PublicationEvent::Withdrawn(_) => None,
    }
}

fn found(news: DiscoveryEvent) -> Option<String> {
    match news {
        DiscoveryEvent::Added(service) => Some(alloc::format!(
            "added {} {}:{} {:?} {:?}",
            service.instance.label(),
            label_of(&service.host),
            service.port,
            service.txt,
            service
                .addresses
                .iter()
                .map(|address| address.ip.to_string())
                .collect::<Vec<_>>(),
        )),
        DiscoveryEvent::Updated(service, diff) => Some(alloc::format!(
            "updated {} txt={}",
            service.instance.label(),
            diff.txt
        )),
        DiscoveryEvent::Removed(service, why) => Some(alloc::format!(
            "removed {} {why:?}",
            service.instance.label()
        )),
        DiscoveryEvent::TypeFound(service_type) => Some(alloc::format!("type {service_type}")),
        DiscoveryEvent::RecordAdded(_, answer) => Some(alloc::format!(
            "record {} {}",
            label_of(&answer.name),
            answer.data.rtype()
        )),
        DiscoveryEvent::RecordRemoved(_, answer, why) => Some(alloc::format!(
            "record {} {} {why:?}",
            label_of(&answer.name),
            answer.data.rtype()
        )),
        DiscoveryEvent::Found(_)
        | DiscoveryEvent::Unavailable(_)
        | DiscoveryEvent::Lost(..)
        | DiscoveryEvent::Host(_)
        | DiscoveryEvent::TypeLost(_)
        | DiscoveryEvent::HostNames(_)
        | DiscoveryEvent::Denied(..) => None,
    }
}

fn browse(lan: &mut Lan, agent: usize, subtype: Option<&str>) {
    let options = BrowseOptions {
        resolve: true,
        subtype: subtype.map(|subtype| subtype.parse().unwrap()),
        link: None,
    };
    lan.agents[agent].browse(lan.now, &"_http._tcp".parse().unwrap(), options);
}

#[test]
fn what_one_publishes_another_finds_follows_and_loses() {
    let mut lan = Lan::new(2);
    browse(&mut lan, 1, None);
    let request = lan.publish(0, "Front Desk", "desk.local");
    lan.run_until(at_ms(1_500));
    assert_eq!(lan.reported[0], ["host desk", "registered Front Desk"]);
    let added = r#"added Front Desk desk:8080 ["path=/"] ["10.0.0.1"]"#;
    assert_eq!(lan.reported[1], [added]);
    lan.run_until(at_ms(10_000));
    let txt = super::super::txt::Txt::from_strings([b"path=/new".as_slice()]).unwrap();
    lan.agents[0].update_txt(lan.now, request, txt).unwrap();
    lan.run_until(at_ms(20_000));
    assert_eq!(lan.reported[1][1..], ["updated Front Desk txt=true"]);
    lan.agents[0].stop(lan.now, request);
    lan.run_until(at_ms(22_000));
    assert_eq!(lan.reported[1][2..], ["removed Front Desk Goodbye"]);
}

#[test]
fn a_service_is_found_by_subtype_and_its_type_by_enumeration() {
    let mut lan = Lan::new(2);
    lan.publish(0, "Front Desk", "desk.local");
    lan.run_until(at_ms(10_000));
    browse(&mut lan, 1, Some("_printer"));
    lan.agents[1].browse_types(lan.now, None);
    lan.run_until(at_ms(12_000));
    assert_eq!(lan.reported[1].len(), 2, "{:?}", lan.reported[1]);
    assert!(
        lan.reported[1]
            .iter()
            .any(|reported| reported == "type _http._tcp")
    );
}

#[test]
fn the_same_names_on_two_hosts_end_as_two_names_each() {
    let mut lan = Lan::new(2);
    for agent in 0..2 {
        lan.publish(agent, "Front Desk", "desk.local");
    }
    lan.run_until(at_ms(20_000));
    let last = |agent: usize, what: &str| {
        let reported = lan.reported[agent]
            .iter()
            .rev()
            .find(|reported| reported.starts_with(what));
        reported.cloned().unwrap_or_default()
    };
    let mut services = [last(0, "registered"), last(1, "registered")];
    let mut hosts = [last(0, "host desk"), last(1, "host desk")];
    services.sort();
    hosts.sort();
    assert_eq!(
        services,
        ["registered Front Desk", "registered Front Desk (2)"],
        "{:?}",
        lan.reported
    );
    assert_eq!(hosts, ["host desk", "host desk-2"], "{:?}", lan.reported);
    browse(&mut lan, 1, None);
    lan.run_until(at_ms(22_000));
    let added = lan.reported[1]
        .iter()
        .filter(|reported| reported.starts_with("added"));
    assert_eq!(added.count(), 2, "each with its own host and address");
}

#[test]
fn two_services_of_one_name_on_one_host_are_told_apart_before_anything_is_sent() {
    let mut lan = Lan::new(1);
    lan.publish(0, "Front Desk", "desk.local");
    lan.publish(0, "Front Desk", "desk.local");
    lan.run_until(at_ms(2_000));
    let registered: Vec<_> = lan.reported[0]
        .iter()
        .filter(|reported| reported.starts_with("reg"))
        .collect();
    assert_eq!(
        registered,
        ["registered Front Desk", "registered Front Desk (2)"]
    );
}

#[test]
fn a_taken_name_that_must_not_change_is_given_up_and_nothing_stays() {
    let mut lan = Lan::new(2);
    lan.publish(0, "Front Desk", "desk.local");
    lan.run_until(at_ms(10_000));
    let mut spec = service("Front Desk", "other.local");
    spec.on_conflict = OnConflict::GiveUp;
    lan.agents[1].publish_service(lan.now, spec).unwrap();
    lan.run_until(at_ms(20_000));
    assert!(
        lan.reported[1].contains(&"taken Front Desk".to_string()),
        "{:?}",
        lan.reported
    );
    let before = lan.packets;
    lan.run_until(at_ms(60_000));
    assert_eq!(lan.packets, before);
}

#[test]
fn withdrawing_one_service_leaves_the_addresses_its_siblings_use() {
    let mut lan = Lan::new(2);
    let first = lan.publish(0, "One", "desk.local");
    lan.publish(0, "Two", "desk.local");
    browse(&mut lan, 1, None);
    lan.run_until(at_ms(5_000));
    lan.agents[0].stop(lan.now, first);
    lan.run_until(at_ms(20_000));
    let removed: Vec<_> = lan.reported[1]
        .iter()
        .filter(|reported| reported.starts_with("rem"))
        .collect();
    assert_eq!(removed, ["removed One Goodbye"]);
}

#[test]
fn a_new_address_is_claimed_and_announced_without_a_conflict_with_oneself() {
    let mut lan = Lan::new(2);
    lan.publish(0, "Front Desk", "desk.local");
    browse(&mut lan, 1, None);
    lan.run_until(at_ms(10_000));
    let moved = info("10.0.0.77".parse().unwrap());
    lan.agents[0].handle_link(
        lan.now,
        LinkChange::Up {
            link: LINK,
            info: moved,
        },
    );
    lan.run_until(at_ms(20_000));
    assert!(
        lan.reported[0]
            .iter()
            .all(|reported| !reported.contains("renamed")),
        "{:?}",
        lan.reported[0]
    );
    assert_eq!(
        lan.reported[1].last().unwrap(),
        "updated Front Desk txt=false"
    );
}

#[test]
fn names_that_are_none_are_refused_before_anything_is_sent() {
    let mut lan = Lan::new(1);
    let refused = |lan: &mut Lan, label: &str, host: &str| {
        lan.agents[0]
            .publish_service(lan.now, service(label, host))
            .unwrap_err()
    };
    assert!(matches!(
        refused(&mut lan, "", "desk.local"),
        PublishError::Instance(_)
    ));
    assert!(matches!(
        refused(&mut lan, "a", "a.b.local"),
        PublishError::HostName { .. }
    ));
    assert!(matches!(
        refused(&mut lan, "a", "desk.example"),
        PublishError::HostName { .. }
    ));
    lan.run_until(at_ms(10_000));
    assert_eq!(lan.packets, 0);
}

#[test]
fn a_type_that_breaks_the_rules_for_service_names_is_published_only_on_request() {
    let mut lan = Lan::new(2);
    let mut spec = service("Fan", "fan.local");
    spec.service_type = "_dyson_mqtt._tcp".parse().unwrap();
    let agent = &mut lan.agents[0];
    let refused = agent.publish_service(Instant::ZERO, spec.clone());
    let Err(PublishError::ServiceType(error)) = refused else {
        panic!("{refused:?}")
    };
    assert!(
        error.to_string().contains("letters, digits and hyphens"),
        "{error}"
    );
    spec.any_type = true;
    assert!(agent.publish_service(Instant::ZERO, spec).is_ok());
}

fn record(label: &str) -> RecordSet {
    let name: Name = label.parse().unwrap();
    let data = cooee_wire::RData::A(Ipv4Addr::new(10, 0, 0, 99));
    let record = crate::OwnedRecord {
        name: name.clone(),
        ttl: cooee_wire::Ttl(120),
        unique: true,
        data,
        link: None,
    };
    RecordSet {
        claim: Some(name),
        records: vec![record],
        ..RecordSet::default()
    }
}

#[test]
fn records_are_told_once_they_hold_their_name_and_given_up_when_it_is_taken() {
    let mut lan = Lan::new(2);
    let publish = |lan: &mut Lan, agent: usize| {
        lan.agents[agent]
            .publish_records(lan.now, &record("box.local"))
            .unwrap()
    };
    publish(&mut lan, 0);
    lan.run_until(at_ms(5_000));
    assert_eq!(lan.reported[0], ["records registered"]);
    let mut other = record("box.local");
    other.records[0].data = cooee_wire::RData::A(Ipv4Addr::new(10, 0, 0, 98));
    lan.agents[1].publish_records(lan.now, &other).unwrap();
    lan.run_until(at_ms(10_000));
    assert_eq!(lan.reported[1], ["taken box"]);
    assert_eq!(lan.reported[0].len(), 1);
}

#[test]
fn a_second_request_for_a_host_that_is_published_is_told_at_once() {
    let mut lan = Lan::new(1);
    let desk = HostSpec::own("desk.local".parse().unwrap());
    for _ in 0..2 {
        lan.agents[0].publish_host(lan.now, &desk).unwrap();
        let soon = lan.now + crate::time::Duration::from_secs(5);
        lan.run_until(soon);
    }
    assert_eq!(lan.reported[0], ["host desk", "host desk"]);
}

/// A function that goes through a list.
fn chooser(names: &'static [&'static str]) -> OnConflict {
    OnConflict::Choose(naming::Chooser::new(move |_, attempt| {
        let at = usize::try_from(attempt).unwrap() - 1;
        names.get(at).map(|&name| name.into())
    }))
}

#[test]
fn a_function_chooses_the_next_name_until_it_has_none() {
    let mut lan = Lan::new(2);
    for taken in ["Front Desk", "Side Desk"] {
        lan.publish(0, taken, "desk.local");
    }
    lan.run_until(at_ms(5_000));
    let publish = |lan: &mut Lan, names| {
        let mut spec = service("Front Desk", "other.local");
        spec.on_conflict = chooser(names);
        lan.agents[1].publish_service(lan.now, spec).unwrap();
    };
    publish(&mut lan, &["Side Desk", "Back Desk"]);
    lan.run_until(at_ms(15_000));
    let reported: Vec<_> = lan.reported[1]
        .iter()
        .filter(|reported| !reported.starts_with("host"))
        .collect();
    assert_eq!(
        reported,
        [
            "renamed Front Desk Side Desk",
            "renamed Side Desk Back Desk",
            "registered Back Desk"
        ]
    );
    publish(&mut lan, &["Side Desk"]);
    lan.run_until(at_ms(25_000));
    assert_eq!(lan.reported[1].last().unwrap(), "taken Side Desk");
}

#[test]
fn a_function_that_goes_in_circles_is_asked_so_often_and_no_more() {
    let mut lan = Lan::new(1);
    lan.publish(0, "A", "desk.local");
    lan.publish(0, "B", "desk.local");
    let asked = alloc::sync::Arc::new(core::sync::atomic::AtomicU32::new(0));
    let mut spec = service("A", "desk.local");
    let counter = alloc::sync::Arc::clone(&asked);
    spec.on_conflict = OnConflict::Choose(naming::Chooser::new(move |taken, _| {
        counter.fetch_add(1, core::sync::atomic::Ordering::Relaxed);
        Some(if taken == "A" { "B" } else { "A" }.into())
    }));
    let refused = lan.agents[0].publish_service(lan.now, spec).unwrap_err();
    assert!(matches!(
        refused,
        PublishError::Register(RegisterError::NameTaken { .. })
    ));
    let asked = asked.load(core::sync::atomic::Ordering::Relaxed);
    assert_eq!(asked, crate::limits::NAMES_CHOSEN_AT_ONCE_MAX + 1);
}

#[test]
fn a_name_that_is_no_label_is_given_up() {
    let mut lan = Lan::new(2);
    lan.publish(0, "Front Desk", "desk.local");
    lan.run_until(at_ms(5_000));
    for wrong in ["Front Desk", ""] {
        let mut spec = service("Front Desk", "other.local");
        let answer = move |_: &str, _| Some(wrong.into());
        spec.on_conflict = OnConflict::Choose(naming::Chooser::new(answer));
        lan.agents[1].publish_service(lan.now, spec).unwrap();
        let soon = lan.now + crate::time::Duration::from_secs(5);
        lan.run_until(soon);
        assert_eq!(lan.reported[1].last().unwrap(), "taken Front Desk");
    }
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-9
//= type=test
//# record this newly
//# chosen name in persistent storage so that the device will use
//# the same name the next time it is power-cycled.
#[test]
fn a_name_that_was_won_before_is_tried_first_and_counts_on() {
    let mut lan = Lan::new(2);
    lan.publish(0, "Front Desk (2)", "desk-2.local");
    lan.run_until(at_ms(5_000));
    let mut spec = service("Front Desk", "desk.local");
    (spec.start_as, spec.host.start_as) = (Some("Front Desk (2)".into()), Some("desk-2".into()));
    lan.agents[1].publish_service(lan.now, spec).unwrap();
    lan.run_until(at_ms(15_000));
    let reported = &lan.reported[1];
    assert!(
        reported.contains(&"renamed Front Desk (2) Front Desk (3)".into()),
        "{reported:?}"
    );
    assert!(reported.contains(&"host desk-3".into()), "{reported:?}");
}

#[test]
fn whoever_asks_for_a_host_by_the_same_name_shares_what_it_was_renamed_to() {
    let mut lan = Lan::new(1);
    let mut desk = HostSpec::own("desk.local".parse().unwrap());
    lan.agents[0].publish_host(lan.now, &desk).unwrap();
    desk.start_as = Some("desk-2".into());
    lan.agents[0].publish_host(lan.now, &desk).unwrap();
    lan.run_until(at_ms(5_000));
    assert_eq!(lan.reported[0], ["host desk", "host desk"]);
}

#[test]
fn a_service_on_a_host_that_has_its_name_is_told_of_it_before_its_own() {
    let mut lan = Lan::new(2);
    lan.publish(0, "Other", "desk.local");
    lan.run_until(at_ms(5_000));
    lan.publish(1, "Front Desk", "desk.local");
    lan.run_until(at_ms(10_000));
    lan.reported[1].clear();
    lan.publish(1, "Back Desk", "desk.local");
    lan.run_until(at_ms(15_000));
    assert_eq!(lan.reported[1], ["host desk-2", "registered Back Desk"]);
}

#[test]
fn of_a_host_lost_each_user_does_as_it_wished() {
    let mut lan = Lan::new(2);
    let rigid = HostSpec {
        on_conflict: OnConflict::GiveUp,
        ..HostSpec::own("desk.local".parse().unwrap())
    };
    let mut proxy = HostSpec::own("desk.local".parse().unwrap());
    proxy.addresses = Some(vec!["10.9.9.9".parse().unwrap()]);
    lan.agents[0].publish_host(lan.now, &proxy).unwrap();
    lan.run_until(at_ms(5_000));
    lan.agents[1].publish_host(lan.now, &rigid).unwrap();
    lan.publish(1, "Web", "desk.local");
    lan.run_until(at_ms(15_000));
    let reported = &lan.reported[1];
    assert_eq!(
        reported
            .iter()
            .filter(|reported| *reported == "taken desk")
            .count(),
        1
    );
    assert!(reported.contains(&"host desk-2".into()), "{reported:?}");
    assert!(reported.contains(&"registered Web".into()), "{reported:?}");
}

fn extra(data: cooee_wire::RData) -> spec::ExtraRecord {
    let ttl = cooee_wire::Ttl(600);
    spec::ExtraRecord { data, ttl }
}

fn opaque(rtype: u16) -> cooee_wire::RData {
    cooee_wire::RData::Opaque {
        rtype: RecordType(rtype),
        bytes: [1, 2, 3].as_slice().into(),
    }
}

#[test]
fn further_records_come_and_go_with_what_they_belong_to() {
    let mut lan = Lan::new(2);
    let mut spec = service("Front Desk", "desk.local");
    spec.records.push(extra(opaque(65_280)));
    spec.host.records.push(extra(opaque(65_281)));
    let asked = [
        ("Front Desk._http._tcp.local", 65_280),
        ("desk.local", 65_281),
    ];
    for (name, rtype) in asked {
        let query = crate::event::Query {
            name: name.parse().unwrap(),
            rtype: RecordType(rtype),
            link: None,
        };
        lan.agents[1].query(lan.now, query);
    }
    let plain = lan.publish(0, "Plain", "desk.local");
    let request = lan.agents[0].publish_service(lan.now, spec).unwrap();
    lan.run_until(at_ms(5_000));
    let mut reported = core::mem::take(&mut lan.reported[1]);
    reported.sort();
    assert_eq!(
        reported,
        ["record Front Desk TYPE65280", "record desk TYPE65281"]
    );
    lan.agents[0].stop(lan.now, request);
    lan.run_until(at_ms(10_000));
    let mut reported = core::mem::take(&mut lan.reported[1]);
    reported.sort();
    assert_eq!(
        reported,
        [
            "record Front Desk TYPE65280 Goodbye",
            "record desk TYPE65281 Goodbye"
        ]
    );
    assert_eq!(
        lan.agents[0].is_announced(plain),
        Some(true),
        "the host goes on"
    );
}

#[test]
fn a_record_that_cannot_stand_beside_the_others_is_refused() {
    let mut lan = Lan::new(1);
    for rtype in [5, 16, 33, 41, 47, 255] {
        let mut spec = service("Front Desk", "desk.local");
        spec.records.push(extra(opaque(rtype)));
        let refused = lan.agents[0].publish_service(lan.now, spec).unwrap_err();
        let rtype = RecordType(rtype);
        assert_eq!(refused, PublishError::ExtraRecord { rtype });
    }
    for rtype in [1, 28, 5] {
        let mut host = HostSpec::own("desk.local".parse().unwrap());
        host.records.push(extra(opaque(rtype)));
        let refused = lan.agents[0].publish_host(lan.now, &host).unwrap_err();
        let rtype = RecordType(rtype);
        assert_eq!(refused, PublishError::ExtraRecord { rtype });
    }
    lan.run_until(at_ms(5_000));
    assert_eq!(lan.packets, 0);
}

#[test]
fn a_change_counts_as_announced_once_it_was_multicast() {
    let mut lan = Lan::new(1);
    let request = lan.publish(0, "Front Desk", "desk.local");
    lan.run_until(at_ms(500));
    assert_eq!(lan.agents[0].is_announced(request), Some(false), "probing");
    lan.run_until(at_ms(10_000));
    assert_eq!(lan.agents[0].is_announced(request), Some(true));
    for announced_after in [0, 1_000] {
        let text = alloc::format!("at={announced_after}");
        let txt = super::super::txt::Txt::from_strings([text.as_bytes()]).unwrap();
        lan.agents[0].update_txt(lan.now, request, txt).unwrap();
        assert_eq!(lan.agents[0].is_announced(request), Some(false));
        let now = lan.now + crate::time::Duration::from_millis(announced_after);
        lan.run_until(now);
        assert_eq!(lan.agents[0].is_announced(request), Some(true));
    }
    lan.agents[0].handle_link(lan.now, LinkChange::Down { link: LINK });
    assert_eq!(lan.agents[0].is_announced(request), Some(true), "to nobody");
    lan.agents[0].stop(lan.now, request);
    assert_eq!(lan.agents[0].is_announced(request), None);
}

#[test]
fn what_is_published_or_changed_is_told_of_once_when_it_was_announced() {
    let mut lan = Lan::new(1);
    let request = lan.publish(0, "Front Desk", "desk.local");
    let second = lan.publish(0, "Back Desk", "desk.local");
    lan.run_until(at_ms(700));
    assert_eq!(lan.announced, [], "their names are being claimed");
    lan.run_until(at_ms(10_000));
    let mut announced = core::mem::take(&mut lan.announced);
    announced.sort();
    let requests: Vec<_> = announced.iter().map(|&(_, request)| request).collect();
    assert_eq!(requests, [request, second]);
    for at in [10_000, 10_100] {
        lan.run_until(at_ms(at));
        let text = alloc::format!("at={at}");
        let txt = super::super::txt::Txt::from_strings([text.as_bytes()]).unwrap();
        lan.agents[0].update_txt(lan.now, request, txt).unwrap();
    }
    lan.run_until(at_ms(60_000));
    assert_eq!(
        lan.announced,
        [(at_ms(10_000), request), (at_ms(10_100), request)],
        "once for each change"
    );
    lan.announced.clear();
    lan.agents[0]
        .update_service(lan.now, request, |_| {})
        .unwrap();
    lan.run_until(at_ms(61_000));
    assert_eq!(lan.announced, [(at_ms(60_000), request)], "it was already");
}

#[test]
fn of_records_that_change_too_often_only_the_last_ones_are_sent_when_the_minute_is_over() {
    use crate::timing::CHANGES_MAX;
    let mut lan = Lan::new(1);
    let request = lan.agents[0]
        .publish_records(lan.now, &record("desk.local"))
        .unwrap();
    lan.run_until(at_ms(10_000));
    lan.answers.clear();
    let address = |change| cooee_wire::RData::A([10, 0, 1, change].into());
    let changes = u8::try_from(CHANGES_MAX).unwrap() + 3;
    for change in 0..changes {
        let mut set = record("desk.local");
        set.records[0].data = address(change);
        lan.agents[0]
            .update_records(lan.now, request, &set)
            .unwrap();
    }
    let sent = |lan: &Lan, change: u8| {
        let mut sent = lan.answers.iter();
        sent.any(|(_, ttl, data)| ttl.as_secs() > 0 && *data == address(change))
    };
    lan.run_until(at_ms(69_000));
    assert!(sent(&lan, changes - 4), "the last one in time");
    assert!((changes - 3..changes).all(|change| !sent(&lan, change)));
    assert_eq!(lan.agents[0].is_announced(request), Some(false));
    lan.run_until(at_ms(72_000));
    assert!(sent(&lan, changes - 1), "the last one of all");
    assert!((changes - 3..changes - 1).all(|change| !sent(&lan, change)));
    assert_eq!(lan.agents[0].is_announced(request), Some(true));
    let other = lan.agents[0].update_records(lan.now, request, &record("shelf.local"));
    assert_eq!(other, Err(PublishError::Unknown), "its name stays");
    lan.agents[0].stop(lan.now, request);
    let gone = lan.agents[0].update_records(lan.now, request, &record("desk.local"));
    assert_eq!(gone, Err(PublishError::Unknown));
}

#[test]
fn what_joins_a_host_that_was_announced_already_is_told_of_as_well() {
    let mut lan = Lan::new(1);
    let host = HostSpec::own("desk.local".parse().unwrap());
    let first = lan.agents[0].publish_host(lan.now, &host).unwrap();
    lan.run_until(at_ms(10_000));
    let second = lan.agents[0].publish_host(lan.now, &host).unwrap();
    lan.run_until(at_ms(20_000));
    let requests: Vec<_> = lan.announced.iter().map(|&(_, request)| request).collect();
    assert_eq!(requests, [first, second]);
    assert_eq!(lan.reported[0], ["host desk", "host desk"]);
}

#[test]
fn what_waits_for_a_link_that_goes_is_announced_by_the_others() {
    let mut lan = Lan::new(1);
    let other = LinkId(2);
    let up = LinkChange::Up {
        link: other,
        info: info("10.1.0.1".parse().unwrap()),
    };
    let request = lan.publish(0, "Front Desk", "desk.local");
    lan.run_until(at_ms(500));
    lan.agents[0].handle_link(lan.now, up.clone());
    lan.agents[0].handle_link(lan.now, LinkChange::Down { link: other });
    lan.run_until(at_ms(700));
    lan.agents[0].handle_link(lan.now, up);
    lan.run_until(at_ms(1_440));
    assert_eq!(lan.announced, [], "it is being claimed on the other link");
    lan.agents[0].handle_link(lan.now, LinkChange::Down { link: other });
    lan.run_until(at_ms(2_000));
    let requests: Vec<_> = lan.announced.iter().map(|&(_, request)| request).collect();
    assert_eq!(requests, [request]);
}

#[test]
fn a_withdrawal_says_what_was_sent_for_a_service_and_its_host_together() {
    let mut lan = Lan::new(1);
    let request = lan.publish(0, "Front Desk", "desk.local");
    let other = lan.publish(0, "Back Desk", "desk.local");
    lan.run_until(at_ms(10_000));
    lan.answers.clear();
    lan.agents[0].stop(lan.now, request);
    assert_eq!(lan.withdrawn, [], "nothing was sent yet");
    lan.run_until(at_ms(10_001));
    // Over two families: SRV, TXT and the PTR records of the type and the subtype.
    let on = |datagrams, records| GoodbyesOn {
        link: LINK,
        datagrams,
        records,
    };
    assert_eq!(lan.withdrawn, [(request, vec![on(2, 2 * 4)])]);
    lan.withdrawn.clear();
    lan.answers.clear();
    let third = lan.publish(0, "Third", "third.local");
    lan.agents[0].withdraw(lan.now, &[other, third]);
    lan.run_until(at_ms(20_000));
    let said = lan.answers.iter().filter(|(_, ttl, _)| ttl.is_goodbye());
    let said = said.count();
    assert!(said > 4, "the host too, and the type");
    assert_eq!(
        lan.withdrawn,
        [(other, vec![on(2, 2 * said)])],
        "of two together, the first is reported"
    );
    lan.agents[0].stop(lan.now, third);
    let fourth = lan.publish(0, "Fourth", "fourth.local");
    lan.agents[0].stop(lan.now, fourth);
    lan.run_until(at_ms(20_001));
    assert_eq!(
        lan.withdrawn[1..],
        [(fourth, vec![])],
        "nothing was announced of it"
    );
}

#[test]
fn a_withdrawal_is_reported_as_soon_as_its_last_goodbye_has_left() {
    let mut agent = Agent::new(Config::default(), 1, Instant::ZERO);
    let (link, info) = (LINK, info(ip(0)));
    agent.handle_link(Instant::ZERO, LinkChange::Up { link, info });
    let spec = service("Front Desk", "desk.local");
    let request = agent.publish_service(Instant::ZERO, spec).unwrap();
    run(&mut agent, 0..10_000, |_| true);
    agent.stop(at_ms(10_000), request);
    let mut buf = Vec::new();
    while agent.send_next(at_ms(10_000), &mut buf).is_some() {}
    let event = agent.poll_event().unwrap();
    assert_eq!(event.request, request);
    let News::Publication(PublicationEvent::Withdrawn(on)) = event.news else {
        panic!("{event:?}");
    };
    assert_eq!(on.len(), 1);
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-9
//= type=test
//# After one minute of probing, if the Multicast DNS responder has
//# been unable to find any unused name, it should log an error
//# message to inform the user or operator of this fact.
#[test]
fn a_minute_without_a_free_name_is_told_once_and_the_search_goes_on() {
    let mut lan = Lan::new(1);
    lan.usurper = Some(|_| true);
    lan.publish(0, "Front Desk", "desk.local");
    lan.run_until(at_ms(59_000));
    let nameless = |lan: &Lan| {
        let reported = lan.reported[0].iter();
        reported
            .filter(|reported| reported.starts_with("nameless"))
            .count()
    };
    assert_eq!(nameless(&lan), 0, "{:?}", lan.reported[0]);
    lan.run_until(at_ms(300_000));
    assert_eq!(nameless(&lan), 2, "service and host: {:?}", lan.reported[0]);
    lan.usurper = None;
    lan.run_until(at_ms(320_000));
    assert!(
        lan.reported[0]
            .last()
            .unwrap()
            .starts_with("registered Front Desk (")
    );
    assert!(
        lan.agents[0]
            .poll_timeout()
            .is_none_or(|next| next.at > lan.now)
    );
}

/// Returns the answers in a packet.
fn answers(bytes: &[u8]) -> Vec<(Name, cooee_wire::Ttl, cooee_wire::RData)> {
    let message = cooee_wire::Message::parse(bytes).unwrap();
    let records = message.records().map(Result::unwrap);
    let answers = records.filter(|(section, _)| *section == cooee_wire::Section::Answer);
    answers
        .map(|(_, record)| {
            let data = record.data().unwrap().to_owned().unwrap();
            (record.name.to_name().unwrap(), record.ttl, data)
        })
        .collect()
}

//= https://www.rfc-editor.org/rfc/rfc6763#section-5
//= type=test
//# However, in the overwhelmingly common case, a single advertised
//# DNS-SD service instance is described by exactly one SRV record, and
//# in this common case the priority and weight fields of the SRV record
//# SHOULD both be set to zero.
//= https://www.rfc-editor.org/rfc/rfc6763#section-6
//= type=test
//# Every DNS-SD service MUST have a TXT record in addition to its SRV
//# record, with the same name, even if the service has no additional
//# data to store and the TXT record contains no more than a single zero
//# byte.
//= https://www.rfc-editor.org/rfc/rfc6763#section-6.3
//= type=test
//# This information -- target host name and
//# port number -- MUST NOT be duplicated using key/value attributes in
//# the TXT record.
//= https://www.rfc-editor.org/rfc/rfc6763#section-6.5
//= type=test
//# The value MUST NOT
//# be enclosed in additional quotation marks or any similar punctuation;
//# any quotation marks, or leading or trailing spaces, are part of the
//# value.
#[test]
fn a_service_has_one_srv_record_of_zeros_and_one_txt_record_of_what_was_given() {
    for (given, wire) in [
        (&[][..], &b"\0"[..]),
        (&["path=/"], b"\x06path=/"),
        (
            &["a= \"b\" ", "c=\"", "d='"],
            b"\x07a= \"b\" \x03c=\"\x03d='",
        ),
    ] {
        let mut lan = Lan::new(1);
        let mut spec = service("web", "desk.local");
        spec.txt =
            super::super::txt::Txt::from_strings(given.iter().map(|text| text.as_bytes())).unwrap();
        lan.agents[0].publish_service(lan.now, spec).unwrap();
        lan.run_until(at_ms(5_000));
        let mut txts = Vec::new();
        let mut srvs = Vec::new();
        for (_, _, data) in &lan.answers {
            if let cooee_wire::RData::Txt(txt) = data {
                txts.push(txt.as_bytes());
            } else if let cooee_wire::RData::Srv(srv) = data {
                srvs.push((srv.priority, srv.weight, srv.port));
            }
        }
        assert_eq!(txts, [wire, wire], "announced twice");
        assert_eq!(srvs, [(0, 0, 8080); 2]);
    }
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-10
//= type=test
//# As a general rule, the recommended TTL value for Multicast DNS
//# resource records with a host name as the resource record's name (e.g.,
//# A, AAAA, HINFO) or a host name contained within the resource record's
//# rdata (e.g., SRV, reverse mapping PTR record) SHOULD be 120 seconds.
//= https://www.rfc-editor.org/rfc/rfc6762#section-10
//= type=test
//# The recommended TTL value for other Multicast DNS resource records is
//# 75 minutes.
#[test]
fn records_that_name_a_host_live_for_two_minutes_and_others_for_75() {
    let mut lan = Lan::new(1);
    lan.publish(0, "web", "desk.local");
    lan.run_until(at_ms(5_000));
    let is_reverse = |name: &Name| name.to_string().ends_with(".arpa");
    for (name, ttl, data) in &lan.answers {
        let rtype = data.rtype();
        let names_a_host = rtype == RecordType::SRV || rtype == RecordType::A || is_reverse(name);
        let expected = if names_a_host { 120 } else { 75 * 60 };
        assert_eq!(ttl.as_secs(), expected, "{name} {rtype}");
    }
    let types: alloc::collections::BTreeSet<_> = lan
        .answers
        .iter()
        .map(|(_, _, data)| data.rtype())
        .collect();
    let published = [
        RecordType::A,
        RecordType::PTR,
        RecordType::TXT,
        RecordType::SRV,
    ];
    assert!(types.is_superset(&published.into()), "{types:?}");
}

#[test]
fn a_service_for_some_links_is_claimed_and_announced_there_alone() {
    let mut lan = Lan::new(1);
    let agent = &mut lan.agents[0];
    let other = LinkId(9);
    let link = LinkChange::Up {
        link: other,
        info: info("10.1.0.1".parse().unwrap()),
    };
    agent.handle_link(Instant::ZERO, link);
    let mut spec = service("Front Desk", "desk.local");
    spec.links = vec![LINK];
    let request = agent.publish_service(Instant::ZERO, spec).unwrap();
    let (mut buf, mut on_links, mut now) = (Vec::new(), [0, 0], Instant::ZERO);
    while let Some(next) = agent.poll_timeout().filter(|next| next.at < at_ms(10_000)) {
        now = now.max(next.at);
        agent.handle_timeout(now);
        while let Some(route) = agent.send_next(now, &mut buf) {
            let says = |text: &[u8]| buf.windows(text.len()).any(|part| part == text);
            assert!(says(b"desk"), "the host is on both");
            let mentions = says(b"Front Desk");
            on_links[usize::from(route.link == other)] += usize::from(mentions);
        }
    }
    assert_eq!(on_links, [5, 0], "three probes and two announcements");
    let reported: Vec<_> = core::iter::from_fn(|| agent.poll_event()).collect();
    assert!(
        reported.iter().any(|event| matches!(
            event.news,
            News::Publication(PublicationEvent::Registered(_))
        )),
        "{reported:?}"
    );
    assert_eq!(agent.is_announced(request), Some(true));
}

#[test]
fn a_host_for_some_links_is_claimed_and_announced_there_alone() {
    let address = ip(99);
    for addresses in [None, Some(vec![address])] {
        let mut lan = Lan::new(1);
        let agent = &mut lan.agents[0];
        let link = LinkChange::Up {
            link: OTHER,
            info: info("10.1.0.1".parse().unwrap()),
        };
        agent.handle_link(Instant::ZERO, link);
        let mut host = HostSpec::own("desk.local".parse().unwrap());
        (host.addresses, host.links) = (addresses, vec![LINK]);
        let first = agent.publish_host(Instant::ZERO, &host).unwrap();
        host.links = vec![LINK, LINK];
        let again = agent.publish_host(Instant::ZERO, &host).unwrap();
        let (mut buf, mut links, mut now) = (Vec::new(), Vec::new(), Instant::ZERO);
        while let Some(next) = agent.poll_timeout().filter(|next| next.at < at_ms(10_000)) {
            now = now.max(next.at);
            agent.handle_timeout(now);
            while let Some(route) = agent.send_next(now, &mut buf) {
                links.push(route.link);
            }
        }
        assert_eq!(links, [LINK; 5], "three probes and two announcements");
        assert_eq!(agent.is_announced(first), Some(true));
        assert_eq!(agent.is_announced(again), Some(true), "they share the host");
    }
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-8.4
//= type=test
//# A host may update the contents of any of its records at any time,
//# though a host SHOULD NOT update records more frequently than ten
//# times per minute.
#[test]
fn a_service_changes_ten_times_a_minute_and_then_to_what_it_is_last() {
    let mut lan = Lan::new(2);
    let request = lan.publish(0, "Front Desk", "desk.local");
    browse(&mut lan, 1, None);
    lan.run_until(at_ms(10_000));
    lan.reported[0].clear();
    lan.reported[1].clear();
    for n in 1..=30 {
        lan.run_until(at_ms(10_000 + n * 1_500));
        let string = alloc::format!("n={n}");
        let txt = super::super::txt::Txt::from_strings([string.as_bytes()]).unwrap();
        lan.agents[0].update_txt(lan.now, request, txt).unwrap();
        let announced = lan.agents[0].is_announced(request);
        assert!(n <= 10 || announced == Some(false), "{n}");
    }
    lan.run_until(at_ms(71_499));
    assert_eq!(lan.reported[1].len(), 10, "{:?}", lan.reported[1]);
    lan.run_until(at_ms(72_000));
    assert_eq!(lan.reported[1].len(), 11);
    lan.run_until(at_ms(600_000));
    assert_eq!(lan.reported[1].len(), 11, "{:?}", lan.reported[1]);
    assert_eq!(lan.agents[0].is_announced(request), Some(true));
    assert_eq!(
        lan.reported[0],
        ["delayed by 45000 ms"],
        "the first one that waits says so"
    );
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-9
//= type=test
//# The protocol used in
//# the Probing phase will determine a winner and a loser, and the loser
//# MUST cease using the name, and reconfigure.
#[test]
fn services_are_not_announced_towards_a_host_name_that_is_not_won() {
    let mut lan = Lan::new(1);
    for n in 0..30 {
        lan.publish(0, &alloc::format!("Printer {n}"), "desk.local");
    }
    lan.run_until(at_ms(60_000));
    let services = |lan: &Lan| {
        let of_service = |data: &cooee_wire::RData| matches!(data, cooee_wire::RData::Srv(_));
        lan.answers
            .iter()
            .filter(|(_, _, data)| of_service(data))
            .count()
    };
    assert_eq!(services(&lan), 2 * 30);
    // Another host has its name, and every other one that it tries, for three minutes.
    lan.usurper = Some(|name| name.label_count() == 2);
    (lan.packets, lan.answers) = (0, Vec::new());
    let rival = conflict("desk.local");
    let _ = lan.agents[0].handle_datagram(lan.now, from_stranger(&rival));
    lan.run_until(at_ms(240_000));
    let conflicts = lan.agents[0].stats().conflicts;
    assert!((20..=60).contains(&conflicts), "{conflicts} conflicts");
    assert_eq!(services(&lan), 0, "nothing is said of services");
    assert!(lan.packets <= 60, "{} packets", lan.packets);
    // It recovers: the host gets a name, and its services are announced with it.
    lan.usurper = None;
    lan.answers.clear();
    lan.run_until(at_ms(300_000));
    assert_eq!(services(&lan), 2 * 30);
    let host = lan.reported[0]
        .iter()
        .rev()
        .find(|reported| reported.starts_with("host "));
    let host = host.unwrap().trim_start_matches("host ").to_string();
    for (_, _, data) in &lan.answers {
        if let cooee_wire::RData::Srv(srv) = data {
            assert_eq!(label_of(&srv.target), host);
        }
    }
}

/// Another host's address record for a name.
fn conflict(name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let flags = cooee_wire::Flags::RESPONSE;
    let mut builder = cooee_wire::MessageBuilder::new(&mut bytes, 0, flags, 1_400);
    let fields = cooee_wire::RecordFields {
        name: &name.parse().unwrap(),
        class: cooee_wire::Class::IN,
        cache_flush: true,
        ttl: cooee_wire::Ttl(120),
        data: &cooee_wire::RData::A(Ipv4Addr::new(10, 0, 0, 99)),
    };
    builder.record(cooee_wire::Section::Answer, fields).unwrap();
    builder.finish();
    bytes
}

/// An agent on two links whose host has just had to take another name, with its service.
fn agent_with_a_renamed_host() -> Agent {
    let mut agent = Agent::new(Config::default(), 1, Instant::ZERO);
    for (link, address) in [(LINK, ip(0)), (OTHER, "10.1.0.1".parse().unwrap())] {
        let info = info(address);
        agent.handle_link(Instant::ZERO, LinkChange::Up { link, info });
    }
    let spec = service("Front Desk", "desk.local");
    agent.publish_service(Instant::ZERO, spec).unwrap();
    run(&mut agent, 0..10_000, |_| true);
    let rival = conflict("desk.local");
    for at in [10_000, 10_300] {
        let _ = agent.handle_datagram(at_ms(at), from_stranger(&rival));
        run(&mut agent, at..at + 300, |_| true);
    }
    agent
}

/// The targets of the services that were announced on the first link.
fn targets(sent: Vec<(LinkId, cooee_wire::RData)>) -> Vec<String> {
    let target = |(link, data)| {
        let (true, cooee_wire::RData::Srv(srv)) = (link == LINK, data) else {
            return None;
        };
        Some(srv.target.to_string())
    };
    sent.into_iter().filter_map(target).collect()
}

/// Runs an agent alone on links that accept packets or not. Returns every record that it sends as
/// an answer.
fn run(
    agent: &mut Agent,
    millis: core::ops::Range<u64>,
    accepts: impl Fn(LinkId) -> bool,
) -> Vec<(LinkId, cooee_wire::RData)> {
    let (mut now, end) = (at_ms(millis.start), at_ms(millis.end));
    let (mut buf, mut sent) = (Vec::new(), Vec::new());
    loop {
        while let Some(transmit) = agent.poll_transmit(now, &mut buf) {
            let link = transmit.route.link;
            let failed = Fate::Failed(SendFailure::Forbidden);
            let delivery = if accepts(link) {
                sent.extend(answers(&buf).into_iter().map(|(_, _, data)| (link, data)));
                Delivery::LEFT
            } else {
                Delivery {
                    v4: failed,
                    v6: failed,
                }
            };
            agent.handle_transmit(now, transmit, delivery);
        }
        while agent.poll_event().is_some() {}
        match agent.poll_timeout().map(|deadline| deadline.at) {
            Some(next) if next < end => now = now.max(next),
            Some(_) | None => return sent,
        }
        agent.handle_timeout(now);
    }
}

#[test]
fn a_service_of_a_renamed_host_is_announced_where_it_can_be_though_another_link_accepts_nothing() {
    let mut agent = agent_with_a_renamed_host();
    let sent = run(&mut agent, 10_600..20_000, |link| link != OTHER);
    assert_eq!(targets(sent), ["desk-2.local", "desk-2.local"]);
}

#[test]
fn a_service_of_a_renamed_host_is_announced_though_the_link_that_it_waits_for_is_gone() {
    let mut agent = agent_with_a_renamed_host();
    let gone = LinkChange::Down { link: OTHER };
    agent.handle_link(at_ms(10_600), gone.clone());
    run(&mut agent, 10_600..10_900, |_| true);
    let (link, info) = (OTHER, info("10.1.0.1".parse().unwrap()));
    agent.handle_link(at_ms(10_900), LinkChange::Up { link, info });
    let sent = run(&mut agent, 10_900..11_600, |_| true);
    assert_eq!(
        targets(sent),
        [""; 0],
        "the host is being claimed on the other link"
    );
    agent.handle_link(at_ms(11_600), gone);
    let sent = run(&mut agent, 11_600..20_000, |_| true);
    assert_eq!(targets(sent), ["desk-2.local", "desk-2.local"]);
}

#[test]
fn a_host_that_must_not_be_renamed_does_not_share_one_that_was() {
    let mut lan = Lan::new(2);
    lan.publish(0, "Other", "desk.local");
    lan.run_until(at_ms(5_000));
    lan.publish(1, "Web", "desk.local");
    lan.run_until(at_ms(10_000));
    assert!(lan.reported[1].contains(&"host desk-2".into()));
    lan.reported[1].clear();
    let rigid = HostSpec {
        on_conflict: OnConflict::GiveUp,
        ..HostSpec::own("desk.local".parse().unwrap())
    };
    let now = lan.now;
    lan.agents[1].publish_host(now, &rigid).unwrap();
    lan.run_until(at_ms(20_000));
    assert_eq!(lan.reported[1], ["taken desk"]);
}

fn system_service(label: &str) -> ServiceSpec {
    let mut spec = service(label, "old.local");
    spec.host.is_system = true;
    spec
}

fn rename(lan: &mut Lan, new: &str) {
    let new: Name = new.parse().unwrap();
    let now = lan.now;
    lan.agents[0].rename_system_host(now, &new, None);
}

fn srv_targets(lan: &Lan) -> Vec<String> {
    let target = |(_, ttl, data): &(Name, cooee_wire::Ttl, cooee_wire::RData)| {
        let (false, cooee_wire::RData::Srv(srv)) = (ttl.is_goodbye(), data) else {
            return None;
        };
        Some(label_of(&srv.target))
    };
    lan.answers.iter().filter_map(target).collect()
}

#[test]
fn a_service_is_not_announced_towards_a_system_name_that_was_never_won() {
    let mut lan = Lan::new(1);
    lan.agents[0]
        .publish_service(lan.now, system_service("Front Desk"))
        .unwrap();
    lan.run_until(at_ms(600));
    rename(&mut lan, "new.local");
    lan.run_until(at_ms(20_000));
    assert_eq!(srv_targets(&lan), ["new", "new"], "{:?}", lan.reported[0]);
}
