//! Names and records as reports have them.

use cooee::{Answer, Families, Name, RData, RecordType};

use super::{distinct, record, uncompressed};
use crate::output::{Action, Named, Report};

#[test]
fn a_name_is_shown_without_escapes_and_exactly_beside_that() {
    let name: Name = r"Dr\. Who\032\(2\)._http._tcp.local".parse().unwrap();
    let named = Named::new(&name);
    assert_eq!(named.name, "Dr. Who (2)._http._tcp.local");
    assert_eq!(named.text(), r"Dr\. Who (2)._http._tcp.local");
    let root = Named::new(&Name::root());
    assert_eq!((root.name.as_str(), root.name_exact), (".", None));
}

#[test]
fn rdata_is_hexadecimal_without_compression() {
    let data = RData::parse(RecordType::PTR, b"\x01a\x05local\x00").unwrap();
    assert_eq!(uncompressed(&data), b"\x01a\x05local\x00");
    let answer = Answer {
        name: "x.local".parse().unwrap(),
        ttl: cooee::Ttl(120),
        unique: true,
        data: RData::parse(RecordType::HINFO, b"\x03cpu\x02os").unwrap(),
        families: Families::default(),
    };
    let record = record(Action::Add, &answer, "eth0");
    assert_eq!(record.rdata, "03637075026f73");
    assert_eq!(record.text, "\"cpu\" \"os\"");
    assert_eq!((record.rtype.as_str(), record.ttl), ("HINFO", 120));
}

#[test]
fn a_name_in_a_record_ends_with_a_dot_for_programs_and_without_one_for_people() {
    let answer = Answer {
        name: "x.local".parse().unwrap(),
        ttl: cooee::Ttl(120),
        unique: false,
        data: RData::Ptr("a.local".parse().unwrap()),
        families: Families::default(),
    };
    let record = record(Action::Add, &answer, "eth0");
    assert_eq!(
        (&*record.text, &*record.text_shown),
        ("a.local.", "a.local")
    );
    let line = crate::text::render(&Report::Record(record));
    assert!(line.contains("PTR  a.local  "), "{line}");
}

#[test]
fn an_address_that_two_links_know_is_listed_once_and_the_best_stays_first() {
    let known = ["10.0.0.9", "fe80::1%eth0", "10.0.0.9", "fe80::1%eth1"];
    let listed = ["10.0.0.9", "fe80::1%eth0", "fe80::1%eth1"];
    assert_eq!(distinct(known.into_iter()), listed);
}
