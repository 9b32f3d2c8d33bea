//! What is answered, with what, by which way and after which delay: RFC 6762 sections 5 to 7.

use alloc::collections::BTreeMap;

use cooee_wire::{Nsec, TypeBitmap};

use super::lan::*;
use crate::event::AnswerChange;
use crate::transmit::Ignored;

const GROUP: &str = "224.0.0.251";
const ASKER: &str = "10.0.0.200:5353";

fn to_asker() -> Destination {
    Destination::Unicast(ASKER.parse().unwrap())
}

fn ptr(target: &str) -> OwnedRecord {
    record("_http._tcp.local", 4_500, false, RData::Ptr(name(target)))
}

fn response(records: &[OwnedRecord]) -> Vec<u8> {
    message(0, Flags::RESPONSE, &[], Section::Answer, records)
}

/// Sends a question of any class from the usual querier to the group.
fn ask_class(lan: &mut Lan, owner: &str, rtype: RecordType, class: Class) {
    let mut bytes = Vec::new();
    let mut builder = MessageBuilder::new(&mut bytes, 0, Flags::QUERY, 512);
    builder.question(&name(owner), rtype, class, false).unwrap();
    builder.finish();
    let _ = lan.hear(ASKER, GROUP, &bytes);
}

/// Returns the owner, data and section of every record of every packet that was sent.
fn said(lan: &Lan) -> Vec<(Name, RData, Section)> {
    let mut all = Vec::new();
    for sent in &lan.sent {
        for record in Message::parse(&sent.bytes).unwrap().records() {
            let (section, record) = record.unwrap();
            let record = record.to_record().unwrap();
            all.push((record.name, record.data, section));
        }
    }
    all
}

fn destinations(lan: &Lan) -> Vec<Destination> {
    lan.sent.iter().map(|sent| sent.to).collect()
}

/// Checks that the quarters of a range have alike many delays, by a chi-square test with 3 degrees
/// of freedom: 16.27 is exceeded once in a thousand.
fn assert_uniform(delays: &[Duration], from_ms: u64, to_ms: u64) {
    let mut quarters = [0_u32; 4];
    let (from, to) = (Duration::from_millis(from_ms), Duration::from_millis(to_ms));
    for delay in delays {
        assert!((from..=to).contains(delay), "{delay:?}");
        let quarter = (*delay - from).as_nanos() * 4 / (to - from).as_nanos();
        quarters[usize::try_from(quarter).unwrap().min(3)] += 1;
    }
    let expected = f64::from(u32::try_from(delays.len()).unwrap()) / 4.0;
    let deviation = |count: u32| (f64::from(count) - expected).powi(2) / expected;
    let statistic: f64 = quarters.iter().map(|&count| deviation(count)).sum();
    assert!(statistic < 16.27, "{quarters:?}");
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-6
//= type=test
//# A Multicast DNS responder MUST NOT place
//# records from its cache, which have been learned from other responders
//# on the network, in the Resource Record Sections of outgoing response
//# messages.
#[test]
fn what_was_learned_from_others_is_never_answered_with() {
    let (mut lan, _) = settled();
    for owner in ["_http._tcp.local", "theirs._http._tcp.local"] {
        let query = Query {
            name: name(owner),
            rtype: RecordType::ANY,
            link: None,
        };
        lan.hosts[0].start_query(lan.now, query);
    }
    let srv = Srv {
        priority: 0,
        weight: 0,
        port: 1,
        target: name("theirs.local"),
    };
    let theirs = [
        ptr("theirs._http._tcp.local"),
        record("theirs._http._tcp.local", 120, true, RData::Srv(srv)),
    ];
    let _ = lan.hear("10.0.0.201:5353", GROUP, &response(&theirs));
    assert!(lan.hosts[0].stats().cache_records >= 2);
    lan.run_until(at_ms(65_000));
    lan.sent.clear();
    lan.ask(5353, &[("_http._tcp.local", RecordType::PTR, false)], &[]);
    lan.ask(
        5353,
        &[("theirs._http._tcp.local", RecordType::ANY, false)],
        &[],
    );
    lan.run_until(at_ms(66_000));
    let is_answer = |sent: &Sent| {
        Message::parse(&sent.bytes)
            .unwrap()
            .header()
            .flags
            .is_response()
    };
    lan.sent.retain(is_answer);
    let said = said(&lan);
    let ours = ptr("web._http._tcp.local").data;
    assert!(said.iter().any(|(_, data, _)| *data == ours), "{said:?}");
    let is_theirs = |data: &RData| theirs.iter().any(|record| record.data == *data);
    assert!(!said.iter().any(|(_, data, _)| is_theirs(data)), "{said:?}");
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-6
//= type=test
//# As with Unicast DNS, generally only DNS class 1 ("Internet")
//# is used, but should client software use classes other than 1, the
//# matching rules described above MUST be used.
//= https://www.rfc-editor.org/rfc/rfc6762#section-6
//= type=test
//# The determination of whether a given record answers a given question
//# is made using the standard DNS rules: the record name must match the
//# question name, the record rrtype must match the question qtype unless
//# the qtype is "ANY" (255) or the rrtype is "CNAME" (5), and the record
//# rrclass must match the question qclass unless the qclass is "ANY"
//# (255).
#[test]
fn a_question_of_another_class_is_not_ours() {
    for (class, answers) in [
        (Class::IN, 1),
        (Class::ANY, 1),
        (Class(3), 0),
        (Class(254), 0),
    ] {
        let (mut lan, _) = settled();
        ask_class(&mut lan, "host.local", RecordType::A, class);
        ask_class(&mut lan, "host.local", RecordType::HINFO, class);
        lan.run_until(at_ms(60_100));
        let said = said(&lan);
        let addresses = said
            .iter()
            .filter(|(_, data, _)| data.rtype() == RecordType::A);
        assert_eq!(addresses.count(), answers, "{class}: {said:?}");
        let denials = said
            .iter()
            .filter(|(_, data, _)| data.rtype() == RecordType::NSEC);
        assert_eq!(denials.count(), answers, "{class}: {said:?}");
    }
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-6
//= type=test
//# In the case where the query has the TC (truncated) bit set,
//# indicating that subsequent Known-Answer packets will follow,
//# responders SHOULD delay their responses by a random amount of time
//# selected with uniform random distribution in the range 400-500 ms, to
//# allow enough time for all the Known-Answer packets to arrive, as
//# described in Section 7.2, "Multipacket Known-Answer Suppression".
//= https://www.rfc-editor.org/rfc/rfc6762#section-6
//= type=test
//# A Multicast DNS responder on Ethernet [IEEE.802.3] and similar shared
//# multiple access networks SHOULD have the capability of delaying its
//# responses by up to 500 ms, as described below.
//= https://www.rfc-editor.org/rfc/rfc6762#section-18.5
//= type=test
//# A responder SHOULD
//# record this fact, and wait for those additional Known-Answer records,
//# before deciding whether to respond.
#[test]
fn the_delays_of_answers_to_truncated_queries_fill_400_to_500_ms_alike() {
    let (mut lan, _) = settled();
    let truncated = Flags::QUERY.with_truncated(true);
    let question = [("_http._tcp.local", RecordType::PTR, false)];
    let bytes = message(0, truncated, &question, Section::Answer, &[]);
    let mut delays = Vec::new();
    for n in 0..1_000 {
        let asked = at_ms(100_000 + n * 3_000);
        lan.run_until(asked);
        lan.sent.clear();
        let _ = lan.hear(ASKER, GROUP, &bytes);
        lan.run_until(asked + Duration::from_secs(2));
        delays.push(lan.sent[0].at.saturating_since(asked));
    }
    assert_uniform(&delays, 400, 500);
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-6
//= type=test
//# The destination UDP port in all Multicast DNS responses MUST be 5353,
//# and the destination address MUST be the mDNS IPv4 link-local
//# multicast address 224.0.0.251 or its IPv6 equivalent FF02::FB, except
//# when generating a reply to a query that explicitly requested a
//# unicast response:
//# * via the unicast-response bit,
//= https://www.rfc-editor.org/rfc/rfc6762#section-6
//= type=test
//# Except for these three specific cases, responses MUST NOT be sent via
//# unicast, because then the "Passive Observation of Failures"
//# mechanisms described in Section 10.5 would not work correctly.
#[test]
fn an_answer_is_multicast_unless_unicast_was_asked_for_in_one_of_three_ways() {
    let bit = query(&[("host.local", RecordType::A, true)], &[]);
    let plain = query(&[("host.local", RecordType::A, false)], &[]);
    let legacy = "10.0.0.200:40000";
    let cases = [
        (ASKER, GROUP, &plain, Destination::Multicast),
        (ASKER, GROUP, &bit, to_asker()),
        (ASKER, "10.0.0.1", &plain, to_asker()),
        (
            legacy,
            GROUP,
            &plain,
            Destination::Unicast(legacy.parse().unwrap()),
        ),
    ];
    for (source, destination, bytes, expected) in cases {
        let (mut lan, _) = settled();
        lan.ask(5353, &[("host.local", RecordType::A, false)], &[]);
        lan.run_until(at_ms(65_000));
        lan.sent.clear();
        let _ = lan.hear(source, destination, bytes);
        lan.run_until(at_ms(70_000));
        assert_eq!(destinations(&lan), [expected], "{source} to {destination}");
    }
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-5.4
//= type=test
//# When receiving a question with the unicast-response bit set, a
//# responder SHOULD usually respond with a unicast packet directed back
//# to the querier.
#[test]
fn a_question_for_unicast_that_meets_many_records_gets_all_of_them() {
    let mut lan = Lan::new(1);
    lan.register(0, &host_set("host.local", 0));
    for n in 0..200 {
        let label = alloc::format!("a-service-with-the-number-{n:03}");
        lan.register(0, &service_set(&label, 80, "a=1"));
    }
    lan.run_until(at_ms(60_000));
    lan.sent.clear();
    let bytes = query(&[("_http._tcp.local", RecordType::PTR, true)], &[]);
    let _ = lan.hear(ASKER, GROUP, &bytes);
    lan.run_until(at_ms(61_000));
    assert!(lan.sent.len() > 1);
    assert!(
        lan.sent
            .iter()
            .all(|sent| sent.to == to_asker() && sent.bytes.len() <= 1_452)
    );
    let pointers = said(&lan)
        .into_iter()
        .filter(|(_, data, _)| data.rtype() == RecordType::PTR);
    assert_eq!(pointers.count(), 200);
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-6
//= type=test
//# A Multicast DNS querier MUST only accept unicast responses if
//# they answer a recently sent query (e.g., sent within the last two
//# seconds) that explicitly requested unicast responses.
//= https://www.rfc-editor.org/rfc/rfc6762#section-6
//= type=test
//# A Multicast
//# DNS querier MUST silently ignore all other unicast responses.
#[test]
fn a_unicast_response_counts_only_if_it_answers_what_was_asked_for_by_unicast() {
    let mut lan = Lan::new(1);
    let engine = &mut lan.hosts[0];
    for owner in ["a.local", "b.local"] {
        let query = Query {
            name: name(owner),
            rtype: RecordType::A,
            link: None,
        };
        engine.start_query(Instant::ZERO, query);
    }
    lan.run_until(at_ms(5_000));
    // `a.local` is asked for by multicast, like every new question; the probe is not.
    lan.register(0, &host_set("mine.local", 0));
    lan.run_until(at_ms(5_700));
    let to_us = |lan: &mut Lan, owner: &str| {
        let bytes = response(&[record(
            owner,
            120,
            true,
            RData::A(Ipv4Addr::new(10, 0, 0, 9)),
        )]);
        lan.hear("10.0.0.9:5353", "10.0.0.1", &bytes)
    };
    let unsolicited = Verdict::Ignored(Ignored::Unsolicited);
    assert_eq!(to_us(&mut lan, "a.local"), unsolicited);
    assert_eq!(to_us(&mut lan, "mine.local"), Verdict::Response);
    // A wake from sleep asks everything by unicast; two seconds later it is over.
    lan.hosts[0].handle_link(lan.now, LinkChange::Resumed);
    lan.run_until(at_ms(5_900));
    assert_eq!(to_us(&mut lan, "a.local"), Verdict::Response);
    assert_eq!(to_us(&mut lan, "c.local"), unsolicited);
    lan.run_until(at_ms(7_900));
    assert_eq!(to_us(&mut lan, "b.local"), unsolicited);
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-6
//= type=test
//# In the special case of answering
//# probe queries, because of the limited time before the probing host
//# will make its decision about whether or not to use the name, a
//# Multicast DNS responder MUST respond quickly.
//= https://www.rfc-editor.org/rfc/rfc6762#section-8.1
//= type=test
//# Hence, it is important that when a
//# device receives a probe query for a name that it is currently using,
//# it SHOULD generate its response to defend that name immediately and
//# send it as quickly as possible.
#[test]
fn a_defence_waits_for_nothing_and_other_answers_in_the_same_query_wait_as_ever() {
    let (mut lan, _) = settled();
    let proposed = record(
        "host.local",
        120,
        true,
        RData::A(Ipv4Addr::new(10, 0, 0, 200)),
    );
    let questions = [
        ("host.local", RecordType::ANY, true),
        ("_http._tcp.local", RecordType::PTR, false),
    ];
    let bytes = message(0, Flags::QUERY, &questions, Section::Authority, &[proposed]);
    let _ = lan.hear(ASKER, GROUP, &bytes);
    lan.run_until(at_ms(60_000));
    assert!(destinations(&lan).contains(&to_asker()));
    let is_pointer = |(_, data, _): &(Name, RData, Section)| data.rtype() == RecordType::PTR;
    assert!(!said(&lan).iter().any(is_pointer));
    lan.sent.clear();
    lan.run_until(at_ms(61_000));
    assert!(said(&lan).iter().any(is_pointer));
    assert!(
        (60_020..=60_120).contains(&lan.times()[0]),
        "{:?}",
        lan.times()
    );
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-6.1
//= type=test
//# A responder MUST only generate negative responses to queries for
//# which it has legitimate ownership of the name, rrtype, and rrclass in
//# question, and can legitimately assert that no record with that name,
//# rrtype, and rrclass exists.
#[test]
fn nothing_is_denied_before_the_name_is_ours() {
    let mut lan = Lan::new(1);
    lan.register(0, &host_set("host.local", 0));
    lan.run_until(at_ms(500));
    lan.ask(5353, &[("host.local", RecordType::AAAA, false)], &[]);
    lan.run_until(at_ms(700));
    assert!(said(&lan).iter().all(|(_, data, section)| {
        data.rtype() != RecordType::NSEC && *section == Section::Authority
    }));
    lan.run_until(at_ms(10_000));
    lan.sent.clear();
    lan.ask(5353, &[("host.local", RecordType::AAAA, false)], &[]);
    lan.run_until(at_ms(10_100));
    assert_eq!(said(&lan)[0].1.rtype(), RecordType::NSEC);
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-6.1
//= type=test
//# In general, the TTL given for an NSEC record
//# SHOULD be the same as the TTL that the record would have had, had it
//# existed.
//= https://www.rfc-editor.org/rfc/rfc6762#section-6.1
//= type=test
//# All compliant
//# Multicast DNS implementations MUST at least correctly generate and
//# parse the restricted DNS NSEC record format described below:
//= https://www.rfc-editor.org/rfc/rfc6762#section-6.1
//= type=test
//# To facilitate use by devices with limited memory and CPU
//# resources, Multicast DNS queriers are only REQUIRED to be able to
//# parse a restricted form of the DNS NSEC record.
//= https://www.rfc-editor.org/rfc/rfc6762#section-6.1
//= type=test
//# In general, the TTL given for an NSEC record
//# SHOULD be the same as the TTL that the record would have had, had it
//# existed. For example, the TTL for address records in Multicast DNS
//# is typically 120 seconds (see Section 10), so the negative cache
//# lifetime for an address record that does not exist should also be 120
//# seconds.
#[test]
fn a_denial_has_the_restricted_form_and_the_ttl_of_what_is_not_there() {
    let (mut lan, _) = settled();
    lan.ask(5353, &[("host.local", RecordType::AAAA, false)], &[]);
    lan.run_until(at_ms(60_100));
    let message = Message::parse(&lan.sent[0].bytes).unwrap();
    let record = message.answers().next().unwrap().unwrap();
    assert_eq!(record.ttl, Ttl(120));
    // The owner's name again, by a pointer; window 0, one byte, the bit of type A.
    assert_eq!(record.rdata_bytes(), [0xc0, 0x0c, 0, 1, 0x40]);
    let expected = Nsec {
        next: name("host.local"),
        types: TypeBitmap::from_types([RecordType::A]),
    };
    assert_eq!(record.to_record().unwrap().data, RData::Nsec(expected));
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-6.1
//= type=test
//# Consequently, if a Multicast DNS responder were
//# to have records with rrtypes above 255, it MUST NOT generate these
//# restricted-form NSEC records for those names, since to do so would
//# imply that the name has no records with rrtypes above 255, which
//# would be false.
//= https://www.rfc-editor.org/rfc/rfc6762#section-6.1
//= type=test
//# In such cases a Multicast DNS responder MUST either
//# (a) emit no NSEC record for that name, or (b) emit a full NSEC record
//# containing the appropriate Type Bit Map block(s) with the correct
//# bits set for all the record types that exist.
#[test]
fn a_name_with_a_type_above_255_gets_the_full_form_of_denial() {
    let mut lan = Lan::new(1);
    let high = RecordType(300);
    let data = RData::Opaque {
        rtype: high,
        bytes: vec![1, 2, 3].into(),
    };
    let mut set = host_set("host.local", 0);
    set.records.push(record("host.local", 120, true, data));
    lan.register(0, &set);
    lan.run_until(at_ms(60_000));
    lan.sent.clear();
    lan.ask(5353, &[("host.local", RecordType::AAAA, false)], &[]);
    lan.run_until(at_ms(60_100));
    let said = said(&lan);
    let RData::Nsec(nsec) = &said[0].1 else {
        panic!("{said:?}")
    };
    assert_eq!(nsec.types, TypeBitmap::from_types([RecordType::A, high]));
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-6.1
//= type=test
//# A Multicast DNS implementation MUST NOT ignore an entire
//# message just because that message contains one or more NSEC record(s)
//# that the Multicast DNS implementation cannot parse.
#[test]
fn a_denial_that_cannot_be_read_costs_itself_alone() {
    let mut lan = Lan::new(1);
    lan.ask_for(0, "a.local", RecordType::A);
    // A window of 33 bytes, which is one too long.
    let broken = [&[0_u8, 0, 33][..], &[0; 33]].concat();
    let records = [
        record(
            "a.local",
            120,
            true,
            RData::Opaque {
                rtype: RecordType::NSEC,
                bytes: broken.into(),
            },
        ),
        record("a.local", 120, true, RData::A(ip(8))),
    ];
    assert_eq!(
        lan.hear("10.0.0.9:5353", GROUP, &response(&records)),
        Verdict::Response
    );
    let event = lan.hosts[0].poll_event().expect("the address is reported");
    assert!(matches!(event.change, AnswerChange::Added(answer) if answer.data == records[1].data));
    assert_eq!(lan.hosts[0].stats().malformed_records, 1);
}

/// Returns a host with addresses of both families, and the answer to each question about it.
fn dual() -> Lan {
    let mut lan = Lan::new(1);
    let v6 = "fe80::1".parse().unwrap();
    let addresses = vec![
        LinkAddress {
            ip: IpAddr::V4(ip(0)),
            prefix_len: 24,
        },
        LinkAddress {
            ip: IpAddr::V6(v6),
            prefix_len: 64,
        },
    ];
    let info = LinkInfo {
        addresses,
        mtu: 1_500,
    };
    lan.hosts[0].handle_link(Instant::ZERO, LinkChange::Up { link: LINK, info });
    let mut set = host_set("host.local", 0);
    set.records
        .push(record("host.local", 120, true, RData::Aaaa(v6)));
    set.records.push(record(
        "host.local",
        120,
        true,
        RData::Aaaa("2001:db8::1".parse().unwrap()),
    ));
    lan.register(0, &set);
    lan.run_until(at_ms(60_000));
    lan.sent.clear();
    lan
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-6.2
//= type=test
//# When a Multicast DNS responder places an IPv4 or IPv6 address record
//# (rrtype "A" or "AAAA") into a response message, it SHOULD also place
//# any records of the other address type with the same name into the
//# additional section, if there is space in the message.
//= https://www.rfc-editor.org/rfc/rfc6762#section-6.2
//= type=test
//# Other Multicast DNS responders may treat this case as logically two
//# interfaces (one with one or more IPv4 addresses, and the other with
//# one or more IPv6 addresses), but responders that operate this way
//# MUST NOT put the corresponding automatic NSEC records in replies they
//# send (i.e., a negative IPv4 assertion in their IPv6 responses, and a
//# negative IPv6 assertion in their IPv4 responses) because this would
//# cause incorrect operation in responders on the network that work the
//# former way.
//= https://www.rfc-editor.org/rfc/rfc6762#section-20
//= type=test
//# When such a host generates NSEC records, if it is using the same host
//# name for its IPv4 addresses and its IPv6 addresses on that network
//# interface, its NSEC records should indicate that the host name has
//# both A and AAAA records.
#[test]
fn an_address_brings_those_of_the_other_family_along_and_neither_is_denied() {
    for (asked, also) in [
        (RecordType::A, RecordType::AAAA),
        (RecordType::AAAA, RecordType::A),
    ] {
        for source in [ASKER, "[fe80::9]:5353"] {
            let mut lan = dual();
            let group = if source == ASKER { GROUP } else { "ff02::fb" };
            let _ = lan.hear(source, group, &query(&[("host.local", asked, false)], &[]));
            lan.run_until(at_ms(60_100));
            let mut said = lan.take_answers();
            said.dedup();
            assert_eq!(
                said,
                [
                    (60_000, asked, Section::Answer),
                    (60_000, also, Section::Additional)
                ],
                "{source}"
            );
        }
    }
    let mut lan = dual();
    lan.ask(5353, &[("host.local", RecordType::TXT, false)], &[]);
    lan.run_until(at_ms(60_100));
    let said = said(&lan);
    let RData::Nsec(nsec) = &said[0].1 else {
        panic!("{said:?}")
    };
    assert_eq!(
        nsec.types,
        TypeBitmap::from_types([RecordType::A, RecordType::AAAA])
    );
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-6.2
//= type=test
//# When a Multicast DNS responder sends a Multicast DNS response message
//# containing its own address records, it MUST include all addresses
//# that are valid on the interface on which it is sending the message,
//# and MUST NOT include addresses that are not valid on that interface
//# (such as addresses that may be configured on the host's other
//# interfaces).
//= https://www.rfc-editor.org/rfc/rfc6762#section-14
//= type=test
//# Except in the case of proxying and other similar specialized uses,
//# addresses in IPv4 or IPv6 address records in Multicast DNS responses
//# MUST be valid for use on the interface on which the response is being
//# sent.
//= https://www.rfc-editor.org/rfc/rfc6762#section-6.2
//= type=test
//# For example, if an interface has both an IPv6 link-
//# local and an IPv6 routable address, both should be included in the
//# response message so that queriers receive both and can make their own
//# choice about which to use.
#[test]
fn each_link_is_told_all_addresses_that_are_valid_there_and_no_other() {
    let other = LinkId(4);
    let mut engine = Lan::new(1).hosts.remove(0);
    let addresses = vec![LinkAddress {
        ip: IpAddr::V4(Ipv4Addr::new(192, 168, 7, 1)),
        prefix_len: 24,
    }];
    let info = LinkInfo {
        addresses,
        mtu: 1_500,
    };
    engine.handle_link(Instant::ZERO, LinkChange::Up { link: other, info });
    let on = |link, last| OwnedRecord {
        link: Some(link),
        ..record(
            "host.local",
            120,
            true,
            RData::A(Ipv4Addr::new(10, 0, 0, last)),
        )
    };
    let set = RecordSet {
        claim: Some(name("host.local")),
        records: vec![on(LINK, 1), on(LINK, 2), on(other, 3)],
        ..RecordSet::default()
    };
    engine.register(Instant::ZERO, &set).unwrap();
    let mut heard = BTreeMap::new();
    let mut buf = Vec::new();
    while let Some(deadline) = engine
        .poll_timeout()
        .filter(|deadline| deadline.at < at_ms(5_000))
    {
        engine.handle_timeout(deadline.at);
        while let Some(route) = engine.send_next(deadline.at, &mut buf) {
            let message = Message::parse(&buf).unwrap();
            let addresses = message.records().filter_map(|record| {
                let (_, record) = record.unwrap();
                (record.rtype == RecordType::A).then(|| record.rdata_bytes()[3])
            });
            let addresses: Vec<u8> = addresses.collect();
            heard
                .entry(route.link)
                .or_insert_with(Vec::new)
                .push(addresses);
        }
    }
    // Three probes and two announcements on each.
    assert_eq!(heard[&LINK], vec![vec![1, 2]; 5]);
    assert_eq!(heard[&other], vec![vec![3]; 5]);
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-6.3
//= type=test
//# Multicast DNS responders MUST correctly handle DNS query messages
//# containing more than one question, by answering any or all of the
//# questions to which they have answers.
#[test]
fn of_many_questions_those_that_have_answers_are_answered() {
    let (mut lan, _) = settled();
    let questions = [
        ("stranger.local", RecordType::A, false),
        ("host.local", RecordType::A, false),
        ("stranger._http._tcp.local", RecordType::ANY, false),
        ("web._http._tcp.local", RecordType::TXT, false),
        ("_http._tcp.local", RecordType::PTR, false),
    ];
    lan.ask(5353, &questions, &[]);
    lan.run_until(at_ms(61_000));
    let mut answered: Vec<_> = lan.take_answers();
    answered.retain(|(_, _, section)| *section == Section::Answer);
    let mut types: Vec<_> = answered.into_iter().map(|(_, rtype, _)| rtype).collect();
    types.sort();
    assert_eq!(types, [RecordType::A, RecordType::PTR, RecordType::TXT]);
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-6.4
//= type=test
//# When possible, a responder SHOULD, for the sake of network
//# efficiency, aggregate as many responses as possible into a single
//# Multicast DNS response message.
#[test]
fn answers_to_several_hosts_and_questions_share_a_packet() {
    let (mut lan, _) = settled();
    for (n, (owner, rtype)) in [
        ("_http._tcp.local", RecordType::PTR),
        ("host.local", RecordType::A),
        ("web._http._tcp.local", RecordType::SRV),
    ]
    .iter()
    .enumerate()
    {
        let source = alloc::format!("10.0.0.{}:5353", 100 + n);
        let questions = [
            (*owner, *rtype, false),
            ("stranger.local", RecordType::A, false),
        ];
        let _ = lan.hear(&source, GROUP, &query(&questions, &[]));
    }
    lan.run_until(at_ms(62_000));
    assert_eq!(lan.sent.len(), 1, "{:?}", lan.times());
    let answers = Message::parse(&lan.sent[0].bytes)
        .unwrap()
        .header()
        .counts
        .answers;
    assert!(answers >= 1);
    let types: Vec<_> = lan
        .take_answers()
        .into_iter()
        .map(|(_, rtype, _)| rtype)
        .collect();
    for rtype in [RecordType::PTR, RecordType::A, RecordType::SRV] {
        assert!(types.contains(&rtype), "{types:?}");
    }
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-6.4
//= type=test
//# For example, when a responder has
//# several responses it plans to send, each delayed by a different
//# interval, then earlier responses SHOULD be delayed by up to an
//# additional 500 ms if that will permit them to be aggregated with
//# other responses scheduled to go out a little later.
#[test]
fn an_answer_waits_up_to_half_a_second_more_for_one_that_cannot_go_yet() {
    let truncated = Flags::QUERY.with_truncated(true);
    let question = [("web._http._tcp.local", RecordType::TXT, false)];
    let first = message(0, truncated, &question, Section::Answer, &[]);
    let (mut lan, _) = settled();
    let _ = lan.hear("10.0.0.201:5353", GROUP, &first);
    lan.run_until(at_ms(60_100));
    lan.ask(5353, &[("_http._tcp.local", RecordType::PTR, false)], &[]);
    lan.run_until(at_ms(62_000));
    let times = lan.times();
    assert_eq!(times.len(), 1, "{times:?}");
    assert!((60_400..=60_500).contains(&times[0]), "{times:?}");
    // Alone it does not wait, nor for what comes more than half a second later.
    lan.sent.clear();
    lan.ask(5353, &[("_http._tcp.local", RecordType::PTR, false)], &[]);
    lan.run_until(at_ms(62_200));
    assert_eq!(lan.sent.len(), 1);
    lan.run_until(at_ms(62_210));
    lan.ask(5353, &[("_http._tcp.local", RecordType::PTR, false)], &[]);
    lan.run_until(at_ms(64_000));
    let asked_again = lan.times();
    assert!(asked_again[1] - asked_again[0] >= 1_000, "{asked_again:?}");
    // A unique answer does not wait.
    lan.run_until(at_ms(66_000));
    lan.sent.clear();
    let _ = lan.hear("10.0.0.201:5353", GROUP, &first);
    lan.ask(5353, &[("host.local", RecordType::A, false)], &[]);
    lan.run_until(at_ms(66_001));
    assert_eq!(lan.times(), [66_000]);
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-6.6
//= type=test
//# o If the TTL of B's resource record given in the message is at
//# least half the true TTL from A's point of view, then no action
//# is required.
//= https://www.rfc-editor.org/rfc/rfc6762#section-6.6
//= type=test
//# o If the TTL of B's resource record given in the message is less
//# than half the true TTL from A's point of view, then A MUST mark
//# its record to be announced via multicast.
#[test]
fn equal_records_of_two_holders_are_answered_by_one_of_them_and_kept_alive() {
    let (mut lan, _) = settled();
    let same = |ttl| response(&[record("host.local", ttl, true, RData::A(ip(0)))]);
    for (ttl, announced) in [(120, 0), (60, 0), (59, 1)] {
        lan.sent.clear();
        let _ = lan.hear("10.0.0.9:5353", GROUP, &same(ttl));
        let soon = lan.now + Duration::from_secs(2);
        lan.run_until(soon);
        assert_eq!(lan.sent.len(), announced, "TTL {ttl}");
    }
    assert_eq!(
        lan.events
            .iter()
            .filter(|(_, change)| *change != ClaimChange::Established)
            .count(),
        0
    );
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-6.7
//= type=test
//# In this case, the Multicast DNS responder MUST send a UDP response
//# directly back to the querier, via unicast, to the query packet's
//# source IP address and port.
//= https://www.rfc-editor.org/rfc/rfc6762#section-6.7
//= type=test
//# In addition, the cache-flush
//# bit described in Section 10.2, "Announcements to Flush Outdated Cache
//# Entries", MUST NOT be set in legacy unicast responses.
//= https://www.rfc-editor.org/rfc/rfc6762#section-10.2
//= type=test
//# The cache-flush bit MUST NOT be set in any resource records in a
//# response message sent in legacy unicast responses to UDP ports other
//# than 5353.
//= https://www.rfc-editor.org/rfc/rfc6762#section-6.7
//= type=test
//# The resource record TTL given in a legacy unicast response SHOULD NOT
//# be greater than ten seconds, even if the true TTL of the Multicast
//# DNS resource record is higher.
//= https://www.rfc-editor.org/rfc/rfc6762#section-18.1
//= type=test
//# In legacy unicast response messages generated specifically in
//# response to a particular (unicast or multicast) query, the Query
//# Identifier MUST match the ID from the query message.
#[test]
fn a_legacy_asker_is_answered_at_its_own_address_and_port_in_the_conventional_way() {
    for source in ["10.0.0.200:40000", "10.0.0.7:53", "10.0.0.8:1"] {
        let (mut lan, _) = settled();
        let question = [("web._http._tcp.local", RecordType::SRV, false)];
        let bytes = message(0xbeef, Flags::QUERY, &question, Section::Answer, &[]);
        let _ = lan.hear(source, GROUP, &bytes);
        lan.run_until(at_ms(61_000));
        assert_eq!(
            destinations(&lan),
            [Destination::Unicast(source.parse().unwrap())]
        );
        let message = Message::parse(&lan.sent[0].bytes).unwrap();
        assert_eq!(message.header().id, 0xbeef);
        for record in message.records() {
            let (_, record) = record.unwrap();
            assert!(
                !record.cache_flush && record.ttl.as_secs() <= 10,
                "{record:?}"
            );
        }
    }
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-18.5
//= type=test
//# In legacy unicast response messages, the TC bit has the same meaning
//# as in conventional Unicast DNS: it means that the response was too
//# large to fit in a single packet, so the querier SHOULD reissue its
//# query using TCP in order to receive the larger response.
#[test]
fn a_legacy_reply_that_does_not_fit_says_so_even_if_nothing_fits() {
    let strings = vec![[b'x'; 255]; 20];
    let txt = TxtData::from_strings(strings.iter().map(<[u8; 255]>::as_slice)).unwrap();
    let mut lan = Lan::new(1);
    let set = RecordSet {
        claim: Some(name("big.local")),
        records: vec![record("big.local", 120, true, RData::Txt(txt))],
        ..RecordSet::default()
    };
    lan.register(0, &set);
    lan.run_until(at_ms(60_000));
    lan.sent.clear();
    lan.ask(40_000, &[("big.local", RecordType::TXT, false)], &[]);
    lan.run_until(at_ms(61_000));
    let message = Message::parse(&lan.sent[0].bytes).unwrap();
    let header = message.header();
    assert!(header.flags.truncated());
    assert_eq!((header.counts.questions, header.counts.answers), (1, 0));
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-7.1
//= type=test
//# If the RR TTL of the
//# answer as given in the Answer Section is less than half of the true
//# RR TTL as known by the Multicast DNS responder, the responder MUST
//# send an answer so as to update the querier's cache before the record
//# becomes in danger of expiration.
#[test]
fn a_known_answer_past_half_its_life_is_renewed() {
    for (ttl, answers) in [(60, 0), (59, 1), (1, 1)] {
        let (mut lan, _) = settled();
        let known = [record("host.local", ttl, true, RData::A(ip(0)))];
        lan.ask(5353, &[("host.local", RecordType::A, false)], &known);
        lan.run_until(at_ms(60_100));
        assert_eq!(lan.sent.len(), answers, "TTL {ttl}");
    }
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-17
//= type=test
//# Even when fragmentation is used, a Multicast DNS packet, including IP
//# and UDP headers, MUST NOT exceed 9000 bytes.
//= https://www.rfc-editor.org/rfc/rfc6762#section-17
//= type=test
//# A Multicast DNS packet larger than the interface MTU, which is sent
//# using fragments, MUST NOT contain more than one resource record.
#[test]
fn no_packet_is_larger_than_9000_bytes_and_a_large_one_holds_one_record() {
    let strings = |count| vec![[b'x'; 255]; count];
    let txt = |count: usize| {
        let strings = strings(count);
        RData::Txt(TxtData::from_strings(strings.iter().map(<[u8; 255]>::as_slice)).unwrap())
    };
    let named = |owner: &str, count| record(owner, 120, true, txt(count));
    let mut records = vec![record("big.local", 120, true, RData::A(ip(0)))];
    records.extend((1..=34).map(|count| named("big.local", count)));
    let set = RecordSet {
        claim: Some(name("big.local")),
        records,
        ..RecordSet::default()
    };
    let mut lan = Lan::new(1);
    let id = lan.register(0, &set);
    lan.run_until(at_ms(60_000));
    for question in [
        ("big.local", RecordType::ANY, false),
        ("big.local", RecordType::ANY, true),
    ] {
        lan.ask(5353, &[question], &[]);
        let soon = lan.now + Duration::from_secs(5);
        lan.run_until(soon);
    }
    lan.hosts[0].unregister(id);
    let soon = lan.now + Duration::from_secs(5);
    lan.run_until(soon);
    let mut large = 0;
    for sent in &lan.sent {
        let message = Message::parse(&sent.bytes).unwrap();
        if !message.header().flags.is_response() {
            continue;
        }
        assert!(sent.bytes.len() + 48 <= 9_000, "{}", sent.bytes.len());
        if sent.bytes.len() + 48 > 1_500 {
            large += 1;
            assert_eq!(message.records().count(), 1);
        }
    }
    // Twenty-nine of them do not fit into an MTU: announced twice, asked for twice, withdrawn.
    assert!(large >= 29 * 4, "{large}");
    let farewells = lan.sent.iter().flat_map(|sent| {
        Message::parse(&sent.bytes)
            .unwrap()
            .answers()
            .map(|record| record.unwrap().ttl)
            .collect::<Vec<_>>()
    });
    assert_eq!(farewells.filter(|ttl| *ttl == Ttl::ZERO).count(), 35);
    let too_large = RecordSet {
        claim: None,
        records: vec![named("huge.local", 35)],
        ..RecordSet::default()
    };
    assert!(lan.hosts[0].register(lan.now, &too_large).is_err());
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-18.1
//= type=test
//# In multicast responses, including unsolicited multicast responses,
//# the Query Identifier MUST be set to zero on transmission, and MUST be
//# ignored on reception.
//= https://www.rfc-editor.org/rfc/rfc6762#section-18.3
//= type=test
//# In both multicast query and multicast response messages, the OPCODE
//# MUST be zero on transmission (only standard queries are currently
//# supported over multicast).
//= https://www.rfc-editor.org/rfc/rfc6762#section-18.4
//= type=test
//# In query messages, the Authoritative Answer bit MUST be zero on
//# transmission, and MUST be ignored on reception.
//= https://www.rfc-editor.org/rfc/rfc6762#section-18.4
//= type=test
//# In response messages for Multicast domains, the Authoritative Answer
//# bit MUST be set to one (not setting this bit would imply there's some
//# other place where "better" information may be found) and MUST be
//# ignored on reception.
//= https://www.rfc-editor.org/rfc/rfc6762#section-18.5
//= type=test
//# In multicast response messages, the TC bit MUST be zero on
//# transmission, and MUST be ignored on reception.
//= https://www.rfc-editor.org/rfc/rfc6762#section-18.6
//= type=test
//# In both multicast query and multicast response messages, the
//# Recursion Desired bit SHOULD be zero on transmission, and MUST be
//# ignored on reception.
//= https://www.rfc-editor.org/rfc/rfc6762#section-18.7
//= type=test
//# In both multicast query and multicast response messages, the
//# Recursion Available bit MUST be zero on transmission, and MUST be
//# ignored on reception.
//= https://www.rfc-editor.org/rfc/rfc6762#section-18.8
//= type=test
//# In both query and response messages, the Zero bit MUST be zero on
//# transmission, and MUST be ignored on reception.
//= https://www.rfc-editor.org/rfc/rfc6762#section-18.9
//= type=test
//# In both multicast query and multicast response messages, the
//# Authentic Data bit [RFC2535] MUST be zero on transmission, and MUST
//# be ignored on reception.
//= https://www.rfc-editor.org/rfc/rfc6762#section-18.10
//= type=test
//# In both multicast query and multicast response messages, the Checking
//# Disabled bit [RFC2535] MUST be zero on transmission, and MUST be
//# ignored on reception.
//= https://www.rfc-editor.org/rfc/rfc6762#section-18.11
//= type=test
//# In both multicast query and multicast response messages, the Response
//# Code MUST be zero on transmission.
//= https://www.rfc-editor.org/rfc/rfc6762#section-18.1
//= type=test
//# Multicast DNS implementations SHOULD listen for unsolicited responses
//# issued by hosts booting up (or waking up from sleep or otherwise
//# joining the network).
//= https://www.rfc-editor.org/rfc/rfc6762#section-18.1
//= type=test
//# Since these unsolicited responses may contain
//# a useful answer to a question for which the querier is currently
//# awaiting an answer, Multicast DNS implementations SHOULD examine all
//# received Multicast DNS response messages for useful answers, without
//# regard to the contents of the ID field or the Question Section.
//= https://www.rfc-editor.org/rfc/rfc6762#section-6
//= type=test
//# Any questions in the Question Section of a
//# received Multicast DNS response MUST be silently ignored.
#[test]
fn headers_say_no_more_than_they_must_and_are_read_for_no_more() {
    let (mut lan, id) = settled();
    let query = Query {
        name: name("a.local"),
        rtype: RecordType::A,
        link: None,
    };
    let a_query = lan.hosts[0].start_query(lan.now, query);
    lan.run_until(at_ms(60_500));
    // A question with every bit set that has no meaning in one: AA, RD, RA, Z, AD, CD, and an id.
    let question = [("host.local", RecordType::A, false)];
    let _ = lan.hear(
        ASKER,
        GROUP,
        &message(9, Flags(0x05f0), &question, Section::Answer, &[]),
    );
    lan.run_until(at_ms(61_000));
    // A response without a recent question, with questions, TC and the rest, and without AA.
    let answer = record("a.local", 120, true, RData::A(ip(8)));
    let other = [("other.local", RecordType::TXT, false)];
    let bytes = message(9, Flags(0x83f0), &other, Section::Answer, &[answer]);
    assert_eq!(lan.hear("10.0.0.9:5353", GROUP, &bytes), Verdict::Response);
    let event = lan.hosts[0].poll_event().unwrap();
    assert_eq!(event.query, a_query);
    assert!(matches!(event.change, AnswerChange::Added(_)));
    lan.hosts[0].unregister(id);
    lan.register(0, &host_set("more.local", 0));
    lan.run_until(at_ms(65_000));
    let (mut queries, mut responses) = (0, 0);
    for sent in &lan.sent {
        let header = *Message::parse(&sent.bytes).unwrap().header();
        assert_eq!(header.id, 0);
        match header.flags {
            Flags::QUERY => queries += 1,
            Flags::RESPONSE => responses += 1,
            other => panic!("{other:?}"),
        }
    }
    // One question and three probes; an answer, a goodbye and two announcements.
    assert_eq!((queries, responses), (4, 4));
}
