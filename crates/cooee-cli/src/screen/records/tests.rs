//! The age and the sender of records, from messages and from the cache.

use std::net::IpAddr;
use std::time::Duration;

use cooee::{InstanceName, Name, RData, RecordType, Srv, Ttl};
use cooee_wire::{Class, Flags, MessageBuilder, RecordFields, Section};

use super::{Kept, Records, Unseen, of_message};

const DOOR: &str = "Front\\ Door._http._tcp.local";

fn at(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn door() -> InstanceName {
    InstanceName::from_name(&name(DOOR)).unwrap()
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// Passes on a response with one record.
fn hear(records: &mut Records, now: u64, from: &str, (owner, ttl, data): (&str, u32, RData)) {
    let mut bytes = Vec::new();
    let mut builder = MessageBuilder::new(&mut bytes, 0, Flags::RESPONSE, 9_000);
    let owner = name(owner);
    let fields = RecordFields {
        name: &owner,
        class: Class::IN,
        cache_flush: true,
        ttl: Ttl(ttl),
        data: &data,
    };
    builder.record(Section::Answer, fields).unwrap();
    builder.finish();
    records.take(at(now), of_message(&bytes, address(from)));
}

fn srv() -> RData {
    RData::Srv(Srv {
        priority: 0,
        weight: 0,
        port: 80,
        target: name("gate.local"),
    })
}

fn host_address() -> RData {
    RData::A("10.0.0.7".parse().unwrap())
}

/// Returns the age, the time left and the sender of the SRV record.
fn shown(records: &Records, now: u64) -> Option<(u64, u64, Option<String>)> {
    let seen = records.of(at(now), &door(), None);
    let srv = seen.into_iter().find(|seen| seen.rtype == "SRV")?;
    Some((srv.age.as_secs(), srv.left.as_secs(), srv.source))
}

#[test]
fn the_sender_is_shown_by_the_name_that_it_gives_to_its_address() {
    let mut records = Records::default();
    hear(&mut records, 1, "10.0.0.7", (DOOR, 120, srv()));
    let by_address = Some("10.0.0.7".to_owned());
    assert_eq!(shown(&records, 6), Some((5, 115, by_address.clone())));
    let own = |ttl| ("gate.local", ttl, host_address());
    hear(&mut records, 6, "10.0.0.7", own(120));
    let by_name = Some("gate.local".to_owned());
    assert_eq!(shown(&records, 6), Some((5, 115, by_name)));
    // A goodbye of the address.
    hear(&mut records, 7, "10.0.0.7", own(0));
    assert_eq!(shown(&records, 7), Some((6, 114, by_address)));
}

#[test]
fn a_record_that_no_message_has_shown_has_the_age_that_the_cache_knows() {
    let mut records = Records::default();
    let host = name("gate.local");
    let types = |records: &Records, now| {
        let unseen = records.unseen(at(now), &door(), Some(&host));
        unseen.iter().map(|one| one.rtype).collect::<Vec<_>>()
    };
    let unseen = records.unseen(at(1), &door(), Some(&host));
    let asked: Vec<_> = unseen.iter().map(|one| (&one.name, one.rtype)).collect();
    let (kind, own) = (name("_http._tcp.local"), name(DOOR));
    let expected = [
        (&kind, RecordType::PTR),
        (&own, RecordType::SRV),
        (&own, RecordType::TXT),
        (&host, RecordType::A),
        (&host, RecordType::AAAA),
    ];
    assert_eq!(asked, expected);
    // Received 90 seconds before the screen was there.
    let kept = |data, age, left| Kept {
        data,
        age: at(age),
        left: at(left),
    };
    let take = |records: &mut Records, rtype, found: &[Kept]| {
        let wanted = |one: &&Unseen| one.rtype == rtype;
        let one = unseen.iter().find(wanted).unwrap().clone();
        records.recall(at(1), one, found);
    };
    take(&mut records, RecordType::SRV, &[kept(srv(), 90, 30)]);
    assert_eq!(shown(&records, 11), Some((100, 20, None)));
    // A pointer to another instance is not its own.
    let other = RData::Ptr(name("Other._http._tcp.local"));
    take(&mut records, RecordType::PTR, &[kept(other, 1, 1)]);
    take(&mut records, RecordType::A, &[kept(host_address(), 5, 115)]);
    assert_eq!(types(&records, 2), [RecordType::PTR, RecordType::TXT]);
    let pointer = RData::Ptr(name(DOOR));
    take(&mut records, RecordType::PTR, &[kept(pointer, 5, 4_000)]);
    assert_eq!(types(&records, 2), [RecordType::TXT]);
    // What should have ended by now was received again meanwhile, or it would be gone.
    assert_eq!(types(&records, 31), [RecordType::SRV, RecordType::TXT]);
    // A message counts more than the cache.
    hear(&mut records, 31, "10.0.0.7", (DOOR, 120, srv()));
    let source = Some("10.0.0.7".to_owned());
    assert_eq!(shown(&records, 32), Some((1, 119, source)));
}
