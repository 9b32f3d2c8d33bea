//! Names count up, stay within 63 bytes, and never end inside a character.

use super::*;

#[test]
fn numbers_count_up_from_two() {
    let cases = [
        ("Printer", "Printer (2)"),
        ("Printer (2)", "Printer (3)"),
        ("Printer (9)", "Printer (10)"),
        ("Printer (1)", "Printer (1) (2)"),
        ("Printer (02)", "Printer (02) (2)"),
        ("Printer (x)", "Printer (x) (2)"),
        ("Printer (+3)", "Printer (+3) (2)"),
        ("(2)", "(2) (2)"),
        (" (2)", " (3)"),
        ("a (4294967295)", "a (4294967295) (2)"),
    ];
    for (taken, next) in cases {
        assert_eq!(next_instance_label(taken), next);
    }
}

#[test]
fn host_names_count_up_with_a_hyphen() {
    let cases = [
        ("printer", "printer-2"),
        ("printer-2", "printer-3"),
        ("my-printer", "my-printer-2"),
        ("a-2147483647", "a-2147483648"),
        ("a-4294967295", "a-4294967295-2"),
        ("a-99999999999999999999", "a-99999999999999999999-2"),
        ("-2", "-3"),
        ("a--2", "a--3"),
    ];
    for (taken, next) in cases {
        assert_eq!(next_host_label(taken), next);
    }
}

#[test]
fn a_long_name_makes_room_without_cutting_a_character() {
    let long = "é".repeat(31);
    let next = next_instance_label(&long);
    assert_eq!(next, ["é".repeat(29).as_str(), " (2)"].concat());
    let mut name = "x".repeat(63);
    for _ in 0..200 {
        name = next_instance_label(&name);
        assert!(name.len() <= 63);
    }
    assert!(name.ends_with(" (201)"));
}
