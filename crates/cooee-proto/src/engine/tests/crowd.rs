//! Names with many records: which hosts keep others out, and for how long.

use alloc::collections::BTreeSet;
use alloc::string::String;

use super::lan::*;
use crate::event::{AnswerChange, Removal};

const HTTP: &str = "_http._tcp.local";
const HONEST: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 9);
const FORGER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 66);

/// Returns a separate host for each number.
fn of(n: u32) -> Ipv4Addr {
    Ipv4Addr::from(0x0a01_0000 + n)
}

fn hear(lan: &mut Lan, source: Ipv4Addr, records: &[OwnedRecord]) {
    let bytes = message(0, Flags::RESPONSE, &[], Section::Answer, records);
    let datagram = Datagram {
        link: LINK,
        source: SocketAddr::new(IpAddr::V4(source), 5353),
        destination: IpAddr::V4(Ipv4Addr::new(224, 0, 0, 251)),
        bytes: &bytes,
    };
    let now = lan.now;
    let _ = lan.hosts[0].handle_datagram(now, datagram);
}

fn target(n: u32) -> String {
    alloc::format!("i{n}._http._tcp.local")
}

fn pointer(n: u32, ttl: u32) -> OwnedRecord {
    record(HTTP, ttl, false, RData::Ptr(name(&target(n))))
}

fn reported(lan: &mut Lan) -> Vec<AnswerChange> {
    let engine = &mut lan.hosts[0];
    core::iter::from_fn(|| engine.poll_event())
        .map(|event| event.change)
        .collect()
}

fn browsing(config: &Config) -> Lan {
    let mut lan = Lan::with(1, config);
    lan.ask_for(0, HTTP, RecordType::PTR);
    lan.run_until(at_ms(200));
    lan
}

#[test]
fn forgeries_of_one_host_keep_no_device_out() {
    let mut lan = browsing(&Config::default());
    for packet in 0..200 {
        let forged: Vec<_> = (0..60).map(|n| pointer(packet * 60 + n, 86_400)).collect();
        hear(&mut lan, FORGER, &forged);
    }
    let stats = lan.hosts[0].stats();
    assert!(stats.refused > 5_000, "{stats:?}");
    assert!(stats.cache_records < 5_000, "{stats:?}");
    reported(&mut lan);
    for n in 0..100 {
        hear(&mut lan, HONEST, &[pointer(100_000 + n, 4_500)]);
        let changes = reported(&mut lan);
        let [
            AnswerChange::Removed(_, Removal::Evicted),
            AnswerChange::Added(_),
        ] = &changes[..]
        else {
            panic!("{changes:?}");
        };
    }
}

/// Returns how long it takes until ten thousand instances of this many hosts are known, whose
/// owners answer with what is not listed as known.
fn seconds_to_know_ten_thousand(owner: impl Fn(u32) -> Ipv4Addr) -> u64 {
    let mut lan = browsing(&Config::default());
    let mut missing: BTreeSet<u32> = (0..10_000).collect();
    loop {
        for &n in &missing {
            hear(&mut lan, owner(n), &[pointer(n, 4_500)]);
        }
        let mut known = BTreeSet::new();
        for change in reported(&mut lan) {
            let AnswerChange::Added(answer) = change else {
                panic!("{change:?}");
            };
            let RData::Ptr(target) = answer.data else {
                panic!("{answer:?}");
            };
            let label = target.first_label().unwrap()[1..].to_vec();
            known.insert(String::from_utf8(label).unwrap().parse::<u32>().unwrap());
        }
        missing.retain(|n| !known.contains(n));
        if missing.is_empty() {
            return lan.now.as_nanos() / 1_000_000_000;
        }
        let before = lan.sent.len();
        while lan.sent.len() == before {
            let next = lan.now + Duration::from_secs(1);
            lan.run_until(next);
            assert!(lan.now < at_ms(300_000), "{} are missing", missing.len());
        }
    }
}

#[test]
fn ten_thousand_instances_of_one_type_are_followed() {
    for (hosts, owner) in [
        ("hosts of their own", of as fn(u32) -> Ipv4Addr),
        ("one host", |_| HONEST),
    ] {
        let seconds = seconds_to_know_ten_thousand(owner);
        assert!(seconds <= 150, "{hosts}: {seconds} s");
    }
}

#[test]
fn forgeries_of_many_hosts_are_doubted_and_make_room_when_they_stop() {
    let mut config = Config::default();
    config.limits.pointers_per_name_max = 200;
    let mut lan = browsing(&config);
    for n in 0..200 {
        hear(&mut lan, of(n), &[pointer(n, 86_400)]);
    }
    reported(&mut lan);
    let known = pointer(0, 86_400);
    let newcomer = pointer(1_000, 4_500);
    hear(&mut lan, HONEST, core::slice::from_ref(&newcomer));
    assert!(reported(&mut lan).is_empty(), "there is no room");
    // Both answer whenever they are asked, unless their record is listed as known.
    let mut asked = lan.sent.len();
    while lan.now < at_ms(75_000) {
        let next = lan.now + Duration::from_millis(100);
        lan.run_until(next);
        if lan.sent.len() > asked {
            asked = lan.sent.len();
            hear(&mut lan, of(0), core::slice::from_ref(&known));
            hear(&mut lan, HONEST, core::slice::from_ref(&newcomer));
        }
    }
    let (mut added, mut removed) = (vec![], vec![]);
    for change in reported(&mut lan) {
        match &change {
            AnswerChange::Added(answer) => added.push(answer.data.clone()),
            AnswerChange::Removed(answer, Removal::Unconfirmed) => {
                removed.push(answer.data.clone());
            }
            AnswerChange::AlsoHeard(_)
            | AnswerChange::Removed(..)
            | AnswerChange::Denied
            | AnswerChange::Unanswered => panic!("{change:?}"),
        }
    }
    assert_eq!(added, [newcomer.data]);
    assert_eq!(removed.len(), 25, "an eighth, and not what was said again");
    assert!(!removed.contains(&known.data));
}

#[test]
fn forged_addresses_leave_a_place_for_the_true_one() {
    let mut lan = Lan::new(1);
    lan.ask_for(0, "host.local", RecordType::A);
    let address = |ip: Ipv4Addr| record("host.local", 86_400, false, RData::A(ip));
    for n in 0..100 {
        hear(&mut lan, FORGER, &[address(of(n))]);
    }
    assert_eq!(lan.hosts[0].stats().cache_records, 64);
    reported(&mut lan);
    hear(&mut lan, HONEST, &[address(HONEST)]);
    let changes = reported(&mut lan);
    let added = |change: &AnswerChange| matches!(change, AnswerChange::Added(answer) if answer.data == RData::A(HONEST));
    assert!(changes.iter().any(added), "{changes:?}");
}

#[test]
fn ever_new_instances_of_a_second_are_not_asked_for_before_they_end() {
    let mut lan = browsing(&Config::default());
    for n in 0..101 {
        hear(&mut lan, FORGER, &[pointer(n, 1)]);
        let next = lan.now + Duration::from_millis(100);
        lan.run_until(next);
    }
    let questions = lan.hosts[0].stats().questions;
    assert!(questions <= 8, "{questions}");
}

#[test]
fn no_more_than_so_many_queries_are_made_a_second_and_nothing_is_left_out() {
    let mut lan = Lan::new(1);
    let long = |n: usize| {
        alloc::format!(
            "{}.{}.{}{n}.local",
            "a".repeat(60),
            "b".repeat(60),
            "c".repeat(50)
        )
    };
    for n in 0..9_000 {
        lan.ask_for(0, &long(n), RecordType::A);
    }
    lan.run_until(at_ms(1_000));
    let stats = lan.hosts[0].stats();
    assert!((1_000..=1_050).contains(&stats.packets), "{stats:?}");
    assert!(stats.queries_held > 0, "{stats:?}");
    lan.run_until(at_ms(20_000));
    assert!(lan.hosts[0].stats().packets <= 1_000 + 50 * 20);
    let mut asked = BTreeSet::new();
    for sent in &lan.sent {
        let message = Message::parse(&sent.bytes).unwrap();
        let questions = message.questions().map(Result::unwrap);
        asked.extend(questions.map(|question| question.name.to_name().unwrap()));
    }
    assert_eq!(asked.len(), 9_000);
}
