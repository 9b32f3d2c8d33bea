//! What is sent together in one packet: RFC 6762 sections 6 and 10.2, RFC 6763 section 12.

use super::lan::*;
use alloc::format;
use alloc::string::{String, ToString};

const TYPE: &str = "_http._tcp.local";
/// What fits into a packet of Ethernet: the MTU but for the headers of IPv6 and UDP.
const ROOM: usize = 1_452;

/// A record in a packet, by owner and type, and the section it is in.
type Said = (String, RecordType, Section);

fn said(bytes: &[u8]) -> Vec<Said> {
    let message = Message::parse(bytes).unwrap();
    let records = message.records().map(|record| record.unwrap());
    records
        .map(|(section, record)| {
            let record = record.to_record().unwrap();
            (record.name.to_string(), record.data.rtype(), section)
        })
        .collect()
}

fn is_said(said: &[Said], owner: &str, rtype: RecordType) -> bool {
    said.iter()
        .any(|(name, of, _)| name == owner && *of == rtype)
}

/// Returns the targets of the PTR records of a packet.
fn pointers(bytes: &[u8]) -> Vec<String> {
    let message = Message::parse(bytes).unwrap();
    let records = message.answers().map(|record| record.unwrap().to_record());
    let target = |data| {
        let RData::Ptr(target) = data else {
            return None;
        };
        Some(target.to_string())
    };
    records
        .filter_map(|record| target(record.unwrap().data))
        .collect()
}

fn host() -> RecordSet {
    let mut host = host_set("host.local", 0);
    let v6 = RData::Aaaa("fe80::1".parse().unwrap());
    host.records.push(record("host.local", 120, true, v6));
    host
}

fn texts(count: usize, len: usize) -> Vec<(String, String)> {
    let label = |n| format!("service {n:03}");
    (0..count).map(|n| (label(n), "x".repeat(len))).collect()
}

/// Returns a host with some services of a type, each with a text, a minute after it came up.
fn publishing(services: &[(String, String)]) -> Lan {
    let mut lan = Lan::new(1);
    lan.register(0, &host());
    for (label, text) in services {
        let strings = text.as_bytes().chunks(255);
        let mut set = service_set(label, 80, "");
        set.records[2].data = RData::Txt(TxtData::from_strings(strings).unwrap());
        lan.register(0, &set);
    }
    lan.run_until(at_ms(60_000));
    lan.sent.clear();
    lan
}

/// Checks that each pointer of a packet has its service and its host with it. Returns how many.
fn assert_whole(bytes: &[u8]) -> usize {
    assert!(bytes.len() <= ROOM, "{}", bytes.len());
    let (said, pointers) = (said(bytes), pointers(bytes));
    for instance in &pointers {
        for rtype in [RecordType::SRV, RecordType::TXT] {
            assert!(
                is_said(&said, instance, rtype),
                "{instance} {rtype}: {said:?}"
            );
        }
        for rtype in [RecordType::A, RecordType::AAAA] {
            assert!(is_said(&said, "host.local", rtype), "{rtype}: {said:?}");
        }
    }
    pointers.len()
}

//= https://www.rfc-editor.org/rfc/rfc6763#section-12.1
//= type=test
//# When including a DNS-SD Service Instance Enumeration or Selective
//# Instance Enumeration (subtype) PTR record in a response packet, the
//# server/responder SHOULD include the following additional records:
//# o  The SRV record(s) named in the PTR rdata.
//# o  The TXT record(s) named in the PTR rdata.
//# o  All address records (type "A" and "AAAA") named in the SRV rdata.
#[test]
fn each_packet_of_an_answer_holds_whole_services() {
    for unicast in [false, true] {
        for (count, len) in [(1, 10), (20, 10), (100, 200)] {
            let mut lan = publishing(&texts(count, len));
            lan.ask(5353, &[(TYPE, RecordType::PTR, unicast)], &[]);
            lan.run_until(at_ms(61_000));
            let whole: Vec<usize> = lan
                .sent
                .iter()
                .map(|sent| assert_whole(&sent.bytes))
                .collect();
            assert_eq!(whole.iter().sum::<usize>(), count, "{whole:?}");
            // No packet has room for one more service.
            let each = lan.sent[0].bytes.len() / whole[0];
            for sent in lan.sent.iter().rev().skip(1) {
                assert!(sent.bytes.len() + each > ROOM, "{whole:?}");
            }
            lan.run_until(at_ms(70_000));
            assert_eq!(lan.sent.len(), whole.len(), "it is all said");
        }
    }
}

#[test]
fn twenty_plain_services_go_into_one_packet() {
    let mut lan = publishing(&texts(20, 4));
    lan.ask(5353, &[(TYPE, RecordType::PTR, false)], &[]);
    lan.run_until(at_ms(61_000));
    assert_eq!(lan.sent.len(), 1);
    assert_eq!(assert_whole(&lan.sent[0].bytes), 20);
}

#[test]
fn services_are_announced_as_a_whole() {
    let mut lan = Lan::new(1);
    for (label, text) in texts(50, 100) {
        lan.register(0, &service_set(&label, 80, &text));
    }
    lan.run_until(at_ms(10_000));
    let mut announced = 0;
    for sent in &lan.sent {
        let (said, pointers) = (said(&sent.bytes), pointers(&sent.bytes));
        announced += pointers.len();
        for instance in &pointers {
            for rtype in [RecordType::SRV, RecordType::TXT] {
                assert!(
                    is_said(&said, instance, rtype),
                    "{instance} {rtype}: {said:?}"
                );
            }
        }
        let is_answer = |(_, _, section): &Said| *section == Section::Answer;
        assert!(
            pointers.is_empty() || said.iter().all(is_answer),
            "{said:?}"
        );
    }
    assert_eq!(announced, 100, "each is announced twice");
}

#[test]
fn what_does_not_fit_is_passed_over_for_what_does() {
    for unicast in [false, true] {
        // Each text leaves room for its own service alone, or not even for that.
        let mut lan = publishing(&texts(3, 1_330));
        lan.ask(5353, &[(TYPE, RecordType::PTR, unicast)], &[]);
        lan.run_until(at_ms(61_000));
        let first = &lan.sent[0].bytes;
        let (said, pointers) = (said(first), pointers(first));
        assert_eq!(pointers.len(), 1);
        for (owner, rtype) in [
            (pointers[0].as_str(), RecordType::SRV),
            ("host.local", RecordType::A),
            ("host.local", RecordType::AAAA),
        ] {
            assert!(is_said(&said, owner, rtype), "{rtype}: {said:?}");
        }
        let total: usize = lan
            .sent
            .iter()
            .map(|sent| self::pointers(&sent.bytes).len())
            .sum();
        assert_eq!(total, 3);
        assert!(lan.sent.iter().all(|sent| sent.bytes.len() <= ROOM));
    }
}

#[test]
fn a_set_of_additional_records_is_left_out_as_a_whole() {
    let mut lan = Lan::new(1);
    let mut host = host();
    for n in 2..60_u16 {
        let v6 = core::net::Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, n);
        host.records
            .push(record("host.local", 120, true, RData::Aaaa(v6)));
    }
    lan.register(0, &host);
    lan.register(0, &service_set("web", 80, "a=1"));
    lan.run_until(at_ms(60_000));
    lan.sent.clear();
    lan.ask(5353, &[(TYPE, RecordType::PTR, false)], &[]);
    lan.run_until(at_ms(61_000));
    let said = said(&lan.sent[0].bytes);
    assert!(!is_said(&said, "host.local", RecordType::AAAA), "{said:?}");
    for (owner, rtype) in [
        ("web._http._tcp.local", RecordType::SRV),
        ("web._http._tcp.local", RecordType::TXT),
        ("host.local", RecordType::A),
    ] {
        assert!(is_said(&said, owner, rtype), "{rtype}: {said:?}");
    }
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
fn only_the_packets_of_one_answer_repeat_the_addresses_of_its_host() {
    let mut lan = publishing(&texts(40, 10));
    let mut buf = Vec::new();
    let question = [(TYPE, RecordType::PTR, false)];
    lan.ask(5353, &question, &[]);
    lan.now = lan.hosts[0].poll_timeout().unwrap().at;
    lan.hosts[0].handle_timeout(lan.now);
    let addresses = |bytes: &[u8]| is_said(&said(bytes), "host.local", RecordType::A);
    assert!(lan.hosts[0].send_next(lan.now, &mut buf).is_some());
    assert!(addresses(&buf));
    assert!(lan.hosts[0].send_next(lan.now, &mut buf).is_some());
    assert!(addresses(&buf), "the same answer");
    // A question at that very moment, for the same or for something else, is not part of it.
    lan.ask(5353, &question, &[]);
    lan.ask(
        5353,
        &[("service 039._http._tcp.local", RecordType::SRV, false)],
        &[],
    );
    let mut later = 0;
    while lan.hosts[0].send_next(lan.now, &mut buf).is_some() {
        assert!(!addresses(&buf), "another answer");
        later += 1;
    }
    assert!(later >= 1);
    // Nothing is left over that would be repeated within a second.
    let first = lan.now;
    lan.run_until(first + Duration::from_millis(999));
    assert!(lan.sent.iter().all(|sent| !addresses(&sent.bytes)));
}

#[test]
fn what_is_repeated_in_an_answer_counts_once_among_the_announcements() {
    let mut lan = Lan::new(1);
    lan.register(0, &host());
    for (label, text) in texts(30, 100) {
        lan.register(0, &service_set(&label, 80, &text));
    }
    lan.run_until(at_ms(10_000));
    let times: Vec<u64> = lan
        .sent
        .iter()
        .filter(|sent| is_said(&said(&sent.bytes), "host.local", RecordType::A))
        .filter(|sent| {
            Message::parse(&sent.bytes)
                .unwrap()
                .header()
                .flags
                .is_response()
        })
        .map(|sent| sent.at.as_nanos() / 1_000_000)
        .collect();
    let (first, last) = (times[0], times[times.len() - 1]);
    assert!(times.len() > 2, "several packets repeat it: {times:?}");
    assert!(
        times.iter().all(|at| [first, last].contains(at)),
        "{times:?}"
    );
    assert!(last - first >= 1_000, "{times:?}");
}

#[test]
fn packets_that_are_made_before_one_is_reported_repeat_addresses_as_additional_records() {
    let mut lan = Lan::new(1);
    lan.register(0, &host());
    for (label, text) in texts(30, 100) {
        lan.register(0, &service_set(&label, 80, &text));
    }
    let host = &mut lan.hosts[0];
    let mut rounds = Vec::new();
    while let Some(deadline) = host.poll_timeout().filter(|next| next.at < at_ms(10_000)) {
        host.handle_timeout(deadline.at);
        let (mut batch, mut sections) = (Vec::new(), Vec::new());
        let mut buf = Vec::new();
        while let Some(transmit) = host.poll_transmit(deadline.at, &mut buf) {
            let said = said(&buf);
            let of_host = said.iter().filter(|(_, rtype, _)| *rtype == RecordType::A);
            sections.extend(of_host.map(|(_, _, section)| *section));
            batch.push(transmit);
        }
        for transmit in batch {
            host.handle_transmit(deadline.at, transmit, Delivery::LEFT);
        }
        sections.retain(|section| *section != Section::Authority);
        if !sections.is_empty() {
            rounds.push(sections);
        }
    }
    assert_eq!(rounds.len(), 2, "announced twice: {rounds:?}");
    for sections in &rounds {
        assert!(sections.len() > 1, "{rounds:?}");
        assert_eq!(sections[0], Section::Answer, "{rounds:?}");
        let rest = &sections[1..];
        assert!(
            rest.iter().all(|one| *one == Section::Additional),
            "{rounds:?}"
        );
    }
}

#[test]
fn a_legacy_reply_lists_all_instances_before_anything_else() {
    let mut lan = publishing(&texts(20, 10));
    lan.ask(40_000, &[(TYPE, RecordType::PTR, false)], &[]);
    lan.run_until(at_ms(61_000));
    assert_eq!(lan.sent.len(), 1);
    let bytes = &lan.sent[0].bytes;
    assert_eq!(pointers(bytes).len(), 20);
    assert!(is_said(&said(bytes), "host.local", RecordType::A));
    assert!(!Message::parse(bytes).unwrap().header().flags.truncated());
}
