//! Another responder on this host also publishes the host's name.

use super::lan::*;
use alloc::string::{String, ToString};
use core::net::Ipv6Addr;

const ROUTABLE: Ipv6Addr = Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 1);
const LINK_LOCAL: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1);
const REVERSE: &str = "1.0.0.10.in-addr.arpa";
const US: &str = "10.0.0.1:5353";
const STRANGER: &str = "10.0.0.9:5353";
const GROUP: &str = "224.0.0.251";

fn aaaa(ip: Ipv6Addr) -> OwnedRecord {
    record("host.local", 120, true, RData::Aaaa(ip))
}

fn reverse(target: &str) -> OwnedRecord {
    record(REVERSE, 120, true, RData::Ptr(name(target)))
}

fn registered(cooperates: bool) -> Lan {
    let mut lan = Lan::new(1);
    let mut set = RecordSet {
        cooperates,
        ..host_set("host.local", 0)
    };
    let more = [aaaa(ROUTABLE), aaaa(LINK_LOCAL), reverse("host.local")];
    set.records.extend(more);
    lan.register(0, &set);
    lan
}

fn probe(records: &[OwnedRecord]) -> Vec<u8> {
    let questions: Vec<String> = records
        .iter()
        .map(|record| record.name.to_string())
        .collect();
    let questions: Vec<_> = questions
        .iter()
        .map(|question| (question.as_str(), RecordType::ANY, false))
        .collect();
    message(0, Flags::QUERY, &questions, Section::Authority, records)
}

fn response(records: &[OwnedRecord]) -> Vec<u8> {
    message(0, Flags::RESPONSE, &[], Section::Answer, records)
}

/// Returns what is sent in answer to a question, or announced, in the next three seconds.
fn said(lan: &mut Lan, rtype: RecordType) -> Vec<RData> {
    let mut all: Vec<RData> = Vec::new();
    lan.run_until(lan.now + Duration::from_secs(3));
    for sent in core::mem::take(&mut lan.sent) {
        let message = Message::parse(&sent.bytes).unwrap();
        let answers = message.answers().map(|record| record.unwrap());
        let of_type = answers.filter(|record| record.rtype == rtype);
        for data in of_type.map(|record| record.to_record().unwrap().data) {
            if !all.contains(&data) {
                all.push(data);
            }
        }
    }
    all
}

fn answers(lan: &mut Lan, owner: &str, rtype: RecordType) -> Vec<RData> {
    lan.run_until(lan.now + Duration::from_secs(5));
    lan.sent.clear();
    lan.ask(5353, &[(owner, rtype, false)], &[]);
    said(lan, rtype)
}

#[test]
fn what_a_program_of_this_host_leaves_out_of_its_probe_is_left_out_until_it_is_gone() {
    let both = [RData::Aaaa(ROUTABLE), RData::Aaaa(LINK_LOCAL)];
    let cases = [(US, true, 1), (US, false, 2), (STRANGER, true, 2)];
    for (source, cooperates, left) in cases {
        let mut lan = registered(cooperates);
        assert_eq!(answers(&mut lan, "host.local", RecordType::AAAA), both);
        let _ = lan.hear(source, GROUP, &probe(&[aaaa(ROUTABLE)]));
        let shown = answers(&mut lan, "host.local", RecordType::AAAA);
        assert_eq!(shown, both[..left], "{source} {cooperates}");
        // We withdraw nothing from others' caches.
        let established = |(_, change): &(usize, ClaimChange)| *change == ClaimChange::Established;
        assert!(lan.events.iter().all(established), "{:?}", lan.events);
        let mut goodbye = aaaa(ROUTABLE);
        goodbye.ttl = Ttl(0);
        let _ = lan.hear(source, GROUP, &response(&[goodbye]));
        assert_eq!(said(&mut lan, RecordType::AAAA).len(), 2);
        assert_eq!(answers(&mut lan, "host.local", RecordType::AAAA), both);
    }
}

#[test]
fn what_a_program_of_this_host_takes_up_is_taken_up() {
    let mut lan = registered(true);
    lan.run_until(at_ms(5_000));
    let _ = lan.hear(US, GROUP, &probe(&[aaaa(ROUTABLE)]));
    assert_eq!(answers(&mut lan, "host.local", RecordType::AAAA).len(), 1);
    let _ = lan.hear(US, GROUP, &response(&[aaaa(ROUTABLE), aaaa(LINK_LOCAL)]));
    assert_eq!(answers(&mut lan, "host.local", RecordType::AAAA).len(), 2);
}

#[test]
fn an_answer_of_this_host_to_our_probe_tells_what_to_leave_out() {
    let mut lan = registered(true);
    lan.run_until(at_ms(400));
    let _ = lan.hear(US, GROUP, &response(&[aaaa(ROUTABLE)]));
    assert_eq!(said(&mut lan, RecordType::AAAA), [RData::Aaaa(ROUTABLE)]);
    assert_eq!(established(&lan), 1);
}

#[test]
fn what_is_left_out_is_probed_for_after_an_hour_and_stays_so_if_the_program_answers() {
    let both = [RData::Aaaa(ROUTABLE), RData::Aaaa(LINK_LOCAL)];
    for (answers_probe, left) in [(true, 1), (false, 2)] {
        let mut lan = registered(true);
        lan.run_until(at_ms(5_000));
        let _ = lan.hear(US, GROUP, &probe(&[aaaa(ROUTABLE)]));
        assert_eq!(answers(&mut lan, "host.local", RecordType::AAAA), both[..1]);
        // An answer repeats what it leaves out.
        lan.run_until(at_ms(1_000_000));
        let _ = lan.hear(US, GROUP, &response(&[aaaa(ROUTABLE)]));
        lan.sent.clear();
        lan.run_until(at_ms(4_599_999));
        assert!(lan.sent.is_empty());
        lan.run_until(at_ms(4_600_400));
        assert!(!lan.sent.is_empty(), "a probe");
        if answers_probe {
            let _ = lan.hear(US, GROUP, &response(&[aaaa(ROUTABLE)]));
        }
        assert_eq!(said(&mut lan, RecordType::AAAA).len(), left);
        assert_eq!(
            answers(&mut lan, "host.local", RecordType::AAAA),
            both[..left]
        );
    }
}

#[test]
fn a_name_that_is_claimed_anew_is_claimed_with_all_its_records() {
    let mut lan = registered(true);
    lan.run_until(at_ms(5_000));
    let _ = lan.hear(US, GROUP, &probe(&[aaaa(ROUTABLE)]));
    assert_eq!(answers(&mut lan, "host.local", RecordType::AAAA).len(), 1);
    lan.hosts[0].handle_link(lan.now, LinkChange::Resumed);
    assert_eq!(said(&mut lan, RecordType::AAAA).len(), 2);
    lan.sent.clear();
    lan.run_until(at_ms(7_200_000));
    assert!(lan.sent.is_empty(), "nothing is left out any more");
}

#[test]
fn a_set_of_which_nothing_is_shared_any_more_is_ours() {
    let mut lan = Lan::new(1);
    let mut set = RecordSet {
        cooperates: true,
        ..host_set("host.local", 0)
    };
    set.records.extend([aaaa(ROUTABLE), aaaa(LINK_LOCAL)]);
    let id = lan.register(0, &set);
    lan.run_until(at_ms(5_000));
    let _ = lan.hear(US, GROUP, &probe(&[aaaa(ROUTABLE)]));
    assert_eq!(answers(&mut lan, "host.local", RecordType::AAAA).len(), 1);
    set.records.retain(|record| *record != aaaa(ROUTABLE));
    lan.hosts[0].update(lan.now, id, &set).unwrap();
    let shown = answers(&mut lan, "host.local", RecordType::AAAA);
    assert_eq!(shown, [RData::Aaaa(LINK_LOCAL)]);
}

#[test]
fn what_is_ours_on_another_link_is_nothing_shared_on_this_one() {
    let mut lan = Lan::new(1);
    let mut set = RecordSet {
        cooperates: true,
        ..host_set("host.local", 0)
    };
    let mut elsewhere = aaaa(ROUTABLE);
    elsewhere.link = Some(LinkId(99));
    set.records.extend([elsewhere, aaaa(LINK_LOCAL)]);
    lan.register(0, &set);
    lan.run_until(at_ms(5_000));
    let _ = lan.hear(US, GROUP, &probe(&[aaaa(ROUTABLE)]));
    assert_eq!(answers(&mut lan, "host.local", RecordType::AAAA).len(), 1);
}

#[test]
fn a_set_that_shares_nothing_with_ours_decides_nothing() {
    let mut lan = registered(true);
    lan.run_until(at_ms(5_000));
    let other = aaaa(Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 9));
    let _ = lan.hear(US, GROUP, &probe(&[other]));
    assert_eq!(answers(&mut lan, "host.local", RecordType::AAAA).len(), 2);
}

#[test]
fn the_name_of_an_address_is_left_to_the_program_of_this_host_that_probes_for_it() {
    for (source, left) in [(US, 0), (STRANGER, 1)] {
        let mut lan = registered(true);
        assert_eq!(answers(&mut lan, REVERSE, RecordType::PTR).len(), 1);
        let _ = lan.hear(source, GROUP, &probe(&[reverse("machine.local")]));
        assert_eq!(
            answers(&mut lan, REVERSE, RecordType::PTR).len(),
            left,
            "{source}"
        );
    }
    let mut lan = registered(true);
    lan.run_until(at_ms(5_000));
    let _ = lan.hear(US, GROUP, &probe(&[reverse("machine.local")]));
    let mut goodbye = reverse("machine.local");
    goodbye.ttl = Ttl(0);
    let _ = lan.hear(US, GROUP, &response(&[goodbye]));
    assert_eq!(answers(&mut lan, REVERSE, RecordType::PTR).len(), 1);
}

#[test]
fn a_shared_name_is_claimed_without_link_local_addresses_that_join_it_afterwards() {
    for (cooperates, proposed) in [(true, 2), (false, 3)] {
        let mut lan = registered(cooperates);
        lan.run_until(at_ms(740));
        let counts = |sent: &Sent| Message::parse(&sent.bytes).unwrap().header().counts;
        assert_eq!(lan.sent.len(), 3);
        assert!(
            lan.sent
                .iter()
                .all(|sent| counts(sent).authorities == proposed)
        );
        assert_eq!(said(&mut lan, RecordType::AAAA).len(), 2);
    }
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-15.1
//= type=test
//# This limitation can be
//# partially mitigated if Multicast DNS implementations detect when they
//# are not the first to bind to port 5353, and in that case they do not
//# request "QU" responses.
//= https://www.rfc-editor.org/rfc/rfc6762#section-8.1
//= type=test
//# the probes SHOULD be sent as "QU" questions with the unicast-
//# response bit set
#[test]
fn probes_ask_for_unicast_until_another_program_of_this_host_is_heard() {
    let cases = [(STRANGER, true), ("10.0.0.1:40000", true), (US, false)];
    for (source, asks_unicast) in cases {
        let mut lan = registered(true);
        lan.run_until(at_ms(5_000));
        let _ = lan.hear(
            source,
            GROUP,
            &query(&[("host.local", RecordType::A, false)], &[]),
        );
        lan.register(0, &service_set("web", 80, "a=1"));
        lan.sent.clear();
        lan.run_until(at_ms(5_740));
        let messages = lan
            .sent
            .iter()
            .map(|sent| Message::parse(&sent.bytes).unwrap());
        let probes = messages.filter(|message| message.header().counts.authorities > 0);
        let asked: Vec<bool> = probes
            .flat_map(|probe| {
                let questions = probe.questions().map(|question| question.unwrap());
                questions
                    .map(|question| question.unicast_response)
                    .collect::<Vec<_>>()
            })
            .collect();
        assert_eq!(asked, [asks_unicast; 3], "{source}");
    }
}

#[test]
fn probes_ask_for_unicast_again_an_hour_after_the_other_program_was_heard_last() {
    let mut lan = registered(true);
    lan.run_until(at_ms(5_000));
    let question = query(&[("host.local", RecordType::A, false)], &[]);
    let _ = lan.hear(US, GROUP, &question);
    let hour = 3_600_000;
    for (at, label, asks_unicast) in [(hour, "web", false), (hour + 6_000, "tor", true)] {
        lan.run_until(at_ms(at));
        lan.sent.clear();
        lan.register(0, &service_set(label, 80, "a=1"));
        lan.run_until(at_ms(at + 740));
        let questions = lan.sent.iter().flat_map(|sent| {
            let message = Message::parse(&sent.bytes).unwrap();
            let questions = message.questions().map(|question| question.unwrap());
            let asked: Vec<bool> = questions.map(|asked| asked.unicast_response).collect();
            asked
        });
        let asked: Vec<bool> = questions.collect();
        assert_eq!(asked, [asks_unicast; 3], "{label}");
    }
}

/// Returns which of the host's own records are withdrawn when its registration ends.
fn withdrawn(lan: &mut Lan, id: RegistrationId) -> Vec<RecordType> {
    lan.sent.clear();
    lan.hosts[0].unregister(id);
    lan.run_until(lan.now + Duration::from_secs(3));
    let mut all = Vec::new();
    for sent in &lan.sent {
        for record in Message::parse(&sent.bytes).unwrap().answers() {
            let record = record.unwrap();
            assert!(record.ttl.is_goodbye(), "{record}");
            all.push(record.rtype);
        }
    }
    all
}

fn shared_set() -> RecordSet {
    let mut set = RecordSet {
        cooperates: true,
        ..host_set("host.local", 0)
    };
    set.records.extend([aaaa(ROUTABLE), reverse("host.local")]);
    set
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-10.1
//= type=test
//# In the case where a host knows that certain resource record data is
//# about to become invalid (for example, when the host is undergoing a
//# clean shutdown), the host SHOULD send an unsolicited Multicast DNS
//# response packet, giving the same resource record name, rrtype,
//# rrclass, and rdata, but an RR TTL of zero.
#[test]
fn what_another_program_of_this_host_goes_on_to_say_gets_no_goodbye() {
    let own = [RecordType::A, RecordType::AAAA, RecordType::PTR];
    let a = shared_set().records[0].clone();
    let gone = OwnedRecord {
        ttl: Ttl(0),
        ..a.clone()
    };
    type Heard<'a> = &'a [(&'a str, &'a OwnedRecord, u64)];
    let cases: [(Heard<'_>, &[RecordType]); 6] = [
        (&[], &own),
        // It answers our probe, or announces later; and it may have been silent for long.
        (&[(US, &a, 500)], &own[1..]),
        (&[(US, &a, 5_000)], &own[1..]),
        (&[(US, &a, 5_000), (US, &a, 9_000_000)], &own[1..]),
        (&[(US, &a, 5_000), (US, &gone, 7_000)], &own),
        (&[(STRANGER, &a, 5_000)], &own),
    ];
    for (heard, goodbyes) in cases {
        let mut lan = Lan::new(1);
        let id = lan.register(0, &shared_set());
        for (source, record, at) in heard {
            lan.run_until(at_ms(*at));
            let _ = lan.hear(source, GROUP, &response(&[(*record).clone()]));
        }
        lan.run_until(lan.now + Duration::from_secs(10));
        assert_eq!(withdrawn(&mut lan, id), goodbyes, "{heard:?}");
    }
}

/// Returns a link with addresses of both families, or of IPv6 alone.
fn link(has_v4: bool) -> LinkInfo {
    let address = |ip, prefix_len| LinkAddress { ip, prefix_len };
    let mut addresses = vec![address(IpAddr::V6(ROUTABLE), 64)];
    if has_v4 {
        addresses.push(address(IpAddr::V4(ip(0)), 24));
    }
    LinkInfo {
        addresses,
        mtu: 1_500,
    }
}

#[test]
fn a_forged_packet_with_an_own_ipv6_source_decides_nothing() {
    let us_v6 = "[fd00::1]:5353";
    let group_v6 = "ff02::fb";
    // Over IPv4 the system guarantees the source. Without it, the port must have been shared.
    let cases = [
        (us_v6, group_v6, true, false, 2),
        (us_v6, group_v6, true, true, 2),
        (us_v6, group_v6, false, false, 2),
        (us_v6, group_v6, false, true, 1),
        (US, GROUP, true, false, 1),
    ];
    for (source, group, has_v4, is_shared, left) in cases {
        let config = Config {
            unicast_responses: !is_shared,
            ..Config::default()
        };
        let mut lan = Lan::with(1, &config);
        let info = link(has_v4);
        lan.hosts[0].handle_link(lan.now, LinkChange::Down { link: LINK });
        lan.hosts[0].handle_link(lan.now, LinkChange::Up { link: LINK, info });
        let mut set = shared_set();
        set.records.push(aaaa(LINK_LOCAL));
        let id = lan.register(0, &set);
        lan.run_until(at_ms(5_000));
        let _ = lan.hear(source, group, &probe(&[aaaa(ROUTABLE)]));
        let _ = lan.hear(source, group, &response(&[aaaa(ROUTABLE)]));
        let shown = answers(&mut lan, "host.local", RecordType::AAAA);
        let case = (source, has_v4, is_shared);
        assert_eq!(shown.len(), left, "{case:?}");
        // It does not prevent goodbyes either, or cause a conflict.
        let goodbyes = withdrawn(&mut lan, id);
        let count = goodbyes.iter().filter(|rtype| **rtype == RecordType::AAAA);
        assert_eq!(count.count(), if left == 2 { 2 } else { 0 }, "{case:?}");
        let established = |(_, change): &(usize, ClaimChange)| *change == ClaimChange::Established;
        assert!(lan.events.iter().all(established), "{:?}", lan.events);
    }
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-5.4
//= type=test
//# When receiving a question with the unicast-response bit set, a
//# responder SHOULD usually respond with a unicast packet directed back
//# to the querier.
#[test]
fn a_program_of_this_host_that_wants_unicast_is_answered_where_it_hears_it() {
    let to_stranger = Destination::Unicast(STRANGER.parse().unwrap());
    let to_legacy = Destination::Unicast("10.0.0.1:40000".parse().unwrap());
    let cases = [
        (US, Destination::Multicast),
        (STRANGER, to_stranger),
        ("10.0.0.1:40000", to_legacy),
    ];
    for (source, destination) in cases {
        let mut lan = registered(true);
        lan.run_until(at_ms(5_000));
        lan.sent.clear();
        let asked = query(&[("host.local", RecordType::A, true)], &[]);
        let _ = lan.hear(source, GROUP, &asked);
        lan.run_until(at_ms(8_000));
        let to: Vec<Destination> = lan.sent.iter().map(|sent| sent.to).collect();
        assert_eq!(to, [destination], "{source}");
    }
}
