//! The first label of a host name.

use super::{first_label, system_host_name};

#[test]
fn only_the_first_label_is_taken() {
    assert_eq!(first_label("desk"), Some("desk".to_owned()));
    assert_eq!(first_label("desk.example.com"), Some("desk".to_owned()));
    assert_eq!(first_label("Büro.local"), Some("Büro".to_owned()));
    assert_eq!(first_label(" desk\n"), Some("desk".to_owned()));
}

#[test]
fn a_name_without_a_first_label_is_no_name() {
    assert_eq!(first_label(""), None);
    assert_eq!(first_label(".local"), None);
}

#[test]
fn this_machine_has_a_name_without_dots() {
    let name = system_host_name().expect("every machine the tests run on has one");
    assert!(!name.is_empty() && !name.contains('.'), "{name}");
}
