//! What hostile hosts can make the engine do, and what they cannot.

use super::lan::*;

use alloc::collections::BTreeSet;

use crate::config::SourceCheck;
use crate::limits::Rate;
use crate::transmit::Ignored;

const ASKER: &str = "10.0.0.200:5353";
const GROUP: &str = "224.0.0.251";

const LIMITED: Verdict = Verdict::Ignored(Ignored::RateLimited);

fn address() -> [OwnedRecord; 1] {
    let data = RData::A(Ipv4Addr::new(10, 0, 0, 200));
    [record("host.local", 120, true, data)]
}

fn probe_for(owner: &str) -> Vec<u8> {
    let data = RData::A(Ipv4Addr::new(10, 0, 0, 200));
    let proposed = record(owner, 120, true, data);
    let question = [(owner, RecordType::ANY, true)];
    message(0, Flags::QUERY, &question, Section::Authority, &[proposed])
}

/// Asks until the rate limit has cut the asker off.
fn flood(lan: &mut Lan) {
    let asked = query(&[("host.local", RecordType::A, false)], &[]);
    let mut verdicts = (0..2_000).map(|_| lan.hear(ASKER, GROUP, &asked));
    assert!(verdicts.any(|verdict| verdict == LIMITED));
    lan.run_until(lan.now + Duration::from_millis(1));
}

#[test]
fn a_flood_is_cut_off_and_others_are_answered() {
    let (mut lan, _) = settled();
    flood(&mut lan);
    lan.sent.clear();
    let asked = query(&[("host.local", RecordType::A, false)], &[]);
    assert_eq!(lan.hear(ASKER, GROUP, &asked), LIMITED);
    assert_eq!(
        lan.hear("10.0.0.200:40000", GROUP, &asked),
        LIMITED,
        "the port makes no other source"
    );
    let other = "10.0.0.201:40000";
    assert_eq!(lan.hear(other, GROUP, &asked), Verdict::Query);
    lan.run_until(lan.now + Duration::from_millis(1));
    let to = Destination::Unicast(other.parse().unwrap());
    assert_eq!(lan.sent.iter().filter(|sent| sent.to == to).count(), 1);
    lan.run_until(lan.now + Duration::from_millis(10));
    assert_eq!(lan.hear(ASKER, GROUP, &asked), Verdict::Query);
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-6
//= type=test
//# a
//# Multicast DNS responder is only required to delay its transmission as necessary to
//# ensure an interval of at least 250 ms since the last time the record
//# was multicast on that interface.
#[test]
fn a_name_is_defended_against_a_host_that_is_over_its_limit() {
    let (mut lan, _) = settled();
    flood(&mut lan);
    lan.run_until(lan.now + Duration::from_millis(300));
    flood(&mut lan);
    lan.sent.clear();
    let before = lan.now;
    assert_eq!(
        lan.hear(ASKER, GROUP, &probe_for("host.local")),
        Verdict::Query
    );
    lan.run_until(before + Duration::from_millis(250));
    let to = Destination::Unicast(ASKER.parse().unwrap());
    assert!(lan.sent.iter().any(|sent| sent.to == to), "defended");
    flood(&mut lan);
    assert_eq!(lan.hear(ASKER, GROUP, &query(&[], &address())), LIMITED);
    assert_eq!(
        lan.hear(ASKER, GROUP, &probe_for("other.local")),
        Verdict::Ignored(Ignored::NotOurs)
    );
    let defended = (0..5_000)
        .filter(|_| lan.hear(ASKER, GROUP, &probe_for("host.local")) == Verdict::Query)
        .count();
    assert!((400..=500).contains(&defended), "bounded too: {defended}");
}

#[test]
fn own_packets_that_come_back_are_not_limited_and_replayed_ones_are() {
    let config = Config {
        rate_limit: Some(crate::RateLimit::queries_per_sec(1)),
        ..Config::default()
    };
    let mut lan = Lan::with(1, &config);
    for n in 0..500 {
        let owner = alloc::format!("host-{n}.local");
        lan.register(0, &host_set(&owner, 0));
    }
    lan.run_until(at_ms(10_000));
    assert!(lan.sent.len() > 50, "{} heard back", lan.sent.len());
    let limited = |lan: &Lan| lan.hosts[0].stats().ignored.count(Ignored::RateLimited);
    assert_eq!(limited(&lan), 0);
    lan.register(0, &host_set("last.local", 0));
    lan.run_until(at_ms(10_300));
    let last = lan.sent.last().unwrap().bytes.clone();
    let own = "10.0.0.1:5353";
    for _ in 0..1_000 {
        let _ = lan.hear(own, GROUP, &last);
    }
    assert!(limited(&lan) > 900, "{}", limited(&lan));
}

#[test]
fn a_notice_names_the_source_once() {
    let (mut lan, _) = settled();
    flood(&mut lan);
    let limited = Notice::SourceLimited {
        link: LINK,
        source: ASKER.parse::<SocketAddr>().unwrap().ip(),
    };
    assert_eq!(lan.hosts[0].poll_notice(), Some(limited));
    assert_eq!(lan.hosts[0].poll_notice(), None);
    let stats = lan.hosts[0].stats();
    assert_eq!((stats.sources, stats.sources_limited), (1, 1));
}

#[test]
fn the_stricter_source_check_is_obeyed() {
    let config = Config {
        source_check: SourceCheck::SameSubnet,
        ..Config::default()
    };
    let mut lan = Lan::with(1, &config);
    lan.register(0, &host_set("host.local", 0));
    lan.run_until(at_ms(10_000));
    lan.sent.clear();
    let asked = query(&[("host.local", RecordType::A, false)], &[]);
    let verdict = lan.hear("203.0.113.9:5353", GROUP, &asked);
    assert_eq!(verdict, Verdict::Ignored(Ignored::OffLink));
    assert_eq!(lan.hear(ASKER, GROUP, &asked), Verdict::Query);
    lan.run_until(at_ms(10_100));
    assert_eq!(lan.sent.len(), 1);
}

/// VU#550620: a question from elsewhere must not make this host send anything there.
#[test]
fn no_unicast_leaves_the_link_whatever_asks() {
    let (mut lan, _) = settled();
    let mut rng = fastrand::Rng::with_seed(0x550620);
    let info = lan.hosts[0].links().next().unwrap().1.clone();
    let mut answered = 0;
    for _ in 0..20_000 {
        let ip = match rng.u8(..6) {
            0 => IpAddr::V4(Ipv4Addr::from(rng.u32(..))),
            1 => IpAddr::from(rng.u128(..).to_be_bytes()),
            2 => IpAddr::from([10, 0, rng.u8(..2), rng.u8(..)]),
            3 => IpAddr::from([169, 254, rng.u8(..), rng.u8(..)]),
            4 => IpAddr::from((0xfe80 << 112 | u128::from(rng.u64(..))).to_be_bytes()),
            _ => IpAddr::from((0xff02 << 112 | u128::from(rng.u64(..))).to_be_bytes()),
        };
        let port = *rng.choice(&[0, 53, 5_353, 40_000]).unwrap();
        let destination = *rng
            .choice(&[GROUP, "ff02::fb", "10.0.0.1", "8.8.8.8"])
            .unwrap();
        let names = ["host.local", "_http._tcp.local", "web._http._tcp.local"];
        let types = [
            RecordType::ANY,
            RecordType::A,
            RecordType::PTR,
            RecordType::AAAA,
        ];
        let questions: Vec<_> = (0..rng.usize(1..4))
            .map(|_| {
                (
                    *rng.choice(&names).unwrap(),
                    *rng.choice(&types).unwrap(),
                    rng.bool(),
                )
            })
            .collect();
        let section = *rng.choice(&[Section::Answer, Section::Authority]).unwrap();
        let records = if rng.bool() { &address()[..] } else { &[] };
        let flags = Flags::QUERY.with_truncated(rng.u8(..4) == 0);
        let bytes = message(rng.u16(..), flags, &questions, section, records);
        let source = alloc::format!("{}", SocketAddr::new(ip, port));
        let _ = lan.hear(&source, destination, &bytes);
        lan.run_until(lan.now + Duration::from_millis(100));
        for sent in lan.sent.drain(..) {
            if let Destination::Unicast(to) = sent.to {
                assert!(
                    info.is_on_link(to.ip()),
                    "{to} asked by {source} at {destination}"
                );
                answered += 1;
            }
        }
    }
    assert!(answered > 1_000, "{answered}: some are on the link");
}

#[test]
fn a_question_repeated_in_one_packet_is_judged_so_often_and_the_first_always() {
    let mut lan = Lan::new(1);
    for n in 0..1_000 {
        let label = alloc::format!("web {n}");
        lan.register(0, &service_set(&label, 80, "a=1"));
    }
    lan.run_until(at_ms(60_000));
    lan.sent.clear();
    let repeated = [("_http._tcp.local", RecordType::PTR, false); 300];
    for (questions, skipped) in [(1, 0), (10, 0), (300, 1)] {
        let before = lan.hosts[0].stats().questions_skipped;
        let asked = query(&repeated[..questions], &[]);
        assert_eq!(lan.hear(ASKER, GROUP, &asked), Verdict::Query);
        let after = lan.hosts[0].stats().questions_skipped;
        assert_eq!(after - before, skipped, "{questions}");
        lan.run_until(lan.now + Duration::from_secs(5));
        let answers = lan.take_answers();
        let pointers = answers
            .iter()
            .filter(|(_, rtype, section)| (*rtype, *section) == (RecordType::PTR, Section::Answer));
        assert_eq!(pointers.count(), 1_000, "all of them, once");
    }
}

#[test]
fn a_long_list_of_proposals_is_compared_for_some_names_only() {
    let (mut lan, _) = settled();
    let proposed: Vec<_> = (0..200).flat_map(|_| address()).collect();
    let questions = [("host.local", RecordType::ANY, true); 200];
    let probe = message(0, Flags::QUERY, &questions, Section::Authority, &proposed);
    assert_eq!(lan.hear(ASKER, GROUP, &probe), Verdict::Query);
    assert_eq!(lan.hosts[0].stats().questions_skipped, 1);
    lan.run_until(lan.now + Duration::from_millis(250));
    assert!(!lan.sent.is_empty(), "defended all the same");
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-10.2
//= type=test
//# all old records with that name, rrtype,
//# and rrclass that were received more than one second ago are declared
//# invalid, and marked to expire from the cache in one second.
#[test]
fn a_flush_ends_what_is_old_and_spares_what_is_heard_again() {
    let mut lan = Lan::new(1);
    lan.ask_for(0, "many.local", RecordType::A);
    let hear = |lan: &mut Lan, hosts: core::ops::Range<usize>| {
        let records: Vec<_> = hosts
            .map(|n| record("many.local", 120, true, RData::A(ip(n))))
            .collect();
        let bytes = message(0, Flags::RESPONSE, &[], Section::Answer, &records);
        assert_eq!(lan.hear(ASKER, GROUP, &bytes), Verdict::Response);
    };
    let known = |lan: &Lan| lan.hosts[0].stats().cache_records;
    hear(&mut lan, 0..50);
    lan.run_until(at_ms(900));
    hear(&mut lan, 100..101);
    lan.run_until(at_ms(1_950));
    assert_eq!(known(&lan), 51, "none was older than a second");
    hear(&mut lan, 10..20);
    lan.run_until(at_ms(2_500));
    hear(&mut lan, 0..5);
    lan.run_until(at_ms(2_940));
    assert_eq!(known(&lan), 51);
    lan.run_until(at_ms(2_960));
    assert_eq!(
        known(&lan),
        15,
        "the ten that flushed and the five heard again"
    );
    lan.run_until(at_ms(30_000));
    assert_eq!(known(&lan), 15);
}

#[test]
fn truncated_questions_from_forged_sources_fill_their_store_and_keep_nobody_waiting() {
    let (mut lan, _) = settled();
    let flags = Flags::QUERY.with_truncated(true);
    let questions = [("host.local", RecordType::A, false)];
    let truncated = message(0, flags, &questions, Section::Answer, &[]);
    for n in 0..5_000 {
        let source = alloc::format!("10.0.{}.{}:5353", n / 200, n % 200 + 2);
        let _ = lan.hear(&source, GROUP, &truncated);
    }
    let room = Config::default().limits.truncated_queries_max;
    assert_eq!(lan.hosts[0].responder.truncated_queries(), room);
    assert!(lan.hosts[0].stats().truncated_dropped > 0);
    // A single complete question is answered at once.
    let honest = "10.0.0.253:40000";
    let asked = query(&questions, &[]);
    assert_eq!(lan.hear(honest, GROUP, &asked), Verdict::Query);
    lan.run_until(lan.now + Duration::from_millis(1));
    let to = Destination::Unicast(honest.parse().unwrap());
    assert_eq!(lan.sent.iter().filter(|sent| sent.to == to).count(), 1);
    // All the others get one answer, and leave nothing behind that keeps out the next.
    lan.run_until(lan.now + Duration::from_millis(600));
    let group = lan.sent.iter();
    let group = group.filter(|sent| sent.to == Destination::Multicast);
    assert_eq!(group.count(), 1);
    let _ = lan.hear("10.0.0.252:5353", GROUP, &truncated);
    assert_eq!(lan.hosts[0].responder.truncated_queries(), 1);
}

#[test]
fn one_source_has_only_so_many_records_multicast_and_others_are_answered() {
    let config = Config {
        rate_limit: Some(crate::RateLimit::queries_per_sec(1)),
        ..Config::default()
    };
    let mut lan = Lan::with(1, &config);
    lan.register(0, &host_set("host.local", 0));
    for n in 0..100 {
        lan.register(0, &service_set(&alloc::format!("web {n}"), 80, "a=1"));
    }
    lan.run_until(at_ms(60_000));
    lan.sent.clear();
    let asked = query(&[("_http._tcp.local", RecordType::PTR, false)], &[]);
    let said = |lan: &mut Lan, source: &str| {
        let _ = lan.hear(source, GROUP, &asked);
        lan.run_until(lan.now + Duration::from_millis(1_500));
        let answers = lan.take_answers();
        let is_pointer = |(_, rtype, _): &&(u64, RecordType, Section)| *rtype == RecordType::PTR;
        answers.iter().filter(is_pointer).count()
    };
    // 200 at once, 20 per second.
    let source = "10.0.0.66:5353";
    let counts = [0; 4].map(|_| said(&mut lan, source));
    assert_eq!(counts[0], 100);
    assert!((90..=100).contains(&counts[1]), "{counts:?}");
    assert!(counts[2] <= 60 && counts[3] <= 31, "{counts:?}");
    assert!(lan.hosts[0].stats().answers_withheld > 0);
    assert_eq!(said(&mut lan, "10.0.0.67:5353"), 100);
    // A name is defended anyway.
    let _ = lan.hear(source, GROUP, &probe_for("host.local"));
    lan.run_until(lan.now + Duration::from_millis(1));
    assert!(!lan.sent.is_empty());
}

const POINTERS: [(&str, RecordType, bool); 1] = [("_http._tcp.local", RecordType::PTR, false)];

/// Returns a host with 120 services, which multicasts only so many records for the questions of
/// others.
fn with_services(all_answers: Rate) -> (Lan, Vec<OwnedRecord>) {
    let limit = crate::RateLimit {
        all_answers,
        ..crate::RateLimit::default()
    };
    let config = Config {
        rate_limit: Some(limit),
        ..Config::default()
    };
    let mut lan = Lan::with(1, &config);
    lan.register(0, &host_set("host.local", 0));
    let mut pointers = Vec::new();
    for n in 0..120 {
        let set = service_set(&alloc::format!("web {n}"), 80, "a=1");
        lan.register(0, &set);
        pointers.extend(set.records.into_iter().take(1));
    }
    lan.run_until(at_ms(60_000));
    lan.sent.clear();
    (lan, pointers)
}

/// Asks from a source for all services, and returns which are multicast in the next 1.5 seconds.
fn services_for(lan: &mut Lan, source: &str) -> BTreeSet<Vec<u8>> {
    let _ = lan.hear(source, GROUP, &query(&POINTERS, &[]));
    lan.run_until(lan.now + Duration::from_millis(1_500));
    let mut services = BTreeSet::new();
    for sent in core::mem::take(&mut lan.sent) {
        let message = Message::parse(&sent.bytes).unwrap();
        for (_, record) in message.records().map(Result::unwrap) {
            if let RData::Ptr(instance) = record.to_record().unwrap().data {
                services.insert(instance.as_wire().to_vec());
            }
        }
    }
    services
}

#[test]
fn all_sources_together_have_only_so_many_records_multicast_and_a_short_answer_is_never_withheld() {
    // 250 at once, of which half are for short answers.
    let (mut lan, _) = with_services(Rate::new(20, 250));
    let ask = |n: usize| (n, alloc::format!("10.0.0.{n}:5353"));
    let mut services = Vec::new();
    for (n, source) in (101..160).map(ask) {
        services.push(services_for(&mut lan, &source).len());
        if n > 105 && n % 10 == 0 {
            let long = query(&POINTERS, &[]);
            let short = [("web 1._http._tcp.local", RecordType::SRV, false)];
            let _ = lan.hear("10.0.0.251:5353", GROUP, &long);
            let _ = lan.hear("10.0.0.252:5353", GROUP, &query(&short, &[]));
            lan.run_until(lan.now + Duration::from_millis(1));
            assert_eq!(lan.sent.len(), 1, "a short answer");
            lan.run_until(lan.now + Duration::from_millis(1_500));
            lan.sent.clear();
        }
    }
    assert_eq!(services[0], 120);
    let few = |count: &usize| (28..=32).contains(count);
    assert!(services[5..].iter().all(few), "{services:?}");
    assert!(lan.hosts[0].stats().answers_withheld > 0);
    // Chance withholds none of them for ever.
    let mut known = BTreeSet::new();
    for (_, source) in (160..190).map(ask) {
        known.append(&mut services_for(&mut lan, &source));
    }
    assert_eq!(known.len(), 120);
    lan.run_until(lan.now + Duration::from_secs(20));
    assert_eq!(services_for(&mut lan, "10.0.0.250:5353").len(), 120);
}

#[test]
fn answers_by_unicast_and_answers_that_nobody_needs_any_more_take_nothing_from_others() {
    let (mut lan, pointers) = with_services(Rate::new(1, 250));
    let [(owner, rtype, _)] = POINTERS;
    let by_unicast = query(&[(owner, rtype, true)], &[]);
    let flags = Flags::QUERY.with_truncated(true);
    let truncated = message(0, flags, &POINTERS, Section::Answer, &[]);
    let known = query(&[], &pointers);
    for n in 101..120 {
        let source = alloc::format!("10.0.0.{n}:5353");
        for packet in [&by_unicast, &truncated, &known] {
            assert_eq!(lan.hear(&source, GROUP, packet), Verdict::Query);
        }
        lan.run_until(lan.now + Duration::from_millis(1));
    }
    lan.run_until(lan.now + Duration::from_secs(2));
    let is_multicast = |sent: &Sent| sent.to == Destination::Multicast;
    assert!(!lan.sent.iter().any(is_multicast), "nobody needs one");
    assert_eq!(lan.hosts[0].stats().answers_withheld, 0);
    lan.sent.clear();
    assert_eq!(services_for(&mut lan, "10.0.0.250:5353").len(), 120);
}

#[test]
fn unicast_replies_have_a_limit_and_dropped_ones_are_counted() {
    let mut config = Config::default();
    config.limits.replies_max = 5;
    let mut lan = Lan::with(1, &config);
    lan.register(0, &service_set("web", 80, "a=1"));
    lan.run_until(at_ms(10_000));
    lan.sent.clear();
    // Answers with a unique record are due at once, and those with a shared one later.
    let unique = [("web._http._tcp.local", RecordType::TXT, false)];
    for n in 101..110 {
        let asked = if n < 104 { &unique } else { &POINTERS };
        let source = alloc::format!("10.0.0.{n}:40000");
        let _ = lan.hear(&source, GROUP, &query(asked, &[]));
    }
    assert_eq!(lan.hosts[0].stats().replies_dropped, 4);
    lan.run_until(at_ms(12_000));
    let is_unicast = |sent: &&Sent| matches!(sent.to, Destination::Unicast(_));
    assert_eq!(lan.sent.iter().filter(is_unicast).count(), 5);
}

#[test]
fn few_unknown_peers_are_answered_by_unicast_at_once() {
    let mut config = Config::default();
    config.limits.unknown_peers_per_second_max = 4;
    let mut lan = Lan::with(1, &config);
    lan.register(0, &service_set("web", 80, "a=1"));
    lan.run_until(at_ms(10_000));
    lan.sent.clear();
    let asked = query(&[("web._http._tcp.local", RecordType::TXT, false)], &[]);
    for n in 101..111 {
        let _ = lan.hear(&alloc::format!("10.0.0.{n}:40000"), GROUP, &asked);
    }
    lan.run_until(at_ms(10_001));
    // Half of them are kept for those that ask again.
    assert_eq!(lan.sent.len(), 2);
    assert_eq!(lan.hosts[0].stats().unknown_peers_refused, 8);
}
