//! What libavahi-common answers, and the order of checks.

use super::check::{self, Group, LookUp};
use super::error::ErrorCode::{
    InvalidAddress, InvalidDnsClass, InvalidDnsType, InvalidDomainName, InvalidFlags,
    InvalidHostName, InvalidInterface, InvalidInterfaceProtocol, InvalidKey, InvalidRdata,
    InvalidServiceName, InvalidServiceType, InvalidTtl, IsPattern, NotSupported,
};
use super::{alternative, names};

/// Calls a function as libavahi-common's of this name; `None` if it refuses the input.
fn answer(function: &str, input: &str) -> Option<String> {
    let valid = |is_valid: bool| is_valid.then(|| "1".to_owned());
    match function {
        "host" => alternative::host(input),
        "service" => alternative::service(input),
        "escape" => {
            let mut text = String::new();
            names::escape_label(input.as_bytes(), &mut text);
            Some(text)
        }
        "normalize" => names::normalize(input),
        "service_type_generic" => valid(check::generic_type(input).is_ok()),
        "service_type_strict" => valid(check::strict_type(input).is_ok()),
        "service_subtype" => valid(check::subtype(input).is_ok()),
        "domain_name" => valid(check::domain(input).is_ok()),
        "service_name" => valid(check::service_name(input).is_ok()),
        "host_name" => valid(check::host_label(input).is_ok()),
        "fqdn" => valid(check::fqdn(input).is_ok()),
        other => panic!("no function {other}"),
    }
}

fn bytes(hex: &str) -> Option<String> {
    let digits = hex.strip_prefix('=')?.as_bytes();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    Some(String::from_utf8(digits.chunks(2).map(byte).collect()).unwrap())
}

#[test]
fn names_are_read_escaped_and_counted_as_by_libavahi_common() {
    let table = include_str!("../../tests/data/libavahi.txt");
    let mut wrong = Vec::new();
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [function, input, output] = words[..] else {
            panic!("{line}");
        };
        let (input, output) = (bytes(input).unwrap(), bytes(output));
        let got = answer(function, &input);
        // Names that are valid there, but do not fit on the wire or hold control characters.
        let is_stricter = got.is_none()
            && match function {
                "fqdn" => names::read(&input).is_none(),
                "service_name" => input.contains(|c: char| c.is_ascii_control()),
                _ => false,
            };
        if got != output && !is_stricter {
            wrong.push(format!("{function}({input:?}): {got:?}, not {output:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn numbers_beyond_a_c_int_start_again() {
    assert_eq!(alternative::host_label("a-2147483647"), "a-1");
    assert_eq!(alternative::host_label("a-99999999999"), "a-1");
    assert_eq!(alternative::service("a #2147483647").unwrap(), "a #1");
}

const ANYWHERE: Group = group(-1, -1, 0);

const fn group(interface: i32, protocol: i32, flags: u32) -> Group {
    Group {
        interface,
        protocol,
        flags,
    }
}

#[test]
fn the_arguments_of_a_service_are_checked_in_avahis_order() {
    let wide = group(-1, -1, 128);
    let (ty, host) = ("_ab._tcp", "h.local");
    // Each step mends what the step before complained about.
    let steps = [
        (group(-2, 2, 1), ["", "x", "a..b", "h"], InvalidInterface),
        (
            group(3, 2, 1),
            ["", "x", "a..b", "h"],
            InvalidInterfaceProtocol,
        ),
        (group(3, 1, 1), ["", "x", "a..b", "h"], InvalidFlags),
        (group(3, 1, 384), ["", "x", "a..b", "h"], InvalidFlags),
        (wide, ["", "x", "a..b", "h"], InvalidServiceName),
        (wide, ["n", "x", "a..b", "h"], InvalidServiceType),
        (wide, ["n", ty, "a..b", "h"], InvalidDomainName),
        (wide, ["n", ty, "a.b", "h"], InvalidHostName),
        (wide, ["n", ty, "", host], NotSupported),
        (ANYWHERE, ["n", ty, "a.b", host], NotSupported),
    ];
    for (group, [name, of_type, domain, host], error) in steps {
        let got = check::add_service(group, name, of_type, domain, host);
        assert_eq!(got, Err(error), "{group:?} {name} {of_type} {domain}");
    }
    let service = check::add_service(ANYWHERE, "n", ty, "LOCAL.", "").unwrap();
    assert_eq!(service.host, None);
    assert_eq!(service.service.service_type.to_string(), "_ab._tcp");
}

#[test]
fn the_arguments_of_a_record_are_checked_in_avahis_order() {
    let all = group(-1, -1, 4096);
    let steps = [
        (all, "a..b", 2, 1, 0, &b""[..], InvalidDomainName),
        (all, "a.local", 2, 1, 0, b"", InvalidRdata),
        (ANYWHERE, "a.local", 1, 255, 9, b"", InvalidRdata),
        (all, "a.local", 2, 1, 0, b"\x0a\0\0", InvalidRdata),
        (all, "a.local", 2, 1, 0, b"\x0a\0\0\x01", InvalidFlags),
        (ANYWHERE, "a.local", 2, 1, 0, b"\x0a\0\0\x01", InvalidTtl),
        (ANYWHERE, "a.local", 255, 1, 9, b"\x0a\0\0\x01", IsPattern),
        (ANYWHERE, "a.local", 2, 255, 9, b"\x0a\0\0\x01", IsPattern),
        (
            ANYWHERE,
            "a.local",
            2,
            1,
            9,
            b"\x0a\0\0\x01",
            InvalidDnsClass,
        ),
        (
            ANYWHERE,
            "a.local",
            1,
            41,
            9,
            b"\x0a\0\0\x01",
            InvalidDnsType,
        ),
    ];
    for (group, name, class, rtype, ttl, data, error) in steps {
        let got = check::add_record(group, name, class, rtype, ttl, data);
        assert_eq!(got, Err(error), "{name} {class} {rtype} {ttl} {data:?}");
    }
    let record = check::add_record(ANYWHERE, "a.local", 1, 1, 9, b"\x0a\0\0\x01").unwrap();
    assert_eq!(record.data.rtype().0, 1);
}

#[test]
fn the_arguments_of_a_look_up_are_checked_in_avahis_order() {
    let call = |interface, protocol, flags| LookUp {
        interface,
        protocol,
        flags,
    };
    let resolve = check::service_resolver;
    let any = call(-1, -1, 0);
    assert_eq!(
        resolve(call(-2, 9, 64), "", "", "a..b", 9),
        Err(InvalidInterface)
    );
    assert_eq!(
        resolve(call(0, 9, 64), "", "", "a..b", 9),
        Err(InvalidInterfaceProtocol)
    );
    assert_eq!(
        resolve(call(0, 1, 64), "", "", "a..b", 9),
        Err(InvalidInterfaceProtocol)
    );
    assert_eq!(
        resolve(call(0, 1, 64), "", "", "a..b", 1),
        Err(InvalidDomainName)
    );
    assert_eq!(
        resolve(call(0, 1, 64), "", "", "", 1),
        Err(InvalidServiceType)
    );
    assert_eq!(
        resolve(call(0, 1, 64), "", "_ab._tcp", "", 1),
        Err(InvalidFlags)
    );
    assert_eq!(resolve(any, "", "_ab._tcp", "", 1).unwrap().name, None);
    let browse = check::service_browser;
    assert_eq!(browse(call(-1, -1, 4), "", "a..b"), Err(InvalidDomainName));
    assert_eq!(browse(call(-1, -1, 4), "", ""), Err(InvalidFlags));
    assert_eq!(browse(any, "http._tcp", ""), Err(InvalidServiceType));
    let sub = browse(any, "_ab._sub._http._tcp", "local").unwrap();
    assert_eq!(sub.name.to_string(), "_ab._sub._http._tcp.local");
    let host = check::host_name_resolver;
    assert_eq!(host(call(-1, -1, 3), "box", 9), Err(InvalidHostName));
    assert_eq!(
        host(call(-1, -1, 3), "box.local", 9),
        Err(InvalidInterfaceProtocol)
    );
    assert_eq!(host(call(-1, -1, 3), "box.local", 0), Err(InvalidFlags));
    let address = check::address_resolver;
    assert_eq!(address(any, "10.0.0"), Err(InvalidAddress));
    let record = check::record_browser;
    assert_eq!(record(any, "a.local", 1, 255), Err(IsPattern));
    assert_eq!(record(any, "a.local", 2, 1), Err(InvalidKey));
}
