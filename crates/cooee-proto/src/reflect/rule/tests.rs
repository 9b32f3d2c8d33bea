//! Which records and questions a rule lets through.

use core::net::{IpAddr, Ipv4Addr};

use alloc::string::ToString;
use alloc::vec;

use cooee_wire::{Class, Name, Nsec, RData, Record, RecordType, Srv, Ttl, TypeBitmap};

use super::{Pattern, Refusal, ServiceFilter};
use crate::reflect::owner::Owner;

fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

fn judge(filter: &ServiceFilter, owner: &str, data: RData) -> Result<(), Refusal> {
    let name = name(owner);
    let record = Record {
        class: Class::IN,
        ttl: Ttl(120),
        cache_flush: true,
        data,
        name,
    };
    filter.judge_record(&record, &Owner::of(&record.name), |host| {
        *host == self::name("known.local")
    })
}

fn printers() -> ServiceFilter {
    ServiceFilter::of_types(["_ipp._tcp".parse().expect("a type")])
}

fn srv(target: &str) -> RData {
    RData::Srv(Srv {
        priority: 0,
        weight: 0,
        port: 631,
        target: name(target),
    })
}

fn denial(next: &str) -> RData {
    RData::Nsec(Nsec {
        next: name(next),
        types: TypeBitmap::from_types([RecordType::A]),
    })
}

#[test]
fn records_that_an_allowed_service_needs_cross_and_no_others() {
    let text = || RData::parse(RecordType::TXT, b"\x01a").expect("a string");
    for (owner, data, expected) in [
        ("P._ipp._tcp.local", srv("any.local"), Ok(())),
        ("P._http._tcp.local", srv("any.local"), Err(Refusal::Type)),
        ("P._ipp._tcp.local", text(), Ok(())),
        ("known.local", text(), Err(Refusal::Unneeded)),
        ("P._ipp._tcp.local", denial("P._ipp._tcp.local"), Ok(())),
        (
            "P._ipp._tcp.local",
            denial("a.local"),
            Err(Refusal::Unneeded),
        ),
        ("known.local", denial("known.local"), Ok(())),
    ] {
        let rtype = data.rtype().to_string();
        assert_eq!(judge(&printers(), owner, data), expected, "{owner} {rtype}");
    }
}

#[test]
fn pointers_cross_from_an_allowed_type_to_its_instances() {
    let all_types = "_services._dns-sd._udp.local";
    for (owner, to, expected) in [
        ("_ipp._tcp.local", "P._ipp._tcp.local", Ok(())),
        ("_IPP._TCP.local", "P._ipp._tcp.local", Ok(())),
        ("_c._sub._ipp._tcp.local", "P._ipp._tcp.local", Ok(())),
        ("_http._tcp.local", "P._http._tcp.local", Err(Refusal::Type)),
        (
            "_ipp._tcp.local",
            "P._http._tcp.local",
            Err(Refusal::Unneeded),
        ),
        ("_ipp._tcp.local", "known.local", Err(Refusal::Unneeded)),
        (all_types, "_ipp._tcp.local", Ok(())),
        (all_types, "_http._tcp.local", Err(Refusal::Type)),
        (
            "7.0.0.10.in-addr.arpa",
            "known.local",
            Err(Refusal::Unneeded),
        ),
    ] {
        let judged = judge(&printers(), owner, RData::Ptr(name(to)));
        assert_eq!(judged, expected, "{owner} {to}");
    }
}

#[test]
fn addresses_of_hosts_of_such_services_cross_unless_they_stay_on_their_link() {
    for (owner, ip, expected) in [
        ("known.local", "10.0.0.7", Ok(())),
        ("Known.local", "fd00::7", Ok(())),
        ("other.local", "10.0.0.7", Err(Refusal::Host)),
        ("known.local", "169.254.0.7", Err(Refusal::LinkLocal)),
        ("known.local", "127.0.0.1", Err(Refusal::LinkLocal)),
        ("known.local", "224.0.0.9", Err(Refusal::LinkLocal)),
        ("known.local", "fe80::7", Err(Refusal::LinkLocal)),
        ("known.local", "::1", Err(Refusal::LinkLocal)),
        ("known.local", "::ffff:127.0.0.1", Err(Refusal::LinkLocal)),
        ("known.local", "::ffff:169.254.1.1", Err(Refusal::LinkLocal)),
    ] {
        let ip: IpAddr = ip.parse().expect("an address");
        assert_eq!(
            judge(&printers(), owner, RData::from(ip)),
            expected,
            "{owner} {ip}"
        );
    }
}

#[test]
fn what_is_denied_wins_over_what_is_allowed() {
    let filter = ServiceFilter {
        types_denied: vec!["_ssh._tcp".parse().expect("a type")],
        instances_denied: vec![Pattern::new("Secret*")],
        hosts: vec![Pattern::new("nas*")],
        hosts_denied: vec![Pattern::new("nas2")],
        ..ServiceFilter::default()
    };
    let address = || RData::A(Ipv4Addr::new(10, 0, 0, 7));
    for (owner, data, expected) in [
        ("P._http._tcp.local", srv("any.local"), Ok(())),
        ("P._ssh._tcp.local", srv("any.local"), Err(Refusal::Type)),
        (
            "secret._http._tcp.local",
            srv("a.local"),
            Err(Refusal::Instance),
        ),
        ("P._http._tcp.local", srv("nas2.local"), Err(Refusal::Host)),
        ("nas1.local", address(), Ok(())),
        ("nas2.local", address(), Err(Refusal::Host)),
        ("known.local", address(), Ok(())),
    ] {
        assert_eq!(judge(&filter, owner, data), expected, "{owner}");
    }
}

#[test]
fn questions_cross_if_their_answers_can() {
    let filter = printers();
    for (asked, rtype, expected) in [
        ("_ipp._tcp.local", RecordType::PTR, Ok(())),
        ("_ipp._tcp.local", RecordType::ANY, Ok(())),
        ("_ipp._tcp.local", RecordType::TXT, Err(Refusal::Unneeded)),
        ("_http._tcp.local", RecordType::PTR, Err(Refusal::Type)),
        ("P._ipp._tcp.local", RecordType::SRV, Ok(())),
        ("known.local", RecordType::AAAA, Ok(())),
        ("other.local", RecordType::A, Err(Refusal::Host)),
        (
            "7.0.0.10.in-addr.arpa",
            RecordType::PTR,
            Err(Refusal::Unneeded),
        ),
    ] {
        let judged =
            filter.judge_question(&name(asked), rtype, |host| *host == name("known.local"));
        assert_eq!(judged, expected, "{asked} {rtype}");
    }
}
