//! Datagrams that waited to be read because the process or the machine was stopped.

use super::lan::*;
use crate::transmit::Ignored;

/// Delivers a datagram to the group that waited to be read.
fn hear_late(lan: &mut Lan, source: &str, age: Duration, bytes: &[u8]) -> Verdict {
    let datagram = Datagram {
        link: LINK,
        source: source.parse().unwrap(),
        destination: "224.0.0.251".parse().unwrap(),
        bytes,
    };
    lan.hosts[0].handle_late_datagram(lan.now, age, datagram)
}

#[test]
fn a_response_that_waited_to_be_read_has_lived_so_long_already() {
    let secs = Duration::from_secs;
    // How old it is when it is read, and until when its record is believed.
    for (age, left) in [(0, 120), (1, 120), (100, 20), (119, 1), (120, 0), (130, 0)] {
        let mut lan = Lan::new(1);
        lan.ask_for(0, "printer.local", RecordType::A);
        lan.run_until(at_ms(500));
        let address = host_set("printer.local", 8).records;
        let bytes = message(0, Flags::RESPONSE, &[], Section::Answer, &address);
        let verdict = hear_late(&mut lan, "10.0.0.9:5353", secs(age), &bytes);
        assert_eq!(verdict, Verdict::Response, "{age}");
        let known = |lan: &Lan| lan.hosts[0].stats().cache_records;
        let heard = lan.now;
        if left > 0 {
            lan.run_until(heard + secs(left) - Duration::from_millis(1));
            assert_eq!(known(&lan), 1, "{age}");
        }
        lan.run_until(heard + secs(left) + Duration::from_millis(1));
        assert_eq!(known(&lan), 0, "{age}");
    }
}

#[test]
fn a_query_that_waited_to_be_read_is_not_answered() {
    let asked = query(&[("host.local", RecordType::A, false)], &[]);
    for (age, answers) in [(0, 1), (1_000, 1), (1_001, 0), (130_000, 0)] {
        let (mut lan, _) = settled();
        let age = Duration::from_millis(age);
        let verdict = hear_late(&mut lan, "10.0.0.200:5353", age, &asked);
        assert_eq!(verdict == Verdict::Query, answers == 1, "{age:?}");
        lan.run_until(at_ms(65_000));
        assert_eq!(lan.sent.len(), answers, "{age:?}");
        let late = lan.hosts[0].stats().ignored.count(Ignored::Late);
        assert_eq!(late, 1 - answers as u64, "{age:?}");
    }
}

#[test]
fn an_own_packet_that_waited_to_be_read_is_nobody_elses() {
    let mut lan = Lan::new(1);
    let set = RecordSet {
        cooperates: true,
        ..host_set("host.local", 0)
    };
    let id = lan.register(0, &set);
    lan.run_until(at_ms(10_000));
    let announced = lan.sent.pop().unwrap().bytes;
    let verdict = hear_late(
        &mut lan,
        "10.0.0.1:5353",
        Duration::from_secs(8),
        &announced,
    );
    assert_eq!(verdict, Verdict::Ignored(Ignored::Late));
    lan.sent.clear();
    lan.hosts[0].unregister(id);
    lan.run_until(at_ms(12_000));
    assert_eq!(lan.sent.len(), 1, "a goodbye");
}
