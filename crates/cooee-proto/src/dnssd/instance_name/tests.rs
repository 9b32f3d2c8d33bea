//! Instance names: dots, spaces and UTF-8 are one label; limits hold at the edge.

use alloc::string::ToString;

use super::*;

fn http() -> ServiceType {
    "_http._tcp".parse().unwrap()
}

#[test]
fn any_text_for_people_is_one_label() {
    for label in [
        "Front Desk",
        "Dr. Pepper",
        "café ☕",
        "a\\b",
        "_http._tcp",
        " ",
        "x".repeat(63).as_str(),
    ] {
        let name = InstanceName::new(label, &http()).unwrap();
        assert_eq!(name.label(), label);
        assert_eq!(name.name().label_count(), 4, "{label}");
        assert_eq!(InstanceName::from_name(name.name()), Some(name));
    }
}

//= https://www.rfc-editor.org/rfc/rfc6763#section-4.1.1
//= type=test
//# MUST NOT contain ASCII control characters (byte values 0x00-0x1F and
//# 0x7F) [RFC20] but otherwise is allowed to contain any characters,
//# without restriction, including spaces, uppercase, lowercase,
//# punctuation -- including dots -- accented characters, non-Roman text,
#[test]
fn control_characters_are_refused_and_located() {
    for byte in (0..0x20).chain([0x7f]) {
        let label = ["ab", &char::from(byte).to_string()].concat();
        let refused = InstanceName::new(&label, &http());
        assert_eq!(refused, Err(InstanceNameError::ControlCharacter { at: 2 }));
    }
}

#[test]
fn empty_and_64_byte_labels_are_refused() {
    assert_eq!(
        InstanceName::new("", &http()),
        Err(InstanceNameError::Empty)
    );
    let long = "é".repeat(32);
    assert_eq!(
        InstanceName::new(&long, &http()),
        Err(InstanceNameError::TooLong { len: 64 })
    );
}
