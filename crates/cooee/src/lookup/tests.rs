//! Which names can be looked up.

use super::host_name;
use crate::error::LookupError;

#[test]
fn local_is_implied_for_a_single_label_and_nothing_else() {
    let cases = [
        ("printer", "printer.local"),
        ("printer.local", "printer.local"),
        ("printer.local.", "printer.local"),
        ("PRINTER.LOCAL", "PRINTER.LOCAL"),
        ("a.b.local", "a.b.local"),
        ("Küche", "Küche.local"),
    ];
    for (given, expected) in cases {
        let name = host_name(given).map(|name| name.to_string());
        assert_eq!(name, Ok(expected.to_owned()));
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
fn a_name_that_is_none_is_an_error_that_shows_a_right_one() {
    let long = "a".repeat(64);
    for given in [
        "",
        ".",
        "printer.example.com",
        "printer.office",
        "a..local",
        &long,
    ] {
        let error = host_name(given).expect_err(given);
        assert!(matches!(error, LookupError::Name { .. }));
        let text = error.to_string();
        assert!(
            text.contains(given) && text.contains("`printer.local`"),
            "{text}"
        );
    }
}
