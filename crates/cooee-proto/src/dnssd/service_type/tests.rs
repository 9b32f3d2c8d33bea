//! Service types: what is taken, what is refused, and with which words.

use alloc::string::ToString;

use super::*;

#[test]
fn well_formed_types_are_taken_in_every_spelling() {
    for text in [
        "_http._tcp",
        "_http._tcp.",
        "_http._tcp.local",
        "_http._tcp.local.",
        "_HTTP._TCP.LOCAL",
    ] {
        let parsed: ServiceType = text.parse().unwrap();
        assert_eq!(parsed, "_http._tcp".parse().unwrap(), "{text}");
        assert_eq!(
            parsed.name(),
            &"_http._tcp.local".parse().unwrap(),
            "{text}"
        );
    }
}

#[test]
fn malformed_types_are_refused_and_a_right_one_is_shown() {
    for text in [
        "",
        "http",
        "_http",
        "http._tcp",
        "_http._sctp",
        "_http._tcp.example.com",
        "._tcp",
        "_a._tcp._udp",
    ] {
        let error = text.parse::<ServiceType>().unwrap_err();
        assert!(
            matches!(error, ServiceTypeError::Form { .. }),
            "{text}: {error:?}"
        );
        assert!(error.to_string().contains("_http._tcp"), "{error}");
    }
}

//= https://www.rfc-editor.org/rfc/rfc6763#section-7
//= type=test
//# The rules for Service Names [RFC6335] state that they may be no more
//# than fifteen characters long (not counting the mandatory underscore),
//# consisting of only letters, digits, and hyphens, must begin and end
//# with a letter or digit, must not contain consecutive hyphens, and
//# must contain at least one letter.
#[test]
fn service_names_follow_the_rules_of_rfc_6335() {
    for bare in ["a", "a1", "spotify-connect", "a-b-c", "0x"] {
        assert_eq!(broken_rule(bare), None, "{bare}");
    }
    for bare in [
        "",
        "sixteen-letters-",
        "sixteenletters16",
        "a--b",
        "-a",
        "a-",
        "123",
        "a_b",
        "a b",
        "é",
    ] {
        assert!(broken_rule(bare).is_some(), "{bare}");
    }
}

#[test]
fn a_subtype_is_asked_for_under_sub() {
    let service_type: ServiceType = "_http._tcp".parse().unwrap();
    let name = service_type.subtype_name(&"_printer".parse().unwrap());
    assert_eq!(name, "_printer._sub._http._tcp.local".parse().unwrap());
}

#[test]
fn types_from_the_network_may_break_the_length_rule_but_not_the_form() {
    let name: Name = "_spotify-connect-long._tcp.local".parse().unwrap();
    assert_eq!(
        ServiceType::from_name(&name).unwrap().service(),
        "_spotify-connect-long"
    );
    for name in [
        "_http._tcp.example",
        "http._tcp.local",
        "_http._quic.local",
        "_tcp.local",
        "a._http._tcp.local",
    ] {
        assert_eq!(
            ServiceType::from_name(&name.parse().unwrap()),
            None,
            "{name}"
        );
    }
}
