//! The agent by hand: packets of one host, reported as services.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::net::{Ipv4Addr, SocketAddr};

use cooee_wire::{
    Class, Flags, Message, MessageBuilder, Nsec, RecordFields, Section, Srv, Ttl, TxtData,
    TypeBitmap,
};

use super::super::event::DiscoveryEvent;
use super::super::service::LinkedAddress;
use super::*;
use crate::event::Removal;
use crate::link::{LinkAddress, LinkInfo};
use crate::time::Duration;
use crate::transmit::Route;

impl Agent {
    /// Polls the next packet, and reports it as sent.
    pub(crate) fn send_next(&mut self, now: Instant, buf: &mut Vec<u8>) -> Option<Route> {
        let transmit = self.poll_transmit(now, buf)?;
        let route = transmit.route;
        self.handle_transmit(now, transmit, Delivery::LEFT);
        Some(route)
    }
}

mod busy_host;
mod names;

const LAN: LinkId = LinkId(2);
const WIFI: LinkId = LinkId(3);

fn at_ms(millis: u64) -> Instant {
    Instant::from_nanos(millis * 1_000_000)
}

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn agent_on(links: &[LinkId]) -> Agent {
    let mut agent = Agent::new(Config::default(), 1, Instant::ZERO);
    for &link in links {
        up(&mut agent, Instant::ZERO, link);
    }
    agent
}

fn up(agent: &mut Agent, now: Instant, link: LinkId) {
    let ip = "10.0.0.1".parse().unwrap();
    let info = LinkInfo {
        addresses: vec![LinkAddress { ip, prefix_len: 24 }],
        mtu: 1_500,
    };
    agent.handle_link(now, LinkChange::Up { link, info });
}

fn browse(agent: &mut Agent, now: Instant) -> RequestId {
    let options = BrowseOptions {
        resolve: true,
        ..BrowseOptions::default()
    };
    agent.browse(now, &"_http._tcp".parse().unwrap(), options)
}

const PTR: u8 = 1;
const SRV: u8 = 2;
const TXT: u8 = 4;
const ADDRESS: u8 = 8;
const ALL: u8 = 15;

/// Returns the records of the instance `web`, those in `parts`.
fn records(parts: u8, ttl: u32, text: &str) -> Vec<u8> {
    let instance = name("web._http._tcp.local");
    let host = name("host.local");
    let txt = TxtData::from_strings([text.as_bytes()]).unwrap();
    let srv = Srv {
        priority: 0,
        weight: 0,
        port: 80,
        target: host.clone(),
    };
    let all = [
        (
            PTR,
            name("_http._tcp.local"),
            false,
            RData::Ptr(instance.clone()),
        ),
        (SRV, instance.clone(), true, RData::Srv(srv)),
        (TXT, instance, true, RData::Txt(txt)),
        (ADDRESS, host, true, RData::A(Ipv4Addr::new(10, 0, 0, 9))),
    ];
    let wanted = all.into_iter().filter(|(part, ..)| parts & part != 0);
    let wanted: Vec<_> = wanted
        .map(|(_, name, unique, data)| (name, unique, data))
        .collect();
    response(ttl, &wanted)
}

/// Returns a response with these answers.
fn response(ttl: u32, answers: &[(Name, bool, RData)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut builder = MessageBuilder::new(&mut bytes, 0, Flags::RESPONSE, 1_452);
    for (name, cache_flush, data) in answers {
        let fields = RecordFields {
            name,
            class: Class::IN,
            cache_flush: *cache_flush,
            ttl: Ttl(ttl),
            data,
        };
        builder.record(Section::Answer, fields).unwrap();
    }
    builder.finish();
    bytes
}

fn hear(agent: &mut Agent, now: Instant, link: LinkId, bytes: &[u8]) {
    hear_from("10.0.0.9:5353", agent, now, link, bytes);
}

fn hear_from(source: &str, agent: &mut Agent, now: Instant, link: LinkId, bytes: &[u8]) {
    let source: SocketAddr = source.parse().unwrap();
    let destination = "224.0.0.251".parse().unwrap();
    let _ = agent.handle_datagram(
        now,
        Datagram {
            link,
            source,
            destination,
            bytes,
        },
    );
}

fn run(agent: &mut Agent, end: Instant) -> usize {
    let mut packets = 0;
    let mut buf = Vec::new();
    while let Some(deadline) = agent.poll_timeout().filter(|deadline| deadline.at <= end) {
        agent.handle_timeout(deadline.at);
        while agent.send_next(deadline.at, &mut buf).is_some() {
            packets += 1;
        }
    }
    packets
}

fn reported(agent: &mut Agent) -> Vec<String> {
    let news = core::iter::from_fn(|| agent.poll_event()).map(|event| match event.news {
        News::Publication(_) => String::from("something published"),
        News::Discovery(news) => found(news),
    });
    news.collect()
}

fn found(news: DiscoveryEvent) -> String {
    match news {
        DiscoveryEvent::Found(instance) => alloc::format!("found {}", instance.label()),
        DiscoveryEvent::Lost(instance, why) => alloc::format!("lost {} {why:?}", instance.label()),
        DiscoveryEvent::Added(service) => {
            alloc::format!(
                "added {} x{}",
                service.instance.label(),
                service.addresses.len()
            )
        }
        DiscoveryEvent::Updated(service, diff) => alloc::format!(
            "updated {} {} x{}",
            service.instance.label(),
            if diff.txt { "txt" } else { "addresses" },
            service.addresses.len()
        ),
        DiscoveryEvent::Removed(service, why) => {
            alloc::format!("removed {} {why:?}", service.instance.label())
        }
        DiscoveryEvent::Unavailable(instance) => alloc::format!("unavailable {}", instance.label()),
        DiscoveryEvent::Host(state) => {
            alloc::format!(
                "host x{} v6_denied={}",
                state.addresses.len(),
                state.v6_denied
            )
        }
        DiscoveryEvent::TypeFound(found) => alloc::format!("type {found}"),
        DiscoveryEvent::TypeLost(lost) => alloc::format!("no type {lost}"),
        DiscoveryEvent::HostNames(_)
        | DiscoveryEvent::RecordAdded(..)
        | DiscoveryEvent::RecordRemoved(..)
        | DiscoveryEvent::Denied(..) => String::from("something else"),
    }
}

#[test]
fn a_service_is_told_once_it_is_complete_in_whatever_order_its_records_come() {
    for order in [
        [PTR, SRV, TXT, ADDRESS],
        [PTR, ADDRESS, TXT, SRV],
        [PTR, TXT, SRV, ADDRESS],
    ] {
        let mut agent = agent_on(&[LAN]);
        browse(&mut agent, Instant::ZERO);
        let mut seen = Vec::new();
        for part in order {
            hear(&mut agent, at_ms(1), LAN, &records(part, 120, "a=1"));
            seen.push(reported(&mut agent));
        }
        // An address that comes before anybody knows the host is not stored: it is asked for.
        run(&mut agent, at_ms(300));
        hear(&mut agent, at_ms(300), LAN, &records(ADDRESS, 120, ""));
        seen.push(reported(&mut agent));
        let seen: Vec<_> = seen.into_iter().flatten().collect();
        assert_eq!(seen, ["found web", "added web x1"], "{order:?}");
    }
}

#[test]
fn one_packet_with_additional_records_resolves_without_a_further_question() {
    let mut agent = agent_on(&[LAN]);
    browse(&mut agent, Instant::ZERO);
    assert_eq!(run(&mut agent, at_ms(150)), 1);
    hear(&mut agent, at_ms(150), LAN, &records(ALL, 120, "a=1"));
    assert_eq!(reported(&mut agent), ["found web", "added web x1"]);
    let only_aaaa_is_open = run(&mut agent, at_ms(300));
    assert_eq!(only_aaaa_is_open, 1);
}

#[test]
fn a_changed_txt_is_one_update_although_the_old_one_lingers_for_a_second() {
    let mut agent = agent_on(&[LAN]);
    browse(&mut agent, Instant::ZERO);
    hear(&mut agent, at_ms(1), LAN, &records(ALL, 120, "a=1"));
    reported(&mut agent);
    hear(&mut agent, at_ms(5_000), LAN, &records(TXT, 120, "a=2"));
    assert_eq!(reported(&mut agent), ["updated web txt x1"]);
    run(&mut agent, at_ms(20_000));
    assert_eq!(reported(&mut agent), [""; 0]);
}

#[test]
fn a_goodbye_removes_and_loses_with_its_reason() {
    let mut agent = agent_on(&[LAN]);
    browse(&mut agent, Instant::ZERO);
    hear(&mut agent, at_ms(1), LAN, &records(ALL, 120, "a=1"));
    reported(&mut agent);
    hear(&mut agent, at_ms(5_000), LAN, &records(ALL, 0, "a=1"));
    run(&mut agent, at_ms(5_999));
    assert_eq!(reported(&mut agent), [""; 0]);
    run(&mut agent, at_ms(6_000));
    assert_eq!(
        reported(&mut agent),
        ["removed web Goodbye", "lost web Goodbye"]
    );
    run(&mut agent, at_ms(7_000));
    assert_eq!(
        agent.stats().open_questions,
        1,
        "only the browse itself goes on"
    );
}

#[test]
fn a_service_on_two_links_is_one_with_two_paths() {
    let mut agent = agent_on(&[LAN, WIFI]);
    browse(&mut agent, Instant::ZERO);
    hear(&mut agent, at_ms(1), LAN, &records(ALL, 120, "a=1"));
    hear(&mut agent, at_ms(2), WIFI, &records(ALL, 120, "a=1"));
    assert_eq!(
        reported(&mut agent),
        ["found web", "added web x1"],
        "the same address on two links is one"
    );
    hear(&mut agent, at_ms(3), LAN, &records(ALL, 0, "a=1"));
    run(&mut agent, at_ms(1_010));
    assert_eq!(
        reported(&mut agent),
        ["updated web addresses x1"],
        "it is reached by the other link now"
    );
    agent.handle_link(at_ms(2_000), LinkChange::Down { link: WIFI });
    assert_eq!(
        reported(&mut agent),
        ["removed web InterfaceGone", "lost web InterfaceGone"]
    );
}

#[test]
fn a_host_is_told_with_the_addresses_that_can_be_used_and_a_service_only_with_one() {
    let mut agent = agent_on(&[LAN, WIFI]);
    browse(&mut agent, Instant::ZERO);
    let host = name("host.local");
    let lookup = agent.lookup_host(Instant::ZERO, &host, AddressFamilies::BOTH, None);
    let useless = [
        (host.clone(), true, RData::A(Ipv4Addr::UNSPECIFIED)),
        (host.clone(), true, RData::A(Ipv4Addr::LOCALHOST)),
        (host.clone(), true, RData::A(Ipv4Addr::new(192, 0, 2, 9))),
        (host.clone(), true, RData::A(Ipv4Addr::new(10, 0, 0, 255))),
        (host.clone(), true, RData::Aaaa("::1".parse().unwrap())),
        (host, true, RData::Aaaa("::ffff:10.0.0.9".parse().unwrap())),
    ];
    let rest = records(PTR | SRV | TXT, 120, "a=1");
    hear(&mut agent, at_ms(1), LAN, &rest);
    hear(&mut agent, at_ms(1), LAN, &response(120, &useless));
    assert_eq!(
        reported(&mut agent),
        ["found web"],
        "nothing leads there yet"
    );
    let raw = agent.query(
        at_ms(2),
        Query {
            name: name("host.local"),
            rtype: RecordType::A,
            link: None,
        },
    );
    let shown = core::iter::from_fn(|| agent.poll_event()).count();
    assert_eq!(shown, 4, "a query shows all that there is");
    agent.stop(at_ms(2), raw);
    let real = RData::A(Ipv4Addr::new(10, 0, 0, 9));
    let real = response(120, &[(name("host.local"), false, real)]);
    hear(&mut agent, at_ms(3), LAN, &real);
    hear(&mut agent, at_ms(3), WIFI, &real);
    let mut hosts = Vec::new();
    while let Some(event) = agent.poll_event() {
        if let News::Discovery(DiscoveryEvent::Host(state)) = event.news {
            assert_eq!(event.request, lookup);
            hosts.push(state.addresses);
        } else if let News::Discovery(DiscoveryEvent::Added(service)) = event.news {
            assert_eq!(service.addresses.len(), 1);
        } else {
            panic!("{event:?}");
        }
    }
    let address = LinkedAddress {
        ip: "10.0.0.9".parse().unwrap(),
        link: LAN,
    };
    assert_eq!(hosts, [[address]]);
}

#[test]
fn of_two_hosts_that_claim_a_name_at_once_one_is_shown_with_what_it_has_said() {
    let said = |port: u16, order: [u8; 2]| {
        let instance = name("web._http._tcp.local");
        let srv = Srv {
            priority: 0,
            weight: 0,
            port,
            target: name("host.local"),
        };
        let txt = TxtData::from_strings([alloc::format!("port={port}").as_bytes()]).unwrap();
        let parts = order.map(|part| match part {
            SRV => (instance.clone(), true, RData::Srv(srv.clone())),
            _ => (instance.clone(), true, RData::Txt(txt.clone())),
        });
        response(120, &parts)
    };
    let from = |agent: &mut Agent, now, host: u8, bytes: &[u8]| {
        let datagram = Datagram {
            link: LAN,
            source: SocketAddr::new(Ipv4Addr::new(10, 0, 0, host).into(), 5353),
            destination: "224.0.0.251".parse().unwrap(),
            bytes,
        };
        let _ = agent.handle_datagram(now, datagram);
    };
    // Whichever SRV record the draw takes, asked before and after the records came.
    for seed in 0..20 {
        for late in [false, true] {
            let mut agent = Agent::new(Config::default(), seed, Instant::ZERO);
            up(&mut agent, Instant::ZERO, LAN);
            // A question is necessary for the records to be stored.
            let instance = InstanceName::new("web", &"_http._tcp".parse().unwrap()).unwrap();
            let any = Query {
                name: instance.name().clone(),
                rtype: RecordType::ANY,
                link: None,
            };
            agent.query(Instant::ZERO, any);
            if !late {
                agent.resolve(Instant::ZERO, &instance, None);
            }
            from(&mut agent, at_ms(1), 8, &said(1, [SRV, TXT]));
            from(&mut agent, at_ms(21), 9, &said(2, [TXT, SRV]));
            if late {
                agent.resolve(at_ms(30), &instance, None);
            }
            hear(&mut agent, at_ms(40), LAN, &records(ADDRESS, 120, ""));
            run(&mut agent, at_ms(5_000));
            let mut latest = None;
            while let Some(event) = agent.poll_event() {
                if let News::Discovery(
                    DiscoveryEvent::Added(service) | DiscoveryEvent::Updated(service, _),
                ) = event.news
                {
                    latest = Some(service);
                }
            }
            let service = latest.expect("it is complete");
            let port = alloc::format!("{}", service.port);
            let text = service.txt.get("port");
            assert_eq!(text, Some(&*port), "seed {seed}, late {late}");
        }
    }
}

#[test]
fn two_browses_are_told_the_same_and_the_second_from_the_cache() {
    let mut agent = agent_on(&[LAN]);
    let first = browse(&mut agent, Instant::ZERO);
    hear(&mut agent, at_ms(1), LAN, &records(ALL, 120, "a=1"));
    assert_eq!(reported(&mut agent), ["found web", "added web x1"]);
    browse(&mut agent, at_ms(2));
    assert_eq!(reported(&mut agent), ["found web", "added web x1"]);
    agent.stop(at_ms(3), first);
    hear(&mut agent, at_ms(2_000), LAN, &records(TXT, 120, "a=2"));
    assert_eq!(
        reported(&mut agent),
        ["updated web txt x1"],
        "reported to the second alone"
    );
}

#[test]
fn a_stopped_request_leaves_nothing_behind() {
    let mut agent = agent_on(&[LAN]);
    let request = browse(&mut agent, Instant::ZERO);
    hear(&mut agent, at_ms(1), LAN, &records(ALL, 120, "a=1"));
    agent.stop(at_ms(2), request);
    assert_eq!(reported(&mut agent), [""; 0]);
    assert_eq!(agent.stats().open_questions, 0);
    assert_eq!(run(&mut agent, at_ms(200_000)), 0);
    assert_eq!(agent.stats().cache_records, 0);
}

#[test]
fn a_service_that_expires_takes_its_instance_with_it_sooner_than_75_minutes() {
    let mut agent = agent_on(&[LAN]);
    browse(&mut agent, Instant::ZERO);
    hear(&mut agent, at_ms(1), LAN, &records(PTR, 4_500, ""));
    hear(&mut agent, at_ms(2), LAN, &records(SRV | TXT, 120, "a=1"));
    hear(&mut agent, at_ms(3), LAN, &records(ADDRESS, 120, "a=1"));
    reported(&mut agent);
    run(&mut agent, at_ms(140_000));
    assert_eq!(
        reported(&mut agent),
        ["removed web Expired", "lost web Unconfirmed"]
    );
}

#[test]
fn resolving_goes_on_on_a_link_that_comes_later() {
    let mut agent = agent_on(&[]);
    let instance = InstanceName::new("web", &"_http._tcp".parse().unwrap()).unwrap();
    agent.resolve(Instant::ZERO, &instance, None);
    assert_eq!(run(&mut agent, at_ms(60_000)), 0);
    up(&mut agent, at_ms(60_000), WIFI);
    assert_eq!(
        run(&mut agent, at_ms(60_200)),
        1,
        "SRV and TXT share a packet"
    );
    hear(
        &mut agent,
        at_ms(60_300),
        WIFI,
        &records(ALL & !PTR, 120, "a=1"),
    );
    assert_eq!(reported(&mut agent), ["added web x1"]);
}

#[test]
fn a_doubted_service_that_nobody_confirms_is_gone_in_ten_seconds() {
    let mut agent = agent_on(&[LAN]);
    browse(&mut agent, Instant::ZERO);
    hear(&mut agent, at_ms(1), LAN, &records(ALL, 4_500, "a=1"));
    reported(&mut agent);
    let instance = InstanceName::new("web", &"_http._tcp".parse().unwrap()).unwrap();
    agent.reconfirm(at_ms(10_000), &instance);
    run(&mut agent, at_ms(19_999));
    assert_eq!(reported(&mut agent), [""; 0]);
    run(&mut agent, at_ms(20_000));
    assert_eq!(
        reported(&mut agent),
        ["removed web Unconfirmed", "lost web Unconfirmed"]
    );
}

#[test]
fn a_host_lookup_tells_the_whole_set_each_time_and_what_is_denied() {
    let mut agent = agent_on(&[LAN]);
    agent.lookup_host(
        Instant::ZERO,
        &name("host.local"),
        AddressFamilies::BOTH,
        None,
    );
    hear(&mut agent, at_ms(1), LAN, &records(ADDRESS, 120, ""));
    assert_eq!(reported(&mut agent), ["host x1 v6_denied=false"]);
    hear(&mut agent, at_ms(2), LAN, &records(ADDRESS, 0, ""));
    run(&mut agent, at_ms(2) + Duration::from_secs(1));
    assert_eq!(reported(&mut agent), ["host x0 v6_denied=false"]);
}

#[test]
fn forty_addresses_in_one_packet_are_told_once() {
    let (mut agent, host) = (agent_on(&[LAN]), name("host.local"));
    agent.lookup_host(Instant::ZERO, &host, AddressFamilies::BOTH, None);
    let address = |n| (host.clone(), true, RData::A(Ipv4Addr::new(10, 0, 0, n)));
    let addresses: Vec<_> = (10..50).map(address).collect();
    hear(&mut agent, at_ms(1), LAN, &response(120, &addresses));
    assert_eq!(reported(&mut agent), ["host x40 v6_denied=false"]);
}

#[test]
fn forty_names_of_an_address_in_one_packet_are_told_once() {
    let mut agent = agent_on(&[LAN]);
    let address = Ipv4Addr::new(10, 0, 0, 9);
    agent.lookup_addr(Instant::ZERO, address.into(), None);
    let of_address = |n: u8| {
        let data = RData::Ptr(name(&alloc::format!("host-{n:02}.local")));
        (reverse_name(address.into()), true, data)
    };
    let names: Vec<_> = (0..40).map(of_address).collect();
    hear(&mut agent, at_ms(1), LAN, &response(120, &names));
    let told = core::iter::from_fn(|| agent.poll_event()).map(|event| event.news);
    let told: Vec<News> = told.collect();
    let [News::Discovery(DiscoveryEvent::HostNames(names))] = told.as_slice() else {
        panic!("{told:?}");
    };
    assert_eq!(names.len(), 40);
}

#[test]
fn instances_of_another_type_in_the_answer_are_no_instances() {
    let mut agent = agent_on(&[LAN]);
    browse(&mut agent, Instant::ZERO);
    let targets = [
        "web._ipp._tcp.local",
        "local",
        "a.b.c.example",
        "x._http._tcp.local",
    ];
    let pointer = |target| (name("_http._tcp.local"), false, RData::Ptr(name(target)));
    let bytes = response(120, &targets.map(pointer));
    hear(&mut agent, at_ms(1), LAN, &bytes);
    assert_eq!(reported(&mut agent), ["found x"]);
}

/// Returns the reports about the instance `web`: its port, and how many attributes it has.
fn state(agent: &mut Agent) -> Vec<(u16, usize)> {
    let news = core::iter::from_fn(|| agent.poll_event());
    let state = news.filter_map(|event| {
        let News::Discovery(DiscoveryEvent::Added(service) | DiscoveryEvent::Updated(service, _)) =
            event.news
        else {
            return None;
        };
        Some(service)
    });
    state
        .map(|service| (service.port, service.txt.iter().count()))
        .collect()
}

fn resolve(agent: &mut Agent) {
    let web = InstanceName::new("web", &"_http._tcp".parse().unwrap()).unwrap();
    agent.resolve(Instant::ZERO, &web, None);
}

fn srv(priority: u16, port: u16) -> RData {
    RData::Srv(Srv {
        priority,
        weight: 0,
        port,
        target: name("host.local"),
    })
}

//= https://www.rfc-editor.org/rfc/rfc6763#section-5
//= type=test
//# In the event that more than one SRV is returned, clients MUST
//# correctly interpret the priority and weight fields -- i.e., lower-
//# numbered priority servers should be used in preference to higher-
//# numbered priority servers, and servers with equal priority should be
//# selected randomly in proportion to their relative weights.
#[test]
fn of_several_srv_records_the_best_is_told_and_the_next_one_after_it() {
    let mut agent = agent_on(&[LAN]);
    resolve(&mut agent);
    let web = name("web._http._tcp.local");
    let both = [
        (web.clone(), true, srv(7, 7)),
        (web.clone(), true, srv(1, 1)),
    ];
    hear(&mut agent, at_ms(1), LAN, &response(120, &both));
    hear(&mut agent, at_ms(2), LAN, &records(TXT, 120, "a=1"));
    hear(&mut agent, at_ms(3), LAN, &records(ADDRESS, 120, ""));
    assert_eq!(state(&mut agent), [(1, 1)]);
    hear(&mut agent, at_ms(5_000), LAN, &response(0, &both[1..]));
    run(&mut agent, at_ms(6_000));
    assert_eq!(state(&mut agent), [(7, 1)]);
    // A record that replaces another counts at once, not when the old one has expired.
    let other = [(web, true, srv(9, 9))];
    hear(&mut agent, at_ms(10_000), LAN, &response(120, &other));
    assert_eq!(state(&mut agent), [(9, 1)]);
    run(&mut agent, at_ms(20_000));
    assert_eq!(state(&mut agent), []);
}

//= https://www.rfc-editor.org/rfc/rfc6763#section-6.1
//= type=test
//# o  No TXT record.
//#    (i.e., an NXDOMAIN or no-error-no-answer response.)
#[test]
fn a_service_that_denies_to_have_attributes_has_none() {
    let mut agent = agent_on(&[LAN]);
    resolve(&mut agent);
    hear(&mut agent, at_ms(1), LAN, &records(SRV, 120, ""));
    hear(&mut agent, at_ms(2), LAN, &records(ADDRESS, 120, ""));
    assert_eq!(state(&mut agent), [], "it may have attributes");
    let web = name("web._http._tcp.local");
    let denial = Nsec {
        next: web.clone(),
        types: TypeBitmap::from_types([RecordType::SRV]),
    };
    let denial = [(web, true, RData::Nsec(denial))];
    hear(&mut agent, at_ms(3), LAN, &response(120, &denial));
    assert_eq!(state(&mut agent), [], "nobody has asked");
    run(&mut agent, at_ms(499));
    hear(&mut agent, at_ms(500), LAN, &response(120, &denial));
    assert_eq!(state(&mut agent), [(80, 0)]);
    hear(&mut agent, at_ms(5_000), LAN, &records(TXT, 120, "a=1"));
    assert_eq!(state(&mut agent), [(80, 1)]);
    hear(&mut agent, at_ms(9_000), LAN, &records(TXT, 0, "a=1"));
    run(&mut agent, at_ms(10_000));
    let left = core::iter::from_fn(|| agent.poll_event()).any(|event| {
        matches!(&event.news, News::Discovery(DiscoveryEvent::Removed(service, Removal::Goodbye)) if service.port == 80)
    });
    assert!(left, "the old denial says nothing any more");
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-10.4
//= type=test
//# The rdata in a DNS-SD PTR record can be determined to be incorrect if
//# attempts to look up the SRV record it references are not successful.
#[test]
fn a_pointer_to_nowhere_is_doubted_and_gone() {
    let mut agent = agent_on(&[LAN]);
    browse(&mut agent, Instant::ZERO);
    hear(&mut agent, at_ms(500), LAN, &records(PTR, 86_400, ""));
    assert_eq!(reported(&mut agent), ["found web"]);
    run(&mut agent, at_ms(16_000));
    assert!(reported(&mut agent).is_empty());
    run(&mut agent, at_ms(20_000));
    assert_eq!(reported(&mut agent), ["lost web Unconfirmed"]);
    // What leads to a host stays.
    hear(
        &mut agent,
        at_ms(20_000),
        LAN,
        &records(PTR | SRV, 86_400, ""),
    );
    run(&mut agent, at_ms(120_000));
    assert_eq!(reported(&mut agent), ["found web"]);
}

/// Returns when records of a type were asked for on a link, in seconds; `answer` is received then.
fn asked(
    agent: &mut Agent,
    end: Instant,
    (link, rtype): (LinkId, RecordType),
    answer: Option<&[u8]>,
) -> Vec<u64> {
    let (mut asked, mut buf) = (Vec::new(), Vec::new());
    while let Some(deadline) = agent.poll_timeout().filter(|deadline| deadline.at <= end) {
        agent.handle_timeout(deadline.at);
        while let Some(route) = agent.send_next(deadline.at, &mut buf) {
            let message = Message::parse(&buf).unwrap();
            let mut questions = message.questions().map(Result::unwrap);
            if route.link == link && questions.any(|question| question.rtype == rtype) {
                asked.push(deadline.at.as_nanos() / 1_000_000_000);
                if let Some(answer) = answer {
                    hear(agent, deadline.at, link, answer);
                }
            }
        }
    }
    asked
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-10.4
//= type=test
//# Sometimes a cache record can be determined to be stale when a client
//# attempts to use the rdata it contains, and the client finds that
//# rdata to be incorrect.
#[test]
fn a_service_that_a_stranger_has_moved_to_no_host_is_found_again_in_ten_seconds() {
    let mut agent = agent_on(&[LAN]);
    browse(&mut agent, Instant::ZERO);
    let truth = records(SRV | ADDRESS, 4_500, "");
    hear(&mut agent, at_ms(500), LAN, &records(ALL, 4_500, "v=1"));
    assert_eq!(reported(&mut agent), ["found web", "added web x1"]);
    let lie = Srv {
        priority: 0,
        weight: 0,
        port: 80,
        target: name("nowhere.local"),
    };
    let lie = [(name("web._http._tcp.local"), true, RData::Srv(lie))];
    run(&mut agent, at_ms(19_999));
    hear(&mut agent, at_ms(20_000), LAN, &response(86_400, &lie));
    // The owner hears the question that a contradiction leads to, and its answer is lost.
    run(&mut agent, at_ms(24_000));
    let news = reported(&mut agent);
    assert!(
        news.len() == 1 && news[0].starts_with("removed web"),
        "{news:?}"
    );
    let asked = asked(
        &mut agent,
        at_ms(33_000),
        (LAN, RecordType::SRV),
        Some(&truth),
    );
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!(reported(&mut agent), ["added web x1"]);
}

/// The owner's own record is known beside the false one, which has no cache-flush bit. A question
/// that lists it as known has no answer.
#[test]
fn a_service_that_has_a_false_second_host_is_found_again_because_its_owner_must_answer() {
    let mut agent = agent_on(&[LAN]);
    browse(&mut agent, Instant::ZERO);
    let truth = records(SRV | ADDRESS, 4_500, "");
    hear(&mut agent, at_ms(500), LAN, &records(ALL, 4_500, "v=1"));
    reported(&mut agent);
    run(&mut agent, at_ms(19_999));
    // It is chosen for its weight.
    let lie = Srv {
        priority: 0,
        weight: u16::MAX,
        port: 80,
        target: name("nowhere.local"),
    };
    let lie = [(name("web._http._tcp.local"), false, RData::Srv(lie))];
    hear(&mut agent, at_ms(20_000), LAN, &response(86_400, &lie));
    let news = reported(&mut agent);
    assert!(news[0].starts_with("removed web"), "{news:?}");
    let mut buf = Vec::new();
    let end = at_ms(33_000);
    while let Some(deadline) = agent.poll_timeout().filter(|deadline| deadline.at <= end) {
        agent.handle_timeout(deadline.at);
        while agent.send_next(deadline.at, &mut buf).is_some() {
            let message = Message::parse(&buf).unwrap();
            let mut questions = message.questions().map(Result::unwrap);
            let asks = questions.any(|question| question.rtype == RecordType::SRV);
            if asks && message.header().counts.answers == 0 {
                hear(&mut agent, deadline.at, LAN, &truth);
            }
        }
    }
    assert_eq!(reported(&mut agent), ["added web x1"]);
}

/// It is true, and its host is switched off: nothing is removed, and it is asked for once per
/// minute.
#[test]
fn a_service_whose_host_is_silent_stays_and_is_asked_for_each_minute() {
    let mut agent = agent_on(&[LAN]);
    browse(&mut agent, Instant::ZERO);
    let truth = records(PTR | SRV | TXT, 4_500, "v=1");
    hear(&mut agent, at_ms(500), LAN, &truth);
    assert_eq!(reported(&mut agent), ["found web"]);
    let times = asked(&mut agent, at_ms(600_000), (LAN, RecordType::SRV), None);
    let late = times.iter().filter(|at| **at > 60).count();
    assert!((8..=9).contains(&late), "{times:?}");
    assert!(
        times.windows(2).all(|two| two[1] - two[0] <= 63),
        "{times:?}"
    );
    assert!(reported(&mut agent).is_empty());
    // With its host it is no longer asked for.
    hear(
        &mut agent,
        at_ms(600_000),
        LAN,
        &records(ADDRESS, 4_500, ""),
    );
    assert_eq!(reported(&mut agent), ["added web x1"]);
    let later = asked(&mut agent, at_ms(1_200_000), (LAN, RecordType::SRV), None);
    assert!(later.is_empty(), "{later:?}");
}

#[test]
fn what_is_gone_from_its_last_link_is_asked_for_on_the_others_at_once() {
    let mut agent = agent_on(&[LAN, WIFI]);
    browse(&mut agent, Instant::ZERO);
    hear(&mut agent, at_ms(500), LAN, &records(ALL, 4_500, "v=1"));
    hear(&mut agent, at_ms(500), WIFI, &records(PTR, 4_500, ""));
    let on_wifi = (WIFI, RecordType::SRV);
    let before = asked(&mut agent, at_ms(700_000), on_wifi, None);
    assert!(before.len() < 11, "nobody waits for it: {before:?}");
    hear(&mut agent, at_ms(700_000), LAN, &records(ALL, 0, "v=1"));
    let after = asked(&mut agent, at_ms(703_000), on_wifi, None);
    assert!(!after.is_empty(), "{before:?}");
}

#[test]
fn what_is_known_on_a_link_where_nobody_looks_for_it_makes_no_question_rare() {
    let mut agent = agent_on(&[LAN, WIFI]);
    browse(&mut agent, Instant::ZERO);
    hear(&mut agent, at_ms(500), LAN, &records(PTR, 4_500, ""));
    hear(&mut agent, at_ms(500), WIFI, &records(SRV, 4_500, ""));
    // The pointer is confirmed whenever it is in doubt.
    let pointer = records(PTR, 4_500, "");
    let on_lan = (LAN, RecordType::SRV);
    let times = asked(&mut agent, at_ms(600_000), on_lan, Some(&pointer));
    assert!(times.len() >= 14, "{times:?}");
    assert!(
        times.windows(2).all(|two| two[1] - two[0] <= 62),
        "{times:?}"
    );
}

/// The address of one family was enough while there was one.
#[test]
fn when_a_host_has_no_address_any_more_both_families_are_asked_for_at_once() {
    let mut agent = agent_on(&[LAN]);
    agent.lookup_host(
        Instant::ZERO,
        &name("host.local"),
        AddressFamilies::BOTH,
        None,
    );
    hear(&mut agent, at_ms(500), LAN, &records(ADDRESS, 4_500, ""));
    run(&mut agent, at_ms(700_000));
    hear(&mut agent, at_ms(700_000), LAN, &records(ADDRESS, 0, ""));
    let v6 = (LAN, RecordType::AAAA);
    let after = asked(&mut agent, at_ms(703_000), v6, None);
    assert!(!after.is_empty());
}

#[test]
fn an_instance_that_was_passed_over_in_a_flood_is_found_when_there_is_room() {
    let mut config = Config::default();
    config.limits.instances_per_browse_max = 8;
    let mut agent = Agent::new(config, 1, Instant::ZERO);
    up(&mut agent, Instant::ZERO, LAN);
    browse(&mut agent, Instant::ZERO);
    for ghost in 0..8 {
        let target = name(&alloc::format!("ghost {ghost}._http._tcp.local"));
        let mut bytes = Vec::new();
        let mut builder = MessageBuilder::new(&mut bytes, 0, Flags::RESPONSE, 1_452);
        let fields = RecordFields {
            name: &name("_http._tcp.local"),
            class: Class::IN,
            cache_flush: false,
            ttl: Ttl(10),
            data: &RData::Ptr(target),
        };
        builder.record(Section::Answer, fields).unwrap();
        builder.finish();
        hear(&mut agent, at_ms(500), LAN, &bytes);
    }
    hear(&mut agent, at_ms(600), LAN, &records(ALL, 4_500, "v=1"));
    let news = reported(&mut agent);
    assert_eq!(news.len(), 8, "{news:?}");
    run(&mut agent, at_ms(12_000));
    let news = reported(&mut agent);
    let found = news.iter().filter(|news| news.contains("web"));
    assert_eq!(found.count(), 2, "found and added once: {news:?}");
    assert_eq!(news.len(), 8 + 2, "{news:?}");
}

#[test]
fn a_service_is_asked_for_within_ten_seconds_while_one_host_forges_pointers_without_end() {
    let mut agent = agent_on(&[LAN]);
    browse(&mut agent, Instant::ZERO);
    let pointers = |ttl: u32, labels: &[String]| {
        let instance = |label: &String| name(&alloc::format!("{label}._http._tcp.local"));
        let data = labels.iter().map(|label| RData::Ptr(instance(label)));
        let owner = name("_http._tcp.local");
        let answers: Vec<_> = data.map(|data| (owner.clone(), false, data)).collect();
        response(ttl, &answers)
    };
    let (mut buf, mut waits) = (Vec::new(), Vec::new());
    let mut honest: Option<(Name, Instant)> = None;
    for tick in 0..1_200_u64 {
        let now = at_ms(1_000 + tick * 50);
        while let Some(deadline) = agent.poll_timeout().filter(|deadline| deadline.at <= now) {
            agent.handle_timeout(deadline.at);
            while agent.send_next(deadline.at, &mut buf).is_some() {
                let message = Message::parse(&buf).unwrap();
                let mut questions = message.questions().map(Result::unwrap);
                let mut is_asked = |(name, _): &(Name, Instant)| {
                    questions.any(|question| question.name.matches(name))
                };
                if let Some((_, since)) = honest.take_if(|honest| is_asked(honest)) {
                    waits.push(deadline.at.saturating_since(since));
                }
            }
        }
        while agent.poll_event().is_some() {}
        // 300 per second, with long names, so that few fit into a packet.
        let ghost = |n: u64| alloc::format!("{n:060}");
        let labels: Vec<_> = (0..15).map(|n| ghost(tick * 15 + n)).collect();
        let forger = "10.0.0.66:5353";
        hear_from(forger, &mut agent, now, LAN, &pointers(10, &labels));
        if tick % 20 == 0 && honest.is_none() {
            let label = alloc::format!("true {tick}");
            honest = Some((name(&alloc::format!("{label}._http._tcp.local")), now));
            hear(&mut agent, now, LAN, &pointers(4_500, &[label]));
        }
    }
    let stats = agent.stats();
    assert!(
        stats.queries_held > 0,
        "the total limit is reached: {stats:?}"
    );
    assert!(waits.len() > 10, "{waits:?}");
    let longest = waits.iter().max().copied();
    assert!(
        longest < Some(Duration::from_secs(10)),
        "{waits:?} {stats:?}"
    );
}

#[test]
fn a_host_that_wakes_on_fewer_links_tells_nothing_of_what_has_expired_meanwhile() {
    let mut agent = agent_on(&[LAN, WIFI]);
    browse(&mut agent, Instant::ZERO);
    hear(&mut agent, at_ms(10), LAN, &records(ALL, 10, "v=1"));
    hear(&mut agent, at_ms(10), WIFI, &records(ALL, 10, "v=1"));
    reported(&mut agent);
    agent.handle_link(at_ms(60_000), LinkChange::Down { link: LAN });
    assert_eq!(
        reported(&mut agent),
        ["removed web Expired", "lost web Expired"]
    );
}

#[test]
fn who_finds_a_service_late_is_told_what_is_left_of_it() {
    let mut config = Config::default();
    config.limits.instances_per_browse_max = 8;
    let mut agent = Agent::new(config, 1, Instant::ZERO);
    up(&mut agent, Instant::ZERO, LAN);
    browse(&mut agent, Instant::ZERO);
    let options = BrowseOptions {
        subtype: Some("_new".parse().unwrap()),
        resolve: true,
        ..BrowseOptions::default()
    };
    agent.browse(Instant::ZERO, &"_http._tcp".parse().unwrap(), options);
    let of_subtype = |label: &str| {
        let target = name(&alloc::format!("{label}._http._tcp.local"));
        (
            name("_new._sub._http._tcp.local"),
            false,
            RData::Ptr(target),
        )
    };
    hear(&mut agent, at_ms(500), LAN, &records(ALL, 10, "v=1"));
    hear(&mut agent, at_ms(500), LAN, &records(PTR, 4_500, "v=1"));
    let ghosts: Vec<_> = (0..8)
        .map(|ghost| of_subtype(&alloc::format!("ghost {ghost}")))
        .collect();
    hear(&mut agent, at_ms(500), LAN, &response(10, &ghosts));
    hear(
        &mut agent,
        at_ms(600),
        LAN,
        &response(4_500, &[of_subtype("web")]),
    );
    assert_eq!(reported(&mut agent).len(), 2 + 8);
    agent.handle_timeout(at_ms(60_000));
    let news = reported(&mut agent);
    assert!(news[..8].iter().all(|news| news.starts_with("lost ghost")));
    assert_eq!(news[8..], ["found web", "removed web Expired"], "{news:?}");
}
