//! The tables, as administrators write them.

use super::DnsServer;
use crate::config::{Config, read_own_file};

/// Reads a table `[dns]`; returns its settings, or the error.
fn dns(text: &str) -> Result<DnsServer, String> {
    let mut config = Config::default();
    match read_own_file(text, &mut config) {
        Ok(()) => Ok(config.dns),
        Err(remark) => Err(remark.to_string()),
    }
}

#[test]
fn the_dns_server_is_off_until_it_listens_somewhere() {
    assert!(!dns("").unwrap().is_on());
    assert!(!dns("[dns]\nlocal = true\n").unwrap().is_on());
    let on = dns("[dns]\nlisten = [\"127.0.0.1:53\", \"[fd00::1]:5300\"]\n").unwrap();
    assert!(on.is_on() && on.serves_local && on.serves_reverse && on.allow.is_empty());
}

#[test]
fn a_zone_of_a_link_has_its_server_and_administrator() {
    let zone = "[[dns.zone]]\nname = \"Building 1.example.com\"\ninterface = \"eth0\"\n\
        server-name = \"proxy.example.com\"\n";
    let read = dns(zone).unwrap();
    let [zone] = read.zones.as_slice() else {
        panic!("{read:?}");
    };
    assert_eq!(zone.name.to_string(), "Building 1.example.com");
    assert_eq!(zone.contact.to_string(), "hostmaster.proxy.example.com");
    let more = "[[dns.zone]]\nname = \"a.example\"\ninterface = \"eth0\"\n\
        server-name = \"p.example\"\nother-servers = [\"q.example\"]\ncontact = \"a.b@example\"\n";
    let zone = &dns(more).unwrap().zones[0];
    let servers: Vec<_> = zone.servers.iter().map(ToString::to_string).collect();
    assert_eq!(servers, ["p.example", "q.example"]);
    assert_eq!(zone.contact.to_string(), "a\\.b.example");
}

/// Asserts that each of these texts has the error.
fn assert_errors(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(dns(text).unwrap_err(), *expected, "{text}");
    }
}

#[test]
fn what_is_wrong_with_the_dns_server_is_reported_with_its_line() {
    assert_errors(&[
        (
            "[dns]\nlisten = [\"0.0.0.0:53\"]\n",
            "line 2: `0.0.0.0:53` is every address of this host: name each address on which to listen",
        ),
        (
            "[dns]\nlisten = [\"[::]:53\"]\n",
            "line 2: `[::]:53` is every address of this host: name each address on which to listen",
        ),
        (
            "[dns]\nlisten = [\"127.0.0.1\"]\n",
            "line 2: `127.0.0.1` is not an address with a port: expected `127.0.0.1:53` or `[::1]:53`",
        ),
        (
            "[dns]\nlisten = [\"224.0.0.251:53\"]\n",
            "line 2: `224.0.0.251:53` is not the address of a host",
        ),
        (
            "[dns]\nallow = [\"10.0.0.0\"]\n",
            "line 2: `10.0.0.0` is not a network: expected something like `192.168.1.0/24` or `fd00::/64`",
        ),
        (
            "[dns]\nttl-max-s = 60\n",
            "line 2: `ttl-max-s` can be 10 at most (RFC 8766)",
        ),
        (
            "[dns]\nwait-ms = 60000\n",
            "line 2: `wait-ms` can be 10000 at most",
        ),
        (
            "[dns]\nrequests-per-second = 0\n",
            "line 2: `requests-per-second` must be 1 at least",
        ),
    ]);
    assert!(dns("[dns]\nlisten-anywhere = true\n").is_err());
}

#[test]
fn what_is_wrong_with_a_zone_is_reported_with_its_line() {
    let zone = |name: &str, server: &str| {
        format!(
            "[[dns.zone]]\nname = \"{name}\"\ninterface = \"eth0\"\nserver-name = \"{server}\"\n"
        )
    };
    let twice = zone("a.example", "p.example") + &zone("A.example", "p.example");
    let inside = zone("a.example", "p.example") + &zone("b.example", "p.a.example");
    assert_errors(&[
        (
            &zone("local", "p.example"),
            "line 2: `local` cannot be the zone of one link",
        ),
        (
            &zone("a..example", "p.example"),
            "line 2: `a..example` is not a domain name: a name must not have an empty label",
        ),
        (
            &zone("a.example", "p.a.example"),
            "line 4: the server `p.a.example` must not be within its zone `a.example`",
        ),
        (&twice, "line 6: there are two zones `A.example`"),
        (
            &inside,
            "line 8: the server `p.a.example` must not be within a zone of a link",
        ),
    ]);
}
