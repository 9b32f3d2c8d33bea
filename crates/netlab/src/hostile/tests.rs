//! Each kind matches its name, and is the same for the same seed.

use std::time::Duration;

use cooee_wire::Message;

use super::{Attack, Attacker, Family, Sources, Target};
use crate::capture::MDNS_PORT;
use crate::frame::Udp;

fn attack(families: Vec<Family>) -> Attack {
    Attack {
        interface: "eth0".to_owned(),
        network: [10, 1, 0, 0].into(),
        target: Target {
            mac: [2, 0, 0, 0, 0, 1],
            ipv4: [10, 1, 0, 1].into(),
            ipv6: Some([0xfe80, 0, 0, 0, 0, 0, 0, 1].into()),
            service_type: "_http._tcp".to_owned(),
            instances: vec!["One".to_owned(), "Two".to_owned()],
        },
        families,
        sources: Sources::Many,
        rate: 1000,
        duration: Duration::from_secs(1),
        seed: 7,
    }
}

/// Returns the packets of one kind, each with what it holds.
fn of(family: Family) -> Vec<(Udp<'static>, Vec<u8>)> {
    let attack = attack(vec![family]);
    let mut attacker = Attacker::new(&attack);
    let mut packet = || {
        let frame = attacker.packet().frame().leak();
        let udp = Udp::parse(frame).expect("a frame with a datagram");
        (udp, udp.payload.to_vec())
    };
    (0..200).map(|_| packet()).collect()
}

fn has(family: Family, wanted: impl Fn(&Message<'_>) -> bool) -> usize {
    let packets = of(family);
    let messages = packets.iter().map(|(_, payload)| Message::parse(payload));
    messages
        .filter(|message| message.as_ref().is_ok_and(&wanted))
        .count()
}

fn is_faulty(message: &Message<'_>) -> bool {
    message.questions().any(|question| question.is_err())
        || message.records().any(|record| match record {
            Ok((_, record)) => {
                record.name.to_name().is_err()
                    || record.data().and_then(|data| data.to_owned()).is_err()
            }
            Err(_) => true,
        })
}

#[test]
fn the_same_seed_makes_the_same_packets() {
    let attack = attack(Family::mix());
    let (mut one, mut two) = (Attacker::new(&attack), Attacker::new(&attack));
    assert!((0..2000).all(|_| one.packet() == two.packet()));
}

#[test]
fn every_kind_is_found_by_its_name() {
    for family in Family::ALL {
        assert_eq!(Family::named(family.name()), Ok(family));
    }
    assert!(Family::named("friendly").is_err());
}

#[test]
fn lengths_are_what_the_kinds_say() {
    assert!(
        of(Family::Short)
            .iter()
            .all(|(_, payload)| payload.len() < 12)
    );
    assert!(
        of(Family::Oversized)
            .iter()
            .all(|(_, payload)| payload.len() > 9000)
    );
    let others = Family::ALL
        .into_iter()
        .filter(|family| *family != Family::Oversized);
    for family in others {
        let longest = of(family).iter().map(|(_, payload)| payload.len()).max();
        assert!(
            longest <= Some(1452),
            "{}: {longest:?} bytes need fragments",
            family.name()
        );
    }
}

#[test]
fn malformed_kinds_hold_faults() {
    for family in [
        Family::Counts,
        Family::LabelLengths,
        Family::Pointers,
        Family::DataLengths,
        Family::TxtStrings,
        Family::SrvTargets,
        Family::NsecWindows,
    ] {
        let faulty = has(family, is_faulty);
        assert!(faulty > 40, "{}: {faulty} of 200", family.name());
    }
}

#[test]
fn well_formed_kinds_hold_none() {
    for family in [
        Family::UnaskedNames,
        Family::UnheardInstances,
        Family::AdditionalRecords,
        Family::Aliases,
        Family::Alternating,
        Family::ShiftingTtl,
        Family::Queries,
        Family::UnicastWanted,
        Family::Legacy,
        Family::ManyQuestions,
        Family::Truncated,
        Family::Questionless,
        Family::Browsed,
        Family::Probes,
        Family::Conflicts,
    ] {
        let sound = has(family, |message| !is_faulty(message));
        assert_eq!(sound, 200, "{}", family.name());
    }
}

#[test]
fn sources_are_what_the_kinds_say() {
    let all = |family, wanted: fn(&Udp<'_>) -> bool| of(family).iter().all(|(udp, _)| wanted(udp));
    assert!(all(Family::PortZero, |udp| udp.source.port() == 0));
    assert!(all(Family::Legacy, |udp| udp.source.port() != MDNS_PORT));
    assert!(all(Family::Impostor, |udp| udp.source.ip().to_string()
        == "10.1.0.1"
        || udp.source.ip().to_string() == "fe80::1"));
    assert!(all(Family::OffLink, |udp| !udp
        .source
        .ip()
        .to_string()
        .starts_with("10.")
        && !udp.source.ip().to_string().starts_with("fe80:")));
    assert!(all(Family::Unsolicited, |udp| !udp
        .destination
        .ip()
        .is_multicast()));
    let one = Attack {
        sources: Sources::One(9),
        ..attack(vec![Family::Queries])
    };
    let mut attacker = Attacker::new(&one);
    let from: std::collections::BTreeSet<_> = (0..100).map(|_| attacker.packet().source).collect();
    assert_eq!(from.len(), 2, "one host, in two families: {from:?}");
}

#[test]
fn the_mix_holds_every_kind_but_conflicts() {
    let mix = Family::mix();
    assert_eq!(mix.len(), Family::ALL.len() - 1);
    assert!(!mix.contains(&Family::Conflicts));
}
