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

#[test]
fn a_name_that_is_none_is_an_error_that_shows_a_right_one() {
    let long = "a".repeat(64);
    for given in ["", ".", "printer.example.com", "a..local", &long] {
        let error = host_name(given).expect_err(given);
        assert!(matches!(error, LookupError::Name { .. }));
        let text = error.to_string();
        assert!(
            text.contains(given) && text.contains("`printer.local`"),
            "{text}"
        );
    }
}
