//! What is published over one address family alone.

use alloc::string::ToString;

use super::lan::*;
use crate::timing::SEND_RETRY_MAX;

const V4: (&str, &str) = ("10.0.0.200:5353", "224.0.0.251");
const V6: (&str, &str) = ("[fe80::c8]:5353", "ff02::fb");
const BY_V6: Destination = Destination::MulticastBy(Family::V6);

fn link(has_v6: bool) -> LinkChange {
    let v6 = "fe80::1".parse().unwrap();
    let mut addresses = vec![LinkAddress {
        ip: IpAddr::V4(ip(0)),
        prefix_len: 24,
    }];
    addresses.extend(has_v6.then_some(LinkAddress {
        ip: v6,
        prefix_len: 64,
    }));
    LinkChange::Up {
        link: LINK,
        info: LinkInfo {
            addresses,
            mtu: 1_500,
        },
    }
}

fn over_v6(set: RecordSet) -> RecordSet {
    RecordSet {
        over: Some(Family::V6),
        ..set
    }
}

/// A host with both families, which begins to publish its name over both, and a service over IPv6.
fn publishing() -> (Lan, RegistrationId) {
    let (lan, _, id) = publishing_both();
    (lan, id)
}

/// The same, with the registration of the host.
fn publishing_both() -> (Lan, RegistrationId, RegistrationId) {
    let mut lan = Lan::new(1);
    lan.hosts[0].handle_link(lan.now, link(true));
    let host = lan.register(0, &host_set("host.local", 0));
    let id = lan.register(0, &over_v6(service_set("web", 80, "a=1")));
    (lan, host, id)
}

/// Returns whether a packet names the service, and where it went. A packet that also names something
/// else fails.
fn of_service(sent: &Sent) -> Option<Destination> {
    let message = Message::parse(&sent.bytes).unwrap();
    let questions = message
        .questions()
        .map(|question| question.unwrap().name.to_name());
    let records = message
        .records()
        .map(|record| record.unwrap().1.name.to_name());
    let names: Vec<Name> = questions.chain(records).map(Result::unwrap).collect();
    let is_of_service = |name: &&Name| name.to_string().contains("_http._tcp");
    let count = names.iter().filter(is_of_service).count();
    assert!(count == 0 || count == names.len(), "{names:?}");
    (count > 0).then_some(sent.to)
}

/// Returns where packets with the service went since the last call.
fn service_sent(lan: &mut Lan) -> Vec<Destination> {
    let sent = core::mem::take(&mut lan.sent);
    sent.iter().filter_map(of_service).collect()
}

fn hear(lan: &mut Lan, (source, destination): (&str, &str), bytes: &[u8]) {
    let verdict = lan.hear(source, destination, bytes);
    assert!(
        matches!(verdict, Verdict::Query | Verdict::Response),
        "{verdict:?}"
    );
}

fn ask(lan: &mut Lan, from: (&str, &str), rtype: RecordType) {
    let question = query(&[("web._http._tcp.local", rtype, false)], &[]);
    hear(lan, from, &question);
    let end = lan.now + Duration::from_secs(5);
    lan.run_until(end);
}

#[test]
fn a_service_over_one_family_is_probed_announced_and_withdrawn_over_it_alone() {
    let (mut lan, host, id) = publishing_both();
    lan.run_until(at_ms(20_000));
    assert_eq!(established(&lan), 2);
    assert!(lan.hosts[0].is_established(id) && lan.hosts[0].is_announced(id));
    let by_both = lan.sent.iter().filter(|sent| of_service(sent).is_none());
    assert!(by_both.clone().count() >= 5);
    for sent in by_both {
        assert_eq!(sent.to, Destination::Multicast);
    }
    // Three probes and two announcements.
    assert_eq!(service_sent(&mut lan), [BY_V6; 5]);
    for id in [id, host] {
        lan.hosts[0].unregister(id);
    }
    lan.run_until(at_ms(25_000));
    let to: Vec<Destination> = lan.sent.iter().map(|sent| sent.to).collect();
    assert_eq!(to, [BY_V6, Destination::Multicast]);
    assert_eq!(service_sent(&mut lan), [BY_V6]);
    let withdrawn = lan.withdrawn.iter();
    let datagrams = withdrawn.map(|(_, withdrawn)| withdrawn.goodbyes[0].datagrams);
    assert_eq!(datagrams.collect::<Vec<_>>(), [1, 2]);
    lan.run_until(at_ms(600_000));
    assert!(lan.sent.is_empty());
}

#[test]
fn a_service_over_one_family_answers_and_denies_over_it_alone() {
    let (mut lan, _) = publishing();
    lan.run_until(at_ms(20_000));
    lan.sent.clear();
    for (rtype, wanted) in [
        (RecordType::SRV, RecordType::SRV),
        (RecordType::A, RecordType::NSEC),
    ] {
        ask(&mut lan, V4, rtype);
        assert!(lan.sent.is_empty(), "{rtype}");
        ask(&mut lan, V6, rtype);
        let [sent] = &lan.sent[..] else {
            panic!("{rtype}: {} packets", lan.sent.len());
        };
        assert_eq!(sent.to, BY_V6);
        let answers = lan.take_answers();
        let types: Vec<RecordType> = answers.iter().map(|(_, rtype, _)| *rtype).collect();
        assert_eq!(types, [wanted]);
    }
    // The host is reached over both, and its name is answered over both at once.
    for from in [V4, V6] {
        let question = query(&[("host.local", RecordType::A, false)], &[]);
        hear(&mut lan, from, &question);
        let end = lan.now + Duration::from_secs(5);
        lan.run_until(end);
        let to: Vec<Destination> = lan.sent.drain(..).map(|sent| sent.to).collect();
        assert_eq!(to, [Destination::Multicast]);
    }
}

#[test]
fn a_unicast_answer_holds_what_is_published_over_its_family() {
    let (mut lan, _) = publishing();
    lan.run_until(at_ms(20_000));
    lan.sent.clear();
    for (from, count) in [(V4, 0), (V6, 1)] {
        let question = query(&[("web._http._tcp.local", RecordType::SRV, true)], &[]);
        hear(&mut lan, from, &question);
        let end = lan.now + Duration::from_secs(5);
        lan.run_until(end);
        assert_eq!(lan.sent.len(), count, "{from:?}");
    }
    let source: SocketAddr = V6.0.parse().unwrap();
    assert_eq!(lan.sent[0].to, Destination::Unicast(source));
    // With it comes the address of the host, which is published over both.
    let types: Vec<RecordType> = lan
        .take_answers()
        .iter()
        .map(|(_, rtype, _)| *rtype)
        .collect();
    assert!(
        types.starts_with(&[RecordType::SRV, RecordType::A]),
        "{types:?}"
    );
}

#[test]
fn only_what_comes_over_its_family_is_a_conflict_or_a_rival_probe() {
    for (from, disputes) in [(V4, 0), (V6, 1)] {
        let (mut lan, _) = publishing();
        lan.run_until(at_ms(20_000));
        let others = service_set("web", 81, "b=2").records;
        let response = message(0, Flags::RESPONSE, &[], Section::Answer, &others);
        hear(&mut lan, from, &response);
        lan.run_until(at_ms(20_100));
        let disputed = |(_, change): &&(usize, ClaimChange)| *change == ClaimChange::Disputed;
        assert_eq!(lan.events.iter().filter(disputed).count(), disputes);
    }
    // A rival with later data wins if its probe is for the same hosts.
    for (from, end) in [(V4, 2_000), (V6, 3_000)] {
        let (mut lan, id) = publishing();
        lan.run_until(at_ms(400));
        let rivals: Vec<OwnedRecord> = service_set("web", 9_999, "zz=zz").records.split_off(1);
        let questions = [("web._http._tcp.local", RecordType::ANY, false)];
        let probe = message(0, Flags::QUERY, &questions, Section::Authority, &rivals);
        hear(&mut lan, from, &probe);
        lan.run_until(at_ms(1_200));
        let is_established = lan.hosts[0].is_established(id);
        assert_eq!(is_established, from == V4, "{from:?}");
        lan.run_until(at_ms(end));
        assert!(lan.hosts[0].is_established(id));
    }
}

#[test]
fn equal_records_over_two_families_are_two_and_another_host_gives_one_of_them() {
    let mut lan = Lan::new(1);
    lan.hosts[0].handle_link(lan.now, link(true));
    let shared = record("all.local", 120, false, RData::Ptr(name("a.local")));
    for family in Family::BOTH {
        let set = RecordSet {
            records: vec![shared.clone()],
            over: Some(family),
            ..RecordSet::default()
        };
        lan.register(0, &set);
    }
    lan.run_until(at_ms(20_000));
    let question = query(&[("all.local", RecordType::PTR, false)], &[]);
    let response = message(0, Flags::RESPONSE, &[], Section::Answer, &[shared]);
    for (given, left) in [(V4, BY_V6), (V6, Destination::MulticastBy(Family::V4))] {
        lan.sent.clear();
        for from in [V4, V6] {
            hear(&mut lan, from, &question);
        }
        hear(&mut lan, given, &response);
        let end = lan.now + Duration::from_secs(60);
        lan.run_until(end);
        let to: Vec<Destination> = lan.sent.iter().map(|sent| sent.to).collect();
        assert_eq!(to, [left]);
    }
}

#[test]
fn a_link_without_the_family_does_not_count_until_it_has_it() {
    let mut lan = Lan::new(1);
    let id = lan.register(0, &over_v6(service_set("web", 80, "a=1")));
    lan.run_until(at_ms(20_000));
    assert!(lan.sent.is_empty() && !lan.hosts[0].is_established(id));
    lan.hosts[0].handle_link(lan.now, link(true));
    lan.run_until(at_ms(40_000));
    assert!(lan.hosts[0].is_established(id));
    assert_eq!(service_sent(&mut lan), [BY_V6; 5]);
    lan.hosts[0].handle_link(lan.now, link(false));
    ask(&mut lan, V6, RecordType::SRV);
    assert!(lan.sent.is_empty() && !lan.hosts[0].is_established(id));
}

#[test]
fn a_family_that_takes_no_packets_holds_up_nothing_of_the_other_one() {
    let (mut lan, id) = publishing();
    lan.way_out = |now| Delivery {
        v4: Fate::Left,
        v6: match now < at_ms(60_000) {
            true => Fate::Failed(SendFailure::Forbidden),
            false => Fate::Left,
        },
    };
    lan.run_until(at_ms(59_000));
    let times = |lan: &Lan| -> Vec<Instant> {
        let host = lan.sent.iter().filter(|sent| of_service(sent).is_none());
        host.map(|sent| sent.at).collect()
    };
    let (mut calm, _) = publishing();
    calm.run_until(at_ms(59_000));
    assert!(times(&calm).len() >= 5);
    assert_eq!(times(&lan), times(&calm));
    assert!(!lan.hosts[0].is_established(id));
    // A try for the service, and one to see whether the family works, in each of the longest waits.
    let tries = lan.tries.iter().filter(|(_, to)| *to == BY_V6).count();
    let waits = 60 / SEND_RETRY_MAX.as_secs();
    assert!((2..=20 + 2 * waits as usize).contains(&tries), "{tries}");
    lan.run_until(at_ms(90_000));
    assert!(lan.hosts[0].is_established(id) && lan.hosts[0].is_announced(id));
}
