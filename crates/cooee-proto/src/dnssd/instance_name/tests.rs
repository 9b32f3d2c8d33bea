//! Instance names: dots, spaces and UTF-8 are one label; limits hold at the edge.

use alloc::string::ToString;

use super::*;

fn http() -> ServiceType {
    "_http._tcp".parse().unwrap()
}

//= https://www.rfc-editor.org/rfc/rfc6763#section-4.3
//= type=test
//# If client software takes the <Instance>, <Service>, and <Domain>
//# portions of a Service Instance Name and internally concatenates them
//# together into a single string, then because the <Instance> portion is
//# allowed to contain any characters, including dots, appropriate
//# precautions MUST be taken to ensure that DNS label boundaries are
//# properly preserved.
//= https://www.rfc-editor.org/rfc/rfc6763#section-4.1.1
//= type=test
//# The <Instance> portion of the name of a service being offered on the
//# network SHOULD be configurable by the user setting up the service, so
//# that he or she may give it an informative name.
//= https://www.rfc-editor.org/rfc/rfc6763#section-4.1.1
//= type=test
//# It
//# MUST NOT contain ASCII control characters (byte values 0x00-0x1F and
//# 0x7F) [RFC20] but otherwise is allowed to contain any characters,
//# without restriction, including spaces, uppercase, lowercase,
//# punctuation -- including dots -- accented characters, non-Roman text,
//# and anything else that may be represented using Net-Unicode.
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
        let one_string: Name = name.to_string().parse().unwrap();
        assert_eq!(InstanceName::from_name(&one_string).as_ref(), Some(&name));
        assert_eq!(one_string.first_label(), Some(label.as_bytes()));
    }
}

//= https://www.rfc-editor.org/rfc/rfc6763#section-4.1.1
//= type=test
//# It
//# MUST NOT contain ASCII control characters (byte values 0x00-0x1F and
//# 0x7F) [RFC20] but otherwise is allowed to contain any characters,
//# without restriction, including spaces, uppercase, lowercase,
//# punctuation -- including dots -- accented characters, non-Roman text,
//# and anything else that may be represented using Net-Unicode.
#[test]
fn control_characters_are_refused_and_located() {
    for byte in (0..0x20).chain([0x7f]) {
        let label = ["ab", &char::from(byte).to_string()].concat();
        let refused = InstanceName::new(&label, &http());
        assert_eq!(refused, Err(InstanceNameError::ControlCharacter { at: 2 }));
    }
}

#[test]
fn a_name_to_ask_for_can_be_of_any_bytes_and_survives_its_text() {
    for label in [
        &b"a\x1b\n"[..],
        b"caf\xc8x",
        "Ku\u{308}che".as_bytes(),
        b"a\\032b",
        b".",
        &[0; 63],
    ] {
        let name = InstanceName::from_label(label, &http()).unwrap();
        assert_eq!(name.label_bytes(), label);
        let again = InstanceName::from_text(&name.text(), &http()).unwrap();
        assert_eq!(again.name().as_wire(), name.name().as_wire());
    }
    assert_eq!(
        InstanceName::from_label(b"", &http()),
        Err(InstanceNameError::Empty)
    );
    assert_eq!(
        InstanceName::from_label(&[b'a'; 64], &http()),
        Err(InstanceNameError::TooLong { len: 64 })
    );
    // A name that only fits in form NFC is asked for in that form.
    let long = "u\u{308}".repeat(30);
    let name = InstanceName::to_ask_for(&long, &http()).unwrap();
    assert_eq!(name.label(), "\u{fc}".repeat(30));
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

#[test]
fn a_full_name_in_one_word_is_read_whether_the_dots_of_its_label_are_escaped_or_not() {
    for (text, label, service_type) in [
        ("Full._http._tcp.local", &b"Full"[..], "_http._tcp"),
        ("Full._http._tcp.local.", b"Full", "_http._tcp"),
        ("Full._http._tcp", b"Full", "_http._tcp"),
        ("Dr. Who._http._tcp.local", b"Dr. Who", "_http._tcp"),
        (r"Dr\. Who\..._udp._udp.LOCAL", b"Dr. Who..", "_udp._udp"),
        (r"caf\200\\._http._TCP.local", b"caf\xc8\\", "_http._tcp"),
        (
            r"a\._http._tcp._x\.y._tcp.local",
            b"a._http._tcp",
            r"_x\.y._tcp",
        ),
        ("_a._tcp._b._tcp.local", b"_a._tcp", "_b._tcp"),
        (
            "a._http._tcp.local._http._tcp.local",
            b"a._http._tcp.local",
            "_http._tcp",
        ),
    ] {
        let name: InstanceName = text.parse().unwrap();
        assert_eq!(name.label_bytes(), label, "{text}");
        assert_eq!(
            name.service_type(),
            &service_type.parse().unwrap(),
            "{text}"
        );
    }
    for text in [
        "",
        "Full",
        "_http._tcp.local",
        r"a\._http._tcp.local",
        "a._http._tcp.example",
    ] {
        let error = text.parse::<InstanceName>().unwrap_err();
        assert_eq!(error, InstanceNameError::NotFull { given: text.into() });
        assert!(error.to_string().contains("`Front Desk._ipp._tcp.local`"));
    }
    let nameless = "._http._tcp.local".parse::<InstanceName>();
    assert_eq!(nameless, Err(InstanceNameError::Empty));
}

#[test]
fn what_is_printed_of_any_instance_is_read_back_exactly() {
    let types = [&b"_a.b"[..], b"_\\", b"_\xff.", b"_tcp", b"_http"];
    let labels = [
        &b"a.b"[..],
        b".",
        b"\\",
        b"a\\.",
        b"\\.",
        b"_x._tcp",
        b"\x07\xff",
        b"1\\032",
    ];
    for (of, label) in types.iter().flat_map(|of| labels.map(|label| (of, label))) {
        let full = Name::from_labels([label, of, b"_tcp", b"local"]).unwrap();
        let name = InstanceName::from_name(&full).unwrap();
        let back: InstanceName = name.to_string().parse().unwrap();
        assert_eq!(back.name().as_wire(), full.as_wire(), "{name}");
    }
}
