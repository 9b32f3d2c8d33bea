//! A packet that was not sent has no effect: it is tried again, and nothing follows from it before.

use super::lan::*;
use crate::event::Notice;
use crate::responder::When;
use crate::responder::record::{Asker, RecordId};
use crate::timing::SEND_RETRY_MAX;

const FORBIDDEN: Fate = Fate::Failed(SendFailure::Forbidden);
const NOTHING: Delivery = Delivery {
    v4: FORBIDDEN,
    v6: Fate::Unsuited,
};
const WAITING: ClaimChange = ClaimChange::Waiting {
    family: None,
    why: SendFailure::Forbidden,
};
const V6_WAITING: ClaimChange = ClaimChange::Waiting {
    family: Some(Family::V6),
    why: SendFailure::Forbidden,
};
const V6_WORKS: ClaimChange = ClaimChange::WaitingOver {
    family: Some(Family::V6),
};
const ONLY_V4: Delivery = Delivery {
    v4: Fate::Left,
    v6: FORBIDDEN,
};

/// Nothing leaves for the first twenty seconds.
fn closed_at_first(now: Instant) -> Delivery {
    match now < at_ms(20_000) {
        true => NOTHING,
        false => Delivery::LEFT,
    }
}

/// Nothing leaves over IPv6 for the first twenty seconds.
fn v4_at_first(now: Instant) -> Delivery {
    match now < at_ms(20_000) {
        true => ONLY_V4,
        false => Delivery::LEFT,
    }
}

/// Nothing leaves between the 60th and the 80th second.
fn closed_for_a_while(now: Instant) -> Delivery {
    match (at_ms(60_000)..at_ms(80_000)).contains(&now) {
        true => NOTHING,
        false => Delivery::LEFT,
    }
}

pub(super) fn is_probe(sent: &Sent) -> bool {
    let counts = Message::parse(&sent.bytes).unwrap().header().counts;
    counts.authorities > 0
}

fn is_response(sent: &Sent) -> bool {
    let message = Message::parse(&sent.bytes).unwrap();
    message.header().flags.is_response()
}

fn probes(lan: &Lan) -> Vec<u64> {
    let probes = lan.sent.iter().filter(|sent| is_probe(sent));
    probes.map(|sent| sent.at.as_nanos() / 1_000_000).collect()
}

fn notices(engine: &mut Engine) -> Vec<Notice> {
    core::iter::from_fn(|| engine.poll_notice()).collect()
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-2
//= type=test
//# Before claiming ownership of a unique
//# resource record set, a responder MUST probe to verify that no
//# other responder already claims ownership of that set, as described
//# in Section 8.1, "Probing".
#[test]
fn a_name_is_not_ours_before_its_probes_have_left() {
    let mut lan = Lan::new(1);
    lan.way_out = closed_at_first;
    let id = lan.register(0, &host_set("host.local", 0));
    lan.run_until(at_ms(19_999));
    assert_eq!(lan.events, [(0, WAITING)]);
    assert!(!lan.hosts[0].is_established(id));
    let query = query(&[("host.local", RecordType::A, false)], &[]);
    let _ = lan.hear("10.0.0.200:5353", "224.0.0.251", &query);
    lan.run_until(at_ms(60_000));
    let probes = probes(&lan);
    assert_eq!(probes.len(), 3, "{probes:?}");
    assert!(probes[0] >= 20_000 && probes[0] <= 30_000, "{probes:?}");
    assert_eq!(probes[2] - probes[0], 500, "{probes:?}");
    let answers: Vec<_> = lan.sent.iter().filter(|sent| is_response(sent)).collect();
    assert_eq!(answers.len(), 2, "it is announced");
    assert_eq!(answers[0].at.as_nanos() / 1_000_000, probes[2] + 250);
    let over = ClaimChange::WaitingOver { family: None };
    assert_eq!(lan.events[1..], [(0, over), (0, ClaimChange::Established)]);
}

#[test]
fn a_link_that_takes_nothing_is_tried_ever_more_rarely() {
    let mut lan = Lan::new(1);
    lan.way_out = |_| NOTHING;
    lan.register(0, &host_set("host.local", 0));
    lan.register(0, &service_set("web", 80, "a=1"));
    lan.ask_for(0, "other.local", RecordType::A);
    lan.run_until(at_ms(120_000));
    assert!((10..=20).contains(&lan.tries.len()), "{:?}", lan.tries);
    let gap = lan.tries[lan.tries.len() - 1]
        .0
        .saturating_since(lan.tries[lan.tries.len() - 2].0);
    assert_eq!(gap, SEND_RETRY_MAX);
    assert_eq!(lan.hosts[0].stats().unsent, lan.tries.len() as u64);
}

#[test]
fn the_user_is_told_once_and_once_more_when_it_works() {
    let mut lan = Lan::new(1);
    lan.way_out = closed_at_first;
    lan.register(0, &host_set("host.local", 0));
    lan.run_until(at_ms(60_000));
    let (link, family) = (LINK, None);
    let why = SendFailure::Forbidden;
    let reported = [
        Notice::SendingFails { link, family, why },
        Notice::SendingWorks { link, family },
    ];
    assert_eq!(notices(&mut lan.hosts[0]), reported);
}

#[test]
fn a_change_that_could_not_be_announced_is_announced_once_it_can() {
    let (mut lan, id) = settled();
    lan.way_out = closed_for_a_while;
    let set = service_set("web", 81, "a=2");
    lan.hosts[0].update(lan.now, id, &set).unwrap();
    lan.run_until(at_ms(79_999));
    assert!(lan.sent.is_empty(), "nothing leaves");
    assert!(!lan.hosts[0].is_announced(id));
    lan.run_until(at_ms(120_000));
    assert!(lan.hosts[0].is_announced(id));
    let said = lan.sent.iter().filter(|sent| is_response(sent));
    let says = said.filter(|sent| sent.bytes.windows(3).any(|part| part == b"a=2"));
    assert_eq!(says.count(), 2);
}

/// Another host may have taken it while nobody could object.
//= https://www.rfc-editor.org/rfc/rfc6762#section-10.2
//= type=test
//# In cases where the host
//# has not been continuously connected and participating on the network
//# link, it MUST first probe to re-verify uniqueness of its unique
//# records, as described above in Section 8.1, "Probing".
#[test]
fn a_name_is_claimed_anew_after_a_time_in_which_it_could_not_be_defended() {
    let (mut lan, id) = settled();
    lan.way_out = closed_for_a_while;
    lan.hosts[0]
        .update(lan.now, id, &service_set("web", 81, "a=2"))
        .unwrap();
    lan.run_until(at_ms(120_000));
    let probes = probes(&lan);
    assert_eq!(probes.len(), 3, "{probes:?}");
    assert!(lan.hosts[0].is_established(id));
}

#[test]
fn a_moment_without_room_costs_nothing_but_that_moment() {
    let (mut lan, id) = settled();
    lan.way_out = |now| match now < at_ms(60_200) {
        true => Delivery {
            v4: Fate::Failed(SendFailure::NoRoom),
            v6: Fate::Unsuited,
        },
        false => Delivery::LEFT,
    };
    lan.hosts[0]
        .update(lan.now, id, &service_set("web", 81, "a=2"))
        .unwrap();
    lan.run_until(at_ms(120_000));
    assert!(probes(&lan).is_empty(), "the name stays ours");
    assert_eq!(lan.sent[0].at, at_ms(60_250));
    assert!(lan.hosts[0].is_announced(id));
    assert_eq!(notices(&mut lan.hosts[0]), []);
}

#[test]
fn a_goodbye_that_could_not_be_said_is_said_once_it_can() {
    let (mut lan, id) = settled();
    lan.way_out = closed_for_a_while;
    lan.hosts[0].unregister(id);
    lan.run_until(at_ms(79_999));
    assert!(lan.sent.is_empty(), "nothing leaves");
    lan.run_until(at_ms(95_000));
    let first = Message::parse(&lan.sent[1].bytes).unwrap();
    let goodbyes = first
        .answers()
        .filter(|record| record.as_ref().unwrap().ttl == Ttl::ZERO);
    assert_eq!(goodbyes.count(), 3);
}

#[test]
fn a_goodbye_for_what_nobody_keeps_any_more_is_not_said() {
    let (mut lan, id) = settled();
    lan.way_out = |now| match now < at_ms(5_000_000) {
        true => NOTHING,
        false => Delivery::LEFT,
    };
    lan.hosts[0].unregister(id);
    lan.run_until(at_ms(5_100_000));
    let goodbye = |sent: &Sent| {
        let message = Message::parse(&sent.bytes).unwrap();
        let mut answers = message.answers();
        answers.any(|record| record.unwrap().ttl == Ttl::ZERO)
    };
    assert!(!lan.sent.iter().any(goodbye));
}

#[test]
fn a_question_that_could_not_be_asked_is_asked_once_it_can() {
    let mut lan = Lan::new(1);
    lan.way_out = closed_at_first;
    lan.ask_for(0, "other.local", RecordType::A);
    lan.run_until(at_ms(40_000));
    let knock = lan.sent.remove(0);
    assert_eq!(knock.bytes.len(), 12, "it asks nothing");
    let times = lan.times();
    assert!(times.len() >= 3, "{times:?}");
    assert!(times[0] >= 20_000, "{times:?}");
    assert!(
        times[1] - times[0] < 1_300,
        "its series begins then: {times:?}"
    );
    assert_eq!(lan.hosts[0].stats().questions, times.len() as u64);
}

#[test]
fn a_family_that_takes_nothing_is_knocked_at_and_the_other_one_serves() {
    let mut lan = Lan::new(1);
    lan.way_out = v4_at_first;
    let id = lan.register(0, &host_set("host.local", 0));
    lan.run_until(at_ms(10_000));
    assert!(lan.hosts[0].is_established(id), "IPv4 serves");
    let v4 = Destination::MulticastBy(Family::V4);
    let said = lan.sent.iter().filter(|sent| is_response(sent));
    let said: Vec<_> = said.map(|sent| sent.to).collect();
    assert_eq!(said, [v4, v4], "nothing goes to those who heard no probe");
    lan.run_until(at_ms(19_999));
    let knock = Destination::MulticastBy(Family::V6);
    let knocks = lan.tries.iter().filter(|(_, to)| *to == knock).count();
    assert!((5..=8).contains(&knocks), "{:?}", lan.tries);
    let (link, family) = (LINK, Some(Family::V6));
    let why = SendFailure::Forbidden;
    let reported = notices(&mut lan.hosts[0]);
    assert_eq!(reported, [Notice::SendingFails { link, family, why }]);
    assert_eq!(
        lan.events,
        [(0, V6_WAITING), (0, ClaimChange::Established)],
        "its user knows before it is ours whom it is kept from"
    );

    // A new family on the link has not heard us: probes first, then announcements.
    lan.sent.clear();
    lan.run_until(at_ms(60_000));
    let reported = notices(&mut lan.hosts[0]);
    assert_eq!(reported, [Notice::SendingWorks { link, family }]);
    assert_eq!(
        lan.events[2..],
        [(0, V6_WORKS), (0, ClaimChange::Established)]
    );
    assert_eq!(lan.sent[0].to, knock);
    assert_eq!(lan.sent[0].bytes.len(), 12, "it asks nothing");
    let order: Vec<_> = lan.sent[1..]
        .iter()
        .map(|sent| (sent.to, is_probe(sent)))
        .collect();
    let both = Destination::Multicast;
    let expected = [
        (both, true),
        (both, true),
        (both, true),
        (both, false),
        (both, false),
    ];
    assert_eq!(order, expected);
}

#[test]
fn a_family_that_stops_to_work_and_is_gone_then_is_told_of_to_what_is_published() {
    let mut lan = Lan::new(1);
    lan.way_out = |now| match now.as_nanos() / 1_000_000 {
        ..10_000 => Delivery::LEFT,
        10_000..25_000 => ONLY_V4,
        25_000.. => Delivery {
            v4: Fate::Left,
            v6: Fate::Unsuited,
        },
    };
    lan.hosts[0].handle_link(lan.now, link_with(true));
    lan.register(0, &host_set("host.local", 0));
    lan.run_until(at_ms(10_000));
    lan.events.clear();
    lan.ask_for(0, "other.local", RecordType::A);
    lan.run_until(at_ms(20_000));
    assert_eq!(lan.events, [(0, V6_WAITING)]);

    // What is registered only now waits, too.
    lan.register(0, &service_set("web", 80, "a=1"));
    lan.run_until(at_ms(25_000));
    let expected = [(0, V6_WAITING), (0, ClaimChange::Established)];
    assert_eq!(lan.events[1..], expected);

    lan.hosts[0].handle_link(lan.now, link_with(false));
    lan.run_until(at_ms(30_000));
    assert_eq!(lan.events[3..], [(0, V6_WORKS), (0, V6_WORKS)]);
    let (link, family) = (LINK, Some(Family::V6));
    let why = SendFailure::Forbidden;
    let reported = notices(&mut lan.hosts[0]);
    assert_eq!(reported, [Notice::SendingFails { link, family, why }]);
}

#[test]
fn a_link_that_is_gone_keeps_nothing_waiting() {
    let mut lan = Lan::new(1);
    lan.way_out = |_| NOTHING;
    lan.register(0, &host_set("host.local", 0));
    lan.run_until(at_ms(5_000));
    lan.hosts[0].handle_link(lan.now, LinkChange::Down { link: LINK });
    lan.run_until(at_ms(6_000));
    let over = ClaimChange::WaitingOver { family: None };
    assert_eq!(lan.events, [(0, WAITING), (0, over)]);
}

/// It takes on another address, so everything is claimed there again.
#[test]
fn what_was_told_of_a_link_is_told_again_when_it_has_passed_though_the_link_counts_as_new() {
    let moved = LinkChange::Up {
        link: LINK,
        info: LinkInfo {
            addresses: vec![LinkAddress {
                ip: "10.0.1.1".parse().unwrap(),
                prefix_len: 24,
            }],
            mtu: 1_500,
        },
    };
    let (link, family) = (LINK, None);
    let why = SendFailure::Forbidden;
    let mut lan = Lan::new(1);
    lan.way_out = closed_at_first;
    lan.register(0, &host_set("host.local", 0));
    lan.run_until(at_ms(10_000));
    lan.hosts[0].handle_link(lan.now, moved.clone());
    lan.run_until(at_ms(15_000));
    let reported = notices(&mut lan.hosts[0]);
    assert_eq!(reported, [Notice::SendingFails { link, family, why }]);
    lan.run_until(at_ms(60_000));
    let reported = notices(&mut lan.hosts[0]);
    assert_eq!(reported, [Notice::SendingWorks { link, family }]);

    let mut lan = Lan::new(1);
    lan.way_out = |now| match now < at_ms(10_000) {
        true => NOTHING,
        false => Delivery::LEFT,
    };
    lan.register(0, &host_set("host.local", 0));
    lan.run_until(at_ms(9_900));
    assert_eq!(notices(&mut lan.hosts[0]).len(), 1);
    lan.now = at_ms(10_000);
    lan.hosts[0].handle_link(lan.now, moved);
    lan.run_until(at_ms(60_000));
    let reported = notices(&mut lan.hosts[0]);
    assert_eq!(reported, [Notice::SendingWorks { link, family }]);
}

/// A driver gathers packets before it sends them.
#[test]
fn what_one_packet_says_is_in_no_other_before_it_is_reported() {
    let mut lan = Lan::new(1);
    for n in 0..40 {
        lan.register(0, &service_set(&alloc::format!("web {n}"), 80, "a=1"));
    }
    let engine = &mut lan.hosts[0];
    let (mut buf, mut probes, mut answers) = (Vec::new(), 0, 0);
    while let Some(due) = engine.poll_timeout().filter(|due| due.at < at_ms(10_000)) {
        engine.handle_timeout(due.at);
        let mut batch = Vec::new();
        while let Some(transmit) = engine.poll_transmit(due.at, &mut buf) {
            let counts = Message::parse(&buf).unwrap().header().counts;
            probes += usize::from(counts.questions);
            answers += usize::from(counts.answers);
            batch.push(transmit);
            assert!(batch.len() < 100, "packets without end");
        }
        for transmit in batch {
            engine.handle_transmit(due.at, transmit, Delivery::LEFT);
        }
    }
    assert_eq!((probes, answers), (3 * 40, 2 * 3 * 40));
}

#[test]
fn what_is_dropped_without_a_report_was_not_sent() {
    let mut lan = Lan::new(1);
    let id = lan.register(0, &host_set("host.local", 0));
    let engine = &mut lan.hosts[0];
    let (mut buf, mut polled) = (Vec::new(), 0);
    while let Some(due) = engine.poll_timeout().filter(|due| due.at < at_ms(60_000)) {
        engine.handle_timeout(due.at);
        while let Some(transmit) = engine.poll_transmit(due.at, &mut buf) {
            drop(transmit);
            polled += 1;
            assert!(polled < 30, "tried without end");
        }
    }
    assert!(polled > 5, "it is tried again");
    assert!(!engine.is_established(id), "no probe was sent");
}

/// A record that no packet can carry blocks nothing else.
#[test]
fn a_packet_that_is_too_long_to_leave_holds_up_no_other() {
    let mut lan = Lan::new(1);
    lan.register(0, &host_set("host.local", 0));
    lan.run_until(at_ms(5_000));
    lan.register(0, &service_set("web", 80, "a=1"));
    let (mut buf, mut late) = (Vec::new(), false);
    let engine = &mut lan.hosts[0];
    while let Some(due) = engine.poll_timeout().filter(|due| due.at < at_ms(9_000)) {
        engine.handle_timeout(due.at);
        while let Some(transmit) = engine.poll_transmit(due.at, &mut buf) {
            let counts = Message::parse(&buf).unwrap().header().counts;
            let fate = match counts.authorities > 0 {
                true => Fate::Failed(SendFailure::TooLong),
                false => Fate::Left,
            };
            late |= due.at > at_ms(6_000) && counts.answers > 0;
            let delivery = Delivery { v4: fate, v6: fate };
            engine.handle_transmit(due.at, transmit, delivery);
        }
        if due.at > at_ms(5_900) && !late {
            let query = query(&[("host.local", RecordType::A, false)], &[]);
            let _ = engine.handle_datagram(
                due.at,
                Datagram {
                    link: LINK,
                    source: "10.0.0.200:5353".parse().unwrap(),
                    destination: "224.0.0.251".parse().unwrap(),
                    bytes: &query,
                },
            );
        }
    }
    assert_eq!(notices(engine), []);
}

/// Returns a link with IPv4, and perhaps IPv6.
fn link_with(has_v6: bool) -> LinkChange {
    let address = |ip: IpAddr, prefix_len| LinkAddress { ip, prefix_len };
    let v4 = address(IpAddr::V4(ip(0)), 24);
    let v6 = address("fe80::1".parse().unwrap(), 64);
    let mut addresses = vec![v4, v6];
    addresses.truncate(1 + usize::from(has_v6));
    LinkChange::Up {
        link: LINK,
        info: LinkInfo {
            addresses,
            mtu: 1_500,
        },
    }
}

#[test]
fn a_family_that_a_link_has_no_more_is_not_knocked_at() {
    let mut lan = Lan::new(1);
    lan.way_out = |now| match now < at_ms(5_000) {
        true => ONLY_V4,
        false => Delivery {
            v4: Fate::Left,
            v6: Fate::Unsuited,
        },
    };
    lan.hosts[0].handle_link(lan.now, link_with(true));
    lan.register(0, &host_set("host.local", 0));
    lan.run_until(at_ms(5_000));
    let knock = Destination::MulticastBy(Family::V6);
    assert!(lan.tries.iter().any(|(_, to)| *to == knock));

    lan.hosts[0].handle_link(lan.now, link_with(false));
    lan.tries.clear();
    lan.ask_for(0, "other.local", RecordType::A);
    lan.run_until(at_ms(60_000));
    assert!(!lan.tries.is_empty());
    let elsewhere = lan
        .tries
        .iter()
        .find(|(_, to)| *to != Destination::Multicast);
    assert_eq!(elsewhere, None);
}

/// Hosts that can still be reached have heard nothing of us.
#[test]
fn when_only_the_family_in_trouble_stays_all_is_claimed_anew_over_it() {
    let mut lan = Lan::new(1);
    lan.way_out = |now| match now < at_ms(8_000) {
        true => Delivery {
            v4: FORBIDDEN,
            v6: Fate::Left,
        },
        false => Delivery {
            v4: Fate::Left,
            v6: Fate::Unsuited,
        },
    };
    lan.hosts[0].handle_link(lan.now, link_with(true));
    lan.register(0, &host_set("host.local", 0));
    lan.run_until(at_ms(8_000));
    lan.hosts[0].handle_link(lan.now, link_with(false));
    (lan.tries, lan.sent) = (vec![], vec![]);
    lan.run_until(at_ms(60_000));
    let mut tries = lan.tries.iter();
    assert!(tries.all(|(_, to)| *to == Destination::Multicast));
    let used = lan.sent.iter().position(is_response);
    assert_eq!(used, Some(3), "three probes come before");
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-8.1
//= type=test
//# The first startup step is that, for all those resource records that a
//# Multicast DNS responder desires to be unique on the local link, it
//# MUST send a Multicast DNS query asking for those resource records, to
//# see if any of them are already in use.
#[test]
fn a_name_that_was_probed_for_over_one_family_is_not_used_over_the_other_one() {
    let mut lan = Lan::new(1);
    lan.way_out = |now| match now < at_ms(5_000) {
        true => Delivery {
            v4: FORBIDDEN,
            v6: Fate::Left,
        },
        false => Delivery::LEFT,
    };
    let id = lan.register(0, &host_set("host.local", 0));
    lan.run_until(at_ms(4_900));
    assert!(lan.hosts[0].is_established(id), "IPv6 serves");
    lan.sent.clear();
    // IPv4 begins to work, which is only found out by trying.
    let mut asked = at_ms(5_000);
    while !lan
        .sent
        .iter()
        .any(|sent| sent.to != Destination::MulticastBy(Family::V6))
    {
        lan.run_until(asked);
        lan.ask(5353, &[("host.local", RecordType::A, true)], &[]);
        lan.ask(40_000, &[("host.local", RecordType::A, false)], &[]);
        lan.transmit_all();
        asked = asked + Duration::from_millis(300);
        assert!(asked < at_ms(60_000), "IPv4 is tried");
    }
    lan.run_until(at_ms(60_000));
    let v4 = lan
        .sent
        .iter()
        .filter(|sent| sent.to != Destination::MulticastBy(Family::V6));
    let v4: Vec<&Sent> = v4.collect();
    assert_eq!(v4[0].bytes.len(), 12, "the first asks and says nothing");
    let used = v4.iter().position(|sent| is_response(sent)).unwrap();
    assert_eq!(used, 4, "three probes come before");
}

/// However short it was: the hosts there have heard no probe.
#[test]
fn a_name_that_was_probed_for_in_a_short_trouble_of_a_family_is_claimed_anew() {
    let mut lan = Lan::new(1);
    lan.way_out = |now| match now < at_ms(700) {
        true => ONLY_V4,
        false => Delivery::LEFT,
    };
    lan.register(0, &host_set("host.local", 0));
    lan.run_until(at_ms(20_000));
    let v6 = lan
        .sent
        .iter()
        .filter(|sent| sent.to != Destination::MulticastBy(Family::V4));
    let v6 = v6.filter(|sent| sent.at >= at_ms(700) && sent.bytes.len() > 12);
    let used = v6.take_while(|sent| !is_response(sent)).count();
    assert_eq!(used, 3, "probes over both");
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-8.1
//= type=test
//# 250 ms after the first query, the host should send a second; then,
//# 250 ms after that, a third.
#[test]
fn a_claim_that_begins_anew_keeps_the_time_between_probes() {
    for wait in (0..400).step_by(10) {
        let mut lan = Lan::new(1);
        lan.way_out = |now| match now < at_ms(700) {
            true => ONLY_V4,
            false => Delivery::LEFT,
        };
        lan.run_until(at_ms(wait));
        lan.register(0, &host_set("host.local", 0));
        lan.run_until(at_ms(5_000));
        let probes = probes(&lan);
        let gaps = probes.windows(2).map(|pair| pair[1] - pair[0]);
        assert!(gaps.min() >= Some(250), "{wait}: {probes:?}");
    }
}

/// The record of the service in [`settled`] that is asked for in these tests.
fn pointer(engine: &Engine) -> RecordId {
    let responder = &engine.responder;
    let is_pointer = |id: &RecordId| matches!(responder.record(*id).unwrap().data, RData::Ptr(ref target) if *target == name("web._http._tcp.local"));
    responder.ids().find(is_pointer).unwrap()
}

fn wants(engine: &mut Engine, now: Instant) -> RecordId {
    let id = pointer(engine);
    let when = When::at_once(now);
    engine.responder.multicast((LINK, id), when, Asker::Anybody);
    id
}

#[test]
fn a_record_that_is_wanted_again_while_its_packet_is_on_its_way_is_sent_once() {
    let (mut lan, _) = settled();
    let (now, mut buf) = (lan.now, Vec::new());
    let engine = &mut lan.hosts[0];
    wants(engine, now);
    let transmit = engine.poll_transmit(now, &mut buf).unwrap();
    wants(engine, now);
    engine.handle_transmit(now, transmit, Delivery::LEFT);
    for after in [0, 500, 1_500, 5_000] {
        let now = now + Duration::from_millis(after);
        assert_eq!(engine.send_next(now, &mut buf), None, "after {after} ms");
    }
}

#[test]
fn what_is_due_and_cannot_be_said_any_more_makes_no_packet() {
    let (mut lan, _) = settled();
    let (now, mut buf) = (lan.now, Vec::new());
    let engine = &mut lan.hosts[0];
    let id = wants(engine, now);
    engine.responder.end_in_silence(id, LINK);
    assert_eq!(engine.send_next(now, &mut buf), None);
    assert!(!engine.responder.is_due(LINK, now));
    let record = engine.responder.record(id).unwrap();
    assert!(record.on(LINK).unwrap().pending.is_none());
}
