//! The requirements of RFC 6762 for a responder, clause by clause.

use super::lan::*;

const GROUP: &str = "224.0.0.251";
const ASKER: &str = "10.0.0.200:5353";

fn types(answers: &[(u64, RecordType, Section)]) -> Vec<RecordType> {
    answers.iter().map(|(_, rtype, _)| *rtype).collect()
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-6.5
//= type=test
//# When responding to queries using qtype "ANY" (255) and/or qclass
//# "ANY" (255), a Multicast DNS responder MUST respond with *ALL* of its
//# records that match the query.
//= https://www.rfc-editor.org/rfc/rfc6762#section-6
//= type=test
//# When a Multicast DNS responder constructs and sends a Multicast DNS
//# response message, the Resource Record Sections of that message must
//# contain only records for which that responder is explicitly
//# authoritative.
#[test]
fn any_type_and_any_class_get_all_there_is() {
    let (mut lan, _) = settled();
    let mut bytes = Vec::new();
    let mut builder = MessageBuilder::new(&mut bytes, 0, Flags::QUERY, 512);
    let asked = name("web._http._tcp.local");
    builder
        .question(&asked, RecordType::ANY, Class::ANY, false)
        .unwrap();
    builder.finish();
    let _ = lan.hear(ASKER, GROUP, &bytes);
    lan.run_until(at_ms(60_500));
    let answers = lan.take_answers();
    let direct = answers
        .iter()
        .filter(|(_, _, section)| *section == Section::Answer);
    let direct: Vec<_> = direct.map(|(_, rtype, _)| *rtype).collect();
    assert_eq!(direct, [RecordType::SRV, RecordType::TXT]);
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-6.3
//= type=test
//# Unlike single-question
//# queries, where responding without delay is allowed in appropriate
//# cases, for query messages containing more than one question, all
//# (non-defensive) answers SHOULD be randomly delayed in the range
//# 20-120 ms, or 400-500 ms if the TC (truncated) bit is set.
#[test]
fn several_questions_are_answered_together_after_a_delay_even_if_unique() {
    let (mut lan, _) = settled();
    let questions = [
        ("host.local", RecordType::A, false),
        ("web._http._tcp.local", RecordType::SRV, false),
    ];
    lan.ask(5353, &questions, &[]);
    lan.run_until(at_ms(61_000));
    let times = lan.times();
    assert_eq!(times.len(), 1, "{times:?}");
    assert!((60_020..=60_120).contains(&times[0]), "{times:?}");
    assert!(types(&lan.take_answers()).starts_with(&[RecordType::A, RecordType::SRV]));
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-6
//= type=test
//# In any case where there may be multiple responses, such as queries
//# where the answer is a member of a shared resource record set, each
//# responder SHOULD delay its response by a random amount of time
//# selected with uniform random distribution in the range 20-120 ms.
#[test]
fn the_delays_of_shared_answers_fill_each_quarter_of_the_range_alike() {
    let mut quarters = [0_u32; 4];
    let (mut lan, _) = settled();
    for n in 0..1_000 {
        let asked = at_ms(100_000 + n * 2_000);
        lan.run_until(asked);
        lan.sent.clear();
        lan.ask(5353, &[("_http._tcp.local", RecordType::PTR, false)], &[]);
        lan.run_until(asked + Duration::from_secs(1));
        let delay = lan.sent[0].at.saturating_since(asked);
        assert!((20..=120).contains(&delay.as_millis()), "{delay:?}");
        let quarter = delay.saturating_sub(Duration::from_millis(20)).as_micros() / 25_000;
        quarters[usize::try_from(quarter).unwrap().min(3)] += 1;
    }
    // Chi-square with 3 degrees of freedom: 16.27 is exceeded once in a thousand.
    let deviation = |count: u32| (f64::from(count) - 250.0).powi(2) / 250.0;
    let statistic: f64 = quarters.iter().map(|&count| deviation(count)).sum();
    assert!(statistic < 16.27, "{quarters:?}");
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-7.2
//= type=test
//# If the responder sees any of its answers listed in the
//# Known-Answer lists of subsequent packets from the querying host, it
//# MUST delete that answer from the list of answers it is planning to
//# give (provided that no other host on the network has also issued a
//# query for that record and is waiting to receive an answer).
//= https://www.rfc-editor.org/rfc/rfc6762#section-7.2
//= type=test
//# A Multicast DNS responder seeing a Multicast DNS query with the TC
//# bit set defers its response for a time period randomly selected in
//# the interval 400-500 ms.
#[test]
fn a_truncated_query_waits_for_its_known_answers() {
    let question = [("_http._tcp.local", RecordType::PTR, false)];
    let truncated = Flags::QUERY.with_truncated(true);
    let first = message(0, truncated, &question, Section::Answer, &[]);
    let known = [record(
        "_http._tcp.local",
        4_500,
        false,
        RData::Ptr(name("web._http._tcp.local")),
    )];
    let more = query(&[], &known);
    // No more packets; more from the querier; more from another host; another host asks too.
    type Heard<'a> = &'a [(&'a str, &'a [u8])];
    let cases: [(Heard<'_>, usize); 4] = [
        (&[], 1),
        (&[(ASKER, &more)], 0),
        (&[("10.0.0.201:5353", &more)], 1),
        (&[("10.0.0.201:5353", &first), (ASKER, &more)], 1),
    ];
    for (heard, answers) in cases {
        let (mut lan, _) = settled();
        let _ = lan.hear(ASKER, GROUP, &first);
        lan.run_until(at_ms(60_100));
        for (source, bytes) in heard {
            let _ = lan.hear(source, GROUP, bytes);
        }
        lan.run_until(at_ms(61_500));
        assert_eq!(lan.sent.len(), answers, "{heard:?}");
        assert!(
            lan.times().iter().all(|at| (60_400..=60_600).contains(at)),
            "{:?}",
            lan.times()
        );
    }
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-7.2
//= type=test
//# If the responder receives additional Known-Answer packets with the TC
//# bit set, it SHOULD extend the delay as necessary to ensure a pause of
//# 400-500 ms after the last such packet before it sends its answer.
#[test]
fn each_further_truncated_packet_extends_the_wait() {
    let (mut lan, _) = settled();
    let truncated = Flags::QUERY.with_truncated(true);
    let question = [("_http._tcp.local", RecordType::PTR, false)];
    let first = message(0, truncated, &question, Section::Answer, &[]);
    let other = [record(
        "_http._tcp.local",
        4_500,
        false,
        RData::Ptr(name("x._http._tcp.local")),
    )];
    let more = message(0, truncated, &[], Section::Answer, &other);
    let _ = lan.hear(ASKER, GROUP, &first);
    for ms in [60_300, 60_600, 60_900] {
        lan.run_until(at_ms(ms));
        let _ = lan.hear(ASKER, GROUP, &more);
    }
    lan.run_until(at_ms(63_000));
    let times = lan.times();
    assert_eq!(times.len(), 1, "{times:?}");
    assert!((61_300..=61_400).contains(&times[0]), "{times:?}");
}

#[test]
fn further_truncated_packets_do_not_shorten_the_second_between_multicasts() {
    let (mut lan, _) = settled();
    let truncated = Flags::QUERY.with_truncated(true);
    let question = [("_http._tcp.local", RecordType::PTR, false)];
    lan.ask(5353, &question, &[]);
    lan.run_until(at_ms(60_200));
    let first = message(0, truncated, &question, Section::Answer, &[]);
    let data = RData::Ptr(name("x._http._tcp.local"));
    let other = [record("_http._tcp.local", 4_500, false, data)];
    let more = message(0, truncated, &[], Section::Answer, &other);
    let _ = lan.hear(ASKER, GROUP, &first);
    lan.run_until(at_ms(60_300));
    let _ = lan.hear(ASKER, GROUP, &more);
    lan.run_until(at_ms(63_000));
    let times = lan.times();
    assert_eq!(times.len(), 2, "{times:?}");
    assert!(times[1] - times[0] >= 1_000, "{times:?}");
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-7.4
//= type=test
//# If a host is planning to send an answer, and it sees another host on
//# the network send a response message containing the same answer
//# record, and the TTL in that record is not less than the TTL this host
//# would have given, then this host SHOULD treat its own answer as
//# having been sent, and not also send an identical answer itself.
#[test]
fn an_answer_that_another_host_gives_meanwhile_is_not_repeated() {
    for (ttl, repeated) in [(4_500, false), (4_499, true)] {
        let (mut lan, _) = settled();
        lan.ask(5353, &[("_http._tcp.local", RecordType::PTR, false)], &[]);
        let same = record(
            "_http._tcp.local",
            ttl,
            false,
            RData::Ptr(name("web._http._tcp.local")),
        );
        let bytes = message(0, Flags::RESPONSE, &[], Section::Answer, &[same]);
        let _ = lan.hear(ASKER, GROUP, &bytes);
        lan.run_until(at_ms(61_000));
        assert_eq!(!lan.sent.is_empty(), repeated, "TTL {ttl}");
    }
}

#[test]
fn an_answer_that_another_host_gives_whenever_it_is_asked_for_is_given_every_second_time() {
    let (mut lan, _) = settled();
    let data = RData::Ptr(name("web._http._tcp.local"));
    let same = record("_http._tcp.local", 4_500, false, data);
    let bytes = message(0, Flags::RESPONSE, &[], Section::Answer, &[same]);
    let mut given = Vec::new();
    for n in 1..=6 {
        lan.run_until(at_ms(60_000 + n * 2_000));
        lan.sent.clear();
        lan.ask(5353, &[("_http._tcp.local", RecordType::PTR, false)], &[]);
        // A record that is not about to be sent is not suppressed.
        for _ in 0..5 {
            let _ = lan.hear(ASKER, GROUP, &bytes);
        }
        lan.run_until(lan.now + Duration::from_millis(200));
        given.push(!lan.sent.is_empty());
    }
    assert_eq!(given, [false, true, false, true, false, true]);
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-7.4
//= type=test
//# If a host is planning to send an answer, and it sees another host on
//# the network send a response message containing the same answer
//# record, and the TTL in that record is not less than the TTL this host
//# would have given, then this host SHOULD treat its own answer as
//# having been sent, and not also send an identical answer itself.
#[test]
fn of_many_hosts_that_share_a_record_few_answer_each_new_asker() {
    let types = "_services._dns-sd._udp.local";
    let shared = record(types, 4_500, false, RData::Ptr(name("_http._tcp.local")));
    let mut lan = Lan::new(40);
    for host in 0..40 {
        let set = RecordSet {
            records: vec![shared.clone()],
            ..RecordSet::default()
        };
        lan.register(host, &set);
    }
    for n in 1..=4 {
        lan.run_until(at_ms(60_000 + n * 10_000));
        lan.sent.clear();
        lan.ask(5353, &[(types, RecordType::PTR, false)], &[]);
        lan.run_until(lan.now + Duration::from_millis(200));
        assert!((1..=3).contains(&lan.sent.len()), "{n}: {}", lan.sent.len());
    }
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-6
//= type=test
//# In this special case
//# only, when responding via multicast to a probe, a Multicast DNS
//# responder is only required to delay its transmission as necessary to
//# ensure an interval of at least 250 ms since the last time the record
//# was multicast on that interface.
#[test]
fn a_name_is_defended_at_once_and_by_multicast_after_250_ms() {
    let (mut lan, _) = settled();
    lan.run_until(at_ms(100_000));
    lan.ask(5353, &[("host.local", RecordType::A, false)], &[]);
    lan.run_until(at_ms(100_050));
    lan.sent.clear();
    let proposed = record(
        "host.local",
        120,
        true,
        RData::A(Ipv4Addr::new(10, 0, 0, 200)),
    );
    let question = [("host.local", RecordType::ANY, false)];
    let probe = message(0, Flags::QUERY, &question, Section::Authority, &[proposed]);
    let _ = lan.hear(ASKER, GROUP, &probe);
    lan.run_until(at_ms(101_000));
    assert_eq!(lan.times(), [100_250]);
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-5.4
//= type=test
//# In the case of answering a probe question (Section 8.1) with the unicast-
//# response bit set, the responder should always generate the requested
//# unicast response, but it may also send a multicast announcement if
//# the time since the last multicast announcement of that record is more
//# than a quarter of its TTL.
#[test]
fn a_probe_that_asks_for_unicast_is_answered_so_at_once_whatever_was_multicast_when() {
    for (at, multicast) in [(20_000, 0), (100_000, 1)] {
        let mut lan = Lan::new(1);
        lan.register(0, &host_set("host.local", 0));
        lan.run_until(at_ms(at));
        lan.sent.clear();
        let proposed = record(
            "host.local",
            120,
            true,
            RData::A(Ipv4Addr::new(10, 0, 0, 200)),
        );
        let question = [("host.local", RecordType::ANY, true)];
        let probe = message(0, Flags::QUERY, &question, Section::Authority, &[proposed]);
        let _ = lan.hear(ASKER, GROUP, &probe);
        lan.run_until(at_ms(at + 10));
        let to = Destination::Unicast(ASKER.parse().unwrap());
        let count = |wanted| lan.sent.iter().filter(|sent| sent.to == wanted).count();
        assert_eq!(
            (count(to), count(Destination::Multicast)),
            (1, multicast),
            "at {at}"
        );
    }
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-5.5
//= type=test
//# Since it is possible
//# for a unicast query to be received from a machine outside the local
//# link, responders SHOULD check that the source address in the query
//# packet matches the local subnet for that link (or, in the case of
//# IPv6, the source address has an on-link prefix) and silently ignore
//# the packet if not.
//= https://www.rfc-editor.org/rfc/rfc6762#section-11
//= type=test
//# Since queriers will ignore responses apparently originating outside
//# the local subnet, a responder SHOULD avoid generating responses that
//# it can reasonably predict will be ignored.
#[test]
fn nothing_is_ever_sent_by_unicast_to_an_address_off_the_link() {
    let questions = [("host.local", RecordType::A, true)];
    let bytes = query(&questions, &[]);
    for source in [
        "192.0.2.9:5353",
        "192.0.2.9:53",
        "192.0.2.9:4000",
        "172.16.0.1:5353",
    ] {
        for destination in [GROUP, "10.0.0.1"] {
            let (mut lan, _) = settled();
            let _ = lan.hear(source, destination, &bytes);
            lan.run_until(at_ms(62_000));
            let unicast = |sent: &Sent| sent.to != Destination::Multicast;
            assert!(!lan.sent.iter().any(unicast), "{source} to {destination}");
        }
    }
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-11
//= type=test
//# If a responder receives a query
//# addressed to the mDNS IPv4 link-local multicast address 224.0.0.251,
//# from a source address not apparently on the same subnet as the
//# responder (or, in the case of IPv6, from a source IPv6 address for
//# which the responder does not have any address with the same prefix on
//# that interface), then even if the query indicates that a unicast
//# response is preferred (see Section 5.4, "Questions Requesting Unicast
//# Responses"), the responder SHOULD elect to respond by multicast
//# anyway, since it can reasonably predict that a unicast response with
//# an apparently non-local source address will probably be ignored.
#[test]
fn a_question_for_unicast_from_another_subnet_is_answered_by_multicast() {
    let (mut lan, _) = settled();
    lan.run_until(at_ms(65_000));
    let bytes = query(&[("host.local", RecordType::A, true)], &[]);
    let _ = lan.hear("192.0.2.9:5353", GROUP, &bytes);
    lan.run_until(at_ms(66_000));
    assert_eq!(
        lan.sent.iter().map(|sent| sent.to).collect::<Vec<_>>(),
        [Destination::Multicast]
    );
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-5.5
//= type=test
//# When a Multicast DNS responder receives a
//# query via direct unicast, it SHOULD respond as it would for "QU"
//# questions, as described above in Section 5.4.
#[test]
fn a_direct_query_from_the_link_is_answered_directly() {
    let (mut lan, _) = settled();
    lan.ask(5353, &[("host.local", RecordType::A, false)], &[]);
    lan.run_until(at_ms(65_000));
    lan.sent.clear();
    let bytes = query(&[("host.local", RecordType::A, false)], &[]);
    let _ = lan.hear(ASKER, "10.0.0.1", &bytes);
    lan.run_until(at_ms(66_000));
    let to = Destination::Unicast(ASKER.parse().unwrap());
    assert_eq!(
        lan.sent.iter().map(|sent| sent.to).collect::<Vec<_>>(),
        [to]
    );
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-17
//= type=test
//# In the case of a single Multicast DNS resource record that is too
//# large to fit in a single MTU-sized multicast response packet, a
//# Multicast DNS responder SHOULD send the resource record alone, in a
//# single IP datagram, using multiple IP fragments.
#[test]
fn a_record_larger_than_the_mtu_travels_alone_and_one_larger_than_a_packet_is_refused() {
    let strings = |count| vec![[b'x'; 255]; count];
    let txt = |count| {
        let strings = strings(count);
        RData::Txt(TxtData::from_strings(strings.iter().map(<[u8; 255]>::as_slice)).unwrap())
    };
    let set = |count| RecordSet {
        claim: Some(name("big.local")),
        records: vec![
            record("big.local", 120, true, txt(count)),
            record("big.local", 120, true, RData::A(ip(0))),
        ],
        ..RecordSet::default()
    };
    let mut lan = Lan::new(1);
    lan.register(0, &set(20));
    lan.run_until(at_ms(60_000));
    lan.sent.clear();
    lan.ask(5353, &[("big.local", RecordType::TXT, false)], &[]);
    lan.run_until(at_ms(61_000));
    let large: Vec<_> = lan
        .sent
        .iter()
        .filter(|sent| sent.bytes.len() > 1_452)
        .collect();
    assert_eq!(large.len(), 1);
    assert_eq!(
        Message::parse(&large[0].bytes)
            .unwrap()
            .header()
            .counts
            .answers,
        1
    );
    let refused = lan.hosts[0].register(
        Instant::ZERO,
        &RecordSet {
            claim: None,
            ..set(40)
        },
    );
    assert!(matches!(refused, Err(RegisterError::TooLarge { .. })));
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-6.7
//= type=test
//# This unicast response MUST be a
//# conventional unicast response as would be generated by a conventional
//# Unicast DNS server; for example, it MUST repeat the query ID and the
//# question given in the query message.
#[test]
fn a_legacy_reply_repeats_every_question_in_the_askers_own_spelling() {
    let (mut lan, _) = settled();
    let questions = [
        ("HOST.local", RecordType::A, false),
        ("none.LOCAL", RecordType::A, false),
    ];
    lan.ask(50_000, &questions, &[]);
    lan.run_until(at_ms(61_000));
    let message = Message::parse(&lan.sent[0].bytes).unwrap();
    assert_eq!(message.header().id, 77);
    let repeated: Vec<_> = message
        .questions()
        .map(|question| alloc::format!("{}", question.unwrap().name.to_name().unwrap()))
        .collect();
    assert_eq!(repeated, ["HOST.local", "none.LOCAL"]);
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-6
//= type=test
//# Multicast DNS responses MUST NOT contain any questions in the
//# Question Section.
#[test]
fn nothing_but_a_legacy_reply_repeats_a_question() {
    let (mut lan, id) = settled();
    lan.ask(
        5353,
        &[
            ("host.local", RecordType::A, true),
            ("host.local", RecordType::AAAA, false),
        ],
        &[],
    );
    lan.run_until(at_ms(62_000));
    lan.hosts[0].unregister(id);
    lan.run_until(at_ms(64_000));
    assert!(lan.sent.len() >= 2);
    for sent in &lan.sent {
        let header = *Message::parse(&sent.bytes).unwrap().header();
        assert!(header.flags.is_response() && header.flags.authoritative());
        assert_eq!((header.id, header.counts.questions), (0, 0));
    }
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-6
//= type=test
//# a Multicast DNS responder MUST NOT
//# (except in the one special case of answering probe queries) multicast
//# a record on a given interface until at least one second has elapsed
//# since the last time that record was multicast on that particular
//# interface.
#[test]
fn an_additional_record_is_left_out_while_it_may_not_be_multicast_again() {
    let (mut lan, _) = settled();
    lan.ask(5353, &[("host.local", RecordType::A, false)], &[]);
    lan.run_until(at_ms(60_500));
    lan.take_answers();
    lan.ask(
        5353,
        &[("web._http._tcp.local", RecordType::SRV, false)],
        &[],
    );
    lan.run_until(at_ms(61_500));
    assert_eq!(types(&lan.take_answers()), [RecordType::SRV]);
    lan.ask(
        5353,
        &[("web._http._tcp.local", RecordType::SRV, false)],
        &[],
    );
    lan.run_until(at_ms(63_000));
    let all = [RecordType::SRV, RecordType::A, RecordType::NSEC];
    assert_eq!(types(&lan.take_answers()), all);
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-6.4
//= type=test
//# When possible, a responder SHOULD, for the sake of network
//# efficiency, aggregate as many responses as possible into a single
//# Multicast DNS response message.
#[test]
fn what_is_published_together_is_announced_together_though_a_part_of_it_was_said_too_lately() {
    let mut lan = Lan::new(1);
    let publish = |lan: &mut Lan, at: u64, owner: &str| {
        lan.run_until(at_ms(at));
        let records = vec![record(owner, 120, false, RData::A(ip(9)))];
        let set = RecordSet {
            records,
            ..RecordSet::default()
        };
        lan.register(0, &set)
    };
    let returning = publish(&mut lan, 0, "returning.local");
    lan.run_until(at_ms(100));
    lan.hosts[0].unregister(returning);
    // More than half a second is too long to wait, less is not.
    publish(&mut lan, 400, "alone.local");
    publish(&mut lan, 600, "returning.local");
    publish(&mut lan, 600, "new.local");
    // Nothing waits for a second announcement.
    publish(&mut lan, 1_600, "late.local");
    lan.run_until(at_ms(10_000));
    let is_goodbye = |sent: &&Sent| sent.at == at_ms(100);
    assert_eq!(lan.sent.iter().filter(is_goodbye).count(), 1);
    lan.sent.retain(|sent| sent.at != at_ms(100));
    assert_eq!(lan.times(), [0, 400, 1_000, 1_400, 1_600, 2_000, 2_600]);
    let together = Message::parse(&lan.sent[2].bytes).unwrap();
    assert_eq!(together.header().counts.answers, 2);
}

#[test]
fn what_is_withdrawn_and_published_again_waits_for_its_second() {
    let mut lan = Lan::new(1);
    let data = RData::A(ip(9));
    let set = RecordSet {
        records: vec![record("shared.local", 120, false, data)],
        ..RecordSet::default()
    };
    for _ in 0..3 {
        let id = lan.register(0, &set);
        lan.run_until(lan.now + Duration::from_millis(100));
        lan.hosts[0].unregister(id);
        lan.run_until(lan.now + Duration::from_millis(100));
    }
    lan.register(0, &set);
    lan.run_until(at_ms(10_000));
    let said = lan.sent.iter().filter(|sent| {
        let message = Message::parse(&sent.bytes).unwrap();
        let goodbye = message
            .answers()
            .flatten()
            .any(|record| record.ttl == Ttl::ZERO);
        !goodbye
    });
    let times: Vec<u64> = said.map(|sent| sent.at.as_nanos() / 1_000_000).collect();
    assert_eq!(times, [0, 1_000, 2_000]);
}

#[test]
fn what_was_said_on_a_link_that_goes_and_comes_back_waits_for_its_second() {
    let mut lan = Lan::new(1);
    let records = vec![record("shared.local", 120, false, RData::A(ip(9)))];
    let set = RecordSet {
        records,
        ..RecordSet::default()
    };
    lan.register(0, &set);
    lan.run_until(at_ms(300));
    let known = lan.hosts[0].links().next().map(|(_, info)| info.clone());
    let info = known.unwrap();
    lan.hosts[0].handle_link(lan.now, LinkChange::Down { link: LINK });
    lan.run_until(at_ms(700));
    lan.hosts[0].handle_link(lan.now, LinkChange::Up { link: LINK, info });
    lan.run_until(at_ms(10_000));
    assert_eq!(lan.times(), [0, 1_000, 2_000]);
}

#[test]
fn a_link_that_loses_its_last_address_is_down() {
    let (mut lan, _) = settled();
    lan.ask_for(0, "other.local", RecordType::A);
    let (link, addresses, mtu) = (LINK, vec![], 1_500);
    let info = LinkInfo { addresses, mtu };
    lan.hosts[0].handle_link(lan.now, LinkChange::Up { link, info });
    assert_eq!(lan.hosts[0].links().count(), 0);
    lan.run_until(at_ms(3_600_000));
    assert!(lan.sent.is_empty());
}

#[test]
fn a_reply_that_waits_is_not_sent_to_a_host_that_a_change_of_addresses_puts_off_the_link() {
    let (mut lan, _) = settled();
    lan.ask(40_000, &[("_http._tcp.local", RecordType::PTR, false)], &[]);
    let addresses = vec![LinkAddress {
        ip: [192, 168, 0, 1].into(),
        prefix_len: 24,
    }];
    let (link, mtu) = (LINK, 1_500);
    let info = LinkInfo { addresses, mtu };
    lan.hosts[0].handle_link(lan.now, LinkChange::Up { link, info });
    lan.run_until(at_ms(70_000));
    let multicast = |sent: &Sent| sent.to == Destination::Multicast;
    assert!(!lan.sent.is_empty() && lan.sent.iter().all(multicast));
}

#[test]
fn of_what_is_withdrawn_only_so_much_is_remembered() {
    let mut config = Config::default();
    config.limits.ended_records_max = 2;
    let mut lan = Lan::with(1, &config);
    for owner in ["a.local", "b.local", "c.local"] {
        let records = vec![record(owner, 120, false, RData::A(ip(9)))];
        let set = RecordSet {
            records,
            ..RecordSet::default()
        };
        let id = lan.register(0, &set);
        lan.run_until(lan.now + Duration::from_millis(100));
        lan.hosts[0].unregister(id);
    }
    assert_eq!(lan.hosts[0].stats().ended_forgotten, 1);
}
