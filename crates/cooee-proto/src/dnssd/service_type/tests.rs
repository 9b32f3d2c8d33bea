//! Service types: what is accepted, what is refused, and with which message.

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
        assert_eq!(broken_rule(bare.as_bytes()), None, "{bare}");
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
        assert!(broken_rule(bare.as_bytes()).is_some(), "{bare}");
    }
}

#[test]
fn a_subtype_is_asked_for_under_sub() {
    let service_type: ServiceType = "_http._tcp".parse().unwrap();
    let name = service_type.subtype_name(&"_printer".parse().unwrap());
    assert_eq!(name, "_printer._sub._http._tcp.local".parse().unwrap());
}

/// Types of real devices that break the rules for service names.
const BROKEN: [&str; 6] = [
    "_androidtvremote2._tcp",
    "_nvstream_dbd._tcp",
    "_dyson_mqtt._tcp",
    "_ibisip_http._tcp",
    "_zigate-zigbee-gateway._tcp",
    "_123._tcp",
];

//= https://www.rfc-editor.org/rfc/rfc6763#section-7
//= type=test
//# The first label of the pair is an
//# underscore character followed by the Service Name [RFC6335].
#[test]
fn any_label_with_an_underscore_can_be_looked_up_and_the_rules_bind_who_publishes() {
    for text in BROKEN {
        let service_type: ServiceType = text.parse().unwrap();
        assert_eq!(service_type.to_string(), text);
        let refused = service_type.check_service_name().unwrap_err();
        assert!(
            matches!(&refused, ServiceTypeError::ServiceName { given, .. } if given == text),
            "{refused}"
        );
    }
    let http: ServiceType = "_HTTP._tcp.LOCAL.".parse().unwrap();
    assert_eq!(http.check_service_name(), Ok(()));
}

#[test]
fn a_type_of_any_bytes_survives_its_text() {
    for label in [
        &b"_a.b"[..],
        b"_caf\xc8",
        b"_\x00\x1b",
        b"_a b\\c",
        b"__",
        b"_,_x",
        b"_123456789012345678901234567890123456789012345678901234567890_2",
    ] {
        let name = Name::from_labels([label, b"_tcp", b"local"]).unwrap();
        let service_type = ServiceType::from_name(&name).unwrap();
        assert_eq!(service_type.service_bytes(), label);
        let text = service_type.to_string();
        let again: ServiceType = text.parse().unwrap();
        assert_eq!(again.name().as_wire(), name.as_wire(), "{text}");
    }
}

#[test]
fn names_from_the_network_that_are_no_types_are_none() {
    for name in [
        "_http._tcp.example",
        "http._tcp.local",
        "_http._quic.local",
        "_tcp.local",
        "_._tcp.local",
        "_http._tcp",
        "a._http._tcp.local",
    ] {
        assert_eq!(
            ServiceType::from_name(&name.parse().unwrap()),
            None,
            "{name}"
        );
    }
}

//= https://www.rfc-editor.org/rfc/rfc6763#section-9
//= type=test
//# Including the domain in the PTR rdata allows
//# for slightly better name compression in Unicast DNS responses, but
//# only the first two labels are relevant for the purposes of service
//# type enumeration.
#[test]
fn of_what_lists_a_type_only_the_first_two_labels_count() {
    let http = "_http._tcp".parse().ok();
    for listed in ["_http._tcp", "_HTTP._tcp.local", "_http._tcp.example.com"] {
        assert_eq!(ServiceType::from_listing(&listed.parse().unwrap()), http);
    }
    for listed in [
        ".",
        "_tcp",
        "_printer._sub._http._tcp.local",
        "desk._http._tcp",
    ] {
        assert_eq!(ServiceType::from_listing(&listed.parse().unwrap()), None);
    }
}
