//! Names claimed, announced, changed and given up: RFC 6762 sections 8 to 10.

use super::lan::*;
use crate::event::AnswerChange;

const GROUP: &str = "224.0.0.251";
const OTHER: &str = "10.0.0.200:5353";

/// What kind of packet was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Probe,
    Question,
    Response,
}

fn kind(sent: &Sent) -> Kind {
    let header = *Message::parse(&sent.bytes).unwrap().header();
    match (header.flags.is_response(), header.counts.authorities) {
        (true, _) => Kind::Response,
        (false, 0) => Kind::Question,
        (false, _) => Kind::Probe,
    }
}

fn kinds(lan: &Lan) -> Vec<Kind> {
    lan.sent.iter().map(kind).collect()
}

/// Owner, type, TTL and cache-flush bit of the answers of every response that was sent.
fn announced(lan: &Lan) -> Vec<(Name, RecordType, u32, bool)> {
    let mut all = Vec::new();
    for sent in lan.sent.iter().filter(|sent| kind(sent) == Kind::Response) {
        for record in Message::parse(&sent.bytes).unwrap().answers() {
            let record = record.unwrap();
            let owner = record.name.to_name().unwrap();
            all.push((
                owner,
                record.rtype,
                record.ttl.as_secs(),
                record.cache_flush,
            ));
        }
    }
    all
}

fn response(records: &[OwnedRecord]) -> Vec<u8> {
    message(0, Flags::RESPONSE, &[], Section::Answer, records)
}

fn info(last: u8) -> LinkInfo {
    let ip = IpAddr::V4(Ipv4Addr::new(10, 0, 0, last));
    let addresses = vec![LinkAddress { ip, prefix_len: 24 }];
    LinkInfo {
        addresses,
        mtu: 1_500,
    }
}

fn up(last: u8) -> LinkChange {
    LinkChange::Up {
        link: LINK,
        info: info(last),
    }
}

/// Another host's address record for `host.local`.
fn rival() -> OwnedRecord {
    record(
        "host.local",
        120,
        true,
        RData::A(Ipv4Addr::new(10, 0, 0, 200)),
    )
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-8.1
//= type=test
//# All probe queries SHOULD be done
//# using the desired resource record name and class (usually class 1,
//# "Internet"), and query type "ANY" (255), to elicit answers for all
//# types of records with that name.
//= https://www.rfc-editor.org/rfc/rfc6762#section-8.1
//= type=test
//# Because of the mDNS multicast rate-limiting
//# rules, the probes SHOULD be sent as "QU" questions with the unicast-
//# response bit set, to allow a defending host to respond immediately
//# via unicast, instead of potentially having to wait before replying
//# via multicast.
//= https://www.rfc-editor.org/rfc/rfc6762#section-8.1
//= type=test
//# The first startup step is that, for all those resource records that a
//# Multicast DNS responder desires to be unique on the local link, it
//# MUST send a Multicast DNS query asking for those resource records, to
//# see if any of them are already in use.
//= https://www.rfc-editor.org/rfc/rfc6762#section-2
//= type=test
//# Before claiming ownership of a unique
//# resource record set, a responder MUST probe to verify that no
//# other responder already claims ownership of that set, as described
//# in Section 8.1, "Probing".
//= https://www.rfc-editor.org/rfc/rfc6762#section-5
//= type=test
//# Except in the rare case of a Multicast DNS responder that is
//# advertising only shared resource records and no unique records, a
//# Multicast DNS responder MUST also implement a Multicast DNS querier
//# so that it can first verify the uniqueness of those records before it
//# begins answering queries for them.
//= https://www.rfc-editor.org/rfc/rfc6762#section-18.1
//= type=test
//# In multicast query messages, the Query Identifier SHOULD be set to
//# zero on transmission.
#[test]
fn a_probe_asks_for_every_type_of_each_name_to_be_unique_and_nothing_is_answered_before() {
    let mut lan = Lan::new(1);
    lan.register(0, &host_set("host.local", 0));
    lan.register(0, &service_set("web", 80, "a=1"));
    for ms in (0..700).step_by(50) {
        lan.run_until(at_ms(ms));
        lan.ask(5353, &[("host.local", RecordType::A, false)], &[]);
        lan.ask(5353, &[("_http._tcp.local", RecordType::PTR, false)], &[]);
    }
    lan.run_until(at_ms(749));
    assert_eq!(kinds(&lan), [Kind::Probe; 3]);
    for sent in &lan.sent {
        let message = Message::parse(&sent.bytes).unwrap();
        assert_eq!(message.header().id, 0);
        let questions = message.questions().map(|question| {
            let question = question.unwrap();
            (
                question.name.to_name().unwrap(),
                question.rtype,
                question.class,
                question.unicast_response,
            )
        });
        let any = |owner| (name(owner), RecordType::ANY, Class::IN, true);
        assert_eq!(
            questions.collect::<Vec<_>>(),
            [any("host.local"), any("web._http._tcp.local")]
        );
    }
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-8.1
//= type=test
//# When ready to send its Multicast DNS probe packet(s) the host should
//# first wait for a short random delay time, uniformly distributed in
//# the range 0-250 ms.
#[test]
fn the_first_probe_waits_up_to_250_ms_uniformly() {
    let mut quarters = [0_u32; 4];
    for seed in 0..1_000 {
        let mut engine = Engine::new(Config::default(), seed, Instant::ZERO);
        engine.handle_link(Instant::ZERO, up(1));
        engine
            .register(Instant::ZERO, &host_set("host.local", 0))
            .unwrap();
        let first = engine.poll_timeout().unwrap().at;
        assert!(first <= at_ms(250), "{first}");
        quarters[usize::try_from(first.as_nanos() * 4 / 250_000_001).unwrap()] += 1;
    }
    // Chi-square with 3 degrees of freedom: 16.27 is exceeded once in a thousand.
    let deviation = |count: u32| (f64::from(count) - 250.0).powi(2) / 250.0;
    let statistic: f64 = quarters.iter().map(|&count| deviation(count)).sum();
    assert!(statistic < 16.27, "{quarters:?}");
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-8.1
//= type=test
//# When sending probe queries, a host MUST NOT consult its cache for
//# potential answers.
#[test]
fn what_the_cache_holds_of_a_name_keeps_nobody_from_claiming_it() {
    let mut lan = Lan::new(1);
    lan.ask_for(0, "host.local", RecordType::A);
    let _ = lan.hear(OTHER, GROUP, &response(&[rival()]));
    let event = lan.hosts[0].poll_event().unwrap();
    assert!(matches!(event.change, AnswerChange::Added(_)));
    lan.run_until(at_ms(5_000));
    lan.sent.clear();
    lan.register(0, &host_set("host.local", 0));
    lan.run_until(at_ms(7_000));
    assert_eq!(kinds(&lan)[..3], [Kind::Probe; 3]);
    let no_known_answers =
        |sent: &Sent| Message::parse(&sent.bytes).unwrap().header().counts.answers == 0;
    assert!(lan.sent[..3].iter().all(no_known_answers));
    assert_eq!(lan.events, [(0, ClaimChange::Established)]);
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-8.1
//= type=test
//# Apparently conflicting Multicast
//# DNS responses received *before* the first probe packet is sent MUST
//# be silently ignored (see discussion of stale probe packets in Section
//# 8.2, "Simultaneous Probe Tiebreaking", below).
//= https://www.rfc-editor.org/rfc/rfc6762#section-8.1
//= type=test
//# During probing, from the time the first probe packet is sent until
//# 250 ms after the third probe, if any conflicting Multicast DNS
//# response is received, then the probing host MUST defer to the
//# existing host, and SHOULD choose new names for some or all of its
//# resource records as appropriate.
//= https://www.rfc-editor.org/rfc/rfc6762#section-8.1
//= type=test
//# If, by 250 ms after the third probe, no
//# conflicting Multicast DNS responses have been received, the host may
//# move to the next step, announcing.
#[test]
fn a_conflict_counts_from_the_first_probe_until_250_ms_after_the_third() {
    for (after_ms, expected) in [
        (-1, ClaimChange::Established),
        (0, ClaimChange::Lost),
        (749, ClaimChange::Lost),
    ] {
        let mut lan = Lan::new(1);
        lan.register(0, &host_set("host.local", 0));
        let first = lan.hosts[0].poll_timeout().unwrap().at.as_nanos() / 1_000_000;
        lan.run_until(at_ms(
            first.saturating_add_signed(after_ms) + u64::from(after_ms >= 0),
        ));
        let _ = lan.hear(OTHER, GROUP, &response(&[rival()]));
        lan.run_until(at_ms(10_000));
        assert_eq!(
            lan.events,
            [(0, expected)],
            "{after_ms} ms after the first probe"
        );
    }
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-8.1
//= type=test
//# In the case of a host
//# probing using query type "ANY" as recommended above, any answer
//# containing a record with that name, of any type, MUST be considered a
//# conflicting response and handled accordingly.
//= https://www.rfc-editor.org/rfc/rfc6762#section-9
//= type=test
//# A conflict occurs when a Multicast DNS responder has a unique record
//# for which it is currently authoritative, and it receives a Multicast
//# DNS response message containing a record with the same name, rrtype
//# and rrclass, but inconsistent rdata.
#[test]
fn while_probing_a_record_of_any_type_is_a_conflict_and_of_another_class_none() {
    let text = || RData::Txt(TxtData::from_strings([b"a=1".as_slice()]).unwrap());
    for (class, expected) in [
        (Class::IN, ClaimChange::Lost),
        (Class(3), ClaimChange::Established),
    ] {
        let mut lan = Lan::new(1);
        lan.register(0, &host_set("host.local", 0));
        lan.run_until(at_ms(400));
        let mut bytes = Vec::new();
        let mut builder = MessageBuilder::new(&mut bytes, 0, Flags::RESPONSE, 512);
        let (owner, data) = (name("host.local"), text());
        let fields = RecordFields {
            name: &owner,
            class,
            cache_flush: true,
            ttl: Ttl(120),
            data: &data,
        };
        builder.record(Section::Answer, fields).unwrap();
        builder.finish();
        let _ = lan.hear(OTHER, GROUP, &bytes);
        lan.run_until(at_ms(10_000));
        assert_eq!(lan.events, [(0, expected)], "{class}");
    }
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-8.1
//= type=test
//# If a responder knows by other means that its unique resource record
//# set name, rrtype, and rrclass cannot already be in use by any other
//# responder on the network, then it SHOULD skip the probing step for
//# that resource record set.
//= https://www.rfc-editor.org/rfc/rfc6762#section-8.1
//= type=test
//# Similarly, if a responder is acting as a proxy,
//# taking over from another Multicast DNS responder that has already
//# verified the uniqueness of the record, then the proxy SHOULD NOT
//# repeat the probing step for those records.
#[test]
fn records_that_nobody_else_can_have_are_announced_without_a_probe() {
    let mut lan = Lan::new(1);
    let reverse = record(
        "1.0.0.10.in-addr.arpa",
        120,
        true,
        RData::Ptr(name("host.local")),
    );
    let set = RecordSet {
        claim: None,
        records: vec![reverse],
        ..RecordSet::default()
    };
    lan.register(0, &set);
    lan.run_until(at_ms(60_000));
    assert_eq!(kinds(&lan), [Kind::Response; 2]);
    assert_eq!(lan.times(), [0, 1_000]);
}

#[test]
fn a_published_record_is_not_announced_again_for_a_second_registration() {
    let mut lan = Lan::new(1);
    let pointer = record(
        "_http._tcp.local",
        4_500,
        false,
        RData::Ptr(name("a.local")),
    );
    let set = RecordSet {
        claim: None,
        records: vec![pointer],
        ..RecordSet::default()
    };
    lan.register(0, &set);
    lan.run_until(at_ms(60_000));
    lan.sent.clear();
    let second = lan.register(0, &set);
    lan.run_until(at_ms(120_000));
    assert_eq!(kinds(&lan), []);
    assert_eq!(lan.announced.last(), Some(&(0, second)));
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-8.2
//= type=test
//# If the host finds that its
//# own data is lexicographically earlier, then it defers to the winning
//# host by waiting one second, and then begins probing for this record
//# again.
//= https://www.rfc-editor.org/rfc/rfc6762#section-8.2
//= type=test
//# This means that
//# if the host finds that its own data is lexicographically later, it
//# simply ignores the other host's probe.
#[test]
fn of_two_simultaneous_probes_the_later_data_goes_on_and_the_earlier_waits_a_second() {
    for (rival, expected) in [(9, [0, 250, 500, 750]), (0, [0, 250, 500, 750])] {
        let mut lan = Lan::new(1);
        let ours = record(
            "host.local",
            120,
            true,
            RData::A(Ipv4Addr::new(10, 0, 0, 5)),
        );
        let set = RecordSet {
            claim: Some(name("host.local")),
            records: vec![ours],
            ..RecordSet::default()
        };
        lan.register(0, &set);
        lan.run_until(at_ms(250));
        let heard = lan.now;
        let theirs = record(
            "host.local",
            120,
            true,
            RData::A(Ipv4Addr::new(10, 0, 0, rival)),
        );
        let question = [("host.local", RecordType::ANY, true)];
        let probe = message(0, Flags::QUERY, &question, Section::Authority, &[theirs]);
        let before = lan.sent.len();
        let _ = lan.hear(OTHER, GROUP, &probe);
        lan.run_until(at_ms(10_000));
        let (first, times) = if rival == 9 {
            let first = lan.times()[before];
            assert!((1_250..=1_500).contains(&first), "{first}");
            (first, &lan.times()[before..before + 4])
        } else {
            (lan.times()[0], &lan.times()[..4])
        };
        let offsets: Vec<u64> = times.iter().map(|at| at - first).collect();
        assert_eq!(offsets, expected, "a rival with {rival} heard at {heard}");
        assert_eq!(lan.events.last(), Some(&(0, ClaimChange::Established)));
    }
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-8
//= type=test
//# Whenever a Multicast DNS responder starts up, wakes up from sleep,
//# receives an indication of a network interface "Link Change" event, or
//# has any other reason to believe that its network connectivity may
//# have changed in some relevant way, it MUST perform the two startup
//# steps below: Probing (Section 8.1) and Announcing (Section 8.3).
//= https://www.rfc-editor.org/rfc/rfc6762#section-10.2
//= type=test
//# In cases where the host
//# has not been continuously connected and participating on the network
//# link, it MUST first probe to re-verify uniqueness of its unique
//# records, as described above in Section 8.1, "Probing".
//= https://www.rfc-editor.org/rfc/rfc6762#section-10.2
//= type=test
//# Having completed the Probing step, if necessary, the host MUST then
//# send a series of unsolicited announcements to update cache entries in
//# its neighbor hosts.
//= https://www.rfc-editor.org/rfc/rfc6762#section-8.3
//= type=test
//# The second startup step is that the Multicast DNS responder MUST send
//# an unsolicited Multicast DNS response containing, in the Answer
//# Section, all of its newly registered resource records (both shared
//# records, and unique records that have completed the probing step).
#[test]
fn a_start_a_wake_a_cable_and_a_new_network_each_begin_with_probing_and_announcing() {
    let changes: [&[LinkChange]; 4] = [
        &[],
        &[LinkChange::Resumed],
        &[LinkChange::Down { link: LINK }, up(1)],
        &[up(77)],
    ];
    for changes in changes {
        let mut lan = Lan::new(1);
        lan.register(0, &host_set("host.local", 0));
        lan.register(0, &service_set("web", 80, "a=1"));
        if !changes.is_empty() {
            lan.run_until(at_ms(60_000));
            lan.sent.clear();
        }
        for change in changes {
            lan.hosts[0].handle_link(lan.now, change.clone());
        }
        let soon = lan.now + Duration::from_secs(10);
        lan.run_until(soon);
        let expected = [
            Kind::Probe,
            Kind::Probe,
            Kind::Probe,
            Kind::Response,
            Kind::Response,
        ];
        assert_eq!(kinds(&lan), expected, "{changes:?}");
        let mut types: Vec<_> = announced(&lan)
            .into_iter()
            .map(|(_, rtype, ..)| rtype)
            .collect();
        types.sort();
        let [a, ptr, srv, txt] = [
            RecordType::A,
            RecordType::PTR,
            RecordType::SRV,
            RecordType::TXT,
        ];
        assert_eq!(types, [a, a, ptr, ptr, txt, txt, srv, srv], "{changes:?}");
    }
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-8.3
//= type=test
//# A Multicast DNS responder MUST NOT send announcements in the absence
//# of information that its network connectivity may have changed in some
//# relevant way.
//= https://www.rfc-editor.org/rfc/rfc6762#section-8.3
//= type=test
//# In particular, a Multicast DNS responder MUST NOT send
//# regular periodic announcements as a matter of course.
#[test]
fn nothing_is_announced_while_nothing_changes() {
    let (mut lan, _) = settled();
    lan.hosts[0].handle_link(lan.now, up(1));
    let mut more = info(1);
    more.addresses.push(LinkAddress {
        ip: IpAddr::V4(ip(76)),
        prefix_len: 24,
    });
    lan.hosts[0].handle_link(
        lan.now,
        LinkChange::Up {
            link: LINK,
            info: more,
        },
    );
    lan.run_until(at_ms(7 * 24 * 3_600_000));
    assert_eq!(lan.times(), [0; 0]);
    assert_eq!(lan.hosts[0].poll_timeout(), None);
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-8.3
//= type=test
//# If there are too many resource records to fit in a single packet,
//# multiple packets should be used.
#[test]
fn more_announcements_than_fit_into_a_packet_go_into_several() {
    let mut lan = Lan::new(1);
    for n in 0..200 {
        let label = alloc::format!("a-service-with-the-number-{n:03}");
        lan.register(0, &service_set(&label, 80, "a=1"));
    }
    lan.run_until(at_ms(60_000));
    assert!(lan.sent.iter().all(|sent| sent.bytes.len() <= 1_452));
    let announced = announced(&lan);
    for rtype in [RecordType::PTR, RecordType::SRV, RecordType::TXT] {
        let of_type = announced.iter().filter(|(_, other, ..)| *other == rtype);
        assert_eq!(of_type.count(), 400, "{rtype}");
    }
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-8.4
//= type=test
//# For example, if any of a host's IP
//# addresses change, it MUST re-announce those address records.
//= https://www.rfc-editor.org/rfc/rfc6762#section-8.4
//= type=test
//# In the case of unique records, a host
//# SHOULD omit the "goodbye" announcement, since the cache-flush bit on
//# the newly announced records will cause old rdata to be flushed from
//# peer caches anyway.
//= https://www.rfc-editor.org/rfc/rfc6762#section-8.4
//= type=test
//# At any time, if the rdata of any of a host's Multicast DNS records
//# changes, the host MUST repeat the Announcing step described above to
//# update neighboring caches.
//= https://www.rfc-editor.org/rfc/rfc6762#section-6.2
//= type=test
//# In the event that a device has only IPv4 addresses but no IPv6
//# addresses, or vice versa, then the appropriate NSEC record SHOULD be
//# placed into the additional section, so that queriers can know with
//# certainty that the device has no addresses of that kind.
#[test]
fn another_address_is_announced_twice_without_probe_or_goodbye_and_the_missing_family_stays_denied()
{
    let mut lan = Lan::new(1);
    let id = lan.register(0, &host_set("host.local", 0));
    lan.run_until(at_ms(60_000));
    lan.sent.clear();
    lan.hosts[0]
        .update(lan.now, id, &host_set("host.local", 4))
        .unwrap();
    lan.run_until(at_ms(70_000));
    assert_eq!(kinds(&lan), [Kind::Response; 2]);
    assert_eq!(lan.times(), [60_000, 61_000]);
    let expected = (name("host.local"), RecordType::A, 120, true);
    assert_eq!(announced(&lan), [expected.clone(), expected]);
    let additional = lan.take_answers();
    let denials = additional
        .iter()
        .filter(|(_, rtype, _)| *rtype == RecordType::NSEC);
    assert_eq!(denials.count(), 2, "{additional:?}");
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-8.4
//= type=test
//# In the case of shared records, a host MUST send a "goodbye"
//# announcement with RR TTL zero (see Section 10.1, "Goodbye Packets")
//# for the old rdata, to cause it to be deleted from peer caches, before
//# announcing the new rdata.
#[test]
fn a_shared_record_that_is_replaced_is_taken_back_before_its_successor_is_announced() {
    let shared = |target: &str| RecordSet {
        claim: None,
        records: vec![record(
            "_http._tcp.local",
            4_500,
            false,
            RData::Ptr(name(target)),
        )],
        ..RecordSet::default()
    };
    let mut lan = Lan::new(1);
    let id = lan.register(0, &shared("a._http._tcp.local"));
    lan.run_until(at_ms(60_000));
    lan.sent.clear();
    lan.hosts[0]
        .update(lan.now, id, &shared("b._http._tcp.local"))
        .unwrap();
    lan.run_until(at_ms(70_000));
    let ttls: Vec<_> = announced(&lan)
        .into_iter()
        .map(|(_, _, ttl, _)| ttl)
        .collect();
    assert_eq!(ttls, [0, 4_500, 4_500]);
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-9
//= type=test
//# The protocol used in
//# the Probing phase will determine a winner and a loser, and the loser
//# MUST cease using the name, and reconfigure.
//= https://www.rfc-editor.org/rfc/rfc6762#section-9
//= type=test
//# It is very important that any host receiving a resource record that
//# conflicts with one of its own MUST take action as described above.
//= https://www.rfc-editor.org/rfc/rfc6762#section-8.3
//= type=test
//# Whenever a Multicast DNS responder receives any Multicast DNS
//# response (solicited or otherwise) containing a conflicting resource
//# record, the conflict MUST be resolved as described in Section 9,
//# "Conflict Resolution".
//= https://www.rfc-editor.org/rfc/rfc6762#section-6.6
//= type=test
//# o If A's resource record is intended to be a member of a unique
//# resource record set owned solely by that responder, then this is
//# a conflict and MUST be handled as described in Section 9,
//# "Conflict Resolution".
//= https://www.rfc-editor.org/rfc/rfc6762#section-9
//= type=test
//# Whenever a Multicast DNS responder receives any Multicast DNS
//# response (solicited or otherwise) containing a conflicting resource
//# record in any of the Resource Record Sections, the Multicast DNS
//# responder MUST immediately reset its conflicted unique record to
//# probing state, and go through the startup steps described above in
//# Section 8, "Probing and Announcing on Startup".
#[test]
fn a_conflict_in_any_section_takes_the_name_back_to_probing_and_the_loser_is_silent() {
    for section in [Section::Answer, Section::Authority, Section::Additional] {
        let (mut lan, _) = settled();
        lan.events.clear();
        let bytes = message(0, Flags::RESPONSE, &[], section, &[rival()]);
        let _ = lan.hear(OTHER, GROUP, &bytes);
        lan.run_until(at_ms(60_300));
        assert_eq!(lan.events, [(0, ClaimChange::Disputed)], "{section:?}");
        assert_eq!(kinds(&lan)[0], Kind::Probe, "{section:?}");
        // The rival defends the name: it is theirs, and nothing is sent for it any more.
        let _ = lan.hear(OTHER, GROUP, &response(&[rival()]));
        assert!({
            lan.run_until(at_ms(60_301));
            lan.events.contains(&(0, ClaimChange::Lost))
        });
        lan.sent.clear();
        lan.ask(5353, &[("host.local", RecordType::ANY, false)], &[]);
        lan.run_until(at_ms(120_000));
        assert!(
            announced(&lan)
                .iter()
                .all(|(owner, ..)| *owner != name("host.local"))
        );
    }
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-10.1
//= type=test
//# In the case where a host knows that certain resource record data is
//# about to become invalid (for example, when the host is undergoing a
//# clean shutdown), the host SHOULD send an unsolicited Multicast DNS
//# response packet, giving the same resource record name, rrtype,
//# rrclass, and rdata, but an RR TTL of zero.
#[test]
fn every_record_of_a_set_that_is_withdrawn_gets_its_goodbye() {
    let mut lan = Lan::new(1);
    let mut set = host_set("host.local", 0);
    for n in 1..4 {
        set.records
            .push(record("host.local", 120, true, RData::A(ip(n))));
    }
    let id = lan.register(0, &set);
    lan.run_until(at_ms(60_000));
    lan.sent.clear();
    lan.hosts[0].unregister(id);
    lan.run_until(at_ms(61_000));
    let expected = (name("host.local"), RecordType::A, 0, true);
    assert_eq!(announced(&lan), vec![expected; 4]);
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-10.2
//= type=test
//# Any time a host sends a response packet containing some members of a
//# unique RRSet, it MUST send the entire RRSet, preferably in a single
//# packet, or if the entire RRSet will not fit in a single packet, in a
//# quick burst of packets sent as close together as possible.
//= https://www.rfc-editor.org/rfc/rfc6762#section-10.2
//= type=test
//# The host
//# MUST set the cache-flush bit on all members of the unique RRSet.
//= https://www.rfc-editor.org/rfc/rfc6762#section-10.2
//= type=test
//# The cache-flush bit MUST NOT ever be set in any shared resource
//# record.
#[test]
fn a_unique_set_is_always_sent_whole_and_flushes_and_a_shared_one_never_does() {
    let mut config = Config::default();
    config.limits.addresses_per_name_max = 100;
    let mut lan = Lan::with(1, &config);
    let mut set = host_set("host.local", 0);
    for n in 1..100 {
        set.records
            .push(record("host.local", 120, true, RData::A(ip(n))));
    }
    lan.register(0, &set);
    lan.register(0, &service_set("web", 80, "a=1"));
    lan.run_until(at_ms(60_000));
    for question in [
        ("host.local", RecordType::A, false),
        ("_http._tcp.local", RecordType::PTR, false),
        ("web._http._tcp.local", RecordType::SRV, true),
    ] {
        lan.ask(5353, &[question], &[]);
        let soon = lan.now + Duration::from_secs(3);
        lan.run_until(soon);
    }
    // One is known: the others are missing, so the set is sent as a whole.
    let known: Vec<_> = (0..99)
        .map(|n| record("host.local", 120, false, RData::A(ip(n))))
        .collect();
    lan.sent.retain(|sent| kind(sent) == Kind::Response);
    for sent in &lan.sent {
        for record in Message::parse(&sent.bytes).unwrap().records() {
            let (_, record) = record.unwrap();
            assert_eq!(
                record.cache_flush,
                record.rtype != RecordType::PTR,
                "{record:?}"
            );
        }
    }
    lan.sent.clear();
    lan.ask(5353, &[("host.local", RecordType::A, false)], &known);
    let soon = lan.now + Duration::from_secs(1);
    lan.run_until(soon);
    let answers = announced(&lan).len();
    assert_eq!(answers, 100);
    let times = lan.times();
    assert!(times.iter().all(|at| *at == times[0]), "{times:?}");
}

/// A host that holds `host.local` on two links, each with an address of its own.
fn on_two_links() -> (Engine, LinkId) {
    let other = LinkId(4);
    let mut engine = Lan::new(1).hosts.remove(0);
    let info = info(2);
    engine.handle_link(Instant::ZERO, LinkChange::Up { link: other, info });
    engine
        .register(Instant::ZERO, &host_set("host.local", 0))
        .unwrap();
    run(&mut engine, at_ms(10_000));
    while engine.poll_claim_event().is_some() {}
    (engine, other)
}

/// Runs until `end`; returns the links that packets were sent on.
fn run(engine: &mut Engine, end: Instant) -> Vec<LinkId> {
    let (mut sent, mut buf) = (Vec::new(), Vec::new());
    while let Some(deadline) = engine.poll_timeout().filter(|deadline| deadline.at <= end) {
        engine.handle_timeout(deadline.at);
        while let Some(route) = engine.send_next(deadline.at, &mut buf) {
            sent.push(route.link);
        }
    }
    sent
}

/// Takes a packet on a link; returns the links that packets were sent on at once.
fn hear_on(engine: &mut Engine, now: Instant, link: LinkId, bytes: &[u8]) -> Vec<LinkId> {
    let datagram = Datagram {
        link,
        source: OTHER.parse().unwrap(),
        destination: GROUP.parse().unwrap(),
        bytes,
    };
    let _ = engine.handle_datagram(now, datagram);
    let mut buf = Vec::new();
    core::iter::from_fn(|| engine.send_next(now, &mut buf))
        .map(|route| route.link)
        .collect()
}

#[test]
fn a_link_that_goes_down_takes_its_unicast_replies_and_no_others() {
    // The reply to a truncated query waits.
    let cases = [(false, false), (false, true), (true, false), (true, true)];
    for (gone, truncated) in cases {
        let (mut engine, other) = on_two_links();
        let question = [("host.local", RecordType::A, true)];
        let flags = Flags::QUERY.with_truncated(truncated);
        let asked = message(0, flags, &question, Section::Answer, &[]);
        let now = at_ms(10_000);
        let datagram = Datagram {
            link: LINK,
            source: OTHER.parse().unwrap(),
            destination: GROUP.parse().unwrap(),
            bytes: &asked,
        };
        assert_eq!(engine.handle_datagram(now, datagram), Verdict::Query);
        let link = if gone { LINK } else { other };
        engine.handle_link(now, LinkChange::Down { link });
        let replies: &[LinkId] = if gone { &[] } else { &[LINK] };
        assert_eq!(run(&mut engine, at_ms(11_000)), replies, "{truncated}");
    }
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-14
//= type=test
//# A host SHOULD defend its dot-local host name on all active interfaces
//# on which it is answering Multicast DNS queries.
#[test]
fn a_name_is_defended_on_every_link() {
    let (mut engine, other) = on_two_links();
    let question = [("host.local", RecordType::ANY, false)];
    let probe = message(0, Flags::QUERY, &question, Section::Authority, &[rival()]);
    for (link, ms) in [(LINK, 10_000), (other, 12_000)] {
        assert_eq!(hear_on(&mut engine, at_ms(ms), link, &probe), [link]);
        run(&mut engine, at_ms(ms + 2_000));
    }
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-14
//= type=test
//# In the event of a name conflict on *any* interface, a host should
//# configure a new host name, if it wishes to maintain uniqueness of its
//# host name.
#[test]
fn a_name_lost_on_one_link_is_taken_back_on_the_others_and_answered_for_on_none() {
    let (mut engine, other) = on_two_links();
    let theirs = response(&[rival()]);
    // The first time it is held and goes back to probing; the second time it is being probed for.
    hear_on(&mut engine, at_ms(10_000), other, &theirs);
    run(&mut engine, at_ms(10_300));
    let sent = hear_on(&mut engine, at_ms(10_300), other, &theirs);
    assert_eq!(sent, [LINK], "a goodbye where nobody else has it");
    let changes: Vec<_> = core::iter::from_fn(|| engine.poll_claim_event())
        .map(|event| event.change)
        .collect();
    assert_eq!(changes, [ClaimChange::Disputed, ClaimChange::Lost]);
    let question = query(&[("host.local", RecordType::A, false)], &[]);
    for link in [LINK, other] {
        assert_eq!(hear_on(&mut engine, at_ms(10_300), link, &question), []);
    }
    assert_eq!(run(&mut engine, at_ms(20_000)), []);
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-8.1
//= type=test
//# If fifteen conflicts occur within any ten-second period, then the
//# host MUST wait at least five seconds before each successive
//# additional probe attempt.
#[test]
fn while_conflicts_go_on_each_further_attempt_waits_five_seconds() {
    let mut lan = Lan::new(1);
    lan.register(0, &host_set("host.local", 0));
    lan.register(0, &host_set("desk.local", 0));
    let other = RData::A(Ipv4Addr::new(10, 0, 0, 200));
    let conflict = response(&[rival(), record("desk.local", 120, true, other)]);
    let (mut conflicts, mut seen) = (Vec::new(), 0);
    while lan.now < at_ms(120_000) {
        let next = lan.now + Duration::from_millis(50);
        lan.run_until(next);
        // Each time it has its names, another host disputes both.
        if established(&lan) > seen + 1 {
            seen = established(&lan);
            conflicts.push(lan.now);
            let _ = lan.hear(OTHER, GROUP, &conflict);
        }
    }
    let late = conflicts.windows(2).skip(15_usize.div_ceil(2) - 1);
    let gaps: Vec<_> = late.map(|pair| pair[1].saturating_since(pair[0])).collect();
    assert!(gaps.len() > 10, "it goes on trying: {gaps:?}");
    let pause = Duration::from_secs(5);
    assert!(gaps.iter().all(|gap| *gap >= pause), "{gaps:?}");
    assert_eq!(lan.hosts[0].stats().conflicts, 2 * conflicts.len() as u64);
    // After a time without, a conflict is answered at once again.
    let before = lan.now + Duration::from_secs(60);
    lan.run_until(before);
    let _ = lan.hear(OTHER, GROUP, &conflict);
    let after = lan.now + Duration::from_millis(1_500);
    seen = established(&lan);
    lan.run_until(after);
    assert_eq!(established(&lan), seen + 2);
}
