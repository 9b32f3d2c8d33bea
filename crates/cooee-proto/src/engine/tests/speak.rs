//! The engine publishes: it claims, announces, answers, defends and withdraws.

use super::lan::*;

//= https://www.rfc-editor.org/rfc/rfc6762#section-8.1
//= type=test
//# 250 ms after the first query, the host should send a second; then,
//# 250 ms after that, a third.
//= https://www.rfc-editor.org/rfc/rfc6762#section-8.2
//= type=test
//# However, for tiebreaking to work correctly in all
//# cases, the Authority Section must contain *all* the records and
//# proposed rdata being probed for uniqueness.
//= https://www.rfc-editor.org/rfc/rfc6762#section-8.3
//= type=test
//# The Multicast DNS responder MUST send at least two unsolicited
//# responses, one second apart.
#[test]
fn three_probes_250_ms_apart_then_two_announcements_a_second_apart_then_silence() {
    let mut lan = Lan::new(1);
    lan.register(0, &host_set("host.local", 0));
    lan.register(0, &service_set("web", 80, "a=1"));
    lan.run_until(at_ms(3_600_000));
    let first = lan.sent[0].at;
    assert!(first <= at_ms(250));
    let offsets: Vec<_> = lan
        .sent
        .iter()
        .map(|sent| sent.at.saturating_since(first).as_millis())
        .collect();
    assert_eq!(offsets, [0, 250, 500, 750, 1_750]);
    let counts = |n: usize| Message::parse(&lan.sent[n].bytes).unwrap().header().counts;
    assert_eq!((counts(0).questions, counts(0).authorities), (2, 3));
    assert_eq!((counts(3).questions, counts(3).answers), (0, 4));
    assert_eq!(established(&lan), 2);
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-6
//= type=test
//# In the case where a Multicast DNS responder has good reason to
//# believe that it will be the only responder on the link that will send
//# a response (i.e., because it is able to answer every question in the
//# query message, and for all of those answer records it has previously
//# verified that the name, rrtype, and rrclass are unique on the link),
//# it SHOULD NOT impose any random delay before responding, and SHOULD
//# normally generate its response within at most 10 ms.
//= https://www.rfc-editor.org/rfc/rfc6762#section-6.2
//= type=test
//# In the event that a device has only IPv4 addresses but no IPv6
//# addresses, or vice versa, then the appropriate NSEC record SHOULD be
//# placed into the additional section, so that queriers can know with
//# certainty that the device has no addresses of that kind.
#[test]
fn a_unique_answer_comes_at_once_and_a_shared_one_after_20_to_120_ms_with_what_is_wanted_next() {
    let (mut lan, _) = settled();
    lan.ask(5353, &[("host.local", RecordType::A, false)], &[]);
    lan.run_until(at_ms(60_500));
    let answers = lan.take_answers();
    assert_eq!(
        answers,
        [
            (60_000, RecordType::A, Section::Answer),
            (60_000, RecordType::NSEC, Section::Additional)
        ]
    );
    lan.run_until(at_ms(62_000));
    lan.ask(5353, &[("_http._tcp.local", RecordType::PTR, false)], &[]);
    lan.run_until(at_ms(63_000));
    let answers = lan.take_answers();
    assert!((62_020..=62_120).contains(&answers[0].0), "{answers:?}");
    let types: Vec<_> = answers.iter().map(|(_, rtype, _)| *rtype).collect();
    let expected = [
        RecordType::PTR,
        RecordType::SRV,
        RecordType::A,
        RecordType::NSEC,
        RecordType::TXT,
    ];
    assert_eq!(types, expected);
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-6
//= type=test
//# To protect the network against excessive packet flooding due to
//# software bugs or malicious attack, a Multicast DNS responder MUST NOT
//# (except in the one special case of answering probe queries) multicast
//# a record on a given interface until at least one second has elapsed
//# since the last time that record was multicast on that particular
//# interface.
#[test]
fn a_record_is_multicast_at_most_once_a_second_delayed_not_dropped() {
    let (mut lan, _) = settled();
    for ms in [60_000, 60_300, 60_600] {
        lan.run_until(at_ms(ms));
        lan.ask(5353, &[("host.local", RecordType::A, false)], &[]);
    }
    lan.run_until(at_ms(63_000));
    let times: Vec<_> = lan
        .sent
        .iter()
        .map(|sent| sent.at.as_nanos() / 1_000_000)
        .collect();
    assert_eq!(times, [60_000, 61_000]);
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-6.1
//= type=test
//# Any time a responder receives a query for a name for which it has
//# verified exclusive ownership, for a type for which that name has no
//# records, the responder MUST (except as allowed in (a) below) respond
//# asserting the nonexistence of that record using a DNS NSEC record
//# [RFC4034].
//= https://www.rfc-editor.org/rfc/rfc6762#section-6
//= type=test
//# A Multicast DNS responder MUST only respond when it has a positive,
//# non-null response to send, or it authoritatively knows that a
//# particular record does not exist.
//= https://www.rfc-editor.org/rfc/rfc6762#section-6
//= type=test
//# For unique records, where the host
//# has already established sole ownership of the name, it MUST return
//# negative answers to queries for records that it knows not to exist.
//= https://www.rfc-editor.org/rfc/rfc6762#section-6
//= type=test
//# For example, a host with no IPv6 address, that has claimed sole
//# ownership of the name "host.local." for all rrtypes, MUST respond to
//# AAAA queries for "host.local." by sending a negative answer
//# indicating that no AAAA records exist for that name.
//= https://www.rfc-editor.org/rfc/rfc6762#section-6
//= type=test
//# For shared records, NXDOMAIN and
//# other error responses MUST NOT be sent.
#[test]
fn what_does_not_exist_is_denied_and_what_is_not_ours_is_not_answered() {
    let (mut lan, _) = settled();
    lan.ask(5353, &[("host.local", RecordType::AAAA, false)], &[]);
    lan.run_until(at_ms(60_010));
    assert_eq!(
        lan.take_answers(),
        [(60_000, RecordType::NSEC, Section::Answer)]
    );
    lan.ask(5353, &[("other.local", RecordType::A, false)], &[]);
    lan.ask(5353, &[("_http._tcp.local", RecordType::TXT, false)], &[]);
    lan.run_until(at_ms(62_000));
    assert_eq!(lan.take_answers(), []);
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-7.1
//= type=test
//# A Multicast DNS responder MUST NOT answer a Multicast DNS query if
//# the answer it would give is already included in the Answer Section
//# with an RR TTL at least half the correct value.
#[test]
fn known_answers_with_half_the_ttl_are_not_repeated() {
    let (mut lan, _) = settled();
    let known = |ttl| {
        [record(
            "_http._tcp.local",
            ttl,
            false,
            RData::Ptr(name("web._http._tcp.local")),
        )]
    };
    lan.ask(
        5353,
        &[("_http._tcp.local", RecordType::PTR, false)],
        &known(2_250),
    );
    lan.run_until(at_ms(62_000));
    assert_eq!(lan.take_answers(), []);
    lan.ask(
        5353,
        &[("_http._tcp.local", RecordType::PTR, false)],
        &known(2_249),
    );
    lan.run_until(at_ms(64_000));
    assert_eq!(lan.take_answers().len(), 5);
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-6.7
//= type=test
//# The resource record TTL given in a legacy unicast response SHOULD NOT
//# be greater than ten seconds, even if the true TTL of the Multicast
//# DNS resource record is higher.
#[test]
fn a_legacy_query_gets_its_id_its_question_and_ten_seconds() {
    let (mut lan, _) = settled();
    lan.ask(40_000, &[("host.local", RecordType::A, false)], &[]);
    lan.run_until(at_ms(60_100));
    let [sent] = &lan.sent[..] else {
        panic!("one reply")
    };
    assert_eq!(
        sent.to,
        Destination::Unicast("10.0.0.200:40000".parse().unwrap())
    );
    let message = Message::parse(&sent.bytes).unwrap();
    assert_eq!(
        (message.header().id, message.header().counts.questions),
        (77, 1)
    );
    for record in message.records() {
        let (_, record) = record.unwrap();
        assert!(!record.cache_flush);
        assert!(record.ttl.as_secs() <= 10);
    }
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-5.4
//= type=test
//# However, if the responder has not multicast that
//# record recently (within one quarter of its TTL), then the responder
//# SHOULD instead multicast the response so as to keep all the peer
//# caches up to date, and to permit passive conflict detection.
#[test]
fn a_question_for_unicast_is_answered_so_while_the_last_multicast_is_fresh() {
    let (mut lan, _) = settled();
    lan.ask(5353, &[("host.local", RecordType::A, true)], &[]);
    lan.run_until(at_ms(60_010));
    assert_eq!(
        lan.sent.last().unwrap().to,
        Destination::Multicast,
        "a quarter of 120 s has passed"
    );
    lan.ask(5353, &[("host.local", RecordType::A, true)], &[]);
    lan.run_until(at_ms(61_000));
    let to = Destination::Unicast("10.0.0.200:5353".parse().unwrap());
    assert_eq!(lan.sent.last().unwrap().to, to);
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-10.1
//= type=test
//# the host SHOULD send an unsolicited Multicast DNS
//# response packet, giving the same resource record name, rrtype,
//# rrclass, and rdata, but an RR TTL of zero.
#[test]
fn unregistering_says_goodbye_for_what_was_sent_and_keeps_the_host() {
    let (mut lan, id) = settled();
    lan.hosts[0].unregister(id);
    lan.run_until(at_ms(61_000));
    let [sent] = &lan.sent[..] else {
        panic!("one goodbye")
    };
    let message = Message::parse(&sent.bytes).unwrap();
    let ttls: Vec<_> = message
        .answers()
        .map(|record| record.unwrap().ttl)
        .collect();
    assert_eq!(ttls, [Ttl::ZERO; 3]);
    lan.ask(5353, &[("host.local", RecordType::A, false)], &[]);
    lan.run_until(at_ms(62_000));
    assert_eq!(lan.sent.len(), 2);
}

#[test]
fn a_registration_that_was_never_sent_leaves_in_silence() {
    let mut lan = Lan::new(1);
    let id = lan.register(0, &service_set("web", 80, "a=1"));
    lan.run_until(at_ms(600));
    lan.sent.clear();
    lan.hosts[0].unregister(id);
    lan.run_until(at_ms(60_000));
    assert_eq!(lan.sent.len(), 0);
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-8.4
//= type=test
//# At any time, if the rdata of any of a host's Multicast DNS records
//# changes, the host MUST repeat the Announcing step described above to
//# update neighboring caches.
#[test]
fn a_changed_txt_is_announced_twice_without_probing_again() {
    let (mut lan, id) = settled();
    lan.hosts[0]
        .update(at_ms(60_000), id, &service_set("web", 80, "a=2"))
        .unwrap();
    lan.run_until(at_ms(70_000));
    let types = |sent: &Sent| {
        let message = Message::parse(&sent.bytes).unwrap();
        let records = message.records().map(|record| record.unwrap().1.rtype);
        (sent.at.as_nanos() / 1_000_000, records.collect::<Vec<_>>())
    };
    let sent: Vec<_> = lan.sent.iter().map(types).collect();
    assert_eq!(
        sent,
        [
            (60_000, vec![RecordType::TXT]),
            (61_000, vec![RecordType::TXT])
        ]
    );
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-8.2
//= type=test
//# The two records are
//# compared and the lexicographically later data wins.
#[test]
fn of_two_hosts_that_want_one_name_at_once_exactly_one_gets_it() {
    let mut lan = Lan::new(2);
    for host in 0..2 {
        lan.register(host, &host_set("host.local", host));
    }
    lan.run_until(at_ms(30_000));
    let established: Vec<_> = lan
        .events
        .iter()
        .filter(|(_, change)| *change == ClaimChange::Established)
        .map(|(host, _)| *host)
        .collect();
    assert_eq!(established.len(), 1, "{:?}", lan.events);
    let lost = lan
        .events
        .iter()
        .filter(|(_, change)| *change == ClaimChange::Lost)
        .count();
    assert_eq!(lost, 1, "{:?}", lan.events);
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-8.1
//= type=test
//# During probing, from the time the first probe packet is sent until
//# 250 ms after the third probe, if any conflicting Multicast DNS
//# response is received, then the probing host MUST defer to the
//# existing host, and SHOULD choose new names for some or all of its
//# resource records as appropriate.
#[test]
fn a_held_name_is_defended_against_a_newcomer() {
    let mut lan = Lan::new(2);
    lan.register(0, &host_set("host.local", 0));
    lan.run_until(at_ms(10_000));
    lan.register(1, &host_set("host.local", 1));
    lan.run_until(at_ms(20_000));
    assert_eq!(
        lan.events,
        [(0, ClaimChange::Established), (1, ClaimChange::Lost)]
    );
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-9
//= type=test
//# resource records with
//# identical rdata are never considered inconsistent, even if they
//# originate from different hosts.
//= https://www.rfc-editor.org/rfc/rfc6762#section-2
//= type=test
//# (For fault-tolerance and other
//# reasons, sometimes it is permissible to have more than one
//# responder answering for a particular "unique" resource record set,
//# but such cooperating responders MUST give answers containing
//# identical rdata for these records.
#[test]
fn equal_records_of_two_hosts_are_no_conflict() {
    let mut lan = Lan::new(2);
    for host in 0..2 {
        lan.register(host, &host_set("host.local", 0));
    }
    lan.run_until(at_ms(30_000));
    assert_eq!(established(&lan), 2);
    assert_eq!(lan.events.len(), 2, "{:?}", lan.events);
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-9
//= type=test
//# Whenever a Multicast DNS responder receives any Multicast DNS
//# response (solicited or otherwise) containing a conflicting resource
//# record in any of the Resource Record Sections, the Multicast DNS
//# responder MUST immediately reset its conflicted unique record to
//# probing state, and go through the startup steps described above in
//# Section 8, "Probing and Announcing on Startup".
#[test]
fn two_holders_that_meet_both_probe_again_and_one_keeps_the_name() {
    let mut lan = Lan::new(2);
    let mut apart = core::mem::take(&mut lan.hosts);
    for (n, host) in apart.drain(..).enumerate() {
        let mut alone = Lan {
            now: Instant::ZERO,
            hosts: vec![host],
            ..Lan::new(0)
        };
        alone.hosts[0]
            .register(Instant::ZERO, &host_set("host.local", n))
            .unwrap();
        alone.run_until(at_ms(10_000));
        assert_eq!(established(&alone), 1);
        lan.hosts.push(alone.hosts.remove(0));
    }
    lan.now = at_ms(10_000);
    lan.ask(5353, &[("host.local", RecordType::A, false)], &[]);
    lan.run_until(at_ms(40_000));
    let lost = lan
        .events
        .iter()
        .filter(|(_, change)| *change == ClaimChange::Lost)
        .count();
    assert_eq!(lost, 1, "{:?}", lan.events);
    lan.sent.clear();
    lan.ask(5353, &[("host.local", RecordType::A, false)], &[]);
    lan.run_until(at_ms(41_000));
    let answers = lan.take_answers();
    let addresses = answers
        .iter()
        .filter(|(_, rtype, _)| *rtype == RecordType::A);
    assert_eq!(addresses.count(), 1, "{answers:?}");
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-6.6
//= type=test
//# o If the TTL of B's resource record given in the message is less
//# than half the true TTL from A's point of view, then A MUST mark
//# its record to be announced via multicast.
#[test]
fn a_low_ttl_or_a_goodbye_of_another_host_for_our_record_is_corrected() {
    let (mut lan, _) = settled();
    for (at, ttl) in [(60_000, 59), (63_000, 0)] {
        lan.run_until(at_ms(at));
        let mut bytes = Vec::new();
        let mut builder = MessageBuilder::new(&mut bytes, 0, Flags::RESPONSE, 1_452);
        let data = RData::A(ip(0));
        let owner = name("host.local");
        let fields = RecordFields {
            name: &owner,
            class: Class::IN,
            cache_flush: true,
            ttl: Ttl(ttl),
            data: &data,
        };
        builder.record(Section::Answer, fields).unwrap();
        builder.finish();
        lan.sent.clear();
        let source = "10.0.0.99:5353".parse().unwrap();
        let destination = "224.0.0.251".parse().unwrap();
        let datagram = Datagram {
            link: LINK,
            source,
            destination,
            bytes: &bytes,
        };
        let _ = lan.hosts[0].handle_datagram(lan.now, datagram);
        lan.run_until(lan.now + Duration::from_secs(2));
        let sent = core::mem::take(&mut lan.sent);
        let corrections = sent.iter().filter(|sent| {
            let message = Message::parse(&sent.bytes).unwrap();
            message.records().any(|record| {
                let (section, record) = record.unwrap();
                section == Section::Answer
                    && record.name.matches(&owner)
                    && record.ttl == Ttl(120)
                    && record.cache_flush
                    && record.data().unwrap().to_owned().as_ref() == Ok(&data)
            })
        });
        assert!(corrections.count() >= 1, "TTL {ttl}");
    }
}

#[test]
fn ten_thousand_services_need_few_packets_and_every_answer_is_there() {
    let mut lan = Lan::new(1);
    lan.register(0, &host_set("host.local", 0));
    for n in 0..10_000 {
        let set = service_set(
            &alloc::format!("Service {n:05}").replace(' ', "-"),
            80,
            "a=1",
        );
        lan.register(0, &set);
    }
    lan.run_until(at_ms(3_500));
    assert_eq!(established(&lan), 10_001);
    assert!(lan.sent.len() <= 6_000, "{}", lan.sent.len());
}

#[test]
fn what_another_program_of_this_host_says_of_its_name_is_no_conflict() {
    // The other program announces one more address, like one that listens on more links.
    let other = record(
        "host.local",
        120,
        true,
        RData::A(Ipv4Addr::new(10, 9, 9, 9)),
    );
    let said = message(
        0,
        Flags::RESPONSE,
        &[],
        Section::Answer,
        core::slice::from_ref(&other),
    );
    let question = [("host.local", RecordType::ANY, true)];
    let probe = message(0, Flags::QUERY, &question, Section::Authority, &[other]);
    let cases = [
        ("10.0.0.1:5353", true, true),
        ("10.0.0.1:5353", false, false),
        ("10.0.0.9:5353", true, false),
    ];
    for (source, cooperates, is_peaceful) in cases {
        for bytes in [&said, &probe] {
            let mut lan = Lan::new(1);
            let set = RecordSet {
                cooperates,
                ..host_set("host.local", 0)
            };
            lan.register(0, &set);
            for ms in [400, 500] {
                lan.run_until(at_ms(ms));
                let _ = lan.hear(source, "224.0.0.251", bytes);
            }
            lan.run_until(at_ms(10_000));
            let in_time = lan
                .events
                .iter()
                .all(|(_, change)| *change == ClaimChange::Established);
            assert_eq!(
                in_time, is_peaceful,
                "{source} {cooperates}: {:?}",
                lan.events
            );
        }
    }
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-10.1
//= type=test
//# the host SHOULD send an unsolicited Multicast DNS response
//# packet, giving the same resource record name, rrtype, rrclass, and
//# rdata, but an RR TTL of zero.
#[test]
fn every_member_of_a_set_gets_a_goodbye_when_the_whole_set_leaves() {
    let addresses = |count: u8| -> RecordSet {
        let of = |n: u8| {
            record(
                "host.local",
                120,
                true,
                RData::A(Ipv4Addr::new(10, 0, 0, n)),
            )
        };
        RecordSet {
            records: (1..=count).map(of).collect(),
            ..host_set("host.local", 0)
        }
    };
    let goodbyes = |lan: &mut Lan| -> usize {
        let sent = core::mem::take(&mut lan.sent);
        let messages = sent.iter().map(|sent| Message::parse(&sent.bytes).unwrap());
        let ttls = messages.flat_map(|message| {
            let answers = message.answers().map(|answer| answer.unwrap().ttl);
            answers.collect::<Vec<_>>()
        });
        ttls.filter(|ttl| ttl.is_goodbye()).count()
    };
    let mut lan = Lan::new(1);
    let id = lan.register(0, &addresses(4));
    lan.run_until(at_ms(5_000));
    // The remaining ones flush the one that is withdrawn.
    lan.hosts[0].update(lan.now, id, &addresses(3)).unwrap();
    lan.run_until(at_ms(10_000));
    assert_eq!(goodbyes(&mut lan), 0);
    lan.hosts[0].unregister(id);
    lan.run_until(at_ms(15_000));
    assert_eq!(goodbyes(&mut lan), 3);
}
