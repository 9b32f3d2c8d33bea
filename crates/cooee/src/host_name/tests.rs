//! The system's name for this host becomes a name for the network, and one for people.

use super::{presentable, sanitised, system_host};
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
fn the_name_of_this_host_is_under_local() {
    assert_eq!(system_host(Some("my_desk")), name("my-desk.local"));
    assert_eq!(system_host(None), name("cooee.local"));
}
