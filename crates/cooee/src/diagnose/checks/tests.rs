//! Each check finds its fault in constructed facts, and nothing on a healthy link.
//!
//! In:  facts of a healthy link with one fault.
//! Out: the only finding, with its code and its words.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use cooee_net::facts::{
    FirewallRule, Membership, NameService, PacketDirection, PortHolder, Program, group_of,
};
use cooee_net::{
    Decision, Family, Interface, InterfaceAddress, InterfaceFlags, InterfaceKind, Operation,
    Reason, SystemFacts,
};
use cooee_wire::{Class, Flags, MessageBuilder, Name, RData, RecordFields, Section, Ttl};

use super::all;
use crate::diagnose::clock::{ClockChange, ClockSet};
use crate::diagnose::facts::{Facts, LinkFacts, OpenFailure, PeerProbe, SmallBuffer, ToSelf};
use crate::diagnose::finding::{CheckOutcome, Finding, FindingCode, SearchAnswer, SearchStep};
use crate::diagnose::search::{Elsewhere, Search};
use crate::diagnose::traffic::{Answered, Heard, RoundTrips, Traffic};

const OWN: &str = "10.1.0.1";
const PEER: &str = "10.1.0.2";
const THIRD: &str = "10.1.0.3";

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

fn interface(name: &str, index: u32, addresses: &[(&str, u8)]) -> Interface {
    let address = |(text, prefix_len): &(&str, u8)| InterfaceAddress {
        ip: ip(text),
        prefix_len: *prefix_len,
        usable: true,
    };
    Interface {
        name: name.to_owned(),
        index,
        flags: InterfaceFlags {
            up: true,
            running: true,
            multicast: true,
            ..InterfaceFlags::default()
        },
        kind: InterfaceKind::Ethernet,
        mtu: 1500,
        addresses: addresses.iter().map(address).collect(),
    }
}

fn decision(interface: Interface, reason: Reason) -> Decision {
    Decision {
        selected: reason == Reason::UpAndMulticast,
        interface,
        reason,
    }
}

/// A host on a link where everything works.
fn healthy() -> Facts {
    let families = [Family::V4, Family::V6];
    let link = |family| LinkFacts {
        interface: "eth0".to_owned(),
        index: 2,
        family,
        has_carrier: true,
        refused: None,
        to_self: Some(ToSelf {
            sent: 16,
            arrived: 16,
        }),
        peers: Vec::new(),
    };
    let membership = |family| Membership {
        interface_index: 2,
        group: group_of(family),
    };
    let mut traffic = Traffic::default();
    for family in families {
        let trips = RoundTrips {
            sent: 3,
            returned: 3,
        };
        traffic.trips.insert((2, family), trips);
    }
    Facts {
        decisions: vec![decision(
            interface("eth0", 2, &[(OWN, 16), ("fe80::1", 64)]),
            Reason::UpAndMulticast,
        )],
        port: 5353,
        failures: Vec::new(),
        links: families.map(link).to_vec(),
        system: SystemFacts {
            holders: Ok(vec![holder(OWN, 100, "cooee")]),
            memberships: Ok(families.map(membership).to_vec()),
            firewall: Ok(Vec::new()),
            name_service: Ok(NameService::default()),
            neighbours: Ok(Vec::new()),
        },
        buffers: Vec::new(),
        dropped: 0,
        traffic,
        host: Some(name("here.local")),
        observed: Duration::from_secs(5),
        own_pid: 100,
        search: None,
        clock: ClockChange::default(),
    }
}

fn holder(local: &str, pid: u32, program: &str) -> PortHolder {
    PortHolder {
        local: SocketAddr::new(ip(local), 5353),
        program: Some(Program {
            pid,
            name: program.to_owned(),
        }),
        uid: 0,
        dropped: 0,
    }
}

fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

/// A response with one unique address record.
fn response(owner: &str, address: &str) -> Arc<[u8]> {
    let mut bytes = Vec::new();
    let mut message = MessageBuilder::new(&mut bytes, 0, Flags::RESPONSE, 512);
    let data = match ip(address) {
        IpAddr::V4(ip) => RData::A(ip),
        IpAddr::V6(ip) => RData::Aaaa(ip),
    };
    let owner = name(owner);
    let fields = RecordFields {
        name: &owner,
        class: Class::IN,
        ttl: Ttl::from_field(120),
        cache_flush: true,
        data: &data,
    };
    message.record(Section::Answer, fields).expect("it fits");
    message.finish();
    bytes.into()
}

fn hear(facts: &mut Facts, source: &str, bytes: &Arc<[u8]>) {
    let heard = Heard {
        at: Duration::from_secs(1),
        interface_index: 2,
        source: SocketAddr::new(ip(source), 5353),
        destination: group_of(Family::V4),
        bytes: Arc::clone(bytes),
    };
    let mut traffic = std::mem::take(&mut facts.traffic);
    traffic.note_heard(&heard, |ip| facts.is_own(ip));
    facts.traffic = traffic;
}

/// Returns the only finding.
fn only(facts: &Facts) -> Finding {
    let (findings, _) = all(facts);
    match findings.as_slice() {
        [finding] => finding.clone(),
        findings => panic!("{findings:#?}"),
    }
}

fn trips(facts: &mut Facts, sent: u64, returned: u64) {
    let trips = RoundTrips { sent, returned };
    facts.traffic.trips.insert((2, Family::V4), trips);
}

#[test]
fn a_healthy_link_has_no_findings_and_every_check_says_what_it_saw() {
    let mut facts = healthy();
    hear(&mut facts, PEER, &response("peer.local", PEER));
    let (findings, reports) = all(&facts);
    assert_eq!(findings, []);
    let passed = |check: &str| {
        reports.iter().any(|report| {
            report.check == check && matches!(report.outcome, CheckOutcome::Passed(_))
        })
    };
    for check in [
        "interfaces",
        "UDP port",
        "multicast round trip",
        "own host name",
    ] {
        assert!(passed(check), "{check}: {reports:?}");
    }
}

#[test]
fn without_an_interface_the_finding_says_what_the_interfaces_lack() {
    for (reason, code, title) in [
        (
            Reason::Down,
            FindingCode::InterfaceDown,
            "eth0 is switched off",
        ),
        (
            Reason::NoUsableAddress,
            FindingCode::NoAddress,
            "eth0 has no usable address",
        ),
        (
            Reason::VpnByName("wg*"),
            FindingCode::OnlyVpn,
            "the only network is eth0, a VPN or a container network",
        ),
        (
            Reason::NotMulticast,
            FindingCode::NoInterface,
            "there is no interface to use",
        ),
    ] {
        let mut facts = healthy();
        facts.links.clear();
        facts.decisions = vec![decision(interface("eth0", 2, &[]), reason.clone())];
        let finding = only(&facts);
        assert_eq!((finding.code, finding.title.as_str()), (code, title));
        assert_eq!(finding.evidence, [format!("eth0: {reason}")]);
    }
}

#[test]
fn an_exclusive_holder_of_the_port_is_named() {
    let mut facts = healthy();
    facts.system.holders = Ok(vec![holder("0.0.0.0", 7, "holder")]);
    facts.failures.push(OpenFailure {
        interface: "eth0".to_owned(),
        family: Family::V4,
        operation: Operation::Bind,
        in_use: true,
        text: "binding failed".to_owned(),
    });
    let finding = only(&facts);
    assert_eq!(finding.code, FindingCode::PortHeld);
    let title = "holder (pid 7) holds UDP port 5353 exclusively over IPv4";
    assert_eq!(finding.title, title);
}

#[test]
fn a_group_that_the_kernel_does_not_list_is_missing() {
    let mut facts = healthy();
    facts.system.memberships = Ok(vec![Membership {
        interface_index: 2,
        group: group_of(Family::V6),
    }]);
    let finding = only(&facts);
    assert_eq!(finding.code, FindingCode::GroupMissing);
    assert_eq!(
        finding.title,
        "eth0 is not a member of the multicast group of IPv4"
    );
}

#[test]
fn packets_that_do_not_leave_and_packets_that_do_not_come_back_are_told_apart() {
    let rule = |direction, text: &str| FirewallRule {
        direction,
        chain: "inet f c".to_owned(),
        text: text.to_owned(),
    };
    let rules = vec![
        rule(PacketDirection::In, "udp dport 5353 drop"),
        rule(PacketDirection::Out, "udp sport 5353 drop"),
    ];
    let mut facts = healthy();
    facts.system.firewall = Ok(rules);
    trips(&mut facts, 0, 0);
    let finding = only(&facts);
    assert_eq!(finding.code, FindingCode::SendingRefused);
    assert_eq!(
        finding.evidence,
        ["firewall rule: inet f c: udp sport 5353 drop"]
    );
    trips(&mut facts, 4, 0);
    let finding = only(&facts);
    assert_eq!(finding.code, FindingCode::NothingReturns);
    assert!(
        finding
            .evidence
            .contains(&"firewall rule: inet f c: udp dport 5353 drop".to_owned())
    );
}

#[test]
fn unicasts_that_another_program_takes_are_counted() {
    let mut facts = healthy();
    facts.system.holders = Ok(vec![holder(OWN, 100, "cooee"), holder(OWN, 7, "thief")]);
    if let Some(link) = facts.links.first_mut() {
        link.to_self = Some(ToSelf {
            sent: 16,
            arrived: 5,
        });
    }
    let finding = only(&facts);
    assert_eq!(finding.code, FindingCode::UnicastTaken);
    assert_eq!(
        finding.title,
        "thief (pid 7) takes unicasts to port 5353 over IPv4"
    );
}

#[test]
fn only_a_host_that_answers_in_one_way_shows_that_the_other_is_blocked() {
    let by_multicast = Answered {
        by_multicast: true,
        by_unicast: false,
    };
    let by_unicast = Answered {
        by_multicast: false,
        by_unicast: true,
    };
    let silent = Answered::default();
    for (wanted_unicast, wanted_multicast, asked_alone, expected) in [
        (
            silent,
            by_multicast,
            silent,
            Some(FindingCode::UnicastBlocked),
        ),
        (
            by_unicast,
            silent,
            by_unicast,
            Some(FindingCode::MulticastLost),
        ),
        // A host that prefers multicast, one that does everything, one that has gone.
        (by_multicast, by_multicast, by_multicast, None),
        (by_unicast, by_multicast, by_unicast, None),
        (silent, silent, silent, None),
    ] {
        let mut facts = healthy();
        if let Some(link) = facts.links.first_mut() {
            link.peers.push(PeerProbe {
                peer: ip(PEER),
                was_heard: true,
                wanted_unicast,
                wanted_multicast,
                asked_alone,
            });
        }
        let (findings, _) = all(&facts);
        let codes: Vec<FindingCode> = findings.iter().map(|finding| finding.code).collect();
        assert_eq!(codes, Vec::from_iter(expected));
    }
}

#[test]
fn dropped_datagrams_are_a_finding_and_a_small_buffer_alone_is_none() {
    let mut facts = healthy();
    facts.buffers.push(SmallBuffer {
        interface: "eth0".to_owned(),
        asked: 8_388_608,
        granted: 4_096,
    });
    assert_eq!(all(&facts).0, []);
    facts.dropped = 12;
    let finding = only(&facts);
    assert_eq!(finding.code, FindingCode::DatagramsDropped);
    let evidence = "eth0: 4096 bytes were granted of 8388608 that were asked for";
    assert!(finding.evidence.contains(&evidence.to_owned()));
}

#[test]
fn other_addresses_of_the_own_name_are_of_another_host_or_of_another_program() {
    for (source, code) in [
        (PEER, FindingCode::HostNameTaken),
        (OWN, FindingCode::HostNameDiffers),
    ] {
        let mut facts = healthy();
        // The own address, said by another program, is right.
        hear(&mut facts, OWN, &response("HERE.local", OWN));
        assert_eq!(all(&facts).0, []);
        hear(&mut facts, source, &response("HERE.local", "10.1.0.77"));
        assert_eq!(only(&facts).code, code);
    }
}

#[test]
fn two_hosts_that_claim_a_name_are_named_and_one_with_two_addresses_is_not() {
    let mut facts = healthy();
    hear(&mut facts, PEER, &response("x.local", PEER));
    hear(&mut facts, PEER, &response("x.local", THIRD));
    assert_eq!(all(&facts).0, []);
    hear(&mut facts, THIRD, &response("x.local", "10.1.0.9"));
    let finding = only(&facts);
    assert_eq!(finding.code, FindingCode::NameClaimedTwice);
    assert_eq!(finding.title, "two hosts claim the name x.local");
}

#[test]
fn a_host_with_two_interfaces_on_the_link_is_neither_two_hosts_nor_a_reflector() {
    let mut facts = healthy();
    hear(&mut facts, PEER, &response("x.local", PEER));
    hear(&mut facts, THIRD, &response("x.local", THIRD));
    // Both interfaces say the same of another name.
    for source in [PEER, THIRD] {
        hear(&mut facts, source, &response("alias.local", PEER));
    }
    let (findings, reports) = all(&facts);
    assert_eq!(findings, []);
    let seen = "2 unique record sets were heard; each of these is one host with two interfaces, or \
                two hosts that have chosen one name: x.local (10.1.0.2 and 10.1.0.3)";
    let outcome = CheckOutcome::Passed(seen.to_owned());
    assert!(
        reports.iter().any(|report| report.outcome == outcome),
        "{reports:?}"
    );
}

#[test]
fn an_announcement_of_something_else_is_no_answer_to_the_question() {
    let mut facts = healthy();
    hear(&mut facts, PEER, &response("peer.local", PEER));
    let key = (2, ip(PEER));
    facts.traffic.note_asked(key);
    let answered = |facts: &Facts| facts.traffic.peers.get(&key).map(|peer| peer.answered);
    hear(&mut facts, PEER, &response("other.local", PEER));
    hear(&mut facts, PEER, &response("peer.local", "fe80::2"));
    assert_eq!(answered(&facts), Some(Answered::default()));
    hear(&mut facts, PEER, &response("PEER.local", PEER));
    let by_multicast = Answered {
        by_multicast: true,
        by_unicast: false,
    };
    assert_eq!(answered(&facts), Some(by_multicast));
    facts.traffic.note_asked(key);
    assert_eq!(answered(&facts), Some(Answered::default()));
}

#[test]
fn a_host_that_floods_is_named_with_its_rate() {
    let mut facts = healthy();
    let bytes: Arc<[u8]> = Arc::from([0; 12]);
    for _ in 0..1_000 {
        hear(&mut facts, PEER, &bytes);
    }
    let finding = only(&facts);
    assert_eq!(finding.code, FindingCode::Flood);
    let title = "10.1.0.2 floods the network: 200 packets per second";
    assert_eq!(finding.title, title);
}

#[test]
fn many_hosts_that_flood_together_are_one_finding() {
    let mut facts = healthy();
    let bytes: Arc<[u8]> = Arc::from([0; 12]);
    for number in 0..5_000_u32 {
        let source = std::net::Ipv4Addr::from(0x0a01_1000 + number);
        hear(&mut facts, &source.to_string(), &bytes);
    }
    let finding = only(&facts);
    assert_eq!(finding.code, FindingCode::Flood);
    let title = "many hosts flood the network together: 1000 packets per second";
    assert_eq!(finding.title, title);
}

#[test]
fn an_answer_from_off_the_link_is_a_finding_with_the_subnets() {
    let mut facts = healthy();
    hear(&mut facts, "192.0.2.9", &response("far.local", "192.0.2.9"));
    let finding = only(&facts);
    assert_eq!(finding.code, FindingCode::OffLink);
    assert_eq!(finding.title, "192.0.2.9 answers, but is not on the link");
}

#[test]
fn a_packet_that_comes_again_from_another_host_shows_a_reflector() {
    let mut facts = healthy();
    let bytes = response("peer.local", PEER);
    // A host may say the same twice.
    hear(&mut facts, PEER, &bytes);
    hear(&mut facts, PEER, &bytes);
    assert_eq!(all(&facts).0, []);
    hear(&mut facts, THIRD, &bytes);
    let finding = only(&facts);
    assert_eq!(finding.code, FindingCode::Reflector);
    assert_eq!(finding.title, "10.1.0.3 repeats the packets of 10.1.0.2");
}

#[test]
fn a_neighbour_that_was_never_heard_and_answers_by_unicast_shows_a_barrier() {
    for (kind, code) in [
        (InterfaceKind::Wireless, FindingCode::ClientIsolation),
        (InterfaceKind::Ethernet, FindingCode::MulticastLost),
    ] {
        let mut facts = healthy();
        if let Some(decision) = facts.decisions.first_mut() {
            decision.interface.kind = kind;
        }
        if let Some(link) = facts.links.first_mut() {
            link.peers.push(PeerProbe {
                peer: ip(PEER),
                was_heard: false,
                wanted_unicast: Answered::default(),
                wanted_multicast: Answered::default(),
                asked_alone: Answered {
                    by_multicast: false,
                    by_unicast: true,
                },
            });
        }
        let finding = only(&facts);
        assert_eq!(finding.code, code);
        assert_eq!(finding.evidence, ["10.1.0.2 answers by unicast only"]);
    }
}

#[test]
fn names_that_break_a_rule_are_notes_and_the_link_is_healthy() {
    let mut facts = healthy();
    hear(&mut facts, PEER, &response("K\\195\\188che.local", PEER));
    let (findings, reports) = all(&facts);
    let [finding] = findings.as_slice() else {
        panic!("{findings:#?}");
    };
    assert_eq!(finding.code, FindingCode::OddName);
    assert!(!finding.is_problem());
    assert_eq!(finding.evidence, ["it is announced by 10.1.0.2"]);
    let outcome = CheckOutcome::Noted(1);
    assert!(reports.iter().any(|report| report.outcome == outcome));
}

#[test]
fn a_module_for_names_is_missing_unused_or_in_place() {
    let cases: [(&str, &[&str], Option<FindingCode>); 5] = [
        (
            "files mdns4_minimal dns",
            &[],
            Some(FindingCode::NssModuleMissing),
        ),
        ("files mdns4_minimal dns", &["mdns4_minimal"], None),
        (
            "files dns",
            &["mdns4_minimal"],
            Some(FindingCode::NssModuleUnused),
        ),
        ("files dns", &[], None),
        ("files resolve dns", &[], None),
    ];
    for (hosts, modules, code) in cases {
        let mut facts = healthy();
        facts.system.name_service = Ok(NameService {
            hosts: Some(hosts.to_owned()),
            modules: Some(modules.iter().map(|&name| name.to_owned()).collect()),
            ..NameService::default()
        });
        let codes: Vec<FindingCode> = all(&facts).0.iter().map(|it| it.code).collect();
        assert_eq!(codes, Vec::from_iter(code), "{hosts}");
    }
}

#[test]
fn the_check_of_look_ups_names_the_program_that_serves_in_place_of_avahi() {
    let cases = [
        (Some("cooeed"), "cooeed (pid 7) runs in place of Avahi"),
        (Some("avahi-daemon"), "Avahi runs as avahi-daemon (pid 7)"),
        (None, "Avahi does not run"),
    ];
    for (program, text) in cases {
        let mut facts = healthy();
        let program = program.map(|name| Program {
            pid: 7,
            name: name.to_owned(),
        });
        facts.system.name_service = Ok(NameService {
            avahi: program.is_some(),
            avahi_program: program,
            ..NameService::default()
        });
        let reports = format!("{:?}", all(&facts).1);
        assert!(reports.contains(text), "{reports}");
    }
}

#[test]
fn a_clock_that_was_set_and_a_machine_that_slept_are_findings() {
    let mut facts = healthy();
    facts.clock.set = Some(ClockSet::Back(Duration::from_secs(60)));
    let finding = only(&facts);
    assert_eq!(finding.code, FindingCode::ClockJumped);
    assert_eq!(finding.title, "the clock jumped back by 60.0 s");
    facts.clock = ClockChange {
        set: None,
        slept: Some(Duration::from_secs(3_600)),
    };
    assert_eq!(only(&facts).title, "the machine slept for 3600.0 s");
}

#[test]
fn a_flood_of_problems_of_one_kind_is_cut_and_counted() {
    let mut facts = healthy();
    for last in 1..=40 {
        let far = format!("192.0.2.{last}");
        hear(&mut facts, &far, &response(&format!("h{last}.local"), &far));
    }
    let (findings, reports) = all(&facts);
    assert_eq!(findings.len(), 16);
    let last = findings.last().expect("some");
    let evidence = last.evidence.last().map(String::as_str);
    assert_eq!(evidence, Some("there are 24 more such problems"));
    let outcome = CheckOutcome::Failed(40);
    assert!(reports.iter().any(|report| report.outcome == outcome));
}

#[test]
fn a_fact_that_is_not_known_is_a_check_that_is_not_possible() {
    let mut facts = healthy();
    let unknown = || cooee_net::facts::Unknown::NotOnThisSystem;
    facts.system.memberships = Err(unknown());
    facts.system.name_service = Err(unknown());
    let (findings, reports) = all(&facts);
    assert_eq!(findings, []);
    let not_possible =
        |report: &&crate::CheckReport| matches!(report.outcome, CheckOutcome::NotPossible(_));
    let checks: Vec<&str> = reports
        .iter()
        .filter(not_possible)
        .map(|report| report.check)
        .collect();
    assert!(checks.contains(&"multicast groups"), "{checks:?}");
    assert!(checks.contains(&"names in other programs"), "{checks:?}");
}

fn answer(text: &str, interface: &str) -> SearchAnswer {
    SearchAnswer {
        text: text.to_owned(),
        interface: interface.to_owned(),
        after: Duration::from_millis(200),
    }
}

fn step(asked: &str, answers: Vec<SearchAnswer>) -> SearchStep {
    SearchStep {
        asked: asked.to_owned(),
        waited: Duration::from_secs(3),
        answers,
        others: Vec::new(),
    }
}

#[test]
fn a_search_ends_at_the_first_question_without_an_answer() {
    let mut facts = healthy();
    let listed = step(
        "PTR records of _http._tcp.local",
        vec![answer("PTR x", "eth0")],
    );
    let search = |steps| {
        Some(Search {
            wanted: "x._http._tcp.local".to_owned(),
            steps,
            elsewhere: Vec::new(),
        })
    };
    let silent = step("SRV records of x._http._tcp.local", Vec::new());
    facts.search = search(vec![listed.clone(), silent]);
    let finding = only(&facts);
    assert_eq!(finding.code, FindingCode::NotFound);
    let title = "x._http._tcp.local was not found: nobody answers for SRV records of \
                 x._http._tcp.local";
    assert_eq!(finding.title, title);
    assert_eq!(
        finding.evidence,
        [
            "asked for PTR records of _http._tcp.local: PTR x on eth0 after 0.2 s",
            "asked for SRV records of x._http._tcp.local: no answer in 3.0 s",
        ]
    );
    facts.search = search(vec![listed]);
    assert_eq!(all(&facts).0, []);
}

#[test]
fn a_search_that_only_others_answer_says_so() {
    let mut facts = healthy();
    let mut others = step("PTR records of _http._tcp.local", Vec::new());
    others.others = vec![answer("PTR y._http._tcp.local", "eth0")];
    facts.search = Some(Search {
        wanted: "x._http._tcp.local".to_owned(),
        steps: vec![
            others,
            step("SRV records of x._http._tcp.local", Vec::new()),
        ],
        elsewhere: Vec::new(),
    });
    let finding = only(&facts);
    let said = "asked for PTR records of _http._tcp.local: only other records came (PTR \
                y._http._tcp.local on eth0 after 0.2 s) in 3.0 s";
    assert_eq!(finding.evidence.first().map(String::as_str), Some(said));
    assert!(finding.cause.contains("others answer"), "{finding:?}");
}

#[test]
fn a_name_that_only_a_refused_interface_has_is_no_silence() {
    let mut facts = healthy();
    facts.search = Some(Search {
        wanted: "far.local".to_owned(),
        steps: vec![step("the addresses of far.local", Vec::new())],
        elsewhere: vec![Elsewhere {
            interface: "wg0".to_owned(),
            reason: "VPN by name (wg*)".to_owned(),
            answer: answer("A 10.9.0.2", "wg0"),
        }],
    });
    let finding = only(&facts);
    assert_eq!(finding.code, FindingCode::OnRefusedInterface);
    assert_eq!(finding.help, ["use it: `--interface wg0`"]);
    let heard = "on wg0 (VPN by name (wg*)): A 10.9.0.2 on wg0 after 0.2 s";
    assert!(finding.evidence.contains(&heard.to_owned()), "{finding:?}");
}

#[test]
fn without_a_loopback_interface_unicasts_to_this_host_show_nothing() {
    let mut facts = healthy();
    if let Some(link) = facts.links.first_mut() {
        link.to_self = Some(ToSelf {
            sent: 16,
            arrived: 0,
        });
    }
    assert_eq!(only(&facts).code, FindingCode::UnicastTaken);
    let mut lo = interface("lo", 1, &[]);
    (lo.flags.loopback, lo.flags.up) = (true, false);
    facts.decisions.push(decision(lo, Reason::Loopback));
    assert_eq!(all(&facts).0, []);
}
