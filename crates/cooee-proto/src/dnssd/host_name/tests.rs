//! Which names are host names; the system's name for this host as one for the network, and as one
//! for people.

use alloc::string::ToString;

use cooee_wire::Name;

use super::*;

fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

#[test]
fn local_is_implied_for_a_single_label_and_nothing_else() {
    let cases = [
        ("printer", "printer.local"),
        ("printer.local", "printer.local"),
        ("PRINTER.LOCAL", "PRINTER.LOCAL"),
        ("a.b.local", "a.b.local"),
    ];
    for (given, expected) in cases {
        let full = host_to_look_up(name(given)).map(|name| name.to_string());
        assert_eq!(full, Ok(expected.to_string()));
    }
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-13
//= type=test
//# The option to fail-over to Multicast DNS for names not ending in
//# ".local." SHOULD be a user-configured option, and SHOULD be disabled
//# by default because of the possible security issues related to
//# unintended local resolution of apparently global names.
//= https://www.rfc-editor.org/rfc/rfc6762#section-21
//= type=test
//# To avoid this, a host MUST NOT append the search suffix ".local.", if
//# present, to any relative (partially qualified) host name containing
//# two or more labels.
#[test]
fn a_name_outside_local_is_not_looked_up() {
    for given in ["printer.example.com", "printer.office"] {
        assert_eq!(host_to_look_up(name(given)), Err(HostNameError::NotLocal));
    }
    assert_eq!(host_to_look_up(Name::root()), Err(HostNameError::Empty));
}

#[test]
fn a_host_to_publish_is_one_printable_label_under_local() {
    for given in ["printer", "printer.local", "printer.LOCAL"] {
        assert_eq!(host_to_publish(name(given)), Ok(name("printer.local")));
    }
    for given in [".", "a.b.local", "a.example"] {
        assert_eq!(
            host_to_publish(name(given)),
            Err(HostNameError::NotOneLabel)
        );
    }
    for given in ["a\\000b", "a\\200b.local"] {
        assert_eq!(
            host_to_publish(name(given)),
            Err(HostNameError::NotPrintable)
        );
    }
}

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
        assert_eq!(default_label(given), name);
    }
    assert_eq!(default_label(&"é".repeat(50)), "é".repeat(31));
}

#[test]
fn the_name_of_this_host_is_under_local() {
    assert_eq!(system_host_name(Some("my_desk")), name("my-desk.local"));
    assert_eq!(system_host_name(None), name("cooee.local"));
}
