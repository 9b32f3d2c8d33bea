//! Names and records through a zone, both ways.

use cooee::{Name, Nsec, RData, RecordType, Srv, TxtData, TypeBitmap};

use super::super::links::Links;
use super::super::scope::Scope;
use super::super::zone::{Shows, Zone, find};
use crate::config::{DnsServer, LinkZone};

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn zone(apex: &str, shows: Shows) -> Zone {
    Zone {
        apex: name(apex),
        shows,
        scope: Scope::All,
        servers: vec![name("proxy.example")],
        contact: name("hostmaster.example"),
    }
}

fn building() -> Zone {
    zone("Building\\0321.example.com", Shows::Link)
}

/// Returns how a zone shows a record.
fn shown(zone: &Zone, owner: &str, data: RData) -> Option<String> {
    let record = zone.record(&name(owner), &data, 10)?;
    Some(format!("{} {} {}", record.name, record.ttl, record.data))
}

fn srv(target: &str) -> RData {
    RData::Srv(Srv {
        priority: 0,
        weight: 0,
        port: 631,
        target: name(target),
    })
}

#[test]
fn a_name_of_the_zone_is_asked_as_local_with_its_letters_and_escapes() {
    let cases = [
        ("_ipp._tcp.Building\\0321.example.com", "_ipp._tcp.local"),
        (
            "My\\032Printer\\.2._IPP._tcp.BUILDING\\0321.Example.com",
            "My\\032Printer\\.2._IPP._tcp.local",
        ),
        ("Building\\0321.example.com", "local"),
    ];
    let settings = settings(&["Building\\0321.example.com"]);
    for (asked, on_link) in cases {
        let asked = name(asked);
        let zone = find(&settings, &Links::default(), &asked).unwrap();
        let to_link = zone.to_link(&asked).unwrap();
        assert_eq!(to_link.as_wire(), name(on_link).as_wire());
        assert_eq!(zone.name_of_link(&to_link), Some(asked));
    }
}

fn settings(zones: &[&str]) -> DnsServer {
    let zones = zones.iter().map(|zone| LinkZone {
        name: name(zone),
        interface: "eth0".to_owned(),
        servers: vec![name("proxy.example.com")],
        contact: name("hostmaster.example.com"),
    });
    DnsServer {
        zones: zones.collect(),
        ..DnsServer::default()
    }
}

#[test]
fn the_zone_with_the_longest_name_is_found_and_none_for_other_domains() {
    let settings = settings(&["example.com", "eth0.example.com"]);
    let apex = |text: &str| {
        let zone = find(&settings, &Links::default(), &name(text));
        zone.map(|zone| zone.apex.to_string())
    };
    assert_eq!(
        apex("a.eth0.example.com").as_deref(),
        Some("eth0.example.com")
    );
    assert_eq!(apex("eth1.example.com").as_deref(), Some("example.com"));
    assert_eq!(apex("a.LOCAL").as_deref(), Some("local"));
    for other in [
        "example.org",
        "notexample.com",
        "com",
        "local.example",
        "localhost",
        "1.0.0.127.in-addr.arpa",
    ] {
        assert_eq!(apex(other), None, "{other}");
    }
}

//= https://www.rfc-editor.org/rfc/rfc8766#section-5.5
//= type=test
//# In a received Multicast DNS answer record, if the owner name ends
//# with ".local", then the ".local" top-level label is replaced with the
//# name of the delegated subdomain as was used in the originating query.
#[test]
fn owners_and_names_in_data_move_from_local_to_the_zone() {
    let zone = building();
    let pointer = RData::Ptr(name("My\\032Printer._ipp._tcp.local"));
    let domain = "Building 1.example.com";
    let cases = [
        (
            "_ipp._tcp.local",
            pointer,
            format!("_ipp._tcp.{domain} 10 My Printer._ipp._tcp.{domain}"),
        ),
        (
            "P._ipp._tcp.local",
            srv("prnt.local"),
            format!("P._ipp._tcp.{domain} 10 0 0 631 prnt.{domain}"),
        ),
        (
            "thing.local",
            RData::Cname(name("prnt.local")),
            format!("thing.{domain} 10 prnt.{domain}"),
        ),
        (
            "P._ipp._tcp.LOCAL",
            srv("prnt.example.net"),
            format!("P._ipp._tcp.{domain} 10 0 0 631 prnt.example.net"),
        ),
    ];
    for (owner, data, expected) in cases {
        assert_eq!(shown(&zone, owner, data), Some(expected));
    }
}

#[test]
fn each_name_in_data_of_other_types_is_translated() {
    let [one, other] = ["mail.local", "admin.local"].map(name);
    let zoned = ["mail", "admin"].map(|host| name(&format!("{host}.Building\\0321.example.com")));
    let (one, other) = (one.as_wire(), other.as_wire());
    let [zoned_one, zoned_other] = [zoned[0].as_wire(), zoned[1].as_wire()];
    let rest = &[0, 1, 0, 2, 80, 81][..];
    let cases = [
        (RecordType::DNAME, one.to_vec(), zoned_one.to_vec()),
        (RecordType::MB, one.to_vec(), zoned_one.to_vec()),
        (
            RecordType::MX,
            [&[0, 5], one].concat(),
            [&[0, 5], zoned_one].concat(),
        ),
        (
            RecordType::HTTPS,
            [&[0, 1], one, rest].concat(),
            [&[0, 1], zoned_one, rest].concat(),
        ),
        (
            RecordType::RP,
            [one, other].concat(),
            [zoned_one, zoned_other].concat(),
        ),
        (
            RecordType::MINFO,
            [one, other].concat(),
            [zoned_one, zoned_other].concat(),
        ),
        (
            RecordType::PX,
            [&[0, 5], one, other].concat(),
            [&[0, 5], zoned_one, zoned_other].concat(),
        ),
        (RecordType::LOC, rest.to_vec(), rest.to_vec()),
    ];
    for (rtype, on_link, in_zone) in cases {
        let data = |bytes: Vec<u8>| RData::Opaque {
            rtype,
            bytes: bytes.into(),
        };
        let record = building().record(&name("a.local"), &data(on_link), 10);
        assert_eq!(record.unwrap().data, data(in_zone), "{rtype}");
    }
}

//= https://www.rfc-editor.org/rfc/rfc8766#section-5.5
//= type=test
//# The owner name is not translated because it does not end in ".local".
//# The name in the RDATA is translated from ".local" to the LDH
//# subdomain "bldg-1.example.com":
#[test]
fn an_address_names_its_host_in_the_zone_of_its_link() {
    let hosts = Some(name("bldg-1.example.com"));
    let zone = zone("113.0.203.in-addr.arpa", Shows::Addresses { hosts });
    let pointer = RData::Ptr(name("prnt.local"));
    assert_eq!(
        shown(&zone, "2.113.0.203.in-addr.arpa", pointer.clone()).as_deref(),
        Some("2.113.0.203.in-addr.arpa 10 prnt.bldg-1.example.com")
    );
    let zone = self::zone("113.0.203.in-addr.arpa", Shows::Addresses { hosts: None });
    assert_eq!(
        shown(&zone, "2.113.0.203.in-addr.arpa", pointer).as_deref(),
        Some("2.113.0.203.in-addr.arpa 10 prnt.local")
    );
}

#[test]
fn link_local_addresses_stay_on_their_link() {
    let (local, link) = (zone("local", Shows::Local), building());
    let is_shown = |zone: &Zone, ip: &str| {
        let data = match ip.parse().unwrap() {
            std::net::IpAddr::V4(ip) => RData::A(ip),
            std::net::IpAddr::V6(ip) => RData::Aaaa(ip),
        };
        shown(zone, "a.local", data).is_some()
    };
    let cases = [
        ("192.168.0.1", true, true),
        ("169.254.1.1", true, false),
        ("fd00::1", true, true),
        ("2001:db8::1", true, true),
        ("fe80::1", false, false),
    ];
    for (ip, in_local, in_zone) in cases {
        assert_eq!(is_shown(&local, ip), in_local, "{ip}");
        assert_eq!(is_shown(&link, ip), in_zone, "{ip}");
    }
}

//= https://www.rfc-editor.org/rfc/rfc8766#section-5.5.3
//= type=test
//# Multicast DNS NSEC records received on the local link MUST NOT be
//# forwarded unmodified to a unicast querier
#[test]
fn denials_of_multicast_dns_are_not_passed_on() {
    let nsec = RData::Nsec(Nsec {
        next: name("a.local"),
        types: TypeBitmap::from_types([RecordType::A]),
    });
    assert_eq!(shown(&building(), "a.local", nsec.clone()), None);
    assert_eq!(shown(&zone("local", Shows::Local), "a.local", nsec), None);
}

//= https://www.rfc-editor.org/rfc/rfc8766#section-5.5.4
//= type=test
//# All bytes are treated as-is with no attempt at text-
//# encoding translation.
#[test]
fn texts_and_bytes_of_any_encoding_stay_as_they_are() {
    let strings: [&[u8]; 3] = [
        b"adminurl=http://a.local/",
        b"\xff\x00",
        "key=\u{fc}".as_bytes(),
    ];
    let txt = RData::Txt(TxtData::from_strings(strings).unwrap());
    let owner =
        Name::from_labels([&b"\xc3\xbc\xff xn--4ca"[..], b"_x", b"_tcp", b"local"]).unwrap();
    let record = building().record(&owner, &txt, 10).unwrap();
    assert_eq!(record.data, txt);
    assert_eq!(record.name.first_label(), owner.first_label());
    let unknown = RData::Opaque {
        rtype: RecordType(65_280),
        bytes: [1, 2, 3][..].into(),
    };
    assert_eq!(
        building().record(&owner, &unknown, 10).unwrap().data,
        unknown
    );
}

#[test]
fn a_name_that_is_too_long_in_the_zone_is_left_out_not_cut() {
    let zone = building();
    let long = |last: usize| {
        let labels = [63, 63, 63, last].map(|len| vec![b'x'; len]);
        let labels = labels.iter().map(Vec::as_slice);
        Name::from_labels(labels.chain([&b"local"[..]])).unwrap()
    };
    // Three labels of 64 bytes, one more, and 24 bytes for the zone with the root.
    let data = RData::A([192, 168, 0, 1].into());
    let fits = zone.record(&long(38), &data, 10);
    assert_eq!(fits.unwrap().name.wire_len(), 255);
    assert_eq!(zone.record(&long(39), &data, 10), None);
    assert_eq!(
        zone.record(&name("a.local"), &RData::Ptr(long(39)), 10),
        None
    );
    // Multicast DNS allows one byte more than unicast DNS.
    let local = self::zone("local", Shows::Local);
    assert!(local.record(&long(55), &data, 10).is_some());
    assert_eq!(long(56).wire_len(), 256);
    assert_eq!(local.record(&long(56), &data, 10), None);
}

#[test]
fn malformed_data_of_types_with_names_is_left_out() {
    for bytes in [&[][..], &[0], &[0, 1], &[0, 1, 5, b'a'], &[0, 1, 0xc0, 0]] {
        let data = RData::Opaque {
            rtype: RecordType::MX,
            bytes: bytes.into(),
        };
        assert_eq!(shown(&building(), "a.local", data), None, "{bytes:?}");
    }
}
