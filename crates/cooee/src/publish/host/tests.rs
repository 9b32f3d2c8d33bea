//! Host names and addresses, right and wrong.

use std::net::IpAddr;

use super::{RegisterError, addresses, local_host_name};
use crate::testing::name;

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
