//! Host names and addresses, right and wrong.

use std::net::IpAddr;

use super::{RegisterError, addresses, local_host_name, presentable, sanitised};
use crate::testing::name;

#[test]
fn a_system_name_becomes_one_plain_label() {
    for (given, label) in [
        ("desk", "desk"),
        ("my_desk", "my-desk"),
        ("-a b-", "a-b"),
        ("", "cooee"),
        ("...", "cooee"),
        ("localhost", "cooee"),
    ] {
        assert_eq!(sanitised(given), label);
    }
    assert_eq!(sanitised(&"x".repeat(100)).len(), 63);
}

//= https://www.rfc-editor.org/rfc/rfc6763#section-4.1.1
//= type=test
//# The default name should be short and
//# descriptive, and SHOULD NOT include the device's Media Access Control
//# (MAC) address, serial number, or any similar incomprehensible
//# hexadecimal string in an attempt to make the name globally unique.
#[test]
fn the_name_of_a_service_that_has_none_is_the_systems_and_nothing_more() {
    for (given, name) in [
        ("desk", "desk"),
        ("Anna's Büro 2", "Anna's Büro 2"),
        (" desk\u{7}\n", "desk"),
        ("", "cooee"),
        ("localhost", "cooee"),
    ] {
        assert_eq!(presentable(given), name);
    }
    assert_eq!(presentable(&"é".repeat(50)), "é".repeat(31));
}

#[test]
fn a_host_name_is_one_label_under_local() {
    for given in [
        "printer",
        "printer.local",
        "printer.local.",
        "printer.LOCAL",
    ] {
        assert_eq!(local_host_name(given), Ok(name("printer.local")), "{given}");
    }
    for wrong in [
        "",
        ".",
        "a.b.local",
        "a.example",
        "a\\000b",
        &"x".repeat(64),
    ] {
        let error = local_host_name(wrong).unwrap_err();
        assert!(
            matches!(&error, RegisterError::Host { given, .. } if given == wrong),
            "{error}"
        );
    }
}

#[test]
fn addresses_are_those_a_host_can_have() {
    let host = name("printer.local");
    let given =
        |texts: &[&str]| -> Vec<IpAddr> { texts.iter().map(|ip| ip.parse().unwrap()).collect() };
    let twice = given(&["10.0.0.1", "fe80::1", "10.0.0.1"]);
    assert_eq!(
        addresses(&host, twice.into_iter()),
        Ok(given(&["10.0.0.1", "fe80::1"]))
    );
    for wrong in [
        "0.0.0.0",
        "::",
        "224.0.0.251",
        "ff02::fb",
        "255.255.255.255",
        "127.0.0.1",
        "::1",
        "192.0.2.1",
        "2001:db8::1",
        "::ffff:10.0.0.1",
    ] {
        let error = addresses(&host, given(&[wrong]).into_iter()).unwrap_err();
        assert!(error.to_string().contains(wrong), "{error}");
    }
    let none = addresses(&host, std::iter::empty()).unwrap_err();
    assert!(none.to_string().contains("printer.local"));
}
